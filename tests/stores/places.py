"""Where a store of each scheme can be kept during a test, and come back to: for the schemes of Redis, on each server binary that is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from engine.stores import SCHEMES, make_store, redis_url
from engine.stores.interface import Store
from engine.stores.memory import MemoryStore
from tests.redis import servers

Place = Callable[[], Store]
"""Gives a store that is not open. Each call is a new process's view of the same place."""


def _memory(folder: Path) -> Place:
    kept = MemoryStore(durable=True)
    return lambda: kept


def _sqlite(folder: Path) -> Place:
    return lambda: make_store(f"sqlite:{folder / 'store.db'}")


def _redis(binary: Path, scheme: str, folder: Path) -> Place:
    url = servers.new_state(binary, scheme)
    if scheme.startswith("rediss"):
        url += f"&ca={servers.certificates()}/ca.pem"
    return lambda: make_store(url)


PLACES: dict[str, Callable[[Path], Place]] = {"memory": _memory, "sqlite": _sqlite}
for _scheme in redis_url.SCHEMES:
    for _name, _binary in servers.binaries().items():
        if servers.knows_tls(_binary) or not _scheme.startswith("rediss"):
            PLACES[f"{_scheme} on {_name}"] = partial(_redis, _binary, _scheme)

PLACE_NAMES = list(PLACES)


def place(name: str, folder: Path) -> Place:
    """A new place, in the folder if it needs one."""
    return PLACES[name](folder)


def schemes_without_a_place() -> set[str]:
    """Must be empty, so that the conformance suite runs through every store there is."""
    tls = {scheme for scheme in SCHEMES if scheme.startswith("rediss")}
    here = {scheme for scheme in SCHEMES if not any(name.split(" ")[0] == scheme for name in PLACES)}
    return here - tls if not any(map(servers.knows_tls, servers.binaries().values())) else here
