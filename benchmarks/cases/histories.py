"""What a history costs: by the length of a window, for a late event, for many events of one moment, in memory, and until a warm store answers.

Answers are checked first: windows are held against a count by hand, and what came late against what came in order.
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import engine
import rulelang
from benchmarks.cases.windowed import acts, engine_time
from benchmarks.cases.windowed import rules as windowed_rules
from benchmarks.measure import Row, seconds

Json = dict[str, Any]
START = 1_767_225_600
ENTITIES = ("officer", "licence", "case", "device")
QUESTIONS = ("count(act) > {never}", "sum(act.points) > {never}", "distinct(act.vehicle) > 5000", "max(act.amount) > {never}")


def rules(window: int, full: int) -> str:
    lines = ["entity officer", "event act", "    officer: officer", "    vehicle: text", "    amount: number", "    points: integer"]
    for number, question in enumerate(QUESTIONS):
        lines += [f"rule r{number}", f"    when {question.format(never=10**9)} within officer over {window}s"]
    # This one is found, and shows that windows are what they should be.
    lines += ["rule full", f"    when count(act) >= {full} within officer over {window}s", "    repeat after 300d"]
    return "\n".join(lines) + "\n"


def steady(n: int, first: int = 0) -> list[Json]:
    """One act a second, of one officer."""
    made = random.Random(first)
    return [
        {
            "id": f"e{number}",
            "type": "act",
            "time": engine_time(START + number),
            "officer": "P1",
            "vehicle": f"AB{made.randrange(3_000)}",
            "amount": made.uniform(0, 50_000),
            "points": made.randrange(13),
        }
        for number in range(first, first + n)
    ]


def _filled(window: int, n: int) -> engine.Engine:
    eng = engine.Engine(rulelang.compile_text(rules(window, window)))
    eng.evaluate_batch(steady(n))
    (found,) = eng.standing()
    assert (found["rule"], found["time"]) == ("full", engine_time(START + window - 1)), "the window is not what it should be"
    return eng


def _by_window(n: int, rounds: int) -> list[Row]:
    """Per event with windows of 10 and of 10,000 events; and a late event into the middle of the long one."""
    taken = {}
    engines = {window: _filled(window, n) for window in (10, n // 2)}
    for window, eng in engines.items():
        batches = [steady(500, n + 500 * number) for number in range(rounds)]
        taken[window] = seconds(lambda eng=eng, batches=batches: [eng.evaluate_batch(batch) for batch in batches]) / (500 * rounds) * 1e6
    short, long = taken
    eng = engines[long]
    late = [{**event, "id": f"late{number}"} for number, event in enumerate(steady(20, n + 500 * rounds - long // 2))]
    t_late = seconds(lambda: [eng.evaluate(event) for event in late]) / len(late) * 1e6
    again = engine.Engine(rulelang.compile_text(rules(long, long)))
    again.evaluate_batch(sorted(steady(n + 500 * rounds) + late, key=lambda event: (event["time"], event["id"])))
    assert again.standing() == eng.standing(), "late events made a difference"
    return [
        Row("histories", f"an event, windows of {long:,}", taken[long], "us", f"windows of {short}", taken[short], "<= 2"),
        Row("histories", f"an event, late into the middle of windows of {long:,}", t_late, "us", "in order", taken[long]),
    ]


def _of_one_moment(n: int) -> Row:
    eng = engine.Engine(rulelang.compile_text(rules(10, n)))
    crowd = [{**event, "time": engine_time(START)} for event in steady(n)]
    half = n // 2
    t_first = seconds(lambda: eng.evaluate_batch(crowd[:half]))
    t_second = seconds(lambda: eng.evaluate_batch(crowd[half:-1]))
    assert eng.standing() == []
    assert [shown["rule"] for shown in eng.evaluate(crowd[-1]).findings] == ["full"], "not all of the moment were seen"
    what = f"an event, {n:,} of one key and moment, the second half"
    return Row("histories", what, t_second / (n - half) * 1e6, "us", "first half", t_first / half * 1e6)


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _grown(program: bytes, events: list[Json]) -> tuple[float, int]:
    """Bytes an event that this process grows by, and how many keys there are then."""
    eng = engine.Engine(program)
    for at in range(0, len(events) // 5, 500):
        eng.evaluate_batch(events[at : at + 500])  # all keys are known by then
    before = _resident()
    for at in range(len(events) // 5, len(events), 500):
        eng.evaluate_batch(events[at : at + 500])
    return (_resident() - before) / (len(events) * 4 / 5), eng.describe()["keys"]


def _grown_elsewhere(program: bytes, events: list[Json]) -> tuple[float, int]:
    """The same of a new process, which has no room left over from what was measured before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_grown, program, events).result()


def _memory(n: int) -> list[Row]:
    """The same events under rules that look at one of their entities, and at all four: what differs is three records in logs."""
    made = random.Random(3)
    schema = [f"entity {entity}" for entity in ENTITIES] + ["event act"] + [f"    {entity}: {entity}" for entity in ENTITIES]
    schema += ["    amount: number"]
    one, all_four = (
        rulelang.compile_text(
            "\n".join(
                schema
                + [
                    line
                    for entity in entities
                    for line in (
                        f"rule {entity}_busy",
                        f"    when sum(act.amount) > {10**9} and count(act) > 100000 within {entity} over 30d",
                    )
                ]
            )
            + "\n"
        )
        for entities in (ENTITIES[:1], ENTITIES)
    )
    told = [
        {
            "id": f"e{number}",
            "type": "act",
            "time": engine_time(START + number),
            **{entity: f"{entity[0]}{made.randrange(50)}" for entity in ENTITIES},
            "amount": made.random(),
        }
        for number in range(n)
    ]
    in_one, keys = _grown_elsewhere(one, told)
    assert keys == 50
    in_four, keys = _grown_elsewhere(all_four, told)
    assert keys == 200
    return [
        Row("histories", "a record in an entity's log", (in_four - in_one) / 3, "bytes", None, None, "<= 40"),
        Row("histories", "an event of 4 entities, with its name, in memory", in_four, "bytes"),
    ]


def _start(n: int) -> list[Row]:
    """From a file to the first answer."""
    events = acts(n + 1)
    program = rulelang.compile_text(windowed_rules())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{folder}/state.db"
        eng = engine.Engine(program, store=url)
        for at in range(0, n, 500):
            eng.evaluate_batch(events[at : at + 500])
        stood = eng.standing()
        eng.close()
        started = time.perf_counter()
        eng = engine.Engine(program, store=url)
        opened = time.perf_counter() - started
        eng.evaluate(events[n])
        answered = time.perf_counter() - started
        assert {shown["id"] for shown in stood} <= {shown["id"] for shown in eng.history()}, "the restarted engine knows less"
        eng.close()
    return [
        Row("histories", f"start to first answer, 54 rules, {4 * n:,} records of {n:,} events", answered, "s", None, None, "0.5"),
        Row("histories", "of that, opening the store", opened, "s"),
    ]


def run(smoke: bool) -> list[Row]:
    return [
        *_by_window(2_000 if smoke else 20_000, 2 if smoke else 20),
        _of_one_moment(200 if smoke else 10_000),
        *_memory(10_000 if smoke else 200_000),
        *_start(2_000 if smoke else 250_000),
    ]
