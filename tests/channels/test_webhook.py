"""A service tells webhooks what happens to warnings: in order, signed, again where it failed, and never silently not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.channels.receivers import (
    DROPPED,
    OLD_SECRET,
    SECRET,
    WELL,
    Got,
    Receiver,
    Reply,
    receiver,
    webhook,
    write_channels,
)
from tests.service.office import Office, run


async def one_warning(office: Office, officer: str = "P17", hour: str = "10:00", grade: int = 3) -> str:
    """An officer of unit U1 is complained of, and a warning is issued: a blue one, or of the highest grade a red one, which awaits its release."""
    await office.move(f"2026-03-02T{hour}")
    await office.say("placed", "2026-03-02T08:00", late=True, unit="U1", city="C")
    await office.say("posting", "2026-03-02T08:00", late=True, officer=officer, unit="U1")
    await office.say("complaint", f"2026-03-02T{hour}", case=f"C{office.sent}", officer=officer, grade=grade)
    return await office.only("chen", entity="officer", key=officer)


async def taken(office: Office, told: Receiver, count: int) -> list[Got]:
    await office.inside.until(lambda: len(told.taken) >= count)
    return list(told.taken)


async def said(office: Office, message: str, count: int = 1) -> list[dict[str, Any]]:
    await office.inside.until(lambda: len(office.inside.said(message)) >= count)
    return office.inside.said(message)


def told_of(told: Receiver, warning: str) -> list[tuple[str, ...]]:
    return [got.kinds for got in told.taken if got.warning == warning]


def replies(*given: Reply) -> Callable[[Got], Reply]:
    """To the first requests these, then that all is well."""
    left = list(given)
    return lambda got: left.pop(0) if left else WELL


# ---------------------------------------------------------------------- what is told


def test_a_webhook_is_told_what_happens_in_order_and_signed(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await office.do("zhang", warning, note="通知已送达")
            await office.move("2026-03-10T10:00")
            await taken(office, told, 3)
            assert told_of(told, warning) == [("issued",), ("step",), ("overdue",)]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        assert [got.attempt for got in told.got] == [1, 1, 1]
        assert all(got.signed_with(SECRET) and not got.signed_with(OLD_SECRET) for got in told.got)
        issued, step, overdue = (got.body for got in told.got)
        assert {name: issued[name] for name in ("kind", "status", "ladder", "rule", "entity", "key", "level", "points", "time")} == {
            "kind": "warning",
            "status": "issued",
            "ladder": "conduct",
            "rule": None,
            "entity": "officer",
            "key": "P17",
            "level": "blue",
            "points": 3,
            "time": "2026-03-02T02:00:00Z",
        }
        assert issued["places"] == [["officer", "P17"], ["unit", "U1"], ["city", "C"]]
        assert issued["stands_at"] == {"status": "open", "awaits": "notification", "deadline": "2026-03-03T02:00:00Z"}
        assert (step["happened"]["actor"], step["happened"]["note"], step["version"]) == ("zhang", "通知已送达", 2)
        assert step["stands_at"]["awaits"] == "verification"
        assert (overdue["happened"]["step"], overdue["happened"]["late"]) == ("verification", True)


def test_each_secret_signs_so_that_receivers_may_change_theirs(tmp_path: Path) -> None:
    with receiver() as told:
        channels = write_channels(tmp_path, webhook(told.url), hook=f"# the newest first\n{SECRET}\n\n{OLD_SECRET}")

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (got,) = await taken(office, told, 1)
            assert len(got.signatures) == 2
            assert got.signed_with(SECRET)
            assert got.signed_with(OLD_SECRET)

        run(tmp_path, scenario, channels=channels)


def test_nothing_of_a_warning_goes_out_before_its_release(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            grave = await one_warning(office, grade=12)
            light = await one_warning(office, "P18")
            assert {got.warning for got in await taken(office, told, 1)} == {light}
            await office.move("2026-03-03T18:00")  # the release itself is overdue, of which nobody outside is told
            await office.do("chen", grave, step="release", expected_version=2)
            await office.inside.until(lambda: bool(told_of(told, grave)))
            assert told_of(told, grave) == [("issued", "released", "step")]
            assert [step.kind for step in (await office.get("wang", grave)).history] == ["issued", "overdue", "step"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


def test_each_happening_says_of_which_kinds_it_is(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            done = await one_warning(office, "P1")
            await office.do("zhang", done)
            await office.do("li", done)
            await office.do("wang", done)
            shaken = await one_warning(office, "P2", "11:00")
            case = next(got for got in await taken(office, told, 5) if got.warning == shaken)
            assert case.body["status"] == "issued"
            await office.say("withdrawal", "2026-03-02T09:00", late=True, case=f"C{office.sent - 2}")
            await office.inside.until(lambda: len(told_of(told, shaken)) == 3)
            await office.do("wang", shaken, "revoked", note="the complaint had been withdrawn")
            await office.inside.until(lambda: len(told_of(told, shaken)) == 4)
            assert told_of(told, done) == [("issued",), ("step",), ("step",), ("step", "closed")]
            assert told_of(told, shaken) == [("issued",), ("withdrawn", "reopened"), ("withdrawn",), ("step", "closed")]
            bodies = [got.body for got in told.taken if got.warning == shaken]
            assert [body["status"] for body in bodies] == ["issued", "issued", "withdrawn", "withdrawn"]
            assert [body["stands_at"]["status"] for body in bodies] == ["open", "open", "open", "revoked"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


def test_other_rules_change_nothing_about_what_was_told(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await taken(office, told, 1)
            rules = office.folder / "office.rules"
            rules.write_text(rules.read_text("utf-8").replace("blue at 3", "blue at 2"), encoding="utf-8")
            office.inside.service.reload()
            await said(office, "reloaded")
            await office.do("zhang", warning)
            await office.inside.until(lambda: ("step",) in told_of(told, warning))
            assert not office.inside.said("the store holds another history than was delivered: some deliveries may be repeated")

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        assert [got.kinds for got in told.got] == [("issued",), ("step",)]


# ---------------------------------------------------------------------- what fails


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Reply(500, told=b"out of order"), "answered 500: out of order"),
        (Reply(429, (("Retry-After", "0"),)), "answered 429"),
        (DROPPED, "the connection ended before there was an answer"),
        (Reply(204, hang_s=1.0), "no answer within 0.3 s"),
    ],
    ids=["an error", "too many", "no answer", "silence"],
)
def test_what_fails_is_sent_again_under_the_same_id(bad: Reply, why: str, tmp_path: Path) -> None:
    timeout_s = 0.3 if bad.hang_s else 60.0
    with receiver(lambda got: bad if got.attempt <= 2 else WELL) as told:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            await said(office, "the channel delivers again")
            assert {line["why"] for line in office.inside.said("delivery failed")} == {why}

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, timeout_s=timeout_s)))
        assert [got.attempt for got in told.got][:3] == [1, 2, 3]
        assert len({got.id for got in told.got}) == 1
        assert len({got.raw for got in told.got}) == 1
        assert all(got.signed_with(SECRET) for got in told.got)


def test_a_receiver_that_is_not_there_is_told_when_it_is(tmp_path: Path) -> None:
    with receiver() as away:
        url, port = away.url, int(away.url.split(":")[2].split("/")[0])
    channels = write_channels(tmp_path, webhook(url))

    async def scenario(office: Office) -> None:
        warning = await one_warning(office)
        await said(office, "delivery failed", 2)
        with receiver(port=port) as told:
            await taken(office, told, 1)
            assert told_of(told, warning) == [("issued",)]

    run(tmp_path, scenario, channels=channels)


def test_a_warning_waits_for_its_own_former_delivery_and_no_other_warning_does(tmp_path: Path) -> None:
    stuck: list[str] = []
    with receiver(lambda got: Reply(503) if got.warning in stuck else WELL) as told:

        async def scenario(office: Office) -> None:
            first = await one_warning(office)
            await taken(office, told, 1)
            stuck.append(first)
            await office.do("zhang", first)
            await office.do("li", first)
            for number in range(5):
                await one_warning(office, f"Q{number}", f"1{number}:30")
            await taken(office, told, 6)
            assert told_of(told, first) == [("issued",)]
            stuck.clear()
            await taken(office, told, 8)
            assert told_of(told, first) == [("issued",), ("step",), ("step",)]
            versions = [got.body["version"] for got in told.taken if got.warning == first]
            assert versions == [1, 2, 3]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


def test_a_receiver_that_asks_for_time_gets_it(tmp_path: Path) -> None:
    with receiver(replies(Reply(503, (("Retry-After", "1"),)))) as told:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            await taken(office, told, 1)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        first, second = told.got
        assert second.began_s - first.began_s >= 1.0


@pytest.mark.parametrize(
    ("bad", "tries", "why"),
    [
        (Reply(410), 1, "answered 410"),
        (Reply(400, told=b"no such\nwarning"), 3, "answered 400: no such warning"),
        (
            Reply(302, (("Location", "https://elsewhere.example/"),)),
            3,
            "answered 302 (redirects are not followed: give the address 'https://elsewhere.example/' itself)",
        ),
    ],
    ids=["gone", "refused", "moved"],
)
def test_what_is_refused_is_given_up_and_told_and_the_next_of_its_warning_goes_on(bad: Reply, tries: int, why: str, tmp_path: Path) -> None:
    with receiver(lambda got: bad if "issued" in got.kinds else WELL) as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await office.do("zhang", warning)
            (given_up,) = await said(office, "given up")
            assert (given_up["why"], given_up["attempt"], given_up["warning"]) == (why, tries, warning)
            await taken(office, told, 1)
            assert told_of(told, warning) == [("step",)]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        assert len(told.got) == tries + 1


def test_what_fails_for_too_long_is_given_up(tmp_path: Path) -> None:
    with receiver(lambda got: Reply(500)) as told:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            await said(office, "delivery failed", 4)
            assert not office.inside.said("given up")
            office.now += 3600 * 1_000_000
            await said(office, "given up")

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, give_up_after_s=3600)))


# ---------------------------------------------------------------------- what is kept


def test_a_restart_sends_nothing_twice_and_leaves_nothing_out(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await taken(office, told, 1)
            await office.restart()
            await office.do("zhang", warning)
            await taken(office, told, 2)
            await office.restart()
            await office.move("2026-03-10T10:00")
            await taken(office, told, 3)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        assert [got.kinds for got in told.got] == [("issued",), ("step",), ("overdue",)]


def test_what_waits_when_a_service_stops_is_sent_by_the_next_one_in_order(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: WELL if well else Reply(500)) as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await office.do("zhang", warning)
            await said(office, "delivery failed", 2)
            await office.restart()
            await office.do("li", warning)
            well.append(True)
            await taken(office, told, 3)
            assert [got.body["version"] for got in told.taken] == [1, 2, 3]
            assert told.taken[0].attempt > 2  # the tries of the former service count

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


def test_after_a_crash_what_may_have_been_sent_is_sent_again_recognisably(tmp_path: Path) -> None:
    """The store is copied as it is while each delivery is under way, which is the worst moment there is."""
    with receiver() as told:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await taken(office, told, 1)
            await office.crash()
            await office.do("zhang", warning)
            await taken(office, told, 2)
            await office.crash()
            await office.do("li", warning)
            await office.inside.until(lambda: 3 in {got.body["version"] for got in told.taken})

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
        names: dict[str, bytes] = {}
        for got in told.taken:
            assert names.setdefault(got.id, got.raw) == got.raw
        assert [got.body["version"] for got in {got.id: got for got in told.taken}.values()] == [1, 2, 3]


def test_a_new_channel_begins_with_what_happens_next_or_as_it_is_told(tmp_path: Path) -> None:
    with receiver() as old, receiver() as next_ones, receiver() as all_of_them:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await taken(office, old, 1)
            text = webhook(old.url) + webhook(next_ones.url, "next") + webhook(all_of_them.url, "all", begin='"first"')
            write_channels(tmp_path, text)
            office.inside.service.reload()
            await taken(office, all_of_them, 1)
            await said(office, "channel at work", 3)
            await office.do("zhang", warning)
            for told in (old, next_ones, all_of_them):
                await office.inside.until(lambda told=told: ("step",) in told_of(told, warning))  # type: ignore[misc]
            assert told_of(old, warning) == told_of(all_of_them, warning) == [("issued",), ("step",)]
            assert told_of(next_ones, warning) == [("step",)]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(old.url)))


def test_a_file_that_cannot_be_used_leaves_the_channels_as_they_were(tmp_path: Path) -> None:
    with receiver() as told:

        async def scenario(office: Office) -> None:
            write_channels(tmp_path, webhook(told.url, colour='"red"'))
            office.inside.service.reload()
            (left,) = await said(office, "the channels are left as they were")
            assert "there is no 'colour'" in left["error"]
            await one_warning(office)
            await taken(office, told, 1)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))


# ---------------------------------------------------------------------- bounds


def test_so_many_deliveries_are_under_way_at_a_time_and_no_more(tmp_path: Path) -> None:
    with receiver(lambda got: Reply(hang_s=0.1)) as told:

        async def scenario(office: Office) -> None:
            for number in range(12):
                await one_warning(office, f"Q{number}", f"{10 + number}:30")
            await taken(office, told, 12)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url, parallel=3)))
        assert told.at_work_max <= 3


def test_a_channel_reads_no_further_than_what_may_wait(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: WELL if well else Reply(500)) as told:

        async def scenario(office: Office) -> None:
            for number in range(5):
                await one_warning(office, f"Q{number}", f"{10 + number}:30")
            await office.inside.until(lambda: len({got.warning for got in told.got}) == 3)
            time_s = time.monotonic()
            await office.inside.until(lambda: time.monotonic() - time_s > 0.5)
            assert len({got.warning for got in told.got}) == 3  # the first of all: the others are not even looked at
            well.append(True)
            await taken(office, told, 5)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)), limits__channel_waiting_max=3)


def test_no_more_is_given_up_than_is_kept(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: WELL if well else Reply(410)) as told:

        async def scenario(office: Office) -> None:
            for number in range(3):
                await one_warning(office, f"Q{number}", f"{10 + number}:30")
            await said(office, "given up", 2)
            await said(office, "given up deliveries are as many as may be: send them again, or none is given up any more")
            assert len(office.inside.said("given up")) == 2
            well.append(True)
            await taken(office, told, 1)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)), limits__channel_given_up_max=2)
