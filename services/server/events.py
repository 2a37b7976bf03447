"""From an event of the wire to one of the engine, where it did not come in plain form (see `engine/machinery/wire.pxi`).

In: `rulelang.v1.Event`.  Out: the dict that the engine decodes, or `EventError`, which names the field. Kinds are kept apart: a Timestamp is
a time and never a text, a Duration never a number, so that the engine refuses what the rule set declares otherwise. What is no value at all
goes to the engine as such: it refuses it where the field is declared, and ignores it where not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.machine import EventError, duration_value, time_value
from proto.rulelang.v1 import event_pb2

_HEAD = frozenset(("id", "source", "type", "time"))


def event_dict(event: event_pb2.Event) -> dict[str, object]:
    """The event as the engine takes it. What is finer than a microsecond is cut off."""
    given: dict[str, object] = {"id": event.id, "source": event.source, "type": event.type}
    when = event.WhichOneof("when")
    if when == "time":
        given["time"] = _time(event.time)
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


def _time(stamp: Any) -> object:
    return time_value(stamp.seconds, stamp.nanos)


def _duration(length: Any) -> object:
    return duration_value(length.seconds, length.nanos)


_READ: dict[str, Callable[[Any], object]] = {"time": _time, "duration": _duration}
