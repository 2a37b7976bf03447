"""Small seeded histories for tests of replicas: rules of the kinds that make order matter, and events that are late, doubled and in conflict."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import rulelang

RULES = """
timezone "Asia/Shanghai"

event act
    officer: officer
    case: case
    amount: number
    night: boolean

event ruling
    case: case
    officer: officer

entity officer
entity case

rule busy
    when count(act) >= 4 within officer over 6h
    repeat after 2h
    points 3
    message "{officer}: {count(act)}"

rule heavy
    when sum(act.amount) > 300 within case over 1d
    about act.officer
    points 2
    level yellow

rule unruled
    when act where night not followed by ruling within case over 3h
    about act.officer
    points 4

rule night_share
    when share(act where night at least 3) > 60% within officer over 1d

ladder conduct within officer over 2d
    blue at 3
    yellow at 8
    red at 15
"""

Json = dict[str, Any]
START = datetime(2026, 3, 1, tzinfo=UTC)


@functools.cache
def program() -> bytes:
    compiled: bytes = rulelang.compile_text(RULES)
    return compiled


def events(rng: Random, count: int) -> list[Json]:
    """In the order in which they arrive: a tenth late by hours, a tenth sent twice, some in conflict with what was sent before under their name."""
    told: list[Json] = []
    now = START
    for number in range(count):
        now += timedelta(seconds=rng.expovariate(1 / 600))
        at = now - timedelta(seconds=rng.randrange(36_000)) if rng.random() < 0.1 else now
        kind = "ruling" if rng.random() < 0.25 else "act"
        event: Json = {"id": f"e{number}", "source": rng.choice("ab"), "type": kind, "time": at.isoformat()}
        event |= {"officer": f"P{rng.randrange(4)}", "case": f"C{rng.randrange(6)}"}
        if kind == "act":
            event |= {"amount": rng.randrange(120), "night": rng.random() < 0.4}
        told.append(event)
        if rng.random() < 0.1:
            told.append(dict(rng.choice(told[-20:])))
        if rng.random() < 0.03:
            told.append({**rng.choice(told[-20:]), "officer": f"P{rng.randrange(4)}"})
    return told
