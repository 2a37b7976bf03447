"""Stores by URL: the one place that knows which there are.

In: a URL.  Out: a store that is not open yet, or `StoreError`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.stores.interface import Store, StoreError
from engine.stores.memory import MemoryStore
from engine.stores.sqlite import SqliteStore


def _memory(rest: str) -> Store:
    if rest:
        raise StoreError(f"the store memory: takes nothing after the colon, but {rest!r} was given")
    return MemoryStore()


SCHEMES: dict[str, Callable[[str], Store]] = {"memory": _memory, "sqlite": SqliteStore}


def make_store(url: str) -> Store:
    """The store that `url` names: `memory:`, `sqlite:PATH`."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        raise StoreError(f"unknown store {url!r}; there are " + ", ".join(f"{name}:" for name in SCHEMES))
    return SCHEMES[scheme](rest)
