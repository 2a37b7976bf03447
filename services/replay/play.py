"""Recorded events through an engine: in the order of their times, or as they arrived.

In: rows, a mapper, an engine.  Out: a `Report` of what became of the events; the findings are the engine's.

The findings do not depend on the order; playing events by time, source and id makes the replay fast. Of several contents under one name
the first line counts, as in a service, wherever the others would stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine import Engine, Outcome
from engine.collector import at_rest
from engine.machine import EventError, Machine
from services.replay.mapping import Mapper, WrongValue
from services.replay.rows import Row

OnOutcome = Callable[[int, Outcome], None]
"""Told the time of each event (microseconds since 1970) or of the clock at the end, and what came of it."""
KEPT_MAX = 10
"""So many refused and conflicting lines are shown; all are counted."""


@dataclass(slots=True)
class Report:
    """What became of the rows. `refused` and `conflicts` keep the first few, in words."""

    rows: int = 0
    after_until: int = 0
    ignored_fields: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def count(self, status: str) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def refuse(self, text: str) -> None:
        self.count("refused")
        if len(self.refused) < KEPT_MAX:
            self.refused.append(text)


@dataclass(frozen=True, slots=True)
class Line:
    """An event that can be evaluated, and where it was read."""

    where: str
    event: dict[str, Any]
    time_us: int
    source: str
    id: str
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Way:
    """How events are played. `until_us`: later ones are left out."""

    until_us: int | None
    as_arrived: bool
    batch: int


def play(
    engine: Engine,
    machine: Machine,
    sources: Iterable[tuple[Mapper, Iterable[Row]]],
    way: Way,
    progress: Callable[[str], None],
    on_outcome: OnOutcome | None = None,
) -> Report:
    """Evaluate all rows, then let the clock reach `until_us`."""
    report = Report()
    with at_rest():  # lines, and what the engine holds of them, are needed to the end
        lines: Iterable[Line] = _readable(sources, machine, way, report, progress)
        if not way.as_arrived:
            lines = in_order(lines)
        waiting: list[Line] = []
        done = 0
        for line in lines:
            waiting.append(line)
            if len(waiting) == way.batch:
                _evaluate(engine, waiting, report, on_outcome)
                done += len(waiting)
                waiting = []
                progress(f"{done:,} events evaluated")
        _evaluate(engine, waiting, report, on_outcome)
        if way.until_us is not None:
            outcome = engine.advance(way.until_us)
            if on_outcome is not None:
                on_outcome(way.until_us, outcome)
    return report


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By time, source and id; another content under a name that was there before stays behind the first."""
    first: dict[tuple[str, str], Line] = {}
    keyed = []
    for line in lines:
        name = (line.source, line.id)
        before = first.setdefault(name, line)
        keyed.append(((max(line.time_us, before.time_us), *name), line))
    keyed.sort(key=lambda item: item[0])
    return [line for _, line in keyed]


def _readable(
    sources: Iterable[tuple[Mapper, Iterable[Row]]], machine: Machine, way: Way, report: Report, progress: Callable[[str], None]
) -> Iterator[Line]:
    """The rows that are events and not after the end; the others are counted."""
    for mapper, rows in sources:
        for row in rows:
            report.rows += 1
            if report.rows % 1000 == 0:
                progress(f"{report.rows:,} events read")
            if row.error is not None:
                report.refuse(f"{row.where}: {row.error}")
                continue
            try:
                event = mapper.event(row)
                decoded = machine.decode(event, journal=False)
            except (WrongValue, EventError) as error:
                report.refuse(f"{row.where}: {error}")
                continue
            if way.until_us is not None and decoded.time > way.until_us:
                report.after_until += 1
                continue
            report.ignored_fields += decoded.ignored
            yield Line(row.where, event, decoded.time, decoded.source, decoded.id, decoded.digest)


def _evaluate(engine: Engine, lines: list[Line], report: Report, on_outcome: OnOutcome | None) -> None:
    for line, outcome in zip(lines, engine.evaluate_batch([line.event for line in lines]), strict=True):
        if outcome.status == "refused":
            report.refuse(f"{line.where}: {outcome.error}")
            continue
        report.count(outcome.status)
        if on_outcome is not None:
            on_outcome(line.time_us, outcome)
        if outcome.status == "conflict" and len(report.conflicts) < KEPT_MAX:
            report.conflicts.append(f"{line.where}: {outcome.error}")
