"""How a key came to its level, and what could become of it: every moment that could matter is looked at anew.

In: a `World`, a ladder, a key.  Out: the JSON objects of `Engine.level_history` and `Engine.forecast`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from rulelang import model
from tests.reference.events import Event
from tests.reference.history import within_window
from tests.reference.texts import number, time_text
from tests.reference.world import Credit, Object, World, rung_at


def level_history(world: World, ladder: model.Ladder, key: str, until: int) -> list[Object]:
    """'When it rose, when it fell, by which findings': the moments at which the level is another than a microsecond before, or a warning is issued."""
    credits = world.credits_of(ladder, key)
    warnings = {w.time: w.id for w in world.warnings if w.ladder == ladder.name and w.key == key}
    told = []
    for moment in moments(world, ladder, credits):
        now, before = (_counting(world, ladder, credits, at) for at in (moment, moment - 1))
        level, was = (_level(ladder, total(counting)) for counting in (now, before))
        if moment <= until and (level != was or moment in warnings):
            told.append(
                {
                    "time": time_text(moment),
                    "level": level,
                    "was": was,
                    "points": number(float(total(now))),
                    "came": [credit.finding.id for credit in now if credit not in before],
                    "left": [credit.finding.id for credit in before if credit not in now],
                    "warning": warnings.get(moment),
                }
            )
    return told


def forecast(world: World, ladder: model.Ladder, key: str, at: int) -> Object:
    """'What would have to happen to reach or leave a level', counted from what counts at the moment."""
    counting = _counting(world, ladder, world.credits_of(ladder, key), at)
    coming = [moment for moment in moments(world, ladder, counting) if moment > at]
    falls = []
    for moment in coming:
        now, before = (total(_counting(world, ladder, counting, when)) for when in (moment, moment - 1))
        if _level(ladder, now) != _level(ladder, before):
            falls.append(
                {
                    "level": _level(ladder, now),
                    "time": time_text(moment),
                    "points": number(float(now)),
                    "leaving": number(float(before - now)),
                }
            )
    reached = rung_at(ladder, float(total(counting)))
    return {
        "level": _level(ladder, total(counting)),
        "points": number(float(total(counting))),
        "falls": falls,
        "rises": [
            {"level": rung.level, "steps": _steps(world, ladder, counting, rung.at, [at, *coming])} for rung in ladder.rungs[reached + 1 :]
        ],
    }


def _steps(world: World, ladder: model.Ladder, counting: Sequence[Credit], threshold: float, moments_: Sequence[int]) -> list[Object]:
    """'Red with 1 more point before 14 June': what is missing from each moment to the next."""
    steps: list[Object] = []
    for moment, end in zip(moments_, [*moments_[1:], None], strict=True):
        exact = Fraction(threshold) - total(_counting(world, ladder, counting, moment))
        points = next(p for p in (float(exact), math.nextafter(float(exact), math.inf)) if Fraction(p) >= exact)
        if steps and steps[-1]["points"] == points:
            steps.pop()
        steps.append({"points": number(points), "before": None if end is None else time_text(end)})
    return steps


def moments(world: World, ladder: model.Ladder, credits: Sequence[Credit]) -> list[int]:
    """Those at which points come or leave, in order."""
    found = set()
    for credit in credits:
        time, window = credit.finding.time, ladder.window
        if window.kind == "period":
            assert window.period is not None
            gone = world.names.clock.period_after(window.period, time)
        else:
            gone = time + window.length_us
        assert _counts(world, ladder, credit, gone - 1)
        assert not _counts(world, ladder, credit, gone)
        found |= {time, gone}
    return sorted(found)


def total(credits: Sequence[Credit]) -> Fraction:
    return sum((credit.points for credit in credits), Fraction(0))


def _counting(world: World, ladder: model.Ladder, credits: Sequence[Credit], at: int) -> list[Credit]:
    return sorted((c for c in credits if _counts(world, ladder, c, at)), key=lambda c: (c.finding.time, c.finding.id))


def _counts(world: World, ladder: model.Ladder, credit: Credit, at: int) -> bool:
    return within_window(world.names, ladder.window, 0, Event("", credit.finding.time, "", "", {}, {}, (0, "", "")), at)


def _level(ladder: model.Ladder, points: Fraction) -> str | None:
    reached = rung_at(ladder, float(points))
    return ladder.rungs[reached].level if reached >= 0 else None
