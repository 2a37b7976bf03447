"""Findings and warnings as a table for people.

In: the JSON objects of the contract.  Out: lines in columns; wide characters take two. What does not fit on one line of a terminal goes on
in indented lines below it, so that nothing is cut off.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.texts import local_time_text, time_us
from rulelang.source import display_width
from rulelang.timezones import Zone
from services.points import points_text

GAP = "  "
INDENT = " " * 4
WIDTH_MIN = 40
"""A narrower terminal is written to as if it had so many columns: no rule's name would fit."""

Styled = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One finding or warning, as texts. `style`: of the whole row."""

    time: str
    what: str
    level: str
    points: str
    name: str
    key: str
    said: str
    style: str

    def cells(self) -> tuple[str, ...]:
        return self.time, self.what, self.level, self.points, self.name, self.key, self.said


HEAD = Row("time", "what", "level", "points", "rule or ladder", "key", "message", "bold")
NUMBERS = (3,)
_NAME = 4


def render_table(shown: Sequence[dict[str, Any]], zone: Zone, width: int | None, styled: Styled) -> str:
    """`width`: of the terminal, where there is one. Times are the rule set's local times, to the second."""
    if not shown:
        return ""
    rows = [row_of(item, zone) for item in shown]
    widths = column_widths(row.cells() for row in (HEAD, *rows))
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        lines = [styled(aligned(row.cells(), widths, NUMBERS), row.style) for row in (HEAD, *rows)]
    else:
        lines = [styled(text, row.style) for row in (HEAD, *rows) for text in _stacked(row, widths, max(width, WIDTH_MIN))]
    return "\n".join(lines) + "\n"


def row_of(item: dict[str, Any], zone: Zone) -> Row:
    """The texts of one finding or warning."""
    key = item["key"] if isinstance(item["key"], list) else [item["key"]]
    keys = ", ".join(str(k) for k in key if k is not None)
    about = ", ".join(f"{entity} {name}" for entity, name in item.get("about", {}).items() if name not in key)
    if about:
        keys = f"{keys} ({about})" if keys else about
    notes = [item["note"]] if item.get("note") else []
    if item.get("shadow"):
        notes.append("on trial")
    withdrawn = item["status"] == "withdrawn"
    if withdrawn:
        notes.append(f"withdrawn: {item['reason']}")
    said = item.get("message") or item.get("action") or ""
    return Row(
        local_time_text(zone.local_us(time_us(item["time"]))).split(".")[0],
        item["kind"],
        item["level"] or "",
        "" if item["points"] is None else points_text(item["points"]),
        item["rule"] or item["ladder"],
        _plain(keys),
        _plain(" ".join([said, *(f"[{note}]" for note in notes)]).strip()),
        "grey" if withdrawn or item.get("shadow") else item["level"] or "",
    )


def _plain(text: str) -> str:
    """On one line, without what could rewrite a terminal."""
    return "".join(" " if c in "\r\n\t" else "\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)


def column_widths(rows: Iterable[Sequence[str]]) -> list[int]:
    """What the widest cell of each column takes on a terminal."""
    return [max(map(display_width, column)) for column in zip(*rows, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int], right: Container[int]) -> str:
    """One line of a table. `right`: the columns of numbers, which end below each other."""
    padded = []
    for place, (cell, columns) in enumerate(zip(cells, widths, strict=False)):
        blank = " " * (columns - display_width(cell))
        padded.append(blank + cell if place in right else cell + blank)
    return GAP.join(padded).rstrip()


def _stacked(row: Row, widths: Sequence[int], width: int) -> Iterator[str]:
    """A line up to the rule's name; whom it concerns, and the message, in lines below."""
    first, *rest = wrapped(aligned(row.cells()[: _NAME + 1], widths, NUMBERS), width)
    yield first
    below = ": ".join(text for text in (row.key, row.said) if text)
    for text in (*rest, *wrapped(below, width - len(INDENT))):
        yield INDENT + text


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces or beside wide characters where there are some."""
    lines = []
    while display_width(text) > width:
        columns = fits = end = 0
        for place, character in enumerate(text):
            columns += display_width(character)
            if columns > width:
                break
            end = place + 1
            if character == " " or display_width(character) == 2:
                fits = end
        at = end if text[end] == " " else fits or end or 1
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    if text:
        lines.append(text)
    return lines
