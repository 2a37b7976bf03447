"""Events as a store keeps them, derived events, and the order of events."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.values import Event
from tests.machine.programs import Maker

FIELDS = {"t": "text", "n": "number", "i": "integer", "b": "boolean", "w": "time", "d": "duration", "o": "officer", "a": "account"}
MACHINE = Maker({"e": FIELDS, "plain": {}}, entities={"officer": False, "account": True}).machine()
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
EVENTS = st.fixed_dictionaries(
    {"id": TEXT.filter(bool), "type": st.just("e"), "time": st.datetimes().map(lambda t: t.isoformat() + "Z")},
    optional={
        "source": TEXT.filter(lambda s: s != "rulelang"),
        "t": TEXT,
        "n": st.floats(allow_nan=False, allow_infinity=False),
        "i": st.integers(-(2**63), 2**63 - 1),
        "b": st.booleans(),
        "w": st.datetimes().map(lambda t: t.isoformat(" ")),
        "d": st.integers(-(10**9), 10**9),
        "o": TEXT,
        "a": TEXT,
        "more": st.integers(),
    },
)


def everything(event: Event) -> tuple[object, ...]:
    return (
        event.type,
        event.rank,
        event.time,
        event.source,
        event.id,
        event.order_a,
        event.order_b,
        event.ignored,
        event.digest,
        event.values(),
    )


@settings(max_examples=300, deadline=None)
@given(EVENTS.filter(lambda e: len(e["time"]) >= 17))
def test_a_record_gives_the_event_again(sent: dict[str, object]) -> None:
    event = MACHINE.decode(sent)
    assert everything(MACHINE.decode_record(MACHINE.encode_record(event))) == everything(event)


def test_a_derived_event_is_put_together_and_kept() -> None:
    finding = 2
    event = MACHINE.make_event(finding, 5, "rulelang", "f1", {"rule": "r", "points": 6, "officer": "P1"}, "finding\0r", '"P1"')
    assert (event.rank, event.type, event.digest, event.payload) == (1, finding, None, None)
    assert event.values() == [5, "rulelang", "f1", "r", 6.0, "P1", "P1", None, None]
    assert everything(MACHINE.decode_record(MACHINE.encode_record(event))) == everything(event)


def test_a_record_that_is_cut_or_changed_is_an_error_or_another_event() -> None:
    record = MACHINE.encode_record(
        MACHINE.decode({"id": "1", "type": "e", "time": "2026-01-01T00:00Z", "t": "湘", "n": 1, "o": "x", "a": "Y"})
    )
    for length in range(len(record)):
        try:
            MACHINE.decode_record(record[:length])
        except ValueError:
            continue
    dice = random.Random(3)
    for _ in range(3000):
        damaged = bytearray(record)
        damaged[dice.randrange(len(record))] = dice.randrange(256)
        try:
            MACHINE.decode_record(bytes(damaged)).values()
        except ValueError:
            continue


@pytest.mark.parametrize(("at", "message"), [(0, "another version"), (2, "does not know")])
def test_a_record_of_another_program_is_refused(at: int, message: str) -> None:
    record = bytearray(MACHINE.encode_record(MACHINE.decode({"id": "1", "type": "plain", "time": "2026-01-01T00:00Z"})))
    record[at] = 77
    with pytest.raises(ValueError, match=message):
        MACHINE.decode_record(bytes(record))


def test_slots_beyond_the_row_are_an_error() -> None:
    event = MACHINE.decode({"id": "1", "type": "plain", "time": "2026-01-01T00:00Z"})
    assert event.values() == [event.time, "", "1"]
    for slot in (-1, 3):
        with pytest.raises(IndexError):
            event.value(slot)
