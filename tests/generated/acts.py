"""What is done to an engine, step by step, as plain data.

In: a seeded random generator, a schema, a history.  Out: acts that can be played, printed, and left out one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from tests.generated.histories import Json
from tests.generated.schema import DAY_US, KEPT_STEPS, Schema
from tests.reference.clock import EPOCH, EPOCH_UTC, US


@dataclass(frozen=True, slots=True)
class Send:
    """One call of `evaluate_batch`."""

    events: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    """The clock is moved."""

    to_us: int


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall clock shows this from now on (only where it is the engine's clock)."""

    us: int


@dataclass(frozen=True, slots=True)
class Save:
    """A checkpoint."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """The engine is closed and made again on its store."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The engine is left as it is; another goes on with a copy of the files."""


@dataclass(frozen=True, slots=True)
class OtherRules:
    """The engine is closed; an engine of another rule set works on the store for a while; then the first one again.

    `like`: the other rule set is nearly the same (its points are other ones); else it has little to do with this one.
    """

    events: tuple[Json, ...]
    like: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """What stands is held against the reference."""


Act = Send | Advance | Wall | Save | Reopen | Crash | OtherRules | Compare


@dataclass(frozen=True, slots=True)
class Play:
    """`system`: the wall clock is the engine's."""

    acts: tuple[Act, ...]
    store: str
    system: bool = False


def in_order(rng: Random, schema: Schema, history: Sequence[Json]) -> Play:
    """One event after the other as they happened, in memory; then, mostly, the clock goes on."""
    acts: list[Act] = [*(Send((event,)) for event in history), Compare()]
    if rng.random() < 0.7:
        acts += [Advance(_wall(rng, schema) + rng.choice((0, 20, 60)) * schema.step_us), Compare()]
    return Play(tuple(acts), "memory")


def make_play(rng: Random, schema: Schema, history: Sequence[Json]) -> Play:
    """The events in another order, in batches, some twice, with what may happen to an engine in between."""
    events = list(history)
    order = rng.random()
    if order < 0.45:
        rng.shuffle(events)
    elif order < 0.75:  # a few are late
        for _ in range(rng.choice((1, 2, 3))):
            if events:
                events.append(events.pop(rng.randrange(len(events))))
    if rng.random() < 0.4:
        events += rng.choices(events, k=min(len(events), 5))
    system = rng.random() < 0.2
    store = rng.choice(("memory", "memory", "sqlite", "durable"))
    size = rng.choice((1, 1, 3, 7, len(events)))
    acts: list[Act] = []
    latest_us = schema.start_us
    if system:
        acts.append(Wall(_wall(rng, schema)))
    for start in range(0, len(events), size):
        acts.append(Send(tuple(events[start : start + size])))
        for _ in range(2):
            acts += _between(rng, schema, events, store, system)
    acts.append(Compare())
    if rng.random() < 0.3:
        latest_us += 60 * schema.step_us
        acts += [Wall(latest_us)] if system else []
        acts += [Advance(latest_us), Compare()]
    return Play(tuple(acts), store, system)


def make_far_play(rng: Random, schema: Schema, histories: Sequence[Sequence[Json]], store: str) -> Play:
    """Histories that lie far apart, under the wall clock: the first are out of what is retained many times over when the last come. The clock follows
    the events; of these some are late, some too late, and some come again."""
    acts: list[Act] = []
    wall_us = schema.start_us
    again: list[Json] = []
    for history in histories:
        # As late as an event may be, so that what comes last sees what is dropped next.
        lateness = rng.choice(((0,), (0, 0, 2), (0, *KEPT_STEPS), KEPT_STEPS))
        arriving = [(_time(schema, event) + max(rng.choice(lateness) * schema.step_us - 1, 0), event) for event in history]
        arriving += [(rng.choice(arriving)[0], event) for event in again if arriving]
        arriving.sort(key=lambda one: one[0])
        again = [event for _, event in arriving if rng.random() < 0.15]
        size = rng.choice((1, 1, 3, 7))
        for at in range(0, len(arriving), size):
            batch = arriving[at : at + size]
            wall_us = max(wall_us, batch[-1][0] if rng.random() < 0.9 else batch[0][0])
            acts += [Wall(wall_us), Send(tuple(event for _, event in batch))]
            acts += _between_far(rng, schema, wall_us, store)
        if rng.random() < 0.4:
            acts.append(Compare())
    return Play((*acts, Compare()), store, True)


def _between_far(rng: Random, schema: Schema, wall_us: int, store: str) -> list[Act]:
    chance = rng.random()
    if chance < 0.1:
        return [Advance(wall_us + rng.choice((0, 1, 3)) * schema.step_us)]
    if chance < 0.3 and store != "memory":
        return [rng.choice((Save(), Reopen(), Crash()))]
    return [Compare()] if chance < 0.33 else []


def _time(schema: Schema, event: Json) -> int:
    """The time of an event; of one that is refused, nearly any."""
    try:
        moment = datetime.fromisoformat(str(event["time"]))
    except ValueError:
        return schema.start_us
    return schema.clock.utc((moment - EPOCH) // US) if moment.tzinfo is None else (moment - EPOCH_UTC) // US


def _between(rng: Random, schema: Schema, events: list[Json], store: str, system: bool) -> list[Act]:
    chance = rng.random()
    if chance < 0.06:
        return [Advance(_wall(rng, schema))]
    if chance < 0.15:
        return [Compare()]
    if system and chance < 0.35:
        return [Wall(_wall(rng, schema))]
    if store == "memory" or chance < 0.7:
        return []
    if chance < 0.78:
        return [Save()]
    if chance < 0.86:
        return [Reopen()]
    if chance < 0.95:
        return [Crash()]
    if chance < 0.98 and not system:
        return [OtherRules(tuple(rng.choices(events, k=rng.choice((0, 1, 2)))), rng.random() < 0.5)]
    return []


def _wall(rng: Random, schema: Schema) -> int:
    """A moment of the clock: mostly within the history, sometimes long after."""
    us = schema.start_us + rng.randrange(-2, 44) * schema.step_us + rng.choice((0, 0, -1, 1))
    return us + (30 * DAY_US if rng.random() < 0.1 else 0)
