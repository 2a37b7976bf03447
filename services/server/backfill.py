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
from engine.recovery import saved_entry
from engine.stores.interface import Store, StoreAway, StoreForked
from engine.stores.memory import MemoryStore
from services.logs import logger
from services.server.engine_thread import EngineThread, RuleSet

T = TypeVar("T")
Journal = Callable[[int], Iterable[tuple[int, bytes]]]
"""Gives entries after one."""

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
        self._tell_at = 0.0
        self.warming = Warming(rules, time.time(), 0, at_work.applied)

    def abandon(self) -> None:
        """Harmless when repeated; `run` raises Abandoned soon."""
        self._stopping.set()

    def run(self) -> None:
        """Returns when the rule set is at work. Raises Abandoned, StoreError, and what a program raises that cannot be run."""
        shared = self._make_store().shared
        while True:
            try:
                if not shared:
                    self._at_work.activate(self._rules, self._filled(self._at_work.page, lambda: self._at_work.applied))
                    return
                if self._taken_from_items() or self._taken_from_journal():
                    return
                logger().info("another replica has made the rule set ready", rule_set=self._rules.declared.hash)
            except (StoreForked, StoreAway) as error:
                if not shared:
                    raise
                logger().warning("back-filling begins anew", rule_set=self._rules.declared.hash, error=str(error))
                self._pause()

    # ------------------------------------------------------------------ from the journal

    def _taken_from_journal(self) -> bool:
        """False: another replica was faster. The rest is applied and all is saved while the other rule set answers, so that calls do not wait for it."""
        with closing(self._make_store()) as reader:
            self._insist(lambda: reader.open(self._rules.declared.hash))
            engine = self._filled(reader.journal, lambda: self._insist(self._kept))
        store = self._make_store()
        try:
            activated = engine.activate(store)
            if activated:
                self._take(engine, store)
            else:
                store.close()
        except BaseException:
            store.close()
            raise
        return activated

    def _kept(self) -> int:
        """The entry up to which what was found is saved, by whichever rule set: no further may be applied before it is taken over."""
        self._at_work.save()
        with closing(self._make_store()) as store:
            store.open(self._rules.declared.hash)
            return saved_entry(store.load("state", ["engine"]).get("engine"))

    def _filled(self, journal: Journal, goal: Callable[[], int]) -> Engine:
        """An engine that has applied the journal up to about the goal, which goes on meanwhile."""
        engine = self._make_engine(self._rules, MemoryStore(durable=True))
        self.warming = replace(self.warming, entries=0, entries_max=self._at_work.applied)
        began = self._tell_at = time.monotonic()
        self._tell(engine)
        for _ in range(ROUNDS_MAX):
            end = goal()
            while engine.applied < end:
                for numbered in self._some(engine.applied, end, journal):
                    if self._stopping.is_set():
                        raise Abandoned
                    engine.backfill([numbered])
                    self._tell(engine)
            if goal() - engine.applied <= CLOSE_ENTRIES:
                break
        took_s = round(time.monotonic() - began, 3)
        logger().info("back-filled", rule_set=self._rules.declared.hash, entries=engine.applied, took_s=took_s)
        return engine

    def _tell(self, engine: Engine) -> None:
        """How far it is: to whoever asks, and now and then in the log."""
        self.warming = replace(self.warming, entries=engine.applied, entries_max=max(self._at_work.applied, engine.applied))
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_S
            warming = self.warming
            logger().info("back-filling", rule_set=self._rules.declared.hash, entries=warming.entries, entries_max=warming.entries_max)

    def _some(self, after: int, goal: int, journal: Journal) -> Iterator[tuple[int, bytes]]:
        """Entries after this one, up to the goal; fewer where a shared store goes away meanwhile. Raises StoreForked where there are none."""
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
            self._take(engine, store)
        except BaseException:
            store.close()
            raise
        return True

    def _saved(self) -> int:
        with closing(self._make_store()) as store:
            store.open(self._rules.declared.hash)
            return store.saved()

    # ------------------------------------------------------------------ the change-over

    def _take(self, engine: Engine, store: Store) -> None:
        """What came in while all was saved, or read, is applied here, too, so that calls wait for little."""
        for _ in range(ROUNDS_MAX):
            last = self._at_work.applied
            self._insist(lambda last=last: engine.follow(last))  # type: ignore[misc]
            self._tell(engine)
            if self._stopping.is_set():
                raise Abandoned
            if self._at_work.applied - engine.applied <= CLOSE_ENTRIES:
                break
        self._insist(lambda: self._at_work.take(self._rules, engine, store))

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
