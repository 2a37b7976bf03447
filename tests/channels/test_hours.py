"""Quiet hours and digests, by a clock in the test's hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rulelang.timezones import Zone
from services.channels.hours import read_digest, read_quiet
from tests.channels.receivers import Receiver, Reply, receiver, webhook, write_channels
from tests.channels.test_webhook import one_warning, said, taken, told_of
from tests.service.office import Office, at, run

SHANGHAI = Zone("Asia/Shanghai")


def moment(text: str, zone: str = "Asia/Shanghai") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


# ---------------------------------------------------------------------- what the words mean


@pytest.mark.parametrize(
    ("stretch", "time", "quiet"),
    [
        ("22:00-07:00", "2026-03-02T21:59", False),
        ("22:00-07:00", "2026-03-02T22:00", True),
        ("22:00-07:00", "2026-03-03T06:59", True),
        ("22:00-07:00", "2026-03-03T07:00", False),
        ("12:00-13:30", "2026-03-03T12:00", True),
        ("12:00-13:30", "2026-03-03T13:30", False),
        ("sat,sun 00:00-24:00", "2026-03-06T23:59", False),
        ("sat,sun 00:00-24:00", "2026-03-07T00:00", True),
        ("sat,sun 00:00-24:00", "2026-03-08T23:59", True),
        ("sat,sun 00:00-24:00", "2026-03-09T00:00", False),
        ("fri 22:00-07:00", "2026-03-07T06:59", True),  # it belongs to the day on which it begins
        ("fri 22:00-07:00", "2026-03-06T06:59", False),
    ],
)
def test_a_stretch_is_quiet_from_its_beginning_on_and_before_its_end(stretch: str, time: str, quiet: bool) -> None:
    assert read_quiet(stretch).holds(moment(time), SHANGHAI) is quiet


@pytest.mark.parametrize(
    "text", ["", "22-7", "22:00-24:01", "24:00-07:00", "07:00-07:00", "22:60-07:00", "sam 22:00-07:00", "22:00 - 07:00"]
)
def test_what_is_no_stretch_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match='must be of the form "22:00-07:00" or "sat,sun 00:00-24:00"'):
        read_quiet(text)


@pytest.mark.parametrize(
    ("digest", "after", "due"),
    [
        ("daily 07:30", "2026-03-02T07:29", "2026-03-02T07:30"),
        ("daily 07:30", "2026-03-02T07:30", "2026-03-03T07:30"),
        ("weekly mon 07:30", "2026-03-02T07:30", "2026-03-09T07:30"),
        ("weekly sun 00:00", "2026-03-02T07:30", "2026-03-08T00:00"),
    ],
)
def test_a_digest_is_due_at_its_time(digest: str, after: str, due: str) -> None:
    assert read_digest(digest).after(moment(after), SHANGHAI) == moment(due)


@pytest.mark.parametrize("text", ["", "daily", "daily 24:00", "weekly 07:30", "weekly day 07:30", "mon 07:30"])
def test_what_is_no_digest_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match='must be of the form "daily 07:30" or "weekly mon 07:30"'):
        read_digest(text)


def test_hours_are_those_of_the_local_clock_when_it_is_changed() -> None:
    """In Paris, 2026-03-29 has no 02:30, and 2026-10-25 has it twice."""
    paris = Zone("Europe/Paris")
    due = read_digest("daily 02:30")
    found = [due.after(moment("2026-03-28T12:00", "Europe/Paris"), paris)]
    while len(found) < 3:
        found.append(due.after(found[-1], paris))
    days = {datetime.fromtimestamp(one / 1e6, ZoneInfo("Europe/Paris")).date().isoformat() for one in found}
    assert days == {"2026-03-29", "2026-03-30", "2026-03-31"}
    quiet, start = read_quiet("22:00-07:00"), datetime(2026, 10, 24, 20, tzinfo=UTC)  # 22:00 of summer time
    hours = [quiet.holds(round((start + timedelta(hours=hour)).timestamp()) * 1_000_000, paris) for hour in range(-1, 12)]
    assert hours == [False, *[True] * 10, False, False]


# ---------------------------------------------------------------------- quiet hours


def test_quiet_hours_hold_all_but_red_and_then_let_it_go_in_order(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            await one_warning(office, hour="21:59")
            await taken(office, told, 1)
            held = [await one_warning(office, f"Q{number}", f"22:0{number}") for number in range(3)]
            await office.do("zhang", held[0])
            grave = await one_warning(office, "P99", "22:10", grade=12)
            await office.do("chen", grave, step="release", expected_version=1)
            await taken(office, told, 2)
            assert told_of(told, grave) == [("issued", "released", "step")]
            await office.restart()  # what is held is not forgotten
            await office.move("2026-03-03T06:59")
            await office.do("zhang", grave, step="notification", expected_version=2)
            await taken(office, told, 3)
            await office.move("2026-03-03T07:00")
            await taken(office, told, 7)
            assert [told_of(told, warning) for warning in held] == [[("issued",), ("step",)], [("issued",)], [("issued",)]]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, quiet='["22:00-07:00"]', parallel=1)))
        numbers = [got.body["happened"]["number"] for got in told.taken]
        assert numbers[3:] == sorted(numbers[3:])


def test_quiet_hours_are_those_of_the_zone_that_the_file_names(tmp_path: Path) -> None:
    with receiver() as told:
        text = 'timezone = "UTC"\n' + webhook(told.url, quiet='["13:00-14:00"]')  # 21:00 to 22:00 of the rules' zone

        async def scenario(office: Office) -> None:
            await one_warning(office, hour="20:59")
            await taken(office, told, 1)
            await one_warning(office, "P18", hour="21:00")
            await office.do("zhang", await office.only("wang", entity="officer", key="P17"))
            await office.move("2026-03-02T21:59")
            assert len(told.got) == 1
            await office.move("2026-03-02T22:00")
            await taken(office, told, 3)

        run(tmp_path, scenario, channels=write_channels(tmp_path, text))


def test_what_failed_is_not_tried_again_while_it_is_quiet(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: Reply(204 if well else 500)) as told:

        async def scenario(office: Office) -> None:
            await one_warning(office, hour="21:59")
            await said(office, "delivery failed", 2)
            office.now = at("2026-03-02T22:00")
            await office.move("2026-03-02T22:00")
            await office.move("2026-03-02T22:01")
            tries = len(told.got)
            well.append(True)
            await office.move("2026-03-02T23:00")
            assert len(told.got) <= tries + 1  # one may have been under way
            await office.move("2026-03-03T07:00")
            await taken(office, told, 1)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, quiet='["22:00-07:00"]')))


# ---------------------------------------------------------------------- digests


def listed(told: Receiver) -> list[str]:
    """The happenings of all digests, each by its warning and version."""
    return [f"{one['id']}.{one['version']}" for got in told.taken for one in got.body["happenings"]]


def test_a_digest_has_each_happening_once_by_unit_and_level(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            first = await one_warning(office, "P1", "10:00")
            await office.say("posting", "2026-03-02T10:00", officer="P2", unit="U0")
            await office.say("complaint", "2026-03-02T10:01", case="C", officer="P2", grade=6)
            await office.move("2026-03-03T07:29")
            await office.do("zhang", first)
            assert not told.got
            await office.move("2026-03-03T07:30")
            (digest,) = await taken(office, told, 1)
            assert {name: digest.body[name] for name in ("kind", "channel", "period", "until", "count", "by_unit_and_level")} == {
                "kind": "digest",
                "channel": "hook",
                "period": "daily",
                "until": "2026-03-02T23:30:00Z",
                "count": 3,
                "by_unit_and_level": [
                    {"unit": ["unit", "U0"], "level": "yellow", "count": 1},
                    {"unit": ["unit", "U1"], "level": "blue", "count": 2},
                ],
            }
            assert [(one["key"], one["happened"]["kinds"]) for one in digest.body["happenings"]] == [
                ("P2", ["issued"]),
                ("P1", ["issued"]),
                ("P1", ["step"]),
            ]
            await office.restart()
            await office.move(
                "2026-03-06T12:00"
            )  # in three days nothing happened but that P2's warning became overdue, which is noticed now
            await office.do("li", first)
            assert len(told.got) == 1
            await office.move("2026-03-07T07:30")
            _, digest = await taken(office, told, 2)
            assert [(one["key"], one["happened"]["kinds"]) for one in digest.body["happenings"]] == [("P2", ["overdue"]), ("P1", ["step"])]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, digest='"daily 07:30"')))
        assert len(listed(told)) == len(set(listed(told)))
        assert len({got.id for got in told.got}) == len(told.got)


def test_a_long_digest_is_sent_as_several(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            for number in range(5):
                await one_warning(office, f"P{number}", f"1{number}:00")
            await office.move("2026-03-03T07:30")
            await taken(office, told, 3)

        channels = write_channels(tmp_path, webhook(told.url, digest='"daily 07:30"'))
        run(tmp_path, scenario, channels=channels, limits__digest_happenings_max=2)
        assert [got.body["count"] for got in told.taken] == [2, 2, 1]
        assert len(set(listed(told))) == 5


def test_a_digest_that_fails_is_sent_again_as_it_was_also_after_a_crash(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: Reply(204 if well else 500)) as told:

        async def scenario(office: Office) -> None:
            first = await one_warning(office)
            await office.move("2026-03-03T07:30")
            await said(office, "delivery failed", 2)
            await office.do("zhang", first)  # after the digest was due: it goes into the next one
            await office.crash()
            await said(office, "delivery failed", 1)
            well.append(True)
            await taken(office, told, 1)
            await office.move("2026-03-04T07:30")
            await taken(office, told, 2)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, digest='"daily 07:30"')))
        assert len({(got.id, got.raw) for got in told.got}) == 2
        assert [got.body["count"] for got in told.taken] == [1, 1]
