"""Copies of a store in one file, made now and then while the service runs.

In: ticks of the engine's thread.  Out: a file that holds what the store held at one moment; the log says when, or why not.
"""

from __future__ import annotations

import time
from pathlib import Path

from engine.stores.interface import Store, StoreError
from engine.stores.sqlite import SqliteStore
from services.logs import logger


class Copies:
    """Belongs to the engine's thread. `file` None: none are made."""

    def __init__(self, file: Path | None, every_s: float) -> None:
        self._file = file
        self._every_s = every_s
        self._began = 0.0
        self._next = 0.0

    def tick(self, store: Store) -> None:
        """Begin a copy when it is time, or look after the one that is on its way. What goes wrong with it is no fault of the store."""
        if self._file is None or not isinstance(store, SqliteStore):
            return
        now = time.monotonic()
        try:
            if store.copying:
                if store.copied():
                    logger().info("store copied", file=str(self._file), took_s=round(now - self._began, 3))
            elif now >= self._next:
                self._began, self._next = now, now + self._every_s
                store.begin_copy(self._file)
        except StoreError as error:
            logger().error("the store could not be copied", error=str(error))
