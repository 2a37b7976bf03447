"""Who is let in: how many calls and streams at a time, and none once the service is to stop.

In: a call or a stream that begins.  Out: it is counted until it ends, or `CallError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.server.errors import Stopping, TooManyCalls, TooManyStreams, TooManyWatchers


class Admission:
    """Belongs to the event loop. `stopping` is set once nobody new is let in."""

    def __init__(self, calls_max: int, streams_max: int, watchers_max: int) -> None:
        self._calls_max = calls_max
        self._streams_max = streams_max
        self._watchers_max = watchers_max
        self._calls = 0
        self._streams = 0
        self.watchers = 0
        self.stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def call(self) -> Iterator[None]:
        self._check_open()
        if self._calls >= self._calls_max:
            raise TooManyCalls(self._calls_max)
        self._calls += 1
        try:
            yield from self._inside()
        finally:
            self._calls -= 1
            self._left()

    @contextmanager
    def stream(self) -> Iterator[None]:
        self._check_open()
        if self._streams >= self._streams_max:
            raise TooManyStreams(self._streams_max)
        self._streams += 1
        try:
            yield from self._inside()
        finally:
            self._streams -= 1
            self._left()

    @contextmanager
    def watcher(self) -> Iterator[None]:
        self._check_open()
        if self.watchers >= self._watchers_max:
            raise TooManyWatchers(self._watchers_max)
        self.watchers += 1
        try:
            yield from self._inside()
        finally:
            self.watchers -= 1
            self._left()

    async def emptied(self, timeout_s: float) -> bool:
        """Wait until all that were let in have ended; False: some have not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def _check_open(self) -> None:
        if self.stopping.is_set():
            raise Stopping

    def _inside(self) -> Iterator[None]:
        self._empty.clear()
        yield

    def _left(self) -> None:
        if not self._calls and not self._streams and not self.watchers:
            self._empty.set()
