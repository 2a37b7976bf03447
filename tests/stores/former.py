"""A store as the version before kept events: each under its name, with a record of version 1, and of those that were too late only the answers.

In: a store that is open, with blocks of records.  Out: what a checkpoint writes to make it one of that version.
"""

from __future__ import annotations

import json
import struct

from engine.machine import Machine
from engine.names import FOREVER
from engine.program import Program
from engine.stores.interface import Checkpoint, Item, Passing, Store
from engine.texts import canonical
from engine.values import Event

TAGS = {bool: 1, int: 2, float: 3, str: 4}


def text(value: str) -> bytes:
    width = 1 if all(ord(letter) < 256 for letter in value) else 2 if all(ord(letter) < 65_536 for letter in value) else 4
    letters = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[width]
    return struct.pack("<BI", width, len(value)) + value.encode(letters, "surrogatepass")


def record(program: Program, event: Event) -> bytes:
    """A record of version 1, for types that have texts, keys, numbers, integers and booleans."""
    parts = [
        struct.pack("<BBHq", 1, event.rank, event.type, event.time),
        *map(text, (event.source, event.id, event.order_a, event.order_b)),
    ]
    parts.append(struct.pack("<iB", event.ignored, 1) + event.digest)
    for slot, value in enumerate(event.values()[3:], start=3):
        if value is not None:
            parts.append(struct.pack("<HB", slot, TAGS[type(value)]))
            parts.append(text(value) if isinstance(value, str) else struct.pack("<d" if isinstance(value, float) else "<q", value))
    return b"".join(parts)


def as_before(store: Store, program: Program) -> Checkpoint:
    machine = Machine(program)
    items: dict[tuple[str, str], Item] = {}
    for key, block in store.items("events"):
        items["events", key] = None
        for event, accepted in machine.decode_block(block):
            if accepted:
                items["event", canonical([event.source, event.id])] = Passing(record(program, event), FOREVER - 1)
    state = json.loads(store.load("state", ["engine"])["engine"])
    del state["records"]
    items["state", "engine"] = json.dumps(state).encode()
    return Checkpoint(items, store.applied(), store.applied())
