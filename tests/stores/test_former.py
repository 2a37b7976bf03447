"""What the version before has written is opened, and goes on as if this one had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.program import load
from engine.texts import time_text
from rulelang import compile_text
from tests.stores.former import as_before
from tests.stores.places import PLACE_NAMES, place

RULES = """
entity officer
    retain 10d
event act
    officer: officer
    n: integer
    note: text
rule busy
    when count(act) >= 3 within officer over 5d
    repeat after 3d
rule large
    when act.n > 90
"""
DAY_US = 86_400_000_000
BEGAN_US = 1_767_225_600_000_000


class Wall:
    """The clock of the service."""

    us = BEGAN_US


def act(number: int, time_us: int, **more: object) -> dict[str, Any]:
    said = {"officer": f"P{number % 7} ", "n": number, "note": "x" * (number % 5), "undeclared": 1}
    return {"id": f"e{number}", "source": "局", "type": "act", "time": time_text(time_us), **said, **more}


@pytest.mark.parametrize("name", PLACE_NAMES)
def test_a_store_of_the_version_before_goes_on(name: str, tmp_path: Path) -> None:
    program, where, wall = load(compile_text(RULES)), place(name, tmp_path), Wall()

    def opened() -> Engine:
        return Engine(program, store=where(), clock="system", wall_clock=lambda: wall.us)

    def statuses(engine: Engine) -> list[str]:
        again, too_late = act(3, BEGAN_US), act(500, BEGAN_US - 11 * DAY_US)
        return [engine.evaluate(sent).status for sent in (again, {**again, "n": 4}, too_late, {**again, "n": 4})]

    engine = opened()
    engine.evaluate_batch([act(number, BEGAN_US) for number in range(100)])
    engine.evaluate(act(3, BEGAN_US, n=4))
    assert engine.evaluate(act(500, BEGAN_US - 11 * DAY_US)).status == "too_late"
    stood, told = engine.history(), statuses(engine)
    assert told == ["duplicate", "conflict", "duplicate", "conflict"]
    engine.close()

    store = where()
    assert store.open(program.plan["hash"])
    before = as_before(store, program)
    assert store.checkpoint(before)
    store.close()

    engine = opened()
    assert engine.history() == stood
    assert statuses(engine) == told
    engine.close()

    store = where()
    assert store.open(program.plan["hash"])
    assert list(store.items("event")) == []
    assert len(list(store.items("events"))) >= 1
    store.close()

    wall.us += 4 * DAY_US
    engine = opened()
    assert engine.history() == stood
    assert statuses(engine) == told
    assert [shown["rule"] for shown in engine.evaluate(act(700, wall.us)).findings] == ["busy", "large"]
    wall.us += 60 * DAY_US
    engine.evaluate(act(701, wall.us))
    assert engine.evaluate(act(3, BEGAN_US)).status == "too_late"
    engine.close()
