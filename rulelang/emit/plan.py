"""The plan of a program: what the rule set declares, with every name a number, as plain data that JSON can hold.

In: `model.RuleSet`.  Out: a dictionary (docs/program.md says what is in it) and the code that it refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rulelang import model
from rulelang.emit.code import Codes, Names
from rulelang.emit.index import Index
from rulelang.emit.memos import Memos
from rulelang.emit.pool import Layout, Pool
from rulelang.emit.shape import Shapes, scan
from rulelang.model import Kind
from rulelang.normalise import confusables_table
from rulelang.resolve.procedures import procedure_of
from rulelang.timezones import Zone

FORMAT = 1
"""The version of the plan. One that changes what an older engine would read differently gets a new number."""

Plan = dict[str, Any]
Texts = Mapping[tuple[str, str], str]
"""Rules and ladders as they were written, by ("rule" or "ladder", name); one that is not there has no text."""


def make_plan(ruleset: model.RuleSet, texts: Texts) -> tuple[Plan, list[int]]:
    """The plan and the words of its code."""
    return _Planner(ruleset, texts).plan()


class _Planner:
    """One rule set on its way to a plan."""

    def __init__(self, ruleset: model.RuleSet, texts: Texts) -> None:
        self.ruleset = ruleset
        self.texts = texts
        self.entities = {entity.name: number for number, entity in enumerate(ruleset.entities)}
        self.calendars = {calendar.name: number for number, calendar in enumerate(ruleset.calendars)}
        tables = {table.name: number for number, table in enumerate(ruleset.tables)}
        self.layout = Layout(ruleset.events, self.entities)
        self.shapes = Shapes()
        self.codes = Codes(self.layout, Names(self.entities, self.calendars, tables), self.shapes)
        self.memos = Memos(self.shapes)
        self.histories = Pool()
        self.aggregates = Pool()
        self.patterns = Pool()

    def plan(self) -> tuple[Plan, list[int]]:
        ruleset = self.ruleset
        for entity in ruleset.entities:
            # Membership is read from the history of the entity, whether or not a rule looks at it.
            if entity.parent is not None:
                self.history((model.ScopeKey(entity.name, None),))
        index = Index(self.layout, self.shapes, lambda node: self.codes.shared(node, _NoQuestions()))
        for number, rule in enumerate(ruleset.rules):
            if _looked_at_once(rule):
                self.memos.count(rule.condition)
                index.add(number, rule)
        rules = [self.rule(rule) for rule in ruleset.rules]
        codes = self.codes
        plan: Plan = {
            "format": FORMAT,
            "hash": ruleset.hash,
            "timezone": {"name": ruleset.timezone, "transitions": [list(pair) for pair in Zone(ruleset.timezone).transitions]},
            "calendars": [_calendar(calendar) for calendar in ruleset.calendars],
            "entities": [self.entity(entity) for entity in ruleset.entities],
            "confusables": confusables_table() if any(entity.lookalike for entity in ruleset.entities) else {},
            "types": self.layout.declared,
            "tables": [_table(table) for table in ruleset.tables],
            "histories": self.histories.items,
            "aggregates": self.aggregates.items,
            "patterns": self.patterns.items,
            "rules": rules,
            "ladders": [self.ladder(ladder) for ladder in ruleset.ladders],
            "procedures": [self.procedure(procedure) for procedure in ruleset.procedures],
            "index": index.plan(),
            "codes": codes.entries,
            "constants": codes.constants.items,
            "sets": codes.sets.items,
            "globs": codes.globs.items,
            "regexes": codes.regexes.items,
            "accesses": codes.accesses.items,
            "memos": len(self.memos),
        }
        return plan, codes.words

    # ------------------------------------------------------------------ declarations

    def entity(self, entity: model.Entity) -> Plan:
        return {
            "name": entity.name,
            "parent": -1 if entity.parent is None else self.entities[entity.parent],
            "from": [self.layout.numbers[event] for event in entity.sources],
            "retain_us": entity.retain_us,
            "lookalike": entity.lookalike,
        }

    def history(self, keys: tuple[model.ScopeKey, ...]) -> int:
        """The number of the history of a key, or of a pair."""
        slots = {}
        for event in self.ruleset.events:
            fields = [event.key_field(key) for key in keys]
            if all(field is not None for field in fields):
                number = self.layout.numbers[event.name]
                slots[str(number)] = [self.layout.slot(event.name, field.name)[1] for field in fields if field is not None]
        retained = {entity.name: entity.retain_us for entity in self.ruleset.entities}
        return self.histories.number(
            keys,
            {
                "name": ", ".join(key.entity if key.by is None else f"{key.entity} by {key.by}" for key in keys),
                "keys": [{"entity": self.entities[key.entity], "by": key.by} for key in keys],
                "retain_us": min(retained[key.entity] for key in keys),
                "slots": slots,
            },
        )

    def window(self, window: model.Window) -> Plan:
        return {"kind": window.kind, "length_us": window.length_us, "period": window.period, "gap": self.gap(window.gap)}

    def gap(self, gap: model.Gap | None) -> Plan | None:
        """`us`: a length known beforehand; else `code` computes it from the event."""
        if gap is None:
            return None
        known = gap.amount.value if isinstance(gap.amount, model.Constant) else None
        return {
            "kind": gap.kind,
            "us": known,
            "code": -1 if gap.amount is None or known is not None else self.codes.shared(gap.amount, _NoQuestions()),
            "days": gap.days,
            "calendar": -1 if gap.calendar is None else self.calendars[gap.calendar],
            "period": gap.period,
        }

    def ladder(self, ladder: model.Ladder) -> Plan:
        return {
            "name": ladder.name,
            "entity": self.entities[ladder.entity],
            "window": self.window(ladder.window),
            "rungs": [
                {"level": rung.level, "at": rung.at, "action": rung.action, "deadline": self.gap(rung.deadline)} for rung in ladder.rungs
            ],
            "categories": list(ladder.categories),
            "weight": ladder.weight,
            "procedure": procedure_of(ladder.name, self.ruleset.procedures),
            "text": self.texts.get(("ladder", ladder.name), ""),
        }

    def procedure(self, procedure: model.Procedure) -> Plan:
        return {
            "name": procedure.name,
            "release": None if procedure.release is None else self.step(procedure.release),
            "steps": [self.step(step) for step in procedure.steps],
            "decision": self.step(procedure.decision),
        }

    def step(self, step: model.ProcedureStep) -> Plan:
        return {
            "name": step.name,
            "roles": list(step.roles),
            "deadline": self.gap(step.deadline),
            "level": step.level,
            "others": list(step.others),
            "refutes": step.refutes,
        }

    # ------------------------------------------------------------------ rules

    def rule(self, rule: model.Rule) -> Plan:
        questions = _OfRule(self, rule)
        memos = self.memos if _looked_at_once(rule) else None
        said = [part for part in (rule.points, *rule.message) if part is not None and not isinstance(part, str)]
        first_scope = [node for node in _asked((rule.condition,)) if node.scope == 0] if rule.scopes else []
        return {
            "name": rule.name,
            "title": rule.title,
            "category": rule.category,
            "state": rule.state,
            "layer": rule.layer,
            "span": [rule.span.file, rule.span.start, rule.span.end],
            "history": self.history(rule.scopes[0].keys) if rule.scopes else -1,
            "condition": self.codes.add(rule.condition, questions, memos=memos),
            "operands": questions.operands((rule.condition,)),
            "anchors": self.anchors(rule.anchors),
            "givers": {
                "aggregates": _each(questions.aggregate(node) for node in first_scope if isinstance(node, model.Aggregate)),
                "patterns": _each(questions.pattern(node) for node in first_scope if isinstance(node, model.PatternTest)),
            },
            "excepts": [
                {
                    "condition": self.codes.add(entry.condition, questions),
                    "operands": questions.operands((entry.condition,)),
                    "until_day": entry.until_day,
                    "because": entry.because,
                }
                for entry in rule.excepts
            ],
            "since_day": rule.since_day,
            "until_day": rule.until_day,
            "repeat": {"kind": rule.repeat.kind, "span_us": rule.repeat.span_us, "period": rule.repeat.period},
            "about": [{"entity": self.entities[about.entity], "slots": self.slots(about.fields)} for about in rule.about],
            "sample": None if rule.sample is None else {"fraction": rule.sample.fraction, "slots": self.slots(rule.sample.fields)},
            "points": -1 if rule.points is None else self.codes.add(rule.points, questions),
            "level": rule.level,
            "message": [part if isinstance(part, str) else {"code": self.codes.add(part, questions)} for part in rule.message],
            "content": questions.operands(said),
            "approval": rule.approval,
            "reference": rule.reference,
            "owner": rule.owner,
            "procedure": -1 if rule.level is None else procedure_of(rule.name, self.ruleset.procedures),
            "text": self.texts.get(("rule", rule.name), ""),
        }

    def anchors(self, anchors: model.Anchors) -> Plan:
        return {
            "kind": anchors.kind,
            "events": [{"type": self.layout.numbers[event.event], "where": self.condition(event.where)} for event in anchors.events],
            "gap": self.gap(anchors.gap),
            "period": anchors.period,
        }

    def condition(self, where: model.Expression | None) -> int:
        """The code of a condition about one event; -1: always."""
        return -1 if where is None else self.codes.shared(where, _NoQuestions())

    def slots(self, fields: Iterable[tuple[str, str]]) -> list[list[int]]:
        return [list(self.layout.slot(event, field)) for event, field in fields]


class _NoQuestions:
    """For conditions about one event, which ask nothing of a history."""

    def aggregate(self, node: model.Aggregate) -> int:
        raise AssertionError(f"an aggregate in a condition about one event: {node.span}")

    def pattern(self, node: model.PatternTest) -> int:
        raise AssertionError(f"a pattern in a condition about one event: {node.span}")


class _OfRule:
    """The aggregates and patterns of one rule, whose scopes they count from."""

    def __init__(self, planner: _Planner, rule: model.Rule) -> None:
        self._planner = planner
        self._rule = rule

    def aggregate(self, node: model.Aggregate) -> int:
        """The number of an aggregate; equal ones of all rules have one number."""
        planner, scope = self._planner, self._rule.scopes[node.scope]
        codes, nothing = planner.codes, _NoQuestions()
        entry = {
            "kind": node.kind,
            "history": planner.history(scope.keys),
            "window": planner.window(scope.window),
            "previous": node.previous,
            "at_least": node.at_least,
            "kind_out": node.type.kind.value,
            "uses_this": node.uses_this,
            "taken": [
                {
                    "type": planner.layout.numbers[taken.event],
                    "where": planner.condition(taken.where),
                    "value": -1 if taken.value is None else codes.shared(taken.value, nothing, _kind_taken(node, taken.value)),
                }
                for taken in node.taken
            ],
        }
        return planner.aggregates.number(_name(entry), entry)

    def pattern(self, node: model.PatternTest) -> int:
        """The number of a pattern; equal ones of all rules have one number."""
        planner, scope = self._planner, self._rule.scopes[node.scope]
        other = node.left if node.kind == "followed by" else node.right
        entry = {
            "kind": node.kind,
            "history": planner.history(scope.keys),
            "window": planner.window(scope.window),
            "left": self._side(node.left),
            "right": self._side(node.right),
            "uses_this": other.where is not None and any(isinstance(n, model.FieldValue) and n.of == "this" for n in scan(other.where)),
        }
        return planner.patterns.number(_name(entry), entry)

    def _side(self, side: model.Side) -> Plan:
        return {"type": self._planner.layout.numbers[side.event], "where": self._planner.condition(side.where)}

    def operands(self, nodes: Iterable[model.Expression]) -> list[Plan]:
        """What expressions ask of histories, each question once, in the order written."""
        found: dict[tuple[str, int], None] = {}
        for node in _asked(nodes) if self._rule.scopes else ():
            if isinstance(node, model.Aggregate):
                found["aggregate", self.aggregate(node)] = None
            else:
                found["pattern", self.pattern(node)] = None
        return [{kind: number} for kind, number in found]


def _kind_taken(node: model.Aggregate, value: model.Expression) -> Kind:
    """The values of a track are of one kind: numbers where any of its event types gives numbers."""
    if node.kind in ("sum", "min", "max", "first", "latest"):
        return node.type.kind
    numeric = {taken.value.type.kind for taken in node.taken if taken.value is not None}
    return Kind.NUMBER if numeric == {Kind.NUMBER, Kind.INTEGER} else value.type.kind


def _looked_at_once(rule: model.Rule) -> bool:
    """Whether the rule is about single events, looked at when they come."""
    return not rule.scopes and rule.anchors.kind == "events" and rule.state != "disabled"


def _asked(nodes: Iterable[model.Expression]) -> Iterator[model.Aggregate | model.PatternTest]:
    """The aggregates and patterns in expressions, in the order written."""
    for node in nodes:
        for part in scan(node):
            if isinstance(part, model.Aggregate | model.PatternTest):
                yield part


def _each(numbers: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


def _name(entry: Plan) -> str:
    return repr(entry)


def _calendar(calendar: model.Calendar) -> Plan:
    return {
        "name": calendar.name,
        "weekly": [_hours(hours) for hours in calendar.weekly],
        "closed": sorted(calendar.closed),
        "working": [[day, _hours(hours)] for day, hours in calendar.working],
    }


def _hours(hours: tuple[model.Hours, ...]) -> list[list[int]]:
    return [[stretch.start_minute, stretch.end_minute] for stretch in hours]


def _table(table: model.Table) -> Plan:
    return {
        "name": table.name,
        "params": [parameter.kind.value for parameter in table.parameters],
        "kind": table.type.kind.value,
        "rows": [{"keys": list(row.keys), "value": row.value, "since": row.since_day, "until": row.until_day} for row in table.rows],
    }
