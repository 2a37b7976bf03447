"""How values are written for people and for other programs: times, numbers, keys, identities.

In: plain values (times are microseconds since 1970, UTC).  Out: text; the same value always gives the same text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY_US = 86_400_000_000
_FIRST_DAY = -719_162  # 0001-01-01
_CYCLE_DAYS = 146_097  # the calendar repeats after 400 years
_UNITS = ((_DAY_US, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"))


def _clock_text(time_us: int, separator: str) -> str:
    day, within_us = divmod(time_us, _DAY_US)
    seconds, fraction = divmod(within_us, 1_000_000)
    text = f"{day_text(day)}{separator}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + f".{fraction:06}".rstrip("0") if fraction else text


def time_text(time_us: int) -> str:
    """UTC, with as many digits of the second as needed: `2026-03-02T04:10:00.5Z`."""
    return _clock_text(time_us, "T") + "Z"


def local_time_text(local_us: int) -> str:
    """A local clock's reading, for messages: `2026-03-02 12:10:00`."""
    return _clock_text(local_us, " ")


def day_text(day: int) -> str:
    """A local day (days since 1970-01-01): `2026-03-02`. Arithmetic may lead to any day of 64 bits, beyond the years that Python's dates have."""
    cycles, within = divmod(day - _FIRST_DAY, _CYCLE_DAYS)
    date = _EPOCH.date() + timedelta(days=_FIRST_DAY + within)
    return f"{date.year + 400 * cycles:04}-{date.month:02}-{date.day:02}"


def time_us(text: str) -> int:
    """The microseconds of an ISO 8601 time that carries an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} says no offset from UTC; write it as in 2026-03-02T04:10:00Z")
    return (moment - _EPOCH) // _US


def duration_text(length_us: int) -> str:
    """In the largest unit that divides it: `36h`, `90s`, `0.5s`."""
    for unit_us, letter in _UNITS:
        if length_us % unit_us == 0:
            return f"{length_us // unit_us}{letter}"
    seconds, fraction = divmod(abs(length_us), 1_000_000)
    return f"{'-' if length_us < 0 else ''}{seconds}.{fraction:06}".rstrip("0") + "s"


def number(value: float) -> int | float:
    """An integral number as an integer, so that 6.0 points are written 6."""
    return int(value) if value == int(value) and abs(value) < 2**53 else value


_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def canonical(value: object) -> str:
    """JSON of which there is one form only, for identities and order."""
    return _CANONICAL.encode(value)


def identity(parts: Sequence[object]) -> str:
    """The id of a finding or warning: the first 32 hex digits of SHA-256 over the parts."""
    return hashlib.sha256(canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
