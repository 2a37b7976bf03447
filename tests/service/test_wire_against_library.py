"""Messages read and written without the protobuf library, held against the library.

What is read as plain, the library takes too, and for the same events; what the library writes is plain. Messages are made with the library, then taken
apart and put together in every way that the encoding allows, and some that it does not. 1500 a seed; `--campaign 100` makes 150,000.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import DecodeError

import rulelang
from engine import Engine, Outcome
from engine.machine import EventError, Machine, name_of_wire, split_events
from engine.program import load
from engine.stores.memory import MemoryStore
from proto.rulelang.v1 import evaluation_pb2, event_pb2
from services.server.events import event_dict
from tests.service.answers import written_by_the_engine, written_by_the_library
from tests.service.scene import RULES, ago, event, put
from tests.service.test_fuzz import an_event, mutate, mutate_bytes, varint, wrong_fields

MESSAGES = 1500
PROGRAM = load(rulelang.compile_text(RULES))
Parts = list[tuple[int, int, bytes]]
"""Fields in the order of their bytes: number, wire type, and all that follows the tag."""

# ------------------------------------------------------------------ taking messages apart


def parts_of(data: bytes) -> Parts:
    """The fields of a message that the library wrote."""
    found: Parts = []
    at = 0
    while at < len(data):
        tag, at = whole(data, at)
        begin = at
        if tag & 7 == 0:
            _, at = whole(data, at)
        elif tag & 7 == 1:
            at += 8
        else:
            n, at = whole(data, at)
            at += n
        found.append((tag >> 3, tag & 7, data[begin:at]))
    return found


def whole(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def inside(payload: bytes) -> bytes:
    """What a stretch of bytes holds, without its length."""
    return payload[whole(payload, 0)[1] :]


def joined(parts: Parts) -> bytes:
    return b"".join(varint(number << 3 | kind) + payload for number, kind, payload in parts)


def stretch(data: bytes) -> bytes:
    return varint(len(data)) + data


def longer(chance: random.Random, number: int) -> bytes:
    """A varint with bytes that say nothing, up to more than any varint may have."""
    short = varint(number)
    return short[:-1] + bytes((short[-1] | 128,)) + b"\x80" * chance.choice((0, 1, 7, 8, 9)) + bytes((chance.choice((0, 0, 1, 127)),))


def strange(chance: random.Random, parts: Parts, depth: int) -> Parts:
    """One thing about a message is changed that the encoding allows, or nearly allows."""
    parts = list(parts)
    way = chance.randrange(12)
    at = chance.randrange(len(parts)) if parts else 0
    if not parts or way == 0:
        unknown = chance.choice(
            ((7, 0, b"\x05"), (7, 2, b"\x02ab"), (9, 5, b"abcd"), (9, 1, b"abcdefgh"), (7, 3, b"\x3c"), (7, 3, b"\x0a\x01a\x3c"))
        )
        parts.insert(at, unknown)
    elif way == 1:
        chance.shuffle(parts)
    elif way == 2:
        parts.insert(chance.randrange(len(parts) + 1), parts[at])
    elif way == 3:
        del parts[at]
    elif way == 4 and parts[at][1] == 0:
        parts[at] = (parts[at][0], 0, longer(chance, whole(parts[at][2], 0)[0]))
    elif way == 5 and parts[at][1] == 2:
        content = inside(parts[at][2])
        parts[at] = (parts[at][0], 2, longer(chance, len(content)) + content)
    elif way == 6 and parts[at][1] == 2:
        content = bytearray(inside(parts[at][2]) or b"x")
        bad = chance.choice(
            (b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\xad", b"\xf0\x80\x80\x80", b"\xff", "字𝄞é".encode())
        )
        place = chance.randrange(len(content) + 1)
        content[place:place] = bad
        parts[at] = (parts[at][0], 2, stretch(bytes(content)))
    elif way == 7:
        parts[at] = (parts[at][0], chance.randrange(8), parts[at][2])
    elif way == 8:
        parts[at] = (chance.choice((0, 1, 2, 3, 4, 5, 6, 15, 16, 2000)), *parts[at][1:])
    elif depth < 3:
        messages = [i for i, (_, kind, payload) in enumerate(parts) if kind == 2 and looks_like_a_message(inside(payload))]
        if messages:
            at = chance.choice(messages)
            number, kind, payload = parts[at]
            parts[at] = (number, kind, stretch(joined(strange(chance, parts_of(inside(payload)), depth + 1))))
    return parts


def looks_like_a_message(data: bytes) -> bool:
    try:
        return joined(parts_of(data)) == data
    except IndexError:
        return False


def a_message(chance: random.Random, seed: int) -> bytes:
    events = []
    for number in range(chance.choice((0, 1, 1, 2))):
        one = an_event(chance, seed * MESSAGES + number)
        for _ in range(chance.choice((0, 0, 1, 2))):
            mutate(chance, one)
        if chance.random() < 0.05:
            for other in range(chance.choice((2, 31, 32, 33, 40))):
                one.fields[f"other{other}"].integer = other
        events.append(one)
    data: bytes = evaluation_pb2.EvaluateBatchRequest(events=events).SerializeToString()
    if chance.random() < 0.7:
        parts = parts_of(data)
        for _ in range(chance.choice((1, 1, 2, 4))):
            if not looks_like_a_message(joined(parts)):
                break
            parts = strange(chance, parts, 0)
        data = joined(parts)
    return mutate_bytes(chance, data) if data and chance.random() < 0.2 else data


# ------------------------------------------------------------------ reading


def decoded(machine: Machine, given: Any) -> tuple[Any, ...] | EventError:
    try:
        row = machine.decode(given, journal=False)
    except EventError as error:
        return error
    return row.type, row.time, row.source, row.id, row.order_a, row.order_b, row.ignored, row.digest, row.rank, repr(row.values())


def as_dict(sent: event_pb2.Event) -> dict[str, object] | EventError:
    try:
        return event_dict(sent)
    except EventError as error:
        return error


@pytest.mark.seeds(2)
def test_what_is_read_as_plain_is_what_the_library_reads(seed: int) -> None:
    print(f"seed {seed}, {MESSAGES} messages")
    chance = random.Random(f"wire {seed}")
    counts: Counter[str] = Counter()
    for _ in range(MESSAGES):
        data = a_message(chance, seed)
        machine = Machine(PROGRAM, event_bytes_max=chance.choice((150, 300, 400, 1000, 1_000_000)))
        plain = split_events(data, 1)
        try:
            read = evaluation_pb2.EvaluateBatchRequest.FromString(data)
        except DecodeError:
            assert plain is None, data
            counts["malformed"] += 1
            continue
        if plain is None:
            counts["not plain"] += 1
            read.DiscardUnknownFields()
            plain = split_events(read.SerializeToString(), 1)  # what the library writes is plain
            assert plain is not None, data
            read = evaluation_pb2.EvaluateBatchRequest.FromString(read.SerializeToString())
        sent, number = plain
        assert number == 0
        assert len(sent) == len(read.events)
        for one, twin in zip(sent, read.events, strict=True):
            assert name_of_wire(one) == (twin.source, twin.id)
            given = as_dict(twin)
            expected = given if isinstance(given, EventError) else decoded(machine, given)
            found = decoded(machine, one)
            if isinstance(expected, EventError):
                assert isinstance(found, EventError), (one, expected)
                # Of several wrong fields the first is named, and the library has its own order of them.
                wrong = wrong_fields(twin, datetime.max.replace(tzinfo=UTC) - timedelta(days=1))
                assert str(found) == str(expected) or (found.field in wrong and expected.field in wrong), (one, found, expected)
                counts["refused"] += 1
            else:
                assert found == expected, one
                counts["taken"] += 1
    assert min(counts.values()) > MESSAGES / 30, counts
    assert len(counts) == 4


@pytest.mark.seeds(3)
def test_what_came_before_changes_nothing_of_what_is_read(seed: int) -> None:
    """One machine reads all: it expects fields in the order of the event before, and keeps texts that may come again."""
    print(f"seed {seed}, {MESSAGES} messages")
    chance = random.Random(f"before {seed}")
    machine = Machine(PROGRAM)
    alphabet = "abcdefgh 012" + chance.choice(("", "é字"))
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(30))) for _ in range(chance.choice((20, 5000)))]
    places: dict[str, set[int]] = {}
    rows = []
    for number in range(MESSAGES):
        text = lambda: texts[int(len(texts) * chance.random() ** 3)]  # noqa: E731
        whole_number = chance.choice((0, 1, 127, 128, -1, 2**62))
        said = {"officer": text(), "licence": text(), "place": text(), "vehicles": whole_number, "fine": chance.choice((0.5, -0.0, 7))}
        said |= {"filmed": chance.random() < 0.5, "lasted": timedelta(seconds=chance.randrange(100)), "other": text()}
        for name in chance.sample(sorted(said), chance.choice((0, 0, 1, 3))):
            del said[name]
        sent = event(f"e{number}", "stop", ago(1), **said)
        parts = parts_of(sent.SerializeToString())
        if chance.random() < 0.2:
            entries = [at for at, part in enumerate(parts) if part[0] == 6]
            for at, part in zip(entries, chance.sample([parts[at] for at in entries], len(entries)), strict=True):
                parts[at] = part
        row = machine.decode(joined(parts))
        rows.append((row, event_dict(sent)))  # all of them live on, or a text would be where another one was
        place = said.get("place")
        if isinstance(place, str):
            places.setdefault(place, set()).add(id(next(value for value in row.values()[3:] if value == place)))
    for row, given in rows:
        assert repr(row.values()) == repr(machine.decode(given).values())
    if len(texts) == 20:  # two may share a place, and drive one another out
        objects = [len(of_one) for text, of_one in places.items() if 1 < len(text) <= 24 and text.isascii()]
        assert objects.count(1) > len(objects) / 2, places


def test_a_stream_s_message_has_its_number_beside_its_events() -> None:
    message = evaluation_pb2.EvaluateStreamRequest(sequence=2**64 - 1, events=[event("e", "stop", ago(1))])
    plain = split_events(message.SerializeToString(), 2, 1)
    assert plain == ([message.events[0].SerializeToString()], 2**64 - 1)
    assert split_events(message.SerializeToString() + b"\x08\x01", 2, 1) is None
    assert split_events(message.SerializeToString(), 1) is None


@pytest.mark.parametrize("fields", [31, 32, 33])
def test_undeclared_fields_are_counted_once_each(fields: int) -> None:
    sent = event("e", "stop", ago(1), **{f"other{number}": number for number in range(fields)})
    row = Machine(PROGRAM).decode(sent.SerializeToString())
    assert row.ignored == fields
    # Of a name that comes twice the last counts, as in every map.
    again = event_pb2.Event(fields={"other0": event_pb2.Value(text="again"), "place": event_pb2.Value(text="b")})
    assert Machine(PROGRAM).decode(sent.SerializeToString() + again.SerializeToString()).ignored == fields


@pytest.mark.parametrize("length", [500, 501, 10_000, 10_001])
@pytest.mark.parametrize("letter", ["x", "字"])
@pytest.mark.parametrize("field", ["place", "officer", "id", "source", "type"])
def test_texts_are_bounded_by_their_characters(field: str, letter: str, length: int) -> None:
    sent = event("e", "stop", ago(1), "lab")
    if field in ("id", "source", "type"):
        setattr(sent, field, letter * length)
    else:
        put(sent.fields[field], letter * length)
    found, expected = (decoded(Machine(PROGRAM), given) for given in (sent.SerializeToString(), event_dict(sent)))
    assert str(found) == str(expected)
    assert isinstance(found, EventError) == (field == "type" or length > (10_000 if field == "place" else 500))


def test_an_event_is_bounded_by_what_json_needs_for_it() -> None:
    """At the bound and one past it, of texts that JSON writes as they are, and of those that it escapes."""
    for letter in ("x", "\0", '"', "字"):
        sent = event("e", "stop", ago(1), place=letter * 100)
        exact = len(Machine(PROGRAM).decode(event_dict(sent)).payload or b"")
        assert Machine(PROGRAM, event_bytes_max=exact).decode(sent.SerializeToString()).id == "e"
        with pytest.raises(EventError, match="the most is"):
            Machine(PROGRAM, event_bytes_max=exact - 1).decode(sent.SerializeToString())


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05e", b"\x3a\x00", b"\x0a\x01e\x0a\x01e", b"\x0a\x01\xff"])
def test_bytes_that_are_no_plain_event_are_refused_as_no_object(data: bytes) -> None:
    outcome = Engine(PROGRAM).evaluate(data)
    assert (outcome.status, outcome.wrong_field, outcome.source, outcome.id) == ("refused", "event", "", "")


# ------------------------------------------------------------------ the journal


@pytest.mark.seeds(3)
def test_an_engine_fed_from_the_wire_is_one_fed_with_objects(seed: int) -> None:
    """Also after a restart that has the journal only, and under another rule set that declares what was not declared."""
    print(f"seed {seed}")
    chance = random.Random(f"journal {seed}")
    stores = MemoryStore(durable=True), MemoryStore(durable=True)
    engines = [Engine(PROGRAM, store=store) for store in stores]
    sent = []
    for number in range(120):
        one = an_event(chance, number)
        if chance.random() < 0.2:
            mutate(chance, one)
        if chance.random() < 0.3:
            put(one.fields["speed"], chance.choice((90, "fast", 1.5)))
        sent.append(one)
    sent.append(event("fast", "stop", ago(1), speed=90))
    sent += chance.sample(sent, 20)
    for start in range(0, len(sent), 20):
        batch = sent[start : start + 20]
        objects = [(one, given) for one in batch if not isinstance(given := as_dict(one), EventError)]
        # A batch may have both.
        mixed = [given if chance.random() < 0.1 else one.SerializeToString() for one, given in objects]
        assert engines[0].evaluate_batch(mixed) == engines[1].evaluate_batch([given for _, given in objects])
    assert engines[0].history() == engines[1].history()
    assert len(engines[0].history()) > 5
    other = load(
        rulelang.compile_text(RULES.replace("    place: text", "    speed: number\n    place: text") + "\nrule fast\n    when speed > 80\n")
    )
    for program in (PROGRAM, other):
        again = [Engine(program, store=store) for store in stores]
        assert again[0].history() == again[1].history()
        assert again[0].counters == again[1].counters
    assert "fast" in {shown.get("rule") for shown in again[0].standing()}


# ------------------------------------------------------------------ writing


def a_finding(chance: random.Random, kind: str, status: str) -> dict[str, Any]:
    text = lambda: chance.choice(("", "a", "字𝄞", "x" * 127, "x" * 128, "é" * 9000))  # noqa: E731
    maybe = lambda: chance.choice((None, text()))  # noqa: E731
    shown: dict[str, Any] = {
        "kind": kind,
        "status": status,
        "id": text(),
        "rule": text(),
        "entity": chance.choice((None, "case", ["officer", "case"])),
        "key": chance.choice((None, text(), [text(), text()])),
        "time": chance.choice(
            (
                "1970-01-01T00:00:00Z",
                "2026-03-02T04:10:00.5Z",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999Z",
                "1969-12-31T23:59:59.999999Z",
            )
        ),
        "points": chance.choice((None, 0, 6, -0.0, 2.5)),
        "level": maybe() if kind == "finding" else text(),
        "version": chance.choice((1, 2, 127, 128, 2**40)),
    }
    if kind == "finding":
        shown["about"] = chance.choice(({}, {"officer": text()}))
        shown["events"] = [[text(), text()] for _ in range(chance.choice((1, 2, 100)))]
        shown["message"] = maybe()
    else:
        shown["ladder"], shown["finding"] = maybe(), text()
        shown["rule"] = maybe()
        if chance.random() < 0.5:
            shown.update(jumped=["blue", "yellow"], action=text(), approval=True)
    for name, value in (("reason", text()), ("note", text()), ("shadow", True)):
        if chance.random() < 0.3:
            shown[name] = value
    return shown


@pytest.mark.seeds(40)
def test_what_is_written_is_what_the_library_writes(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(f"answer {seed}")
    outcome = Outcome(
        chance.choice(("accepted", "duplicate", "conflict", "refused", "too_late")),
        "s",
        "e",
        error=chance.choice((None, None, "fine: must be a number", "no room", "")),
        findings=[a_finding(chance, "finding", "issued") for _ in range(chance.choice((0, 1, 3)))],
        withdrawn=[a_finding(chance, chance.choice(("finding", "warning")), "withdrawn") for _ in range(chance.choice((0, 1, 3)))],
        warnings=[a_finding(chance, "warning", "issued") for _ in range(chance.choice((0, 1, 3)))],
        ignored=chance.choice((0, 1, 128)),
        wrong_field=chance.choice(("", "fine")),
    )
    assert written_by_the_engine([outcome]) == written_by_the_library([outcome])


def test_what_utf_8_has_no_bytes_for_is_not_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        written_by_the_engine([Outcome("refused", error="\ud800")])
