"""What `check --effective` says of each kind of rule: when it is looked at, over which window, when it is reported again, for whom it counts."""

from __future__ import annotations

import pytest

import rulelang
from rulelang.effective import describe, look_back, outline
from tests.language.checking import meant
from tests.language.resolving import DECLARATIONS

LADDERS = """
ladder conduct within officer over 365d
    categories work
    blue at 3
ladder teams within unit over 90d
    blue at 3
"""


def lines(rule: str) -> dict[str, list[str]]:
    """What is said of the rule `r`, by what it is about."""
    ruleset = meant(DECLARATIONS + LADDERS + rule)
    first, *others = describe(next(r for r in ruleset.rules if r.name == "r"), ruleset)
    said: dict[str, list[str]] = {"": [first]}
    for line in others:
        assert line.startswith("    ")
        name, _, text = line.strip().partition(": ")
        said.setdefault(name, []).append(text)
    return said


def when(condition: str, clauses: str = "") -> dict[str, list[str]]:
    return lines(f"rule r {clauses} when {condition}")


@pytest.mark.parametrize(
    ("condition", "clauses", "looked_at"),
    [
        ("alcohol > 80", "", "each breath_test"),
        ("officer is present", "on detention, breath_test", "each detention, breath_test"),
        ("alcohol > 80", "on breath_test where machine is present", "each breath_test (where a condition holds)"),
        ("alcohol > 80", "on breath_test after 3d", "3d after each breath_test"),
        ("limit > 1d", "on detention after detention.due - detention.time", "a time computed from the event after each detention"),
        ("limit > 1d", "on detention after 3d of working_hours", "3d of working_hours after each detention"),
        ("limit > 1d", "on detention after 12h of working_hours", "12h of working_hours after each detention"),
        ("alcohol > 80 and result < 80 within case", "", "each event of its history that gives something to it: breath_test, blood_test"),
        ("count(ruling) > 3 within case", "on detention", "each detention"),
        ("count(ruling) > 3 within case", "on end of month", "the end of each month, for every key with events in what is kept"),
        ("detention followed by ruling within case over 3d", "", "each event of its history that gives something to it: ruling"),
        ("detention not preceded by ruling within case over 3d", "", "each event of its history that gives something to it: detention"),
        ("detention not followed by ruling within case over 36h", "", "36h after each detention"),
        (
            "detention where limit > 1d not followed by ruling within case over 36h",
            "",
            "36h after each detention (where a condition holds)",
        ),
        ("detention not followed by ruling within case over 3d of working_hours", "", "3d of working_hours after each detention"),
        ("detention not followed by ruling within case over month", "", "the rest of the month after each detention"),
    ],
)
def test_when_a_rule_is_looked_at(condition: str, clauses: str, looked_at: str) -> None:
    assert when(condition, clauses)["looked at"] == [looked_at]


@pytest.mark.parametrize(
    ("condition", "window"),
    [
        ("alcohol > 3 within case over 30d", "within case, the last 30d"),
        ("alcohol > 3 within case over 90m", "within case, the last 90m"),
        ("alcohol > 3 within case", "within case, the last 400d: all that is kept"),
        ("points > 3 within officer, licence", "within officer, licence, the last 100d: all that is kept"),
        ("alcohol > 3 within case over quarter", "within case, the quarter so far"),
        ("count(reset) > 3 within account by target over 7d", "within account by target, the last 7d"),
        ("detention preceded by ruling within case over 3d of working_hours", "within case, as long as 3d of working_hours is not over"),
        ("detention preceded by ruling within case over 36h of working_hours", "within case, as long as 36h of working_hours is not over"),
    ],
)
def test_over_which_window(condition: str, window: str) -> None:
    assert when(condition)["window"] == [window]


def test_a_rule_without_a_scope_has_no_window() -> None:
    assert "window" not in when("alcohol > 3")


def test_further_scopes_stand_beside_the_first() -> None:
    said = when("(count(settlement) > 3 within licence over 10d) and (count(settlement) > 9 within officer over month)")
    assert said["window"] == ["within licence, the last 10d"]
    assert said["beside it"] == ["within officer, the month so far"]


@pytest.mark.parametrize(
    ("condition", "clauses", "again"),
    [
        ("alcohol > 3", "", "always"),
        ("alcohol > 3", "about officer repeat after 7d", "7d after the finding before"),
        ("alcohol > 3", "about officer repeat after month", "in the next month"),
        ("count(ruling) > 3 within case over 30d", "", "30d after the finding before"),
        ("count(ruling) > 3 within case", "", "400d after the finding before"),
        ("count(ruling) > 3 within case over month", "", "in the next month"),
        ("count(ruling) > 3 within case over 30d", "repeat always", "always"),
        ("count(ruling) > 3 within case over 30d", "on end of day repeat after 7d", "7d after the finding before"),
        ("count(ruling) > 3 within case over 30d", "on end of day", "always"),
        ("detention not followed by ruling within case over 30d", "", "always"),
        ("count(ruling) > 3 within case over 30d", "on detention after 3d", "always"),
    ],
)
def test_when_it_is_reported_again(condition: str, clauses: str, again: str) -> None:
    assert when(condition, clauses)["reported again"] == [again]


