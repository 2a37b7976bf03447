"""Local days and periods, also where the clock is changed, and opening hours."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from engine.machine import LocalTime, Machine
from rulelang.timezones import Zone
from tests.machine.programs import Maker, value_of

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "UTC",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
PERIODS = ["day", "week", "month", "quarter", "year"]


def at(text: str) -> int:
    """UTC microseconds of a moment written with its offset, or in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).timestamp().__int__() * 1_000_000


def local(name: str) -> LocalTime:
    return LocalTime(name, Zone(name).transitions)


@pytest.mark.parametrize("name", ZONES)
def test_it_agrees_with_the_zones_of_the_checker(name: str) -> None:
    zone, clock = Zone(name), local(name)
    dice = random.Random(name)
    moments = [dice.randrange(-(2**51), 2**52) for _ in range(500)]
    for utc_us, _ in zone.transitions[1:]:
        moments += [utc_us - 1, utc_us, utc_us + 1, utc_us + HOUR, utc_us - HOUR]
    for moment in moments:
        assert clock.local(moment) == zone.local_us(moment)
        assert clock.day(moment) == zone.day(moment)
        for shown in (zone.local_us(moment), moment):
            assert clock.to_utc(shown) == zone.to_utc_us(shown)


def first_days(day: date, period: str) -> tuple[date, date]:
    """The first day of a period, and of the next: the slow and obvious way."""
    ways = {
        "day": lambda d: True,
        "week": lambda d: d.isoweekday() == 1,
        "month": lambda d: d.day == 1,
        "quarter": lambda d: d.day == 1 and d.month in (1, 4, 7, 10),
        "year": lambda d: (d.month, d.day) == (1, 1),
    }
    begins = ways[period]
    start = day
    while not begins(start):
        start -= timedelta(days=1)
    end = day + timedelta(days=1)
    while not begins(end):
        end += timedelta(days=1)
    return start, end


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", ["Asia/Shanghai", "Europe/Berlin", "America/Santiago"])
def test_a_period_is_made_of_whole_local_days(name: str, period: str) -> None:
    zone, clock = Zone(name), local(name)
    dice = random.Random(name + period)
    epoch = date(1970, 1, 1)
    for _ in range(150):
        moment = dice.randrange(at("1950-01-01T00:00"), at("2050-01-01T00:00"))
        start, end = first_days(epoch + timedelta(days=zone.day(moment)), period)
        assert clock.period_start(moment, period) == zone.start_of_day_us((start - epoch).days)
        assert clock.period_end(moment, period) == zone.start_of_day_us((end - epoch).days) - 1
        assert clock.period_start(moment, period) <= moment <= clock.period_end(moment, period)


def test_a_day_on_which_the_clock_is_changed_has_its_own_length() -> None:
    clock = local("Europe/Berlin")
    for day, hours in [("2026-03-29T10:00+02:00", 23), ("2026-10-25T10:00+01:00", 25), ("2026-06-01T10:00+02:00", 24)]:
        assert clock.period_end(at(day), "day") + 1 - clock.period_start(at(day), "day") == hours * HOUR


def test_a_day_whose_midnight_is_skipped_begins_at_its_first_moment() -> None:
    clock = local("America/Santiago")
    start = clock.period_start(at("2026-09-06T12:00-03:00"), "day")
    assert start == at("2026-09-06T01:00-03:00")
    assert clock.day(start) == clock.day(start - 1) + 1


def test_an_unknown_period_is_an_error() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        local("UTC").period_start(0, "fortnight")


def test_parts_of_a_time_are_read_on_the_local_clock() -> None:
    moment = at("2026-02-28T16:05")  # in Shanghai 00:05 of Sunday, 1 March
    parts = {
        "HOUR": 0,
        "MINUTE": 5,
        "WEEKDAY": 7,
        "DAY_OF_MONTH": 1,
        "MONTH": 3,
        "YEAR": 2026,
        "DAY": (date(2026, 3, 1) - date(1970, 1, 1)).days,
    }
    for name, value in parts.items():
        assert value_of(f"time {moment}, {name}") == value
        assert value_of(f"missing, {name}") is None
        if name not in ("HOUR", "MINUTE", "DAY"):
            assert value_of(f"time {moment}, DAY, {name}") == value


