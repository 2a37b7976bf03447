"""A changed rule set made ready beside the one at work: its windows are filled from the journal, while calls are answered by the old one.

In: the rule set, the journal from its first entry on.  Out: an engine that has applied nearly all of it, for the engine's thread to put to work;
and for whoever asks, how far it has come.

On a store of one process the journal is read through the engine's thread, some entries at a time. On a shared store it is read over a connection of its
own, and where another replica has made the same rule set ready before, from what that one saved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

from engine import Engine
from engine.stores.interface import StoreAway, StoreForked
from engine.stores.memory import MemoryStore
from services.logs import logger
from services.server.engine_thread import EngineThread, RuleSet

T = TypeVar("T")

CLOSE_ENTRIES = 20
"""So few entries are left for the engine's thread to apply, while calls wait."""
ROUNDS_MAX = 10
"""So often is what came in meanwhile read too, before the rest is left to the engine's thread, however much it is."""
AGAIN_S = 1.0
"""After so long it is tried again where a shared store is away."""
TELL_S = 10.0
"""So often the log says how far it is."""


@dataclass(frozen=True, slots=True)
class Warming:
    """A rule set on its way: `entries` of `entries_max` entries of the journal have been applied (or the items of another replica are being read: none)."""

    rules: RuleSet
    began_s: float
    entries: int
    entries_max: int


class Abandoned(Exception):
    """The service ends; the rule set is not put to work."""


class Backfill:
    """One rule set made ready, once. `run` is called on a thread of its own."""

    def __init__(self, rules: RuleSet, at_work: EngineThread) -> None:
        self._rules = rules
        self._at_work = at_work
        self._make_store = at_work.make_store
        self._make_engine = at_work.make_engine
        self._stopping = threading.Event()
        self.warming = Warming(rules, time.time(), 0, at_work.applied)

    def abandon(self) -> None:
        """Harmless when repeated; `run` raises Abandoned soon."""
        self._stopping.set()

    def run(self) -> None:
        """Returns when the rule set is at work. Raises Abandoned, StoreError, and what a program raises that cannot be run."""
        shared = self._make_store().shared
        while True:
            try:
                if self._taken_from_items() if shared else False:
                    return
                engine = self._filled(shared)
                self._insist(self._at_work.save)  # so that the store is there, and little is left to be saved
                if self._at_work.activate(self._rules, engine):
                    return
                logger().info("another replica has made the rule set ready", rule_set=self._rules.declared.hash)
            except (StoreForked, StoreAway) as error:
                if not shared:
                    raise
                logger().warning("back-filling begins anew", rule_set=self._rules.declared.hash, error=str(error))
                self._pause()

    # ------------------------------------------------------------------ from what another replica saved

    def _taken_from_items(self) -> bool:
        """False: no other replica has saved items of this rule set."""
        if not self._insist(self._saved):
            return False
        store = self._make_store()

        def opened() -> Engine:
            store.close()  # it was opened in part, perhaps, when it went away
            return self._make_engine(self._rules, store)

        try:
            engine = self._insist(opened)
            self._insist(lambda: self._at_work.take(self._rules, engine, store))
        except BaseException:
            store.close()
            raise
        return True

    def _saved(self) -> int:
        with closing(self._make_store()) as store:
            store.open(self._rules.declared.hash)
            return store.saved()

    # ------------------------------------------------------------------ from the journal

    def _filled(self, shared: bool) -> Engine:
        engine = self._make_engine(self._rules, MemoryStore(durable=True))
        self.warming = replace(self.warming, entries=0, entries_max=self._at_work.applied)
        logger().info("back-filling", rule_set=self._rules.declared.hash, entries=0, entries_max=self.warming.entries_max)
        began = time.monotonic()
        if shared:
            with closing(self._make_store()) as store:
                self._insist(lambda: store.open(self._rules.declared.hash))
                self._read_until_close(engine, store.journal)
        else:
            self._read_until_close(engine, self._at_work.page)
        took_s = round(time.monotonic() - began, 3)
        logger().info("back-filled", rule_set=self._rules.declared.hash, entries=engine.applied, took_s=took_s)
        return engine

    def _read_until_close(self, engine: Engine, journal: Callable[[int], Iterable[tuple[int, bytes]]]) -> None:
        tell_at = time.monotonic() + TELL_S
        for _ in range(ROUNDS_MAX):
            goal = self._at_work.applied
            while engine.applied < goal:
                for numbered in self._some(engine.applied, goal, journal):
                    if self._stopping.is_set():
                        raise Abandoned
                    engine.backfill([numbered])
                    self.warming = replace(self.warming, entries=engine.applied, entries_max=max(goal, engine.applied))
                    if time.monotonic() >= tell_at:
                        tell_at = time.monotonic() + TELL_S
                        logger().info(
                            "back-filling", rule_set=self._rules.declared.hash, entries=engine.applied, entries_max=self.warming.entries_max
                        )
            if self._at_work.applied - engine.applied <= CLOSE_ENTRIES:
                return

    def _some(self, after: int, goal: int, journal: Callable[[int], Iterable[tuple[int, bytes]]]) -> Iterator[tuple[int, bytes]]:
        """Entries after this one, up to about `goal`; fewer where a shared store goes away meanwhile. Raises StoreForked where there are none."""
        found = False
        try:
            for numbered in journal(after):
                found = True
                yield numbered
                if numbered[0] >= goal:
                    return
        except StoreAway:
            self._pause()
            return
        if not found:
            raise StoreForked(f"the journal ends with entry {after}, but had {goal}")

    # ------------------------------------------------------------------ patience

    def _insist(self, work: Callable[[], T]) -> T:
        """Do it again until the store is not away."""
        while True:
            try:
                return work()
            except StoreAway:
                self._pause()

    def _pause(self) -> None:
        if self._stopping.wait(AGAIN_S):
            raise Abandoned
