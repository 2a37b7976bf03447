"""What a plan must not say: each wrong thing is refused with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import rulelang
from engine.limits import DAY_MAX, DAY_MIN, PROGRAM, SPAN_US_MAX, ProgramLimits
from engine.machine import Machine
from engine.program import ProgramError, load
from engine.verifying.plan import PLAN
from engine.verifying.shapes import Items
from rulelang.normalise import confusables_table
from tests.program.building import apart, changed, golden, together

Change = Callable[[Any], object]
ROOT = Path(__file__).resolve().parents[2]


def refusal(name: str, change: Change) -> str:
    with pytest.raises(ProgramError) as error:
        load(changed(name, change))
    return str(error.value).removeprefix("the program does not fit this engine: ").rpartition("; compile the rules again")[0]


def put(*path: Any) -> Change:
    """Puts the last of these at the path of the others."""
    *before, name, value = path

    def change(plan: Any) -> None:
        for step in before:
            plan = plan[step]
        if name == len(plan) and isinstance(plan, list):
            plan.append(value)
        else:
            plan[name] = value

    return change


def without(*path: Any) -> Change:
    *before, name = path

    def change(plan: Any) -> None:
        for step in before:
            plan = plan[step]
        del plan[name]

    return change


def both(*changes: Change) -> Change:
    def change(plan: Any) -> None:
        for one in changes:
            one(plan)

    return change


def another(number: int, **changes: Any) -> Change:
    """One more aggregate, like the one with this number but for the changes, for which nobody asks."""
    return lambda plan: plan["aggregates"].append({**plan["aggregates"][number], **changes})


# Which rule, aggregate or code is which stands in tests/program/golden/*.listing.
SHAPES: dict[str, tuple[str, Change, str]] = {
    "a part is missing": ("clauses", without("ladders"), "ladders: must be a list of the plan"),
    "a part is no list": ("clauses", put("codes", {}), "codes: must be a list of the plan"),
    "a field is missing": ("clauses", without("rules", 2, "repeat"), "rules[2]: has no field 'repeat'"),
    "a field is not known": ("clauses", put("rules", 2, "speed", 1), "rules[2]: has a field 'speed' that is not known here"),
    "an unknown part": ("clauses", put("speed", 1), "has a field 'speed' that is not known here"),
    "a text is a number": ("clauses", put("rules", 1, "name", 7), "rules[1].name: must be a text, and is 7"),
    "a number is true": (
        "clauses",
        put("rules", 1, "condition", True),
        "rules[1].condition: must be the number of one of the 22 codes, and is True",
    ),
    "a number has a fraction": ("clauses", put("memos", 0.0), "memos: must be a whole number from 0"),
    "a truth is a number": ("clauses", put("rules", 1, "approval", 1), "rules[1].approval: must be true or false, and is 1"),
    "a word is not known": (
        "clauses",
        put("rules", 0, "state", "on"),
        "rules[0].state: must be one of: disabled, enabled, shadow, and is 'on'",
    ),
    "a list is an object": ("clauses", put("rules", 0, "about", {}), "rules[0].about: must be a list, and is {}"),
    "an object is null": ("clauses", put("rules", 0, "anchors", None), "rules[0].anchors: must be an object, and is None"),
    "a row is too long": ("clauses", put("rules", 0, "span", ["x", 1, 2, 3]), "rules[0].span: must be a list of 3 items, and is"),
    "a number is of no item": (
        "clauses",
        put("rules", 0, "history", 3),
        "rules[0].history: must be the number of one of the 3 histories, or -1, and is 3",
    ),
    "a number is below none": (
        "clauses",
        put("rules", 0, "points", -2),
        "rules[0].points: must be the number of one of the 22 codes, or -1, and is -2",
    ),
    "-1 where there must be one": (
        "clauses",
        put("rules", 0, "condition", -1),
        "rules[0].condition: must be the number of one of the 22 codes, and is -1",
    ),
    "beyond 64 bits": ("clauses", put("timezone", "transitions", 0, 0, 2**63), "timezone.transitions[0][0]: must be a whole number from"),
    "no message part": ("clauses", put("rules", 0, "message", 0, 5), "rules[0].message[0]: must be an object, and is 5"),
    "no operand": ("clauses", put("rules", 0, "operands", 0, {}), "rules[0].operands[0]: has no field 'pattern'"),
    "a weight below 0": (
        "clauses",
        put("ladders", 0, "weight", -0.5),
        "ladders[0].weight: must be a finite number, not below 0, and is -0.5",
    ),
    "a number too large": ("clauses", put("ladders", 0, "weight", 10**400), "ladders[0].weight: must be a finite number"),
    "deep in a list of lists": (
        "clauses",
        put("calendars", 0, "weekly", 6, 0, 1, 1441),
        "calendars[0].weekly[6][0][1]: must be a whole number from 0 to 1440, and is 1441",
    ),
    "in an object of any names": (
        "clauses",
        put("histories", 1, "slots", "0", [1, "x"]),
        "histories[1].slots['0'][1]: must be a whole number",
    ),
}

MEANINGS: dict[str, tuple[str, Change, str]] = {
    # ------------------------------------------------------------ declarations
    "no hash": ("clauses", put("hash", "abc"), "hash: must be 64 hexadecimal digits, and is 'abc'"),
    "two rules of one name": ("clauses", put("rules", 1, "name", "everything"), "rules: has 'everything' twice"),
    "two types of one name": ("clauses", put("types", 1, "name", "placed"), "types: has 'placed' twice"),
    "two fields of one name": ("clauses", put("types", 2, "fields", 1, "name", "case"), "types[2].fields: has 'case' twice"),
    "a zone without beginning": (
        "clauses",
        put("timezone", "transitions", 0, 0, 0),
        "timezone.transitions[0][0]: must be -9223372036854775808",
    ),
    "a zone that goes back": ("histories", put("timezone", "transitions", 2, 0, -(2**62)), "timezone.transitions[2][0]: must be later"),
    "a zone without offsets": ("clauses", put("timezone", "transitions", []), "timezone.transitions: must be a list of 1 items or more"),
    "a day worked twice": (
        "expressions",
        lambda plan: plan["calendars"][0]["working"].append(plan["calendars"][0]["working"][0]),
        "calendars[0].working: has ",
    ),
    "slots that overlap": (
        "clauses",
        put("types", 2, "fields", 1, "slot", 4),
        "types[2].fields[1].slot: must be 5, after the fields before, and is 4",
    ),
    "a key without spelling": ("clauses", put("types", 2, "fields", 0, "raw_slot", -1), "types[2].fields[0].raw_slot: must be 4"),
    "a text with an entity": (
        "clauses",
        put("types", 2, "fields", 2, "entity", 0),
        "types[2].fields[2].entity: must name an entity for a key",
    ),
    "a row too small": ("clauses", put("types", 2, "slots", 6), "types[2].slots: must be 10, as many as the fields take, and is 6"),
    "no findings": ("clauses", put("types", 3, "name", "found"), "types: has no event type 'finding'"),
    "a finding that may be sent": (
        "clauses",
        put("types", 3, "derived", False),
        "types[3].derived: must be true for the events that the engine makes",
    ),
    "a type that may not be sent": (
        "clauses",
        put("types", 0, "derived", True),
        "types[0].derived: must be true for the events that the engine makes (finding, warning,",
    ),
    "points that are a text": ("clauses", put("types", 3, "fields", 2, "kind", "text"), "types[3].fields[2]: 'points' must be a number"),
    "a finding with other fields": ("clauses", put("types", 3, "fields", 0, "name", "rules"), "types[3].fields[0]: 'rules' must be a key"),
    "an entity called points": (
        "clauses",
        both(put("entities", 0, "name", "points"), *[put("types", t, "fields", f, "name", "x") for t, f in ((3, 4), (4, 4), (5, 2))]),
        "entities[0].name: 'points' is a field of the events that the engine makes",
    ),
    "an entity in itself": ("clauses", put("entities", 0, "parent", 2), "entities[0].parent: leads back to 'city'"),
    "a table's row too short": ("expressions", put("tables", 0, "rows", 0, "keys", ["a"]), "tables[0].rows[0].keys: must be 2 values"),
    "a table's key of another kind": (
        "expressions",
        put("tables", 0, "rows", 0, "keys", ["a", "b"]),
        "tables[0].rows[0].keys[1]: must be a whole number of 64 bits, being of kind integer, and is 'b'",
    ),
    "a table's value of another kind": (
        "expressions",
        put("tables", 0, "rows", 1, "value", None),
        "tables[0].rows[1].value: must be a finite number",
    ),
    "a constant of another kind": (
        "expressions",
        put("constants", 0, ["text", 1]),
        "constants[0][1]: must be a text, being of kind text, and is 1",
    ),
    "a constant of no kind": ("expressions", put("constants", 0, ["colour", 1]), "constants[0][0]: must be the word for a kind"),
    "a missing constant that is there": ("expressions", put("constants", 0, ["missing", 1]), "constants[0][1]: must be null"),
    "true as a number": ("expressions", put("constants", 0, ["integer", True]), "constants[0][1]: must be a whole number of 64 bits"),
    "a number beyond doubles": ("expressions", put("constants", 0, ["number", 10**400]), "constants[0][1]: must be a finite number"),
    "an item of another kind": ("expressions", put("sets", 0, "values", 1, "x"), "sets[0].values[1]: must be"),
    "no regular expression": ("expressions", put("regexes", 0, "(a"), "regexes[0]: '(a' is no regular expression: missing )"),
    "a back reference, which is not linear": ("expressions", put("regexes", 0, r"(a)\1"), r"regexes[0]: '(a)\\1' is no regular expression"),
    "a history without a type": ("clauses", without("histories", 2, "slots", "2"), "histories[2].slots['2']: must be [3]"),
    "a history with a strange type": ("clauses", put("histories", 2, "slots", "0", [3]), "histories[2].slots['0']: must be left out"),
    "a history by a slot that is no key": ("clauses", put("histories", 2, "slots", "2", [7]), "histories[2].slots['2']: must be [3]"),
    "a history by a raw spelling": ("clauses", put("histories", 2, "slots", "2", [4]), "histories[2].slots['2']: must be [3]"),
    "a history with a slot too few": ("histories", put("histories", 3, "slots", "0", [3]), "histories[3].slots['0']: must be [3, 5]"),
    "a history by a number with a nought": (
        "clauses",
        put("histories", 2, "slots", "02", [3]),
        "histories[2].slots['02']: must be left out",
    ),
    "an access beyond the row": (
        "clauses",
        put("accesses", 0, 0, 1, 10),
        "accesses[0][0][1]: must be a slot below 10 of types[2], and is 10",
    ),
    "an access to two kinds": (
        "clauses",
        put("accesses", 0, [[2, 7], [2, 8]]),
        "accesses[0]: must find values of one kind in all its types",
    ),
    "look-alikes without end": ("expressions", put("confusables", {"a": "b", "b": "a"}), "confusables['a']: comes back to 'a'"),
    "look-alikes that grow": ("expressions", put("confusables", {"a": "aa"}), "confusables['a']: comes back to 'a'"),
    "look-alikes that grow by being put together": (
        "expressions",
        put("confusables", {"e": "x", "x": "\u00e9"}),
        "confusables['e']: comes back",
    ),
    "look-alikes that explode": (
        "expressions",
        put("confusables", {chr(0x4E00 + i): chr(0x4E01 + i) * 2 for i in range(40)}),
        "becomes 128 characters, and limits.skeleton_max allows 64",
    ),
    "look-alikes of two characters": ("expressions", put("confusables", {"ab": "a"}), "confusables['ab']: must be named by one character"),
    # ------------------------------------------------------------ windows and gaps
    "a period without a word": ("histories", put("aggregates", 9, "window", "period", None), "aggregates[9].window.period: must be given"),
    "a sliding window with a period": (
        "histories",
        put("aggregates", 0, "window", "period", "day"),
        "aggregates[0].window.period: must be given",
    ),
    "a sliding window of no length": (
        "histories",
        put("aggregates", 0, "window", "length_us", 0),
        "aggregates[0].window.length_us: must be 1 or more",
    ),
    "an open window without a gap": (
        "histories",
        put("aggregates", 0, "window", "kind", "open"),
        "aggregates[0].window.gap: must be given",
    ),
    "an open window of plain time": (
        "histories",
        put(
            "aggregates",
            0,
            "window",
            {
                "kind": "open",
                "length_us": 0,
                "period": None,
                "gap": {"kind": "duration", "us": 5, "code": -1, "days": 0, "calendar": -1, "period": None},
            },
        ),
        "aggregates[0].window.gap: must be open time or open days",
    ),
    "a gap of two lengths": (
        "clauses",
        put("ladders", 0, "rungs", 2, "deadline", "code", 0),
        "ladders[0].rungs[2].deadline: of kind duration must have either",
    ),
    "a gap of no length": (
        "clauses",
        put("ladders", 0, "rungs", 2, "deadline", "us", None),
        "ladders[0].rungs[2].deadline: of kind duration must have either",
    ),
    "open time without a calendar": (
        "clauses",
        put("ladders", 0, "rungs", 1, "deadline", "calendar", -1),
        "ladders[0].rungs[1].deadline.calendar: must be",
    ),
    "no open days": (
        "clauses",
        put("ladders", 0, "rungs", 0, "deadline", "days", 0),
        "ladders[0].rungs[0].deadline.days: must be 1 or more",
    ),
    "a period's end without a word": (
        "clauses",
        put("ladders", 0, "rungs", 2, "deadline", {"kind": "period", "us": None, "code": -1, "days": 0, "calendar": -1, "period": None}),
        "ladders[0].rungs[2].deadline.period: must be given",
    ),
    "a gap that is no duration": (
        "histories",
        put("rules", 20, "anchors", "gap", "code", 0),
        "rules[20].anchors.gap.code: must be code for duration",
    ),
    # ------------------------------------------------------------ questions to histories
    "a where that is no condition": (
        "histories",
        put("aggregates", 0, "taken", 0, "where", 2),
        "aggregates[0].taken[0].where: must be code for boolean",
    ),
    "a count of values": (
        "histories",
        put("aggregates", 0, "taken", 0, "value", 2),
        "aggregates[0].taken[0].value: must be code, but for count",
    ),
    "a sum of nothing": ("histories", put("aggregates", 2, "taken", 0, "value", -1), "aggregates[2].taken[0].value: must be code"),
    "a sum of texts": (
        "histories",
        put("aggregates", 2, "taken", 0, "value", 7),
        "aggregates[2].taken[0].value: must be code for number or integer or duration, and codes[7] leaves text",
    ),
    "a sum of two kinds": (
        "histories",
        put("aggregates", 2, "taken", 1, {"type": 0, "where": -1, "value": 4}),
        "aggregates[2].taken: must have values of one kind, and has integer and number",
    ),
    "a sum that is a text": ("histories", another(2, kind_out="text"), ".kind_out: must be number, which sum gives, and is text"),
    "a sum of nothing that is a text": (
        "histories",
        another(2, kind_out="text", taken=[]),
        ".kind_out: must be duration or integer or number, which sum gives, and is text",
    ),
    "an average of integers that is one": (
        "histories",
        another(6, kind_out="integer"),
        ".kind_out: must be number",
    ),
    "a latest of another kind": ("histories", another(10, kind_out="number"), ".kind_out: must be text"),
    "a count that is a number": ("histories", another(0, kind_out="number"), ".kind_out: must be integer"),
    "a share of numbers": (
        "histories",
        put("aggregates", 13, "taken", 0, "value", 2),
        "aggregates[13].taken[0].value: must be code for boolean",
    ),
    "at least of a count": ("histories", put("aggregates", 0, "at_least", 2), "aggregates[0].at_least: goes with share"),
    "the window before all that is retained": (
        "histories",
        put("aggregates", 18, "previous", True),
        "aggregates[18].previous: goes with a sliding window",
    ),
    "a side that is no condition": (
        "histories",
        put("patterns", 0, "left", "where", 2),
        "patterns[0].left.where: must be code for boolean",
    ),
    # ------------------------------------------------------------ rules
    "a condition that is a number": (
        "clauses",
        put("rules", 0, "condition", 0),
        "rules[0].condition: must be code for boolean, and codes[0] leaves number",
    ),
    "points that are a condition": (
        "clauses",
        put("rules", 0, "points", 1),
        "rules[0].points: must be code for number or integer, and codes[1] leaves boolean",
    ),
    "a condition that asks what is not listed": (
        "clauses",
        put("rules", 0, "operands", []),
        "rules[0].condition: codes[1] asks aggregate 0, which is not asked for here",
    ),
    "a message that asks what is not listed": ("clauses", put("rules", 0, "content", []), "rules[0].points: codes[5] asks aggregate 1"),
    "a rule without history that asks": (
        "clauses",
        put("rules", 1, "operands", [{"aggregate": 0}]),
        "rules[1]: has no history, and asks one",
    ),
    "a rule about one event whose condition asks": (
        "clauses",
        put("rules", 1, "condition", 1),
        "rules[1].condition: codes[1] asks aggregate 0",
    ),
    "a where that asks": (
        "clauses",
        put("rules", 1, "anchors", "events", 0, "where", 1),
        "rules[1].anchors.events[0].where: codes[1] asks aggregate 0",
    ),
    "an exception that asks": (
        "clauses",
        put("rules", 0, "excepts", 0, "condition", 1),
        "rules[0].excepts[0].condition: codes[1] asks aggregate 0",
    ),
    "a rule about one event at ends of periods": (
        "clauses",
        both(put("rules", 1, "anchors", "kind", "ends"), put("rules", 1, "anchors", "period", "day")),
        "rules[1].anchors.kind: must be events or deadlines for a rule that has no history, and is ends",
    ),
    "deadlines without a gap": (
        "clauses",
        put("rules", 1, "anchors", "kind", "deadlines"),
        "rules[1].anchors.gap: must be given for deadlines",
    ),
    "ends of periods of no length": (
        "histories",
        put("rules", 23, "anchors", "period", None),
        "rules[23].anchors.period: must be given for ends",
    ),
    "anchors that are in no history": (
        "clauses",
        put("rules", 0, "anchors", "events", [{"type": 0, "where": -1}]),
        "rules[0].anchors: names no event type whose events belong to histories[2]",
    ),
    "givers that give nothing": ("clauses", put("rules", 2, "givers", "aggregates", []), "rules[2].anchors: names no event type"),
    "a rule over findings that findings see": (
        "clauses",
        put("rules", 4, "layer", 0),
        "rules[4].layer: must be 1 or more for a rule that sees findings",
    ),
    "a rule over warnings that warnings see": ("clauses", put("rules", 5, "layer", 1), "rules[5].layer: must be 2 or more"),
    "a rule about one event that sees findings": (
        "clauses",
        put("rules", 1, "anchors", "events", [{"type": 3, "where": -1}]),
        "rules[1].layer: must be 1 or more",
    ),
    "about a slot that is no key": (
        "clauses",
        put("rules", 0, "about", 0, "slots", [[2, 7]]),
        "rules[0].about[0].slots[0]: slot 7 of types[2] is no key",
    ),
    "about the key of another": (
        "clauses",
        put("rules", 0, "about", 0, "slots", [[2, 3]]),
        "rules[0].about[0].slots[0]: slot 3 of types[2] is no key of entities[2]",
    ),
    "about one entity twice": (
        "clauses",
        lambda plan: plan["rules"][0]["about"].append(plan["rules"][0]["about"][0]),
        "rules[0].about: has 2 twice",
    ),
    "a sample by a slot beyond the row": (
        "clauses",
        put("rules", 0, "sample", "slots", [[2, 10]]),
        "rules[0].sample.slots[0][1]: must be a slot below 10",
    ),
    "a sample of ends of periods": (
        "histories",
        put("rules", 23, "sample", {"fraction": 0.5, "slots": []}),
        "rules[23].sample: is drawn from events, and there is none at the end of a period",
    ),
    "repeated after no period": ("clauses", put("rules", 1, "repeat", "period", None), "rules[1].repeat.period: must be given"),
    "repeated after no span": ("clauses", put("rules", 0, "repeat", "span_us", 0), "rules[0].repeat.span_us: must be 1 or more"),
    # ------------------------------------------------------------ ladders and index
    "rungs that do not rise": (
        "clauses",
        put("ladders", 0, "rungs", 1, "at", 3.0),
        "ladders[0].rungs[1].at: must be above 3.0, the rung before, and is 3.0",
    ),
    "a level twice": ("clauses", put("ladders", 0, "rungs", 1, "level", "blue"), "ladders[0].rungs: has 'blue' twice"),
    "a ladder without rungs": ("clauses", put("ladders", 0, "rungs", []), "ladders[0].rungs: must be a list of 1 items or more"),
    "a ladder over open time": (
        "clauses",
        put(
            "ladders",
            0,
            "window",
            {
                "kind": "open",
                "length_us": 0,
                "period": None,
                "gap": {"kind": "open_days", "us": None, "code": -1, "days": 2, "calendar": 0, "period": None},
            },
        ),
        "ladders[0].window.kind: must be sliding, retained or period",
    ),
    "a type indexed twice": ("clauses", lambda plan: plan["index"].append(plan["index"][0]), "index: has 2 twice"),
    "an indexed rule that has a scope": (
        "clauses",
        put("index", 0, "rows", 0, 0),
        "index[0].rows: rules[0] is not looked at on each event of types[2]",
    ),
    "an indexed rule that is disabled": (
        "clauses",
        put("index", 0, "rows", 0, 3),
        "index[0].rows: rules[3] is not looked at on each event",
    ),
    "an index of a type that is no anchor": (
        "clauses",
        put("index", 0, "type", 0),
        "index[0].rows: rules[1] is not looked at on each event of types[0]",
    ),
    "a feature beyond the row": (
        "expressions",
        put("index", 0, "features", 0, "slot", 99),
        "index[0].features[0].slot: must be a slot below",
    ),
    "a feature of another kind": ("expressions", lambda plan: feature(plan, "number").update(kind="text"), ".kind: is text, and slot "),
    "a feature by code that asks": (
        "histories",
        lambda plan: plan["index"].append({"type": 0, "rows": [], "features": [{"slot": -1, "code": 1, "kind": "number", "demands": []}]}),
        "index[0].features[0].code: codes[1] asks aggregate 0",
    ),
    "a demand of another kind": (
        "expressions",
        lambda plan: feature(plan, "number")["demands"].append([15, [["a", None]], False]),
        ".demands: must have bounds that are finite numbers",
    ),
    "a demand that is no value": (
        "expressions",
        lambda plan: feature(plan, "text")["demands"][0][1].append([{}, None]),
        ".demands: must have bounds that are texts",
    ),
    "a demand of a row that is not there": (
        "expressions",
        lambda plan: feature(plan, "number")["demands"].append([999, [[1.0, None]], False]),
        "][0]: must be a row after ",
    ),
    "a demand of a row twice": (
        "expressions",
        lambda plan: feature(plan, "number")["demands"].append(feature(plan, "number")["demands"][-1]),
        "][0]: must be a row after ",
    ),
    "a stretch that ends before it begins": (
        "expressions",
        lambda plan: stretches(plan, [[2.0, 1.0]]),
        "[1][0]: must begin before it ends, and is [2.0, 1.0]",
    ),
    "a stretch that is empty": ("expressions", lambda plan: stretches(plan, [[2.0, 2.0]]), "[1][0]: must begin before it ends"),
    "stretches that touch": (
        "expressions",
        lambda plan: stretches(plan, [[1.0, 2.0], [2.0, 3.0]]),
        "[1][1]: must begin after the one before ends",
    ),
    "a ladder without a procedure": ("clauses", put("ladders", 0, "procedure", -1), "ladders[0].procedure"),
    "a step that is called like a decision": (
        "clauses",
        put("procedures", 0, "steps", 0, "name", "decision"),
        "procedures[0].steps: must not be called release or decision or closing",
    ),
    "two steps of one name": (
        "clauses",
        put("procedures", 0, "steps", 1, "name", "notification"),
        "procedures[0].steps: has 'notification' twice",
    ),
    "a step that only a later one did": (
        "clauses",
        put("procedures", 0, "steps", 0, "others", ["review"]),
        "procedures[0].steps[0].others[0]: must be an earlier step, and is 'review'",
    ),
    "a release that refutes": (
        "clauses",
        put("procedures", 0, "release", "refutes", True),
        "procedures[0].release: must be called release",
    ),
    "a decision of another name": (
        "clauses",
        put("procedures", 0, "decision", "name", "d"),
        "procedures[0].decision: must be called decision",
    ),
    "a deadline that is computed": (
        "clauses",
        both(put("procedures", 0, "steps", 0, "deadline", "us", None), put("procedures", 0, "steps", 0, "deadline", "code", 0)),
        "procedures[0].steps[0].deadline.code",
    ),
    "stretches in disorder": (
        "expressions",
        lambda plan: stretches(plan, [[5.0, 6.0], [1.0, 2.0]]),
        "[1][1]: must begin after the one before ends",
    ),
    "no bound in the middle": (
        "expressions",
        lambda plan: stretches(plan, [[1.0, None], [2.0, 3.0]]),
        "[1][0]: must begin before it ends, and is [1.0, None]",
    ),
}


def feature(plan: Any, kind: str) -> Any:
    return next(f for f in plan["index"][0]["features"] if f["kind"] == kind and f["slot"] >= 0 and f["demands"])


def stretches(plan: Any, written: Any) -> None:
    feature(plan, "number")["demands"][0][1] = written


@pytest.mark.parametrize("case", SHAPES)
def test_a_plan_of_another_shape_is_refused(case: str) -> None:
    name, change, expected = SHAPES[case]
    assert expected in refusal(name, change)


@pytest.mark.parametrize("case", MEANINGS)
def test_a_plan_whose_parts_do_not_go_together_is_refused(case: str) -> None:
    name, change, expected = MEANINGS[case]
    assert expected in refusal(name, change)


def test_a_plan_that_is_no_object_is_refused() -> None:
    with pytest.raises(ProgramError, match="format None"):
        load(together([], []))


def test_what_is_wrong_may_be_as_deep_and_long_as_json_can_be() -> None:
    plan, words = apart(golden("clauses"))
    plan["hash"] = "HERE"
    text = json.dumps(plan).encode()
    refused = 0
    for depth in range(1, 1100, 7):
        with pytest.raises(ProgramError, match=r"hash: must be a text|cannot be read: .*recursion") as error:
            load(together(text.replace(b'"HERE"', b"[" * depth + b"]" * depth), words))
        refused += "hash" in str(error.value)
        with pytest.raises(ProgramError, match=r"the format \[|cannot be read: .*recursion"):
            load(together(b'{"format":' + b"[" * depth + b"]" * depth + b"}", []))
    assert refused > 50
    with pytest.raises(ProgramError) as error:
        load(together(text.replace(b'"HERE"', b"[" + b"1," * 1_000_000 + b"1]"), words))
    assert len(str(error.value)) < 300


def test_a_member_needs_the_history_that_says_where_it_belongs() -> None:
    plan, words = apart(rulelang.compile_text(MEMBERS))
    plan["histories"].pop()
    with pytest.raises(ProgramError, match=r"entities\[1\]: is in another entity, and there is no history of it"):
        load(together(plan, words))


MEMBERS = 'timezone "UTC"\nentity unit\nentity officer in unit\nevent posting\n    unit: unit\n    officer: officer\n'


def test_the_letters_that_look_alike_come_to_an_end() -> None:
    program = load(rulelang.compile_text('timezone "UTC"\nentity a lookalike\nevent e\n    a: a\nrule r\n    when a == "x"\n'))
    assert program.plan["confusables"] == confusables_table()
    machine = Machine(program)
    for character in confusables_table():
        assert machine.key(0, character) is None or machine.key(0, machine.key(0, character) or "") == machine.key(0, character)


# ------------------------------------------------------------------ bounds


def stack(plan: Any) -> int:
    return max(code["stack"] for code in plan["codes"])


MANY_REGEXES = "".join(f'rule r{i}\n    when t matches "a{i}"\n' for i in range(3))
TEXT_EVENT = 'timezone "UTC"\nevent e\n    t: text\n    n: number\n'
# By the name of the limit: a program, and how much of what is limited it has.
BOUNDS: dict[str, tuple[Callable[[], bytes], Callable[[bytes, Any], int]]] = {
    "bytes_max": (lambda: golden("clauses"), lambda data, plan: len(data)),
    "rules_max": (lambda: golden("histories"), lambda data, plan: len(plan["rules"])),
    "types_max": (lambda: golden("histories"), lambda data, plan: len(plan["types"])),
    "fields_max": (lambda: golden("expressions"), lambda data, plan: max(len(declared["fields"]) for declared in plan["types"])),
    "access_slots_max": (lambda: golden("histories"), lambda data, plan: len(plan["accesses"]) * len(plan["types"])),
    "entities_max": (lambda: golden("clauses"), lambda data, plan: len(plan["entities"])),
    "keys_max": (lambda: golden("histories"), lambda data, plan: 2),
    "calendars_max": (lambda: golden("expressions"), lambda data, plan: len(plan["calendars"])),
    "hours_max": (lambda: golden("expressions"), lambda data, plan: 2),
    "tables_max": (lambda: golden("expressions"), lambda data, plan: len(plan["tables"])),
    "histories_max": (lambda: golden("histories"), lambda data, plan: len(plan["histories"])),
    "questions_max": (lambda: golden("histories"), lambda data, plan: len(plan["aggregates"])),
    "ladders_max": (lambda: golden("clauses"), lambda data, plan: len(plan["ladders"])),
    "procedures_max": (lambda: golden("clauses"), lambda data, plan: len(plan["procedures"])),
    "steps_max": (lambda: golden("clauses"), lambda data, plan: max(len(procedure["steps"]) for procedure in plan["procedures"])),
    "codes_max": (lambda: golden("clauses"), lambda data, plan: len(plan["codes"])),
    "stack_max": (lambda: golden("expressions"), lambda data, plan: stack(plan)),
    "memos_max": (lambda: golden("expressions"), lambda data, plan: plan["memos"]),
    "regexes_max": (lambda: rulelang.compile_text(TEXT_EVENT + MANY_REGEXES), lambda data, plan: len(plan["regexes"])),
    "features_max": (lambda: golden("expressions"), lambda data, plan: max(len(table["features"]) for table in plan["index"])),
    "index_rows_max": (lambda: golden("expressions"), lambda data, plan: max(len(table["rows"]) for table in plan["index"])),
    "skeleton_max": (lambda: golden("expressions"), lambda data, plan: 18),
}


def test_every_bound_of_programs_is_tried() -> None:
    assert BOUNDS.keys() == {field.name for field in fields(ProgramLimits)}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_program_at_a_bound_is_loaded_and_one_past_it_refused(name: str) -> None:
    make, count = BOUNDS[name]
    data = make()
    most = count(data, apart(data)[0])
    assert 0 < most <= getattr(PROGRAM, name)
    load(data, replace(PROGRAM, **{name: most}))
    with pytest.raises(ProgramError, match=rf"limits\.{name} allows"):
        load(data, replace(PROGRAM, **{name: most - 1}))


def test_every_list_that_a_rule_set_makes_longer_has_a_bound() -> None:
    """Those without are bounded by the bytes of the file, and nothing is made of them that is larger than they are."""
    unbounded = {name for name, shape in PLAN.fields.items() if isinstance(shape, Items) and shape.most is None}
    assert unbounded == {"index", "constants", "sets", "globs", "accesses"}


@pytest.mark.parametrize(
    ("path", "low", "high"),
    [
        (("entities", 3, "retain_us"), 1, SPAN_US_MAX),
        (("rules", 0, "repeat", "span_us"), 1, SPAN_US_MAX),
        (("rules", 0, "since_day"), DAY_MIN, DAY_MAX),
        (("rules", 0, "excepts", 0, "until_day"), DAY_MIN, DAY_MAX),
        (("aggregates", 0, "window", "length_us"), 1, SPAN_US_MAX),
        (("rules", 0, "layer"), 0, 2),
        (("timezone", "transitions", 0, 1), -86_399, 86_399),
        (("ladders", 0, "rungs", 0, "deadline", "days"), 1, 2**31 - 1),
        (("ladders", 0, "rungs", 1, "deadline", "us"), 0, 2**63 - 1),
    ],
)
def test_a_number_at_the_end_of_its_range_is_taken_and_one_past_it_is_not(path: tuple[Any, ...], low: int, high: int) -> None:
    for value in (low, high):
        load(changed("clauses", put(*path, value)))
    for value in (low - 1, high + 1):
        assert refusal("clauses", put(*path, value)).startswith(
            ".".join(map(str, path)).replace(".0", "[0]").replace(".1", "[1]").replace(".3", "[3]")
        )


def test_the_index_has_as_many_features_as_the_machine_has_room_for() -> None:
    written = (ROOT / "engine" / "machinery" / "matching.pxi").read_text(encoding="utf-8")
    assert f"FEATURES_MAX = {PROGRAM.features_max} " in written
    many = PROGRAM.features_max + 10
    schema = 'timezone "UTC"\nevent e\n' + "".join(f"    n{i}: number\n" for i in range(many))
    condition = " and ".join(f"n{i} > 0" for i in range(many))
    program = load(rulelang.compile_text(schema + f"rule a\n    when {condition}\nrule b\n    when {condition}\n"))
    assert len(program.plan["index"][0]["features"]) == PROGRAM.features_max
    event = {"type": "e", "time": "2026-01-01T00:00Z", **{f"n{i}": 1 for i in range(many)}}
    machine = Machine(program)
    assert machine.matches({"id": "1", **event}) == ["a", "b"]
    assert machine.matches({"id": "2", **event, f"n{many - 1}": 0}) == []


# ------------------------------------------------------------------ what is right


@pytest.mark.parametrize(
    "conditions",
    [
        ["n == 1.7976931348623157e308", "n != 1.7976931348623157e308", "n > 1.7976931348623157e308", "n <= -1.7976931348623157e308"],
        ['t starts with "\ud7ff"', 't starts with "\U0010ffff"', 't like "\U0010ffff\U0010ffff*"'],
        ["n in (0.0, -0.0)", "n between -0.0 and 0.0", "n == -0.0"],
    ],
)
def test_the_ends_of_numbers_and_texts_make_a_program_that_is_loaded(conditions: list[str]) -> None:
    rules = "".join(f"rule r{i}\n    when {condition}\nrule s{i}\n    when {condition}\n" for i, condition in enumerate(conditions))
    program = load(rulelang.compile_text(TEXT_EVENT + rules))
    assert program.plan["index"][0]["features"]
    event = {"id": "1", "type": "e", "time": "2026-01-01T00:00Z", "n": 1.7976931348623157e308, "t": "\ud7ff\U0010ffff"}
    assert Machine(program).matches(event) == {0: ["r0", "s0"], 1: ["r0", "s0"], 2: []}[["n ==", "t st", "n in"].index(conditions[0][:4])]
