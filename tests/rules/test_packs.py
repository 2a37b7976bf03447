"""The shipped rules find exactly the misconduct that was planted in generated days, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

import engine
import rulelang
from services.demo.generate import Days, generate
from services.simulate.city import open_days
from services.simulate.scene import OpenDays

ROOT = Path(__file__).parents[2]
MONDAY, SUNDAY, IN_THE_OCTOBER_HOLIDAYS = date(2026, 11, 23), date(2026, 11, 22), date(2026, 10, 5)


@cache
def shipped() -> tuple[bytes, OpenDays]:
    """The program of the shipped rules, and the days on which their calendars are open."""
    rules = ROOT / "rules"
    return rulelang.compile(rules), open_days(rulelang.load(rules).calendars)


def found(days: Days, batch: int) -> Counter[tuple[str, object]]:
    """What stands at the end: how often each rule found each key. What is drawn by lot is nobody's misconduct."""
    program, _ = shipped()
    eng = engine.Engine(program, store="memory:")
    standing: dict[str, tuple[str, object]] = {}

    def take(outcome: engine.Outcome) -> None:
        for finding in outcome.withdrawn:
            standing.pop(finding["id"], None)
        for finding in outcome.findings:
            key = finding["key"]
            standing[finding["id"]] = (finding["rule"], tuple(key) if isinstance(key, list) else key)

    events = [*days.before, *days.events]
    for start in range(0, len(events), batch):
        for outcome in eng.evaluate_batch(events[start : start + batch]):
            assert outcome.status in ("accepted", "duplicate", "conflict")
            take(outcome)
    take(eng.advance(days.end))
    drawing = {rule.name for rule in rulelang.load(ROOT / "rules").rules if rule.sample is not None}
    return Counter(found for found in standing.values() if found[0] not in drawing)


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("first_day", [MONDAY, SUNDAY, IN_THE_OCTOBER_HOLIDAYS], ids=["monday", "sunday", "holiday"])
def test_exactly_the_planted_misconduct_is_found_on_a_day(first_day: date, seed: int) -> None:
    days = generate(first_day, shipped()[1], seed=seed, times=2)
    assert found(days, batch=200) == Counter((p.rule, p.key) for p in days.planted)


def test_and_on_a_week_of_days() -> None:
    days = generate(date(2026, 9, 28), shipped()[1], days=7, seed=11)
    assert found(days, batch=500) == Counter((p.rule, p.key) for p in days.planted)


def test_a_day_without_misconduct_is_silent() -> None:
    days = generate(MONDAY, shipped()[1], seed=7, times=0)
    assert not found(days, batch=200)


def test_every_planted_rule_is_shipped() -> None:
    days = generate(MONDAY, shipped()[1], seed=1)
    assert {p.rule for p in days.planted} <= {rule.name for rule in rulelang.load(ROOT / "rules").rules}


def test_the_same_seed_gives_the_same_events_and_another_seed_others() -> None:
    _, days = shipped()
    assert generate(MONDAY, days, seed=3) == generate(MONDAY, days, seed=3)
    assert generate(MONDAY, days, seed=3).events != generate(MONDAY, days, seed=4).events


def test_a_generated_day_has_late_events_and_events_sent_twice() -> None:
    events = generate(MONDAY, shipped()[1], seed=1).events
    times = [str(event["time"]) for event in events]
    assert times != sorted(times)
    assert len({event["id"] for event in events}) < len(events)
