"""Constants: computed at check time where a constant is demanded.

In: expressions.  Out: what they come to. The arithmetic is that of rules when they run: what would be missing there is missing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from rulelang import model, syntax
from rulelang.keywords import PERIODS
from rulelang.model import Kind, Type
from rulelang.resolve.context import Context, Work
from rulelang.resolve.literals import INTEGER_MAX, INTEGER_MIN, fit, wanted
from rulelang.resolve.operators import type_name
from rulelang.resolve.schema import Schema
from rulelang.resolve.walk import written_out

Number = int | float

NOWHERE = Context(None, (), (), None, None)
"""Where no event is looked at: only constants stand there."""


def constant(work: Work, written: syntax.Expression) -> model.Constant | None:
    """A value that must be known before anything happens, computed where it is an expression; None after a report."""
    if (part := not_constant(written, work.schema)) is not None:
        work.report("E488" if isinstance(part, syntax.Name) and part.text in PERIODS else "E318", part.span)
        return None
    found = work.resolve(work, written, NOWHERE)
    if found is None:
        return None
    folded = fold(found)
    if folded is None or folded.value is None:
        work.report("E319", written.span)
        return None
    return folded


def positive_duration(work: Work, written: syntax.Expression) -> int | None:
    """A length of time that is known beforehand and longer than none."""
    found = constant(work, written)
    if found is None:
        return None
    if found.type.kind is not Kind.DURATION or not isinstance(found.value, int):
        work.report("E327", written.span, what=type_name(found.type))
        return None
    if found.value <= 0:
        work.report("E415", written.span)
        return None
    return found.value


def not_constant(written: syntax.Expression, schema: Schema) -> syntax.Expression | None:
    """The first part that depends on events or on the time; None: there is none."""
    for part in written_out(written, schema.lets):
        match part:
            case syntax.Name(text=text) if text not in schema.lets:
                return part
            case syntax.Member() | syntax.Previous() | syntax.Pattern() | syntax.Within() | syntax.CalendarTest():
                return part
            case syntax.Call(name=name) if name not in _FUNCTIONS and name not in ("min", "max"):
                return part
    return None


def fold(expression: model.Expression) -> model.Constant | None:
    """The constant that an expression comes to; None: it is none that is computed here."""
    if isinstance(expression, model.Constant):
        return expression
    match expression:
        case model.Arithmetic(op=op, left=left, right=right):
            values = _numbers((left, right))
            result = None if values is None else _arithmetic(op, values[0], values[1], expression.type)
            if left.type.kind is Kind.DATE and result is not None:
                result *= syntax.UNIT_US["d"]
        case model.Negate(operand=operand):
            values = _numbers((operand,))
            result = None if values is None else -values[0]
        case model.Call(function=("min" | "max") as name, arguments=arguments):
            values = _numbers(arguments)
            result = None if values is None else min(values) if name == "min" else max(values)
        case model.Call(function=name, arguments=(argument,)) if name in _FUNCTIONS:
            values = _numbers((argument,))
            result = None if values is None else _FUNCTIONS[name](values[0])
        case model.OrElse(operand=operand, default=default):
            return _or_else(expression, fold(operand), fold(default))
        case _:
            return None
    if values is None:
        return None
    return model.Constant(_in_range(result, expression.type), expression.type, expression.span)


def _or_else(expression: model.OrElse, value: model.Constant | None, default: model.Constant | None) -> model.Constant | None:
    """The value, or where it is missing the default, in the type of both."""
    found = default if value is not None and value.value is None else value
    if found is None:
        return None
    if isinstance(found.value, int | float) and not isinstance(found.value, bool):
        return model.Constant(_in_range(found.value, expression.type), expression.type, expression.span)
    return model.Constant(found.value, expression.type, expression.span)


def as_type(work: Work, found: model.Constant, expected: Type) -> model.Constant | None:
    """The constant as a value of the type expected, or None after a report."""
    fitted = fit(found, expected, work.schema.entities)
    if fitted is None:
        name, remedy = wanted(expected)
        work.report("E352", found.span, value=type_name(found.type), wanted=name, remedy=remedy)
    return fitted


def _numbers(expressions: tuple[model.Expression, ...]) -> list[Number] | None:
    """The values of operands that are numbers or durations; None: one is not constant, or missing."""
    values: list[Number] = []
    for expression in expressions:
        constant = fold(expression)
        if constant is None or isinstance(constant.value, bool) or not isinstance(constant.value, int | float):
            return None
        values.append(constant.value)
    return values


def _arithmetic(op: str, left: Number, right: Number, type_: Type) -> Number | None:
    if op in ("/", "mod") and right == 0:
        return None
    if type_.kind is Kind.NUMBER or (type_.kind is Kind.DURATION and op in ("*", "/")):
        left, right = float(left), float(right)  # as the machine does
    try:
        match op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
        if isinstance(left, int) and isinstance(right, int):
            return left - right * (abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)
        return math.fmod(left, right)
    except OverflowError:
        return None


def _in_range(value: Number | None, type_: Type) -> Number | None:
    """The value in the form of its type; None where it does not fit."""
    if value is None or not math.isfinite(value):
        return None
    if type_.kind is Kind.NUMBER:
        return float(value)
    whole = value if isinstance(value, int) else int(_half_away(value))
    return whole if INTEGER_MIN <= whole <= INTEGER_MAX else None


def _half_away(value: Number) -> Number:
    if isinstance(value, int):
        return value
    whole = math.trunc(value)
    return whole + int(math.copysign(1, value)) if abs(value - whole) >= 0.5 else whole


_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "abs": abs,
    "round": _half_away,
    "floor": math.floor,
    "ceil": math.ceil,
    "seconds": lambda us: us / 1_000_000,
    "minutes": lambda us: us / 60_000_000,
    "hours": lambda us: us / 3_600_000_000,
    "days": lambda us: us / 86_400_000_000,
}
