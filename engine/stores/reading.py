"""A store that is only read: for reports beside a service, which must change nothing.

In: any store.  Out: the same store for an engine that adds nothing to it. It holds what the given rule set found, or it is not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.stores.interface import Checkpoint, Store, StoreError, StoreReadOnly, nothing


class ReadingStore:
    """See `engine.stores.interface.Store`. What an engine works out beyond the last checkpoint stays with it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.durable = store.durable
        self.shared = store.shared

    def open(self, program: str) -> bool:
        if not self._store.open(program):
            self._store.close()
            raise StoreError(
                f"{self._store.about().get('store', 'the store')}: what it holds was found by another rule set; name the rules that the service has"
            )
        return True

    def append(self, entry: bytes, after: int | None = None, meanwhile: Callable[[], object] = nothing) -> int:
        raise StoreReadOnly("the store is only read, and takes no events and no clock")

    def confirm(self) -> None:
        self._store.confirm()

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        return self._store.journal(after)

    def verify(self) -> int:
        return self._store.verify()

    def head(self) -> str:
        return self._store.head()

    def applied(self) -> int:
        return self._store.applied()

    def saved(self) -> int:
        return self._store.saved()

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        return self._store.load(kind, keys)

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        return self._store.items(kind)

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        return True

    def aside(self, name: str) -> bytes | None:
        return self._store.aside(name)

    def set_aside(self, name: str, value: bytes, before: bytes | None) -> bool:
        raise StoreReadOnly("the store is only read, and nothing is set aside")

    def about(self) -> Mapping[str, str | int | bool]:
        return self._store.about()

    def close(self) -> None:
        self._store.close()
