"""How values are written: in messages, and as JSON.

In: values.  Out: text.
"""

from __future__ import annotations

from decimal import Decimal

from rulelang import model
from rulelang.model import Kind
from tests.reference.clock import DAY_US, civil
from tests.reference.events import Value
from tests.reference.values import Names, whole

UNITS_US = {"d": DAY_US, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}


def number(value: float) -> int | float:
    """'A number that is integral is written as an integer (6, not 6.0).'"""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def day_text(day: int) -> str:
    """`2026-03-02`."""
    year, month, day_of_month = civil(day)
    return f"{year:04}-{month:02}-{day_of_month:02}"


def clock_text(clock_us: int, between: str) -> str:
    """'Microseconds only where not zero, trailing zeros cut.'"""
    day, within = divmod(clock_us, DAY_US)
    seconds, fraction = divmod(within, 1_000_000)
    text = f"{day_text(day)}{between}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + f".{fraction:06}".rstrip("0") if fraction else text


def time_text(time_us: int) -> str:
    """UTC, as in the JSON of the contract."""
    return clock_text(time_us, "T") + "Z"


def duration_text(length_us: int) -> str:
    """'The largest unit of d h m s that divides; fractions of a second "0.5s".'"""
    for unit, unit_us in UNITS_US.items():
        if length_us % unit_us == 0:
            return f"{length_us // unit_us}{unit}"
    return f"{Decimal(length_us).scaleb(-6).normalize():f}s"


def shown(names: Names, value: Value, type_: model.Type) -> str:
    """A value in a message: 'numbers in their shortest form, times of the local clock, booleans `true` and `false`, missing `?`.'"""
    if value is None:
        return "?"
    match type_.kind:
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.NUMBER:
            return repr(number(float(value)))
        case Kind.TIME:
            return clock_text(names.clock.local(whole(value)), " ")
        case Kind.DATE:
            return day_text(whole(value))
        case Kind.DURATION:
            return duration_text(whole(value))
    return str(value)
