"""A rule set at work: events and times written briefly, findings and warnings read briefly.

In: rules, which are added to the schema below; events.  Out: texts such as `many P1 02T12:00`: rule, key and local time (March 2026).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import rulelang
from engine import Engine, Outcome

SCHEMA = """
timezone "Asia/Shanghai"

calendar office
    open mon..fri 09:00..12:00, 13:00..17:00
    closed 2026-03-10
    working 2026-03-07
calendar night
    open mon..sun 22:00..06:00

entity city
entity unit in city from placed
entity officer in unit from posting
entity case
entity account lookalike
entity device retain 10d

event placed
    unit: unit
    city: city
event posting
    officer: officer
    unit: unit
event fine
    officer: officer
    case: case
    amount: number "yuan"
    number: integer
    late: boolean
    note: text
    due: time
    wait: duration
event ruling
    case: case
    verdict: text
event login
    account: account
    officer: officer
    failed: boolean
event reset
    account: account
    target: account
event capture
    device: device
    captured: integer
event visit
    host: officer
    guest: officer
"""

ZONE = timezone(timedelta(hours=8))


def local(at: str) -> datetime:
    """`02T10:00` is in March 2026, `04-02T10:00` in April; in Shanghai."""
    day, _, clock = at.partition("T")
    month, _, day = day.rpartition("-")
    return datetime.fromisoformat(f"2026-{month or '03'}-{day}T{clock}").replace(tzinfo=ZONE)


def us(at: str) -> int:
    """The same as microseconds since 1970, UTC."""
    return (local(at) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def shown_time(text: str) -> str:
    """A time of the engine's JSON, as `local` reads it."""
    moment = datetime.fromisoformat(text).astimezone(ZONE)
    return moment.isoformat().removesuffix("+08:00").removeprefix("2026-").removesuffix(":00").removeprefix("03-")


def key_text(key: object) -> str:
    return "-" if key is None else ",".join(key) if isinstance(key, list) else str(key)


class Scene:
    """An engine with rules. Events get the ids e1, e2, … unless they say another."""

    def __init__(self, rules: str, *, schema: str = SCHEMA, **options: Any) -> None:
        self.program = rulelang.compile_text(schema + rules)
        self.engine = Engine(self.program, **options)
        self.sent = 0

    def event(self, type_: str, at: str, **fields: object) -> dict[str, object]:
        """An event as JSON."""
        self.sent += 1
        return {"id": f"e{self.sent}", "type": type_, "time": local(at).isoformat()} | fields

    def send(self, type_: str, at: str, **fields: object) -> Outcome:
        """Send an event."""
        return self.engine.evaluate(self.event(type_, at, **fields))

    def clock(self, at: str) -> Outcome:
        """Let the clock reach a time."""
        return self.engine.advance(us(at))

    def standing(self, kind: str, name: str | None = None) -> list[dict[str, Any]]:
        """The findings or warnings that stand, of one rule or ladder."""
        things = [thing for thing in self.engine.standing() if thing["kind"] == kind]
        return [thing for thing in things if name in (None, thing["rule"], thing.get("ladder"))]

    def found(self, rule: str | None = None) -> list[str]:
        """Findings that stand: `RULE KEY TIME`."""
        return [finding_text(thing) for thing in self.standing("finding", rule)]

    def warned(self, name: str | None = None) -> list[str]:
        """Warnings that stand: `RULE-OR-LADDER LEVEL KEY TIME`."""
        return [warning_text(thing) for thing in self.standing("warning", name)]

    def level(self, entity: str, key: str, at: str | None = None) -> dict[str, str]:
        """By ladder: `LEVEL POINTS`."""
        found = self.engine.level(entity, key, None if at is None else us(at))
        return {ladder: f"{state['level'] or 'none'} {state['points']}" for ladder, state in found.items()}


def finding_text(thing: dict[str, Any]) -> str:
    return f"{thing['rule']} {key_text(thing['key'])} {shown_time(thing['time'])}"


def warning_text(thing: dict[str, Any]) -> str:
    return f"{thing['ladder'] or thing['rule']} {thing['level']} {key_text(thing['key'])} {shown_time(thing['time'])}"


def found_in(outcome: Outcome) -> list[str]:
    """What one answer issues: findings."""
    return [finding_text(thing) for thing in outcome.findings]


def withdrawn_in(outcome: Outcome) -> list[str]:
    """What one answer withdraws."""
    return [finding_text(thing) if thing["kind"] == "finding" else warning_text(thing) for thing in outcome.withdrawn]
