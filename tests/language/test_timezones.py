"""Time zones: the local clock, its gaps and overlaps, and the days that it makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulelang.timezones import BEGINNING_US, DAY_US, UnknownZone, Zone, zone_names

EPOCH = datetime(1970, 1, 1)
ZONES = [
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
]


def at(text: str) -> int:
    """Microseconds since 1970 of a clock reading, whatever clock it is."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def from_tzdata(name: str) -> ZoneInfo:
    """The zone as the package tzdata has it, whatever the operating system says."""
    path = resources.files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        path /= part
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, name)


def test_shanghai_is_eight_hours_ahead() -> None:
    zone = Zone("Asia/Shanghai")
    assert zone.local_us(at("2026-03-02T04:10")) == at("2026-03-02T12:10")
    assert zone.to_utc_us(at("2026-03-02T12:10")) == at("2026-03-02T04:10")


def test_a_local_day_begins_at_local_midnight() -> None:
    zone = Zone("Asia/Shanghai")
    assert zone.day(at("2026-03-01T15:59:59.999999")) == at("2026-03-01T00:00") // DAY_US
    assert zone.day(at("2026-03-01T16:00")) == at("2026-03-02T00:00") // DAY_US
    assert zone.start_of_day_us(zone.day(at("2026-03-01T16:00"))) == at("2026-03-01T16:00")


def test_a_time_that_the_clock_skips_is_read_with_the_offset_before() -> None:
    berlin = Zone("Europe/Berlin")
    skipped = berlin.to_utc_us(at("2026-03-29T02:30"))
    assert skipped == at("2026-03-29T01:30")
    assert berlin.local_us(skipped) == at("2026-03-29T03:30")


def test_a_time_that_the_clock_shows_twice_is_the_first_of_the_two() -> None:
    berlin = Zone("Europe/Berlin")
    assert berlin.to_utc_us(at("2026-10-25T02:30")) == at("2026-10-25T00:30")
    assert berlin.local_us(at("2026-10-25T01:30")) == at("2026-10-25T02:30")


def test_a_day_whose_midnight_is_skipped_begins_at_its_first_moment() -> None:
    zone = Zone("America/Sao_Paulo")  # on 2018-11-04 the clock went from 00:00 to 01:00
    start = zone.start_of_day_us(at("2018-11-04T00:00") // DAY_US)
    assert zone.local_us(start) == at("2018-11-04T01:00")
    assert zone.local_us(start - 1) < at("2018-11-04T00:00")


def test_a_day_that_never_was_is_empty() -> None:
    apia = Zone("Pacific/Apia")  # it skipped 2011-12-30
    assert apia.start_of_day_us(at("2011-12-30T00:00") // DAY_US) == apia.start_of_day_us(at("2011-12-31T00:00") // DAY_US)


def test_the_rule_that_stands_today_is_followed_until_2100() -> None:
    berlin = Zone("Europe/Berlin")
    assert berlin.local_us(at("2099-07-01T12:00")) == at("2099-07-01T14:00")
    assert berlin.local_us(at("2099-12-01T12:00")) == at("2099-12-01T13:00")


def test_the_first_offset_holds_from_the_beginning_of_time() -> None:
    for name in ZONES:
        transitions = Zone(name).transitions
        assert transitions[0][0] == BEGINNING_US
        assert [t for t, _ in transitions] == sorted({t for t, _ in transitions})
        assert all(a != b for (_, a), (_, b) in pairwise(transitions))


@given(st.sampled_from(ZONES), st.datetimes(min_value=datetime(1850, 1, 1), max_value=datetime(2100, 12, 30)))
def test_every_moment_is_what_the_standard_library_says(name: str, moment: datetime) -> None:
    zone, peer = Zone(name), from_tzdata(name)
    utc_us = (moment - EPOCH) // timedelta(microseconds=1)
    local = moment.replace(tzinfo=UTC).astimezone(peer).replace(tzinfo=None)
    assert zone.local_us(utc_us) == (local - EPOCH) // timedelta(microseconds=1)


@given(st.sampled_from(ZONES), st.datetimes(min_value=datetime(1850, 1, 1), max_value=datetime(2100, 12, 30)))
def test_every_local_time_is_read_as_the_standard_library_reads_it(name: str, local: datetime) -> None:
    utc = local.replace(tzinfo=from_tzdata(name)).astimezone(UTC).replace(tzinfo=None)
    assert Zone(name).to_utc_us((local - EPOCH) // timedelta(microseconds=1)) == (utc - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("name", ["Asia/Shangai", "", "/etc/localtime", "../zones", "asia/shanghai"])
def test_a_name_that_no_zone_has_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        Zone(name)


def test_every_zone_of_the_database_can_be_read() -> None:
    for name in sorted(zone_names())[::20]:
        assert Zone(name).transitions
