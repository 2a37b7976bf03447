"""Probes: rules that look at what a rule's condition says of single events, inside `where`, `among`, `on … where` and the sides of patterns.

In: a rule set.  Out: the same rules with probes beside them, and what each probe says about which rule.

The machine shows a condition part by part, but of what is inside an aggregate or a pattern only what came of it. Where such a part reads one event
alone, its probe is a rule without a scope with the part as its condition. Where it reads the anchor too (`this`), its probe counts, at the rule's
own anchors and in its scope, the events for which the part is true, is false, and has equal sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rulelang import model
from rulelang.lint.walk import walk
from rulelang.syntax import Span
from services.testing.parts import EQUAL, FALSE, TRUE, Part, Place, joined, place, thresholds

_BOOLEAN = model.Type(model.Kind.BOOLEAN)
_INTEGER = model.Type(model.Kind.INTEGER)
_NOWHERE = Span("", 0, 0)

Seen = Callable[[str, Span, str], None]
"""Called with the rule, the part, and what was seen of it."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A condition over one event. `scope`: of the history that it chooses from; None: of the anchors."""

    event: str
    condition: model.Expression
    scope: int | None
    previous: bool

    @property
    def reads_anchor(self) -> bool:
        return self.scope is not None and any(isinstance(part, model.FieldValue) and part.of == "this" for part in walk(self.condition))


def insides(rule: model.Rule) -> tuple[Inside, ...]:
    """All conditions over single events in a rule's `on` and `when`."""
    return tuple(dict.fromkeys(_insides(rule)))


def _insides(rule: model.Rule) -> Iterator[Inside]:
    for anchor in rule.anchors.events:
        if anchor.where is not None:
            yield Inside(anchor.event, anchor.where, None, False)
    for part in walk(rule.condition):
        match part:
            case model.Aggregate(taken=taken, scope=scope, previous=previous, kind=kind):
                for one in taken:
                    asked = (one.where, one.value if kind == "share" else None)
                    yield from (Inside(one.event, condition, scope, previous) for condition in asked if condition is not None)
            case model.PatternTest(left=left, right=right, scope=scope):
                yield from (Inside(side.event, side.where, scope, False) for side in (left, right) if side.where is not None)


class Probes:
    """The probes of a rule set. `ruleset` has them behind the rules, which are there for what they find may be looked at by others."""

    def __init__(self, ruleset: model.RuleSet) -> None:
        self._single: dict[str, tuple[str, model.Expression]] = {}
        self._counting: dict[str, tuple[str, dict[Place, tuple[Span, str]]]] = {}
        probes: list[model.Rule] = []
        for rule in ruleset.rules:
            for inside in insides(rule) if rule.state != "disabled" else ():
                name = f"probe_{len(probes)}"
                probes.append(self._counter(name, rule, inside) if inside.reads_anchor else self._looker(name, rule, inside))
        self.ruleset = replace(ruleset, rules=(*ruleset.rules, *probes))

    def looked(self, probe: str, shown: Callable[[], list[Part]], seen: Seen) -> None:
        """A rule of `ruleset` was looked at: says what a probe has seen."""
        if probe in self._single:
            rule, condition = self._single[probe]
            values = {at: value for at, _, value in shown()}
            for part in joined(condition):
                value = values.get(place(part.span))
                if value is not None:
                    seen(rule, part.span, TRUE if value else FALSE)
                for threshold in thresholds(part):
                    left, right = values.get(threshold.left), values.get(threshold.right)
                    if left is not None and left == right:
                        seen(rule, threshold.span, EQUAL)
        elif probe in self._counting:
            rule, counted = self._counting[probe]
            for at, _, value in shown():
                if value and at in counted:
                    seen(rule, *counted[at])

    def _looker(self, name: str, rule: model.Rule, inside: Inside) -> model.Rule:
        self._single[name] = rule.name, inside.condition
        anchors = model.Anchors("events", (model.AnchorEvent(inside.event, None),), None, None)
        return _probe(name, rule, (), inside.condition, anchors)

    def _counter(self, name: str, rule: model.Rule, inside: Inside) -> model.Rule:
        assert inside.scope is not None
        counted: dict[Place, tuple[Span, str]] = {}
        counts: list[model.Expression] = []

        def count(condition: model.Expression, part: Span, what: str) -> None:
            own = Span(name, len(counts), len(counts) + 1)
            counted[place(own)] = part, what
            taken = (model.Taken(inside.event, condition, None),)
            found = model.Aggregate("count", inside.scope or 0, taken, inside.previous, None, False, True, _INTEGER, own)
            counts.append(model.Compare(">", found, model.Constant(0, _INTEGER, _NOWHERE), _BOOLEAN, own))

        for part in joined(inside.condition):
            count(part, part.span, TRUE)
            count(model.Not(part, _BOOLEAN, part.span), part.span, FALSE)
            for threshold in thresholds(part):
                count(threshold.equal, threshold.span, EQUAL)
        self._counting[name] = rule.name, counted
        anchors = rule.anchors
        if anchors.kind == "givers":
            anchors = model.Anchors("events", tuple(model.AnchorEvent(anchor.event, None) for anchor in anchors.events), None, None)
        return _probe(name, rule, rule.scopes, model.Logic("or", tuple(counts), _BOOLEAN, _NOWHERE), anchors)


def _probe(name: str, rule: model.Rule, scopes: tuple[model.Scope, ...], condition: model.Expression, anchors: model.Anchors) -> model.Rule:
    """A rule that is looked at, and whose findings concern nobody."""
    return replace(
        rule,
        name=name,
        scopes=scopes,
        condition=condition,
        anchors=anchors,
        about=(),
        points=None,
        level=None,
        message=(),
        repeat=model.Repeat("always", 0, None),
        sample=None,
        excepts=(),
        approval=False,
        state="shadow",
    )
