"""What tests of the linter share: a rule set linted, and what was found in short."""

from __future__ import annotations

from rulelang.api import check_files
from rulelang.diagnostics import Diagnostic
from rulelang.lint import apply, lint, lint_with_fixes

UNTESTED = "L013"
"""Short texts have no tests."""


def linted(text: str, **more: str) -> list[Diagnostic]:
    """What is found in a text that has no errors, and in `more` files beside it."""
    checked = check_files({"x.rules": text.encode()} | {f"{name}.rules": other.encode() for name, other in more.items()})
    assert not checked.errors, [f"{d.code} {d.message}" for d in checked.errors]
    return lint(checked)


def found(text: str) -> list[tuple[str, str]]:
    """Code and place of each diagnostic but that of missing tests, in the order of the file."""
    return [(d.code, text[d.span.start : d.span.end]) for d in linted(text) if d.code != UNTESTED]


def marked(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text without its marks « and », and what each pair of them stands around."""
    begin, places, plain = [], [], ""
    for char in text:
        if char == "«":
            begin.append(len(plain))
        elif char == "»":
            start = begin.pop()
            places.append((start, plain[start:]))
        else:
            plain += char
    return plain, sorted(places)


def mended(text: str) -> str:
    """The text after all fixes."""
    checked = check_files({"x.rules": text.encode()})
    edits = tuple(edit for linted in lint_with_fixes(checked) for edit in linted.fix)
    return apply(text, edits)
