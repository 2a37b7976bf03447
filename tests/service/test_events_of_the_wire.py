"""An event of the wire becomes one of the engine, each value in its kind; what cannot be is refused by its field's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

import rulelang
from engine import Engine
from engine.machine import EventError
from proto.rulelang.v1 import event_pb2
from services.server.events import event_dict
from tests.service.scene import RULES

WHEN = datetime(2026, 3, 1, 14, 10, 0, 250_000, UTC)


def message(**kinds: Any) -> event_pb2.Event:
    """An event with one field `x`, whose value is given by its kind."""
    made = event_pb2.Event(id="e1", source="lab", type="stop")
    made.time.FromDatetime(WHEN)
    for kind, value in kinds.items():
        if isinstance(value, Timestamp | Duration):
            getattr(made.fields["x"], kind).CopyFrom(value)
        else:
            setattr(made.fields["x"], kind, value)
    return made


def read(**kinds: Any) -> object:
    return event_dict(message(**kinds))["x"]


def refusal(made: event_pb2.Event) -> tuple[str, str]:
    with pytest.raises(EventError) as raised:
        event_dict(made)
    return raised.value.field, raised.value.message


def test_the_head_is_given_beside_the_fields() -> None:
    assert event_dict(message()) == {"id": "e1", "source": "lab", "type": "stop", "time": WHEN}


def test_a_time_may_be_a_text() -> None:
    made = event_pb2.Event(id="e1", type="stop", time_text="2026-03-01T22:10:00")
    assert event_dict(made) == {"id": "e1", "source": "", "type": "stop", "time": "2026-03-01T22:10:00"}


def test_an_event_without_a_time_has_none_for_the_engine_to_miss() -> None:
    assert "time" not in event_dict(event_pb2.Event(id="e1", type="stop"))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "湘A", "湘A"),
        ("text", "", ""),
        ("number", 0.1, 0.1),
        ("number", 3.0, 3.0),
        ("integer", 2**63 - 1, 2**63 - 1),
        ("integer", -(2**63), -(2**63)),
        ("integer", 0, 0),
        ("boolean", False, False),
        ("boolean", True, True),
        ("time", Timestamp(seconds=1, nanos=999), datetime(1970, 1, 1, 0, 0, 1, 0, UTC)),
        ("time", Timestamp(seconds=-1, nanos=999_999_999), datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("time", Timestamp(seconds=-62_135_596_800), datetime(1, 1, 1, tzinfo=UTC)),
        ("time", Timestamp(seconds=253_402_300_799, nanos=999_999_999), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("duration", Duration(seconds=90), timedelta(seconds=90)),
        ("duration", Duration(seconds=-1, nanos=-500_000_999), timedelta(seconds=-1, microseconds=-500_000)),
        ("duration", Duration(nanos=-1_999), timedelta(microseconds=-1)),
        ("duration", Duration(seconds=315_576_000_000), timedelta(seconds=315_576_000_000)),
        ("duration", Duration(seconds=2**33 - 1, nanos=999_999_000), timedelta(seconds=2**33 - 1, microseconds=999_999)),
    ],
)
def test_a_value_is_read_in_its_kind(kind: str, value: object, expected: object) -> None:
    found = read(**{kind: value})
    assert found == expected
    assert type(found) is type(expected)


def test_a_value_with_no_kind_is_missing() -> None:
    made = message()
    made.fields["x"].SetInParent()
    assert "x" in made.fields
    assert "x" not in event_dict(made)


@pytest.mark.parametrize("name", ["id", "source", "type", "time"])
def test_a_field_cannot_be_named_like_the_head(name: str) -> None:
    made = message()
    made.fields[name].text = "x"
    assert refusal(made) == (name, "stands beside the fields, not among them")


NO_VALUES = [
    ("time", Timestamp(nanos=1_000_000_000), "not a Timestamp of 1000000000 nanos"),
    ("time", Timestamp(nanos=-1), "not a Timestamp of -1 nanos"),
    ("time", Timestamp(seconds=-62_135_596_801), "not a Timestamp of -62135596801 seconds"),
    ("time", Timestamp(seconds=253_402_300_800), "not a Timestamp of 253402300800 seconds"),
    ("time", Timestamp(seconds=2**63 - 1), "not a Timestamp of 9223372036854775807 seconds"),
    ("duration", Duration(seconds=315_576_000_001), "not a Duration of 315576000001 s and 0 ns"),
    ("duration", Duration(seconds=-(2**63)), "not a Duration of -9223372036854775808 s and 0 ns"),
    ("duration", Duration(nanos=1_000_000_000), "not a Duration of 0 s and 1000000000 ns"),
    ("duration", Duration(seconds=1, nanos=-1), "not a Duration of 1 s and -1 ns"),
    ("duration", Duration(seconds=2**33, nanos=1_000), "not a Duration of 8589934592 s and 1000 ns"),
]


@pytest.mark.parametrize(("kind", "value", "words"), NO_VALUES)
def test_what_no_value_can_be_is_refused_where_it_is_declared(kind: str, value: object, words: str) -> None:
    eng = Engine(rulelang.compile_text(RULES))
    for field in ("began", "lasted", "place", "fine"):
        made = message()
        getattr(made.fields[field], kind).CopyFrom(value)
        outcome = eng.evaluate(event_dict(made))
        assert (outcome.status, outcome.wrong_field) == ("refused", field)
        assert words in (outcome.error or "")


@pytest.mark.parametrize(("kind", "value", "words"), NO_VALUES)
def test_what_no_value_can_be_is_ignored_where_it_is_not_declared(kind: str, value: object, words: str) -> None:
    outcome = Engine(rulelang.compile_text(RULES)).evaluate(event_dict(message(**{kind: value})))
    assert (outcome.status, outcome.ignored) == ("accepted", 1)


def test_the_event_s_own_time_is_held_to_the_same() -> None:
    made = message()
    made.time.nanos = -1
    outcome = Engine(rulelang.compile_text(RULES)).evaluate(event_dict(made))
    assert (outcome.status, outcome.wrong_field) == ("refused", "time")
    assert "not a Timestamp of -1 nanos" in (outcome.error or "")


@pytest.mark.parametrize("seconds", [0, 1, 59.5, 2**33 - 1 + 0.999999])
def test_a_duration_is_the_same_after_it_was_written_as_seconds(seconds: float) -> None:
    """The journal has durations as seconds: what a restart reads there must be what was evaluated."""
    micros = round(seconds * 1_000_000)
    value = Duration(seconds=micros // 1_000_000, nanos=micros % 1_000_000 * 1000)
    found = read(duration=value)
    assert isinstance(found, timedelta)
    assert round(found.total_seconds() * 1e6) == micros
