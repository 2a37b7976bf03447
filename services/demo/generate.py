"""Days of realistic events with misconduct planted a known number of times.

In: a seed, a first day, a number of days, and which days the office works.  Out: the events in the order in
which they would arrive (some late, some twice), and what must be found of them: those findings and no other.
The same arguments give the same events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rulelang.model import Calendar
from services.simulate.misconduct import PRACTICES
from services.simulate.ordinary import Town, tell_ordinary_day, tell_the_weeks_before
from services.simulate.scene import Event, Planted, Scene, Told

_DAY_0 = date(1970, 1, 1)


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


def open_days(calendar: Calendar) -> Callable[[date], bool]:
    """Which days a calendar of the rules works on."""
    working = {day for day, _ in calendar.working}

    def open_on(day: date) -> bool:
        number = (day - _DAY_0).days
        return number in working or (number not in calendar.closed and bool(calendar.weekly[day.weekday()]))

    return open_on


def generate(first_day: date, open_on: Callable[[date], bool], *, days: int = 1, seed: int = 1, times: int = 1) -> Days:
    """`times`: how often each piece of misconduct is planted on each day."""
    scene = Scene(seed, first_day, open_on)
    town = Town(scene)
    tell_the_weeks_before(scene, town)
    for number in range(days):
        day = first_day + timedelta(days=number)
        tell_ordinary_day(scene, town, day)
        for practice in PRACTICES:
            for _ in range(times):
                practice(scene, day)
    midnight = scene.at(first_day, 0)
    arrived = sorted(scene.told, key=lambda told: told.arrives)
    return Days(
        before=tuple(told.event for told in arrived if told.arrives < midnight),
        told=tuple(told for told in arrived if told.arrives >= midnight),
        planted=tuple(scene.planted),
        start=midnight,
        end=scene.at(first_day + timedelta(days=days), 0),
    )
