"""Windows come to what their events come to, however they move: totals and averages are exact and rounded once, and events of one moment see each other."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

import engine
import rulelang

RULES = """
entity officer
event act
    officer: officer
    amount: number
    whole: integer
rule total
    when count(act) >= 1 within officer over 20s
    repeat always
    points sum(act.amount)
rule mean
    when count(act) >= 1 within officer over 20s
    repeat always
    points avg(act.amount)
rule mean_of_whole
    when count(act) >= 1 within officer over 20s
    repeat always
    points avg(act.whole)
rule most
    when count(act) >= 1 within officer over 20s
    repeat always
    points max(act.amount)
rule least
    when count(act) >= 1 within officer over 20s
    repeat always
    points min(act.amount)
rule different
    when count(act) >= 1 within officer over 20s
    repeat always
    points distinct(act.amount)
rule part
    when count(act) >= 1 within officer over 20s
    repeat always
    points share(act where amount < 0.25 at least 1)
rule crowd
    when count(act) >= 12 within officer over 20s
    repeat always
"""
PROGRAM = rulelang.compile_text(RULES)


def amount(made: random.Random) -> float:
    """Numbers of ordinary size, and some whose sum must be taken as fractions."""
    if made.random() < 0.02:
        return made.choice((1e300, 5e-324, 2.0**41 + 0.5, 1e-30))
    return made.choice((0.1, 0.2, 0.3, round(made.uniform(0, 1e6), 2), made.uniform(0, 1), 2.0**39))


@pytest.mark.seeds(6)
def test_a_window_comes_to_what_its_events_come_to(seed: int) -> None:
    made = random.Random(seed)
    events: list[dict[str, Any]] = [
        {
            "id": str(number),
            "type": "act",
            "time": f"2026-01-01T00:{made.randrange(2):02}:{made.randrange(60):02}Z",
            "officer": "P1",
            "amount": amount(made),
            "whole": made.choice((1, 3, 7, 2**62, 2**40)),
        }
        for number in range(120)
    ]
    eng = engine.Engine(PROGRAM)
    for event in events:  # late ones among them: windows grow and shrink at both ends
        eng.evaluate(event)
    found = {(shown["rule"], shown["events"][-1][1]): shown for shown in eng.standing()}
    seconds = {event["id"]: int(event["time"][14:16]) * 60 + int(event["time"][17:19]) for event in events}
    for event in events:
        at = seconds[event["id"]]
        window = [other for other in events if at - 20 < seconds[other["id"]] <= at]
        total = sum(Fraction(other["amount"]) for other in window)
        said = {shown["rule"]: shown["points"] for shown in found.values() if shown["time"] == event["time"]}
        assert said["total"] == float(total)
        assert said["mean"] == float(total / len(window))
        assert said["mean_of_whole"] == float(sum(Fraction(other["whole"]) for other in window) / len(window))
        amounts = [other["amount"] for other in window]
        assert (said["most"], said["least"], said["different"]) == (max(amounts), min(amounts), len(set(amounts)))
        assert said["part"] == sum(one < 0.25 for one in amounts) / len(amounts)
        assert ("crowd" in said) == (len(window) >= 12)
