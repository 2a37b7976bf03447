"""Python's cycle collector in a process that is the service's own.

In: when the engine was opened or given up, and how many events it has evaluated.  Out: what is garbage goes, and the collector does not walk
through what the engine holds again and again, which took half of the time of its thread, and a pause that grew with the history.

What the engine holds is needed for as long as it lives, and grows with every event. So whatever is there after some thousand events is put
aside (`gc.freeze`): the collector only looks at what was made since. Cycles that become garbage later, which the engine makes none of, stay until
the engine is opened anew, as by a reload.
"""

from __future__ import annotations

import gc

SETTLE_EVENTS = 10_000
THRESHOLDS = (50_000, 50, 1_000)
"""New objects before the youngest are looked at, and how often before those that are older are: calls leave few cycles."""


class Collecting:
    """Belongs to the engine's thread. `in_charge`: False where the process is not the service's own, and nothing is changed."""

    def __init__(self, in_charge: bool) -> None:
        self._in_charge = in_charge
        self._events = 0
        if in_charge:
            gc.set_threshold(*THRESHOLDS)

    def opened(self) -> None:
        """An engine holds what its store has kept."""
        self._settle()

    def abandoned(self) -> None:
        """What was put aside may be garbage now; it goes when the next engine is open."""
        if self._in_charge:
            gc.unfreeze()

    def evaluated(self, events: int) -> None:
        self._events += events
        if self._events >= SETTLE_EVENTS:
            self._settle()

    def _settle(self) -> None:
        self._events = 0
        if self._in_charge:
            gc.collect()
            gc.freeze()
