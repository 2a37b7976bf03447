"""The store `memory:`: everything in this process, gone when it ends. For tests and replays.

It is also the slow obvious twin that the conformance suite holds the others against: that is what `durable` is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.stores.interface import Checkpoint, Passing, StoreCorrupt, nothing

START = bytes(32)


class MemoryStore:
    """See `engine.stores.interface.Store`. With `durable` it keeps what is written, for whoever opens the same object again."""

    shared = False

    def __init__(self, durable: bool = False) -> None:
        self.durable = durable
        self._entries: list[tuple[bytes, bytes]] = []
        self._items: dict[tuple[str, str], bytes] = {}
        self._passing: dict[tuple[str, str], int] = {}
        self._program: str | None = None
        self._items_of: str | None = None
        self._applied = 0
        self._asides: dict[str, bytes] = {}

    def open(self, program: str) -> bool:
        self._program = program
        return self._items_of in (None, program)

    def append(self, entry: bytes, after: int | None = None, meanwhile: Callable[[], object] = nothing) -> int:
        meanwhile()
        before = self._entries[-1][0] if self._entries else START
        self._entries.append((hashlib.sha256(before + entry).digest(), entry))
        return len(self._entries)

    def confirm(self) -> None:
        """All is as durable as it will be."""

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        for number, (_, entry) in enumerate(self._entries[after:], start=after + 1):
            yield number, entry

    def verify(self) -> int:
        before = START
        for number, (digest, entry) in enumerate(self._entries, start=1):
            if hashlib.sha256(before + entry).digest() != digest:
                raise StoreCorrupt(f"journal entry {number} does not fit the one before it")
            before = digest
        return len(self._entries)

    def head(self) -> str:
        return (self._entries[-1][0] if self._entries else START).hex()

    def applied(self) -> int:
        return self._applied if self._items_of in (None, self._program) else 0

    def saved(self) -> int:
        return self.applied()

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: self._items[kind, key] for key in keys if (kind, key) in self._items}

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        return iter([(key, value) for (of, key), value in sorted(self._items.items()) if of == kind])

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        if self._items_of != self._program:
            self._items.clear()
            self._passing.clear()
            self._items_of = self._program
        for name, item in checkpoint.items.items():
            self._passing.pop(name, None)
            if item is None:
                self._items.pop(name, None)
            elif isinstance(item, Passing):
                self._items[name], self._passing[name] = item
            else:
                self._items[name] = item
        if checkpoint.forgotten is not None:
            for name in [name for name, until in self._passing.items() if until <= checkpoint.forgotten]:
                del self._items[name], self._passing[name]
        self._applied = checkpoint.applied
        return True

    def aside(self, name: str) -> bytes | None:
        return self._asides.get(name)

    def set_aside(self, name: str, value: bytes, before: bytes | None) -> bool:
        if self._asides.get(name) != before:
            return False
        self._asides[name] = value
        return True

    def about(self) -> Mapping[str, str | int | bool]:
        return {"store": "memory:", "durable": False}

    def close(self) -> None:
        """Nothing to give up."""
