"""Events: what an object of JSON says, by the schema of its type.

In: events as they arrive.  Out: `Event`, in the order of the language; conflicts as events of their own.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from rulelang import model
from rulelang.model import Kind
from tests.reference import keys
from tests.reference.clock import EPOCH, EPOCH_UTC, US, Clock

ACTS = ("warning_step", "warning_overdue")
"""What became of warnings: made by a service, and given as they are in tests and replays."""

Value = bool | int | float | str | None
Json = Mapping[str, object]
INTEGERS = range(-(2**63), 2**63)


class Refused(ValueError):
    """The event is not accepted; the message names the field."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """`values`: what is present, keys normalised, `time`, `source` and `id` among it; `spellings`: keys as they were sent.

    `place` breaks ties of time: received events by source and id, derived ones after them by kind, rule or ladder, key.
    """

    type: str
    time: int
    source: str
    id: str
    values: Mapping[str, Value]
    spellings: Mapping[str, str]
    place: tuple[int, str, str]

    @property
    def order(self) -> tuple[int, int, str, str]:
        """'By `time`, then source, then id (code points). Never by arrival.'"""
        return (self.time, *self.place)


def derived(type_: str, time_us: int, id_: str, name: str, key: object, values: Mapping[str, Value]) -> Event:
    """'Derived events come after received ones of their time, by kind, rule or ladder, key.'"""
    said = {field: value for field, value in values.items() if value is not None}
    spellings = {field: value for field, value in said.items() if isinstance(value, str)}
    common: dict[str, Value] = {"time": time_us, "source": "rulelang", "id": id_}
    keys = key if isinstance(key, list) else [key or ""]
    place = (1, f"{type_}\0{name}", "\0".join([*keys, id_]))  # keys have no control characters
    return Event(type_, time_us, "rulelang", id_, {**said, **common}, spellings, place)


@dataclass(slots=True)
class Arrivals:
    """What was accepted, and which contents were refused because their names were taken."""

    accepted: list[Event] = field(default_factory=list)
    contents: dict[tuple[str, str], object] = field(default_factory=dict)
    conflicts: set[object] = field(default_factory=set)
    statuses: list[str] = field(default_factory=list)


class Decoder:
    """Reads events of one rule set. `mark`: the short hash by which a conflicting content is told apart."""

    def __init__(self, ruleset: model.RuleSet, clock: Clock, mark: Callable[[Json], str] | None = None) -> None:
        self.types = {event.name: event for event in ruleset.events}
        self.entities = {entity.name: entity for entity in ruleset.entities}
        self.clock = clock
        self.mark = mark or content_hash

    def arrive(self, given: Iterable[Json]) -> Arrivals:
        """All events, in the order of their arrival."""
        arrivals = Arrivals()
        for event in given:
            arrivals.statuses.append(self._arrive(event, arrivals))
        return arrivals

    def _arrive(self, given: Json, arrivals: Arrivals) -> str:
        """'`(source, id)` names an event. The same name with the same content again is a duplicate. With other content it is a conflict.'"""
        try:
            event = self.decode(given)
        except Refused:
            return "refused"
        name, content = (event.source, event.id), content_of(event)
        if name not in arrivals.contents:
            arrivals.contents[name] = content
            arrivals.accepted.append(event)
            return "accepted"
        if arrivals.contents[name] == content:
            return "duplicate"
        if (name, content) not in arrivals.conflicts:
            arrivals.conflicts.add((name, content))
            arrivals.accepted.append(self.conflict(event, self.mark(given)))
        return "conflict"

    def conflict(self, refused: Event, mark: str) -> Event:
        """'Recorded, and itself visible to rules as the event `event_conflict` (time, source and keys of the refused one; …).'"""
        values: dict[str, Value] = {"event": refused.type, "event_id": refused.id}
        spellings = {}
        for entity in self.entities:
            carrying = self.types[refused.type].key_field(model.ScopeKey(entity, None))
            if carrying is not None and refused.values.get(carrying.name) is not None:
                values[entity] = refused.values[carrying.name]
                spellings[entity] = str(values[entity])
        id_ = f"{refused.id}#{mark}"
        values |= {"time": refused.time, "source": refused.source, "id": id_}
        return Event("event_conflict", refused.time, refused.source, id_, values, spellings, (0, refused.source, id_))

    def decode(self, given: Json) -> Event:
        """'Missing and `null` are the same. A field the schema does not declare is ignored.'"""
        declared = self.types.get(_text(given, "type"))
        if declared is None or (declared.derived and declared.name not in ACTS):
            raise Refused("type: unknown")
        id_, source = _text(given, "id"), _text({"source": "", **{k: v for k, v in given.items() if v is not None}}, "source")
        if not id_ or (source == "rulelang" and not declared.derived) or re.search(r"#[0-9a-f]{12}\Z", id_):
            raise Refused("id or source")
        time_us = self._time("time", given.get("time"))
        values: dict[str, Value] = {}
        spellings: dict[str, str] = {}
        for one in declared.fields:
            raw = given.get(one.name)
            if raw is None:
                continue
            value = self._value(one, raw)
            if one.type.kind is Kind.KEY:
                spellings[one.name] = str(raw)
            if value is not None:
                values[one.name] = value
        values |= {"time": time_us, "source": source, "id": id_}
        return Event(declared.name, time_us, source, id_, values, spellings, (0, source, id_))

    def _value(self, field: model.Field, raw: object) -> Value:
        """The value of one field. 'A value of the wrong type: the event is refused with a message that names the field.'"""
        match field.type.kind:
            case Kind.TEXT if isinstance(raw, str):
                return _valid(field.name, raw)
            case Kind.KEY if isinstance(raw, str):
                assert field.type.entity is not None
                return keys.key(self.entities[field.type.entity], _valid(field.name, raw))
            case Kind.BOOLEAN if isinstance(raw, bool):
                return raw
            case Kind.NUMBER if _is_number(raw):
                return _number(field.name, raw)
            case Kind.INTEGER if _is_number(raw) and _number(field.name, raw).is_integer():
                return _fitting(field.name, int(raw))  # type: ignore[call-overload]  # a number, as was just seen
            case Kind.DURATION if isinstance(raw, timedelta):
                return raw // US
            case Kind.DURATION if _is_number(raw):
                number = _number(field.name, raw)
                exact = int(raw) * 1_000_000 if number.is_integer() else half_away(Fraction(number * 1e6))
                return _fitting(field.name, exact)
            case Kind.TIME:
                return self._time(field.name, raw)
        raise Refused(field.name)

    def _time(self, name: str, raw: object) -> int:
        """'A time without offset is in the rule set's zone.'"""
        if isinstance(raw, str) and len(raw) > len("2026-03-02"):
            try:
                raw = datetime.fromisoformat(raw)
            except ValueError:
                raise Refused(name) from None
        if not isinstance(raw, datetime):
            raise Refused(name)
        if raw.tzinfo is None:
            return self.clock.utc((raw - EPOCH) // US)
        return (raw.astimezone(UTC) - EPOCH_UTC) // US


def content_of(event: Event) -> object:
    """'Content (type, time, declared fields as decoded, raw spelling of keys)'; a number by its value and kind."""
    said = {**event.values, **event.spellings}
    return event.type, event.time, tuple(sorted((name, type(value).__name__, repr(value)) for name, value in said.items()))


def content_hash(given: Json) -> str:
    """A short hash of a content, where nobody else's is asked for."""
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()[:12]


def half_away(exact: Fraction) -> int:
    """The nearest whole number, half away from zero."""
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def _text(given: Json, name: str) -> str:
    raw = given.get(name)
    if not isinstance(raw, str):
        raise Refused(name)
    return _valid(name, raw)


def _valid(name: str, text: str) -> str:
    """Half of a pair of UTF-16 is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(name) from None
    return text


def _is_number(raw: object) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _number(name: str, raw: object) -> float:
    """A finite number. 'Infinity and not-a-number are refused in events.'"""
    assert isinstance(raw, int | float)
    try:
        number = float(raw)
    except OverflowError:
        raise Refused(name) from None
    if not math.isfinite(number):
        raise Refused(name)
    return number + 0.0  # there is one zero


def _fitting(name: str, value: int) -> int:
    if value not in INTEGERS:
        raise Refused(name)
    return value
