"""Keys sleep after a start until somebody asks for them: nothing tells them from others that do not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from engine import Engine
from engine.limits import Limits
from engine.stores.memory import MemoryStore
from engine.texts import time_text
from rulelang import compile_text

BEGAN_US = 1_767_225_600_000_000
HOUR_US = 3_600_000_000
RULES = """
entity unit
    retain 30d
entity case
    retain 30d
entity officer in unit
    retain 30d
event act
    officer: officer
    unit: unit
    case: case
    n: integer
rule busy
    points 3
    when count(act where n > 5) >= 3 within officer over 2d
    repeat after 1d
rule much
    when sum(act.n) > 60 and count(act) >= 4 within officer over 5d
    repeat after 3d
rule open
    when act not followed by act where n == 0 within officer over 6h
    repeat after 1d
rule crowded
    when count(act) > 40 within unit over 1d
    repeat after 1d
rule often
    when count(act where n > 3) >= 4 within case over 3d
    repeat after 2d
rule after
    when act where n > 8 followed by act where n < 3 within case over 2d
    repeat after 1d
ladder conduct within officer over 30d
    yellow at 6
"""


def stream(n: int, first: int = 0) -> list[dict[str, Any]]:
    made = random.Random(first)
    return [
        {
            "id": f"e{number}",
            "type": "act",
            "time": time_text(BEGAN_US + number * HOUR_US // 4 - (made.randrange(50) * HOUR_US if made.random() < 0.1 else 0)),
            "officer": f"P{made.randrange(40)}",
            "unit": f"U{made.randrange(3)}",
            "case": f"C{made.randrange(60)}",
            "n": made.randrange(12),
        }
        for number in range(first, first + n)
    ]


def both(n: int, limits: Limits = Limits()) -> tuple[Engine, Engine, MemoryStore]:  # noqa: B008 - frozen
    """An engine that was opened on what a store keeps, and one that has never been closed."""
    program, store = compile_text(RULES), MemoryStore(durable=True)
    engine, awake = Engine(program, store=store, limits=limits), Engine(program, limits=limits)
    for one in (engine, awake):
        one.evaluate_batch(stream(n))
    engine.close()
    return Engine(program, store=store, limits=limits), awake, store


LOOKS: dict[str, Callable[[Engine], object]] = {
    "records": lambda engine: engine.holds()["records"],
    "keys": lambda engine: engine.describe()["keys"],
    "standing": lambda engine: engine.standing(),
    "history": lambda engine: engine.history(),
    "members": lambda engine: engine.members("officer"),
    "belongs": lambda engine: [engine.belongs("officer", f"P{number}") for number in range(40)],
    "levels": lambda engine: engine.levels(),
    "explain": lambda engine: [{**told, "events": None} for told in engine.explain("much")],
    "explain a key": lambda engine: [list(engine.explain("busy", [f"P{number}"])) for number in range(40)],
    "clock": lambda engine: [engine.advance(BEGAN_US + days * 24 * HOUR_US).findings for days in (8, 9, 60)],
    "late": lambda engine: [answer.findings for answer in engine.evaluate_batch([{**e, "id": "l" + e["id"]} for e in stream(60)])],
    "on": lambda engine: [(answer.findings, answer.withdrawn, answer.warnings) for answer in engine.evaluate_batch(stream(300, 700))],
}


@pytest.mark.parametrize("first", LOOKS)
def test_whatever_is_asked_first_is_answered_as_if_no_key_had_slept(first: str) -> None:
    opened, awake, _ = both(700)
    assert opened._fold.asleep > 10 > awake._fold.asleep == 0
    for name in (first, *(other for other in LOOKS if other != first)):
        assert LOOKS[name](opened) == LOOKS[name](awake), name


def test_what_sleeps_is_counted_against_the_limits() -> None:
    opened, awake, _ = both(100, Limits(keys_max=90, records_max=4))
    said = [[answer.error for answer in engine.evaluate_batch(stream(200, 100))] for engine in (opened, awake)]
    assert said[0] == said[1]
    assert any("keys_max" in (error or "") or "records_max" in (error or "") for error in said[0])


def test_what_sleeps_is_saved_again_with_all_else() -> None:
    opened, awake, store = both(700)
    opened.close()
    again = Engine(compile_text(RULES), store=store)
    assert again.evaluate_batch(stream(50, 700)) == awake.evaluate_batch(stream(50, 700))
    assert again.holds()["records"] == awake.holds()["records"]
    assert again.history() == awake.history()


def test_what_sleeps_is_forgotten_when_nothing_can_see_it() -> None:
    program, store, wall = compile_text(RULES), MemoryStore(durable=True), [BEGAN_US + 200 * HOUR_US]

    def made(kept: MemoryStore) -> Engine:
        return Engine(program, store=kept, clock="system", wall_clock=lambda: wall[0])

    engine, awake = made(store), made(MemoryStore(durable=True))
    for one in (engine, awake):
        one.evaluate_batch(stream(700))
    engine.close()
    engine = made(store)
    assert engine._fold.asleep > 10
    held = []
    for number in range(30):
        wall[0] += 48 * HOUR_US
        event = {"id": f"new{number}", "type": "act", "time": time_text(wall[0]), "officer": "P1", "unit": "U1", "case": "C1", "n": 1}
        assert engine.evaluate(event) == awake.evaluate(event)
        assert (engine.holds()["records"], engine.describe()["keys"]) == (awake.holds()["records"], awake.describe()["keys"])
        held.append(engine.holds()["records"])
    assert engine._fold.asleep == 0
    assert max(held) > 500
    assert held[-1] < max(held) / 2  # who belonged where is kept
    assert engine.history() == awake.history()
