"""The service in this process, on a clock that the demonstration moves: a day of it need not take a day.

In: the rules, where they stand, a store, a clock.  Out: the address at which it serves, until the block ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime

from engine.engine import moment_us
from services import settings
from services.server.engine_thread import RuleSet
from services.server.service import Service

TICK_S = "60"
"""The clock moves with what is sent, so that what comes of it stands in an answer, where it can be shown."""
SECRET = b"everybody knows the secret of the demonstration"
"""Under which spot checks are drawn here; a service has one of its own, which it keeps."""


class DayClock:
    """Stands still until it is moved. Read by the engine's thread, moved by the one that sends."""

    def __init__(self, start: datetime) -> None:
        self._now_us = moment_us(start)

    def __call__(self) -> int:
        return self._now_us

    def reach(self, moment: datetime) -> None:
        self._now_us = max(self._now_us, moment_us(moment))


@contextmanager
def serving(rules: RuleSet, paths: list[str], store: str, clock: DayClock, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """Serve, by default on any free port of this machine. What the service raises is raised here."""
    chosen = settings.load(None, {"RULELANG_CLOCK_TICK_S": TICK_S, "RULELANG_SECRET": SECRET.decode()}, store=store, listen=listen)
    address: Future[str] = Future()
    stop: Future[object] = Future()
    ended: Future[int] = Future()

    async def serve() -> int:
        service = Service(chosen, paths, rules, clock)
        loop = asyncio.get_running_loop()
        stop.add_done_callback(lambda _: loop.call_soon_threadsafe(service.stop))
        return await service.run(address.set_result)

    def work() -> None:
        try:
            ended.set_result(asyncio.run(serve()))
        except BaseException as error:
            ended.set_exception(error)
            if not address.done():
                address.set_exception(error)

    thread = threading.Thread(target=work, name="service")
    thread.start()
    try:
        yield address.result()
    finally:
        stop.set_result(None)
        thread.join()
    ended.result()
