"""The deadlines of calls, with one timer for all of them: to set one for each call, and take it back, costs more than the rest of its admission.

In: what a task does, and by when it must have ended.  Out: it is cut off then, and `DeadlinePassed`.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from services.server.errors import DeadlinePassed


class Deadlines:
    """Belongs to the event loop, whose clock is `time.monotonic`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._open: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def by(self, moment: float) -> Deadline:
        """A block of a task (`with`) that must have ended by this moment."""
        return Deadline(self, moment)

    def _opened(self, deadline: Deadline) -> None:
        self._open.add(deadline)
        if self._timer is None or deadline.moment < self._timer.when():
            self._look_at(deadline.moment)

    def _closed(self, deadline: Deadline) -> None:
        self._open.discard(deadline)

    def _look_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        """Cut off those whose time is up; look again when the next one's is, of those that are open now."""
        self._timer = None
        now = self._loop.time()
        for deadline in [deadline for deadline in self._open if deadline.moment <= now]:
            deadline.cut_off()
        if self._open:
            self._look_at(min(deadline.moment for deadline in self._open))


class Deadline:
    """One block of one task; see `Deadlines.by`. Raises DeadlinePassed out of the block."""

    __slots__ = ("_cancelling", "_deadlines", "_passed", "_task", "moment")

    def __init__(self, deadlines: Deadlines, moment: float) -> None:
        self._deadlines = deadlines
        self._passed = False
        self.moment = moment

    def cut_off(self) -> None:
        self._deadlines._closed(self)
        self._passed = True
        self._task.cancel()

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "only a task can be cut off"
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines._opened(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._deadlines._closed(self)
        # As `asyncio.timeout` does: who else cancelled the task meanwhile, goes before.
        if self._passed and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise DeadlinePassed from error
