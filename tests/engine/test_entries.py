"""Entries of the journal: what was accepted comes back as it was, in whichever form it was given."""

from __future__ import annotations

import json

import pytest

from engine.entries import WIRE, advance_entry, events_entry, read_entry
from engine.stores.interface import StoreVersion

OBJECT = {"id": "e1", "type": "停车"}
AS_JSON = json.dumps(OBJECT, ensure_ascii=False).encode()
FROM_THE_WIRE = b"\n\x02e2\x1a\x04stop"


@pytest.mark.parametrize("now", [None, 0, -(2**62), 1_767_225_600_000_000])
def test_events_come_back_in_their_order_with_the_clock(now: int | None) -> None:
    for events, expected in (
        ([AS_JSON], [OBJECT]),
        ([FROM_THE_WIRE], [FROM_THE_WIRE]),
        ([AS_JSON, FROM_THE_WIRE, AS_JSON], [OBJECT, FROM_THE_WIRE, OBJECT]),
    ):
        assert read_entry(events_entry(events, now)) == {"now": now, "events": expected}


def test_an_entry_of_objects_alone_is_json() -> None:
    assert json.loads(events_entry([AS_JSON, AS_JSON], 5)) == {"now": 5, "events": [OBJECT, OBJECT]}


def test_a_movement_of_the_clock_comes_back() -> None:
    assert read_entry(advance_entry(12)) == {"advance": 12}


@pytest.mark.parametrize("entry", [b"", bytes((WIRE + 1,)) + bytes(8), b"["])
def test_another_form_is_another_version_s(entry: bytes) -> None:
    with pytest.raises(StoreVersion, match="does not read"):
        read_entry(entry)


def test_an_entry_that_ends_within_an_event_is_not_read() -> None:
    whole = events_entry([FROM_THE_WIRE, FROM_THE_WIRE], 5)
    ends = {len(whole) - (4 + len(FROM_THE_WIRE)) * left for left in range(3)}
    for n in range(min(ends), len(whole) + 1):
        if n in ends:
            assert read_entry(whole[:n])["events"] == [FROM_THE_WIRE] * sorted(ends).index(n)
        else:
            with pytest.raises(ValueError, match="ends early"):
                read_entry(whole[:n])
