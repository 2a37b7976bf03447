"""What the tests of a rule set have looked at, and what none of them has.

In: each look of a rule at an anchor, with the value of every part of its condition.  Out: per rule what was never true, false or
undecided, and which thresholds no test stood on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rulelang import model
from rulelang.syntax import Span

Scalar = bool | int | float | str | None
Place = tuple[str, int, int]
# A part of a condition with its value; None: missing.
Part = tuple[Place, str, Scalar]

TRUE, FALSE, UNDECIDED = "true", "false", "undecided"
_ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Threshold:
    """Two operands that are compared by size; a test stands on the threshold where they are equal."""

    span: Span
    left: Place
    right: Place


@dataclass(frozen=True, slots=True)
class Conditions:
    """What of a rule's condition is counted: its parts that can be true or false by themselves, and its thresholds."""

    whole: Place
    parts: tuple[Span, ...]
    thresholds: tuple[Threshold, ...]


@dataclass(slots=True)
class Seen:
    """What was seen of one rule: how often each part was true, false, undecided, and the thresholds stood on."""

    looks: int = 0
    values: dict[tuple[Place, str], int] = field(default_factory=dict)
    on: set[Span] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that no test has seen. `part` None: the rule as a whole."""

    rule: model.Rule
    span: Span
    message: str


class Coverage:
    """Counts looks. `looked` is called for each."""

    def __init__(self, ruleset: model.RuleSet) -> None:
        self.rules = tuple(rule for rule in ruleset.rules if rule.state != "disabled")
        self._conditions = {rule.name: conditions(rule) for rule in self.rules}
        self.seen = {rule.name: Seen() for rule in self.rules}

    def looked(self, rule: str, truth: bool | None, parts: Sequence[Part]) -> None:
        counted, seen = self._conditions[rule], self.seen[rule]
        values: Mapping[Place, Scalar] = {place: value for place, _, value in parts}
        seen.looks += 1
        _count(seen, counted.whole, truth)
        for span in counted.parts:
            if place(span) in values and place(span) != counted.whole:
                _count(seen, place(span), values[place(span)])
        for threshold in counted.thresholds:
            left, right = values.get(threshold.left), values.get(threshold.right)
            if left is not None and left == right:
                seen.on.add(threshold.span)

    def gaps(self) -> Iterator[Gap]:
        """What no test has seen, rule by rule."""
        for rule in self.rules:
            seen, counted = self.seen[rule.name], self._conditions[rule.name]
            if not seen.looks:
                yield Gap(rule, rule.span, "no test looks at it")
                continue
            for value, words in ((TRUE, "never holds"), (FALSE, "always holds where it is looked at"), (UNDECIDED, "is never undecided")):
                if (counted.whole, value) not in seen.values:
                    yield Gap(rule, rule.span, words)
            for span in counted.parts:
                missed = [value for value in (TRUE, FALSE) if (place(span), value) not in seen.values]
                if missed and place(span) != counted.whole:
                    yield Gap(rule, span, "never " + " and never ".join(missed))
            for threshold in counted.thresholds:
                if threshold.span not in seen.on:
                    yield Gap(rule, threshold.span, "no test stands on this threshold")

    def covered(self, rule: str) -> tuple[int, int]:
        """How much of a rule was seen: of each part true and false, of each threshold that it was stood on; and how much there is."""
        seen, counted = self.seen[rule], self._conditions[rule]
        wanted = [(place(span), value) for span in counted.parts for value in (TRUE, FALSE)]
        done = sum(item in seen.values for item in wanted) + sum(t.span in seen.on for t in counted.thresholds)
        return done, len(wanted) + len(counted.thresholds)


def place(span: Span) -> Place:
    """A span as the machine names it."""
    return span.file, span.start, span.end


def conditions(rule: model.Rule) -> Conditions:
    """The parts of a rule's condition that are joined by `and`, `or`, `not`, and the thresholds in them."""
    parts = tuple(dict.fromkeys(part.span for part in _joined(rule.condition)))
    thresholds = tuple(dict.fromkeys(t for part in _joined(rule.condition) for t in _thresholds(part)))
    return Conditions(place(rule.condition.span), parts, thresholds)


def _joined(condition: model.Expression) -> Iterator[model.Expression]:
    match condition:
        case model.Logic(operands=operands):
            for operand in operands:
                yield from _joined(operand)
        case model.Not(operand=operand):
            yield from _joined(operand)
        case model.Constant():
            return
        case _:
            yield condition


def _thresholds(part: model.Expression) -> Iterator[Threshold]:
    match part:
        case model.Compare(op=op, left=left, right=right) if op in _ORDERED:
            yield Threshold(part.span, place(left.span), place(right.span))
        case model.Between(operand=operand, low=low, high=high):
            yield Threshold(low.span, place(operand.span), place(low.span))
            yield Threshold(high.span, place(operand.span), place(high.span))


def _count(seen: Seen, at: Place, value: Scalar) -> None:
    name = UNDECIDED if value is None else TRUE if value else FALSE
    seen.values[at, name] = seen.values.get((at, name), 0) + 1
