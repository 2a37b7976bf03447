"""Expressions, three-valued: what is missing is None, and a missing boolean is unknown.

In: a node of the model and where it is read (`At`).  Out: its value.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

import re2

from rulelang import model
from rulelang.model import Kind
from tests.reference import keys
from tests.reference.clock import DAY_US, Clock, civil, clock_of, is_open, weekday
from tests.reference.events import INTEGERS, Event, Value, half_away

UNITS_US = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000, "days": DAY_US}
NUMERIC = (Kind.NUMBER, Kind.INTEGER)


class Names:
    """What a rule set declares, by name."""

    def __init__(self, ruleset: model.RuleSet) -> None:
        self.clock = clock_of(ruleset.timezone)
        self.entities = {entity.name: entity for entity in ruleset.entities}
        self.events = {event.name: event for event in ruleset.events}
        self.tables = {table.name: table for table in ruleset.tables}
        self.calendars = {calendar.name: calendar for calendar in ruleset.calendars}


class Look(Protocol):
    """What the histories of a rule's scopes give at one anchor."""

    def aggregate(self, node: model.Aggregate) -> Value: ...

    def pattern(self, node: model.PatternTest) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class At:
    """Where an expression is read: the *current* event, *this* (the anchor event), the moment looked at, the histories."""

    names: Names
    current: Event | None
    this: Event | None
    moment: int
    look: Look | None = None


def evaluate(node: model.Expression, at: At) -> Value:
    """The value of an expression."""
    match node:
        case model.Constant():
            return _as(node.value, node.type)
        case model.FieldValue():
            return field_value(node, at)
        case model.Moment():
            return at.moment
        case model.Not():
            return negation(evaluate(node.operand, at))
        case model.Logic(op="and"):
            return conjunction([evaluate(operand, at) for operand in node.operands])
        case model.Logic():
            return disjunction([evaluate(operand, at) for operand in node.operands])
        case model.Compare():
            return compare(node.op, node.left, node.right, at)
        case model.In():
            found = disjunction([compare("==", node.operand, item, at) for item in node.items])
            return negation(found) if node.negated else found
        case model.Between():
            return conjunction([compare("<=", node.low, node.operand, at), compare("<=", node.operand, node.high, at)])
        case model.TextTest():
            return text_test(node.op, evaluate(node.operand, at), evaluate(node.pattern, at))
        case model.Presence():
            return (evaluate(node.operand, at) is None) == node.missing
        case model.CalendarTest():
            time_us = evaluate(node.operand, at)
            if time_us is None:
                return None
            return is_open(at.names.clock, at.names.calendars[node.calendar], whole(time_us)) == node.inside
        case model.Arithmetic():
            return arithmetic(node, evaluate(node.left, at), evaluate(node.right, at))
        case model.Negate():
            value = evaluate(node.operand, at)
            return None if value is None else fitting(-value, node.type)  # type: ignore[operator]  # a number
        case model.OrElse():
            value = evaluate(node.operand, at)
            return _as(evaluate(node.default, at) if value is None else value, node.type)
        case model.Call():
            return call(node, [_as(evaluate(a, at), a.type) for a in node.arguments], at.names)
        case model.Normalise():
            value = evaluate(node.operand, at)
            return None if value is None else keys.key(at.names.entities[node.entity], str(value))
        case model.TableLookup():
            return lookup(at.names, node, [evaluate(argument, at) for argument in node.arguments], evaluate(node.at, at))
        case model.Aggregate():
            assert at.look is not None
            return at.look.aggregate(node)
        case model.PatternTest():
            assert at.look is not None
            return at.look.pattern(node)
    raise TypeError(node)


def holds(node: model.Expression | None, at: At) -> bool:
    """'A condition holds only where it is true.' No condition: always."""
    return node is None or evaluate(node, at) is True


def field_value(node: model.FieldValue, at: At) -> Value:
    """'A field that is not there is *missing*.'"""
    event = at.this if node.of == "this" else at.current
    if event is None or event.type not in node.events:
        return None
    return event.spellings.get(node.name) if node.spelling else event.values.get(node.name)


# ------------------------------------------------------------------ logic


def negation(a: Value) -> bool | None:
    """Unknown stays unknown."""
    return None if a is None else not a


def conjunction(parts: Sequence[Value]) -> bool | None:
    """'`false and unknown` is false.'"""
    if False in parts:
        return False
    return None if None in parts else True


def disjunction(parts: Sequence[Value]) -> bool | None:
    """'`true or unknown` is true.'"""
    if True in parts:
        return True
    return None if None in parts else False


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(op: str, left: model.Expression, right: model.Expression, at: At) -> bool | None:
    """'A comparison with missing is unknown.' 'A date compared with a time stands for the whole day.'"""
    a, b = evaluate(left, at), evaluate(right, at)
    if a is None or b is None:
        return None
    kinds = {left.type.kind, right.type.kind}
    if kinds == {Kind.DATE, Kind.TIME}:
        a = at.names.clock.day(whole(a)) if left.type.kind is Kind.TIME else a
        b = at.names.clock.day(whole(b)) if right.type.kind is Kind.TIME else b
    if kinds == set(NUMERIC):
        a, b = float(a), float(b)
    return OPERATORS[op](a, b)


