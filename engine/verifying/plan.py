"""The plan of a program, field by field: what is there, of which type, within which range. To add a part to the plan, add it to `PLAN`.

In: the plan as JSON gave it.  Out: nothing, or `Misfit`. docs/program.md says what each field means.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.limits import DAY_MAX, DAY_MIN, SPAN_US_MAX, ProgramLimits
from engine.verifying.shapes import (
    Anything,
    Column,
    Either,
    Entries,
    Items,
    Known,
    Maybe,
    Misfit,
    Number,
    Real,
    Record,
    Text,
    Truth,
    Whole,
    row,
    word,
)

INT_MAX = 2**31 - 1
OFFSET_S_MAX = 86_399

KIND = word("boolean", "integer", "number", "text", "key", "time", "duration", "date")
PERIOD = word("day", "week", "month", "quarter", "year")
LEVEL = word("blue", "yellow", "orange", "red")
DAY = Whole(DAY_MIN, DAY_MAX)
SPAN_US = Whole(0, SPAN_US_MAX)
PLACE = row(Text(), Whole(0, INT_MAX), Whole(0, INT_MAX))  # file, and from where to where in its text
SLOT = row(Number("types"), Whole(0, INT_MAX))  # of an event type; meaning.py sees to what is kept there
CODE = Number("codes")
MAYBE_CODE = Number("codes", or_none=True)

HOURS = Items(row(Whole(0, 1440), Whole(0, 1440)), most="hours_max")
GAP = Record(
    {
        "kind": word("duration", "open_time", "open_days", "period"),
        "us": Maybe(Whole(0)),
        "code": MAYBE_CODE,
        "days": Whole(0, INT_MAX),
        "calendar": Number("calendars", or_none=True),
        "period": Maybe(PERIOD),
    }
)
WINDOW = Record(
    {
        "kind": word("sliding", "retained", "period", "open"),
        "length_us": SPAN_US,
        "period": Maybe(PERIOD),
        "gap": Maybe(GAP),
    }
)
SIDE = Record({"type": Number("types"), "where": MAYBE_CODE})
OPERANDS = Items(Either("aggregate", Record({"aggregate": Number("aggregates")}), Record({"pattern": Number("patterns")})))

CALENDAR = Record({"name": Text(), "weekly": row(*[HOURS] * 7), "closed": Items(DAY), "working": Items(row(DAY, HOURS))})
ENTITY = Record(
    {
        "name": Text(),
        "parent": Number("entities", or_none=True),
        "from": Items(Number("types")),
        "retain_us": Whole(1, SPAN_US_MAX),
        "lookalike": Truth(),
    }
)
FIELD = Record(
    {
        "name": Text(),
        "kind": word("boolean", "integer", "number", "text", "key", "time", "duration"),
        "entity": Number("entities", or_none=True),
        "unit": Maybe(Text()),
        "title": Maybe(Text()),
        "slot": Whole(0, INT_MAX),
        "raw_slot": Whole(-1, INT_MAX),
    }
)
TYPE = Record(
    {
        "name": Text(),
        "title": Maybe(Text()),
        "derived": Truth(),
        "fields": Items(FIELD, most="fields_max"),
        "slots": Whole(0, INT_MAX),
    }
)
TABLE = Record(
    {
        "name": Text(),
        "params": Items(KIND),
        "kind": KIND,
        "rows": Items(Record({"keys": Items(Anything()), "value": Anything(), "since": Maybe(DAY), "until": Maybe(DAY)})),
    }
)
HISTORY = Record(
    {
        "name": Text(),
        "keys": Items(Record({"entity": Number("entities"), "by": Maybe(Text())}), least=1, most="keys_max"),
        "retain_us": Whole(1, SPAN_US_MAX),
        "slots": Entries(Items(Whole(0, INT_MAX))),
    }
)
AGGREGATE = Record(
    {
        "kind": word("count", "sum", "avg", "min", "max", "first", "latest", "distinct", "share"),
        "history": Number("histories"),
        "window": WINDOW,
        "previous": Truth(),
        "at_least": Maybe(Whole(1)),
        "kind_out": KIND,
        "uses_this": Truth(),
        "taken": Items(Record({"type": Number("types"), "where": MAYBE_CODE, "value": MAYBE_CODE})),
    }
)
PATTERN = Record(
    {
        "kind": word("followed by", "preceded by", "not preceded by", "not followed by"),
        "history": Number("histories"),
        "window": WINDOW,
        "left": SIDE,
        "right": SIDE,
        "uses_this": Truth(),
    }
)
RULE = Record(
    {
        "name": Text(),
        "title": Maybe(Text()),
        "category": Maybe(Text()),
        "state": word("enabled", "shadow", "disabled"),
        "layer": Whole(0, 2),
        "span": PLACE,
        "history": Number("histories", or_none=True),
        "condition": CODE,
        "operands": OPERANDS,
        "anchors": Record(
            {
                "kind": word("events", "givers", "deadlines", "ends"),
                "events": Items(SIDE),
                "gap": Maybe(GAP),
                "period": Maybe(PERIOD),
            }
        ),
        "givers": Record({"aggregates": Items(Number("aggregates")), "patterns": Items(Number("patterns"))}),
        "excepts": Items(Record({"condition": CODE, "operands": OPERANDS, "until_day": DAY, "because": Text()})),
        "since_day": Maybe(DAY),
        "until_day": Maybe(DAY),
        "repeat": Record({"kind": word("always", "span", "period"), "span_us": SPAN_US, "period": Maybe(PERIOD)}),
        "about": Items(Record({"entity": Number("entities"), "slots": Items(SLOT)})),
        "sample": Maybe(Record({"fraction": Real(0), "slots": Items(SLOT)})),
        "points": MAYBE_CODE,
        "level": Maybe(LEVEL),
        "message": Items(Either(None, Text(), Record({"code": CODE}))),
        "content": OPERANDS,
        "approval": Truth(),
        "reference": Maybe(Text()),
        "owner": Maybe(Text()),
        "procedure": Number("procedures", or_none=True),
        "text": Text(),
    }
)
LADDER = Record(
    {
        "name": Text(),
        "entity": Number("entities"),
        "window": WINDOW,
        "rungs": Items(Record({"level": LEVEL, "at": Real(), "action": Maybe(Text()), "deadline": Maybe(GAP)}), least=1),
        "categories": Items(Text()),
        "weight": Real(0),
        "procedure": Number("procedures"),
        "text": Text(),
    }
)
STEP = Record(
    {
        "name": Text(),
        "roles": Items(Text(), least=1),
        "deadline": Maybe(GAP),
        "level": Maybe(LEVEL),
        "others": Items(Text()),
        "refutes": Truth(),
    }
)
PROCEDURE = Record({"name": Text(), "release": Maybe(STEP), "steps": Items(STEP, least=1, most="steps_max"), "decision": STEP})
INDEX = Record(
    {
        "type": Number("types"),
        "rows": Items(Number("rules"), most="index_rows_max"),
        "features": Items(
            Record(
                {
                    "slot": Whole(-1, INT_MAX),
                    "code": MAYBE_CODE,
                    "kind": word("text", "number"),
                    "demands": Items(row(Whole(0, INT_MAX), Items(row(Anything(), Anything())), Truth())),
                }
            ),
            most="features_max",
        ),
    }
)
CODES = Record(
    {
        "start": Whole(0, INT_MAX),
        "kind": KIND,
        "stack": Whole(1, "stack_max"),
        "span": PLACE,
        "marks": Items(row(Whole(0, INT_MAX), PLACE)),
    }
)

PLAN = Record(
    {
        "format": Whole(),
        "hash": Text(),
        "timezone": Record({"name": Text(), "transitions": Items(row(Whole(), Whole(-OFFSET_S_MAX, OFFSET_S_MAX)), least=1)}),
        "calendars": Items(CALENDAR, most="calendars_max"),
        "entities": Items(ENTITY, most="entities_max"),
        "confusables": Entries(Text()),
        "types": Items(TYPE, most="types_max"),
        "tables": Items(TABLE, most="tables_max"),
        "histories": Items(HISTORY, most="histories_max"),
        "aggregates": Items(AGGREGATE, most="questions_max"),
        "patterns": Items(PATTERN, most="questions_max"),
        "rules": Items(RULE, most="rules_max"),
        "ladders": Items(LADDER, most="ladders_max"),
        "procedures": Items(PROCEDURE, most="procedures_max"),
        "index": Items(INDEX),
        "codes": Items(CODES, most="codes_max"),
        "constants": Items(row(Text(), Anything())),
        "sets": Items(Record({"kind": KIND, "values": Items(Anything())})),
        "globs": Items(Text()),
        "regexes": Items(Text(), most="regexes_max"),
        "accesses": Items(Items(SLOT)),
        "memos": Whole(0, "memos_max"),
    }
)


def check_shape(plan: Any, limits: ProgramLimits) -> None:
    """Raises `Misfit` where the plan does not have the shape of `PLAN`."""
    if not isinstance(plan, dict):
        raise Misfit("", "the plan must be an object")
    for name, shape in PLAN.fields.items():
        if isinstance(shape, Items) and not isinstance(plan.get(name), list):
            raise Misfit(name, "must be a list of the plan")
    sizes = {name: len(value) for name, value in plan.items() if isinstance(value, list)}
    PLAN.check(Column([plan], lambda i: ""), Known(sizes, asdict(limits)))
