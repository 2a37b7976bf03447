"""Entries of the journal as bytes.

In: what was accepted.  Out: an entry; and from an entry, what was accepted. JSON and another form are told apart by the first byte:

    {"now": …, "events": […]}      JSON, where all events were given as objects; `now` is the service's clock, null where events are the clock
    {"advance": …}                 JSON: the clock reached a moment
    {"now": …, "command": …}       JSON: a step of a warning; `move` is what it led to, `dossier` the warning without its lines
    2 · now i64 · (n u32 · event)… where events came over the wire; `now` is -2^63 where events are the clock

All numbers are little-endian. An event is what `Event.payload` has: JSON of an object, which begins with `{`, or the bytes of a message
`rulelang.v1.Event` as they came, which never do.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

from engine.machine import are_objects, cut_events, join_events
from engine.stores.interface import StoreVersion
from engine.texts import canonical_bytes

WIRE = 2
"""The form that has events of the wire."""
_NO_CLOCK = -(2**63)
_HEAD = struct.Struct("<Bq")
_OBJECT = b"{"[0]


def events_entry(events: list[bytes], now: int | None) -> bytes:
    """The entry of accepted events."""
    if are_objects(events):
        return b'{"now":' + (b"null" if now is None else str(now).encode()) + b',"events":[' + b",".join(events) + b"]}"
    return join_events(_HEAD.pack(WIRE, _NO_CLOCK if now is None else now), events)


def advance_entry(moment: int) -> bytes:
    """The entry of a movement of the clock."""
    return canonical_bytes({"advance": moment})


def command_entry(now: int, command: dict[str, Any], move: Sequence[str], dossier: dict[str, Any]) -> bytes:
    """The entry of a step that was accepted."""
    return canonical_bytes({"now": now, "command": command, "move": list(move), "dossier": dossier})


def read_entry(entry: bytes) -> dict[str, Any]:
    """`advance`; or `now` and `command`, `move`, `dossier`; or `now` and `events`: each an object, or bytes as they came over the wire.

    Raises StoreVersion."""
    if entry[:1] == b"{":
        read: dict[str, Any] = json.loads(entry)
        return read
    if entry[:1] != bytes((WIRE,)):
        raise StoreVersion(f"an entry of the journal has the form {entry[:1].hex() or 'of nothing'}, which this program does not read")
    _, now = _HEAD.unpack_from(entry)
    events = [json.loads(event) if event[0] == _OBJECT else event for event in cut_events(entry, _HEAD.size)]
    return {"now": None if now == _NO_CLOCK else now, "events": events}
