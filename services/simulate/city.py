"""A city, day by day: who is in it, what they do, what is planted.

In: a `City`.  Out: its days, each with what arrives on it in order of arrival, and what was planted meanwhile.

A practice that takes months to come about is begun months ahead: at the day `d - reach` it is told what is to be found on day `d`,
and what lies ahead waits on the scene. So events come out in order, and only what is under way is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rulelang.model import Calendar
from services.simulate import alike, alike_cases, alike_offices, misconduct, offices
from services.simulate.draws import Draw, Draws
from services.simulate.ordinary import HABITS, ORDINARY, Town
from services.simulate.reaching import reach_of
from services.simulate.scene import CALM, Noise, OpenDays, Planted, Scene, Told

PRACTICES = (*misconduct.PRACTICES, *offices.PRACTICES)
ALIKE = (*alike.ALIKE, *alike_cases.ALIKE, *alike_offices.ALIKE)
_DAY_0 = date(1970, 1, 1)
QUARTERS = (1, 4, 7, 10)
OFFICERS_MIN, OFFICERS_MAX = 20, 100_000
DAYS_MAX = 400
HABIT_DAYS = 14
"""So many days before the first one the cameras report and people log in: what is usual can be told from what is not."""
NOISY = Noise(late=0.03, again=0.02, changed=0.0002, skewed=0.01, lacking=0.002, alike=1.0)


@dataclass(frozen=True, slots=True)
class City:
    """`officers`: those who do ordinary work. `times`: how often, on average, each piece of misconduct is planted on a day (2: twice; 0.1: on one day of ten).

    Those who are up to something are besides: a tenth of the officers, 120 at least.
    """

    first_day: date
    days: int
    officers: int
    seed: int
    times: float
    noise: Noise = CALM

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.first_day + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Day:
    """`told`: what arrives on the day (on the last one: and after it), in order. `planted`: what was begun on it, and is found that day or later."""

    day: date
    told: list[Told]
    planted: list[Planted]


OFFICES, HALLS = "working_hours", "patrol_hours"
"""The calendars of the rules that a city keeps."""


def open_days(calendars: Sequence[Calendar]) -> OpenDays:
    """The days of the rules' calendars. Raises KeyError with the name of one that is not there."""
    by_name = {calendar.name: calendar for calendar in calendars}
    return OpenDays(_days_of(by_name[OFFICES]), _days_of(by_name[HALLS]))


def _days_of(calendar: Calendar) -> Callable[[date], bool]:
    working = {day for day, _ in calendar.working}

    def open_on(day: date) -> bool:
        number = (day - _DAY_0).days
        return number in working or (number not in calendar.closed and bool(calendar.weekly[day.weekday()]))

    return open_on


def live(city: City, days: OpenDays, draws: Sequence[Draw] = (), secret: bytes = b"") -> Iterator[Day]:
    """The days of the city, from the one on which the first thing is prepared that comes out in it. What `draws` draw is checked."""
    parts: tuple[Callable[..., None], ...] = (*PRACTICES, *ORDINARY, *ALIKE)
    start = city.first_day - timedelta(days=max(HABIT_DAYS, *(reach_of(part) for part in parts)))
    scene = Scene(city.seed, start, days, city.noise, staff_max=max(120, city.officers // 10), draws=Draws(draws, secret))
    town = Town(scene, city.officers)
    day = start
    while day < city.end:
        scene.today = day
        if day == start or (day.day == 1 and day.month in QUARTERS):
            scene.tell_staff()
        if city.first_day - timedelta(days=HABIT_DAYS) <= day:
            for habit in HABITS:
                habit(scene, town, day)
        _ordinary_work(scene, town, day, city)
        _misconduct(scene, day, city)
        last = day + timedelta(days=1) == city.end
        midnight = None if last else scene.at(day + timedelta(days=1), 0)
        yield Day(day, list(scene.arrived(midnight)), scene.planted())
        day += timedelta(days=1)


def _ordinary_work(scene: Scene, town: Town, day: date, city: City) -> None:
    for part in (*ORDINARY, *(ALIKE if city.noise.alike else ())):
        comes_out = day + timedelta(days=reach_of(part))
        if city.first_day <= comes_out < city.end:
            part(scene, town, comes_out)


def _misconduct(scene: Scene, day: date, city: City) -> None:
    for practice in PRACTICES:
        comes_out = day + timedelta(days=reach_of(practice))
        if city.first_day <= comes_out < city.end:
            for _ in range(int(city.times) + scene.chance(city.times % 1)):
                with scene.act():
                    practice(scene, comes_out)
