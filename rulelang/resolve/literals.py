"""Literals as constants of the model: times in the rule set's zone, dates as day numbers, texts as keys.

In: literals of the syntax tree; cells of CSV files.  Out: `model.Constant`, or the value itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.model import Kind
from rulelang.normalise import key
from rulelang.timezones import Zone

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
_EPOCH_DAY = date(1970, 1, 1).toordinal()

# What a value of a kind is called in messages, and how it is written.
_WANTED = {
    Kind.NUMBER: ("a number", "write it as 200 or 0.5"),
    Kind.INTEGER: ("a whole number", "write it as 200"),
    Kind.TEXT: ("a text", 'write it in quotes, as "abc"'),
    Kind.BOOLEAN: ("true or false", "write true or false"),
    Kind.TIME: ("a time", "write it as 2026-03-02T10:00"),
    Kind.DURATION: ("a duration", "write it as 30d, 12h, 15m or 90s"),
    Kind.DATE: ("a date", "write it as 2026-03-02"),
}


def wanted(type_: model.Type) -> tuple[str, str]:
    """What a value of this type is called, and how it is written."""
    if type_.kind is Kind.KEY:
        return f"a key of {type_.entity}", 'write it in quotes, as "P17"'
    return _WANTED[type_.kind]


def day_number(value: date) -> int:
    """Days since 1970-01-01."""
    return value.toordinal() - _EPOCH_DAY


def literal(expression: syntax.Expression, zone: Zone) -> tuple[model.Constant | None, list[Diagnostic]]:
    """The constant that a literal says, a sign before it included; None without diagnostics: it is not a literal."""
    value: bool | int | float | str
    match expression:
        case syntax.Unary(op="-", operand=syntax.NumberLiteral() | syntax.DurationLiteral() as operand):
            inner, problems = literal(operand, zone)
            if inner is None or not isinstance(inner.value, int | float):
                return None, problems
            return model.Constant(-inner.value, inner.type, expression.span), []
        case syntax.NumberLiteral(value=number):
            # A whole number beyond 64 bits can only be meant as a number.
            whole = isinstance(number, int) and INTEGER_MIN <= number <= INTEGER_MAX
            try:
                value, kind = (number, Kind.INTEGER) if whole else (float(number), Kind.NUMBER)
            except OverflowError:
                value, kind = math.inf, Kind.NUMBER
            too_large = isinstance(value, float) and not math.isfinite(value)
        case syntax.DurationLiteral():
            try:
                value, kind = expression.microseconds, Kind.DURATION
                too_large = value > INTEGER_MAX
            except OverflowError:
                value, kind, too_large = 0, Kind.DURATION, True
        case syntax.TextLiteral(value=text):
            value, kind, too_large = text, Kind.TEXT, False
        case syntax.BooleanLiteral(value=truth):
            value, kind, too_large = truth, Kind.BOOLEAN, False
        case syntax.DateLiteral(value=day):
            value, kind, too_large = day_number(day), Kind.DATE, False
        case syntax.TimeLiteral():
            value, kind, too_large = time_us(expression, zone), Kind.TIME, False
        case _:
            return None, []
    if too_large:
        return None, [diagnostic("E353", expression.span)]
    return model.Constant(value, model.Type(kind), expression.span), []


def time_us(written: syntax.TimeLiteral, zone: Zone) -> int:
    """The moment in UTC microseconds: by the offset written, else by the rule set's zone."""
    if written.offset_s is not None:
        return written.local_us - written.offset_s * 1_000_000
    return zone.to_utc_us(written.local_us)


def fit(constant: model.Constant, expected: model.Type, entities: Mapping[str, model.Entity]) -> model.Constant | None:
    """The constant as a value of the type expected: an integer as a number, a text as a key. None: it is none.

    A number without a unit takes the unit expected. A text of which nothing remains as a key gives a missing constant.
    """
    have = constant.type
    if have.unit is not None and have.unit != expected.unit:
        return None
    if have.kind is Kind.INTEGER and expected.kind is Kind.NUMBER and isinstance(constant.value, int):
        return model.Constant(float(constant.value), expected, constant.span)
    if have.kind is Kind.TEXT and expected.kind is Kind.KEY and isinstance(constant.value, str):
        entity = entities.get(expected.entity or "")
        return model.Constant(key(entity, constant.value) if entity else None, expected, constant.span)
    if have.kind is expected.kind and have.entity == expected.entity:
        return model.Constant(constant.value, expected, constant.span)
    return None


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DURATION = re.compile(r"(-?)(\d+(?:\.\d+)?)([wdhms])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def read_cell(text: str, expected: model.Type, zone: Zone, entities: Mapping[str, model.Entity]) -> bool | int | float | str | None:
    """A cell of a CSV file as a value of the type expected; None: it is none. Texts are taken as they stand, all else without the space around it."""
    bare = text.strip()
    match expected.kind:
        case Kind.TEXT:
            return text
        case Kind.KEY:
            return key(entities[expected.entity or ""], text)
        case Kind.BOOLEAN:
            return {"true": True, "false": False}.get(bare)
        case Kind.INTEGER:
            whole = int(bare) if _INTEGER.fullmatch(bare) and len(bare) < 30 else None
            return whole if whole is not None and INTEGER_MIN <= whole <= INTEGER_MAX else None
        case Kind.NUMBER:
            number = float(bare) if _NUMBER.fullmatch(bare) else math.inf
            return number if math.isfinite(number) else None
        case Kind.DURATION:
            written = _DURATION.fullmatch(bare)
            if written is None:
                return None
            length_us = round(float(written[2]) * syntax.UNIT_US[written[3]])
            return None if length_us > INTEGER_MAX else -length_us if written[1] else length_us
        case Kind.DATE:
            day = read_date(bare)
            return None if day is None else day_number(day)
        case Kind.TIME:
            return _read_time(bare, zone)


def read_date(text: str) -> date | None:
    """A date as `2026-03-02`; None: it is none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _read_time(text: str, zone: Zone) -> int | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = moment.utcoffset()
    local = moment.replace(tzinfo=None) - datetime(1970, 1, 1)
    local_us = (local.days * 86_400 + local.seconds) * 1_000_000 + local.microseconds
    return zone.to_utc_us(local_us) if offset is None else local_us - round(offset.total_seconds()) * 1_000_000
