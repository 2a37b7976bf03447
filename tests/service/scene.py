"""Rules with a field of each kind, and events for them that happened some hours ago: the service's clock is the real one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import Engine
from proto.rulelang.v1 import event_pb2

RULES = """
timezone "Asia/Shanghai"

entity case
entity officer
entity licence

event breath_test "Roadside breath test"
    case: case
    officer: officer
    alcohol_field: number "mg/100ml"

event blood_test "Laboratory result"
    case: case
    blood_result: number "mg/100ml"

event stop "A vehicle is stopped"
    officer: officer
    licence: licence
    place: text
    vehicles: integer
    fine: number "yuan"
    filmed: boolean
    began: time
    lasted: duration

event report "A stop is written up"
    officer: officer

rule blood_contradicts_breath
    title "Blood result contradicts the roadside breath test"
    category alcohol
    when alcohol_field > 80 and blood_result < 80 within case
    about breath_test.officer
    points 6
    level orange
    message "Case {case}: breath {alcohol_field}, blood {blood_result}"

rule long_stop
    category stops
    when lasted > 2h
    about stop.officer
    message "{lasted} since {began}"

rule many_stops
    category stops
    when count(stop) >= 3 within officer over 1d
    points count(stop)

rule two_officers
    category stops
    when distinct(stop.place) >= 2 within officer, licence over 7d

rule stop_not_reported
    category stops
    when stop not followed by report within officer over 2s
    points 1

ladder conduct within officer over 365d
    blue at 3      action "Written reminder"
    yellow at 6    action "Talk with the unit head"
    red at 40
"""

NOW = datetime.now(UTC)


def ago(hours: float) -> datetime:
    """A moment of some hours before the tests began, to the second."""
    return (NOW - timedelta(hours=hours)).replace(microsecond=0)


def event(name: str, kind: str, when: datetime | str | None, /, source: str = "", **fields: object) -> event_pb2.Event:
    """A message as a caller makes it: each value in the kind that its Python type has."""
    message = event_pb2.Event(id=name, source=source, type=kind)
    if isinstance(when, str):
        message.time_text = when
    elif when is not None:
        message.time.FromDatetime(when)
    for field, value in fields.items():
        put(message.fields[field], value)
    return message


def put(place: event_pb2.Value, value: object) -> None:
    if isinstance(value, bool):
        place.boolean = value
    elif isinstance(value, int):
        place.integer = value
    elif isinstance(value, float):
        place.number = value
    elif isinstance(value, str):
        place.text = value
    elif isinstance(value, datetime):
        place.time.FromDatetime(value)
    elif isinstance(value, timedelta):
        place.duration.FromTimedelta(value)
    else:
        assert value is None, value


def stop(name: str, hours: float, officer: str = "P1", **fields: object) -> event_pb2.Event:
    return event(name, "stop", ago(hours), officer=officer, **fields)


def blood(case: str = "C1", officer: str = "P17") -> list[event_pb2.Event]:
    """Two events of which a finding, a warning of the rule and one of the ladder follow."""
    return [
        event(f"{case}-breath", "breath_test", ago(20), case=case, officer=officer, alcohol_field=196.0),
        event(f"{case}-blood", "blood_test", ago(6), "lab", case=case, blood_result=62.0),
    ]


def write_rules(folder: Path, text: str = RULES) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "first.rules").write_text(text, "utf-8")
    return folder


def standing(program: bytes, store: Path) -> list[dict[str, Any]]:
    """What stands in a store that no service has open, once all deadlines up to now have been looked at."""
    engine = Engine(program, store=f"sqlite:{store}", clock="system", life_cycle=True)
    try:
        engine.advance()
        return engine.standing()
    finally:
        engine.close()


def lines(path: Path) -> list[dict[str, object]]:
    """A log, which is one JSON object a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
