"""Outcomes on the wire say what the JSON objects say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

import rulelang
from engine import Engine, Outcome
from proto.rulelang.v1 import evaluation_pb2
from services.server.events import event_dict
from tests.service.answers import STATUS, written_by_the_engine
from tests.service.scene import RULES, ago, blood, stop

SHADOWED = RULES.replace("rule long_stop\n", "rule long_stop\n    shadow\n").replace(
    "    points 6\n    level orange", "    points 6\n    approval\n    level orange"
)


def engine() -> Engine:
    return Engine(rulelang.compile_text(SHADOWED), clock="system")


def evaluated() -> list[Outcome]:
    eng = engine()
    events = [
        *blood(),
        stop("s1", 6, lasted=timedelta(hours=3), began=ago(9)),
        stop("s2", 5, licence="L1", place="a"),
        stop("s3", 4, licence="L1", place="b"),
        stop("s4", 3, officer="P2", lasted=timedelta(hours=3)),
    ]
    outcomes = eng.evaluate_batch([event_dict(event) for event in events])
    return [*outcomes, eng.evaluate({"id": "r1", "type": "report", "time": ago(5).isoformat(), "officer": "P1"})]


def on_the_wire(outcome: Outcome) -> evaluation_pb2.Outcome:
    response = evaluation_pb2.EvaluateResponse.FromString(written_by_the_engine([outcome]))
    return response.outcome


def shown_on_the_wire(shown: dict[str, Any]) -> Message:
    """One finding or warning."""
    if shown["kind"] == "finding":
        return on_the_wire(Outcome("accepted", findings=[shown])).findings[0]
    return on_the_wire(Outcome("accepted", warnings=[shown])).warnings[0]


def plain(message: Message) -> dict[str, Any]:
    """A message as the JSON object of the contract has it."""
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.has_presence and not message.HasField(field.name):
            value = None
        elif field.name in ("entity", "key"):
            value = None if not value else value[0] if len(value) == 1 else list(value)
        elif field.name == "events":
            value = [[event.source, event.id] for event in value]
        elif field.name == "time":
            value = value.ToJsonString()
        elif field.name == "about":
            value = dict(value)
        elif field.name == "jumped":
            value = list(value)
        found[field.name] = value
    return found


def test_every_field_of_a_finding_and_a_warning_is_on_the_wire_with_its_value() -> None:
    kinds = set()
    for outcome in evaluated():
        for shown in [*outcome.findings, *outcome.warnings, *outcome.withdrawn]:
            said = plain(shown_on_the_wire(shown))
            kinds.add((shown["kind"], shown["rule"] or shown["ladder"], shown["status"]))
            for name, value in shown.items():
                assert name == "kind" or said[name] == value or (value is None and not said[name]), (name, shown)
            # What the object does not say, the message does not either.
            assert not {name for name, value in said.items() if value} - shown.keys()
    assert {
        ("finding", "blood_contradicts_breath", "issued"),
        ("finding", "long_stop", "issued"),
        ("finding", "two_officers", "issued"),
        ("finding", "stop_not_reported", "withdrawn"),
        ("warning", "blood_contradicts_breath", "issued"),
        ("warning", "conduct", "issued"),
        ("warning", "conduct", "withdrawn"),
    } <= kinds


@pytest.mark.parametrize("status", sorted(STATUS))
def test_each_status_of_the_engine_has_one_of_the_wire(status: str) -> None:
    out = on_the_wire(Outcome(status, "s", "e", ignored=2))
    assert evaluation_pb2.Status.Name(out.status) == f"STATUS_{status.upper()}"
    assert out.ignored == 2
    assert not out.HasField("error")


def test_a_refusal_tells_field_and_reason_apart() -> None:
    out = on_the_wire(engine().evaluate({"id": "s", "type": "stop", "time": ago(1).isoformat(), "fine": "dear: very"}))
    assert (out.error.field, out.error.message) == ("fine", "must be a number, not 'dear: very'")


def test_a_refusal_of_no_one_field_has_its_reason_only() -> None:
    out = on_the_wire(Outcome("refused", "s", "e", error="20000000 keys have a history"))
    assert (out.error.field, out.error.message) == ("", "20000000 keys have a history")


def test_a_withdrawn_warning_stands_among_the_warnings() -> None:
    withdrawn = next(o for o in evaluated() if any(shown["kind"] == "warning" for shown in o.withdrawn))
    out = on_the_wire(withdrawn)
    assert all(shown.status == "withdrawn" and shown.reason for shown in out.withdrawn)
    assert "withdrawn" in [shown.status for shown in out.warnings]
