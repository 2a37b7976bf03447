"""The local clock, days, periods and calendars, by the standard library.

In: UTC microseconds since 1970.  Out: the same, or days since 1970-01-01.  Times beyond what the library knows have the
offset of the nearest time that it knows; after 2100 the last offset stays.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo

from rulelang import model

US = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
CYCLE_DAYS = 146_097  # of 400 years, after which the calendar repeats itself
EARLIEST_US = (datetime(2, 1, 1) - EPOCH) // US
LATEST_US = (datetime(2100, 12, 31) - EPOCH) // US


@cache
def clock_of(name: str) -> Clock:
    """The local clock of a time zone."""
    return Clock(name)


class Clock:
    """The local clock of a rule set's time zone."""

    def __init__(self, name: str) -> None:
        path = resources.files("tzdata") / "zoneinfo"
        for part in name.split("/"):
            path /= part
        self.zone = ZoneInfo.from_file(BytesIO(path.read_bytes()), name)

    def local(self, time_us: int) -> int:
        """What the local clock shows, as microseconds since its own 1970-01-01."""
        known = EPOCH_UTC + min(max(time_us, EARLIEST_US), LATEST_US) * US
        offset = known.astimezone(self.zone).utcoffset()
        assert offset is not None
        return time_us + offset // US

    def utc(self, local_us: int) -> int:
        """The moment at which the local clock shows this: the first of two; where the clock skips it, as if it had not yet been moved."""
        known = (EPOCH + min(max(local_us, EARLIEST_US), LATEST_US) * US).replace(tzinfo=self.zone)
        offset = known.utcoffset()
        assert offset is not None
        return local_us - offset // US

    def day(self, time_us: int) -> int:
        """The local day."""
        return self.local(time_us) // DAY_US

    def start_of_day(self, day: int) -> int:
        """The first moment of a local day."""
        return self.utc(day * DAY_US)

    def period_start(self, period: str, time_us: int) -> int:
        """The first moment of the local period that contains the time."""
        return self.start_of_day(first_day(period, self.day(time_us)))

    def period_after(self, period: str, time_us: int) -> int:
        """The first moment of the period after the one that contains the time."""
        return self.start_of_day(next_first_day(period, self.day(time_us)))

    def period_end(self, period: str, time_us: int) -> int:
        """The last microsecond of the local period that contains the time."""
        return self.period_after(period, time_us) - 1


def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month."""
    cycles, rest = divmod(day + EPOCH_DAY - 1, CYCLE_DAYS)
    known = date.fromordinal(rest + 1)
    return known.year + 400 * cycles, known.month, known.day


def day_of(year: int, month: int, day: int) -> int:
    """The day number of a date."""
    cycles, rest = divmod(year - 1, 400)
    return date(rest + 1, month, day).toordinal() + cycles * CYCLE_DAYS - EPOCH_DAY


def weekday(day: int) -> int:
    """1 is Monday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7 + 1


def first_day(period: str, day: int) -> int:
    """The first day of the period that contains the day; weeks begin on Monday."""
    year, month, _ = civil(day)
    match period:
        case "day":
            return day
        case "week":
            return day - weekday(day) + 1
        case "month":
            return day_of(year, month, 1)
        case "quarter":
            return day_of(year, (month - 1) // 3 * 3 + 1, 1)
        case "year":
            return day_of(year, 1, 1)
    raise ValueError(period)


def next_first_day(period: str, day: int) -> int:
    """The first day of the period after."""
    later = day
    while first_day(period, later) == first_day(period, day):
        later += 1
    return later


def hours_of(calendar: model.Calendar, day: int) -> tuple[model.Hours, ...]:
    """'`working` dates beat `closed` dates beat opening hours.'"""
    for working, hours in calendar.working:
        if working == day:
            return hours
    if day in calendar.closed:
        return ()
    return calendar.weekly[weekday(day) - 1]


def opening(clock: Clock, calendar: model.Calendar, day: int) -> list[tuple[int, int]]:
    """'Opening hours are half-open `[09:00, 12:00)` and may pass midnight (they belong to the day they begin).'"""
    spans = []
    for hours in hours_of(calendar, day):
        last_day = day if hours.end_minute > hours.start_minute else day + 1
        start, end = clock.utc(day * DAY_US + hours.start_minute * MINUTE_US), clock.utc(last_day * DAY_US + hours.end_minute * MINUTE_US)
        if start < end:  # else the local clock skips them
            spans.append((start, end))
    return spans


def is_open(clock: Clock, calendar: model.Calendar, time_us: int) -> bool:
    """Whether the calendar is open at the time."""
    today = clock.day(time_us)
    return any(start <= time_us < end for day in (today - 1, today) for start, end in opening(clock, calendar, day))


def open_spans(clock: Clock, calendar: model.Calendar, after_us: int, until_us: int) -> list[tuple[int, int]]:
    """The stretches of open time between two moments, in order, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    for day in range(clock.day(after_us) - 1, clock.day(until_us) + 1):
        for start, end in opening(clock, calendar, day):
            if end > after_us and start < until_us and end > start:
                found.append((max(start, after_us), end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(maxsize=100_000)  # asked of the same few events at each anchor
def after_open_time(clock: Clock, calendar: model.Calendar, time_us: int, amount_us: int, until_us: int) -> int | None:
    """The first moment by which so much open time has gone by since the time; None: not until `until_us`."""
    if amount_us == 0:
        return time_us
    for start, end in open_spans(clock, calendar, time_us, until_us):
        if end - start >= amount_us:
            return start + amount_us
        amount_us -= end - start
    return None


@lru_cache(maxsize=100_000)  # asked of the same few events at each anchor
def after_open_days(clock: Clock, calendar: model.Calendar, time_us: int, days: int, until_us: int) -> int | None:
    """'The last closing time of the third open day after A's day.'"""
    day = clock.day(time_us)
    while clock.start_of_day(day) <= until_us:
        day += 1
        spans = opening(clock, calendar, day)
        days -= bool(spans)
        if days == 0:
            return max(end for _, end in spans)
    return None
