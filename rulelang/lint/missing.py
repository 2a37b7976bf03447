"""What upstream systems may leave out, and whether a rule cares for that.

In: rules of the model.  Out: the conditions of a rule, each with the fields that make it unknown where they are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rulelang import model
from rulelang.lint.walk import parts, walk

Field = tuple[str, tuple[str, ...]]
"""A field by its name and the event types that declare it: the same of whichever event it is read."""

_ALWAYS_THERE = ("time", "source", "id")


@dataclass(frozen=True, slots=True)
class Placed:
    """A condition where it stands. `then`: what becomes of it where it is unknown. `turned`: a `not` stands before it, however far.
    `scope`: the scope of whose events it is about one, by its place in the rule. `cared`: what the rule cares for.

    `sure`: fields without which what stands beside it does not hold either, so that leaving them out evades nothing more.
    """

    condition: model.Expression
    then: str
    turned: bool
    sure: frozenset[Field]
    scope: int | None = None
    cared: frozenset[Field] = frozenset()


def conditions_of(rule: model.Rule) -> Iterator[Placed]:
    """The conditions in `when` and `on`, the outer before the inner ones. What the rule cares for is sure in all of them."""
    cared = cared_for(rule)
    chosen: frozenset[Field] = frozenset()
    for anchor in rule.anchors.events:
        if anchor.where is not None:
            yield from _placed(Placed(anchor.where, "the rule is not looked at", False, cared, cared=cared))
            chosen |= rests_on(anchor.where)
    sure = cared | chosen if len(rule.anchors.events) == 1 else cared
    yield from _placed(Placed(rule.condition, "the rule does not hold", False, sure, cared=cared))


def _placed(at: Placed) -> Iterator[Placed]:
    condition = at.condition
    if condition.type.kind is model.Kind.BOOLEAN:
        yield at
    match condition:
        case model.Not(operand=operand):
            yield from _placed(replace(at, condition=operand, turned=not at.turned))
        case model.Logic(op=op, operands=operands):
            needed = [rests_on(operand) for operand in operands] if op == "and" and not at.turned else []
            often = Counter(field for fields in needed for field in fields)
            for index, operand in enumerate(operands):
                own = needed[index] if needed else frozenset()
                beside = frozenset(field for field, count in often.items() if count > (field in own))
                yield from _placed(replace(at, condition=operand, sure=at.sure | beside))
        case model.Aggregate(taken=taken, scope=scope):
            for t in taken:
                inside = [part for part in (t.where, t.value) if part is not None]
                for part in inside:
                    beside = frozenset[Field]().union(*(rests_on(other) for other in inside if other is not part))
                    yield from _placed(Placed(part, "the event is not counted", False, at.cared | beside, scope, at.cared))
        case model.PatternTest(left=left, right=right, scope=scope):
            for side in (left, right):
                if side.where is not None:
                    yield from _placed(Placed(side.where, "the event is passed over", False, at.cared, scope, at.cared))
        case _:
            for part in parts(condition):
                yield from _placed(replace(at, condition=part))


def field_of(operand: model.Expression) -> Field | None:
    """The field that an expression is, of one event or the latest in a scope; None: it is none that can be left out."""
    match operand:
        case model.FieldValue(name=name, events=events) if name not in _ALWAYS_THERE:
            return name, events
        case model.Aggregate(bare=True, taken=taken):
            value = taken[0].value
            if isinstance(value, model.FieldValue) and value.name not in _ALWAYS_THERE:
                return value.name, tuple(t.event for t in taken)
    return None


def fields_in(expression: model.Expression) -> Iterator[model.Expression]:
    """The fields in an expression that make it unknown where they are missing."""
    if field_of(expression) is not None:
        yield expression
        return
    match expression:
        case model.Presence() | model.OrElse() | model.PatternTest() | model.Aggregate():
            return
        case model.TableLookup(arguments=arguments):
            inside: Iterable[model.Expression] = arguments
        case _:
            inside = parts(expression)
    for part in inside:
        yield from fields_in(part)


def _names(expressions: Iterable[model.Expression]) -> frozenset[Field]:
    return frozenset(field for e in expressions if (field := field_of(e)) is not None)


def rests_on(condition: model.Expression, truth: bool = True) -> frozenset[Field]:
    """The fields without which the condition is not true (or not false)."""
    match condition:
        case model.Not(operand=operand):
            return rests_on(operand, not truth)
        case model.Logic(op=op, operands=operands):
            found = [rests_on(operand, truth) for operand in operands]
            return frozenset.union(*found) if (op == "and") is truth else frozenset.intersection(*found)
        case model.Presence(operand=operand, missing=missing):
            return _names(fields_in(operand)) if missing is not truth else frozenset()
        case model.Between() if not truth:
            return _names(fields_in(condition.operand))
        case model.In() if condition.negated is not truth:
            return _names(fields_in(condition.operand))
    return _names(fields_in(condition))


def cared_for(rule: model.Rule) -> frozenset[Field]:
    """The fields that the rule tests for presence, or gives a default."""
    asked = (part.operand for part in walk(rule) if isinstance(part, model.Presence | model.OrElse))
    return _names(inner for operand in asked for inner in walk(operand))


def evading(placed: Placed, expression: model.Expression, rule: model.Rule, events: Mapping[str, model.Event]) -> list[model.Expression]:
    """The fields in an expression that evade the condition where they are left out, unless what stands beside it needs them."""
    return [f for f in fields_in(expression) if field_of(f) not in placed.sure and not _is_key(f, placed, rule, events)]


def _is_key(field: model.Expression, placed: Placed, rule: model.Rule, events: Mapping[str, model.Event]) -> bool:
    """Whether the field is the key by which the event is in the history that is looked at: without it, it would not be there."""
    match field:
        case model.Aggregate(scope=index):
            pass
        case model.FieldValue(of="this"):
            index = 0
        case _:
            if placed.scope is None:
                return False
            index = placed.scope
    read = field_of(field)
    if read is None or index >= len(rule.scopes):
        return False
    name, carriers = read
    found = [[events[event].key_field(key) for event in carriers] for key in rule.scopes[index].keys]
    return any(all(one is not None and one.name == name for one in fields) for fields in found)
