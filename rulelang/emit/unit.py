"""The rules of one file as a unit: all that a program has of them, with numbers of its own.

In: the rules of one file, and what the schema gives numbers to.  Out: first a `Survey`, what the other units must know of it; then, once it is known
what all units have in common, a `Unit`, which the linker puts into the program (see `rulelang.emit.link`).

What a unit and a survey are made of is plain data: numbers, texts, bytes, and tuples and dictionaries of them. They depend on nothing but the file's
rules, the numbers of entities and event types with their slots, and `Common`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from rulelang import model
from rulelang.emit.code import POOLS, Codes, Stretches
from rulelang.emit.index import Wanted, Wanting
from rulelang.emit.memos import Dear, Gathering, Memos
from rulelang.emit.pool import Layout, Pool
from rulelang.emit.shape import Shapes, scan
from rulelang.emit.templates import Template, dumped, reference, template
from rulelang.model import Kind

Plan = dict[str, Any]
Texts = Mapping[tuple[str, str], str]
"""Rules and ladders as they were written, by ("rule" or "ladder", name); one that is not there has no text."""

CODE, AGGREGATE, PATTERN, HISTORY, CALENDAR, PROCEDURE = "c", "a", "p", "h", "k", "r"
"""What templates refer to. Procedures go by the name of the rule."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the other units must know of one: `rules` is their number."""

    rules: int
    dear: Dear
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Common:
    """What units have in common: the names of the parts that stand in several places, and of the computed features that the index keeps."""

    several: Set[Hashable]
    computed: Set[Hashable]


@dataclass(frozen=True, slots=True)
class Told:
    """The part of `Common` that a unit depends on: which of its dear parts, and which of its features, are among them."""

    dear: bytes
    features: bytes


