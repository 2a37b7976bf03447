"""Events as they are sent: what is taken, what is refused and with which words, and what makes two contents the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.machine import EventError
from rulelang import model
from rulelang.normalise import key as key_of
from rulelang.timezones import Zone
from tests.machine.programs import Maker

FIELDS = {"t": "text", "n": "number", "i": "integer", "b": "boolean", "w": "time", "d": "duration", "o": "officer", "a": "account"}
ENTITIES = {"officer": False, "account": True}
MAKER = Maker({"e": FIELDS, "other": {"x": "text"}}, entities=ENTITIES)
MACHINE = MAKER.machine()
SLOTS = {f["name"]: (f["slot"], f["raw_slot"]) for f in MAKER.types[0]["fields"]}


def sent(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "type": "e", "time": "2026-03-01T00:00:00Z", **fields}


def decoded(field: str, value: object) -> object:
    return MACHINE.decode(sent(**{field: value})).value(SLOTS[field][0])


def refusal(event: object) -> EventError:
    with pytest.raises(EventError) as caught:
        MACHINE.decode(event)
    return caught.value


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("t", "湘A\n", "湘A\n"),
        ("t", "", ""),
        ("n", 1, 1.0),
        ("n", -2.5, -2.5),
        ("n", 2**70, 2.0**70),
        ("n", None, None),
        ("i", 7, 7),
        ("i", 7.0, 7),
        ("i", 2**63 - 1, 2**63 - 1),
        ("i", -(2**63), -(2**63)),
        ("b", True, True),
        ("b", False, False),
        ("d", 90, 90_000_000),
        ("d", 0.0000015, 2),
        ("d", -1.25, -1_250_000),
        ("d", timedelta(days=1), 86_400_000_000),
        ("o", " Ｐ17 ", "P17"),
        ("o", "​", None),
        ("a", "ADM1N", MACHINE.key(1, "adm1n")),
    ],
)
def test_a_value_of_the_right_type_is_taken(field: str, value: object, expected: object) -> None:
    found = decoded(field, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("t", 5, "t: must be a text, not 5"),
        ("t", ["x"], "t: must be a text, not ['x']"),
        ("t", "x" * 10_001, "t: has 10001 characters, the most is 10000"),
        ("t", "a\ud800", "t: is no valid Unicode text: 'a\\ud800'"),
        ("n", "5", "n: must be a number, not '5'"),
        ("n", True, "n: must be a number, not True"),
        ("n", float("nan"), "n: must be a finite number, not nan"),
        ("n", float("-inf"), "n: must be a finite number, not -inf"),
        ("n", 10**400, None),
        ("i", 7.5, "i: must be a whole number, not 7.5"),
        ("i", float("inf"), "i: must be a whole number, not inf"),
        ("i", False, "i: must be a whole number, not False"),
        ("i", "7", "i: must be a whole number, not '7'"),
        ("i", 2**63, "i: is too large for a whole number of 64 bits: 9223372036854775808"),
        ("i", 1e19, "i: is too large for a whole number of 64 bits: 10000000000000000000"),
        ("b", 1, "b: must be true or false, not 1"),
        ("b", "true", "b: must be true or false, not 'true'"),
        ("d", "1h", "d: must be a duration, as a number of seconds, not '1h'"),
        ("d", True, "d: must be a duration, as a number of seconds, not True"),
        ("d", float("nan"), "d: must be a finite number of seconds, not nan"),
        ("d", 10**13, "d: is too long for a duration: 10000000000000 seconds"),
        ("d", 1e13, "d: is too long for a duration: 10000000000000 seconds"),
        ("w", 1_772_323_200, "w: must be a time in ISO 8601, such as 2026-03-01T22:10:00, not 1772323200"),
        ("w", "2026-03-01", "w: must be a time, and '2026-03-01' has no time of day"),
        ("o", 17, "o: must be a text, not 17"),
        ("o", "x" * 501, "o: has 501 characters, the most is 500"),
    ],
)
def test_a_value_of_the_wrong_type_refuses_the_event_and_names_the_field(field: str, value: object, message: str | None) -> None:
    refused = refusal(sent(**{field: value}))
    assert refused.field == field
    if message is not None:
        assert str(refused) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "id: is needed and not there"),
        ({"id": ""}, "id: is empty"),
        ({"id": 5}, "id: must be a text, not 5"),
        ({"type": None}, "type: is needed and not there"),
        ({"type": "othr"}, "type: unknown event type 'othr' - did you mean 'other'?"),
        ({"type": "finding"}, "type: unknown event type 'finding'"),
        ({"time": None}, "time: is needed and not there"),
        ({"time": "yesterday"}, "time: must be a time in ISO 8601, such as 2026-03-01T22:10:00, not 'yesterday'"),
        ({"source": 3}, "source: must be a text, not 3"),
        ({"source": "rulelang"}, "source: 'rulelang' is the source of findings and warnings, and not for others to use"),
        ({"id": "x" * 501}, "id: has 501 characters, the most is 500"),
        ({"unknown": "x" * 1_000_001}, None),
    ],
)
def test_an_event_without_a_name_type_or_time_is_refused(changes: dict[str, object], message: str | None) -> None:
    refused = refusal({**sent(), **changes})
    assert message is None or str(refused) == message


def test_what_is_no_object_is_refused() -> None:
    assert "must be an object" in str(refusal(["e"]))
    assert MACHINE.decode(MappingProxyType(sent(n=1))).value(SLOTS["n"][0]) == 1.0


def test_limits_are_met_exactly() -> None:
    assert decoded("t", "x" * 10_000) == "x" * 10_000
    assert decoded("o", "x" * 500) == "x" * 500
    small = MAKER.machine(text_max=3, name_max=4, event_bytes_max=200)
    assert small.decode(sent(t="abc", o="abcd")).value(SLOTS["t"][0]) == "abc"
    for wrong in (sent(t="abcd"), sent(o="abcde"), sent(unknown="x" * 200)):
        with pytest.raises(EventError):
            small.decode(wrong)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-01T22:10", "2026-03-01T22:10+08:00"),
        ("2026-03-01 22:10:05", "2026-03-01T22:10:05+08:00"),
        ("2026-03-01T22:10:05Z", "2026-03-01T22:10:05+00:00"),
        ("2026-03-01t22:10:05z", "2026-03-01T22:10:05+00:00"),
        ("2026-03-01T22:10:05.5+08:00", "2026-03-01T22:10:05.500000+08:00"),
        ("2026-03-01T22:10:05,000001-0330", "2026-03-01T22:10:05.000001-03:30"),
        ("2026-03-01T22:10:05.1234569+05", "2026-03-01T22:10:05.123456+05:00"),
        ("2024-02-29T00:00Z", "2024-02-29T00:00+00:00"),
        ("0001-01-01T00:00Z", "0001-01-01T00:00+00:00"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_times_are_read_with_and_without_offset(text: str, utc: str) -> None:
    moment = datetime.fromisoformat(utc)
    assert MACHINE.decode(sent(time=text)).time == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert decoded("w", text) == MACHINE.decode(sent(time=moment)).time


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00",
        "2026-13-01T00:00",
        "2026-00-01T00:00",
        "2026-01-00T00:00",
        "2026-01-01T24:00",
        "2026-01-01T00:60",
        "2026-01-01T00:00:60",
        "0000-01-01T00:00",
        "2026-01-01T00",
        "2026-01-01T0:00",
        "2026-01-01T00:00:0",
        "2026-01-01T00:00:00.",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00ZZ",
        "2026-01-01T00:00+8",
        "2026-01-01T00:00+08:0",
        "2026-01-01T00:00+24:00",
        "2026-01-01T00:00+08:60",
        "2026-01-01T00:00+",
        "2026/01/01T00:00",
        "20260101T000000",
        "2026-01-01X00:00",
        "+026-01-01T00:00",
        "2026-01-01T00:00+08:00x",
        "２026-01-01T00:00",
        "2026-01-01T00:00:00.0000000000000000000000000000000000000Z",
    ],
)
def test_what_only_looks_like_a_time_is_refused(text: str) -> None:
    assert refusal(sent(time=text)).field == "time"


def test_times_that_the_local_clock_skips_or_shows_twice_are_those_of_the_zone() -> None:
    machine = Maker({"e": {}}, zone="Europe/Berlin").machine()
    zone = Zone("Europe/Berlin")
    for text in ("2026-03-29T02:30", "2026-10-25T02:30", "2026-10-25T03:00", "2026-03-29T03:00"):
        shown = round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000
        assert machine.decode(sent(time=text)).time == zone.to_utc_us(shown)
    assert machine.decode(sent(time=datetime(2026, 7, 1, 12))).time == us("2026-07-01T12:00+02:00")


def test_datetimes_keep_every_microsecond() -> None:
    moment = datetime(2026, 3, 1, 1, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=8)))
    event = MACHINE.decode(sent(time=moment, w=moment))
    assert event.time == event.value(SLOTS["w"][0]) == us("2026-03-01T01:02:03+08:00") + 999_999
    again = MACHINE.decode(json.loads(event.payload))
    assert (again.time, again.digest) == (event.time, event.digest)


def test_the_raw_spelling_of_a_key_stays() -> None:
    event = MACHINE.decode(sent(o=" Ｐ17 ", a="АDMIN"))
    assert [event.value(slot) for slot in SLOTS["o"]] == ["P17", " Ｐ17 "]
    assert event.value(SLOTS["a"][1]) == "АDMIN"
    assert event.value(SLOTS["a"][0]) == MACHINE.decode(sent(a="admin")).value(SLOTS["a"][0])
    hidden = MACHINE.decode(sent(o="​"))
    assert [hidden.value(slot) for slot in SLOTS["o"]] == [None, "​"]


def test_fields_that_are_not_declared_are_counted_and_ignored() -> None:
    assert MACHINE.decode(sent(n=1)).ignored == 0
    assert MACHINE.decode(sent(n=1, x=2, y=[1], z=None)).ignored == 2
    assert MACHINE.decode({**sent(), "source": ""}).ignored == 0
    assert MACHINE.decode(sent(x=2)).digest == MACHINE.decode(sent()).digest


def test_the_content_is_what_was_decoded() -> None:
    base = MACHINE.decode(sent(n=1, o="P17", t="x")).digest
    same = [
        sent(n=1.0, o="P17", t="x"),
        sent(n=1, o="P17", t="x", i=None),
        sent(time="2026-03-01T08:00", n=1, o="P17", t="x"),
        sent(t="x", o="P17", n=1),
    ]
    other = [
        sent(n=1, o="P17 ", t="x"),
        sent(n=2, o="P17", t="x"),
        sent(n=1, o="P17", t=""),
        sent(n=1, o="P17"),
        sent(n=1, o="P17", t="x", b=False),
    ]
    other.append(sent(time="2026-03-01T00:00:00.000001Z", n=1, o="P17", t="x"))
    assert len(base) == 16
    assert {MACHINE.decode(event).digest for event in same} == {base}
    assert base not in {MACHINE.decode(event).digest for event in other}
    assert MACHINE.decode({**sent(), "type": "other"}).digest != MACHINE.decode(sent()).digest


def test_the_journal_gets_the_event_as_it_was_sent() -> None:
    event = sent(n=1, o=" 湘 ", unknown={"deep": [1, "ü"]}, d=timedelta(seconds=1.5))
    form = MACHINE.decode(event).payload
    assert form is not None
    assert json.loads(form) == {**event, "d": 1.5}


@pytest.mark.parametrize("odd", [float("nan"), object(), {1, 2}, "\ud800", {"a": {"b": object()}}])
def test_what_json_has_no_word_for_is_left_out_where_no_rule_reads_it(odd: object) -> None:
    form = MACHINE.decode(sent(n=1, unknown=odd, fine=2)).payload
    assert form is not None
    assert json.loads(form) == sent(n=1, fine=2)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
def test_keys_are_those_of_the_checker(text: str) -> None:
    for index, (name, lookalike) in enumerate(ENTITIES.items()):
        entity = model.Entity(name, None, (), 0, lookalike, None)  # type: ignore[arg-type]
        assert MACHINE.key(index, text) == key_of(entity, text)


AWKWARD = [
    "\t a\r\nb ",
    "a​ b",
    "a  b",
    "\x1f",
    "\x1fa",
    " ",
    "é",
    "é",
    "ﬁ",
    "０O",
    "rn",
    "Ⅷ",
    "\u3164",
    "a\xa0b",
    "~",
    "\x7f",
    "ſ",
    "İ",
    "ß",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_keys_are_those_of_the_checker(text: str) -> None:
    for index, (name, lookalike) in enumerate(ENTITIES.items()):
        entity = model.Entity(name, None, (), 0, lookalike, None)  # type: ignore[arg-type]
        assert MACHINE.key(index, text) == key_of(entity, text)
