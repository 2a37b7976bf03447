"""Comments that silence a lint rule where it is wrong: `# lint: allow L012 because the upload may come days later`.

In: the text of a file and its declarations.  Out: which codes are silenced on which lines, and what is wrong with the comments.

A comment at the end of a line silences its own line, and where that goes on with a clause or step, also the lines above that the clause
begins on: the formatter may break them. One on a line of its own silences the declaration that it stands in or before.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rulelang import syntax
from rulelang.parse import beginnings
from rulelang.syntax import Span

# Texts first, so that a `#` in one is no comment. A quote is never inside a text but after a backslash.
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|“[^”\n]*”|#[^\r\n]*')
_COMMENT = re.compile(r"#+\s*lint\s*:\s*allow\b\s*(?P<codes>[^\n]*?)(?:\s+because\s*(?P<because>.*?))?\s*$")
_CODE = re.compile(r"L\d{3}")


@dataclass(frozen=True, slots=True)
class Silence:
    """`codes` are not reported where a diagnostic begins from `start` to `end`. `reasoned`: the comment says why."""

    codes: tuple[str, ...]
    start: int
    end: int
    reasoned: bool
    span: Span


def silences(file: syntax.File, text: str) -> Iterator[Silence]:
    """The comments of a file that silence something."""
    starts: list[int] | None = None
    for token in _TOKEN.finditer(text):
        comment = _COMMENT.match(token.group())
        if comment is None:
            continue
        span = Span(file.name, token.start(), token.end())
        codes = tuple(_CODE.findall(comment["codes"]))
        starts = beginnings(text) if starts is None else starts
        start, end = _reach(file, text, span, starts)
        yield Silence(codes, start, end, bool(comment["because"] and comment["because"].strip()), span)


def _reach(file: syntax.File, text: str, span: Span, starts: Sequence[int]) -> tuple[int, int]:
    line_start = text.rfind("\n", 0, span.start) + 1
    if text[line_start : span.start].strip():
        begun = bisect_right(starts, line_start)
        return min(line_start, starts[begun - 1]) if begun and not _begins(text, line_start, starts) else line_start, span.end
    declarations = sorted((d.span for d in file.declarations), key=lambda s: s.start)
    inside = [s for s in declarations if s.start <= span.start < s.end]
    after = [s for s in declarations if s.start >= span.end]
    chosen = inside[-1] if inside else after[0] if after else span
    return chosen.start, chosen.end


def _begins(text: str, line_start: int, starts: Sequence[int]) -> bool:
    """Whether a declaration or one of its parts begins on a line."""
    end = text.find("\n", line_start)
    return bisect_left(starts, line_start) < bisect_left(starts, len(text) if end < 0 else end)
