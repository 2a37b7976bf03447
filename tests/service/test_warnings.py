"""The service `Warnings`: who is known, who sees what, pages, filters, watching, and what a refused step is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from proto.rulelang.v1 import warnings_pb2
from tests.service.inside import WAIT_S, Failed
from tests.service.office import Office, at, run, taken, token, told


async def three_warnings(office: Office) -> list[str]:
    """Blue and yellow of an officer of U1, blue of an officer of no unit."""
    await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
    await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
    await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)
    await office.say("complaint", "2026-01-06T11:00", case="K2", officer="P17", grade=3)
    await office.say("complaint", "2026-01-06T12:00", case="K3", officer="P18", grade=3)
    return [state.id for state in (await office.list("zhang")).warnings][::-1]


def failed(answer: object) -> Failed:
    assert isinstance(answer, Failed), answer
    return answer


# ---------------------------------------------------------------------- who calls


@pytest.mark.parametrize(
    "metadata",
    [(), token("nobody"), (("authorization", "Basic zhang"),), (("authorization", "Bearer "),)],
    ids=["none", "unknown", "basic", "empty"],
)
def test_whoever_is_not_known_is_told_nothing(tmp_path: Path, metadata: tuple[tuple[str, str], ...]) -> None:
    async def scenario(office: Office) -> None:
        calls = [
            office.warnings.List(warnings_pb2.ListRequest(), metadata=metadata),
            office.warnings.Get(warnings_pb2.GetRequest(id="x"), metadata=metadata),
            office.warnings.Advance(warnings_pb2.AdvanceRequest(id="x"), metadata=metadata),
        ]
        for call in calls:
            assert (failed(await told(call)).code, failed(await told(call)).reason) == ("UNAUTHENTICATED", "NOT_KNOWN")
        watch = office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=metadata)
        assert failed(await told(taken(watch, 1))).reason == "NOT_KNOWN"

    run(tmp_path, scenario)


def test_a_unit_sees_its_own_warnings_only(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, yellow, other = await three_warnings(office)
        seen = {person: [state.id for state in (await office.list(person)).warnings] for person in ("li", "zhao", "chen", "wang")}
        assert seen == {"li": [yellow, blue], "zhao": [], "chen": [yellow, blue], "wang": [other, yellow, blue]}
        hidden = failed(await told(office.get("zhao", blue)))
        nowhere = failed(await told(office.get("zhao", "x" * 32)))
        assert (hidden.code, hidden.reason) == (nowhere.code, nowhere.reason) == ("NOT_FOUND", "NO_SUCH_WARNING")
        assert failed(await office.do("zhao", blue)).code == "NOT_FOUND"
        assert failed(await told(office.get("li", other))).code == "NOT_FOUND"

    run(tmp_path, scenario)


def test_every_read_and_step_is_in_the_log_with_who_it_was(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        await office.get("li", blue)
        await office.do("zhang", blue)
        lines = office.inside.said("call answered")
        assert ("li", blue) in [(line.get("person"), line.get("warning")) for line in lines if line["method"].endswith("Warnings/Get")]
        (step,) = [line for line in lines if line["method"].endswith("Warnings/Advance")]
        assert (step["person"], step["warning"], step["step"], step["role"]) == ("zhang", blue, "notification", "duty_officer")

    run(tmp_path, scenario)


# ---------------------------------------------------------------------- lists


def test_a_list_comes_in_pages_that_hold_each_warning_once(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, yellow, other = await three_warnings(office)
        first = await office.list("zhang", page_size=2)
        assert [state.id for state in first.warnings] == [other, yellow]
        await office.say("complaint", "2026-01-06T13:00", case="K4", officer="P19", grade=3)
        second = await office.list("zhang", page_size=2, page_token=first.next_page_token)
        assert ([state.id for state in second.warnings], second.next_page_token) == ([blue], "")

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"entity": "officer", "key": "P17"}, ["yellow P17", "blue P17"]),
        ({"entity": "unit", "key": "U1"}, ["yellow P17", "blue P17"]),
        ({"entity": "city", "key": "C"}, ["yellow P17", "blue P17"]),
        ({"levels": ["blue"]}, ["blue P18", "blue P17"]),
        ({"levels": ["blue", "yellow"]}, ["blue P18", "yellow P17", "blue P17"]),
        ({"steps": ["verification"]}, ["blue P17"]),
        ({"statuses": ["closed"]}, []),
        ({"overdue": True}, ["yellow P17"]),
    ],
)
def test_a_list_may_be_of_some_only(tmp_path: Path, given: dict[str, object], found: list[str]) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        await office.do("zhang", blue)
        await office.move("2026-01-07T11:30")
        assert [f"{state.level} {state.key}" for state in (await office.list("zhang", **given)).warnings] == found

    run(tmp_path, scenario)


def test_a_list_may_be_of_a_time(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        given = warnings_pb2.WarningFilter()
        given.issued_from.FromMicroseconds(at("2026-01-06T11:00"))
        given.issued_before.FromMicroseconds(at("2026-01-06T12:00"))
        answer = await office.warnings.List(warnings_pb2.ListRequest(filter=given), metadata=token("zhang"))
        assert [state.level for state in answer.warnings] == ["yellow"]

    run(tmp_path, scenario)


def test_a_wrong_request_says_which_field(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        assert failed(await told(office.list("zhang", entity="unit"))).wrong_fields == ["filter.key"]
        assert failed(await told(office.list("zhang", key="U1"))).wrong_fields == ["filter.entity"]
        assert failed(await told(office.list("zhang", page_size=-1))).wrong_fields == ["page_size"]
        for wrong in ("1", "x", "-1", "٣"):
            assert failed(await told(office.list("zhang", page_token=wrong))).wrong_fields == ["page_token"]
        blue, *_ = await three_warnings(office)
        assert failed(await office.do("zhang", blue, command_id="")).wrong_fields == ["command_id"]
        assert failed(await office.do("zhang", blue, note="n" * 4001)).wrong_fields == ["note"]
        bad = [warnings_pb2.Attachment(name="a", sha256="xyz")]
        assert failed(await office.do("zhang", blue, attachments=bad)).wrong_fields == ["attachments"]

    run(tmp_path, scenario)


def test_a_page_holds_no_more_than_the_bound(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        assert len((await office.list("zhang", page_size=100)).warnings) == 2

    run(tmp_path, scenario, limits__page_warnings_max=2)


# ---------------------------------------------------------------------- steps


def test_a_repeated_step_is_answered_as_the_first_time(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        same = {"command_id": "c", "step": "notification", "expected_version": 1}
        first = await office.do("zhang", blue, **same)
        again = await office.do("zhang", blue, **same)
        assert isinstance(first, warnings_pb2.AdvanceResponse)
        assert isinstance(again, warnings_pb2.AdvanceResponse)
        assert (first.repeated, again.repeated, again.line, again.warning) == (False, True, first.line, first.warning)

    run(tmp_path, scenario)


def test_of_two_steps_at_a_time_one_is_told_the_version_that_there_is(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        steps = [office.do("zhang", blue, step="notification", expected_version=1) for _ in range(5)]
        answers = await asyncio.gather(*steps)
        assert sum(isinstance(answer, warnings_pb2.AdvanceResponse) for answer in answers) == 1
        for answer in answers:
            if isinstance(answer, Failed):
                assert (answer.code, answer.reason, answer.facts["current_version"]) == ("ABORTED", "VERSION_CONFLICT", "2")

    run(tmp_path, scenario)


def test_a_refused_step_says_why(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        version = 1
        cases = [
            (("wang", {"step": "notification", "role": "duty_officer", "expected_version": version}), ("PERMISSION_DENIED", "WRONG_ROLE")),
            (("wang", {"step": "notification", "expected_version": version}), ("PERMISSION_DENIED", "WRONG_ROLE")),
            (("wang", {"step": "review", "expected_version": version}), ("FAILED_PRECONDITION", "WRONG_STEP")),
            (("zhang", {"result": "refuted", "note": "no"}), ("FAILED_PRECONDITION", "WRONG_RESULT")),
        ]
        for (person, other), expected in cases:
            answer = failed(await office.do(person, blue, **other))
            assert (answer.code, answer.facts["refusal"]) == expected
        assert await office.history(blue) == ["issued → notification"]

    run(tmp_path, scenario)


# ---------------------------------------------------------------------- watching


def test_a_watcher_who_goes_on_from_a_cursor_misses_nothing_and_gets_nothing_twice(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        await office.do("zhang", blue)
        whole = await office.watched("zhang", 4)
        assert [change.line.number for change in whole] == [1, 2, 3, 4]
        for first in range(4):
            cursor = whole[first - 1].cursor if first else ""
            assert await office.watched("zhang", 4 - first, cursor) == whole[first:]
        await office.restart()
        assert await office.watched("zhang", 2, whole[1].cursor) == whole[2:]

    run(tmp_path, scenario)


def test_a_watcher_is_told_as_it_happens_also_what_only_the_clock_brings(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        call = office.warnings.Watch(warnings_pb2.WatchRequest(only_new=True), metadata=token("li"))
        waiting = asyncio.ensure_future(taken(call, 1))
        await office.inside.until(lambda: office.inside.service.admission.watchers == 1)
        await office.move("2026-01-07T10:01")  # the deadline of the first notification
        (change,) = await waiting
        assert (change.line.kind, change.line.step, change.warning.level) == ("overdue", "notification", "blue")

    run(tmp_path, scenario)


def test_a_watcher_sees_what_is_theirs_and_wanted(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        assert [change.warning.level for change in await office.watched("li", 2)] == ["blue", "yellow"]
        assert [change.warning.key for change in await office.watched("zhang", 1, entity="officer", key="P18")] == ["P18"]
        assert [change.warning.level for change in await office.watched("zhang", 1, levels=["yellow"])] == ["yellow"]

    run(tmp_path, scenario)


def test_a_watcher_is_given_changes_by_where_the_warning_stood_then(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        await office.do("zhang", blue)
        await office.move("2026-01-07T11:30")  # the yellow one is late
        assert [change.line.number for change in await office.watched("li", 3, steps=["notification"])] == [1, 2, 5]
        assert [change.line.number for change in await office.watched("li", 1, steps=["verification"])] == [4]
        assert [change.line.step for change in await office.watched("li", 1, overdue=True)] == ["notification"]

    run(tmp_path, scenario)


def test_a_watcher_who_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        blue, *_ = await three_warnings(office)
        slow = [office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=token("zhang")) for _ in range(20)]
        await office.inside.until(lambda: office.inside.service.admission.watchers == 20)
        await office.do("zhang", blue)
        assert len(await office.watched("zhang", 4)) == 4
        for call in slow:
            call.cancel()

    run(tmp_path, scenario)


def test_a_cursor_of_another_store_is_refused(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        for cursor in ("4.", "3.0000000000000000", "x", "-1.", "0.00"):
            watch = office.warnings.Watch(warnings_pb2.WatchRequest(cursor=cursor), metadata=token("zhang"))
            answer = failed(await told(taken(watch, 1)))
            assert (answer.code, answer.reason) == ("OUT_OF_RANGE", "CURSOR_UNKNOWN")

    run(tmp_path, scenario)


def test_so_many_watchers_and_no_more(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        watches = [office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=token("zhang")) for _ in range(2)]
        await office.inside.until(lambda: office.inside.service.admission.watchers == 2)
        third = office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=token("zhang"))
        assert failed(await told(taken(third, 1))).reason == "TOO_MANY_WATCHERS"
        for watch in watches:
            watch.cancel()

    run(tmp_path, scenario, limits__watchers_max=2)


def test_watchers_are_told_when_the_service_stops(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        watch = asyncio.ensure_future(told(taken(office.warnings.Watch(warnings_pb2.WatchRequest(), metadata=token("zhang")), 1)))
        await office.inside.until(lambda: office.inside.service.admission.watchers == 1)
        office.inside.service.stop()
        async with asyncio.timeout(WAIT_S):
            assert failed(await watch).reason == "STOPPING"

    run(tmp_path, scenario)


# ---------------------------------------------------------------------- before the release


def test_before_its_release_a_warning_is_seen_by_those_who_may_release_it(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await three_warnings(office)
        await office.say("complaint", "2026-01-09T10:00", case="K9", officer="P17", grade=20)
        red = await office.only("chen", levels=["red"])
        assert not (await office.list("li", levels=["red"])).warnings
        assert failed(await told(office.get("li", red))).code == "NOT_FOUND"
        await office.do("chen", red, step="release", expected_version=1)
        assert await office.only("li", levels=["red"]) == red

    run(tmp_path, scenario)
