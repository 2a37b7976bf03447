"""Text that knows its parts, so that a rule set that fails can be made smaller and stay well formed.

In: parts put together by the generator.  Out: the text, and all texts that are one step smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

PLACE = "@"
"""Stands in a form for each of its parts, in order. The rule language has no use for this character."""


@dataclass(frozen=True, slots=True)
class Part:
    """`sort`: parts of one sort may stand for each other; `optional`: it may be left out."""

    sort: str
    form: str
    parts: tuple[Part, ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        first, *rest = self.form.split(PLACE)
        return first + "".join(f"{part}{after}" for part, after in zip(self.parts, rest, strict=True))


NOTHING = Part("nothing", "")


def part(sort: str, form: str, *parts: Part | str, optional: bool = False) -> Part:
    """A part; texts among its parts cannot be made smaller."""
    return Part(sort, form, tuple(Part("text", one) if isinstance(one, str) else one for one in parts), optional)


def joined(sort: str, parts: list[Part], between: str) -> Part:
    """Parts in a row."""
    return Part(sort, between.join(PLACE for _ in parts), tuple(parts))


def smaller(whole: Part) -> Iterator[Part]:
    """Everything that comes out by leaving out one part, or by putting in its place a part of its own; large steps first."""
    level: list[tuple[Part, tuple[int, ...]]] = [(whole, ())]
    while level:
        for one, path in level:
            if one.optional:
                yield _put(whole, path, NOTHING)
            for inner in _within(one, one.sort):
                yield _put(whole, path, replace(inner, optional=one.optional))
        level = [(child, (*path, i)) for one, path in level for i, child in enumerate(one.parts)]


def _within(one: Part, sort: str) -> Iterator[Part]:
    """The parts of a sort that are nearest below."""
    for child in one.parts:
        if child.sort == sort:
            yield child
        else:
            yield from _within(child, sort)


def _put(whole: Part, path: tuple[int, ...], new: Part) -> Part:
    if not path:
        return new
    parts = list(whole.parts)
    parts[path[0]] = _put(parts[path[0]], path[1:], new)
    return replace(whole, parts=tuple(parts))
