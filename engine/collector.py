"""Python's cycle collector, at rest while much is read that is kept.

In: nothing.  Out: a stretch of code in which it does not run.
The plan of a program and what a store keeps are millions of new objects, none of which is garbage: looking for some among them takes longer than
all else together.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Threads may rest at once: whoever found it running lets it go on."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
