"""What the tests of a rule set have looked at, and what none of them has.

In: each look of a rule at an anchor, with the value of every part of its condition; what probes say of the conditions inside it.  Out: per rule
what was never true, false or undecided, and which thresholds no test stood on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rulelang import model
from rulelang.syntax import Span
from services.testing.parts import EQUAL, FALSE, TRUE, UNDECIDED, Part, Place, Scalar, Threshold, joined, place, thresholds
from services.testing.probes import insides


@dataclass(frozen=True, slots=True)
class Conditions:
    """What of a rule is counted: the parts of its condition that can be true or false by themselves, and the thresholds in them;
    the same of the conditions inside it, which are about single events."""

    whole: Place
    parts: tuple[Span, ...]
    thresholds: tuple[Threshold, ...]
    inner_parts: tuple[Span, ...]
    inner_thresholds: tuple[Span, ...]


@dataclass(slots=True)
class Seen:
    """What was seen of one rule: how often each part was true, false, undecided, and the thresholds stood on."""

    looks: int = 0
    values: dict[tuple[Place, str], int] = field(default_factory=dict)
    on: set[Span] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that no test has seen. `span` that of the rule: the rule as a whole. `grave`: a test could always be written that sees it."""

    rule: model.Rule
    span: Span
    message: str
    grave: bool


class Coverage:
    """Counts looks. `looked` is called for each, `seen_inside` for what a probe has seen."""

    def __init__(self, ruleset: model.RuleSet) -> None:
        self.rules = tuple(rule for rule in ruleset.rules if rule.state != "disabled")
        self._conditions = {rule.name: conditions(rule) for rule in self.rules}
        self.seen = {rule.name: Seen() for rule in self.rules}

    def looked(self, rule: str, truth: bool | None, parts: Sequence[Part]) -> None:
        counted, seen = self._conditions[rule], self.seen[rule]
        values: Mapping[Place, Scalar] = {at: value for at, _, value in parts}
        seen.looks += 1
        _count(seen, counted.whole, truth)
        for span in counted.parts:
            if place(span) in values and place(span) != counted.whole:
                _count(seen, place(span), values[place(span)])
        for threshold in counted.thresholds:
            left, right = values.get(threshold.left), values.get(threshold.right)
            if left is not None and left == right:
                seen.on.add(threshold.span)

    def seen_inside(self, rule: str, part: Span, what: str) -> None:
        """A part of a condition inside a rule's was true, or false, of some event, or its sides were equal."""
        if what == EQUAL:
            self.seen[rule].on.add(part)
        else:
            _count(self.seen[rule], place(part), what == TRUE)

    def gaps(self) -> Iterator[Gap]:
        """What no test has seen, rule by rule."""
        for rule in self.rules:
            seen, counted = self.seen[rule.name], self._conditions[rule.name]
            if not seen.looks:
                yield Gap(rule, rule.span, "no test looks at it", True)
                continue
            for value, words in ((TRUE, "never holds"), (FALSE, "always holds where it is looked at"), (UNDECIDED, "is never undecided")):
                if (counted.whole, value) not in seen.values:
                    yield Gap(rule, rule.span, words, value != UNDECIDED)
            for span in (*counted.parts, *counted.inner_parts):
                missed = [value for value in (TRUE, FALSE) if (place(span), value) not in seen.values]
                if missed and place(span) != counted.whole:
                    yield Gap(rule, span, "never " + " and never ".join(missed), True)
            for span in (*(threshold.span for threshold in counted.thresholds), *counted.inner_thresholds):
                if span not in seen.on:
                    yield Gap(rule, span, "no test stands on this threshold", True)

    def covered(self, rule: str) -> tuple[int, int]:
        """How much of a rule was seen: of each part true and false, of each threshold that it was stood on; and how much there is."""
        seen, counted = self.seen[rule], self._conditions[rule]
        wanted = [(place(span), value) for span in (*counted.parts, *counted.inner_parts) for value in (TRUE, FALSE)]
        stood_on = [*(threshold.span for threshold in counted.thresholds), *counted.inner_thresholds]
        return sum(item in seen.values for item in wanted) + sum(span in seen.on for span in stood_on), len(wanted) + len(stood_on)


def conditions(rule: model.Rule) -> Conditions:
    """The parts of a rule's condition that are joined by `and`, `or`, `not`, and the thresholds in them; then those inside."""
    parts = tuple(dict.fromkeys(part.span for part in joined(rule.condition)))
    stood_on = tuple({t.span: t for part in joined(rule.condition) for t in thresholds(part)}.values())
    inner = [part for inside in insides(rule) for part in joined(inside.condition)]
    inner_parts = tuple(span for span in dict.fromkeys(part.span for part in inner) if span not in parts)
    known = {threshold.span for threshold in stood_on}
    inner_thresholds = tuple(span for span in dict.fromkeys(t.span for part in inner for t in thresholds(part)) if span not in known)
    return Conditions(place(rule.condition.span), parts, stood_on, inner_parts, inner_thresholds)


def _count(seen: Seen, at: Place, value: Scalar) -> None:
    name = UNDECIDED if value is None else TRUE if value else FALSE
    seen.values[at, name] = seen.values.get((at, name), 0) + 1