def told(survey: Survey, common: Common) -> Told:
    """What of it concerns this unit."""
    return Told(
        bytes([name in common.several for name in survey.dear.names]),
        bytes([feature.name in common.computed for feature in survey.wanted.features]),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """Stretches of code that stand one after the other: `codes` of them. `shared`: the name of the one that is for all units; None: they are the unit's own.

    `words`, `jumps`, `numbers` and what `operands` has are 32-bit integers. `jumps`: the words that hold targets, counted from the run's first word.
    `operands`: by pool the words that hold numbers of it, and these. `entries`: the codes as JSON, with a `%d` for each of `numbers`, which are words.
    `late`: only the index asks for it. `aggregates`, `patterns`: how many of the unit's the code may speak of.
    """

    shared: tuple[Hashable, str | None] | None
    late: bool
    codes: int
    words: bytes
    jumps: bytes
    operands: Mapping[str, tuple[bytes, bytes]]
    entries: str
    numbers: bytes
    aggregates: int
    patterns: int


@dataclass(frozen=True, slots=True)
class Unit:
    """`pools`: what words refer to, as JSON, by pool. `named`: names of rules, whose procedures are referred to."""

    told: Told
    pools: Mapping[str, tuple[str, ...]]
    memos: tuple[Hashable, ...]
    histories: tuple[str, ...]
    aggregates: tuple[Template, ...]
    patterns: tuple[Template, ...]
    named: tuple[str, ...]
    runs: tuple[Run, ...]
    rules: Template


class Writing:
    """The rules of one file on their way to a unit."""

    def __init__(
        self,
        rules: Sequence[model.Rule],
        events: Iterable[model.Event],
        entities: Mapping[str, model.Entity],
        layout: Layout,
        shapes: Shapes,
        texts: Texts,
    ) -> None:
        self._rules = rules
        self._events = tuple(events)
        self._entities = entities
        self._numbers = {name: number for number, name in enumerate(entities)}
        self.layout = layout
        self._shapes = shapes
        self._texts = texts
        self._gathering = Gathering(shapes)
        self._wanting = Wanting(layout, shapes)
        for number, rule in enumerate(rules):
            if _looked_at_once(rule):
                self._gathering.add(rule.condition)
                self._wanting.add(number, rule)
        self.survey = Survey(len(rules), self._gathering.dear(), self._wanting.wanted())
        self.codes = Codes(layout, self._numbers, shapes)
        self._histories = Pool()
        self._named: dict[str, int] = {}
        self._memos = Memos(shapes, {})

    def unit(self, common: Common) -> Unit:
        """The unit; to be asked for once."""
        codes = self.codes
        known = told(self.survey, common)
        names = zip(self._gathering.shapes, self.survey.dear.names, known.dear, strict=True)
        self._memos = Memos(self._shapes, {shape: name for shape, name, several in names if several})
        rules = ",".join([dumped(self._rule(rule)) for rule in self._rules])
        asked = len(codes.runs)
        for name, node in self._wanting.computed.items():
            if name in common.computed:
                codes.shared(node, NOTHING_ASKED)
        codes.end()
        return Unit(
            known,
            {name: tuple(map(dumped, codes.pools[name].items)) for name in POOLS},
            self._memos.names,
            tuple(self._histories.items),
            tuple(map(template, codes.aggregates.items)),
            tuple(map(template, codes.patterns.items)),
            tuple(self._named),
            tuple([_run(run, late=number >= asked) for number, run in enumerate(codes.runs)]),
            template(rules),
        )

    def history(self, keys: tuple[model.ScopeKey, ...]) -> str:
        """The history of a key, or of a pair."""
        return reference(HISTORY, self._histories.number(keys, history_text(keys, self._events, self._entities, self.layout)))

    def window(self, window: model.Window) -> Plan:
        return {"kind": window.kind, "length_us": window.length_us, "period": window.period, "gap": self.gap(window.gap)}

    def gap(self, gap: model.Gap | None) -> Plan | None:
        """`us`: a length known beforehand; else `code` computes it from the event."""
        if gap is None:
            return None
        code: Any = -1
        if gap.amount is not None and _known_us(gap) is None:
            code = reference(CODE, self.codes.shared(gap.amount, NOTHING_ASKED))
        calendar: Any = -1
        if gap.calendar is not None:
            calendar = reference(CALENDAR, self.codes.pools["calendar"].number(gap.calendar, gap.calendar))
        return gap_plan(gap, code, calendar)

    # ------------------------------------------------------------------ rules

    def _rule(self, rule: model.Rule) -> Plan:
        questions = _OfRule(self, rule)
        memos = self._memos if _looked_at_once(rule) else None
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
            "condition": self._added(rule.condition, questions, memos),
            "operands": questions.operands((rule.condition,)),
            "anchors": self._anchors(rule.anchors),
            "givers": {
                "aggregates": _each(
                    reference(AGGREGATE, questions.aggregate(node)) for node in first_scope if isinstance(node, model.Aggregate)
                ),
                "patterns": _each(
                    reference(PATTERN, questions.pattern(node)) for node in first_scope if isinstance(node, model.PatternTest)
                ),
            },
            "excepts": [
                {
                    "condition": self._added(entry.condition, questions),
                    "operands": questions.operands((entry.condition,)),
                    "until_day": entry.until_day,
                    "because": entry.because,
                }
                for entry in rule.excepts
            ],
            "since_day": rule.since_day,
            "until_day": rule.until_day,
            "repeat": {"kind": rule.repeat.kind, "span_us": rule.repeat.span_us, "period": rule.repeat.period},
            "about": [{"entity": self._numbers[about.entity], "slots": self._slots(about.fields)} for about in rule.about],
            "sample": None if rule.sample is None else {"fraction": rule.sample.fraction, "slots": self._slots(rule.sample.fields)},
            "points": -1 if rule.points is None else self._added(rule.points, questions),
            "level": rule.level,
            "message": [part if isinstance(part, str) else {"code": self._added(part, questions)} for part in rule.message],
            "content": questions.operands(said),
            "approval": rule.approval,
            "reference": rule.reference,
            "owner": rule.owner,
            "procedure": -1 if rule.level is None else reference(PROCEDURE, self._named.setdefault(rule.name, len(self._named))),
            "text": self._texts.get(("rule", rule.name), ""),
        }

    def _added(self, node: model.Expression, questions: _OfRule, memos: Memos | None = None) -> str:
        return reference(CODE, self.codes.add(node, questions, memos=memos))

    def _anchors(self, anchors: model.Anchors) -> Plan:
        return {
            "kind": anchors.kind,
            "events": [{"type": self.layout.numbers[event.event], "where": self.condition(event.where)} for event in anchors.events],
            "gap": self.gap(anchors.gap),
            "period": anchors.period,
        }

    def condition(self, where: model.Expression | None) -> int | str:
        """The code of a condition about one event; -1: always."""
        return -1 if where is None else reference(CODE, self.codes.shared(where, NOTHING_ASKED))

    def _slots(self, fields: Iterable[tuple[str, str]]) -> list[list[int]]:
        return [list(self.layout.slot(event, field)) for event, field in fields]


