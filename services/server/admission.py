"""Who is let in: how many calls and streams at a time, and none once the service is to stop.

In: a call or a stream that begins.  Out: it is counted until it ends, or `CallError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from services.server.errors import CallError, Stopping, TooManyCalls, TooManyStreams, TooManyWatchers


class _Kind:
    """What is counted together. `full`: the refusal where the bound is met."""

    def __init__(self, bound: int, full: Callable[[int], CallError]) -> None:
        self.bound = bound
        self.full = full
        self.inside = 0


class Admission:
    """Belongs to the event loop. `stopping` is set once nobody new is let in."""

    def __init__(self, calls_max: int, streams_max: int, watchers_max: int) -> None:
        self._calls = _Kind(calls_max, TooManyCalls)
        self._streams = _Kind(streams_max, TooManyStreams)
        self._watchers = _Kind(watchers_max, TooManyWatchers)
        self.stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def call(self) -> AbstractContextManager[None]:
        return self._let_in(self._calls)

    def stream(self) -> AbstractContextManager[None]:
        return self._let_in(self._streams)

    def watcher(self) -> AbstractContextManager[None]:
        return self._let_in(self._watchers)

    @property
    def watchers(self) -> int:
        """How many streams of Watch are open."""
        return self._watchers.inside

    async def emptied(self, timeout_s: float) -> bool:
        """Wait until all that were let in have ended; False: some have not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    @contextmanager
    def _let_in(self, kind: _Kind) -> Iterator[None]:
        if self.stopping.is_set():
            raise Stopping
        if kind.inside >= kind.bound:
            raise kind.full(kind.bound)
        kind.inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            kind.inside -= 1
            if not (self._calls.inside or self._streams.inside or self._watchers.inside):
                self._empty.set()
