"""Mutated events through the service: no crash, no hang, nothing wrong taken in silence, and each refusal names a field that is wrong.

What is wrong with an event is told by a twin, written from the contract's words and the schema alone. 4000 events a seed; `--campaign 25` makes
a hundred thousand of them.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from proto.rulelang.v1 import evaluation_pb2, event_pb2
from tests.service.inside import WAIT_S, Inside, chosen, failure, play, rule_set
from tests.service.scene import ago, event, put

EVENTS = 4000
BATCH = 200
SCHEMA = {
    declared.name: {f.name: f.type.kind.value for f in declared.fields} for declared in rule_set().declared.events if not declared.derived
}
TEXT_MAX, NAME_MAX = 10_000, 500
TAKEN = (evaluation_pb2.STATUS_ACCEPTED, evaluation_pb2.STATUS_TOO_LATE)
SEEN_BEFORE = (evaluation_pb2.STATUS_DUPLICATE, evaluation_pb2.STATUS_CONFLICT)
LOCAL = timezone(timedelta(hours=8))

# ------------------------------------------------------------------ the twin

ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)


def iso(text: str) -> datetime | None:
    """The moment, or None: it is no time."""
    found = ISO.fullmatch(text)
    if found is None or len(text) > 48:
        return None
    year, month, day, hour, minute, second, fraction, sign, off_hour, off_minute = found.groups()
    if sign and (int(off_hour) > 23 or int(off_minute or 0) > 59):
        return None
    zone = UTC if text[-1] in "Zz" else LOCAL
    if sign:
        zone = timezone((1 if sign == "+" else -1) * timedelta(hours=int(off_hour), minutes=int(off_minute or 0)))
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros, zone)
    except ValueError:
        return None


def stamp(value: object) -> datetime | None:
    seconds, nanos = value.seconds, value.nanos  # type: ignore[attr-defined]
    if not (0 <= nanos < 10**9 and -62_135_596_800 <= seconds <= 253_402_300_799):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=nanos // 1000)


def span_s(value: event_pb2.Value) -> float | None:
    """A duration in seconds, or None: it is none."""
    kind = value.WhichOneof("kind")
    if kind == "duration":
        seconds, nanos = value.duration.seconds, value.duration.nanos
        if abs(seconds) > 315_576_000_000 or abs(nanos) >= 10**9 or seconds * nanos < 0:
            return None
        return None if abs(seconds) >= 2**33 and abs(nanos) >= 1000 else seconds + nanos / 1e9
    if kind in ("number", "integer"):
        number = getattr(value, kind)
        return None if not math.isfinite(number) or abs(number * 1_000_000) >= 2**63 else number
    return None


def fits(declared: str, value: event_pb2.Value) -> bool:
    kind = value.WhichOneof("kind")
    if kind is None:
        return True
    if declared in ("text", "key"):
        return kind == "text" and len(value.text) <= (TEXT_MAX if declared == "text" else NAME_MAX)
    if declared == "number":
        return kind == "integer" or (kind == "number" and math.isfinite(value.number))
    if declared == "integer":
        number = value.number
        return kind == "integer" or (kind == "number" and math.isfinite(number) and number == int(number) and -(2**63) <= number < 2**63)
    if declared == "time":
        return (stamp(value.time) if kind == "time" else iso(value.text) if kind == "text" else None) is not None
    return kind == "boolean" if declared == "boolean" else span_s(value) is not None


def wrong_fields(sent: event_pb2.Event, now: datetime) -> set[str]:
    """Every part of the event that must not be taken."""
    wrong = {name for name in sent.fields if name in ("id", "source", "type", "time")}
    if not sent.id or len(sent.id) > NAME_MAX:
        wrong.add("id")
    if sent.source == "rulelang" or len(sent.source) > NAME_MAX:
        wrong.add("source")
    if sent.type not in SCHEMA:
        return wrong | {"type"}
    when = {"time": lambda: stamp(sent.time), "time_text": lambda: iso(sent.time_text), None: lambda: None}[sent.WhichOneof("when")]()
    if when is None or when > now + timedelta(seconds=300):
        wrong.add("time")
    return wrong | {name for name, value in sent.fields.items() if name in SCHEMA[sent.type] and not fits(SCHEMA[sent.type][name], value)}


# ------------------------------------------------------------------ the mutations


def an_event(chance: random.Random, number: int) -> event_pb2.Event:
    kind = chance.choice(sorted(SCHEMA))
    values = {
        "key": lambda: f"K{chance.randrange(3000)}",
        "text": lambda: chance.choice(("长沙", "a", "")),
        "number": lambda: chance.choice((0.0, -1.5, 80, 1e300)),
        "integer": lambda: chance.choice((0, -5, 2**63 - 1, 4.0)),
        "boolean": lambda: chance.random() < 0.5,
        "time": lambda: chance.choice((ago(5), "2026-03-01T22:10:00+08:00", "2026-03-01 22:10")),
        "duration": lambda: chance.choice((timedelta(hours=chance.randrange(4)), 7201, 0.5)),
    }
    fields = {name: values[declared]() for name, declared in SCHEMA[kind].items() if chance.random() < 0.9}
    return event(f"e{number}", kind, ago(chance.uniform(1, 9000)), chance.choice(("", "lab")), **fields)


def mutate(chance: random.Random, one: event_pb2.Event) -> None:
    """One thing about it is changed; what comes of it may be good or bad."""
    name = chance.choice([*SCHEMA.get(one.type, {}), "unknown", chance.choice(("id", "time", "type", "source"))])
    texts = (
        "",
        " ",
        "x",
        "\0",
        "\u200b",
        "２",
        "true",
        "null",
        "2026-13-01T00:00:00Z",
        "2026-03-01",
        "x" * 500,
        "x" * 501,
        "字" * 10_001,
        "'; --",
    )
    change = chance.randrange(12)
    if change == 0:
        one.id = chance.choice(texts)
    elif change == 1:
        one.source = chance.choice((*texts, "rulelang"))
    elif change == 2:
        one.type = chance.choice((*texts, "finding", "warning", "event_conflict", "stops", "STOP", "stop "))
    elif change == 3:
        one.ClearField(chance.choice(("id", "source", "type", "time")))
    elif change == 4:
        one.time_text = chance.choice(
            (*texts, "2026-03-01T22:10:00", "2026-03-01T22:10:00.1234567+08", "9999-12-31T23:59:59Z", "0001-01-01T00:00+14")
        )
    elif change == 5:
        one.time.seconds = chance.choice((0, -(2**63), 2**63 - 1, 253_402_300_799, int(ago(-3000).timestamp())))
        one.time.nanos = chance.choice((0, 999_999_999, 10**9, -1, -(2**31)))
    elif change == 6:
        one.fields[name].text = chance.choice(texts)
    elif change == 7:
        one.fields[name].number = chance.choice((math.nan, math.inf, -math.inf, 1.5, 2.0**63, -(2.0**63), 1e308, -0.0, 5e-324))
    elif change == 8:
        one.fields[name].integer = chance.choice((0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1))
    elif change == 9:
        one.fields[name].boolean = chance.random() < 0.5
    elif change == 10:
        one.fields[name].time.seconds = chance.choice((0, -(2**63), 2**63 - 1, -62_135_596_801))
        one.fields[name].time.nanos = chance.choice((0, 10**9, -5))
    else:
        one.fields[name].duration.seconds = chance.choice((0, 7201, -7201, 2**33, 315_576_000_001, -(2**63)))
        one.fields[name].duration.nanos = chance.choice((0, 1, -1, 1000, 10**9))


def mutate_bytes(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(changed))
        way = chance.randrange(4)
        if way == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            changed[at] = chance.randrange(256)
        elif way == 2 and len(changed) > 1:
            del changed[at]
        else:
            changed[at:at] = chance.randbytes(chance.randrange(1, 4))
    return bytes(changed)


# ------------------------------------------------------------------ the tests


def judge(sent: event_pb2.Event, outcome: evaluation_pb2.Outcome, known: set[tuple[str, str]]) -> str:
    """Hold an outcome against the twin."""
    wrong = wrong_fields(sent, datetime.now(UTC))
    shown = f"{sent}\n{outcome}\nwrong: {sorted(wrong)}"
    if wrong:
        assert outcome.status == evaluation_pb2.STATUS_REFUSED, shown
        assert outcome.error.field in wrong, shown
        assert outcome.error.message, shown
        return "refused"
    name = (sent.source, sent.id)
    assert outcome.status in (SEEN_BEFORE if name in known else TAKEN), shown
    if outcome.status != evaluation_pb2.STATUS_TOO_LATE:  # whose name stays free: what comes under it again is as late, or something else
        known.add(name)
    if outcome.status in TAKEN:
        declared = SCHEMA[sent.type]
        ignored = [f for f, value in sent.fields.items() if f not in declared and value.WhichOneof("kind")]
        assert outcome.ignored == len(ignored), shown
    if outcome.status == evaluation_pb2.STATUS_ACCEPTED and sent.type == "stop":
        lasted = span_s(sent.fields["lasted"]) if "lasted" in sent.fields else None
        assert ("long_stop" in [f.rule for f in outcome.findings]) == (lasted is not None and lasted > 7200), shown
    return "taken"


@pytest.mark.seeds(1)
def test_mutated_events_are_refused_by_the_field_that_is_wrong_or_taken_for_what_they_are(seed: int) -> None:
    print(f"seed {seed}, {EVENTS} events")

    async def scenario(inside: Inside) -> None:
        chance = random.Random(seed)
        known: set[tuple[str, str]] = set()
        counts: Counter[str] = Counter()
        raw = inside.channel.unary_unary("/rulelang.v1.Evaluation/Evaluate")
        for start in range(0, EVENTS, BATCH):
            batch = []
            for number in range(start, start + BATCH):
                one = an_event(chance, seed * EVENTS + number)
                for _ in range(chance.choice((0, 1, 1, 1, 2))):
                    mutate(chance, one)
                if chance.random() < 0.2:
                    data = mutate_bytes(chance, one.SerializeToString())
                    try:
                        one = event_pb2.Event.FromString(data)
                    except DecodeError:
                        wrapped = b"\x0a" + varint(len(data)) + data
                        assert (await failure(raw(wrapped, timeout=WAIT_S))).reason == "MALFORMED"
                        counts["malformed"] += 1
                        continue
                batch.append(one)
            answer = await inside.evaluation.EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=batch), timeout=WAIT_S)
            assert len(answer.outcomes) == len(batch)
            counts.update(judge(sent, outcome, known) for sent, outcome in zip(batch, answer.outcomes, strict=True))
        assert counts["malformed"] > EVENTS / 200
        assert min(counts["refused"], counts["taken"]) > EVENTS / 5
        health = await health_pb2_grpc.HealthStub(inside.channel).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        assert not [line for line in inside.log.getvalue().splitlines() if '"level": "error"' in line]

    play(scenario, chosen())


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


@pytest.mark.seeds(1)
def test_bytes_of_any_kind_do_not_hurt_the_service(seed: int) -> None:
    """Requests of random and of broken bytes, to each method: an answer or a status, and it goes on."""
    print(f"seed {seed}")

    async def scenario(inside: Inside) -> None:
        chance = random.Random(seed)
        methods = ["Evaluation/Evaluate", "Evaluation/EvaluateBatch", "RuleSets/Describe", "RuleSets/Check"]
        good = evaluation_pb2.EvaluateBatchRequest(events=[an_event(chance, -n) for n in range(1, 4)]).SerializeToString()

        async def send(number: int) -> str:
            data = chance.randbytes(chance.randrange(200)) if number % 2 else mutate_bytes(chance, good)
            call = inside.channel.unary_unary(f"/rulelang.v1.{methods[number % 4]}")(data, timeout=WAIT_S)
            return str((await call.code()).name)

        codes = Counter([await send(number) for number in range(400)])
        assert set(codes) <= {"OK", "INVALID_ARGUMENT"}, codes
        assert min(codes.values()) > 10

    play(scenario)


def test_the_twin_knows_good_from_bad() -> None:
    """That the twin finds anything at all wrong, and nothing wrong with what is right."""
    now = datetime.now(UTC)
    chance = random.Random(1)
    assert all(not wrong_fields(an_event(chance, n), now) for n in range(200))
    one = event("e", "stop", ago(1))
    put(one.fields["fine"], math.nan)
    put(one.fields["filmed"], 1)
    assert wrong_fields(one, now) == {"fine", "filmed"}
    assert iso("2026-02-30T00:00Z") is None
    assert iso("2026-02-28T00:00") == datetime(2026, 2, 27, 16, 0, tzinfo=UTC)
