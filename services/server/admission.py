"""Who is let in: how many calls and streams at a time, and none once the service is to stop.

In: a call or a stream that begins.  Out: it is counted until it ends, or `CallError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from services.server.errors import CallError, Stopping, TooManyCalls, TooManyStreams, TooManyWatchers


class _Kind:
    """What is counted together; a block (`with`) of it is one that is let in. `full`: the refusal where the bound is met."""

    def __init__(self, admission: Admission, bound: int, full: Callable[[int], CallError]) -> None:
        self._admission = admission
        self._bound = bound
        self._full = full
        self.inside = 0

    def __enter__(self) -> None:
        if self._admission.stopping.is_set():
            raise Stopping
        if self.inside >= self._bound:
            raise self._full(self._bound)
        self.inside += 1
        self._admission.entered()

    def __exit__(self, *_: object) -> None:
        self.inside -= 1
        self._admission.left()


class Admission:
    """Belongs to the event loop. `stopping` is set once nobody new is let in."""

    def __init__(self, calls_max: int, streams_max: int, watchers_max: int) -> None:
        self._calls = _Kind(self, calls_max, TooManyCalls)
        self._streams = _Kind(self, streams_max, TooManyStreams)
        self._watchers = _Kind(self, watchers_max, TooManyWatchers)
        self.stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._inside = 0

    def call(self) -> AbstractContextManager[None]:
        return self._calls

    def stream(self) -> AbstractContextManager[None]:
        return self._streams

    def watcher(self) -> AbstractContextManager[None]:
        return self._watchers

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

    def entered(self) -> None:
        self._inside += 1
        if self._inside == 1:
            self._empty.clear()

    def left(self) -> None:
        self._inside -= 1
        if self._inside == 0:
            self._empty.set()
