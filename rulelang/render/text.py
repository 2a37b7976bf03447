"""Diagnostics for people at a terminal: the line, a caret under what is meant, what would be right.

In: diagnostics in order, and the text of each file.  Out: text; coloured only where that is asked for.

    schema/events.rules:12:10: error E201: unknown field 'alcohol_feild' - did you mean 'alcohol_field'?
       12 |     when alcohol_feild > 80
          |          ^^^^^^^^^^^^^
          = remedy
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from rulelang.diagnostics import Diagnostic
from rulelang.render.places import Places
from rulelang.source import Source
from rulelang.syntax import Span

TAB = 4
WIDTH_MAX = 160
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_COLOURS = {"error": "\x1b[31m", "warning": "\x1b[33m", "note": "\x1b[36m"}


def render_text(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool = False, folder: str = "") -> str:
    """Each diagnostic with its line; an empty line between two."""
    places = Places(sources, folder)
    return "\n".join(_render(d, places, colour) for d in diagnostics)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are of each severity, in a line: `2 errors, 1 warning`."""
    severities = [d.severity for d in diagnostics]
    counts = [(severities.count(name), name) for name in _COLOURS]
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count) or "nothing found"


def _render(diagnostic: Diagnostic, places: Places, colour: bool) -> str:
    tint, bold, reset = (_COLOURS[diagnostic.severity], _BOLD, _RESET) if colour else ("", "", "")
    lines = [f"{bold}{_where(diagnostic.span, places)}{reset}: {tint}{diagnostic.severity} {diagnostic.code}{reset}: {diagnostic.message}"]
    lines += _excerpt(diagnostic.span, places, "^", tint, reset)
    if diagnostic.remedy:
        lines.append(f"       = {diagnostic.remedy}")
    for related in diagnostic.related:
        lines.append(f"  {_where(related.span, places)}: {related.message}")
        lines += _excerpt(related.span, places, "-", "", "")
    return "\n".join(lines) + "\n"


def _where(span: Span, places: Places) -> str:
    place = places.place(span)
    return f"{place.path}:{place.line}:{place.column}" if place.known else place.path


def _excerpt(span: Span, places: Places, mark: str, tint: str, reset: str) -> list[str]:
    """The first line of the span, and marks under it."""
    source = places.source(span.file)
    if source is None:
        return []
    place = places.place(span)
    text = source.line_text(place.line).rstrip("\r\n")
    start = min(place.column - 1, len(text))
    end = max(start, place.end_column - 1 if place.end_line == place.line else len(text))
    # Of a very long line only what may be shown is laid out: there may be an error in each of its words.
    skipped = max(0, start - WIDTH_MAX)
    text, start, end = text[skipped : start + 2 * WIDTH_MAX], start - skipped, end - skipped
    shown, columns = _laid_out(source, text)
    first, last = columns[start], max(columns[start] + 1, columns[min(end, len(text))])
    shown, first, last = _cropped(source, shown, first, last)
    number = f"{place.line:5}"
    return [f"{number} | {shown}".rstrip(), f"      | {' ' * first}{tint}{mark * (last - first)}{reset}"]


def _laid_out(source: Source, text: str) -> tuple[str, list[int]]:
    """The line as a terminal shows it, tabs as spaces and without control characters; and the column at which each character begins."""
    shown, columns, column = [], [], 0
    for character in text:
        columns.append(column)
        if character == "\t":
            piece = " " * (TAB - column % TAB)
        elif unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):  # a control character could rewrite the terminal's line
            piece = "\ufffd"
        else:
            piece = character
        shown.append(piece)
        column += source.display_width(piece)
    return "".join(shown), [*columns, column]


def _cropped(source: Source, shown: str, first: int, last: int) -> tuple[str, int, int]:
    """A long line cut to the part around the marks."""
    if source.display_width(shown) <= WIDTH_MAX:
        return shown, first, last
    low = max(0, first - WIDTH_MAX // 2)
    kept, column, start = [], 0, 0
    for character in shown:
        width = source.display_width(character)
        if column < low:
            start = column + width
        elif column + width <= low + WIDTH_MAX:
            kept.append(character)
        column += width
    head = "… " if start else ""
    tail = " …" if column > low + WIDTH_MAX else ""
    first, last = first - start + len(head), min(last, low + WIDTH_MAX) - start + len(head)
    return head + "".join(kept) + tail, first, last
