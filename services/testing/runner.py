"""Runs one test of the language: as it is written, then in other orders of arrival and with everything sent twice.

In: a program and a test.  Out: a `Result` with what failed. Findings depend on what happened, not on how it was reported:
at each question, whatever has arrived by then must give the same findings, warnings and levels in every order.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from zlib import crc32

from engine import Engine
from engine.program import Program
from rulelang import model
from rulelang.syntax import Span
from services.testing.expectations import Json, View, failure, told
from services.testing.story import Arrival, Expectation, Question, Tick, acts

SECRET = b"the draw of spot checks in tests"
ALL_ORDERS_UP_TO = 3
"""So many events are tried in every order; more of them in some."""
SHUFFLES = 6


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, at which step, in words."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    test: model.Test
    failures: tuple[Failure, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Moment:
    """A question, with everything that has arrived by then and the clock."""

    question: Question
    arrived: tuple[Arrival, ...]
    now_us: int | None


Watch = Callable[[Engine], Callable[..., None]]


def run_test(program: Program, test: model.Test, watch: Callable[..., None] | None = None) -> Result:
    """Run a test. `watch` is the engine's `on_looked`, for the run in the order written."""
    start = time.perf_counter()
    failures = _as_written(program, test, watch)
    if not failures:
        failures = _in_other_orders(program, test)
    return Result(test, tuple(failures), time.perf_counter() - start)


def play(program: Program, test: model.Test, watch: Callable[..., None]) -> None:
    """Play a test's events in the order written, and ask nothing. `watch` is the engine's `on_looked`."""
    engine = Engine(program, store="memory:", secret=SECRET, on_looked=watch)
    for act in acts(test):
        match act:
            case Arrival():
                engine.evaluate(act.event)
            case Tick():
                engine.advance(act.time_us)


def _as_written(program: Program, test: model.Test, watch: Callable[..., None] | None) -> list[Failure]:
    engine = Engine(program, store="memory:", secret=SECRET, on_looked=watch)
    expected = [step for step in test.steps if isinstance(step, model.ExpectFinding) and not step.absent and not step.withdrawn]
    failures = []
    for act in acts(test):
        match act:
            case Arrival():
                outcome = engine.evaluate(act.event)
                if outcome.status == "refused":
                    failures.append(Failure(act.step.span, f"the event is refused: {outcome.error}"))
            case Tick():
                engine.advance(act.time_us)
            case Question():
                failures += _wrong(act.expectations, view_of(engine), expected)
    return failures


def _wrong(expectations: Sequence[Expectation], view: View, expected: Sequence[model.ExpectFinding]) -> Iterator[Failure]:
    for expectation in expectations:
        message = failure(expectation, view, expected)
        if message is not None:
            yield Failure(expectation.span, message)


def view_of(engine: Engine) -> View:
    withdrawn = [shown for shown in engine.history() if shown["status"] == "withdrawn"]
    return View(engine.standing(), withdrawn, engine.level)


# ------------------------------------------------------------------ other orders


def _in_other_orders(program: Program, test: model.Test) -> list[Failure]:
    for moment in _moments(test):
        usual = _outcome(program, moment, moment.arrived, clock_first=False)
        for name, arrivals, clock_first in _orders(test, moment.arrived):
            other = _outcome(program, moment, arrivals, clock_first)
            if other != usual:
                order = "" if name != "in the order " else ", ".join(str(a.event["id"]) for a in arrivals)
                span = moment.question.expectations[0].span
                return [Failure(span, f"the outcome changes when the events arrive {name}{order}:{_difference(usual, other)}")]
    return []


def _moments(test: model.Test) -> Iterator[_Moment]:
    arrived: list[Arrival] = []
    now_us: int | None = None
    for act in acts(test):
        if isinstance(act, Question):
            yield _Moment(act, tuple(arrived), now_us)
            continue
        now_us = act.time_us if now_us is None else max(now_us, act.time_us)
        if isinstance(act, Arrival):
            arrived.append(act)


def _orders(test: model.Test, arrived: tuple[Arrival, ...]) -> Iterator[tuple[str, Sequence[Arrival], bool]]:
    """Orders of arrival: their names, the events, and whether the clock is there before them."""
    yield "twice each", [a for arrival in arrived for a in (arrival, arrival)], False
    yield "twice, all of them again at the end", [*arrived, *arrived], False
    yield "only when all of their time has passed", arrived, True
    chance = random.Random(crc32(test.name.encode()))
    for order in _shuffles(arrived, chance):
        yield "in the order ", _keep_conflicts(order, arrived), False
    last = _keep_conflicts(chance.sample(arrived, len(arrived)), arrived)
    yield "in the order ", [a for arrival in last for a in (arrival, arrival)], True


def _shuffles(arrived: tuple[Arrival, ...], chance: random.Random) -> Iterator[Sequence[Arrival]]:
    if len(arrived) <= ALL_ORDERS_UP_TO:
        yield from islice(permutations(arrived), 1, None)
        return
    yield arrived[::-1]
    for _ in range(SHUFFLES):
        yield chance.sample(arrived, len(arrived))


def _keep_conflicts(order: Sequence[Arrival], arrived: tuple[Arrival, ...]) -> list[Arrival]:
    """Of several contents under one name the first is kept, as arrival decides: so their order among themselves stays."""
    by_name: dict[tuple[object, object], list[Arrival]] = {}
    for arrival in arrived:
        by_name.setdefault(arrival.name, []).append(arrival)
    places = {name: iter(arrivals) for name, arrivals in by_name.items()}
    return [next(places[arrival.name]) for arrival in order]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is compared: lines of what stands, and the levels that the test asks for."""

    standing: tuple[str, ...]
    levels: tuple[str, ...]


def _outcome(program: Program, moment: _Moment, arrivals: Sequence[Arrival], clock_first: bool) -> _Outcome:
    engine = Engine(program, store="memory:", secret=SECRET)
    if clock_first and moment.now_us is not None:
        engine.advance(moment.now_us)
    for arrival in arrivals:
        engine.evaluate(arrival.event)
    if moment.now_us is not None:
        engine.advance(moment.now_us)
    asked = [e for e in moment.question.expectations if isinstance(e, model.ExpectLevel)]
    return _Outcome(
        tuple(json.dumps(shown, ensure_ascii=False) for shown in engine.standing()),
        tuple(f"{e.entity} {e.key}: {json.dumps(engine.level(e.entity, e.key), ensure_ascii=False)}" for e in asked),
    )


def _difference(usual: _Outcome, other: _Outcome) -> str:
    """What only one of the two outcomes has."""
    lines = []
    for mark, mine, theirs in (("only as written:", usual, other), ("only so:", other, usual)):
        lines += [f"{mark} {_told(line)}" for line in mine.standing if line not in theirs.standing]
        lines += [f"{mark} {line}" for line in mine.levels if line not in theirs.levels]
    return "".join(f"\n    {line}" for line in lines)


def _told(line: str) -> str:
    shown: Json = json.loads(line)
    return f"{told(shown)} {shown.get('events', '')}"
