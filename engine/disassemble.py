"""A program as text that can be read: what the rule set declares, each rule with its clauses, and the code, word by word.

In: a loaded program.  Out: the listing. The same program always gives the same text, so it serves as golden output of tests.

Places are `file[from..to]`, offsets of characters in the rule file's text: the program does not have the text, so it knows no lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.instructions import INSTRUCTIONS, SET_HASH
from engine.program import VERSION, Program
from engine.texts import day_text, duration_text, number, time_text
from engine.verifying.kinds import TAGS

Plan = Mapping[str, Any]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIXED = ("time", "source", "id")
SHOWN_MAX = 8
"""Items of a set, or types of an access, up to which all are shown."""
INDENT = "    "


def disassemble(program: Program) -> str:
    """The listing of a program."""
    listing = _Listing(program.plan, memoryview(program.code).cast("i"))
    return "\n".join(listing.lines()) + "\n"


def quoted(text: str) -> str:
    """A text in quotes, on one line."""
    return json.dumps(text, ensure_ascii=False)


def value_text(kind: str, value: Any) -> str:
    """A value of the plan as it would be written in a rule."""
    if value is None:
        return "missing"
    match kind:
        case "number":
            return repr(float(value))
        case "boolean":
            return "true" if value else "false"
        case "time":
            return time_text(value)
        case "duration":
            return duration_text(value)
        case "date":
            return day_text(value)
        case "integer":
            return str(value)
    return quoted(str(value))


def _place(place: Sequence[Any]) -> str:
    file, start, end = place
    return f"{file}[{start}..{end}]"


def _first(items: Sequence[str], between: str = ", ") -> str:
    """The items, or the first of them and how many there are."""
    if len(items) <= SHOWN_MAX:
        return between.join(items)
    return between.join(items[:SHOWN_MAX]) + f"{between}… {len(items)} in all"


def _minutes(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _hours(hours: Iterable[Sequence[int]]) -> str:
    return ", ".join(f"{_minutes(start)}..{_minutes(end)}" for start, end in hours)


class _Listing:
    """One program being written."""

    def __init__(self, plan: Plan, words: Sequence[int]) -> None:
        self.plan = plan
        self.constants = list(plan["constants"])
        self.words = words
        ends = [code["start"] for code in plan["codes"][1:]] + [len(words)]
        self.ends = dict(enumerate(ends))
        self.slots = [self._slots_of(declared) for declared in plan["types"]]
        self.types: list[str] = [declared["name"] for declared in plan["types"]]
        self.entities: list[str] = [entity["name"] for entity in plan["entities"]]

    @staticmethod
    def _slots_of(declared: Plan) -> list[str]:
        names = list(FIXED)
        for field in declared["fields"]:
            names.append(field["name"])
            if field["raw_slot"] >= 0:
                names.append(f"spelling({field['name']})")
        return names

    def lines(self) -> Iterator[str]:
        plan = self.plan
        yield f"program {VERSION}, plan {plan['format']}, instructions {SET_HASH[:12]}"
        yield f"rule set {plan['hash']}"
        yield f"timezone {plan['timezone']['name']}"
        for part in (
            self._calendars(),
            self._entities(),
            self._types(),
            self._tables(),
            self._histories(),
            self._aggregates(),
            self._patterns(),
            self._rules(),
            self._ladders(),
            self._procedures(),
            self._index(),
            self._shared_code(),
        ):
            for line in part:
                yield line.rstrip()

    # ------------------------------------------------------------------ declarations

    def _calendars(self) -> Iterator[str]:
        for calendar in self.plan["calendars"]:
            yield ""
            yield f"calendar {calendar['name']}"
            for weekday, hours in zip(WEEKDAYS, calendar["weekly"], strict=True):
                if hours:
                    yield f"{INDENT}{weekday} {_hours(hours)}"
            if calendar["closed"]:
                yield f"{INDENT}closed {_first([day_text(day) for day in calendar['closed']])}"
            for day, hours in calendar["working"]:
                yield f"{INDENT}working {day_text(day)} {_hours(hours)}"

    def _entities(self) -> Iterator[str]:
        if self.plan["entities"]:
            yield ""
        for entity in self.plan["entities"]:
            parent = f" in {self.entities[entity['parent']]}" if entity["parent"] >= 0 else ""
            sources = " from " + ", ".join(self.types[source] for source in entity["from"]) if entity["from"] else ""
            lookalike = " lookalike" if entity["lookalike"] else ""
            yield f"entity {entity['name']}{parent}{sources} retain {duration_text(entity['retain_us'])}{lookalike}"
        if self.plan["confusables"]:
            yield f"characters that look like others: {len(self.plan['confusables'])}"

    def _types(self) -> Iterator[str]:
        for declared in self.plan["types"]:
            yield ""
            yield f"event {declared['name']}{self._title(declared)}{' (derived)' if declared['derived'] else ''}"
            for field in declared["fields"]:
                kind = f"key of {self.entities[field['entity']]}" if field["entity"] >= 0 else field["kind"]
                unit = f" {quoted(field['unit'])}" if field["unit"] is not None else ""
                raw = f", spelling {field['raw_slot']}" if field["raw_slot"] >= 0 else ""
                yield f"{INDENT}{field['name']}: {kind}{unit}{self._title(field)}  slot {field['slot']}{raw}"

    @staticmethod
    def _title(declared: Plan) -> str:
        return f" {quoted(declared['title'])}" if declared["title"] is not None else ""

    def _tables(self) -> Iterator[str]:
        for table in self.plan["tables"]:
            yield ""
            yield f"table {table['name']}({', '.join(table['params'])}): {table['kind']}"
            for row in table["rows"]:
                keys = ", ".join(value_text(kind, key) for kind, key in zip(table["params"], row["keys"], strict=True))
                days = "".join(f" {name} {day_text(row[name])}" for name in ("since", "until") if row[name] is not None)
                yield f"{INDENT}{keys + ': ' if keys else ''}{value_text(table['kind'], row['value'])}{days}"

    # ------------------------------------------------------------------ histories, and what is asked of them

    def _histories(self) -> Iterator[str]:
        for index, history in enumerate(self.plan["histories"]):
            yield ""
            yield f"history {index} within {history['name']} retain {duration_text(history['retain_us'])}"
            for kind, slots in history["slots"].items():
                yield f"{INDENT}{', '.join(self._field(int(kind), slot) for slot in slots)}"

    def _field(self, kind: int, slot: int) -> str:
        return f"{self.types[kind]}.{self.slots[kind][slot]}"

    def _fields(self, slots: Iterable[Sequence[int]]) -> str:
        return _first([self._field(kind, slot) for kind, slot in slots], " | ") or "nothing"

    def _gap(self, gap: Plan) -> str:
        match gap["kind"]:
            case "period":
                return f"end of {gap['period']}"
            case "open_days":
                return f"{gap['days']} open days of {self._calendar(gap)}"
        length = duration_text(gap["us"]) if gap["us"] is not None else f"code {gap['code']}"
        return length if gap["kind"] == "duration" else f"{length} open time of {self._calendar(gap)}"

    def _calendar(self, gap: Plan) -> str:
        return str(self.plan["calendars"][gap["calendar"]]["name"])

    def _window(self, window: Plan) -> str:
        match window["kind"]:
            case "sliding":
                return f"over {duration_text(window['length_us'])}"
            case "period":
                return f"over {window['period']}"
            case "open":
                return f"over {self._gap(window['gap'])}"
        return f"over all that is retained, {duration_text(window['length_us'])}"

    def _side(self, side: Plan) -> str:
        return self.types[side["type"]] + (f" where code {side['where']}" if side["where"] >= 0 else "")

    def _within(self, history: int) -> str:
        return f"within {self.plan['histories'][history]['name']}"

    def _question(self, asked: Plan) -> str:
        """What an aggregate or a pattern asks, apart from what it takes up."""
        return f"{self._within(asked['history'])} {self._window(asked['window'])}{', reads this' if asked['uses_this'] else ''}"

    def _aggregates(self) -> Iterator[str]:
        for index, aggregate in enumerate(self.plan["aggregates"]):
            yield ""
            previous = "previous " if aggregate["previous"] else ""
            at_least = f" at least {aggregate['at_least']}" if aggregate["at_least"] is not None else ""
            yield f"aggregate {index} {previous}{aggregate['kind']}{at_least} {self._question(aggregate)}: {aggregate['kind_out']}"
            for taken in aggregate["taken"]:
                value = f", value code {taken['value']}" if taken["value"] >= 0 else ""
                yield f"{INDENT}{self._side(taken)}{value}"

    def _patterns(self) -> Iterator[str]:
        for index, pattern in enumerate(self.plan["patterns"]):
            yield ""
            yield f"pattern {index} {self._question(pattern)}"
            yield f"{INDENT}{self._side(pattern['left'])} {pattern['kind']} {self._side(pattern['right'])}"

    # ------------------------------------------------------------------ rules

    def _rules(self) -> Iterator[str]:
        for index, rule in enumerate(self.plan["rules"]):
            yield ""
            yield f"rule {index} {rule['name']}  {_place(rule['span'])}"
            for line in self._clauses(rule):
                yield INDENT + line

    def _clauses(self, rule: Plan) -> Iterator[str]:
        for name in ("title", "category", "reference", "owner"):
            if rule[name] is not None:
                yield f"{name} {quoted(rule[name])}"
        if rule["state"] != "enabled":
            yield rule["state"]
        yield f"layer {rule['layer']}"
        yield self._within(rule["history"]) if rule["history"] >= 0 else "about one event"
        yield f"looked at {self._anchors(rule)}"
        if rule["operands"]:
            yield f"asks {self._operands(rule['operands'])}"
        yield from self._own_code("when", rule["condition"])
        for entry in rule["excepts"]:
            asks = f", asks {self._operands(entry['operands'])}" if entry["operands"] else ""
            yield f"except until {day_text(entry['until_day'])} because {quoted(entry['because'])}{asks}"
            yield from self._own_code(INDENT + "when", entry["condition"])
        for name in ("since", "until"):
            if rule[f"{name}_day"] is not None:
                yield f"{name} {day_text(rule[f'{name}_day'])}"
        yield f"repeat {self._repeat(rule['repeat'])}"
        for about in rule["about"]:
            yield f"about {self.entities[about['entity']]}: {self._fields(about['slots'])}"
        if rule["sample"] is not None:
            yield f"sample {rule['sample']['fraction']!r} by {self._fields(rule['sample']['slots'])}"
        if rule["content"]:
            yield f"says {self._operands(rule['content'])}"
        if rule["points"] >= 0:
            yield from self._own_code("points", rule["points"])
        if rule["level"] is not None:
            yield f"level {rule['level']}{', with approval' if rule['approval'] else ''}"
        elif rule["approval"]:
            yield "approval"
        for part in rule["message"]:
            if isinstance(part, str):
                yield f"message {quoted(part)}"
            else:
                yield from self._own_code("message", part["code"])

    def _anchors(self, rule: Plan) -> str:
        anchors = rule["anchors"]
        events = ", ".join(self._side(event) for event in anchors["events"])
        match anchors["kind"]:
            case "events":
                return f"on {events}"
            case "deadlines":
                return f"{self._gap(anchors['gap'])} after {events}"
            case "ends":
                return f"at each end of {anchors['period']}"
        givers = [*(f"aggregate {number}" for number in rule["givers"]["aggregates"])]
        givers += [f"pattern {number}" for number in rule["givers"]["patterns"]]
        return f"where {events} gives to {', '.join(givers)}"

    @staticmethod
    def _operands(operands: Iterable[Plan]) -> str:
        return ", ".join(f"{kind} {number}" for operand in operands for kind, number in operand.items())

    @staticmethod
    def _repeat(repeat: Plan) -> str:
        match repeat["kind"]:
            case "span":
                return f"after {duration_text(repeat['span_us'])}"
            case "period":
                return f"after {repeat['period']}"
        return "always"

    def _ladders(self) -> Iterator[str]:
        for ladder in self.plan["ladders"]:
            yield ""
            weight = f", weight {number(float(ladder['weight']))}"
            categories = f", categories {', '.join(map(quoted, ladder['categories']))}" if ladder["categories"] else ""
            yield f"ladder {ladder['name']} within {self.entities[ladder['entity']]} {self._window(ladder['window'])}{weight}{categories}"
            for rung in ladder["rungs"]:
                action = f" action {quoted(rung['action'])}" if rung["action"] is not None else ""
                deadline = f" deadline {self._gap(rung['deadline'])}" if rung["deadline"] is not None else ""
                yield f"{INDENT}{rung['level']} at {number(float(rung['at']))}{action}{deadline}"

    def _procedures(self) -> Iterator[str]:
        for index, procedure in enumerate(self.plan["procedures"]):
            yield ""
            of = [item["name"] for part in ("ladders", "rules") for item in self.plan[part] if item["procedure"] == index]
            yield f"procedure {procedure['name']} of {', '.join(of) or 'no warnings'}"
            for step in (procedure["release"], *procedure["steps"], procedure["decision"]):
                if step is not None:
                    deadline = f" deadline {self._gap(step['deadline'])}" if step["deadline"] is not None else ""
                    level = f" from {step['level']}" if step["level"] is not None else ""
                    others = f" other than {', '.join(step['others'])}" if step["others"] else ""
                    refutes = " may refute" if step["refutes"] else ""
                    yield f"{INDENT}{step['name']} by {', '.join(step['roles'])}{deadline}{level}{others}{refutes}"

    # ------------------------------------------------------------------ index

    def _index(self) -> Iterator[str]:
        for table in self.plan["index"]:
            yield ""
            yield f"index of {self.types[table['type']]}"
            features = [self._feature(table["type"], feature) for feature in table["features"]]
            demands = [{row: demand for row, *demand in feature["demands"]} for feature in table["features"]]
            for row, rule in enumerate(table["rows"]):
                demanded = [f"{name} {self._demand(of[row])}" for name, of in zip(features, demands, strict=True) if row in of]
                yield f"{INDENT}{self.plan['rules'][rule]['name']}: {', '.join(demanded) or 'always looked at'}"

    def _feature(self, kind: int, feature: Plan) -> str:
        if feature["slot"] >= 0:
            return self.slots[kind][feature["slot"]]
        return f"code {feature['code']}" if feature["code"] >= 0 else "what it does not have"

    @staticmethod
    def _demand(demand: Sequence[Any]) -> str:
        stretches, missing = demand
        parts = ["missing"] if missing else []
        for low, high in stretches:
            if low is None and high is None:
                parts.append("present")
            elif isinstance(low, str) and high == low + "\0":
                parts.append(quoted(low))
            else:
                start, end = ("" if bound is None else quoted(bound) if isinstance(bound, str) else repr(bound) for bound in (low, high))
                parts.append(f"[{start}, {end})")
        return " or ".join(parts)

    # ------------------------------------------------------------------ code

    def _own_code(self, what: str, code: int) -> Iterator[str]:
        """Code that one clause alone has, under the clause."""
        yield f"{what} {self._code_head(code)}"
        indent = " " * (len(what) - len(what.lstrip())) + INDENT
        for line in self._code_lines(code):
            yield indent + line

    def _shared_code(self) -> Iterator[str]:
        """Code that does not stand with a rule: conditions and values of what is taken up, gaps, features."""
        own: set[int] = set()
        for rule in self.plan["rules"]:
            own.update((rule["condition"], rule["points"], *(entry["condition"] for entry in rule["excepts"])))
            own.update(part["code"] for part in rule["message"] if not isinstance(part, str))
        for index in range(len(self.plan["codes"])):
            if index not in own:
                yield ""
                yield self._code_head(index)
                for line in self._code_lines(index):
                    yield INDENT + line

    def _code_head(self, index: int) -> str:
        code = self.plan["codes"][index]
        return f"code {index}: {code['kind']}, stack {code['stack']}  {_place(code['span'])}"

    def _code_lines(self, index: int) -> Iterator[str]:
        """An instruction a line: its word, its name, its operands in words, and the places of what it finishes."""
        code = self.plan["codes"][index]
        places: dict[int, list[str]] = {}
        for word, (file, start, end) in code["marks"]:
            places.setdefault(word, []).append(f"{start}..{end}" if file == code["span"][0] else _place((file, start, end)))
        at, end_of_code = code["start"], self.ends[index]
        while at < end_of_code:
            instruction = INSTRUCTIONS[self.words[at]]
            operands = self.words[at + 1 : at + 1 + len(instruction.operands)]
            said = ", ".join(self._operand(kind, operand) for kind, operand in zip(instruction.operands, operands, strict=True))
            line = f"{at:>5}  {instruction.name:<22}{said}"
            yield f"{line:<70}  # {', '.join(places[at])}" if at in places else line
            at += 1 + len(instruction.operands)

    def _operand(self, kind: str, operand: int) -> str:
        """An operand in words."""
        plan = self.plan
        match kind:
            case "constant":
                word, value = self.constants[operand]
                return "missing" if value is None else f"{word} {value_text(word, value)}"
            case "set":
                entry = plan["sets"][operand]
                return f"{entry['kind']} ({_first([value_text(entry['kind'], value) for value in entry['values']])})"
            case "glob":
                return quoted(plan["globs"][operand])
            case "regex":
                return quoted(plan["regexes"][operand])
            case "access":
                return self._fields(plan["accesses"][operand])
            case "aggregate":
                return f"aggregate {operand} ({plan['aggregates'][operand]['kind']})"
            case "pattern":
                return f"pattern {operand} ({plan['patterns'][operand]['kind']})"
            case "calendar":
                return str(plan["calendars"][operand]["name"])
            case "table":
                return str(plan["tables"][operand]["name"])
            case "entity":
                return self.entities[operand] if operand >= 0 else "no entity"
            case "memo":
                return f"memo {operand}"
            case "kind":
                return TAGS[operand]
            case "jump":
                return f"to {operand}"
        raise AssertionError(f"no words for an operand that is a {kind}")
