"""The one layout of rule files.

In: the text of a rule file.  Out: the same declarations and comments, laid out; or the syntax errors for which it is left as it is.

    text ─▶ shapes (words, and where lines may break) ─▶ layout (lines) ─▶ text
"""

from __future__ import annotations

from rulelang.diagnostics import Diagnostic
from rulelang.format.comments import comments_in
from rulelang.format.same import outline
from rulelang.format.shapes import shaped
from rulelang.format.write import write
from rulelang.parse import parse_file
from rulelang.punctuation import as_ascii

__all__ = ["format_text"]


def format_text(name: str, text: str) -> tuple[str | None, list[Diagnostic]]:
    """The text laid out; None and what is wrong where it cannot be read. What is laid out means the same, and is laid out the same again."""
    file, errors = parse_file(name, text)
    if errors:
        return None, errors
    clean = as_ascii(text).text
    formatted = write(*shaped(clean))
    # Nobody reads a rule again because it was laid out: so nothing of it may be lost, not even by a fault in here.
    again, found = parse_file(name, formatted)
    assert not found, (name, found[:1])
    assert outline(again.declarations) == outline(file.declarations), name
    assert comments_in(formatted) == comments_in(clean), name
    return formatted, []
