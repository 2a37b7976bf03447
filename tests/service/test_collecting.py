"""What the engine holds is put aside from the cycle collector, and comes back when the engine is given up; garbage goes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from services.server.collecting import SETTLE_EVENTS, THRESHOLDS, Collecting


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_after_enough_events_is_put_aside_and_garbage_is_not() -> None:
    gc.unfreeze()
    collecting = Collecting(in_charge=True)
    assert gc.get_threshold() == THRESHOLDS
    garbage = weakref.ref(Cycle())
    collecting.evaluated(SETTLE_EVENTS - 1)
    assert gc.get_freeze_count() == 0
    collecting.evaluated(1)
    assert gc.get_freeze_count() > 0
    assert garbage() is None


def test_what_was_put_aside_goes_when_the_next_engine_is_open() -> None:
    collecting = Collecting(in_charge=True)
    held = Cycle()
    watched = weakref.ref(held)
    collecting.opened()
    del held
    gc.collect()
    assert watched() is not None  # it is put aside
    collecting.abandoned()
    collecting.opened()
    assert watched() is None


def test_a_process_that_is_not_the_service_s_own_is_left_as_it_is() -> None:
    gc.unfreeze()
    thresholds = gc.get_threshold()
    collecting = Collecting(in_charge=False)
    collecting.opened()
    collecting.evaluated(SETTLE_EVENTS)
    collecting.abandoned()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == thresholds
