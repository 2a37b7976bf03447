"""Which comments belong to which word.

In: a text with ASCII punctuation, and the places of its words.  Out: words with the comments before them and behind them.
A comment that stands behind a word on its line stays with it; one on a line of its own stays with the word that follows.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from rulelang import grammar
from rulelang.format.layout import Comment, Word

_TEXT_OR_COMMENT = re.compile(rf"{grammar.TEXT}|(?P<comment>#[^\n]*)")
_BLANK = re.compile(r"[\s\ufeff]*")
_TO_COMMENT = re.compile(r"(?:(?!\n)[\s\ufeff])*(?=#)")


def comments_in(text: str) -> list[str]:
    """All comments in order, without the white space behind them."""
    return [found[0].rstrip() for found in _TEXT_OR_COMMENT.finditer(text) if found["comment"]]


class Comments:
    """The comments of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [found.start() for found in _TEXT_OR_COMMENT.finditer(text) if found["comment"]]

    def word(self, shown: str, start: int, end: int) -> Word:
        """The word between two offsets, shown in its one spelling."""
        return Word(shown, self._before(start), self._behind(end), self._after_blank(start))

    def at_end(self) -> tuple[Comment, ...]:
        """Those behind the last word."""
        return self._before(len(self._text))

    def _before(self, start: int) -> tuple[Comment, ...]:
        """The comments on lines of their own between an offset and the word before it."""
        found: list[Comment] = []
        index = bisect_left(self._starts, start) - 1
        at = start
        while index >= 0:
            comment = self._starts[index]
            line = self._text.rfind("\n", 0, comment) + 1
            if not (_BLANK.fullmatch(self._text, self._end(comment), at) and _BLANK.fullmatch(self._text, line, comment)):
                break
            found.append(Comment(self._text[comment : self._end(comment)].rstrip(), comment > line, self._after_blank(comment)))
            at = comment
            index -= 1
        return tuple(reversed(found))

    def _behind(self, end: int) -> str | None:
        gap = _TO_COMMENT.match(self._text, end)
        return None if gap is None else self._text[gap.end() : self._end(gap.end())].rstrip()

    def _after_blank(self, at: int) -> bool:
        """Whether it begins its line, and the line above is empty."""
        line = self._text.rfind("\n", 0, at)
        above = self._text.rfind("\n", 0, max(line, 0))
        return line > 0 and bool(_BLANK.fullmatch(self._text, line, at)) and bool(_BLANK.fullmatch(self._text, above + 1, line))

    def _end(self, comment: int) -> int:
        end = self._text.find("\n", comment)
        return len(self._text) if end < 0 else end
