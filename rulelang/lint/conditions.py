"""What a condition demands of each thing that it looks at.

In: a condition of the model.  Out: for each operand the values without which the condition is not true (or not false);
by them a condition that can never be true, or never false, is told.

Only demands on one operand at a time are followed. What depends on two of them is taken as possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rulelang import model
from rulelang.lint.ranges import EVERYTHING, MISSING, NOTHING, Values, both, either, known, stretch, turned, whole
from rulelang.lint.walk import shape
from rulelang.model import Kind

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_BOOLEANS = either(stretch(False, True, False, True), stretch(True, True, True, True))

# The values that functions and aggregates can have at all.
_CALLS = {"hour": (0, 23), "minute": (0, 59), "weekday": (1, 7), "day": (1, 31), "month": (1, 12), "length": (0, None), "abs": (0, None)}
_AGGREGATES = {"count": (0, None), "distinct": (0, None), "share": (0, 1)}


@dataclass(frozen=True, slots=True)
class Demand:
    """`operand` must have one of `values`; `key` is equal for two that are the same operand."""

    key: object
    operand: model.Expression
    values: Values


def demand(condition: model.Expression) -> Demand:
    """What one condition that is neither `and`, `or` nor `not` demands. One that says nothing of values is its own operand: it is to be true."""
    match condition:
        case model.Compare(op=op, left=left, right=model.Constant(value=value) as constant) if value is not None:
            return _compared(op, left, constant)
        case model.Compare(op=op, left=model.Constant(value=value) as constant, right=right) if value is not None:
            return _compared(_FLIPPED[op], right, constant)
        case model.In(operand=operand, items=items, negated=negated) if all(_is_known(i) for i in items):
            values = NOTHING
            for item in items:
                assert isinstance(item, model.Constant)
                values = either(values, stretch(item.value, True, item.value, True))
            return Demand(shape(operand), operand, known(turned(values)) if negated else values)
        case model.Between(operand=operand, low=model.Constant(value=low), high=model.Constant(value=high)) if (
            low is not None and high is not None
        ):
            return Demand(_key(operand, condition.low), operand, stretch(low, True, high, True))
        case model.Presence(operand=operand, missing=missing):
            return Demand(shape(operand), operand, MISSING if missing else EVERYTHING)
    return Demand(shape(condition), condition, stretch(True, True, True, True))


def _is_known(item: model.Expression) -> bool:
    return isinstance(item, model.Constant) and item.value is not None


def _key(operand: model.Expression, constant: model.Expression) -> object:
    """A time that is compared with a day is looked at as its day: another operand than the time itself."""
    if constant.type.kind is Kind.DATE and operand.type.kind is not Kind.DATE:
        return "day of", shape(operand)
    return shape(operand)


def _compared(op: str, operand: model.Expression, constant: model.Constant) -> Demand:
    value = constant.value
    values = {
        "==": stretch(value, True, value, True),
        "!=": known(turned(stretch(value, True, value, True))),
        "<": stretch(None, False, value, False),
        "<=": stretch(None, False, value, True),
        ">": stretch(value, False, None, False),
        ">=": stretch(value, True, None, False),
    }[op]
    return Demand(_key(operand, constant), operand, values)


def needed(condition: model.Expression, truth: bool = True) -> dict[object, Demand]:
    """What each operand must be for the condition to be true (or false). An operand that is not named may be anything."""
    match condition:
        case model.Not(operand=operand):
            return needed(operand, not truth)
        case model.Logic(op=op, operands=operands):
            parts = [needed(operand, truth) for operand in operands]
            if (op == "and") is truth:
                found: dict[object, Demand] = {}
                for part in parts:
                    for key, d in part.items():
                        found[key] = _merged(found.get(key), d, both)
                return found
            found = parts[0]
            for part in parts[1:]:
                found = {key: _merged(found[key], d, either) for key, d in part.items() if key in found}
            return found
    d = demand(condition)
    if truth:
        return {d.key: d}
    # A comparison with what is missing is unknown, not false; only a test of presence is false there.
    values = turned(d.values) if isinstance(condition, model.Presence) else known(turned(d.values))
    return {d.key: Demand(d.key, d.operand, values)}


def _merged(a: Demand | None, b: Demand, how: Callable[[Values, Values], Values]) -> Demand:
    return b if a is None else Demand(b.key, b.operand, how(a.values, b.values))


def possible(d: Demand) -> Values:
    """The demanded values that the operand can have at all."""
    values = both(d.values, _domain(d.operand))
    return whole(values) if d.operand.type.kind is Kind.INTEGER else values


def impossible(condition: model.Expression, truth: bool = True) -> bool:
    """Whether the condition can never be true (or never false)."""
    if isinstance(condition, model.Constant):
        return False  # written out: it is meant
    return any(possible(d).empty for d in needed(condition, truth).values())


def _domain(operand: model.Expression) -> Values:
    match operand:
        case model.Call(function=name) if name in _CALLS:
            low, high = _CALLS[name]
        case model.Aggregate(kind=kind) if kind in _AGGREGATES:
            low, high = _AGGREGATES[kind]
        case _:
            return either(_BOOLEANS, MISSING) if operand.type.kind is Kind.BOOLEAN else either(EVERYTHING, MISSING)
    return either(stretch(low, True, high, high is not None), MISSING)
