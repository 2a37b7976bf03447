"""Fifty-four windowed rules over events that carry four entities each, on the embedded store: durable before an answer is given.

Beside: the same without durability (`memory:`), and the bare cost of the journal: the same bytes appended to a file and synchronised, batch by batch.
Time is the processor time of this process, since the goal is one of a core; what a caller sees, who waits for the disk as well, is told beside it. As in
the service, the cycle collector does not walk through what the engine holds, and there is a checkpoint after as many events.
"""

from __future__ import annotations

import gc
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import engine
import rulelang
from benchmarks.measure import Row
from engine import limits
from engine.stores import make_store
from services.server.collecting import THRESHOLDS
from services.server.service import UNSAVED_EVENTS_MAX, UNSAVED_SHARED_EVENTS_MAX

ENTITIES = ("officer", "licence", "case", "device")
CONDITIONS = (
    "count(act) > {high} within {entity} over {window}",
    "sum(act.points) >= {high} within {entity} over {window}",
    "distinct(act.vehicle) >= {low} within {entity} over {window}",
    "count(act where amount > {amount}) >= {low} within {entity} over {window}",
    "max(act.amount) > {amount} and count(act where night) >= {low} within {entity} over {window}",
    "avg(act.amount) > {amount} and count(act) >= {high} within {entity} over {window}",
    "share(act where night at least {few}) > {part}% within {entity} over {window}",
    "act where amount > {times} * this.amount followed by act where points > 11 within {entity} over {window}",
    "latest(act.amount) > {amount} and previous count(act) > {high} within {entity} over {window}",
)
WINDOWS = ("1h", "1d", "7d", "30d", "90d", "day")
RULES = 54


def rules(often: bool = False) -> str:
    """One event type, four entities, and rules of every kind of question, whose thresholds are seldom met, or often."""
    made = random.Random(54)
    lines = ['timezone "Asia/Shanghai"', *(f"entity {entity}" for entity in ENTITIES), "event act"]
    lines += [f"    {entity}: {entity}" for entity in ENTITIES]
    lines += ["    vehicle: text", "    amount: number", "    points: integer", "    night: boolean"]
    for number in range(RULES):
        condition = CONDITIONS[number % len(CONDITIONS)].format(
            entity=ENTITIES[number % 4],
            window=WINDOWS[number // 9],
            high=made.randrange(3, 9) if often else made.randrange(400, 900),
            low=made.randrange(2, 4) if often else made.randrange(60, 90),
            amount=made.randrange(20_000, 40_000) if often else made.randrange(49_000, 49_990),
            times=3 if often else 900,
            few=3 if often else 20,
            part=30 if often else 90,
        )
        lines += [f"rule r{number}", f"    when {condition}", "    repeat after 30d"]
    return "\n".join(lines) + "\n"


def acts(n: int, seed: int = 7, apart_s: float = 3, fewer: int = 1) -> list[dict[str, Any]]:
    """Events a few seconds apart, over some thousand keys of each entity, or so many times fewer; one in a hundred late by up to a day."""
    made = random.Random(seed)
    now, told = 1_767_225_600.0, []
    for number in range(n):
        now += made.expovariate(1 / apart_s)
        time = now - (made.random() * 86_400 if made.random() < 0.01 else 0)
        told.append(
            {
                "id": f"e{number}",
                "source": "s",
                "type": "act",
                "time": f"{engine_time(time)}",
                "officer": f"P{made.randrange(2_000 // fewer):05d}",
                "licence": f"L{made.randrange(20_000 // fewer):010d}",
                "case": f"C{made.randrange(n // fewer):08d}",
                "device": f"D{made.randrange(500 // fewer):04d}",
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


def _taken(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor, and on the wall. What was there before is put aside, so that the collector looks at what is new only."""
    gc.collect()
    gc.freeze()
    busy, began = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - busy, time.perf_counter() - began


def evaluated(program: bytes, store: str, batches: Sequence[Sequence[dict[str, Any]]]) -> tuple[float, float, list[float]]:
    """Seconds of the processor, on the wall, and on the wall for each batch; with the collector and the checkpoints as the service has them."""
    kept = make_store(store)
    unsaved_events_max = UNSAVED_SHARED_EVENTS_MAX if kept.shared else UNSAVED_EVENTS_MAX
    eng = engine.Engine(program, store=kept, limits=replace(limits.DEFAULT, unsaved_events_max=unsaved_events_max))
    ends: list[float] = []

    def work() -> None:
        for batch in batches:
            eng.evaluate_batch(batch)
            ends.append(time.perf_counter())

    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        busy, wall = _taken(work)
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
    eng.close()
    return busy, wall, [end - start for start, end in pairwise([ends[-1] - wall, *ends])]


def _bare_journal(path: Path, batches: list[list[dict[str, Any]]]) -> tuple[float, float]:
    entries = [json.dumps(batch).encode() for batch in batches]
    with path.open("ab", buffering=0) as file:

        def work() -> None:
            for entry in entries:
                file.write(entry)
                os.fdatasync(file.fileno())

        return _taken(work)


def _check(events: list[dict[str, Any]]) -> None:
    """Of rules whose thresholds are often met every kind finds something, and the same in any order."""
    program = rulelang.compile_text(rules(often=True))
    in_order, shuffled = engine.Engine(program), engine.Engine(program)
    in_order.evaluate_batch(events)
    for event in random.Random(1).sample(events, len(events)):
        shuffled.evaluate(event)
    assert in_order.standing() == shuffled.standing(), "the order of arrival made a difference"
    found = {int(finding["rule"][1:]) % len(CONDITIONS) for finding in in_order.standing()}
    assert found == set(range(len(CONDITIONS))), f"no rule of these conditions found anything: {set(range(len(CONDITIONS))) - found}"


def run(smoke: bool) -> list[Row]:
    program = rulelang.compile_text(rules())
    events = acts(2_000 if smoke else 50_000)
    _check(acts(1_000, apart_s=3_600, fewer=50))
    batches = [events[at : at + 500] for at in range(0, len(events), 500)]
    with tempfile.TemporaryDirectory() as folder:
        memory, memory_wall, _ = evaluated(program, "memory:", batches)
        sqlite, sqlite_wall, _ = evaluated(program, f"sqlite:{folder}/state.db", batches)
        _, bare_wall = _bare_journal(Path(folder) / "journal", batches)
    n = len(events)
    what = f"{RULES} rules, 4 entities"
    return [
        Row("windowed", f"{what}, memory", n / memory, "events/s of its core"),
        Row("windowed", f"{what}, memory: seen by a caller", n / memory_wall, "events/s"),
        Row("windowed", f"{what}, SQLite, batches of 500", n / sqlite, "events/s of its core", "memory", n / memory, ">= 100,000"),
        Row("windowed", f"{what}, SQLite: seen by a caller", n / sqlite_wall, "events/s", "bare journal", n / bare_wall),
    ]
