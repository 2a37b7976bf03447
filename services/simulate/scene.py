"""The stage on which a city plays: time, names, numbers, what is told, and what is planted.

In: a seed, the first day, which days the office works, and how noisy the sources are.  Out: events as upstream systems would send
them, each with the moment it would arrive, handed out in order of arrival while the days go by; and the ground truth.

What is told waits on a heap until it arrives, so that a scene holds what is under way and never the whole city.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from heapq import heappop, heappush

from services.simulate.draws import Draws

Event = dict[str, object]
"""One event as JSON: `id`, `source`, `type`, `time`, and its fields."""
Key = str | tuple[str, ...] | None

LOCAL = timezone(timedelta(hours=8))
ROOMS = {"ER-01": "K-001", "ER-02": "K-002", "ER-03": "K-003"}
"""Evidence rooms and their keepers, as `rules/alcohol/room_keepers.csv` lists them."""
FAMILY_NAMES = ("zhao", "qian", "sun", "zhou", "wu", "zheng", "wang", "feng", "chen", "yang", "zhu", "qin", "he", "shi", "zhang")
GIVEN_NAMES = ("wei", "fang", "na", "li", "jing", "qiang", "yan", "jie", "tao", "ping", "gang", "hui", "xia")
SKEWED = frozenset(("tester", "camera-platform", "door", "card-reader"))
"""Sources that are devices with a clock of their own; the others take the time from a server."""
LACKING: Mapping[str, tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = {
    "breath_test": (
        ("test_no", (("A4", "breath_test_not_uploaded", "case"), ("A4", "uploaded_test_without_record", "case"))),
        ("alcohol_field", (("A4", "breath_record_contradicts_upload", "case"),)),
    ),
    "breath_upload": (("alcohol_uploaded", ()),),
    "blood_test": (("blood_result", ()),),
    "case_opened": (("case", (("A5", "breath_test_without_case", "case"),)),),
    "door_opened": (("officer", (("A2", "evidence_room_unidentified", "room"),)), ("grade", ())),
    "login": (("place", ()), ("successful", ())),
    "penalty": (("case", (("D7", "penalty_under_no_number", "officer"),)), ("person", ()), ("procedure", ()), ("article", ())),
    "video_step": (("step", (("D7", "penalty_video_incomplete", "case"),)),),
    "measure": (("kind", ()),),
}
"""Fields that sources leave out, and which rules may find something there: practice, rule, and the field whose value is the key."""
FOUND_WITHIN = timedelta(days=30)
"""What comes of a field that is lacking is found so soon: some deadlines are long."""
_DIGITS = str.maketrans("01234567", "23456789")
_POISSON_MAX = 30.0
"""Above this mean the normal distribution stands for Poisson's."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What a rule must find (`honest` is empty), or may find although all was honest (`honest` says what it was), or, being `spared`, must leave alone.

    `key` is the key of the rule's scope (`entity` beside it; tuples for a pair), or of whom an unscoped rule's finding is about (None:
    nobody). `began`: the first event that belongs to it; `known`: from when it could be known, by whoever sees all events at once.
    `events`: the (source, id) of those that belong to it.
    """

    practice: str
    rule: str
    entity: Key
    key: Key
    began: datetime
    known: datetime
    events: tuple[tuple[str, str], ...]
    honest: str = ""
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and when it reaches the service."""

    arrives: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Noise:
    """How often (of one) honest sources do what sources do; `docs/simulation.md` says what each is based on.

    `late`: the event arrives hours later. `again`: it is sent a second time. `changed`: it is sent a second time with other content.
    `skewed`: a device's clock is minutes off; where it is not 0, all clocks of devices are seconds off. `lacking`: a field is not sent.
    `alike`: honest behaviour that looks like misconduct, as a multiple of its usual frequency.
    """

    late: float = 0.03
    again: float = 0.02
    changed: float = 0.0
    skewed: float = 0.0
    lacking: float = 0.0
    alike: float = 0.0


