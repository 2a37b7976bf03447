"""The queue between the event loop, where calls come in, and the thread that owns the engine.

In: `Work`, the events of one call or of one message of a stream; and errands, functions that the thread is to run between two groups.
Out: an errand, or a group of works whose events may be put on disk together. Bounded by events: a call is refused past the bound,
a stream waits for room, each in its turn.

A group costs as much as the evaluation of ten events, and its write to disk more. So where calls are small and many, a group is waited for until it has
as many works as the one before, though only for a moment: a caller who is alone is never waited for.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine import Answers
from services.server.errors import QueueFull
from services.server.requests import Sent

Errand = Callable[[], None]
GATHER_S = 0.001
FEW_EVENTS = 64
"""A group of so many is taken as it is."""


@dataclass(slots=True, eq=False)
class Work:
    """`deadline`: by `time.monotonic`; when it has passed before its turn, it is not evaluated. `finish` makes the answer of what became of them
    and the rule set's hash; the thread runs it. `answer` is of the event loop; once cancelled nobody waits for it."""

    events: Sequence[Sent]
    deadline: float
    finish: Callable[[Answers, str], Any]
    answer: asyncio.Future[Any]


class Waiting:
    """First in, first out. `put…` and `forget` belong to the event loop, `take` to the thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, events_max: int, group_events_max: int) -> None:
        self._loop = loop
        self._events_max = events_max
        self._group_events_max = group_events_max
        self._changed = threading.Condition()
        self._works: deque[Work] = deque()
        self._errands: deque[Errand] = deque()
        self._events = 0
        self._outside: deque[tuple[Work, asyncio.Future[None]]] = deque()
        self._wanted = 1  # so many works the thread waits for
        self._last = 1  # so many had the last group

    @property
    def events(self) -> int:
        """How many events are waiting."""
        return self._events

    @property
    def outside(self) -> int:
        """How many works of streams wait for room."""
        return len(self._outside)

    def put(self, work: Work) -> None:
        """Add it, or raise QueueFull: there is no room, or others were here first."""
        with self._changed:
            if self._outside or not self._fits(work):
                raise QueueFull(self._events, self._events_max)
            self._add(work)

    async def put_in_turn(self, work: Work) -> None:
        """Add it as soon as there is room and those who came before are in."""
        turn: asyncio.Future[None] = self._loop.create_future()
        self._outside.append((work, turn))
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # let in at the same moment
                self.forget(work)
            self._let_in()
            raise

    def put_errand(self, errand: Errand) -> None:
        """To be run before any work that is waiting."""
        with self._changed:
            self._errands.append(errand)
            self._changed.notify()

    def forget(self, work: Work) -> None:
        """Nobody waits for it: it gives its room back, if it has not been taken."""
        with self._changed:
            if work in self._works:
                self._works.remove(work)
                self._events -= len(work.events)
        self._let_in()

    def take(self, timeout_s: float) -> Errand | list[Work]:
        """An errand, a group, or after `timeout_s` nothing: an empty group."""
        with self._changed:
            self._wanted = 1
            self._changed.wait_for(self._is_enough, max(0.0, timeout_s))
            if self._works:
                self._wanted = self._last
                self._changed.wait_for(self._is_enough, GATHER_S)
            if self._errands:
                return self._errands.popleft()
            group: list[Work] = []
            events = 0
            while self._works and (not group or events + len(self._works[0].events) <= self._group_events_max):
                group.append(self._works.popleft())
                events += len(group[-1].events)
            self._events -= events
            self._last = len(group)
            somebody_waits = bool(group and self._outside)
        if somebody_waits:  # to wake the loop costs as much as all else here
            self._loop.call_soon_threadsafe(self._let_in)
        return group

    def _let_in(self) -> None:
        with self._changed:
            while self._outside:
                work, turn = self._outside[0]
                if not turn.done():
                    if not self._fits(work):
                        return
                    self._add(work)
                    turn.set_result(None)
                self._outside.popleft()

    def _fits(self, work: Work) -> bool:
        return self._events + len(work.events) <= self._events_max

    def _add(self, work: Work) -> None:
        self._works.append(work)
        self._events += len(work.events)
        if self._is_enough():
            self._changed.notify()

    def _is_enough(self) -> bool:
        return bool(self._errands) or len(self._works) >= self._wanted or self._events >= FEW_EVENTS