def test_dates_of_all_times_are_those_of_the_gregorian_calendar() -> None:
    dice = random.Random(7)
    for _ in range(300):
        day = date.fromordinal(dice.randrange(1, date.max.toordinal()))
        number = (day - date(1970, 1, 1)).days
        found = tuple(value_of(f"date {number}, {part}", Maker(zone="UTC")) for part in ("YEAR", "MONTH", "DAY_OF_MONTH", "WEEKDAY"))
        assert found == (day.year, day.month, day.day, day.isoweekday())


def test_times_at_the_ends_of_64_bits_have_parts_too() -> None:
    for moment in (2**63 - 1, -(2**63)):
        for part in ("HOUR", "MINUTE", "WEEKDAY", "DAY_OF_MONTH", "MONTH", "YEAR", "DAY"):
            assert value_of(f"time {moment}, {part}") is not None


# ------------------------------------------------------------------ opening hours

WORKING = [[9 * 60, 12 * 60], [13 * 60 + 30, 17 * 60 + 30]]
NEVER = 2**63 - 1


def day_number(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def calendar(
    weekly: list[list[list[int]]],
    closed: list[str] | None = None,
    working: dict[str, list[list[int]]] | None = None,
    zone: str = "Asia/Shanghai",
) -> Machine:
    plan = {
        "name": "c",
        "weekly": weekly,
        "closed": [day_number(day) for day in closed or []],
        "working": [[day_number(day), hours] for day, hours in (working or {}).items()],
    }
    return Maker(calendars=[plan], zone=zone).machine()


OFFICE = calendar([WORKING] * 5 + [[], []], closed=["2026-10-01", "2026-10-02", "2026-10-10"], working={"2026-10-10": WORKING[:1]}).hours[0]
NIGHT = calendar([[[22 * 60, 6 * 60]]] * 7).hours[0]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-09-30T09:00+08:00", True),
        ("2026-09-30T08:59+08:00", False),
        ("2026-09-30T11:59+08:00", True),
        ("2026-09-30T12:00+08:00", False),
        ("2026-10-01T10:00+08:00", False),
        ("2026-10-03T10:00+08:00", False),
        ("2026-10-10T10:00+08:00", True),
        ("2026-10-10T14:00+08:00", False),
    ],
)
def test_hours_are_half_open_and_working_beats_closed_beats_the_week(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open
    maker = Maker(calendars=[{"name": "c", "weekly": [WORKING] * 7, "closed": [], "working": []}])
    assert value_of(f"time {at('2026-10-01T10:00+08:00')}, DURING 0", maker) is True


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-09-30T21:59+08:00", False),
        ("2026-09-30T22:00+08:00", True),
        ("2026-10-01T00:00+08:00", True),
        ("2026-10-01T05:59+08:00", True),
        ("2026-10-01T06:00+08:00", False),
    ],
)
def test_hours_that_pass_midnight_belong_to_the_day_they_begin(moment: str, is_open: bool) -> None:
    assert NIGHT.is_open(at(moment)) is is_open


def test_a_closed_day_does_not_close_what_began_the_evening_before() -> None:
    hours = calendar([[[22 * 60, 6 * 60]]] * 7, closed=["2026-10-01"]).hours[0]
    assert hours.is_open(at("2026-10-01T05:00+08:00"))
    assert not hours.is_open(at("2026-10-01T23:00+08:00"))
    assert not hours.is_open(at("2026-10-02T05:00+08:00"))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-09-30T09:00+08:00", 1, "2026-09-30T10:00+08:00"),
        ("2026-09-30T09:00+08:00", 3, "2026-09-30T12:00+08:00"),
        ("2026-09-30T09:00+08:00", 4, "2026-09-30T14:30+08:00"),
        ("2026-09-30T12:30+08:00", 1, "2026-09-30T14:30+08:00"),
        ("2026-09-30T17:00+08:00", 1, "2026-10-05T09:30+08:00"),
        ("2026-09-30T17:00+08:00", 0, "2026-09-30T17:00+08:00"),
    ],
)
def test_open_time_is_counted_while_open(start: str, hours: int, end: str) -> None:
    assert OFFICE.after_open_time(at(start), hours * HOUR) == at(end)


