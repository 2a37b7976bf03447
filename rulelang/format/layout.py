"""Words and the places between them where a line may break, put on lines.

In: a document.  Out: its lines, none longer than `WIDTH_MAX` columns where there was a place to break it.
A group stays on one line where it fits; else each of its own breaks is taken. After a comment the line breaks in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rulelang.source import display_width

WIDTH_MAX = 120
INDENT = 4


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a line of its own. `indented`: it did not begin in the first column; `after_blank`: an empty line stood before it."""

    text: str
    indented: bool
    after_blank: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What is never broken, with the comments before it and the one behind it on its line."""

    text: str
    before: tuple[Comment, ...] = ()
    behind: str | None = None
    after_blank: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the line may break; else it is `flat`."""

    flat: str


@dataclass(frozen=True, slots=True)
class Edges:
    """Comments at the edges of a document, and whether there are some within, so that it does not fit on one line."""

    opens: bool
    within: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class Together:
    """Parts one behind the other. `kind`: a "group" breaks at all of its own breaks or at none (so do "logic", which is operands with `and` or
    `or` between them, and "enclosed", which is in parentheses), a "fill" only where the next part does not fit, "plain" as what it stands in."""

    parts: tuple[Document, ...]
    kind: str
    indent: int
    edges: Edges
    width: int  # on one line


Document = str | Word | Break | Together
SPACE, SOFT = Break(" "), Break("")


def plain(*parts: Document) -> Together:
    return _together(parts, "plain", 0)


def group(*parts: Document) -> Together:
    return _together(parts, "group", 0)


def logic(*parts: Document) -> Together:
    return _together(parts, "logic", 0)


def enclosed(*parts: Document) -> Together:
    return _together(parts, "enclosed", 0)


def fill(*parts: Document) -> Together:
    return _together(parts, "fill", 0)


def indented(*parts: Document) -> Together:
    return _together(parts, "plain", INDENT)


def _together(parts: Sequence[Document], kind: str, indent: int) -> Together:
    edges = [edges for part in parts if (edges := _edges_of(part)) is not None]
    within = any(e.within for e in edges) or any(e.closes for e in edges[:-1]) or any(e.opens for e in edges[1:])
    edge = Edges(edges[0].opens, within, edges[-1].closes) if edges else Edges(False, False, False)
    return Together(tuple(parts), kind, indent, edge, sum(map(_width_of, parts)))


def _edges_of(part: Document) -> Edges | None:
    """None for what has no words."""
    if isinstance(part, Word):
        return Edges(bool(part.before), False, part.behind is not None)
    return part.edges if isinstance(part, Together) and part.parts else None


def _width_of(part: Document) -> int:
    match part:
        case Word():
            return _width(part.text)
        case Break():
            return len(part.flat)
        case Together():
            return part.width
    return len(part)


def _width(text: str) -> int:
    return len(text) if text.isascii() else display_width(text)


def first_word(document: Document) -> Word:
    """The word that a document begins with."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Word):
            return part
        if isinstance(part, Together):
            waiting += reversed(part.parts)
    raise AssertionError("a document has a word")


@dataclass(frozen=True, slots=True)
class _FillBreak:
    """The break of a fill before `following`."""

    flat: str
    following: Document


_Waiting = tuple[int, bool, "Document | _FillBreak"]  # indentation, whether it stays on one line, and what


def lines(document: Document, indent: int) -> list[str]:
    """The document on lines from this indentation on; the comments before its first word are left to the caller."""
    return _Printer(indent).run(document)


class _Printer:
    def __init__(self, indent: int) -> None:
        self.indent = indent
        self.lines: list[str] = []
        self.line = " " * indent
        self.column = indent
        self.fresh = True  # nothing stands on the line yet
        self.closed = False  # a comment stands on the line: nothing can follow
        self.started = False

    def run(self, document: Document) -> list[str]:
        waiting: list[_Waiting] = [(self.indent, False, document)]
        while waiting:
            indent, flat, part = waiting.pop()
            match part:
                case Word():
                    self.word(part, indent)
                case str():
                    self.space(part)
                case Break():
                    self.space(part.flat) if flat else self.new_line(indent)
                case _FillBreak():
                    self.space(part.flat) if self.fits(part.flat, part.following, waiting, len(waiting) - 1) else self.new_line(indent)
                case Together():
                    self.together(part, indent + part.indent, flat, waiting)
        return [line.rstrip() for line in (*self.lines, self.line)]

    def word(self, word: Word, indent: int) -> None:
        if self.closed or (word.before and self.started and not self.fresh):
            self.new_line(indent)
        for comment in word.before if self.started else ():
            self.put(comment.text)
            self.new_line(indent)
        self.put(word.text)
        self.started = True
        if word.behind is not None:
            self.line += f"  {word.behind}"
            self.closed = True

    def together(self, part: Together, indent: int, flat: bool, waiting: list[_Waiting]) -> None:
        if part.kind == "fill" and not flat:
            following = (*part.parts[1:], "")
            inner = [_FillBreak(p.flat, after) if isinstance(p, Break) else p for p, after in zip(part.parts, following, strict=True)]
            waiting += [(indent, False, p) for p in reversed(inner)]
            return
        if part.kind in ("group", "logic", "enclosed") and not flat:
            flat = self.fits("", part, waiting, len(waiting))
        waiting += [(indent, flat, p) for p in reversed(part.parts)]

    def fits(self, before: str, part: Document, waiting: Sequence[_Waiting], rest: int) -> bool:
        """Whether the part on one line, and what follows up to where the line may break (the first `rest` of `waiting`, from the last on),
        ends within the width."""
        edges = _edges_of(part) or Edges(False, False, False)
        if self.closed or edges.within or (before and edges.opens):
            return False
        room = WIDTH_MAX - self.column - len(before) - _width_of(part)
        if edges.closes:
            return room >= 0
        inner: list[tuple[bool, Document | _FillBreak]] = []
        while room >= 0:
            if inner:
                flat, next_part = inner.pop()
            elif rest:
                rest -= 1
                _, flat, next_part = waiting[rest]
            else:
                return True
            match next_part:
                case Word():
                    if next_part.before:
                        return True
                    room -= _width(next_part.text)
                    if next_part.behind is not None:
                        return room >= 0
                case str():
                    room -= len(next_part)
                case Break():
                    if not flat:
                        return True
                    room -= len(next_part.flat)
                case _FillBreak():
                    return True
                case Together():
                    inner += [(flat, p) for p in reversed(next_part.parts)]
        return False

    def space(self, text: str) -> None:
        if not (self.fresh or self.closed):
            self.put(text)

    def put(self, text: str) -> None:
        self.line += text
        self.column += _width(text)
        self.fresh = self.fresh and not text

    def new_line(self, indent: int) -> None:
        self.lines.append(self.line)
        self.line = " " * indent
        self.column = indent
        self.fresh = True
        self.closed = False
