"""Rows of results, and how a thing is timed: in turn with what it is compared to, the median told.

In: functions to call.  Out: `Row`s, a table of them, and JSON.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`value` in `unit`; `limit` is the same work done by `limit_name`; `goal` the ratio value/limit (or a bare value) to reach."""

    case: str
    what: str
    value: float
    unit: str
    limit_name: str | None = None
    limit: float | None = None
    goal: str | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(rounds: int, *works: Callable[[], Any]) -> list[float]:
    """The median seconds of each, run one after the other in every round, so that a slow spell of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for index, work in enumerate(works):
            times[index].append(seconds(work))
    return [statistics.median(t) for t in times]


def table(rows: list[Row]) -> str:
    lines = [("case", "what", "value", "unit", "limit", "ratio", "goal")]
    for row in rows:
        limit = f"{row.limit:,.2f} {row.limit_name}" if row.limit is not None else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        lines.append((row.case, row.what, f"{row.value:,.2f}", row.unit, limit, ratio, row.goal or ""))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    return [{**asdict(row), "ratio": row.ratio} for row in rows]
