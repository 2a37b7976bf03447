"""What points do to the levels of a ladder over time: when the level rose and fell, and what would have to happen next.

In: the points that one ladder counts for one key, and how long they count.  Out: JSON objects; a pure function of both.

Points of a time count from that moment until they leave the window, to the microsecond: `(t - w, t]` for a span, to the end of the period for a calendar window.
Sums are exact and rounded once, as those that warnings are issued by.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

from engine.texts import number, time_text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credit:
    """Points of one finding. `time`: of the finding, in microseconds since 1970, UTC."""

    time: int
    finding: str
    points: Fraction


@dataclass(frozen=True, slots=True)
class Scale:
    """A ladder: its levels with the points at which they begin, rising; and when points of a time no longer count."""

    levels: tuple[str, ...]
    thresholds: tuple[float, ...]
    leaves: Callable[[int], int]
    """From the time of points to the first moment at which they do not count any more."""

    def level(self, total: Fraction) -> str | None:
        """The highest level reached; None: none."""
        rung = bisect_right(self.thresholds, float(total)) - 1
        return self.levels[rung] if rung >= 0 else None


def level_history(scale: Scale, credits: Iterable[Credit], warnings: Mapping[int, str], until: int) -> list[Json]:
    """The moments up to `until` at which the level changed, or a warning was issued, in order.

    `warnings`: ids by time. Each: `time`, `level` from then on and `was` before (None: none), `points` then, the findings whose points `came` and `left`
    at this moment (in order of time and id), and the `warning` (None: none).
    """
    coming, leaving = _changes(scale, credits)
    told = []
    total = Fraction(0)
    level: str | None = None
    for moment in sorted({*coming, *leaving}):
        if moment > until:
            break
        came, left = coming.get(moment, []), leaving.get(moment, [])
        total += sum((credit.points for credit in came), Fraction(0)) - sum((credit.points for credit in left), Fraction(0))
        was, level = level, scale.level(total)
        if level != was or moment in warnings:
            told.append(
                {
                    "time": time_text(moment),
                    "level": level,
                    "was": was,
                    "points": number(float(total)),
                    "came": [credit.finding for credit in came],
                    "left": [credit.finding for credit in left],
                    "warning": warnings.get(moment),
                }
            )
    return told


def levels_at(scale: Scale, credits: Iterable[Credit], moments: Sequence[int]) -> list[tuple[str | None, float]]:
    """The level and the points at each of some moments, which rise."""
    coming, leaving = _changes(scale, credits)
    changes = sorted({*coming, *leaving}, reverse=True)
    total = Fraction(0)
    found: list[tuple[str | None, float]] = []
    for moment in moments:
        while changes and changes[-1] <= moment:
            change = changes.pop()
            for sign, going in ((1, coming.get(change, ())), (-1, leaving.get(change, ()))):
                total += sum((sign * credit.points for credit in going), Fraction(0))
        found.append((scale.level(total), float(total)))
    return found


def forecast(scale: Scale, credits: Iterable[Credit], at: int) -> Json:
    """What follows from the points that count at a moment, if nothing else happens, and what would have to happen.

    `level`, `points`: then. `falls`: each lower `level` (None: none) that it comes down to, the `time` from which it has it, the `points` then, and those
    that are `leaving` the window at that moment. `rises`: for each higher `level` the `steps` in order of time: so many more `points` are needed while it is
    `before` that moment (None: for good); as points leave, more are needed.
    """
    counting = [credit for credit in credits if credit.time <= at < scale.leaves(credit.time)]
    total = sum((credit.points for credit in counting), Fraction(0))
    level = scale.level(total)
    stairs: list[tuple[int | None, Fraction]] = []  # (the moment at which this total is over, it)
    falls: list[Json] = []
    below, left = level, total
    for moment, group in groupby(sorted(counting, key=lambda c: scale.leaves(c.time)), key=lambda c: scale.leaves(c.time)):
        stairs.append((moment, left))
        going = sum((credit.points for credit in group), Fraction(0))
        left -= going
        if (now := scale.level(left)) != below:
            below = now
            falls.append({"level": now, "time": time_text(moment), "points": number(float(left)), "leaving": number(float(going))})
    stairs.append((None, left))
    higher = [(name, at_points) for name, at_points in zip(scale.levels, scale.thresholds, strict=True) if at_points > float(total)]
    return {
        "level": level,
        "points": number(float(total)),
        "falls": falls,
        "rises": [{"level": name, "steps": _steps(at_points, stairs)} for name, at_points in higher],
    }


def _steps(threshold: float, stairs: Sequence[tuple[int | None, Fraction]]) -> list[Json]:
    """What is missing while each total holds; neighbours that come to the same are one."""
    steps: list[Json] = []
    for end, total in stairs:
        points = number(missing(threshold, total))
        before = None if end is None else time_text(end)
        if steps and steps[-1]["points"] == points:
            steps[-1]["before"] = before
        else:
            steps.append({"points": points, "before": before})
    return steps


def missing(threshold: float, total: Fraction) -> float:
    """The difference; where no double is exactly that, the next one above, which is enough in any case."""
    exact = Fraction(threshold) - total
    points = float(exact)
    return points if Fraction(points) >= exact else math.nextafter(points, math.inf)


def _changes(scale: Scale, credits: Iterable[Credit]) -> tuple[dict[int, list[Credit]], dict[int, list[Credit]]]:
    """The credits by the moments at which they come and leave."""
    coming: dict[int, list[Credit]] = {}
    leaving: dict[int, list[Credit]] = {}
    for credit in sorted(credits, key=lambda c: (c.time, c.finding)):
        coming.setdefault(credit.time, []).append(credit)
        leaving.setdefault(scale.leaves(credit.time), []).append(credit)
    return coming, leaving
