"""The demonstration's day: a small city of one day (or a few), with misconduct planted a known number of times.

In: a seed, a first day, a number of days, and which days the office works.  Out: the events in the order in
which they would arrive (some late, some twice), and what must be found of them: those findings and no other.
The same arguments give the same events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.simulate.city import City, live
from services.simulate.scene import LOCAL, Event, OpenDays, Planted, Told

OFFICERS = 30


@dataclass(frozen=True, slots=True)
class Days:
    """`before`: what arrived before the first day, as a system newly connected would fill it in; `told`: what arrives from then on.

    Both in the order of arrival. By `end` (the midnight after the last day) all that was planted must have been found.
    """

    before: tuple[Event, ...]
    told: tuple[Told, ...]
    planted: tuple[Planted, ...]
    start: datetime
    end: datetime

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(told.event for told in self.told)

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each (practice, rule) was planted."""
        return Counter((p.practice, p.rule) for p in self.planted)


def generate(first_day: date, open_on: OpenDays, *, days: int = 1, seed: int = 1, times: int = 1) -> Days:
    """`times`: how often each piece of misconduct is planted on each day."""
    lived = list(live(City(first_day, days, OFFICERS, seed, times), open_on))
    return Days(
        before=tuple(told.event for day in lived if day.day < first_day for told in day.told),
        told=tuple(told for day in lived if day.day >= first_day for told in day.told),
        planted=tuple(planted for day in lived for planted in day.planted),
        start=datetime.combine(first_day, datetime.min.time(), LOCAL),
        end=datetime.combine(first_day + timedelta(days=days), datetime.min.time(), LOCAL),
    )
