"""The stage on which a generated day plays: people, places, numbers, and the list of what was told and planted.

In: a seed, the first day, and which days the office works.  Out: events as upstream systems would send
them, each with the moment it would arrive, and the list of planted misconduct.

Every number, officer and account that is handed out is new, so that no two pieces of misconduct, and no
honest passer-by, share a history by chance.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

Event = dict[str, object]
"""One event as JSON: `id`, `source`, `type`, `time`, and its fields."""

LOCAL = timezone(timedelta(hours=8))
CITIES = {"长沙": ("岳麓大队", "雨花大队", "天心大队"), "株洲": ("天元大队", "芦淞大队"), "湘潭": ("雨湖大队", "岳塘大队")}
ROOMS = {"ER-01": "K-001", "ER-02": "K-002", "ER-03": "K-003"}
"""Evidence rooms and their keepers, as `rules/alcohol/room_keepers.csv` lists them."""
FAMILY_NAMES = ("zhao", "qian", "sun", "zhou", "wu", "zheng", "wang", "feng", "chen", "yang", "zhu", "qin", "he", "shi", "zhang")
GIVEN_NAMES = ("wei", "fang", "na", "li", "jing", "qiang", "yan", "jie", "tao", "ping", "gang", "hui", "xia")
_DIGITS = str.maketrans("01234567", "23456789")


@dataclass(frozen=True, slots=True)
class Planted:
    """One piece of misconduct: which practice, and the one finding that must come of it.

    `key` is the key of the rule's scope (a tuple for a pair), or of whom an unscoped rule's finding is about (None: nobody).
    """

    practice: str
    rule: str
    key: str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and when it reaches the service."""

    arrives: datetime
    event: Event


class Scene:
    """Collects what happens. `open_on(day)` says whether the office works on a day."""

    def __init__(self, seed: int, first_day: date, open_on: Callable[[date], bool]) -> None:
        self.random = random.Random(seed)
        self.first_day = first_day
        self.open_on = open_on
        self.told: list[Told] = []
        self.planted: list[Planted] = []
        self._counts: Counter[str] = Counter()
        for city, units in CITIES.items():
            for unit in units:
                self.tell("staff", "unit_listed", self.long_ago(), unit=unit, city=f"{city}支队")

    # ---- time

    def at(self, day: date, hour: float) -> datetime:
        """A moment of a day: `at(day, 22.5)` is half past ten in the evening."""
        return datetime.combine(day, time(), LOCAL) + timedelta(hours=hour)

    def between(self, day: date, start_hour: float, end_hour: float) -> datetime:
        """A random moment of a day, to the second."""
        return self.at(day, 0) + timedelta(seconds=self.random.randrange(int(start_hour * 3600), int(end_hour * 3600)))

    def office_hours(self, day: date) -> datetime:
        """A random moment at which an office that works on this day is open."""
        return self.between(day, 9, 12) if self.random.random() < 0.5 else self.between(day, 13.5, 17.5)

    def long_ago(self) -> datetime:
        """Before everything else: when staff were posted and units listed."""
        return self.at(self.first_day - timedelta(days=120), 8)

    # ---- names, each handed out once

    def number(self, prefix: str) -> str:
        self._counts[prefix] += 1
        return f"{prefix}{self._counts[prefix]:05d}"

    def case(self, day: date) -> str:
        return self.number(f"C{day:%y%m%d}-")

    def officer(self) -> str:
        """A new officer, posted to a unit."""
        officer = self.number("P")
        unit = self.random.choice([unit for units in CITIES.values() for unit in units])
        self.tell("staff", "posting", self.long_ago(), officer=officer, unit=unit)
        return officer

    def vehicle(self) -> str:
        return self.number("湘" + self.random.choice("ABC"))

    def account(self) -> str:
        """Of letters and digits that are nobody's look-alike, so that the account's key in a finding reads like its name."""
        self._counts["account"] += 1
        number = f"{self._counts['account']:03o}".translate(_DIGITS)
        return self.random.choice(FAMILY_NAMES) + self.random.choice(GIVEN_NAMES) + number

    # ---- what is told

    def tell(self, source: str, event_type: str, happened: datetime, /, **fields: object) -> None:
        """Some source reports an event; it arrives seconds later, now and then hours later."""
        delay = timedelta(seconds=self.random.expovariate(1 / 20))
        if self.random.random() < 0.03:
            delay += timedelta(hours=self.random.uniform(0.5, 6))
        self.tell_late(source, event_type, happened, delay, **fields)

    def tell_late(self, source: str, event_type: str, happened: datetime, delay: timedelta, /, **fields: object) -> None:
        """Some source reports an event after this delay."""
        event: Event = {"id": self.number(f"{source}-"), "source": source, "type": event_type, "time": happened.isoformat(), **fields}
        self.told.append(Told(happened + delay, event))
        if self.random.random() < 0.02:  # the network failed after the event had been taken: it is sent again
            self.told.append(Told(happened + delay + timedelta(seconds=30), event))

    def plant(self, practice: str, rule: str, key: str | tuple[str, ...] | None) -> None:
        self.planted.append(Planted(practice, rule, key))
