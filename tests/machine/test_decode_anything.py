"""Decoding whatever is sent: it is taken or refused with the field's name, nothing else; what is taken stays the same in the store and in the journal."""

from __future__ import annotations

import enum
import json
import math
import random
from collections import OrderedDict, UserDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from engine.machine import EventError, Machine
from engine.values import Event
from tests.machine import expressions
from tests.machine.programs import Maker

FIELDS = {
    "t": "text",
    "n": "number",
    "i": "integer",
    "b": "boolean",
    "w": "time",
    "d": "duration",
    "o": "officer",
    "a": "account",
    "湘": "text",
}
MAKER = Maker({"e": FIELDS, "other": {"x": "text", "t": "number"}, "bare": {}}, entities={"officer": False, "account": True})
MACHINE = MAKER.machine()
NAMES = [*FIELDS, "x", "id", "type", "time", "source"]


class Text(str):
    """A text that says something else of itself."""

    def __str__(self) -> str:
        return "something else"


class Level(str, enum.Enum):  # noqa: UP042  # whose str() is "Level.RED"
    RED = "red"


class Whole(enum.IntEnum):
    SEVEN = 7


class Broken:
    """An object that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Half(float):
    """A number of a subclass."""


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


ODDITIES: list[object] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        7.0,
        7.5,
        -0.0,
        2**53 + 1,
        2**63 - 1,
        2**63,
        -(2**63),
        -(2**63) - 1,
        2.0**63,
        -(2.0**63),
        1e308,
        10**308,
        10**309,
    ),
    *(
        10**5000,
        5e-324,
        math.nan,
        math.inf,
        -math.inf,
        1e19,
        9.3e12,
        9_223_372_036_854,
        9_223_372_036_855,
        -9_223_372_036_855,
        0.0000005,
        1e-7,
    ),
    *(
        "",
        " ",
        "a",
        "e",
        "1",
        "true",
        "null",
        "湘A",
        "\ud800",
        "a\udfffb",
        "\x00",
        "é",
        "\U0001f600",
        "x" * 500,
        "x" * 501,
        "湘" * 10_000,
        "x" * 10_001,
    ),
    *(
        "2026-03-01T22:10",
        "2026-03-01",
        "2026-02-30T00:00",
        "2026-03-01T22:10:00+08:00",
        "2026-03-01T22:10:00.1234567Z",
        "9999-12-31T23:59:59.999999-23:59",
    ),
    *("0001-01-01T00:00+23:59", "2026-10-25T02:30", "24:00", "rulelang", "\u200b", "\u3000", "Ｐ17", "аdmin"),
    *(
        [],
        {},
        [1],
        {"a": 1},
        (1, 2),
        {1, 2},
        b"x",
        bytearray(b"x"),
        1j,
        Decimal("1.5"),
        Fraction(1, 2),
        date(2026, 3, 1),
        object,
        object(),
        Broken(),
    ),
    *(
        Text("a"),
        Text(""),
        Text("2026-03-01T22:10"),
        Level.RED,
        Whole.SEVEN,
        Half(1.5),
        Half(math.nan),
        nested(3),
        nested(100_000),
        {"deep": {"a": object()}},
    ),
    *(
        datetime(2026, 3, 1),
        datetime(2026, 10, 25, 2, 30, fold=1),
        datetime.min,
        datetime.max,
        datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=UTC),
    ),
    *(datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))),
    *(datetime(1890, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")), datetime(1890, 1, 1, tzinfo=timezone(timedelta(minutes=5, microseconds=7)))),
    *(datetime.min.replace(tzinfo=timezone(timedelta(seconds=7))), datetime.max.replace(tzinfo=timezone(timedelta(seconds=-7)))),
    *(
        timedelta(days=1),
        timedelta(microseconds=1),
        timedelta(microseconds=-1),
        timedelta(days=100_000, microseconds=7),
        timedelta.max,
        timedelta.min,
    ),
    *(timedelta(days=106_751_991), timedelta(seconds=0.5), timedelta(days=36_500, microseconds=999_999)),
]


def whole(event: Event) -> tuple[object, ...]:
    """All that is known of an event, but for how many of its fields nobody declares."""
    return (event.type, event.rank, event.time, event.source, event.id, event.order_a, event.order_b, event.digest, event.values())


def anything(dice: random.Random) -> object:
    """An event in which anything may stand anywhere, mostly one that would do but for a part or two."""
    if dice.random() < 0.02:
        return dice.choice([None, [], "e", 5, [("id", "1")], UserDict(id="1"), Broken()])
    sent: dict[object, object] = {
        "id": dice.choice(["1", "湘", "a b"]),
        "type": dice.choice(["e", "e", "other", "bare"]),
        "time": "2026-03-01T00:00:00Z",
    }
    for name in dice.sample(NAMES, dice.randrange(len(NAMES))):
        kind = FIELDS.get(name)
        if kind in ("officer", "account"):
            sent[name] = dice.choice(expressions.TEXTS)
        elif kind is not None and sent["type"] == "e":
            sent[name] = expressions.value(dice, kind)
    for _ in range(dice.choice([0, 1, 1, 2, 3])):
        name = dice.choice([*NAMES, *NAMES, "unknown", "", "湘x", "\ud800", Text("n"), Level.RED, 7, None, True, (1, 2), "id "])
        sent[name] = dice.choice(ODDITIES)
    if dice.random() < 0.1:
        sent.pop(dice.choice(["id", "type", "time"]))
    items = list(sent.items())
    dice.shuffle(items)
    form = dice.choice([dict, dict, dict, dict, OrderedDict, UserDict])
    return form(items)


def outcome(machine: Machine, sent: object) -> Event | str:
    try:
        return machine.decode(sent)  # type: ignore[arg-type]  # whatever is sent
    except EventError as error:
        refused = error
    assert refused.field in [*NAMES, "event"]
    assert str(refused) == f"{refused.field}: {refused.message}"
    return str(refused)


def also(machine: Machine, sent: object) -> str | None:
    """How `matches` refuses it; None: it does not."""
    try:
        machine.matches(sent)  # type: ignore[arg-type]
    except EventError as error:
        return str(error)
    return None


@pytest.mark.seeds(20)
def test_whatever_is_sent_is_taken_or_refused_by_name_and_is_the_same_ever_after(seed: int) -> None:
    dice = random.Random(f"anything {seed}")
    for _ in range(250):
        sent = anything(dice)
        found = outcome(MACHINE, sent)
        assert also(MACHINE, sent) == (found if isinstance(found, str) else None), sent
        if isinstance(found, str):
            continue
        assert whole(MACHINE.decode_record(MACHINE.encode_record(found))) == whole(found), sent
        assert found.payload is not None
        again = MACHINE.decode(json.loads(found.payload))
        assert whole(again) == whole(found), (sent, found.payload)
        assert MACHINE.decode(sent, journal=False).payload is None  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ODDITIES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", NAMES)
def test_every_oddity_in_every_field(name: str, odd: object) -> None:
    sent = {"id": "1", "type": "e", "time": "2026-03-01T00:00:00Z", name: odd}
    found = outcome(MACHINE, sent)
    assert also(MACHINE, sent) == (found if isinstance(found, str) else None)
    if isinstance(found, Event):
        assert found.payload is not None
        assert whole(MACHINE.decode(json.loads(found.payload))) == whole(found)
        assert found.ignored == (name == "x" and odd is not None)
    elif name != "x":
        assert found.startswith(f"{name}: ")


# ------------------------------------------------------------------ one content, many spellings


def written(dice: random.Random, sent: dict[str, object]) -> str:
    """JSON that says the same: names in another order, texts escaped or not, numbers in another form, null for what is missing."""
    items = [*sent.items(), *((name, None) for name in ("t", "n", "source", "unknown") if name not in sent and dice.random() < 0.5)]
    dice.shuffle(items)
    space = dice.choice(["", " ", "\n\t"])
    return "{" + f",{space}".join(f"{_text(dice, name)}:{space}{_value(dice, name, value)}" for name, value in items) + "}"


def _text(dice: random.Random, text: str) -> str:
    if dice.random() < 0.5:
        return json.dumps(text, ensure_ascii=dice.random() < 0.5)
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'


def _value(dice: random.Random, name: str, value: object) -> str:
    if name in ("time", "w"):
        moment = datetime.fromisoformat(str(value)).astimezone(timezone(timedelta(minutes=dice.choice([0, 480, -210, 845]))))
        form = moment.isoformat(dice.choice("T "))
        return _text(dice, form.replace("+00:00", dice.choice(["Z", "z", "+00", "+00:00", "-00:00"])))
    if isinstance(value, str):
        return _text(dice, value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    exact = Decimal(repr(value))
    forms = [json.dumps(value), f"{exact:E}", f"{exact:e}"]
    if value == 0:
        forms += ["-0", "-0.0", "0e5"]
    if abs(float(str(value))) < 1e15:
        forms += [f"{exact:f}", f"{exact:f}" + ("00" if "." in f"{exact:f}" else ".0")]
    return dice.choice(forms)


@pytest.mark.seeds(20)
def test_one_content_has_one_digest_however_it_is_spelled(seed: int) -> None:
    dice = random.Random(f"spellings {seed}")
    for _ in range(50):
        sent: dict[str, object] = {"id": "1", "type": "e", "time": f"2026-03-01T22:{dice.randrange(60):02}:00+08:00"}
        for name, kind in FIELDS.items():
            if dice.random() < 0.7:
                value = (
                    "2026-03-01T09:00:00.5+08:00"
                    if kind == "time"
                    else dice.choice(expressions.TEXTS)
                    if kind in KEYS
                    else expressions.value(dice, kind)
                )
                # An integer beyond 2^53 is no longer itself when it is written with an exponent.
                sent[name] = value % 2**53 if isinstance(value, int) and kind == "integer" else value
        digest = MACHINE.decode(sent).digest
        for _ in range(4):
            spelled = written(dice, sent)
            assert MACHINE.decode(json.loads(spelled)).digest == digest, (sent, spelled)
        for name in sent.keys() - {"id", "type"}:
            assert MACHINE.decode({**sent, name: other(sent[name])}).digest != digest, (sent, name)


KEYS = ("officer", "account")


def other(value: object) -> object:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1 if abs(value) < 2**40 else 1
        case float():
            return 1.5 if abs(value) > 1e6 else value + 1
        case str() if value.endswith("+08:00"):
            return value.replace("2026", "2025")
    return f"{value}x"


# ------------------------------------------------------------------ places and sizes


def test_fields_are_found_in_any_order_and_among_any_others() -> None:
    dice = random.Random(5)
    sent = {
        "id": "1",
        "type": "e",
        "time": "2026-03-01T00:00:00Z",
        "source": "s",
        "t": "x",
        "n": 1.5,
        "i": 2,
        "b": True,
        "d": 3,
        "o": "P",
        "a": "q",
        "湘": "y",
    }
    expected = MACHINE.decode(sent)
    for _ in range(200):
        items = [*sent.items(), *((f"unknown {number}", number) for number in range(dice.choice([0, 0, 1, 100])))]
        dice.shuffle(items)
        if dice.random() < 0.3:
            items = [(Text(name), value) for name, value in items]
        found = MACHINE.decode(dict(items))
        assert whole(found) == whole(expected)
        assert found.ignored == len(items) - len(sent)
        MACHINE.decode({"id": "1", "type": "bare", "time": "2026-03-01T00:00:00Z"})


@pytest.mark.parametrize(
    "part",
    [
        *(
            {"t": "湘"},
            {"t": "\x00"},
            {"t": "\U0001f600"},
            {"unknown": ""},
            {"unknown": "\x00\x1f"},
            {"unknown": [1, {"a": "湘"}]},
            {"un\x00known": 1.5},
        ),
        *(
            {"n": 10**300},
            {"unknown": 10**300},
            {"o": "湘"},
            {"d": timedelta(seconds=1.5)},
            {"w": datetime(2026, 3, 1, tzinfo=UTC)},
            {"i": -(2**63)},
        ),
    ],
    ids=repr,
)
def test_an_event_is_as_large_as_its_json(part: dict[str, object]) -> None:
    sent = {"id": "1", "type": "e", "time": "2026-03-01T00:00:00Z", **part}
    form = MACHINE.decode(sent).payload
    assert form is not None
    exact, less = MAKER.machine(event_bytes_max=len(form)), MAKER.machine(event_bytes_max=len(form) - 1)
    assert exact.decode(sent).payload == form
    assert exact.decode(sent, journal=False).digest == MACHINE.decode(sent).digest
    assert exact.matches(sent) == []
    refused = f"event: takes {len(form)} bytes, the most is {len(form) - 1}"
    assert outcome(less, sent) == refused
    assert also(less, sent) == refused
    with pytest.raises(EventError, match="takes"):
        less.decode(sent, journal=False)
