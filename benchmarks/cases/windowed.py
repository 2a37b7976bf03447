"""Fifty-four windowed rules over events that carry four entities each, on the embedded store: durable before an answer is given.

Beside: the same without durability (`memory:`), and the bare cost of the journal: the same bytes appended to a file and synchronised, batch by batch.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import engine
import rulelang
from benchmarks.measure import Row, seconds

ENTITIES = ("officer", "licence", "case", "device")
CONDITIONS = (
    "count(act) > {high} within {entity} over {window}",
    "sum(act.points) >= {high} within {entity} over {window}",
    "distinct(act.vehicle) >= {low} within {entity} over {window}",
    "count(act where amount > {amount}) >= {low} within {entity} over {window}",
    "max(act.amount) > {amount} and count(act where night) >= {low} within {entity} over {window}",
    "avg(act.amount) > {amount} and count(act) >= {high} within {entity} over {window}",
    "share(act where night at least 20) > 90% within {entity} over {window}",
    "act followed by act where amount > 3 * this.amount and points > 9 within {entity} over {window}",
    "latest(act.amount) > {amount} and previous count(act) > {high} within {entity} over {window}",
)
WINDOWS = ("1h", "1d", "7d", "30d", "90d", "day")
RULES = 54


def rules() -> str:
    """One event type, four entities, and rules of every kind of question, whose thresholds are seldom met."""
    made = random.Random(54)
    lines = ['timezone "Asia/Shanghai"', *(f"entity {entity}" for entity in ENTITIES), "event act"]
    lines += [f"    {entity}: {entity}" for entity in ENTITIES]
    lines += ["    vehicle: text", "    amount: number", "    points: integer", "    night: boolean"]
    for number in range(RULES):
        condition = CONDITIONS[number % len(CONDITIONS)].format(
            entity=ENTITIES[number % 4],
            window=WINDOWS[number // 9],
            high=made.randrange(400, 900),
            low=made.randrange(60, 90),
            amount=made.randrange(49_000, 49_990),
        )
        lines += [f"rule r{number}", f"    when {condition}", "    repeat after 30d"]
    return "\n".join(lines) + "\n"


def acts(n: int, seed: int = 7) -> list[dict[str, Any]]:
    """Events a few seconds apart, over some thousand keys of each entity, one in a hundred late by up to a day."""
    made = random.Random(seed)
    now, told = 1_767_225_600.0, []
    for number in range(n):
        now += made.expovariate(1 / 3)
        time = now - (made.random() * 86_400 if made.random() < 0.01 else 0)
        told.append(
            {
                "id": f"e{number}",
                "source": "s",
                "type": "act",
                "time": f"{engine_time(time)}",
                "officer": f"P{made.randrange(2_000):05d}",
                "licence": f"L{made.randrange(20_000):010d}",
                "case": f"C{made.randrange(n):08d}",
                "device": f"D{made.randrange(500):04d}",
                "vehicle": f"AB{made.randrange(9_000):05d}",
                "amount": round(made.uniform(0, 50_000), 2),
                "points": made.randrange(13),
                "night": made.random() < 0.3,
            }
        )
    return told


def engine_time(seconds_: float) -> str:
    from engine.texts import time_text

    return time_text(round(seconds_ * 1_000_000))


def _evaluated(program: bytes, store: str, batches: list[list[dict[str, Any]]]) -> float:
    eng = engine.Engine(program, store=store)
    taken = seconds(lambda: [eng.evaluate_batch(batch) for batch in batches])
    eng.close()
    return taken


def _bare_journal(path: Path, batches: list[list[dict[str, Any]]]) -> float:
    entries = [json.dumps(batch).encode() for batch in batches]
    with path.open("ab", buffering=0) as file:

        def work() -> None:
            for entry in entries:
                file.write(entry)
                os.fdatasync(file.fileno())

        return seconds(work)


def run(smoke: bool) -> list[Row]:
    program = rulelang.compile_text(rules())
    events = acts(2_000 if smoke else 50_000)
    in_order = engine.Engine(program)
    in_order.evaluate_batch(events[:2_000])
    shuffled = engine.Engine(program)
    for event in random.Random(1).sample(events[:2_000], 2_000):
        shuffled.evaluate(event)
    assert in_order.standing() == shuffled.standing(), "the order of arrival made a difference"
    batches = [events[at : at + 500] for at in range(0, len(events), 500)]
    with tempfile.TemporaryDirectory() as folder:
        t_memory = _evaluated(program, "memory:", batches)
        t_sqlite = _evaluated(program, f"sqlite:{folder}/state.db", batches)
        t_bare = _bare_journal(Path(folder) / "journal", batches)
    n = len(events)
    return [
        Row("windowed", f"{RULES} rules, 4 entities, memory", n / t_memory, "events/s"),
        Row(
            "windowed",
            f"{RULES} rules, 4 entities, SQLite, batches of 500",
            n / t_sqlite,
            "events/s",
            "bare journal",
            n / t_bare,
            ">= 100,000",
        ),
    ]
