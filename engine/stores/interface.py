"""What a store keeps for the engine, and what it promises.

The engine is a deterministic function of its *journal*: the accepted batches and the movements of the clock, in the
order of acceptance.  The journal is what must be durable before an answer is given.  All else is *items*, values
under keys that the engine can compute again from the journal; they are written behind it, in checkpoints.

In: bytes that only the engine understands.  Out: the same bytes.  A store knows no events, rules or times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class StoreError(Exception):
    """The store cannot do what was asked; nothing of it was done. The text says what to do about it."""


class StoreLocked(StoreError):
    """Another process has this store open."""


class StoreFull(StoreError):
    """There is no room for more."""


class StoreReadOnly(StoreError):
    """The store may not be written."""


class StoreCorrupt(StoreError):
    """What is kept does not fit together; the text names the first entry that does not."""


class StoreVersion(StoreError):
    """The store was written by another version of the format."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Items to be written (`None`: removed), by (kind, key), and the journal entry up to which they are true."""

    items: Mapping[tuple[str, str], bytes | None]
    applied: int


class Store(Protocol):
    """One rule set's state. Used by one thread at a time."""

    durable: bool
    """Whether what is written can be come back for. Where not, the engine writes nothing."""

    def open(self, program: str) -> bool:
        """Take possession. `program` is the hash of the rule set; False where the items kept are another's: they can still
        be read, until the first checkpoint replaces them all, and `applied` is 0, for the engine applies the whole journal
        anew. Raises StoreLocked, StoreCorrupt, StoreVersion."""

    def append(self, entry: bytes) -> int:
        """Add an entry to the journal, chained by SHA-256 to the one before; durable on return. Gives its number, from 1."""

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries with numbers above `after`, in order."""

    def verify(self) -> int:
        """Recompute the chain of the whole journal. Gives the number of entries; raises StoreCorrupt at the first that does not fit."""

    def head(self) -> str:
        """The hash of the last entry (hex), which an auditor may note down elsewhere; of no entries: 64 zeros."""

    def applied(self) -> int:
        """The journal entry up to which the items are true (0: none)."""

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The items of a kind under these keys, those that exist."""

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """All items of a kind, in the order of their keys (code points)."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write the items and the journal position, all or nothing."""

    def close(self) -> None:
        """Give possession up. Harmless when repeated."""