def text_test(op: str, text: Value, part: Value) -> bool | None:
    """`like`, `matches` and their like."""
    if text is None or part is None:
        return None
    assert isinstance(text, str)
    assert isinstance(part, str)
    match op:
        case "like":
            return glob(part).fullmatch(text) is not None
        case "matches":
            return regular(part).search(text) is not None
        case "starts with":
            return text[: len(part)] == part
        case "ends with":
            return text[max(len(text) - len(part), 0) :] == part
        case "contains":
            return part in text
    raise ValueError(op)


@lru_cache(maxsize=256)
def glob(pattern: str) -> re.Pattern[str]:
    """'`like` knows `*` and `?`, over the whole text, case-sensitive.'"""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


@lru_cache(maxsize=256)
def regular(pattern: str) -> re2._Regexp:
    """A regular expression in RE2's syntax."""
    return re2.compile(pattern)


# ------------------------------------------------------------------ numbers


def whole(value: Value) -> int:
    """The same, known to be an integer."""
    assert isinstance(value, int)
    return value


def _as(value: Value, type_: model.Type) -> Value:
    """'No implicit conversion but integer to number.'"""
    return float(value) if type_.kind is Kind.NUMBER and isinstance(value, int) else value


def fitting(value: Value, type_: model.Type) -> Value:
    """'Not-a-number and any overflow are missing.'"""
    if value is None:
        return None
    value = _as(value, type_)
    if value is None:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value in INTEGERS else None


def arithmetic(node: model.Arithmetic, left: Value, right: Value) -> Value:
    """Sums, products and their like, by the kinds of the operands (see `model.Arithmetic`)."""
    if left is None or right is None:
        return None
    kinds = (node.left.type.kind, node.right.type.kind)
    if kinds == (Kind.DATE, Kind.DATE):
        return fitting((whole(left) - whole(right)) * DAY_US, node.type)
    if node.type.kind is Kind.DURATION and kinds[0] in NUMERIC:
        return scaled(whole(right), node.op, float(left))
    if node.type.kind is Kind.DURATION and kinds[1] in NUMERIC:
        return scaled(whole(left), node.op, float(right))
    if node.type.kind is Kind.NUMBER:
        return fitting(number_of(node.op, float(left), float(right)), node.type)
    return fitting(integer_of(node.op, whole(left), whole(right)), node.type)


def number_of(op: str, a: float, b: float) -> float | None:
    """IEEE doubles. 'Division by zero is missing.' '`mod` has the sign of the dividend.'"""
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return None if b == 0 else a / b
        case "mod":
            return None if b == 0 else math.fmod(a, b)
    raise ValueError(op)


def integer_of(op: str, a: int, b: int) -> int | None:
    """Integers, and what is counted in microseconds or days."""
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "mod":
            return None if b == 0 else (abs(a) % abs(b)) * (-1 if a < 0 else 1)
    raise ValueError(op)


def scaled(duration_us: int, op: str, by: float) -> int | None:
    """A duration times or by a number, to the microsecond, half away from zero; the product is that of doubles."""
    product = number_of(op, float(duration_us), by)
    if product is None or not math.isfinite(product):
        return None
    rounded = half_away(Fraction(product))
    return rounded if rounded in INTEGERS else None


# ------------------------------------------------------------------ functions


def call(node: model.Call, arguments: list[Value], names: Names) -> Value:
    """A function. Missing in, missing out."""
    if any(argument is None for argument in arguments):
        return None
    if node.function in ("min", "max"):
        chosen = [_as(argument, node.type) for argument in arguments]
        return min(chosen) if node.function == "min" else max(chosen)  # type: ignore[type-var]  # values of one kind that has an order
    value, kind = arguments[0], node.arguments[0].type.kind
    if isinstance(value, str):
        return of_text(node.function, value)
    if node.function in UNITS_US:
        return float(whole(value)) / UNITS_US[node.function]
    if kind in (Kind.TIME, Kind.DATE):
        return of_time(node.function, whole(value), kind, names.clock)
    assert isinstance(value, int | float)
    match node.function:
        case "abs":
            return fitting(abs(value), node.type)
        case "round":
            return _as(half_away(Fraction(value)), node.type)
        case "floor":
            return _as(math.floor(value), node.type)
        case "ceil":
            return _as(math.ceil(value), node.type)
    raise ValueError(node.function)


def of_text(function: str, text: str) -> Value:
    """`length lower upper trim canonical`."""
    match function:
        case "length":
            return len(text)
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case "trim":
            return keys.trimmed(text)
        case "canonical":
            return keys.normal(text) or None
    raise ValueError(function)


def of_time(function: str, value: int, kind: Kind, clock: Clock) -> Value:
    """Parts of the local clock and calendar."""
    local_us = value * DAY_US if kind is Kind.DATE else clock.local(value)
    day, within = divmod(local_us, DAY_US)
    year, month, day_of_month = civil(day)
    return {
        "hour": within // UNITS_US["hours"],
        "minute": within // UNITS_US["minutes"] % 60,
        "weekday": weekday(day),
        "date": day,
        "day": day_of_month,
        "month": month,
        "year": year,
    }[function]


def lookup(names: Names, node: model.TableLookup, arguments: list[Value], time_us: Value) -> Value:
    """'No row: missing.' 'The row of the day of the event or moment looked at.'"""
    if time_us is None or any(argument is None for argument in arguments):
        return None
    day = names.clock.day(whole(time_us))
    for row in names.tables[node.table].rows:
        in_force = (row.since_day is None or row.since_day <= day) and (row.until_day is None or day <= row.until_day)
        if in_force and list(row.keys) == arguments:
            return _as(row.value, node.type)
    return None
