"""What is said of every example of an error, word for word: message, remedy, and the other places that it points to.

The words are kept in `messages.txt`. `python -m tests.language.test_resolve_messages` writes them anew, to be read before they are kept.
"""

from __future__ import annotations

from pathlib import Path

from rulelang.diagnostics import Diagnostic
from tests.language import test_resolve_declarations, test_resolve_errors
from tests.language.checking import checked_with
from tests.language.resolving import DECLARATIONS

KEPT = Path(__file__).with_name("messages.txt")


def examples() -> list[tuple[str, str]]:
    """Code and text of each example, without marks."""
    of_rules = [
        (code, text if text.startswith(("rule ", "let ", "table ")) else f"rule r when {text}")
        for code, texts in test_resolve_errors.EXAMPLES.items()
        for text in texts
    ]
    of_declarations = [(code, text) for code, texts in test_resolve_declarations.EXAMPLES.items() for text in texts]
    both = sorted(of_rules + of_declarations, key=lambda example: example[0])
    return [(code, text.replace("«", "").replace("»", "")) for code, text in both if len(text) < 400]


def said(text: str) -> str:
    """An example, and what is found in it."""
    found = checked_with(DECLARATIONS + text).errors
    return "\n".join([*(f"  > {line}" for line in text.strip().splitlines()), *map(told, found)])


def told(d: Diagnostic) -> str:
    lines = [f"{d.code} {d.message}", f"     = {d.remedy}", *(f"     . {related.message}" for related in d.related)]
    return "\n".join(lines)


def everything() -> str:
    return "\n\n".join(said(text) for _, text in examples()) + "\n"


def test_what_is_said_of_each_example_is_what_was_agreed() -> None:
    assert everything() == KEPT.read_text("utf-8")


def test_every_message_has_a_remedy_and_neither_ends_in_a_full_stop() -> None:
    for _, text in examples():
        for d in checked_with(DECLARATIONS + text).errors:
            assert d.remedy
            assert not d.message.endswith(".")
            assert not d.remedy.endswith(".")
            assert "{" not in d.message.replace("'{'", "")
            assert "None" not in d.message + d.remedy


if __name__ == "__main__":
    KEPT.write_text(everything(), "utf-8")
