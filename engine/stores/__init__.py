"""Stores by URL: the one place that knows which there are.

In: a URL.  Out: a store that is not open yet, or `StoreError`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.stores import redis_url
from engine.stores.interface import Store, StoreError
from engine.stores.memory import MemoryStore
from engine.stores.reading import ReadingStore
from engine.stores.sqlite import SqliteStore


def _memory(rest: str) -> Store:
    if rest:
        raise StoreError(f"the store memory: takes nothing after the colon, but {rest!r} was given")
    return MemoryStore()


def _redis(scheme: str, rest: str, *, reading: bool = False) -> Store:
    from engine.stores.redis import RedisStore  # its client takes a while to import, and most commands need none

    return RedisStore(scheme, rest, reading=reading)


SCHEMES: dict[str, Callable[..., Store]] = {
    "memory": _memory,
    "sqlite": SqliteStore,
    **{scheme: partial(_redis, scheme) for scheme in redis_url.SCHEMES},
}


def make_store(url: str) -> Store:
    """The store that `url` names: `memory:`, `sqlite:PATH`, `redis://HOST:PORT` and its kin."""
    make, rest = _named(url)
    return make(rest)


def reading_store(url: str) -> Store:
    """The same for an engine that changes nothing of it, also beside services at work on Redis."""
    make, rest = _named(url)
    if url.partition(":")[0] in redis_url.SCHEMES:
        make = partial(make, reading=True)
    return ReadingStore(make(rest))


def _named(url: str) -> tuple[Callable[..., Store], str]:
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        shown = f"{scheme}:" if "@" in url else url  # what stands before @ may be a password
        raise StoreError(f"unknown store {shown!r}; there are " + ", ".join(f"{name}:" for name in SCHEMES))
    return SCHEMES[scheme], rest
