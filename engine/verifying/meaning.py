"""What the fields of a plan mean to each other.

In: a plan whose shape was checked; for `check_uses` also what its code does.  Out: what declarations say of kinds (`Declared`), or `Misfit`.

First declarations, which refer to nothing but each other; then, once the code is known, all that uses code and histories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from math import isfinite
from typing import Any

import re2

from engine.limits import DAY_MAX, DAY_MIN, ProgramLimits
from engine.verifying.code import Asked, Declared, Facts
from engine.verifying.confusables import check_confusables
from engine.verifying.kinds import BOOLEAN, DURATION, INTEGER, NOTHING, NUMBER, TEXT, TIME, kind_of
from engine.verifying.shapes import INTEGER_MAX, INTEGER_MIN, Misfit, shown

Plan = Mapping[str, Any]

BEGINNING_US = -(2**63)
FIXED_KINDS = {0: TIME, 1: TEXT, 2: TEXT}
"""What the slots hold that every event has: time, source, id."""
_OF_A_WARNING = {"warning": TEXT, "ladder": TEXT, "rule": TEXT, "level": TEXT, "step": TEXT}
DERIVED = {
    "finding": {"rule": TEXT, "category": TEXT, "points": NUMBER, "level": TEXT},
    "warning": {"ladder": TEXT, "rule": TEXT, "level": TEXT, "points": NUMBER},
    "event_conflict": {"event": TEXT, "event_id": TEXT},
    "warning_step": {**_OF_A_WARNING, "result": TEXT, "actor": TEXT, "role": TEXT, "overdue": BOOLEAN},
    "warning_overdue": _OF_A_WARNING,
}
"""The event types that the engine makes itself, with the fields that it fills besides those named like entities."""
RESERVED_STEPS = ("release", "decision", "closing")
"""What steps may not be called: these have a meaning of their own."""
LAYERS = {"finding": 1, "warning": 2}
"""The layer of rules that see events of these types; rules of layer 0 see all others."""
HASH_CHARACTERS = 64


def check_declarations(plan: Plan, limits: ProgramLimits) -> Declared:
    """Types, tables and all else that stands for itself."""
    if len(plan["hash"]) != HASH_CHARACTERS or not set(plan["hash"]) <= set("0123456789abcdef"):
        raise Misfit("hash", f"must be {HASH_CHARACTERS} hexadecimal digits, and is {shown(plan['hash'])}")
    for part in ("calendars", "entities", "types", "tables", "rules", "ladders", "procedures"):
        _all_different(part, [item["name"] for item in plan[part]])
    _check_zone(plan["timezone"]["transitions"])
    check_confusables(plan["confusables"], limits.skeleton_max)
    for number, calendar in enumerate(plan["calendars"]):
        _all_different(f"calendars[{number}].working", [day for day, _ in calendar["working"]])
    for number, declared in enumerate(plan["types"]):
        _check_type(f"types[{number}]", declared)
    _check_derived(plan)
    for number, table in enumerate(plan["tables"]):
        _check_table(f"tables[{number}]", table)
    for number, pattern in enumerate(plan["regexes"]):
        _check_regex(f"regexes[{number}]", pattern)
    for number, history in enumerate(plan["histories"]):
        _check_history(f"histories[{number}]", plan, history)
    _check_parents(plan)
    if len(plan["accesses"]) * len(plan["types"]) > limits.access_slots_max:
        what = f"{len(plan['accesses'])} accesses for {len(plan['types'])} types are more than limits.access_slots_max allows, {limits.access_slots_max}"
        raise Misfit("accesses", what)
    slot_kinds = [_slot_kinds(declared) for declared in plan["types"]]
    return Declared(
        [_access(f"accesses[{number}]", access, slot_kinds) for number, access in enumerate(plan["accesses"])],
        [_constant(f"constants[{number}]", kind, value) for number, (kind, value) in enumerate(plan["constants"])],
        [_set(f"sets[{number}]", entry) for number, entry in enumerate(plan["sets"])],
    )


def check_uses(plan: Plan, facts: Sequence[Facts]) -> None:
    """All that has code computed, or reads a history."""
    uses = _Uses(plan, facts)
    for number, aggregate in enumerate(plan["aggregates"]):
        uses.aggregate(f"aggregates[{number}]", aggregate)
    for number, pattern in enumerate(plan["patterns"]):
        uses.pattern(f"patterns[{number}]", pattern)
    for number, rule in enumerate(plan["rules"]):
        uses.rule(f"rules[{number}]", rule)
    for number, ladder in enumerate(plan["ladders"]):
        uses.ladder(f"ladders[{number}]", ladder)
    for number, procedure in enumerate(plan["procedures"]):
        uses.procedure(f"procedures[{number}]", procedure)
    _all_different("index", [table["type"] for table in plan["index"]])
    for number, table in enumerate(plan["index"]):
        uses.index(f"index[{number}]", table)


def _all_different(place: str, names: Iterable[object]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise Misfit(place, f"has {shown(twice[0])} twice")


# ------------------------------------------------------------------ time, values


def _check_zone(transitions: Sequence[Sequence[int]]) -> None:
    starts = [start for start, _ in transitions]
    if starts[0] != BEGINNING_US:
        raise Misfit("timezone.transitions[0][0]", f"must be {BEGINNING_US}, the beginning of time, and is {starts[0]}")
    for number, (earlier, later) in enumerate(pairwise(starts)):
        if later <= earlier:
            raise Misfit(f"timezone.transitions[{number + 1}][0]", "must be later than the one before")


def _is_number(value: object) -> bool:
    if type(value) is float:
        return isfinite(value)
    return type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX


def _is_whole(value: object) -> bool:
    return type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX


VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    "missing": (lambda value: value is None, "null"),
    "boolean": (lambda value: type(value) is bool, "true or false"),
    "integer": (_is_whole, "a whole number of 64 bits"),
    "number": (_is_number, "a finite number"),
    "text": (lambda value: type(value) is str, "a text"),
    "key": (lambda value: type(value) is str, "a text"),
    "time": (_is_whole, "microseconds, in 64 bits"),
    "duration": (_is_whole, "microseconds, in 64 bits"),
    "date": (lambda value: type(value) is int and DAY_MIN <= value <= DAY_MAX, "the number of a day"),
}
"""By the word for a kind: whether a value of JSON is one, and what it must be."""


def _check_values(place: Callable[[int], str], kind: str, values: Sequence[object]) -> None:
    is_one, wanted = VALUES[kind]
    for number, value in enumerate(values):
        if not is_one(value):
            raise Misfit(place(number), f"must be {wanted}, being of kind {kind}, and is {shown(value)}")


def _constant(place: str, kind: str, value: object) -> str:
    if kind not in VALUES:
        raise Misfit(f"{place}[0]", f"must be the word for a kind, or 'missing', and is {shown(kind)}")
    _check_values(lambda _: f"{place}[1]", kind, [value])
    return kind_of(kind)


def _check_regex(place: str, pattern: str) -> None:
    options = re2.Options()
    options.log_errors = False  # what is wrong is said in the error
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise Misfit(place, f"{shown(pattern)} is no regular expression: {why}") from error


def _set(place: str, entry: Plan) -> str:
    _check_values(lambda number: f"{place}.values[{number}]", entry["kind"], entry["values"])
    return kind_of(entry["kind"])


def _check_table(place: str, table: Plan) -> None:
    rows, kinds = table["rows"], table["params"]
    for number, row in enumerate(rows):
        if len(row["keys"]) != len(kinds):
            raise Misfit(f"{place}.rows[{number}].keys", f"must be {len(kinds)} values, one for each parameter, and are {len(row['keys'])}")
    for at, kind in enumerate(kinds):
        _check_values(partial(_place_of_key, place, at), kind, [row["keys"][at] for row in rows])
    _check_values(lambda number: f"{place}.rows[{number}].value", table["kind"], [row["value"] for row in rows])


def _place_of_key(place: str, at: int, number: int) -> str:
    return f"{place}.rows[{number}].keys[{at}]"


# ------------------------------------------------------------------ event types


def _check_type(place: str, declared: Plan) -> None:
    """Fields have their slots in order, after those that every event has; a key has one more, for its raw spelling."""
    fields = declared["fields"]
    _all_different(f"{place}.fields", [field["name"] for field in fields])
    slot = len(FIXED_KINDS)
    for number, field in enumerate(fields):
        is_key = field["kind"] == "key"
        if is_key != (field["entity"] >= 0):
            raise Misfit(
                f"{place}.fields[{number}].entity", f"must name an entity for a key and be -1 for all else, and is {field['entity']}"
            )
        for name, wanted in (("slot", slot), ("raw_slot", slot + 1 if is_key else -1)):
            if field[name] != wanted:
                raise Misfit(f"{place}.fields[{number}].{name}", f"must be {wanted}, after the fields before, and is {field[name]}")
        slot += 2 if is_key else 1
    if declared["slots"] != slot:
        raise Misfit(f"{place}.slots", f"must be {slot}, as many as the fields take, and is {declared['slots']}")


def _check_derived(plan: Plan) -> None:
    """The types that the engine makes are there, and what it puts into them fits."""
    entities = {entity["name"]: number for number, entity in enumerate(plan["entities"])}
    taken = {name for fields in DERIVED.values() for name in fields}
    for name, number in entities.items():
        if name in taken:
            raise Misfit(f"entities[{number}].name", f"{name!r} is a field of the events that the engine makes, beside which keys stand")
    known = {declared["name"]: number for number, declared in enumerate(plan["types"])}
    for name in DERIVED:
        if name not in known:
            raise Misfit("types", f"has no event type {name!r}")
    for number, declared in enumerate(plan["types"]):
        place, fixed = f"types[{number}]", DERIVED.get(declared["name"])
        if declared["derived"] != (fixed is not None):
            raise Misfit(f"{place}.derived", f"must be true for the events that the engine makes ({', '.join(DERIVED)}), and for no other")
        for at, field in enumerate(declared["fields"] if fixed is not None else ()):
            kind = fixed.get(field["name"]) if fixed is not None else None
            wanted = (kind, -1) if kind is not None else ("key", entities.get(field["name"], -1))
            if (field["kind"], field["entity"]) != wanted:
                raise Misfit(
                    f"{place}.fields[{at}]", f"{shown(field['name'])} must be {'a ' + kind if kind else 'a key of the entity of this name'}"
                )


def _slot_kinds(declared: Plan) -> list[str]:
    """The kind of each slot of an event type."""
    kinds = list(FIXED_KINDS.values())
    for field in declared["fields"]:
        kinds += [TEXT, TEXT] if field["kind"] == "key" else [field["kind"]]
    return kinds


def _access(place: str, access: Sequence[Sequence[int]], slot_kinds: Sequence[Sequence[str]]) -> str:
    kinds = set()
    for number, (kind, slot) in enumerate(access):
        if slot >= len(slot_kinds[kind]):
            raise Misfit(f"{place}[{number}][1]", f"must be a slot below {len(slot_kinds[kind])} of types[{kind}], and is {slot}")
        kinds.add(slot_kinds[kind][slot])
    if len(kinds) > 1:
        raise Misfit(place, f"must find values of one kind in all its types, and finds {' and '.join(sorted(kinds))}")
    return kinds.pop() if kinds else NOTHING


# ------------------------------------------------------------------ histories


def _key_slot(declared: Plan, key: Plan, entity_name: str) -> int | None:
    """The slot by which an event of the type belongs to the history of a key; None: to none."""
    fields = [field for field in declared["fields"] if field["entity"] == key["entity"]]
    if key["by"] is not None:
        fields = [field for field in fields if field["name"] == key["by"]]
    elif len(fields) > 1:
        fields = [field for field in fields if field["name"] == entity_name]
    return fields[0]["slot"] if fields else None


def _check_history(place: str, plan: Plan, history: Plan) -> None:
    """The types whose events belong to it, each with the slots of its keys."""
    expected = {}
    for number, declared in enumerate(plan["types"]):
        slots = [_key_slot(declared, key, plan["entities"][key["entity"]]["name"]) for key in history["keys"]]
        if None not in slots:
            expected[str(number)] = slots
    if history["slots"] != expected:
        wrong = next(kind for kind in [*history["slots"], *expected] if history["slots"].get(kind) != expected.get(kind))
        raise Misfit(f"{place}.slots[{wrong!r}]", f"must be {expected.get(wrong, 'left out')}, where the types keep these keys")


def _check_parents(plan: Plan) -> None:
    """No entity is in itself, and what is in another has the history that says in which."""
    entities = plan["entities"]
    alone = {
        history["keys"][0]["entity"] for history in plan["histories"] if len(history["keys"]) == 1 and history["keys"][0]["by"] is None
    }
    outermost = {number for number, entity in enumerate(entities) if entity["parent"] < 0}
    for number, entity in enumerate(entities):
        chain = [number]
        while chain[-1] not in outermost:
            parent = entities[chain[-1]]["parent"]
            if parent in chain:
                raise Misfit(f"entities[{number}].parent", f"leads back to {shown(entities[parent]['name'])}, which would be in itself")
            chain.append(parent)
        outermost.update(chain)
        if entity["parent"] >= 0 and number not in alone:
            raise Misfit(f"entities[{number}]", "is in another entity, and there is no history of it to say in which")


# ------------------------------------------------------------------ what uses code


class _Uses:
    """The parts of a plan that have code computed."""

    def __init__(self, plan: Plan, facts: Sequence[Facts]) -> None:
        self.plan = plan
        self.facts = facts
        self.layers = [LAYERS.get(declared["name"], 0) for declared in plan["types"]]
        # What is asked -> by number the layer of what it reads.
        self.layers_asked = {
            "aggregate": [max((self.layers[taken["type"]] for taken in a["taken"]), default=0) for a in plan["aggregates"]],
            "pattern": [max(self.layers[p["left"]["type"]], self.layers[p["right"]["type"]]) for p in plan["patterns"]],
        }
        # Event type -> the entity of each slot that is a key, in the spelling that is compared.
        self.key_slots = [{f["slot"]: f["entity"] for f in declared["fields"] if f["entity"] >= 0} for declared in plan["types"]]
        self.history_types = [{int(kind) for kind in history["slots"]} for history in plan["histories"]]

    def code(self, place: str, number: int, kinds: tuple[str, ...], may_ask: Asked = frozenset()) -> None:
        """The code, if there is any, leaves one of these kinds, and asks nothing but what it may."""
        if number < 0:
            return
        facts = self.facts[number]
        if facts.kind not in kinds and facts.kind != NOTHING:
            raise Misfit(place, f"must be code for {' or '.join(kinds)}, and codes[{number}] leaves {facts.kind}")
        if not facts.asks <= may_ask:
            kind, asked = min(facts.asks - may_ask)
            raise Misfit(place, f"codes[{number}] asks {kind} {asked}, which is not asked for here")

    # -------------------------------------------------------------- windows and gaps

    def gap(self, place: str, gap: Plan | None) -> None:
        """Just what its kind needs."""
        if gap is None:
            return
        kind, computed = gap["kind"], gap["code"] >= 0
        length = (gap["us"] is not None) + computed
        if length != (1 if kind in ("duration", "open_time") else 0):
            raise Misfit(
                place,
                f"of kind {kind} must have {'either `us` or `code`' if kind in ('duration', 'open_time') else 'no `us` and no `code`'}",
            )
        if (gap["calendar"] >= 0) != (kind in ("open_time", "open_days")):
            raise Misfit(f"{place}.calendar", "must be given for open time and open days, and for nothing else")
        if (gap["days"] > 0) != (kind == "open_days"):
            raise Misfit(f"{place}.days", "must be 1 or more for open days, and 0 for all else")
        if (gap["period"] is not None) != (kind == "period"):
            raise Misfit(f"{place}.period", "must be given where the kind is period, and nowhere else")
        self.code(f"{place}.code", gap["code"], (DURATION,))

    def window(self, place: str, window: Plan) -> None:
        kind, gap = window["kind"], window["gap"]
        if (window["period"] is not None) != (kind == "period"):
            raise Misfit(f"{place}.period", "must be given where the kind is period, and nowhere else")
        if (gap is not None) != (kind == "open"):
            raise Misfit(f"{place}.gap", "must be given where the kind is open, and nowhere else")
        if (window["length_us"] > 0) != (kind in ("sliding", "retained")):
            raise Misfit(f"{place}.length_us", "must be 1 or more for a sliding window, and 0 for all else")
        if gap is None:
            return
        self.gap(f"{place}.gap", gap)
        if gap["calendar"] < 0 or gap["code"] >= 0:
            raise Misfit(f"{place}.gap", "must be open time or open days, of a length that is known beforehand")

    # -------------------------------------------------------------- questions to histories

    def aggregate(self, place: str, aggregate: Plan) -> None:
        kind, out = aggregate["kind"], kind_of(aggregate["kind_out"])
        self.window(f"{place}.window", aggregate["window"])
        if aggregate["previous"] and aggregate["window"]["kind"] not in ("sliding", "period"):
            raise Misfit(f"{place}.previous", "goes with a sliding window or a period")
        if aggregate["at_least"] is not None and kind != "share":
            raise Misfit(f"{place}.at_least", "goes with share")
        values = set()
        for number, taken in enumerate(aggregate["taken"]):
            here = f"{place}.taken[{number}]"
            self.code(f"{here}.where", taken["where"], (BOOLEAN,))
            if (taken["value"] >= 0) != (kind != "count"):
                raise Misfit(f"{here}.value", "must be code, but for count, which has none")
            if taken["value"] >= 0:
                self.code(f"{here}.value", taken["value"], VALUES_TAKEN.get(kind, ANY))
                values.add(self.facts[taken["value"]].kind)
        values.discard(NOTHING)
        if len(values) > 1:
            raise Misfit(f"{place}.taken", f"must have values of one kind, and has {' and '.join(sorted(values))}")
        if kind in RESULTS:
            results = [RESULTS[kind]]
        else:
            # Of no values the result is missing, so any kind that there may be is right.
            found = values or set(VALUES_TAKEN.get(kind, ANY))
            results = sorted({NUMBER if kind == "avg" and value == INTEGER else value for value in found})
        if out not in results:
            raise Misfit(f"{place}.kind_out", f"must be {' or '.join(results)}, which {kind} gives, and is {aggregate['kind_out']}")

    def pattern(self, place: str, pattern: Plan) -> None:
        self.window(f"{place}.window", pattern["window"])
        for side in ("left", "right"):
            self.code(f"{place}.{side}.where", pattern[side]["where"], (BOOLEAN,))

    # -------------------------------------------------------------- rules

    def rule(self, place: str, rule: Plan) -> None:
        scoped, anchors = rule["history"] >= 0, rule["anchors"]
        if not scoped and (rule["operands"] or rule["content"] or any(entry["operands"] for entry in rule["excepts"])):
            raise Misfit(place, "has no history, and asks one")
        condition, content = _asked(rule["operands"]), _asked(rule["content"])
        self.code(f"{place}.condition", rule["condition"], (BOOLEAN,), condition)
        self.code(f"{place}.points", rule["points"], (NUMBER, INTEGER), content)
        for number, part in enumerate(rule["message"]):
            if not isinstance(part, str):
                self.code(f"{place}.message[{number}]", part["code"], ANY, content)
        for number, entry in enumerate(rule["excepts"]):
            self.code(f"{place}.excepts[{number}].condition", entry["condition"], (BOOLEAN,), _asked(entry["operands"]))
        self.anchors(f"{place}.anchors", rule)
        repeat = rule["repeat"]
        if (repeat["period"] is not None) != (repeat["kind"] == "period"):
            raise Misfit(f"{place}.repeat.period", "must be given where the kind is period, and nowhere else")
        if (repeat["span_us"] > 0) != (repeat["kind"] == "span"):
            raise Misfit(f"{place}.repeat.span_us", "must be 1 or more for a span, and 0 for all else")
        if rule["about"]:
            self.about(f"{place}.about", rule["about"])
        if rule["sample"] is not None:
            if anchors["kind"] == "ends":
                raise Misfit(f"{place}.sample", "is drawn from events, and there is none at the end of a period")
            for number, (kind, slot) in enumerate(rule["sample"]["slots"]):
                self.slot(f"{place}.sample.slots[{number}][1]", kind, slot)
        lowest = self.lowest_layer(rule)
        if rule["layer"] < lowest:
            raise Misfit(f"{place}.layer", f"must be {lowest} or more for a rule that sees findings or warnings, and is {rule['layer']}")

    def anchors(self, place: str, rule: Plan) -> None:
        """When the rule is looked at: there must be something to look at."""
        anchors, scoped = rule["anchors"], rule["history"] >= 0
        kind = anchors["kind"]
        if not scoped and kind in ("givers", "ends"):
            raise Misfit(f"{place}.kind", f"must be events or deadlines for a rule that has no history, and is {kind}")
        if (anchors["gap"] is not None) != (kind == "deadlines"):
            raise Misfit(f"{place}.gap", "must be given for deadlines, and for nothing else")
        if (anchors["period"] is not None) != (kind == "ends"):
            raise Misfit(f"{place}.period", "must be given for ends of periods, and for nothing else")
        self.gap(f"{place}.gap", anchors["gap"])
        for number, event in enumerate(anchors["events"]):
            if event["where"] >= 0:
                self.code(f"{place}.events[{number}].where", event["where"], (BOOLEAN,))
        if not scoped:
            return
        types = {event["type"] for event in anchors["events"]}
        if kind == "givers":
            types &= self.giving(rule["givers"])
        elif kind == "ends":
            types = {number for number, layer in enumerate(self.layers) if layer <= rule["layer"]}
        if not types & self.history_types[rule["history"]]:
            raise Misfit(place, f"names no event type whose events belong to histories[{rule['history']}]")

    def giving(self, givers: Plan) -> set[int]:
        """The types of events that give something to a rule."""
        types = {taken["type"] for number in givers["aggregates"] for taken in self.plan["aggregates"][number]["taken"]}
        for number in givers["patterns"]:
            pattern = self.plan["patterns"][number]
            types.add(pattern["right" if pattern["kind"] == "followed by" else "left"]["type"])
        return types

    def lowest_layer(self, rule: Plan) -> int:
        """The layer of what the rule is looked at on and reads."""
        seen = [self.layers[event["type"]] for event in rule["anchors"]["events"]]
        for operands in (rule["operands"], rule["content"], *(entry["operands"] for entry in rule["excepts"])):
            for operand in operands:
                seen += [self.layers_asked[kind][number] for kind, number in operand.items()]
        return max(seen, default=0)

    def about(self, place: str, about: Sequence[Plan]) -> None:
        _all_different(place, [one["entity"] for one in about])
        for number, one in enumerate(about):
            for at, (kind, slot) in enumerate(one["slots"]):
                if self.key_slots[kind].get(slot) != one["entity"]:
                    raise Misfit(f"{place}[{number}].slots[{at}]", f"slot {slot} of types[{kind}] is no key of entities[{one['entity']}]")

    def slot(self, place: str, kind: int, slot: int) -> None:
        slots = self.plan["types"][kind]["slots"]
        if slot >= slots:
            raise Misfit(place, f"must be a slot below {slots} of types[{kind}], and is {slot}")

    def ladder(self, place: str, ladder: Plan) -> None:
        self.window(f"{place}.window", ladder["window"])
        if ladder["window"]["kind"] == "open":
            raise Misfit(f"{place}.window.kind", "must be sliding, retained or period")
        rungs = ladder["rungs"]
        _all_different(f"{place}.rungs", [rung["level"] for rung in rungs])
        for number, rung in enumerate(rungs):
            self.gap(f"{place}.rungs[{number}].deadline", rung["deadline"])
            if number and rung["at"] <= rungs[number - 1]["at"]:
                raise Misfit(
                    f"{place}.rungs[{number}].at", f"must be above {rungs[number - 1]['at']}, the rung before, and is {rung['at']}"
                )

    def procedure(self, place: str, procedure: Plan) -> None:
        if not set(RESERVED_STEPS).isdisjoint(step["name"] for step in procedure["steps"]):
            raise Misfit(f"{place}.steps", f"must not be called {' or '.join(RESERVED_STEPS)}")
        _all_different(f"{place}.steps", [step["name"] for step in procedure["steps"]])
        before: set[str] = set()
        for at, step in (("release", procedure["release"]), ("decision", procedure["decision"])):
            if step is not None:
                self.step(f"{place}.{at}", step, before)
                if step["name"] != at or step["refutes"]:
                    raise Misfit(f"{place}.{at}", f"must be called {at}, and must not refute")
        for number, step in enumerate(procedure["steps"]):
            self.step(f"{place}.steps[{number}]", step, before)
            before.add(step["name"])

    def step(self, place: str, step: Plan, before: set[str]) -> None:
        gap = step["deadline"]
        self.gap(f"{place}.deadline", gap)
        if gap is not None and gap["code"] >= 0:
            raise Misfit(f"{place}.deadline.code", "must be -1: a deadline is known beforehand")
        for at, other in enumerate(step["others"]):
            if other not in before:
                raise Misfit(f"{place}.others[{at}]", f"must be an earlier step, and is {shown(other)}")

    # -------------------------------------------------------------- the index of rules about one event

    def index(self, place: str, table: Plan) -> None:
        rules, kind = self.plan["rules"], table["type"]
        for number in dict.fromkeys(table["rows"]):
            rule = rules[number]
            lone = rule["history"] < 0 and rule["anchors"]["kind"] == "events" and rule["state"] != "disabled"
            if not lone or all(event["type"] != kind for event in rule["anchors"]["events"]):
                raise Misfit(f"{place}.rows", f"rules[{number}] is not looked at on each event of types[{kind}] by itself")
        slot_kinds = _slot_kinds(self.plan["types"][kind])
        for number, feature in enumerate(table["features"]):
            self.feature(f"{place}.features[{number}]", feature, slot_kinds, len(table["rows"]))

    def feature(self, place: str, feature: Plan, slot_kinds: Sequence[str], rows: int) -> None:
        """A field or a code of the kind that is said, and what rows demand of it, in order."""
        slot, text = feature["slot"], feature["kind"] == "text"
        kinds = (TEXT,) if text else NO_TEXT
        if slot >= len(slot_kinds):
            raise Misfit(f"{place}.slot", f"must be a slot below {len(slot_kinds)} of the type, and is {slot}")
        if slot >= 0 and slot_kinds[slot] not in kinds:
            raise Misfit(f"{place}.kind", f"is {feature['kind']}, and slot {slot} holds {slot_kinds[slot]}")
        self.code(f"{place}.code", feature["code"], kinds)
        is_bound = (lambda bound: type(bound) is str) if text else _is_number
        demands = feature["demands"]
        if demands and not all(map(is_bound, [b for _, stretches, _ in demands for s in stretches for b in s if b is not None])):
            raise Misfit(f"{place}.demands", f"must have bounds that are {'texts' if text else 'finite numbers'}")
        before = -1
        for number, (row, stretches, _) in enumerate(demands):
            if not before < row < rows:
                raise Misfit(f"{place}.demands[{number}][0]", f"must be a row after {before} and below {rows}, and is {row}")
            before = row
            if len(stretches) == 1 and (None in stretches[0] or stretches[0][0] < stretches[0][1]):
                continue
            _check_stretches(f"{place}.demands[{number}][1]", stretches)


def _check_stretches(place: str, stretches: Sequence[Sequence[Any]]) -> None:
    """Half-open, in order and apart; null is no bound, so it stands only at the outer ends."""
    for number, (low, high) in enumerate(stretches):
        outer = (low is not None or number == 0) and (high is not None or number == len(stretches) - 1)
        if not outer or not (low is None or high is None or low < high):
            raise Misfit(f"{place}[{number}]", f"must begin before it ends, and is {shown([low, high])}")
        if number and not stretches[number - 1][1] < low:
            raise Misfit(f"{place}[{number}]", "must begin after the one before ends")


ANY = (BOOLEAN, INTEGER, NUMBER, TEXT, TIME, DURATION, "date")
NO_TEXT = tuple(kind for kind in ANY if kind != TEXT)
SUMMED = (NUMBER, INTEGER, DURATION)
VALUES_TAKEN = {"sum": SUMMED, "avg": SUMMED, "share": (BOOLEAN,)}
"""By aggregate: the kinds of values that it takes up, where not any."""
RESULTS = {"count": INTEGER, "distinct": INTEGER, "share": NUMBER}
"""By aggregate: the kind of its result, where that does not follow from the values."""


def _asked(operands: Sequence[Mapping[str, int]]) -> Asked:
    return frozenset(pair for operand in operands for pair in operand.items())
