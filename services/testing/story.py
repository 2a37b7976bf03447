"""A test as what arrives when: events, movements of the clock, and what is expected in between.

In: `model.Test`.  Out: acts in the order of arrival. A step marked `late` arrives after the steps that follow it in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.texts import time_text
from rulelang import model

Expectation = model.ExpectFinding | model.ExpectLevel | model.ExpectNone


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as an upstream system would send it. `line` is its step's place."""

    event: dict[str, object]
    time_us: int
    step: model.EventStep

    @property
    def name(self) -> tuple[object, object]:
        return self.event.get("source"), self.event.get("id")


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock reaches a time."""

    time_us: int


@dataclass(frozen=True, slots=True)
class Question:
    """Expectations that stand together: what must be true once everything before has arrived."""

    expectations: tuple[Expectation, ...]


Act = Arrival | Tick | Question


def acts(test: model.Test) -> Iterator[Act]:
    """What happens, in the order of arrival; expectations that follow one another are one question."""
    expectations: list[Expectation] = []
    for act in _one_by_one(test.steps):
        if isinstance(act, Arrival | Tick):
            if expectations:
                yield Question(tuple(expectations))
                expectations = []
            yield act
        else:
            expectations.append(act)
    if expectations:
        yield Question(tuple(expectations))


def _one_by_one(steps: tuple[model.Step, ...]) -> Iterator[Arrival | Tick | Expectation]:
    """Steps where they stand; a late one after the last of those that come later in time."""
    waiting: dict[int, list[Arrival]] = {}
    for place, step in enumerate(steps):
        match step:
            case model.EventStep():
                arrival = _arrival(step)
                after = _last_that_follows(steps, place, arrival.time_us) if step.late else place
                if after == place:
                    yield arrival
                else:
                    waiting.setdefault(after, []).append(arrival)
            case model.ClockStep():
                yield Tick(step.time_us)
            case _:
                yield step
        yield from waiting.pop(place, [])


def _arrival(step: model.EventStep) -> Arrival:
    time_us = step.event["time"]
    assert isinstance(time_us, int)
    return Arrival({**step.event, "time": time_text(time_us)}, time_us, step)


def _last_that_follows(steps: tuple[model.Step, ...], place: int, time_us: int) -> int:
    """The last place at which time goes beyond `time_us`, steps that are late themselves left out; `place` where there is none."""
    last = place
    for other in range(place + 1, len(steps)):
        step = steps[other]
        if isinstance(step, model.ClockStep):
            moment: object = step.time_us
        elif isinstance(step, model.EventStep) and not step.late:
            moment = step.event["time"]
        else:
            continue
        if isinstance(moment, int) and moment > time_us:
            last = other
    return last
