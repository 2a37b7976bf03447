"""A source text and the places in it.

In: the text of one file.  Out: lines and columns of offsets, and how wide text is on a terminal.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field

TAB = 4


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal: wide characters two, combining ones none, a tab up to the next stop of four."""
    width = 0
    for character in text:
        if character == "\t":
            width += TAB - width % TAB
        elif unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
            continue  # marks and joiners; vowels and finals of Korean syllables, which stand in the square of the first letter
        else:
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width


@dataclass(frozen=True, slots=True)
class Source:
    """`name` as the user gave it; offsets and columns count code points."""

    name: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0, *(offset + 1 for offset, character in enumerate(self.text) if character == "\n")]
        object.__setattr__(self, "_starts", tuple(starts))

    @property
    def line_starts(self) -> tuple[int, ...]:
        """The offset at which each line begins."""
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """A line, counted from 1, without its end."""
        end = self._starts[line] if line < len(self._starts) else len(self.text) + 1
        return self.text[self._starts[line - 1] : end - 1].rstrip("\r")

    def display_width(self, text: str) -> int:
        """See `display_width`."""
        return display_width(text)
