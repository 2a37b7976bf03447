"""Python's cycle collector, at rest while a rule set is read.

In: nothing.  Out: a stretch of code in which it does not run.
Reading ten thousand rules makes millions of nodes, all of them still needed and none in a cycle; the collector would walk through them again and
again, which takes as long as reading them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_resting = 0
_was_enabled = False


@contextmanager
def at_rest() -> Iterator[None]:
    """Several threads may rest at once; the last one that ends lets the collector go on, if it was running before."""
    global _resting, _was_enabled
    with _lock:
        if _resting == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _resting += 1
    try:
        yield
    finally:
        with _lock:
            _resting -= 1
            if _resting == 0 and _was_enabled:
                gc.enable()
