"""Findings and warnings as a table for people.

In: the JSON objects of the contract.  Out: lines in columns; wide characters take two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from engine.texts import local_time_text, time_us
from rulelang.source import display_width
from rulelang.timezones import Zone

HEAD = ("time", "what", "rule or ladder", "key", "level", "points", "message")
_RIGHT = (5,)
_LEVEL = 4
GAP = "  "


def render_table(shown: Sequence[dict[str, Any]], zone: Zone, width: int | None, styled: Callable[[str, str], str]) -> str:
    """`width`: of the terminal, where there is one; then longer lines are cut. Times are the rule set's local times."""
    if not shown:
        return ""
    rows = [_row(item, zone) for item in shown]
    widths = [max(display_width(row[i]) for row in (HEAD, *rows)) for i in range(len(HEAD))]
    lines = [_line(HEAD, widths, width, lambda text, _: styled(text, "bold"))]
    for item, row in zip(shown, rows, strict=True):
        faint = item["status"] == "withdrawn" or item.get("shadow")
        lines.append(_line(row, widths, width, lambda text, level, faint=faint: styled(text, "grey" if faint else level)))
    return "\n".join(lines) + "\n"


def _row(item: dict[str, Any], zone: Zone) -> tuple[str, ...]:
    what = item["kind"] + (" (withdrawn)" if item["status"] == "withdrawn" else "") + (" (shadow)" if item.get("shadow") else "")
    key = item["key"] if isinstance(item["key"], list) else [item["key"]]
    about = [f"{entity} {name}" for entity, name in item.get("about", {}).items() if name not in key]
    keys = ", ".join(str(k) for k in key if k is not None)
    if about:
        keys += f" ({', '.join(about)})" if keys else ", ".join(about)
    said = item.get("message") or item.get("action") or ""
    extra = [text for text in (item.get("note"), item.get("reason")) if text]
    cells = (
        local_time_text(zone.local_us(time_us(item["time"]))),
        what,
        item["rule"] or item["ladder"],
        keys,
        item["level"] or "",
        "" if item["points"] is None else f"{item['points']:g}",
        said + (f" [{'; '.join(extra)}]" if extra else ""),
    )
    return tuple(_plain(cell) for cell in cells)


def _plain(text: str) -> str:
    """On one line, without what could rewrite a terminal."""
    return "".join(" " if c in "\r\n\t" else "\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)


def _line(row: Sequence[str], widths: Sequence[int], width: int | None, style: Callable[..., str]) -> str:
    cells = []
    for place, (cell, columns) in enumerate(zip(row, widths, strict=True)):
        blank = " " * (columns - display_width(cell))
        cells.append(blank + cell if place in _RIGHT else cell + blank)
    text = GAP.join(cells).rstrip()
    if width is not None:
        text = cut(text, width)
    return style(text, row[_LEVEL])


def cut(text: str, width: int) -> str:
    """At most so many columns; what is cut off is marked."""
    if display_width(text) <= width:
        return text
    kept = text
    while display_width(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"
