"""From an event of the wire to one of the engine.

In: `rulelang.v1.Event`.  Out: the dict that the engine decodes, or `EventError`, which names the field. Kinds are kept apart: a Timestamp is
a time and never a text, a Duration never a number, so that the engine refuses what the rule set declares otherwise. What is no value at all
goes to the engine as such: it refuses it where the field is declared, and ignores it where not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.machine import EventError
from proto.rulelang.v1 import event_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = frozenset(("id", "source", "type", "time"))
DURATION_SECONDS_MAX = 315_576_000_000
"""The longest Duration that protobuf has: about 10,000 years."""
EXACT_SECONDS_MAX = 2**33
"""Up to here (272 years) a number of seconds, which is how the journal has durations, holds every microsecond."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """What protobuf can hold but no event: `shown` is how a refusal shows it."""

    shown: str

    def __repr__(self) -> str:
        return self.shown


def event_dict(event: event_pb2.Event) -> dict[str, object]:
    """The event as the engine takes it. What is finer than a microsecond is cut off."""
    given: dict[str, object] = {"id": event.id, "source": event.source, "type": event.type}
    when = event.WhichOneof("when")
    if when == "time":
        given["time"] = _moment(event.time)
    elif when is not None:
        given["time"] = event.time_text
    for name, value in event.fields.items():
        if name in _HEAD:
            raise EventError(name, "stands beside the fields, not among them")
        kind = value.WhichOneof("kind")
        if kind is None:
            continue
        read = _READ.get(kind)
        given[name] = getattr(value, kind) if read is None else read(getattr(value, kind))
    return given


def _moment(stamp: Any) -> datetime | NoValue:
    if not 0 <= stamp.nanos < 1_000_000_000:
        return NoValue(f"a Timestamp of {stamp.nanos} nanos")
    try:
        return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
    except OverflowError:
        return NoValue(f"a Timestamp of {stamp.seconds} seconds")


def _span(length: Any) -> timedelta | NoValue:
    seconds, nanos = length.seconds, length.nanos
    micros = abs(nanos) // 1000
    impossible = abs(seconds) > DURATION_SECONDS_MAX or abs(nanos) >= 1_000_000_000 or seconds * nanos < 0
    if impossible or (micros and abs(seconds) >= EXACT_SECONDS_MAX):
        return NoValue(f"a Duration of {seconds} s and {nanos} ns")
    return timedelta(seconds=seconds, microseconds=-micros if nanos < 0 else micros)


_READ: dict[str, Callable[[Any], object]] = {"time": _moment, "duration": _span}
