"""What a store keeps for the engine, and what it promises.

The engine is a deterministic function of its *journal*: the accepted batches and the movements of the clock, in the
order of acceptance.  The journal is what must be durable before an answer is given.  All else is *items*, values
under keys that the engine can compute again from the journal; they are written behind it, in checkpoints.  Beside both stand
*asides*, small values under names that are no function of the journal: how far others have been told of what it led to.

A *shared* store serves several engines at a time, which are replicas of each other: each applies the whole journal, whoever wrote it. An entry
is added only after the last one that its writer has applied; else the writer is told what others have written (`StoreBehind`).

In: bytes that only the engine understands.  Out: the same bytes.  A store knows no events, rules or times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class StoreError(Exception):
    """The store cannot do what was asked; nothing of it was done. The text says what to do about it."""


class StoreAway(StoreError):
    """The store does not answer, or not as it must: whether it did what was asked is not known. Asking again does no harm: to a shared store,
    or to one that was opened anew."""


class StoreForked(StoreError):
    """What a shared store holds does not go on from what was read from it before: a copy was put back, or its last entries were lost in a crash or
    a failover. Open it anew, and go on from what it holds."""


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


class StoreBehind(Exception):
    """Others have added entries, and nothing was written: apply these, and try again. There may be more."""

    def __init__(self, entries: Sequence[tuple[int, bytes]]) -> None:
        super().__init__(f"{len(entries)} entries of others come first")
        self.entries = entries


class Passing(NamedTuple):
    """An item that is of no use to anyone once a checkpoint says that everything up to its moment is `forgotten`."""

    value: bytes
    until: int


Item = bytes | Passing | None
"""`None`: to be removed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Items to be written, by (kind, key), the journal entry up to which they are true, and the one since which they are all that changed.

    `forgotten`: the moment up to which passing items are of no use any more. A store may give them up whenever it suits it, at once or never: whoever
    reads it takes them for gone."""

    items: Mapping[tuple[str, str], Item]
    applied: int
    since: int = 0
    forgotten: int | None = None


def nothing() -> None:
    """What is done where nothing is to be done."""


class Store(Protocol):
    """One rule set's state. Used by one thread at a time."""

    durable: bool
    """Whether what is written can be come back for. Where not, the engine writes nothing."""
    shared: bool
    """Whether several engines may have it open at a time. Then its items are read while opening only, before anything is applied or written:
    afterwards they may be of a later moment than the reader."""

    def open(self, program: str) -> bool:
        """Take possession. `program` is the hash of the rule set; False where the items kept are another's: they can still
        be read, until the first checkpoint replaces them all, and `applied` is 0, for the engine applies the whole journal
        anew. Raises StoreLocked, StoreCorrupt, StoreVersion."""

    def append(self, entry: bytes, after: int | None = None, meanwhile: Callable[[], object] = nothing) -> int:
        """Add an entry to the journal, chained by SHA-256 to the one before; durable on return. Gives its number, from 1.

        `meanwhile`: what its writer has to do anyway, whatever becomes of the entry. It is called at least once before this returns, and while the
        entry is under way if that takes time; what it raises is raised, and then it is not known what became of the entry.
        `after`: only directly after this entry (None: after whatever is the last). Raises StoreBehind, StoreForked where it is not the last;
        a store that is not shared has no other writers and need not look at it."""

    def confirm(self) -> None:
        """Return when all entries that this store has given or taken are as durable as those that it has added itself: before something is
        acknowledged that another engine wrote. After StoreBehind, where there is nothing left to add."""

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries with numbers above `after`, in order."""

    def verify(self) -> int:
        """Recompute the chain of the whole journal. Gives the number of entries; raises StoreCorrupt at the first that does not fit."""

    def head(self) -> str:
        """The hash of the last entry (hex), which an auditor may note down elsewhere; of no entries: 64 zeros."""

    def applied(self) -> int:
        """The journal entry up to which the items are true (0: none)."""

    def saved(self) -> int:
        """The journal entry up to which the items of this rule set are true by now, whoever wrote them (0: none)."""

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """The items of a kind under these keys, those that exist."""

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """All items of a kind, in the order of their keys (code points)."""

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Write the items and the journal position, all or nothing. False: not now, for another engine has written items that are true up to a
        later entry, or the items that are there do not reach up to `since`; hand these over again with the next ones. Or, where the store was opened
        on the items of another rule set: another engine has replaced them already; open it anew.
        True also where there was no use in writing: the items are another rule set's by now, and a part does not replace them."""

    def aside(self, name: str) -> bytes | None:
        """What was set aside under this name; it belongs to no rule set. None: nothing."""

    def set_aside(self, name: str, value: bytes, before: bytes | None) -> bool:
        """Set a value aside, not empty, where what is there is still `before`; durable on return. False: it is not, and nothing was done. Repeating
        it does no harm where no value is ever set twice."""

    def about(self) -> Mapping[str, str | int | bool]:
        """What whoever runs the service should know of the opened store: where it is, and how far it keeps what it is given. No secrets."""

    def close(self) -> None:
        """Give possession up. Harmless when repeated."""