@dataclass(frozen=True, slots=True)
class OpenDays:
    """On which days offices work, and on which the service halls, with their counters and the people who watch their video, are open."""

    offices: Callable[[date], bool]
    halls: Callable[[date], bool]


CALM = Noise()
"""Late and repeated events only: nothing but what is planted may be found."""


class Scene:
    """Collects what happens. At most `staff_max` officers who are up to something are handed out. `draws`: what rules draw by lot of it."""

    def __init__(
        self, seed: int, start: date, open_days: OpenDays, noise: Noise = CALM, staff_max: int = 120, draws: Draws | None = None
    ) -> None:
        self.random = random.Random(seed)
        self.today = start
        self.open_on = open_days.offices
        self.halls_open_on = open_days.halls
        self.noise = noise
        self.draws = draws or Draws()
        self._units: dict[str, str] = {}
        self._postings: dict[str, str] = {}
        self._staff: list[str] = []
        self._staff_max = staff_max
        self._turn = 0
        self._waiting: list[tuple[datetime, int, Event]] = []
        self._sent = 0
        self._planted: list[Planted] = []
        self._act: list[tuple[datetime, str, str]] | None = None
        self._counts: Counter[str] = Counter()

    # ---- time

    def at(self, day: date, hour: float) -> datetime:
        """A moment of a day: `at(day, 22.5)` is half past ten in the evening."""
        return datetime.combine(day, time(), LOCAL) + timedelta(hours=hour)

    def between(self, day: date, start_hour: float, end_hour: float) -> datetime:
        """A random moment of a day, to the second."""
        return self.at(day, 0) + timedelta(seconds=self.random.randrange(int(start_hour * 3600), int(end_hour * 3600)))

    def office_hours(self, day: date) -> datetime:
        """A random moment at which an office that works on this day is open, not so near the ends that a clock could be mistaken."""
        return self.between(day, 9.25, 11.75) if self.random.random() < 0.5 else self.between(day, 13.75, 17.25)

    # ---- chance

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def count(self, mean: float) -> int:
        """How often something happens that happens `mean` times on average, each time for itself: Poisson's distribution."""
        if mean > _POISSON_MAX:
            return max(0, round(self.random.gauss(mean, math.sqrt(mean))))
        number, product, floor = 0, self.random.random(), math.exp(-mean)
        while product > floor:
            number += 1
            product *= self.random.random()
        return number

    # ---- names, each handed out once

    def number(self, prefix: str) -> str:
        self._counts[prefix] += 1
        return f"{prefix}{self._counts[prefix]:05d}"

    def case(self, day: date) -> str:
        return self.number(f"C{day:%y%m%d}-")

    def new_officer(self, unit: str | None = None) -> str:
        """A new officer, posted to a unit this morning."""
        officer = self.number("P")
        self._postings[officer] = unit or self.random.choice(list(self._units))
        self._tell_posting(officer)
        return officer

    def list_unit(self, unit: str, city: str) -> None:
        self._units[unit] = city

    def tell_staff(self) -> None:
        """The staff system sends its whole list."""
        for unit, city in self._units.items():
            self.tell("staff", "unit_listed", self.at(self.today, 0), unit=unit, city=city)
        for officer in self._postings:
            self._tell_posting(officer)

    def _tell_posting(self, officer: str) -> None:
        with self.aside():
            self.tell("staff", "posting", self.at(self.today, 0), officer=officer, unit=self._postings[officer])

    def officer(self) -> str:
        """Somebody who is up to something. When all have had their turn, the first has it again."""
        if len(self._staff) < self._staff_max:
            self._staff.append(self.new_officer())
            return self._staff[-1]
        self._turn += 1
        return self._staff[(self._turn - 1) % self._staff_max]

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
        delay = self.random.expovariate(1 / 20)
        if self.random.random() < self.noise.late:
            delay += 3600 * self.random.uniform(0.5, 6)
        self.tell_late(source, event_type, happened, timedelta(seconds=delay), **fields)

    def tell_late(self, source: str, event_type: str, happened: datetime, delay: timedelta, /, **fields: object) -> None:
        """Some source reports an event after this delay."""
        arrives = happened + delay
        honest, noise = self._act is None, self.noise
        if honest and noise.skewed and source in SKEWED:
            # A device's clock: seconds off as a rule, now and then minutes.
            off = self.random.gauss(0, 5) if self.random.random() >= noise.skewed else self.random.uniform(-600, 600)
            happened += timedelta(seconds=round(off))
        event: Event = {"id": self.number(f"{source}-"), "source": source, "type": event_type, "time": happened.isoformat(), **fields}
        if self._act is not None:
            self._act.append((happened, source, str(event["id"])))
        elif noise.lacking and event_type in LACKING and self.random.random() < noise.lacking:
            self._leave_out(event, happened)
        self._wait(arrives, event)
        self.draws.follow(self, event)
        if self.random.random() < noise.again:  # the network failed after the event had been taken: it is sent again
            self._wait(arrives + timedelta(seconds=30), event)
        if honest and noise.changed and self.random.random() < noise.changed:  # a source that keeps no ids apart
            self._wait(arrives + timedelta(minutes=5), event | {"time": (happened + timedelta(seconds=1)).isoformat()})

    def _leave_out(self, event: Event, happened: datetime) -> None:
        """One field is not sent; what rules may make of that goes into the truth as honest."""
        name, found = self.random.choice(LACKING[str(event["type"])])
        if name not in event:
            return
        named = ((str(event["source"]), str(event["id"])),)
        for practice, rule, entity in found:
            if entity in event:
                key, honest = str(event[entity]), f"{event['type']} without {name}"
                self._planted.append(Planted(practice, rule, entity, key, happened - FOUND_WITHIN, happened + FOUND_WITHIN, named, honest))
        del event[name]

    def tell_otherwise(
        self, source: str, event_type: str, happened: datetime, said: Mapping[str, object], instead: Mapping[str, object]
    ) -> None:
        """An event, and under its id another content seven hours later: none of the delays of the first is so long."""
        self.tell(source, event_type, happened, **said)
        event: Event = {
            "id": f"{source}-{self._counts[f'{source}-']:05d}",
            "source": source,
            "type": event_type,
            "time": happened.isoformat(),
        }
        self._wait(happened + timedelta(hours=7), event | dict(instead))

    def _wait(self, arrives: datetime, event: Event) -> None:
        assert arrives.astimezone(LOCAL).date() >= self.today, (
            f"{event['type']} arrives on a day that is over: a practice reaches back too far"
        )
        self._sent += 1
        heappush(self._waiting, (arrives, self._sent, event))

    def arrived(self, until: datetime | None) -> Iterator[Told]:
        """What arrives before `until` (None: all that is still on its way), in order."""
        while self._waiting and (until is None or self._waiting[0][0] < until):
            arrives, _, event = heappop(self._waiting)
            yield Told(arrives, event)

    # ---- what is planted

    @contextmanager
    def act(self) -> Iterator[None]:
        """What is told in the block, and is not told aside, belongs to what is planted in it."""
        before, self._act = self._act, []
        try:
            yield
        finally:
            self._act = before

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is told in the block is background."""
        before, self._act = self._act, None
        try:
            yield
        finally:
            self._act = before

    def plant(
        self, practice: str, rule: str, /, *, known: datetime | None = None, honest: str = "", spared: bool = False, **keys: str
    ) -> None:
        """`keys`: the entity and its key, as `case=case`; two for a pair, none for nobody. `known`: default, the last event that belongs to it."""
        assert honest or not spared, f"{rule} must find what is not honest"
        assert self._act, f"{rule} is planted before anything was told of it"
        names, values = tuple(keys), tuple(keys.values())
        self._planted.append(
            Planted(
                practice,
                rule,
                (names if len(names) > 1 else names[0]) if names else None,
                (values if len(values) > 1 else values[0]) if values else None,
                min(self._act)[0],
                known or max(self._act)[0],
                tuple((source, name) for _, source, name in self._act),
                honest,
                spared,
            )
        )

    def planted(self) -> list[Planted]:
        """What was planted since this was asked last."""
        planted, self._planted = self._planted, []
        return planted
