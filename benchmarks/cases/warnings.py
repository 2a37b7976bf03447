"""Ten thousand open warnings: lists, a dossier, steps, and a hundred watchers. Over gRPC on loopback, on SQLite, service and callers in one process.

A page of any, of one unit, and of what only one in ten thousand is (the whole board is looked through); one dossier with its evidence; a step; one change until the
last of all watchers has it; how fast a watcher that begins from the first change gets all there are; how somebody stands; and the bulletin of the month, which
`rulelang report` makes of the store afterwards, from the start of the process to its end.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from proto.rulelang.v1 import evaluation_pb2, event_pb2, warnings_pb2
from tests.cli.command import rulelang
from tests.service.office import Office, at, token
from tests.warnings.scene import RULES

BATCH = 1000
CASE = "warnings"


def run(smoke: bool) -> list[Row]:
    return asyncio.run(_measured(*((300, 10, 5) if smoke else (10_000, 100, 20))))


async def _measured(count: int, watchers: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), {"log_level": "warning"})
        await office.open()
        try:
            rows = [Row(CASE, f"{count:,} warnings issued, events and evidence included", count / await _issued(office, count), "1/s")]
            rows += await _read(office, rounds) + await _watched(office, count, watchers, rounds)
        finally:
            await office.close()
        return [*rows, Row(CASE, f"the bulletin of a month with {count:,} warnings", _bulletin_s(Path(folder), office), "s")]


def _bulletin_s(folder: Path, office: Office) -> float:
    rules = folder / "rules.rules"  # the name of a text that has none
    rules.write_text(RULES, encoding="utf-8")
    started = time.perf_counter()
    made = rulelang("report", rules, "--store", f"sqlite:{office.store}", "--month", "2026-01", "--output", folder / "bulletin")
    assert made.returncode == 0, made.stderr
    return time.perf_counter() - started


async def _issued(office: Office, count: int) -> float:
    """An officer of one of a hundred units each."""
    office.now = at("2026-01-06T12:00")
    events = []
    for number in range(count):
        for kind, fields in (("posting", {"unit": f"U{number % 100}"}), ("complaint", {"case": f"K{number}", "grade": 3})):
            event = event_pb2.Event(id=f"{kind}{number}", type=kind, time_text="2026-01-06T11:00:00")
            for name, value in {"officer": f"P{number}", **fields}.items():
                if isinstance(value, int):
                    event.fields[name].integer = value
                else:
                    event.fields[name].text = value
            events.append(event)
    started = time.perf_counter()
    for first in range(0, len(events), BATCH):
        answer = await office.inside.evaluation.EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=events[first : first + BATCH]))
        assert all(outcome.status == evaluation_pb2.STATUS_ACCEPTED for outcome in answer.outcomes)
    return time.perf_counter() - started


async def _median_ms(rounds: int, call: Callable[[], Awaitable[Any]]) -> float:
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken)


async def _read(office: Office, rounds: int) -> list[Row]:
    some = (await office.list("zhang")).warnings[0].id
    asked = {
        "a page of 100": lambda: office.list("zhang"),
        "a page of 100, of one unit": lambda: office.list("zhang", entity="unit", key="U7"),
        "a page of what there is none of": lambda: office.list("zhang", levels=["red"]),
        "a dossier with its evidence": lambda: office.get("zhang", some),
        "how an officer stands": lambda: office.level("zhang", "officer", "P7"),
        "what could become of it": lambda: office.falls("zhang", "officer", "P7"),
    }
    rows = [Row(CASE, what, await _median_ms(rounds, call), "ms") for what, call in asked.items()]
    waiting = [warning.id for warning in (await office.list("zhang", page_size=rounds)).warnings]
    rows.append(Row(CASE, "a step, on disk", await _median_ms(rounds, lambda: _step(office, waiting.pop())), "ms"))
    return rows


async def _step(office: Office, warning: str) -> None:
    answer = await office.do("zhang", warning, step="notification", expected_version=1)
    assert isinstance(answer, warnings_pb2.AdvanceResponse), answer


async def _watched(office: Office, count: int, watchers: int, rounds: int) -> list[Row]:
    first = office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=token("zhang"))
    started = time.perf_counter()
    await _take(first, count + rounds)
    caught_up = time.perf_counter() - started
    calls = [office.warnings.Watch(warnings_pb2.WatchRequest(only_new=True), metadata=token("zhang")) for _ in range(watchers)]
    await office.inside.until(lambda: office.inside.service.admission.watchers == watchers + 1)
    found = await office.list("zhang", page_size=2 * rounds)
    waiting = [warning.id for warning in found.warnings if warning.awaits == "notification"]
    spread = []
    for warning in waiting[:rounds]:
        started = time.perf_counter()
        taking = asyncio.gather(*(_take(call, 1) for call in calls))
        await _step(office, warning)
        await taking
        spread.append(time.perf_counter() - started)
    for call in (first, *calls):
        call.cancel()
    return [
        Row(CASE, "a watcher that begins from the first change: changes received", (count + rounds) / caught_up, "1/s"),
        Row(CASE, f"a step, until {watchers} watchers have it", 1000 * statistics.median(spread), "ms"),
    ]


async def _take(call: Any, count: int) -> None:
    for _ in range(count):
        assert await call.read()
