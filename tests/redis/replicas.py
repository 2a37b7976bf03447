"""Engines that are replicas of each other, on one store; and what must hold of them in the end.

In: a store's URL.  Out: assertions: nothing acknowledged is lost, nothing is effective twice, all say the same as one engine that got the events in the order
of the journal.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from engine import Engine, Outcome
from engine.limits import Limits
from engine.stores import make_store
from engine.stores.interface import StoreAway, StoreError, StoreForked
from tests.redis.servers import PATIENCE_S

T = TypeVar("T")
Json = dict[str, Any]
LIMITS = Limits(unsaved_events_max=24)
"""Checkpoints are frequent, so that they meet everything else."""


class Replica:
    """An engine as a service runs it: opened anew where its store says that this is needed, and when it was killed."""

    def __init__(self, program: bytes, url: str) -> None:
        self.program, self.url = program, url
        self.engine: Engine | None = None

    def at_work(self) -> Engine:
        if self.engine is None:
            self.engine = Engine(self.program, store=self.url, limits=LIMITS)
        return self.engine

    def kill(self) -> None:
        """What it had in memory is gone, what is behind the journal was not written."""
        if self.engine is not None:
            self.engine._store.close()
            self.engine = None

    def stop(self) -> None:
        if self.engine is not None:
            with contextlib.suppress(StoreError):
                self.engine.close()
            self.kill()

    def send(self, batch: Sequence[Json]) -> list[Outcome] | None:
        """None: not acknowledged."""
        try:
            return self.at_work().evaluate_batch(batch)
        except StoreAway:
            return None
        except StoreForked:
            self.kill()
            return None


def journal_of(url: str) -> list[Json]:
    store = make_store(url)
    with contextlib.closing(store):
        store.open("a reader")
        return [json.loads(entry) for _, entry in store.journal()]


def check(program: bytes, url: str, replicas: Sequence[Replica], acknowledged: Sequence[Json]) -> list[Json]:
    """What must hold when all is well again. Gives what stands."""
    entries = when_it_can(lambda: journal_of(url))
    contents: dict[tuple[str, str], Json] = {}
    written: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for event in entry.get("events", ()):
            contents.setdefault((event["source"], event["id"]), event)
        # Another content under the same name is put there each time it is sent: it is refused again.
        written.update({name for event in entry.get("events", ()) if contents[name := (event["source"], event["id"])] == event})
    twice = [name for name, times in written.items() if times > 1]
    assert not twice, f"in two entries of the journal: {twice}"
    lost = [event for event in acknowledged if (event["source"], event["id"]) not in contents]
    assert not lost, f"acknowledged, but lost: {lost}"
    twin = Engine(program)
    for entry in entries:
        if "advance" in entry:
            twin.advance(entry["advance"])
        else:
            twin.evaluate_batch(entry["events"])
    end = (twin.now or 0) + 86_400_000_000
    twin.advance(end)
    for replica in replicas:
        when_it_can(lambda replica=replica: replica.at_work().advance(end))  # type: ignore[misc]
        assert replica.at_work().standing() == twin.standing()
        assert replica.at_work().history() == twin.history()
    return twin.standing()


def patiently(send: Callable[[], list[Outcome] | None]) -> tuple[list[Outcome], float]:
    """Send again until it is acknowledged, as upstream systems do. Gives the outcomes and how long it took, seconds."""
    started = time.monotonic()
    while True:
        outcomes = send()
        if outcomes is not None:
            return outcomes, time.monotonic() - started
        assert time.monotonic() - started < PATIENCE_S, f"not acknowledged within {PATIENCE_S:g} s"


def when_it_can(work: Callable[[], T]) -> T:
    """Do it again until the store is not away."""
    started = time.monotonic()
    while True:
        try:
            return work()
        except StoreAway:
            if time.monotonic() - started > PATIENCE_S:
                raise
