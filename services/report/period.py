"""The stretch of time that a bulletin is about.

In: `2026-03-02`, or `2026-03` for a month.  Out: `Period`, in local days of the rule set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from rulelang.timezones import Zone

EPOCH = date(1970, 1, 1)
KINDS = ("day", "week", "month")


class NoPeriod(ValueError):
    """The text names no day or month."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first moment of `first` to the last of `last`, both local days."""

    kind: str
    first: date
    last: date

    def bounds_us(self, zone: Zone) -> tuple[int, int]:
        """The first moment, and the first one after it."""
        return start_us(self.first, zone), start_us(self.last + timedelta(days=1), zone)

    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def before(self) -> Period:
        """The period just before, of the same kind."""
        return period_of(self.kind, self.first - timedelta(days=1))


def start_us(day: date, zone: Zone) -> int:
    """The first moment of a local day."""
    return zone.start_of_day_us((day - EPOCH).days)


def day_of(utc_us: int, zone: Zone) -> date:
    """The local day of a moment."""
    return EPOCH + timedelta(days=zone.day(utc_us))


def period_of(kind: str, day: date) -> Period:
    """The period that contains a day; weeks begin on Monday."""
    if kind == "day":
        return Period(kind, day, day)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def read_period(kind: str, text: str) -> Period:
    """Raises NoPeriod."""
    try:
        if kind == "month" and len(text) == len("2026-03"):
            return period_of(kind, date.fromisoformat(f"{text}-01"))
        if len(text) == len("2026-03-02"):
            return period_of(kind, date.fromisoformat(text))
    except ValueError:
        pass
    raise NoPeriod(f"{text!r} is no {kind}; write {'2026-03' if kind == 'month' else '2026-03-02'}")
