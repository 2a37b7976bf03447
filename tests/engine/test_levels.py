"""How a level came about, and what could become of it: to the microsecond, and to the last digit of the points."""

from __future__ import annotations

from typing import Any

import pytest

from services.points import points_text
from tests.engine.scene import Scene, shown_time, us
from tests.engine.test_meaning import LADDER, UNITS

MONTHLY = LADDER.replace("over 10d", "over month")


def fined(rules: str, *fines: tuple[str, float]) -> Scene:
    """An officer P1 with fines at these times, of so many points."""
    scene = Scene(rules)
    for at, points in fines:
        scene.send("fine", at, officer="P1", amount=points)
    return scene


def course(scene: Scene, until: str) -> list[str]:
    """The history of P1 on `conduct`: `TIME LEVEL POINTS`."""
    return [
        f"{shown_time(c['time'])} {c['level']} {c['points']}" for c in scene.engine.level_history("officer", "P1", us(until))["conduct"]
    ]


def falls(told: dict[str, Any]) -> list[str]:
    return [f"{f['level']} from {shown_time(f['time'])}, {f['points']} left, {f['leaving']} leave" for f in told["falls"]]


def rises(told: dict[str, Any]) -> dict[str, list[str]]:
    return {
        r["level"]: [f"{s['points']} before {shown_time(s['before'])}" if s["before"] else f"{s['points']} for good" for s in r["steps"]]
        for r in told["rises"]
    }


# ------------------------------------------------------------------ the course of a level


def test_the_history_says_when_the_level_rose_and_fell_and_by_which_findings() -> None:
    scene = fined(LADDER, ("02T10:00", 2), ("03T10:00", 2), ("05T10:00", 2))
    first, second, third = (finding["id"] for finding in scene.standing("finding"))
    blue, yellow = (warning["id"] for warning in scene.standing("warning"))
    rose, again, fell, none = scene.engine.level_history("officer", "P1", us("31T00:00"))["conduct"]
    assert rose == {
        "time": "2026-03-03T02:00:00Z",
        "level": "blue",
        "was": None,
        "points": 4,
        "came": [second],
        "left": [],
        "warning": blue,
    }
    assert (again["level"], again["was"], again["came"], again["warning"]) == ("yellow", "blue", [third], yellow)
    assert (fell["level"], fell["was"], fell["points"], fell["left"], fell["warning"]) == ("blue", "yellow", 4, [first], None)
    assert (none["level"], none["left"], shown_time(none["time"])) == (None, [second], "13T10:00")


@pytest.mark.parametrize(("until", "count"), [("12T09:59:59.999999", 1), ("12T10:00", 2), ("02T10:00", 1), ("02T09:59:59.999999", 0)])
def test_the_history_goes_up_to_and_including_the_moment_asked_for(until: str, count: int) -> None:
    assert len(course(fined(LADDER, ("02T10:00", 3)), until)) == count


def test_points_that_come_as_others_leave_renew_a_level_and_its_warning() -> None:
    scene = fined(LADDER, ("02T10:00", 3), ("12T10:00", 3))
    assert course(scene, "31T00:00") == ["02T10:00 blue 3", "12T10:00 blue 3", "22T10:00 None 0"]
    renewed = scene.engine.level_history("officer", "P1", us("31T00:00"))["conduct"][1]
    assert renewed["was"] == "blue"
    assert renewed["warning"] == scene.standing("warning")[1]["id"]


def test_over_a_calendar_period_all_points_leave_at_its_end() -> None:
    scene = fined(MONTHLY, ("02T10:00", 3), ("31T23:59:59.999999", 3), ("04-01T00:00", 3))
    assert course(scene, "05-31T00:00") == ["02T10:00 blue 3", "31T23:59:59.999999 yellow 6", "04-01T00:00 blue 3", "05-01T00:00 None 0"]


# ------------------------------------------------------------------ what could become of it


def test_the_forecast_says_when_the_level_falls_and_what_each_higher_one_takes() -> None:
    scene = fined(LADDER, ("02T10:00", 5), ("04T10:00", 4), ("05T10:00", 2))
    told = scene.engine.forecast("officer", "P1")["conduct"]
    assert (told["level"], told["points"]) == ("orange", 11)
    assert falls(told) == ["yellow from 12T10:00, 6 left, 5 leave", "None from 14T10:00, 2 left, 4 leave"]
    assert rises(told) == {"red": ["1 before 12T10:00", "6 before 14T10:00", "10 before 15T10:00", "12 for good"]}


def test_a_forecast_is_what_happens() -> None:
    at_once = fined(LADDER, ("02T10:00", 5), ("04T10:00", 4), ("05T10:00", 2), ("12T09:59:59.999999", 1))
    too_late = fined(LADDER, ("02T10:00", 5), ("04T10:00", 4), ("05T10:00", 2), ("12T10:00", 1))
    assert at_once.level("officer", "P1") == {"conduct": "red 12"}
    assert too_late.level("officer", "P1") == {"conduct": "yellow 7"}
    assert fined(LADDER, ("02T10:00", 5)).level("officer", "P1", "12T09:59:59.999999") == {"conduct": "blue 5"}
    assert fined(LADDER, ("02T10:00", 5)).level("officer", "P1", "12T10:00") == {"conduct": "none 0"}


