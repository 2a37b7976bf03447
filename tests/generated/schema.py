"""What the generated rules are about: entities, events, calendars, a table; and how coarse their time is.

In: a seeded random generator.  Out: `Schema`, the head of a rule set as text, and what the generators must know of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.generated.writing import Part, joined, part
from tests.reference.clock import Clock, day_of
from tests.reference.texts import day_text

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

ENTITIES = ("city", "unit", "officer", "case", "account")
PARENTS = {"unit": "city", "officer": "unit"}

RECEIVED: dict[str, dict[str, str]] = {
    "placed": {"unit": "unit", "city": "city"},
    "posting": {"officer": "officer", "unit": "unit"},
    "alpha": {"case": "case", "officer": "officer", "x": "mg", "n": "integer", "flag": "boolean", "word": "text"},
    "beta": {"case": "case", "unit": "unit", "y": "mg", "due": "time", "ok": "boolean"},
    "gamma": {"officer": "officer", "unit": "unit", "case": "case", "k": "integer", "wait": "duration", "ends": "time"},
    "login": {"account": "account", "target": "account", "officer": "officer", "said": "text"},
    "swap": {"giver": "officer", "taker": "officer", "account": "account", "z": "number"},
    "quiet": {"v": "number", "mark": "text"},
}
DERIVED: dict[str, dict[str, str]] = {
    "finding": {"rule": "text", "category": "text", "points": "number", "level": "text", **{entity: entity for entity in ENTITIES}},
    "warning": {"ladder": "text", "rule": "text", "level": "text", "points": "number", **{entity: entity for entity in ENTITIES}},
    "event_conflict": {"event": "text", "event_id": "text", **{entity: entity for entity in ENTITIES}},
}
EVENTS = RECEIVED | DERIVED
TYPES = {"mg": 'number "mg"'}

# Zones with days on which the local clock is moved, by an hour, by half of one, at midnight, and by a whole day.
DAYS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "Asia/Shanghai": ((2026, 3, 2), (2026, 3, 30), (2026, 12, 30), (2024, 2, 27)),
    "Europe/Berlin": ((2026, 3, 27), (2026, 10, 23)),
    "America/New_York": ((2026, 3, 6), (2026, 10, 30)),
    "Australia/Lord_Howe": ((2026, 4, 3), (2026, 10, 2)),
    "America/Sao_Paulo": ((2018, 11, 2), (2018, 2, 15)),
    "Pacific/Apia": ((2011, 12, 28),),
    "Asia/Kathmandu": ((2026, 6, 28),),
}
KEPT_STEPS = (4, 6, 12)
"""For so many steps entities retain where they are forgetful."""
GRIDS_US = (15 * MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 10 * DAY_US)


@dataclass(frozen=True, slots=True)
class Schema:
    """`step_us`: events and windows are mostly multiples of it from `start_us`, so that the ends of windows are hit exactly.
    `common`: the event types that rules and histories mostly have; with too many of them nothing would ever hold."""

    zone: str
    clock: Clock
    start_us: int
    step_us: int
    retain_us: dict[str, int]
    common: tuple[str, ...]
    head: Part


def make_schema(rng: Random, *, forgetful: bool = False) -> Schema:
    """A schema: the same entities and events each time, seen through another clock and kept for other times. `forgetful`: for a few steps only."""
    zone = rng.choice((*DAYS, "Asia/Shanghai", "Asia/Shanghai"))
    clock = Clock(zone)
    first_day = day_of(*rng.choice(DAYS[zone]))
    step_us = rng.choice(GRIDS_US)
    kept_us = (
        tuple(steps * step_us for steps in KEPT_STEPS)
        if forgetful
        else (6 * step_us, 12 * step_us, 40 * DAY_US, 400 * DAY_US, 800 * DAY_US)
    )
    retain_us = {entity: rng.choice(kept_us) for entity in ENTITIES}
    common = tuple(rng.sample(list(RECEIVED), k=rng.choice((2, 3, 3, 4))))
    return Schema(zone, clock, clock.start_of_day(first_day), step_us, retain_us, common, _head(rng, zone, first_day, retain_us))


def length(us: int) -> str:
    """A duration as it is written."""
    for unit, unit_us in (("d", DAY_US), ("h", HOUR_US), ("m", MINUTE_US)):
        if us % unit_us == 0:
            return f"{us // unit_us}{unit}"
    return f"{us / 1_000_000:g}s"


def _head(rng: Random, zone: str, day: int, retain_us: dict[str, int]) -> Part:
    lines = [part("line", f'timezone "{zone}"')]
    lines.append(part("line", "calendar duty\n    open mon..fri 09:00..12:00, 13:30..17:30"))
    if rng.random() < 0.5:
        lines.append(part("line", f"    closed {day_text(day + 2)}..{day_text(day + 3)}", optional=True))
        lines.append(part("line", f"    working {day_text(day + 3)} 10:00..11:00", optional=True))
        lines.append(part("line", f"    working {day_text(day + 5)}", optional=True))
    lines.append(part("line", "calendar night\n    open mon..sat 22:00..06:00"))
    lines += [_entity(rng, entity, retain_us[entity]) for entity in ENTITIES]
    lines += [_event(event, fields) for event, fields in RECEIVED.items()]
    lines.append(part("line", 'table least(word: text): number "mg"\n    "a": 1\n    "b": 2'))
    lines.append(part("line", f"table dated(): number\n    1 until {day_text(day + 2)}\n    2 since {day_text(day + 3)}"))
    return joined("head", lines, "\n")


def _entity(rng: Random, entity: str, retain_us: int) -> Part:
    options = []
    if entity in PARENTS:
        sources = {"unit": ("", " from placed"), "officer": ("", " from posting", " from posting, gamma")}[entity]
        options.append(part("option", f" in {PARENTS[entity]}{rng.choice(sources)}", optional=True))
    if entity == "account" or rng.random() < 0.1:
        options.append(part("option", " lookalike", optional=True))
    if retain_us != 400 * DAY_US:
        options.append(part("option", f" retain {length(retain_us)}"))
    return joined("line", [part("word", f"entity {entity}"), *options], "")


def _event(event: str, fields: dict[str, str]) -> Part:
    return part("line", f"event {event}" + "".join(f"\n    {name}: {TYPES.get(kind, kind)}" for name, kind in fields.items()))


def carriers(keys: tuple[tuple[str, str | None], ...]) -> list[str]:
    """The event types that are in the histories of a key."""
    return [event for event in EVENTS if all(key_field(event, *key) for key in keys)]


def key_field(event: str, entity: str, by: str | None) -> str | None:
    """The field by which an event belongs to a history."""
    fields = [name for name, kind in EVENTS[event].items() if kind == entity]
    if by is not None:
        return by if by in fields else None
    return fields[0] if len(fields) == 1 else entity if entity in fields else None
