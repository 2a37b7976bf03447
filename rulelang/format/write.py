"""Declarations one below the other, with the comments between them.

In: shapes of declarations, and the comments behind the last.  Out: the text of the file.
One empty line stands between two declarations; between two that take a line each and begin with the same word, as it was written.
Within a declaration an empty line between two parts stays, as it divides the steps of a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rulelang.format.layout import INDENT, Comment, first_word, lines
from rulelang.format.shapes import Declaration

ONE_LINE = ("TIMEZONE", "ENTITY", "LET", "TABLE")
"""What declarations of one line begin with."""


def write(declarations: Sequence[Declaration], behind: Sequence[Comment]) -> str:
    """`behind`: the comments after the last declaration."""
    written: list[str] = []
    previous: Declaration | None = None
    for declaration in declarations:
        head = first_word(declaration.head)
        own = _below(written, head.before) if previous is not None else head.before
        first_blank = own[0].after_blank if own else head.after_blank
        if previous is not None and (first_blank or not _may_stand_close(previous, declaration)):
            written.append("")
        _comments(written, own, 0)
        if own and head.after_blank:
            written.append("")
        written += lines(declaration.head, 0)
        _items(written, declaration)
        previous = declaration
    own = _below(written, behind) if previous is not None else behind
    if own and previous is not None:
        written.append("")
    _comments(written, own, 0)
    return "".join(f"{line}\n" for line in written)


def _may_stand_close(one: Declaration, other: Declaration) -> bool:
    return one.kind == other.kind and one.kind in ONE_LINE and not one.items and not other.items


def _items(written: list[str], declaration: Declaration) -> None:
    for index, item in enumerate(declaration.items):
        word = first_word(item.document)
        if index and (word.before[0].after_blank if word.before else word.after_blank):
            written.append("")
        _comments(written, word.before, INDENT)
        if word.before and word.after_blank:
            written.append("")
        written += lines(item.document, INDENT)


def _below(written: list[str], comments: Sequence[Comment]) -> Sequence[Comment]:
    """Writes the indented comments, which still belong to the declaration above; gives the others."""
    indented = next((i for i, comment in enumerate(comments) if not comment.indented), len(comments))
    if indented and comments[0].after_blank:
        written.append("")
    _comments(written, comments[:indented], INDENT)
    return comments[indented:]


def _comments(written: list[str], comments: Iterable[Comment], indent: int) -> None:
    for index, comment in enumerate(comments):
        if index and comment.after_blank:
            written.append("")
        written.append(" " * indent + comment.text)
