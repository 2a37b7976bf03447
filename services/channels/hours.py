"""When a channel keeps quiet, and when it sends digests, by its local clock.

In: `22:00-07:00`, `sat,sun 00:00-24:00`; `daily 07:30`, `weekly mon 08:00`.  Out: whether a moment is quiet; the next moment of a digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rulelang.timezones import Zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
DAY_MINUTES = 24 * 60
_CLOCK = r"([01][0-9]|2[0-4]):([0-5][0-9])"
_QUIET = re.compile(rf"(?:([a-z]{{3}}(?:,[a-z]{{3}})*) )?{_CLOCK}-{_CLOCK}")
_DIGEST = re.compile(rf"(?:daily|weekly ([a-z]{{3}})) {_CLOCK}")


@dataclass(frozen=True, slots=True)
class Quiet:
    """One stretch, on the days on which it begins (0: Monday), in minutes of the local day; `end` up to twice a day: it passes midnight."""

    days: frozenset[int]
    begin: int
    end: int

    def holds(self, moment_us: int, zone: Zone) -> bool:
        """Whether it is quiet then: from `begin` on, before `end`."""
        day, minute = _local(moment_us, zone)
        today = _weekday(day) in self.days and self.begin <= minute < self.end
        return today or (_weekday(day - 1) in self.days and minute < self.end - DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Digest:
    """`weekday`: None: each day. `minute` of the local day."""

    weekday: int | None
    minute: int

    @property
    def kind(self) -> str:
        return "daily" if self.weekday is None else "weekly"

    def after(self, moment_us: int, zone: Zone) -> int:
        """The first moment after this one at which a digest is due."""
        day, _ = _local(moment_us, zone)
        while True:
            due_us = zone.to_utc_us(day * DAY_US + self.minute * MINUTE_US)
            if due_us > moment_us and self.weekday in (None, _weekday(day)):
                return due_us
            day += 1


def is_quiet(stretches: Iterable[Quiet], moment_us: int, zone: Zone) -> bool:
    return any(stretch.holds(moment_us, zone) for stretch in stretches)


def read_quiet(text: str) -> Quiet:
    """Raises ValueError with what would be right."""
    found = _QUIET.fullmatch(text)
    days = DAYS if found is None or found[1] is None else tuple(found[1].split(","))
    begin, end = (_minute(found[2], found[3]), _minute(found[4], found[5])) if found is not None else (-1, -1)
    if begin < 0 or end < 0 or begin in (end, DAY_MINUTES) or not set(days) <= set(DAYS):
        raise ValueError(f'must be of the form "22:00-07:00" or "sat,sun 00:00-24:00", not {text!r}')
    return Quiet(frozenset(map(DAYS.index, days)), begin, end if end > begin else end + DAY_MINUTES)


def read_digest(text: str) -> Digest:
    """Raises ValueError with what would be right."""
    found = _DIGEST.fullmatch(text)
    minute = _minute(found[2], found[3]) if found is not None else -1
    if found is None or not 0 <= minute < DAY_MINUTES or found[1] not in (None, *DAYS):
        raise ValueError(f'must be of the form "daily 07:30" or "weekly mon 07:30", not {text!r}')
    return Digest(None if found[1] is None else DAYS.index(found[1]), minute)


def _minute(hour: str, minute: str) -> int:
    """-1: there is no such time of day."""
    return int(hour) * 60 + int(minute) if (hour, minute) <= ("24", "00") else -1


def _local(moment_us: int, zone: Zone) -> tuple[int, int]:
    """The local day since 1970, and the minute of it."""
    day, rest = divmod(zone.local_us(moment_us), DAY_US)
    return day, rest // MINUTE_US


def _weekday(day: int) -> int:
    return (day + 3) % 7  # 1970-01-01 was a Thursday
