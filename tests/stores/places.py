"""Where a store of each scheme can be kept during a test, and come back to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.stores import SCHEMES, make_store
from engine.stores.interface import Store
from engine.stores.memory import MemoryStore

Place = Callable[[], Store]
"""Gives a store that is not open. Each call is a new process's view of the same place."""


def _memory(folder: Path) -> Place:
    kept = MemoryStore(durable=True)
    return lambda: kept


def _sqlite(folder: Path) -> Place:
    return lambda: make_store(f"sqlite:{folder / 'store.db'}")


PLACES: dict[str, Callable[[Path], Place]] = {"memory": _memory, "sqlite": _sqlite}


def place(scheme: str, folder: Path) -> Place:
    """A new place for a store of this scheme, in the folder if it needs one."""
    assert scheme in PLACES, f"add a place for {scheme}: to tests/stores/places.py, so that the conformance suite runs through it"
    return PLACES[scheme](folder)


SCHEME_NAMES = sorted(SCHEMES)