def test_from_a_moment_in_the_past_only_what_counted_then_is_known() -> None:
    scene = fined(LADDER, ("02T10:00", 3), ("05T10:00", 6))
    assert rises(scene.engine.forecast("officer", "P1", us("05T09:59:59.999999"))["conduct"])["yellow"] == [
        "3 before 12T10:00",
        "6 for good",
    ]
    assert falls(scene.engine.forecast("officer", "P1", us("05T10:00"))["conduct"]) == [
        "yellow from 12T10:00, 6 left, 3 leave",
        "None from 15T10:00, 0 left, 6 leave",
    ]


def test_over_a_calendar_period_a_forecast_ends_with_the_period() -> None:
    told = fined(MONTHLY, ("02T10:00", 3)).engine.forecast("officer", "P1")["conduct"]
    assert falls(told) == ["None from 04-01T00:00, 0 left, 3 leave"]
    assert rises(told)["red"] == ["9 before 04-01T00:00", "12 for good"]


def test_findings_of_one_time_leave_together() -> None:
    told = fined(LADDER, ("02T10:00", 3), ("02T10:00", 3)).engine.forecast("officer", "P1")["conduct"]
    assert falls(told) == ["None from 12T10:00, 0 left, 6 leave"]


def test_who_has_no_points_has_no_history_and_needs_them_all() -> None:
    scene = fined(LADDER)
    assert scene.engine.level_history("officer", "P1") == {"conduct": []}
    told = scene.engine.forecast("officer", "P1")["conduct"]
    assert (told["level"], told["points"], told["falls"]) == (None, 0, [])
    assert rises(told) == {"blue": ["3 for good"], "yellow": ["6 for good"], "orange": ["9 for good"], "red": ["12 for good"]}


def test_what_is_missing_is_enough_where_no_number_is_exactly_it() -> None:
    scene = fined(LADDER, ("02T10:00", 0.1), ("02T10:00", 0.2))
    (step, _) = scene.engine.forecast("officer", "P1")["conduct"]["rises"][0]["steps"]
    scene.send("fine", "02T11:00", officer="P1", amount=step["points"])
    assert scene.engine.level("officer", "P1")["conduct"] == {"level": "blue", "points": 3}
    assert points_text(step["points"]) == "2.7"


def test_units_and_cities_have_their_own_course() -> None:
    scene = Scene(UNITS)
    scene.send("placed", "01T10:00", unit="U1", city="C1")
    scene.send("posting", "01T10:00", officer="P1", unit="U1")
    scene.send("fine", "02T10:00", officer="P1", amount=4)
    assert falls(scene.engine.forecast("unit", "U1")["of_unit"]) == ["None from 12T10:00, 0 left, 2 leave"]
    assert [c["points"] for c in scene.engine.level_history("city", "C1")["of_city"]] == [4]
    assert scene.engine.members("officer") == {"P1": "U1"}
    assert scene.engine.members("officer", us("01T09:59:59.999999")) == {}
    with pytest.raises(ValueError, match="city is in no other entity"):
        scene.engine.members("city")


def test_the_key_is_read_as_events_are() -> None:
    scene = fined(LADDER, ("02T10:00", 3))
    assert scene.engine.forecast("officer", " P１ ") == scene.engine.forecast("officer", "P1")
    assert scene.engine.level_history("officer", "\u200b") == {"conduct": []}
    with pytest.raises(ValueError, match="unknown entity 'clerk'"):
        scene.engine.forecast("clerk", "P1")


def test_all_keys_that_have_points_are_listed() -> None:
    scene = fined(LADDER, ("02T10:00", 3), ("03T10:00", 3))
    scene.send("fine", "04T10:00", officer="P2", amount=1)
    assert scene.engine.levels() == [
        {"ladder": "conduct", "entity": "officer", "key": "P1", "level": "yellow", "points": 6},
        {"ladder": "conduct", "entity": "officer", "key": "P2", "level": None, "points": 1},
    ]
    assert [one["key"] for one in scene.engine.levels(us("13T10:00"))] == ["P2"]


def test_the_course_is_the_same_after_a_restart(tmp_path: Any) -> None:
    scene = Scene(LADDER, store=f"sqlite:{tmp_path / 'kept.db'}")
    for at, points in (("02T10:00", 5), ("04T10:00", 4)):
        scene.send("fine", at, officer="P1", amount=points)
    before = scene.engine.forecast("officer", "P1"), scene.engine.level_history("officer", "P1")
    scene.engine.close()
    again = Scene(LADDER, store=f"sqlite:{tmp_path / 'kept.db'}")
    assert (again.engine.forecast("officer", "P1"), again.engine.level_history("officer", "P1")) == before
    again.engine.close()


# ------------------------------------------------------------------ how points are written


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (6, "6"),
        (6.0, "6"),
        (6.6000000000000005, "6.6"),
        (0.1 + 0.2, "0.3"),
        (12.345678, "12.345678"),
        (1234567.5, "1234567.5"),
        (1e22, "10000000000000000000000"),
        (1e-9, "1e-09"),
        (0.0, "0"),
    ],
)
def test_points_are_written_as_people_write_them(points: float, text: str) -> None:
    assert points_text(points) == text
