"""Programs written by hand, one instruction at a time, so that the machine is tested without the language.

In: event types as {type: {field: kind}}, an expression as text such as `integer 7, .points, ADD_INTEGER 2`.  Out: a `Machine`, and what it makes of it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from engine.instructions import BY_NAME
from engine.machine import Frame, Machine
from engine.values import Event
from rulelang.normalise import confusables_table
from rulelang.timezones import Zone

Plan = dict[str, Any]
KINDS = ("missing", "boolean", "integer", "number", "text", "key", "time", "duration", "date")


@dataclass(frozen=True, slots=True)
class Program:
    plan: Plan
    code: bytes


def declared(name: str, fields: dict[str, str], entities: dict[str, bool], derived: bool = False) -> Plan:
    """A type of the plan; a kind that names an entity is a key of it."""
    rows, slot = [], 3
    for field, kind in fields.items():
        if kind in entities:
            row = {"name": field, "kind": "key", "entity": list(entities).index(kind), "unit": None, "slot": slot, "raw_slot": slot + 1}
            slot += 2
        else:
            row = {"name": field, "kind": kind, "entity": -1, "unit": None, "slot": slot, "raw_slot": -1}
            slot += 1
        rows.append(row)
    return {"name": name, "derived": derived, "fields": rows, "slots": slot}


class Maker:
    """Collects what a program is made of. `entities`: name -> whether it is lookalike."""

    def __init__(
        self,
        types: dict[str, dict[str, str]] | None = None,
        *,
        entities: dict[str, bool] | None = None,
        zone: str = "Asia/Shanghai",
        calendars: list[Plan] | None = None,
        tables: list[Plan] | None = None,
        sets: list[Plan] | None = None,
        globs: list[str] | None = None,
        regexes: list[str] | None = None,
    ) -> None:
        self.entities = entities or {}
        names = {"e": {}} if types is None else types
        self.types = [declared(name, fields, self.entities) for name, fields in names.items()]
        self.types += [
            declared("finding", {"rule": "text", "points": "number", **{e: e for e in self.entities}}, self.entities, True),
            declared("warning", {"ladder": "text", **{e: e for e in self.entities}}, self.entities, True),
            declared("event_conflict", {"event": "text", "event_id": "text", **{e: e for e in self.entities}}, self.entities, True),
        ]
        self.words: list[int] = []
        self.plan: Plan = {
            "format": 1,
            "hash": "",
            "timezone": {"name": zone, "transitions": [list(t) for t in Zone(zone).transitions]},
            "calendars": calendars or [],
            "entities": [
                {"name": name, "parent": -1, "from": [], "retain_us": 400 * 86_400_000_000, "lookalike": lookalike}
                for name, lookalike in self.entities.items()
            ],
            "confusables": confusables_table() if any(self.entities.values()) else {},
            "types": self.types,
            "tables": tables or [],
            "codes": [],
            "constants": [],
            "sets": sets or [],
            "globs": globs or [],
            "regexes": regexes or [],
            "accesses": [],
            "memos": 4,
            "rules": [],
            "index": [],
        }

    def constant(self, kind: str, value: object) -> int:
        self.plan["constants"].append([kind, value])
        return len(self.plan["constants"]) - 1

    def access(self, field: str) -> int:
        """The slots of a field (`name`, or `name!` for the raw spelling of a key) in all types that declare it."""
        name, raw = field.rstrip("!"), field.endswith("!")
        fixed = {"time": 0, "source": 1, "id": 2}
        slots = []
        for index, kind in enumerate(self.types):
            if name in fixed:
                slots.append([index, fixed[name]])
            slots += [[index, f["raw_slot" if raw else "slot"]] for f in kind["fields"] if f["name"] == name]
        self.plan["accesses"].append(slots)
        return len(self.plan["accesses"]) - 1

    def code(self, text: str) -> int:
        """An expression: instructions with their operands, `KIND VALUE` for a constant, `.field` and `this.field`, `name:` and `@name` for jumps."""
        start = len(self.words)
        labels: dict[str, int] = {}
        jumps: list[tuple[int, str]] = []
        marks = []
        for part in [p.strip() for p in text.split(",")] + ["RETURN"]:
            head, _, rest = part.partition(" ")
            marks.append([len(self.words), ["x", len(marks), len(marks) + 1]])
            if part.endswith(":"):
                marks.pop()
                labels[part[:-1]] = len(self.words)
            elif head in KINDS:
                self.words += [BY_NAME["CONSTANT"].number, self.constant(head, literal(head, rest))]
            elif head.startswith("."):
                self.words += [BY_NAME["FIELD"].number, self.access(head[1:])]
            elif head.startswith("this."):
                self.words += [BY_NAME["THIS_FIELD"].number, self.access(head[5:])]
            else:
                self.words.append(BY_NAME[head].number)
                for operand in rest.split():
                    if operand.startswith("@"):
                        jumps.append((len(self.words), operand[1:]))
                    self.words.append(0 if operand.startswith("@") else int(operand))
        for at, label in jumps:
            self.words[at] = labels[label]
        self.plan["codes"].append(
            {"start": start, "kind": "", "stack": 40 if "deep" in labels else 8, "span": ["x", 0, 1], "marks": marks[:-1]}
        )
        return len(self.plan["codes"]) - 1

    def rule(self, name: str, condition: str, **changes: object) -> None:
        """An unscoped rule that is looked at on every event."""
        self.plan["rules"].append(
            {
                "name": name,
                "history": -1,
                "state": "enabled",
                "condition": self.code(condition),
                "anchors": {"kind": "events", "events": [{"type": i, "where": -1} for i, t in enumerate(self.types) if not t["derived"]]},
                "excepts": [],
                "since_day": None,
                "until_day": None,
                **changes,
            }
        )

    def machine(self, **limits: int) -> Machine:
        rows = list(range(len(self.plan["rules"])))
        self.plan["index"] = [{"type": number, "rows": rows, "features": []} for number in range(len(self.types))]
        return Machine(Program(self.plan, struct.pack(f"<{len(self.words)}i", *self.words)), **limits)


def literal(kind: str, text: str) -> object:
    if kind == "missing":
        return None
    if kind == "boolean":
        return text == "true"
    if kind in ("text", "key"):
        return text.replace("␣", " ")
    return float(text) if kind == "number" else int(text)


def value_of(text: str, maker: Maker | None = None, event: Event | None = None, this: Event | None = None, moment: int = 0) -> Any:
    """What an expression gives; also checks that a trace, which takes no jumps, ends in the same."""
    maker = maker or Maker()
    code = maker.code(text)
    machine = maker.machine()
    frame = Frame()
    frame.current, frame.this, frame.moment = event, this, moment
    value = machine.evaluate(code, frame)
    assert machine.trace(code, frame)[-1][2] == value
    return value