def test_open_time_passes_midnight() -> None:
    assert NIGHT.after_open_time(at("2026-09-30T23:00+08:00"), 8 * HOUR) == at("2026-10-01T23:00+08:00")
    assert NIGHT.after_open_time(at("2026-10-01T02:00+08:00"), 4 * HOUR) == at("2026-10-01T06:00+08:00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-29T10:00+08:00", 1, "2026-09-30T17:30+08:00"),
        ("2026-09-30T10:00+08:00", 1, "2026-10-05T17:30+08:00"),
        ("2026-10-08T23:59+08:00", 2, "2026-10-10T12:00+08:00"),
        ("2026-10-03T10:00+08:00", 3, "2026-10-07T17:30+08:00"),
    ],
)
def test_open_days_end_at_their_last_closing_time(start: str, days: int, end: str) -> None:
    assert OFFICE.after_open_days(at(start), days) == at(end)


def test_a_calendar_that_does_not_open_again_is_never_reached() -> None:
    closed = calendar([[]] * 7, working={"2026-10-10": WORKING}).hours[0]
    assert closed.after_open_days(at("2026-10-01T10:00+08:00"), 1) == at("2026-10-10T17:30+08:00")
    assert closed.after_open_days(at("2026-10-01T10:00+08:00"), 2) == NEVER
    assert closed.after_open_time(at("2026-10-01T10:00+08:00"), 7 * HOUR) == at("2026-10-10T17:30+08:00")
    assert closed.after_open_time(at("2026-10-01T10:00+08:00"), 8 * HOUR) == NEVER


def test_hours_that_overlap_count_once() -> None:
    hours = calendar([[[8 * 60, 12 * 60], [10 * 60, 14 * 60]]] * 7).hours[0]
    assert hours.after_open_time(at("2026-10-01T08:00+08:00"), 6 * HOUR) == at("2026-10-01T14:00+08:00")
    around = calendar([[[20 * 60, 10 * 60], [8 * 60, 12 * 60]]] * 7).hours[0]
    assert around.after_open_time(at("2026-10-01T20:00+08:00"), 16 * HOUR) == at("2026-10-02T12:00+08:00")
    always = calendar([[[0, 0]]] * 7).hours[0]
    assert always.after_open_time(at("2026-10-01T08:00+08:00"), 100 * HOUR) == at("2026-10-01T08:00+08:00") + 100 * HOUR


def test_opening_hours_follow_the_clock_when_it_is_changed() -> None:
    hours = calendar([[[1 * 60, 4 * 60]]] * 7, zone="Europe/Berlin").hours[0]
    assert hours.after_open_time(at("2026-03-29T00:00+01:00"), 2 * HOUR) == at("2026-03-29T04:00+02:00")
    assert hours.after_open_time(at("2026-10-25T00:00+02:00"), 4 * HOUR) == at("2026-10-25T04:00+01:00")
    skipped = calendar([[[2 * 60, 3 * 60]]] * 7, zone="Europe/Berlin").hours[0]
    assert not skipped.is_open(at("2026-03-29T03:30+02:00"))


def test_walking_minute_by_minute_gives_the_same() -> None:
    dice = random.Random(11)
    for hours in (OFFICE, NIGHT):
        for _ in range(40):
            start = at("2026-09-20T00:00+08:00") + dice.randrange(30 * 24 * 60) * MINUTE
            span = dice.randrange(1, 20 * 60)
            moment, left = start, span
            while left:
                left -= hours.is_open(moment)
                moment += MINUTE
            assert hours.after_open_time(start, span * MINUTE) == moment


def test_stretches_rise() -> None:
    moments = [at("2026-10-01T00:00+08:00") + i * 37 * MINUTE for i in range(500)]
    for earlier, later in pairwise(moments):
        assert OFFICE.after_open_time(earlier, 5 * HOUR) <= OFFICE.after_open_time(later, 5 * HOUR)
        assert OFFICE.after_open_days(earlier, 2) <= OFFICE.after_open_days(later, 2)