def _run(run: Stretches, *, late: bool) -> Run:
    operands = {pool: (places.tobytes(), numbers.tobytes()) for pool, (places, numbers) in run.operands.items()}
    entries = ",".join(run.texts)
    words, jumps, numbers = run.words.tobytes(), run.jumps.tobytes(), run.numbers.tobytes()
    return Run(run.shared, late, run.codes, words, jumps, operands, entries, numbers, run.aggregates, run.patterns)


class _NothingAsked:
    """For conditions about one event, which ask nothing of a history."""

    def aggregate(self, node: model.Aggregate) -> int:
        raise AssertionError(f"an aggregate in a condition about one event: {node.span}")

    def pattern(self, node: model.PatternTest) -> int:
        raise AssertionError(f"a pattern in a condition about one event: {node.span}")


NOTHING_ASKED = _NothingAsked()


class _OfRule:
    """The aggregates and patterns of one rule, whose scopes they count from."""

    def __init__(self, writing: Writing, rule: model.Rule) -> None:
        self._writing = writing
        self._rule = rule

    def aggregate(self, node: model.Aggregate) -> int:
        """The number of an aggregate; equal ones have one number."""
        writing, scope = self._writing, self._rule.scopes[node.scope]
        entry = {
            "kind": node.kind,
            "history": writing.history(scope.keys),
            "window": writing.window(scope.window),
            "previous": node.previous,
            "at_least": node.at_least,
            "kind_out": node.type.kind.value,
            "uses_this": node.uses_this,
            "taken": [
                {
                    "type": writing.layout.numbers[taken.event],
                    "where": writing.condition(taken.where),
                    "value": -1 if taken.value is None else self._value(taken.value, _kind_taken(node, taken.value)),
                }
                for taken in node.taken
            ],
        }
        text = dumped(entry)
        return writing.codes.aggregates.number(text, text)

    def _value(self, node: model.Expression, kind: Kind) -> str:
        return reference(CODE, self._writing.codes.shared(node, NOTHING_ASKED, kind))

    def pattern(self, node: model.PatternTest) -> int:
        """The number of a pattern; equal ones have one number."""
        writing, scope = self._writing, self._rule.scopes[node.scope]
        other = node.left if node.kind == "followed by" else node.right
        entry = {
            "kind": node.kind,
            "history": writing.history(scope.keys),
            "window": writing.window(scope.window),
            "left": self._side(node.left),
            "right": self._side(node.right),
            "uses_this": other.where is not None and any(isinstance(n, model.FieldValue) and n.of == "this" for n in scan(other.where)),
        }
        text = dumped(entry)
        return writing.codes.patterns.number(text, text)

    def _side(self, side: model.Side) -> Plan:
        return {"type": self._writing.layout.numbers[side.event], "where": self._writing.condition(side.where)}

    def operands(self, nodes: Iterable[model.Expression]) -> list[Plan]:
        """What expressions ask of histories, each question once, in the order written."""
        found: dict[tuple[str, str], None] = {}
        for node in _asked(nodes) if self._rule.scopes else ():
            if isinstance(node, model.Aggregate):
                found["aggregate", reference(AGGREGATE, self.aggregate(node))] = None
            else:
                found["pattern", reference(PATTERN, self.pattern(node))] = None
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


def _each(numbers: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(numbers))


# ------------------------------------------------------------------ parts that have no numbers of their own


def history_text(
    keys: tuple[model.ScopeKey, ...], events: Iterable[model.Event], entities: Mapping[str, model.Entity], layout: Layout
) -> str:
    """A history as JSON: the same for the same keys, in whichever unit."""
    slots = {}
    for event in events:
        fields = [event.key_field(key) for key in keys]
        if all(field is not None for field in fields):
            number = layout.numbers[event.name]
            slots[str(number)] = [layout.slot(event.name, field.name)[1] for field in fields if field is not None]
    numbers = {name: number for number, name in enumerate(entities)}
    return dumped(
        {
            "name": ", ".join(key.entity if key.by is None else f"{key.entity} by {key.by}" for key in keys),
            "keys": [{"entity": numbers[key.entity], "by": key.by} for key in keys],
            "retain_us": min(entities[key.entity].retain_us for key in keys),
            "slots": slots,
        }
    )


def _known_us(gap: model.Gap) -> Any:
    return gap.amount.value if isinstance(gap.amount, model.Constant) else None


def gap_plan(gap: model.Gap, code: int | str = -1, calendar: int | str = -1) -> Plan:
    """A gap, and what computes its length where that is not known beforehand."""
    return {"kind": gap.kind, "us": _known_us(gap), "code": code, "days": gap.days, "calendar": calendar, "period": gap.period}
