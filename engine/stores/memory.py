"""The store `memory:`: everything in this process, gone when it ends. For tests and replays.

It is also the slow obvious twin that the conformance suite holds the others against.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from engine.stores.interface import Checkpoint

START = bytes(32)


class MemoryStore:
    """See `engine.stores.interface.Store`. The journal is not kept: nobody can come back for it."""

    def __init__(self) -> None:
        self._entries = 0
        self._head = START

    def open(self, program: str) -> bool:
        return True

    def append(self, entry: bytes) -> int:
        self._head = hashlib.sha256(self._head + entry).digest()
        self._entries += 1
        return self._entries

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        return iter(())

    def verify(self) -> int:
        return self._entries

    def head(self) -> str:
        return self._head.hex()

    def applied(self) -> int:
        return self._entries

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        return {}

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Nothing to write: the engine's own memory is this store's."""

    def close(self) -> None:
        """Nothing to give up."""
