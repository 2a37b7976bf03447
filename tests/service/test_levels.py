"""`Level` and `Forecast` of the service `Warnings`: how somebody stands, who may ask, and what is wrong to ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proto.rulelang.v1 import warnings_pb2
from tests.service.inside import Failed
from tests.service.office import Office, at, run, token, told


async def complaints(office: Office, *grades: int) -> None:
    """About P17 of U1, a day apart from 6 January on."""
    await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
    await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
    for day, grade in enumerate(grades, start=6):
        await office.say("complaint", f"2026-01-{day:02}T10:00", case=f"K{day}", officer="P17", grade=grade)


async def level(office: Office, person: str, entity: str = "officer", key: str = "P17", moment: str | None = None) -> Any:
    request = warnings_pb2.LevelRequest(entity=entity, key=key)
    if moment is not None:
        request.at.FromMicroseconds(at(moment))
    return await told(office.warnings.Level(request, metadata=token(person)))


async def forecast(office: Office, person: str, entity: str = "officer", key: str = "P17") -> Any:
    return await told(office.warnings.Forecast(warnings_pb2.ForecastRequest(entity=entity, key=key), metadata=token(person)))


def test_a_level_is_told_with_how_it_came_about(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3, 3)
        (blue, yellow) = [state.id for state in (await office.list("zhang")).warnings][::-1]
        answer = await level(office, "li")
        (ladder,) = answer.ladders
        assert answer.at.ToMicroseconds() == office.now
        assert (ladder.ladder, ladder.level, ladder.points, ladder.left_out) == ("conduct", "yellow", 6, 0)
        first, second = ladder.history
        assert (first.time.ToMicroseconds(), first.HasField("was"), first.level, first.points) == (at("2026-01-06T10:00"), False, "blue", 3)
        assert (second.was, second.level, second.warning, first.warning) == ("blue", "yellow", yellow, blue)
        assert [(one.rule, one.time) for one in second.came] == [("bad", second.time)]
        assert second.came[0].id in [finding["id"] for finding in json.loads((await office.get("li", yellow)).evidence)["findings"]]

    run(tmp_path, scenario)


def test_a_level_of_another_moment_is_what_held_or_will_hold_then(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3, 3)
        found = [
            (await level(office, "li", moment=moment)).ladders[0] for moment in ("2026-01-06T09:59", "2026-01-06T10:00", "2027-01-06T10:00")
        ]
        assert [(one.HasField("level"), one.level, one.points) for one in found] == [(False, "", 0), (True, "blue", 3), (True, "blue", 3)]
        assert [len(one.history) for one in found] == [0, 1, 3]

    run(tmp_path, scenario)


def test_a_forecast_says_when_the_level_falls_and_what_lifts_it(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3, 3)
        answer = await forecast(office, "li")
        (ladder,) = answer.ladders
        assert (ladder.level, ladder.points) == ("yellow", 6)
        falls = [(fall.level, fall.time.ToMicroseconds(), fall.points, fall.leaving) for fall in ladder.falls]
        assert falls == [("blue", at("2027-01-06T10:00"), 3, 3), ("", at("2027-01-07T10:00"), 0, 3)]
        assert not ladder.falls[1].HasField("level")
        rises = [
            (rise.level, [(step.points, step.before.ToMicroseconds() if step.HasField("before") else None) for step in rise.steps])
            for rise in ladder.rises
        ]
        leaving = [at("2027-01-06T10:00"), at("2027-01-07T10:00"), None]
        assert rises == [("orange", list(zip((3, 6, 9), leaving, strict=True))), ("red", list(zip((6, 9, 12), leaving, strict=True)))]

    run(tmp_path, scenario)


def test_who_sees_what_an_entity_belongs_to_now_sees_its_level(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3)
        asked = {person: await level(office, person) for person in ("zhang", "li", "chen", "zhao")}
        assert [person for person, answer in asked.items() if not isinstance(answer, Failed)] == ["zhang", "li", "chen"]
        assert (asked["zhao"].code, asked["zhao"].reason, asked["zhao"].wrong_fields) == ("NOT_FOUND", "NOT_SEEN", ["key"])
        nobody = await level(office, "zhao", key="P99")
        assert (nobody.code, nobody.reason) == ("NOT_FOUND", "NOT_SEEN")  # as if there were no such officer
        await office.say("posting", "2026-01-08T08:00", officer="P17", unit="U2")
        assert (await level(office, "zhao")).ladders[0].points == 3
        assert (await forecast(office, "li")).reason == "NOT_SEEN"
        assert (await level(office, "li", "unit", "U1")).ladders[0].ladder == "units"

    run(tmp_path, scenario)


def test_a_warning_that_awaits_its_release_is_not_named(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 12)
        red = await office.only("chen")
        assert (await level(office, "chen")).ladders[0].history[0].warning == red
        hidden = (await level(office, "li")).ladders[0].history[0]
        assert (hidden.level, hidden.HasField("warning")) == ("red", False)
        await office.do("chen", red, step="release", expected_version=1)
        assert (await level(office, "li")).ladders[0].history[0].warning == red

    run(tmp_path, scenario)


def test_of_many_changes_the_latest_are_told(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3, 3)
        (exactly,) = (await level(office, "li")).ladders
        assert (len(exactly.history), exactly.left_out) == (2, 0)
        await office.say("complaint", "2026-01-08T10:00", case="K8", officer="P17", grade=3)
        (more,) = (await level(office, "li")).ladders
        assert ([change.level for change in more.history], more.left_out) == (["yellow", "orange"], 1)

    run(tmp_path, scenario, limits__level_changes_max=2)


@pytest.mark.parametrize(
    ("entity", "key", "field", "said"),
    [
        ("", "P17", "entity", "entity: must not be empty"),
        ("officer", " ", "key", "key: must not be empty"),
        ("oficer", "P17", "entity", "entity: 'oficer' is no entity - did you mean 'officer'?"),
        ("case", "K6", "entity", "entity: 'case' has no ladder"),
    ],
)
def test_what_is_asked_wrongly_is_said(tmp_path: Path, entity: str, key: str, field: str, said: str) -> None:
    async def scenario(office: Office) -> None:
        for answer in (await level(office, "zhang", entity, key), await forecast(office, "zhang", entity, key)):
            assert (answer.code, answer.wrong_fields, answer.text) == ("INVALID_ARGUMENT", [field], said)

    run(tmp_path, scenario)


def test_who_is_not_known_is_told_nothing_and_who_asked_is_in_the_log(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3)
        for answer in (await level(office, "nobody"), await forecast(office, "nobody")):
            assert (answer.code, answer.reason) == ("UNAUTHENTICATED", "NOT_KNOWN")
        await level(office, "li")
        (line,) = [line for line in office.inside.said("call answered") if line["method"].endswith("Warnings/Level")]
        assert (line["person"], line["entity"], line["key"]) == ("li", "officer", "P17")

    run(tmp_path, scenario)


def test_levels_are_the_same_after_a_restart(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await complaints(office, 3, 3, 6)
        before = [await level(office, "zhang"), await forecast(office, "zhang")]
        await office.restart()
        assert [await level(office, "zhang"), await forecast(office, "zhang")] == before
        await office.crash()
        assert [await level(office, "zhang"), await forecast(office, "zhang")] == before

    run(tmp_path, scenario)
