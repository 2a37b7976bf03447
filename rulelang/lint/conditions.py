"""What a condition demands of each thing that it looks at.

In: a condition of the model.  Out: for each operand the values without which the condition does not come out in a given way;
by them a condition that can never be true, or never be anything else, is told.

Only demands on one operand, or on the order of one pair of operands, are followed. What depends on more is taken as possible.
A claim is therefore always right; that nothing is claimed proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from rulelang import model
from rulelang.lint.ranges import (
    EVERYTHING,
    MISSING,
    NOTHING,
    Value,
    Values,
    both,
    either,
    hull,
    known,
    point,
    points,
    stretch,
    turned,
    whole,
)
from rulelang.lint.walk import shape
from rulelang.model import Kind
from rulelang.normalise import normalise

TRUE, FALSE, NOT_TRUE, NOT_FALSE = "true", "false", "not true", "not false"
"""The ways in which a condition can come out. What is unknown is neither true nor false."""

_TURNED = {TRUE: FALSE, FALSE: TRUE, NOT_TRUE: NOT_FALSE, NOT_FALSE: NOT_TRUE}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

BOOLEANS = either(point(False), point(True))
_LESS, _EQUAL, _MORE = point(-1), point(0), point(1)
_SIGNS = either(_LESS, either(_EQUAL, _MORE))
_SIGNS_OF = {
    "==": _EQUAL,
    "!=": either(_LESS, _MORE),
    "<": _LESS,
    "<=": either(_LESS, _EQUAL),
    ">": _MORE,
    ">=": either(_EQUAL, _MORE),
}

# The values that functions can have at all, and those of aggregates that do not follow from what is taken up.
_CALLS = {"hour": (0, 23), "minute": (0, 59), "weekday": (1, 7), "day": (1, 31), "month": (1, 12), "length": (0, None), "abs": (0, None)}
_AGGREGATES = {"count": (0, None), "distinct": (0, None), "share": (0, 1)}
_WHOLE_CALLS = ("round", "floor", "ceil")
_WHOLE_KINDS = (Kind.INTEGER, Kind.TIME, Kind.DURATION, Kind.DATE)

_WAYS_MAX = 64
"""How many ways of coming true are followed one by one."""
_EXACT_MAX = 2**53
"""Integers up to here are compared with numbers exactly; beyond, an integer is rounded to a number first."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A test of one operand: it is true for `values` and unknown for `unknown`, of the `domain` that the operand can have at all.

    `key` is equal for two that are the same operand; `whole`: it has whole numbers only. `name` is what to call it, None for an order.
    """

    key: object
    values: Values
    unknown: Values
    domain: Values
    whole: bool
    operand: model.Expression | None


def demand(condition: model.Expression) -> Demand:
    """What a condition that is neither `and`, `or` nor `not` tests. One that says nothing of values is its own operand: it is to be true."""
    match condition:
        case model.Compare(op=op, left=left, right=model.Constant() as constant) if _exact(left, constant):
            return _compared(op, left, constant)
        case model.Compare(op=op, left=model.Constant() as constant, right=right) if _exact(right, constant):
            return _compared(_FLIPPED[op], right, constant)
        case model.Compare(op=op, left=left, right=right):
            return _ordered(op, left, right)
        case model.In(operand=operand, items=items, negated=negated) if all(
            isinstance(i, model.Constant) and _exact(operand, i) for i in items
        ):
            return _listed(operand, items, negated)
        case model.Presence(operand=operand, missing=missing):
            return Demand(shape(operand), MISSING if missing else EVERYTHING, NOTHING, domain(operand), _is_whole(operand), operand)
    return Demand(shape(condition), point(True), MISSING, domain(condition), False, condition)


def _exact(operand: model.Expression, constant: model.Expression) -> bool:
    """Whether the two are compared as they stand."""
    assert isinstance(constant, model.Constant)
    if operand.type.kind is constant.type.kind or isinstance(constant.value, bool) or not isinstance(constant.value, int | float):
        return True
    return abs(constant.value) <= _EXACT_MAX


def _compared(op: str, operand: model.Expression, constant: model.Constant) -> Demand:
    key = _key(operand, constant)
    if constant.value is None:
        return Demand(key, NOTHING, either(EVERYTHING, MISSING), domain(operand), _is_whole(operand), operand)
    return Demand(key, _values_of(op, constant.value), MISSING, domain(operand), _is_whole(operand), operand)


def _values_of(op: str, value: Value) -> Values:
    match op:
        case "==":
            return point(value)
        case "!=":
            return known(turned(point(value)))
        case "<" | "<=":
            return stretch(None, False, value, op == "<=")
    return stretch(value, op == ">=", None, False)


def _key(operand: model.Expression, constant: model.Expression) -> object:
    """A time that is compared with a day is looked at as its day: another operand than the time itself."""
    if constant.type.kind is Kind.DATE and operand.type.kind is not Kind.DATE:
        return "day of", shape(operand)
    return shape(operand)


def _ordered(op: str, left: model.Expression, right: model.Expression) -> Demand:
    """Two operands compared with each other: what is tested is whether the one is less, equal or more."""
    a, b = shape(left), shape(right)
    if repr(b) < repr(a):
        op, a, b = _FLIPPED[op], b, a
    signs = _EQUAL if a == b else _SIGNS
    if may_be_missing(left) or may_be_missing(right):
        signs = either(signs, MISSING)
    return Demand(("order", a, b), _SIGNS_OF[op], MISSING, signs, False, None)


def _listed(operand: model.Expression, items: Iterable[model.Expression], negated: bool) -> Demand:
    values = [item.value for item in items if isinstance(item, model.Constant)]
    listed = points(v for v in values if v is not None)
    others = known(turned(listed))
    unknown = either(others, MISSING) if None in values else MISSING
    if negated:
        listed = NOTHING if None in values else others
    return Demand(shape(operand), listed, unknown, domain(operand), _is_whole(operand), operand)


def _is_whole(operand: model.Expression) -> bool:
    return operand.type.kind in _WHOLE_KINDS or (isinstance(operand, model.Call) and operand.function in _WHOLE_CALLS)


# ------------------------------------------------------------------ conditions of several parts


def needed(condition: model.Expression, outcome: str = TRUE) -> dict[object, Demand]:
    """What each operand must be for the condition to come out so, as the `values` of its demand. One that is not named may be anything."""
    parts = _parts(condition, outcome)
    if parts is not None:
        operands, wanted, all_of = parts
        return _joined(operands, wanted, all_of=all_of)
    d = demand(condition)
    values = d.values if outcome in (TRUE, NOT_TRUE) else either(d.values, d.unknown)
    return {d.key: _with(d, values if outcome in (TRUE, NOT_FALSE) else turned(values))}


def _parts(condition: model.Expression, outcome: str) -> tuple[tuple[model.Expression, ...], str, bool] | None:
    """The parts of a condition, how they must come out, and whether all of them or at least one; None: it has no parts."""
    match condition:
        case model.Not(operand=operand):
            return (operand,), _TURNED[outcome], True
        case model.Logic(op=op, operands=operands):
            return operands, outcome, (op == "and") is (outcome in (TRUE, NOT_FALSE))
        case model.Between(operand=operand, low=low, high=high):
            above = model.Compare(">=", operand, low, condition.type, condition.span)
            below = model.Compare("<=", operand, high, condition.type, condition.span)
            return (above, below), outcome, outcome in (TRUE, NOT_FALSE)
        case model.In(operand=operand, items=items, negated=negated) if not all(isinstance(item, model.Constant) for item in items):
            same = tuple(model.Compare("==", operand, item, condition.type, condition.span) for item in items)
            wanted = _TURNED[outcome] if negated else outcome
            return same, wanted, wanted in (FALSE, NOT_TRUE)
    return None


def _joined(operands: Iterable[model.Expression], outcome: str, *, all_of: bool) -> dict[object, Demand]:
    """What is needed where all operands come out so, or at least one."""
    parts = [needed(operand, outcome) for operand in operands]
    if not all_of:
        shared = set.intersection(*(set(part) for part in parts))
        return {key: reduce(lambda a, b: _merged(a, b, either), (part[key] for part in parts)) for key in parts[0] if key in shared}
    found: dict[object, Demand] = {}
    for part in parts:
        for key, d in part.items():
            found[key] = _merged(found[key], d, both) if key in found else d
    return found


def _with(d: Demand, values: Values) -> Demand:
    return Demand(d.key, values, d.unknown, d.domain, d.whole, d.operand)


def _merged(a: Demand, b: Demand, how: Callable[[Values, Values], Values]) -> Demand:
    return _with(a, how(a.values, b.values))


def together(a: Demand, b: Demand) -> Demand:
    """Two demands of one operand at once."""
    return _merged(a, b, both)


def possible(d: Demand) -> Values:
    """The demanded values that the operand can have at all."""
    values = both(d.values, d.domain)
    if d.whole:
        values = whole(values)
    if isinstance(d.operand, model.Call) and d.operand.function in _FORMS:
        fits = _FORMS[d.operand.function]
        kept = tuple(s for s in values.stretches if not (isinstance(s.low, str) and s.low == s.high and not fits(s.low)))
        values = Values(kept, values.missing)
    return values


# Whether a text can be what a function gives.
_FORMS: dict[str, Callable[[str], bool]] = {
    "lower": lambda text: not any("A" <= c <= "Z" for c in text),
    "upper": lambda text: not any("a" <= c <= "z" for c in text),
    "trim": lambda text: text == text.strip(" "),
    "canonical": lambda text: text == normalise(text) and text != "",
}


def impossible(condition: model.Expression, outcome: str = TRUE) -> bool:
    """Whether the condition can never come out so."""
    if isinstance(condition, model.Constant):
        return False  # written out: it is meant
    try:
        return not _ways(condition, outcome)
    except _TooMany:
        return any(possible(d).empty for d in needed(condition, outcome).values())


class _TooMany(Exception):
    """The ways in which a condition can come out are more than are worth following."""


def _ways(condition: model.Expression, outcome: str) -> list[dict[object, Demand]]:
    """The ways in which a condition can come out so: in each, what every operand must be. Ways that cannot be are left out."""
    parts = _parts(condition, outcome)
    if parts is None:
        return [found for found in [needed(condition, outcome)] if not any(possible(d).empty for d in found.values())]
    operands, wanted, all_of = parts
    if not all_of:
        return _bounded([way for operand in operands for way in _ways(operand, wanted)])
    ways: list[dict[object, Demand]] = [{}]
    for operand in operands:
        inner = _ways(operand, wanted)
        ways = _bounded([way for one in ways for other in inner if (way := _both_ways(one, other)) is not None])
    return ways


def _bounded(ways: list[dict[object, Demand]]) -> list[dict[object, Demand]]:
    if len(ways) > _WAYS_MAX:
        raise _TooMany
    return ways


def _both_ways(one: dict[object, Demand], other: dict[object, Demand]) -> dict[object, Demand] | None:
    """Two ways at once; None: they exclude each other."""
    found = dict(one)
    for key, d in other.items():
        found[key] = _merged(found[key], d, both) if key in found else d
        if possible(found[key]).empty:
            return None
    return found


# ------------------------------------------------------------------ operands


def may_be_missing(operand: model.Expression) -> bool:
    """Whether the operand may have no value."""
    return domain(operand).missing


def domain(operand: model.Expression) -> Values:
    """All values that an expression can have, and more."""
    match operand:
        case model.Constant(value=value):
            return MISSING if value is None else point(value)
        case model.Moment() | model.FieldValue(name="time" | "source" | "id"):
            return EVERYTHING
        case model.Presence():
            return BOOLEANS
        case model.PatternTest(scope=scope):
            return BOOLEANS if scope == 0 else either(BOOLEANS, MISSING)
        case model.OrElse(operand=inner, default=default):
            usual = domain(inner)
            return either(known(usual), domain(default)) if usual.missing else usual
        case model.Call(function="min" | "max" as name, arguments=arguments) if len(arguments) > 1:
            return _extreme(name, [domain(argument) for argument in arguments])
        case model.Call(function=name) if name in _CALLS:
            low, high = _CALLS[name]
            return either(stretch(low, True, high, high is not None), MISSING)
        case model.Arithmetic(op="mod", right=model.Constant(value=int() | float() as divisor)) if divisor != 0:
            return either(stretch(-abs(divisor), False, abs(divisor), False), MISSING)
        case model.Aggregate():
            return _taken_up(operand)
    return either(BOOLEANS if operand.type.kind is Kind.BOOLEAN else EVERYTHING, MISSING)


def _extreme(name: str, domains: list[Values]) -> Values:
    """The least, or the most, of several values: it lies between the ends of all of them."""
    missing = any(d.missing for d in domains)
    hulls = [hull(d) for d in domains]
    lows, highs = [h.low for h in hulls], [h.high for h in hulls]
    pick: Callable[..., Any] = min if name == "min" else max
    low: Value | None
    high: Value | None
    if name == "max":
        low = pick([v for v in lows if v is not None], default=None)
        high = None if None in highs else pick(highs)
    else:
        low = None if None in lows else pick(lows)
        high = pick([v for v in highs if v is not None], default=None)
    values = stretch(low, True, high, True)
    return either(values, MISSING) if missing else values


def _taken_up(aggregate: model.Aggregate) -> Values:
    kind = aggregate.kind
    if kind in _AGGREGATES:
        low, high = _AGGREGATES[kind]
        if kind == "distinct" and all(t.value is not None and t.value.type.kind is Kind.BOOLEAN for t in aggregate.taken):
            high = 2
        values = stretch(low, True, high, high is not None)
        # In another scope than the rule's the anchor event may carry no key: then nothing is counted, not even as 0.
        return values if kind != "share" and aggregate.scope == 0 else either(values, MISSING)
    inner = reduce(either, (domain(t.value) for t in aggregate.taken if t.value is not None), NOTHING)
    if kind in ("min", "max", "first", "latest"):
        return either(known(inner), MISSING)
    ends = hull(inner)
    if kind == "avg":
        return either(stretch(ends.low, True, ends.high, True), MISSING)
    adds_up = isinstance(ends.low, int | float) and ends.low >= 0
    return either(stretch(0, True, None, False) if adds_up else EVERYTHING, MISSING)