def test_whom_it_is_about() -> None:
    assert when("alcohol > 3")["about"] == ["nobody"]
    assert when("alcohol > 3", "about officer")["about"] == ["officer (breath_test.officer)"]
    assert when("count(ruling) > 3 within case")["about"] == ["case"]
    assert when("points > 3 within officer, licence")["about"] == ["officer, licence"]
    assert when("count(ruling) > 3 within case", "about detention.officer, case")["about"] == [
        "officer (detention.officer); case (ruling.case, breath_test.case, blood_test.case, detention.case, event_conflict.case)"
    ]


@pytest.mark.parametrize(
    ("rule", "ladders"),
    [
        ("rule r category work.a when alcohol > 3 about officer points 1", "conduct, teams"),
        ("rule r category play when alcohol > 3 about officer points 1", "teams"),
        ("rule r when alcohol > 3 about officer points 1", "teams"),
        ("rule r category work when points > 3 within officer over 30d points 1", "conduct, teams"),
        ("rule r category work when points > 3 within officer, licence over 30d points 1", "conduct, teams"),
        ("rule r category work when count(ruling) > 3 within case points 1", "no ladder"),
        ("rule r category work when alcohol > 3 points 1", "no ladder"),
        ("rule r category work when alcohol > 3 about officer", "no ladder"),
        ("rule r category work when alcohol > 3 about officer points 1 shadow", "no ladder"),
        ("rule r category work when alcohol > 3 about officer points 1 disabled", "no ladder"),
        ("rule r category work when count(warning) > 3 within officer points 1", "no ladder"),
        ("rule r category work when count(finding) > 3 within officer points 1", "conduct, teams"),
    ],
)
def test_on_which_ladders_its_points_count(rule: str, ladders: str) -> None:
    assert lines(rule)["counts for"] == [ladders]


def test_state_days_exceptions_and_what_it_sees_are_said_where_there_is_something_to_say() -> None:
    plain = when("alcohol > 3")
    assert plain[""] == ["rule r"]
    assert not {"days", "except", "sees"} & set(plain)
    assert when("alcohol > 3", "shadow")[""] == ["rule r (shadow)"]
    assert when("alcohol > 3", "since 2026-01-02")["days"] == ["from 2026-01-02"]
    assert when("alcohol > 3", "since 2026-01-02 until 2026-03-04")["days"] == ["from 2026-01-02 to 2026-03-04"]
    said = when("alcohol > 3", 'except officer == "P1" until 2026-06-30 because "trial"')
    assert said["except"] == ["until 2026-06-30, because trial"]
    assert when("count(finding) > 3 within officer")["sees"] == ["findings of other rules"]
    assert when("count(warning) > 3 within officer")["sees"] == ["findings and warnings of other rules"]


REACHES = """
timezone "Asia/Shanghai"
calendar office
    open mon..fri 09:00..17:00
entity officer retain 50d
entity case
event act
    officer: officer
    case: case
    amount: number
event ruling
    case: case

rule single
    when act.amount > 5
rule sliding
    when count(act) >= 2 within officer over 3d
    points 1
rule all_that_is_kept
    when count(act) >= 2 within case
rule of_a_month
    when count(act) >= 2 within officer over month
rule two_windows
    when (count(act) >= 2 within officer over 1d) and (count(ruling) >= 1 within case over 9d)
rule unruled
    when act not followed by ruling within case over 3h
rule in_open_time
    when act not followed by ruling within case over 3d of office
rule of_findings
    when count(finding) >= 2 within officer over 10d
rule of_one_finding
    when finding.rule == "sliding"

ladder conduct within officer over 20d
    blue at 1
"""


def test_how_far_back_each_rule_and_ladder_looks() -> None:
    reach = look_back(outline(rulelang.load_text(REACHES)))
    hours = {name: round(us / 3_600_000_000) for name, us in (reach.rules | reach.ladders).items()}
    below = 400 * 24
    assert hours == {
        "single": 0,
        "sliding": 3 * 24,
        "all_that_is_kept": 400 * 24,
        "of_a_month": 31 * 24 + 1,
        "two_windows": 9 * 24,
        "unruled": 3,
        "in_open_time": 400 * 24,
        "of_findings": below + 10 * 24,
        "of_one_finding": below,
        "conduct": 20 * 24 + 3 * 24,
    }
