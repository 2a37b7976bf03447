"""Histories: few keys, times on a coarse grid and at the edges of days, late, repeated, missing and wrong.

In: a seeded random generator and a schema.  Out: events as JSON, in the order of their time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random

from tests.generated.schema import RECEIVED, Schema

Json = dict[str, object]

# How one key may be written; a key of an entity that is lookalike has more spellings than one of another.
SPELLINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "city": (("C1", "C1 "), ("C2",)),
    "unit": (("U1", "U1", "Ｕ1"), ("U2",), ("U2 U2", "U2\t U2")),
    "officer": (("P1", "P1", "P1 ", "P\u200b1"), ("P2", "P2", "Ｐ2"), ("P3",)),
    "case": (("K1", "K1", " K1"), ("K2", "K2", "Ｋ2")),
    "account": (("paul", "paul ", "Paul", "р\u0430ul"), ("anna", "anna", "AnnA"), ("PauI",)),
}
NUMBERS: tuple[float, ...] = (0, 0, 1, 1, 2, 3, 1.5, 0.1, 0.2, 0.3, -1, -2.5, 1e17, 2**53, 1e300, 5e-324, 2.0**41 + 0.5)
INTEGERS = (0, 0, 1, 1, 2, 3, 4, -1, 2**62, 2**63 - 1, -(2**63))
WORDS = ("a", "b", "ab", "ba", "", "a b", "é", "Z", "\U00020000", "\ufffd")
CENTURY_US = 100 * 365 * 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_history(rng: Random, schema: Schema) -> list[Json]:
    """Events in the order of their time; some are there twice, some with other content."""
    steps = rng.choice((8, 12, 24, 40))
    count = rng.choice((5, 10, 15, 22, 30)) if rng.random() < 0.98 else 90
    types = list(schema.common) * 3 + (rng.sample(list(RECEIVED), k=2) if rng.random() < 0.5 else [])
    missing = rng.choice((0.0, 0.05, 0.3))
    moments = sorted(_moment(rng, schema, steps) for _ in range(count))
    events = [_event(rng, schema, rng.choice(types), f"{rng.choice('abc')}{n}", moment, missing) for n, moment in enumerate(moments)]
    for event in list(events):
        chance = rng.random()
        if chance < 0.08:
            events.append(dict(event))
        elif chance < 0.13:
            events.append(_other_content(rng, schema, event, steps, missing))
        elif chance < 0.16:
            events.append(_wrong(rng, event))
    return events


def _moment(rng: Random, schema: Schema, steps: int) -> int:
    """A multiple of the step, or the edge of a local day; sometimes a microsecond beside it, rarely anywhere."""
    us = schema.start_us + rng.randrange(steps) * schema.step_us
    chance = rng.random()
    if chance < 0.15:
        us = schema.clock.start_of_day(schema.clock.day(us) + 1)
    elif chance < 0.18:
        return schema.start_us + rng.randrange(steps * schema.step_us)
    return us + rng.choice((0, 0, 0, 0, 0, 0, -1, 1))


def written(rng: Random, us: int, schema: Schema) -> str:
    """A time in one of the forms in which it may be sent."""
    moment = _EPOCH + timedelta(microseconds=us)
    chance = rng.random()
    if chance < 0.1:
        return moment.astimezone(timezone(timedelta(hours=rng.choice((-5, 8))))).isoformat()
    if chance < 0.2:
        local = (_EPOCH + timedelta(microseconds=schema.clock.local(us))).replace(tzinfo=None)
        if schema.clock.utc((local.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)) == us:
            return local.isoformat()
    return moment.isoformat().replace("+00:00", "Z")


def _event(rng: Random, schema: Schema, type_: str, id_: str, us: int, missing: float) -> Json:
    event: Json = {"id": id_, "type": type_, "time": written(rng, us, schema)}
    if rng.random() < 0.3:
        event["source"] = rng.choice(("lab", "z", "局"))
    for name, kind in RECEIVED[type_].items():
        if rng.random() < missing:
            if rng.random() < 0.3:
                event[name] = None
            continue
        event[name] = _value(rng, schema, kind, us)
    if rng.random() < 0.05:
        event["undeclared"] = 1
    return event


def _value(rng: Random, schema: Schema, kind: str, us: int) -> object:
    if kind in SPELLINGS:
        if rng.random() < 0.03:
            return rng.choice(("", "\u200b", " "))
        spellings = SPELLINGS[kind]
        return rng.choice(spellings[0] if rng.random() < 0.6 else rng.choice(spellings))
    if kind in ("mg", "number"):
        return rng.choice(NUMBERS[: 10 if rng.random() < 0.8 else len(NUMBERS)])
    if kind == "integer":
        return rng.choice(INTEGERS[: 8 if rng.random() < 0.9 else len(INTEGERS)])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "time":
        return written(rng, us + rng.choice((0, 1, 2, 3, -1)) * schema.step_us, schema)
    if kind == "duration":
        return rng.choice((0, 1, 2, 3, -1, 0.5)) * schema.step_us / 1_000_000
    return rng.choice(WORDS[: 5 if rng.random() < 0.8 else len(WORDS)])


def _other_content(rng: Random, schema: Schema, event: Json, steps: int, missing: float) -> Json:
    """The same name, another content: of the same type, or at another time, or something else altogether."""
    type_ = str(event["type"]) if rng.random() < 0.7 else rng.choice(list(RECEIVED))
    other = _event(rng, schema, type_, str(event["id"]), _moment(rng, schema, steps), missing)
    other.pop("source", None)
    if "source" in event:
        other["source"] = event["source"]
    return other


def _wrong(rng: Random, event: Json) -> Json:
    """An event that is refused."""
    wrong = {**event, "id": f"w{event['id']}"}
    return wrong | rng.choice(
        ({"type": "finding"}, {"type": "nothing"}, {"time": "yesterday"}, {"id": ""}, {"id": "a0#0123456789ab"}, {"source": "rulelang"})
    )
