"""The clauses of a rule and of a ladder, as far as they are not about meaning already (see `test_meaning`)."""

from __future__ import annotations

import pytest

from tests.engine.scene import Scene, local


def message(template: str, at: str = "02T12:10:00", **fields: object) -> str:
    scene = Scene(f'rule r on fine when count(fine) >= 1 within case message "{template}"')
    scene.send("fine", at, case="K1", **fields)
    (finding,) = scene.standing("finding")
    return str(finding["message"])


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Case {case}: {amount} yuan", "Case K1: 12.5 yuan"),
        ("{number}", "3"),
        ("{late}", "true"),
        ("{time}", "2026-03-02 12:10:00"),
        ("{fine.due}", "2026-03-02 12:10:00.5"),
        ("{date(fine.due)}", "2026-03-02"),
        ("{wait}", "36h"),
        ("{count(fine)} of {count(ruling)}", "1 of 0"),
        ("{note}", "?"),
        ("{amount / 0}", "?"),
        ("{spelling(fine.case)}", "K1"),
    ],
)
def test_a_message_has_fields_and_aggregates_in_braces(template: str, said: str) -> None:
    due = local("02T12:10:00.5").isoformat()
    assert message(template, amount=12.5, number=3, late=True, due=due, wait=129_600) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0d"), (86_400, "1d"), (5_400, "90m"), (90, "90s"), (0.5, "0.5s"), (-3_600, "-1h"), (1e-06, "0.000001s")]
)
def test_durations_are_told_in_the_largest_unit_that_divides_them(seconds: float, said: str) -> None:
    assert message("{wait}", wait=seconds) == said


@pytest.mark.parametrize(("amount", "said"), [(6.0, "6"), (0.1, "0.1"), (1e300, "1e+300"), (-0.0, "0"), (2.0**53, "9007199254740992.0")])
def test_numbers_are_told_in_their_shortest_form(amount: float, said: str) -> None:
    assert message("{amount}", amount=amount) == said


def test_a_message_follows_late_events() -> None:
    scene = Scene('rule r on ruling when count(fine) >= 1 within case message "{sum(amount)} yuan"')
    scene.send("fine", "02T10:00", case="K1", amount=1)
    scene.send("ruling", "02T12:00", case="K1")
    answer = scene.send("fine", "02T11:00", case="K1", amount=2)
    assert [(thing["message"], thing["version"]) for thing in answer.findings] == [("3 yuan", 2)]


def test_repeat_always_makes_every_anchor_a_finding() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over 1d repeat always")
    for at in ("02T10:00", "02T10:00", "02T11:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["any P1 02T10:00", "any P1 02T10:00", "any P1 02T11:00"]


def test_repeat_after_a_period_is_to_its_end() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over 1h repeat after day")
    for at in ("02T23:00", "02T23:59:59.999999", "03T00:00", "03T23:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["any P1 02T23:00", "any P1 03T00:00"]


def test_repeat_after_on_a_rule_at_ends_of_periods() -> None:
    scene = Scene("rule quiet on end of day when count(capture) == 0 within device over day repeat after 3d")
    scene.send("capture", "02T10:00", device="D1")
    scene.clock("10T00:00")
    assert scene.found() == ["quiet D1 03T23:59:59.999999", "quiet D1 06T23:59:59.999999", "quiet D1 09T23:59:59.999999"]


def test_points_may_be_an_expression_at_the_opening_anchor() -> None:
    scene = Scene("rule any when count(fine) >= 2 within officer over 1d points max(1, floor(sum(amount) / 10))")
    for amount in (5, 38, 1000):
        scene.send("fine", "02T10:00" if amount < 100 else "02T11:00", officer="P1", amount=amount)
    assert [finding["points"] for finding in scene.standing("finding")] == [4]


def test_a_disabled_rule_is_not_looked_at() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer disabled\nrule one when amount > 0 about fine.officer disabled")
    scene.send("fine", "02T10:00", officer="P1", amount=1)
    assert scene.engine.standing() == []
    assert scene.engine.matches(scene.event("fine", "02T10:00", amount=1)) == []


def test_what_a_finding_lists_of_a_rule() -> None:
    scene = Scene(
        'rule r when amount > 0 about fine.officer title "A fine" category work.fines level red approval reference "Law" owner centre'
    )
    scene.send("fine", "02T10:00", officer="P1", amount=1)
    (finding,), (warning,) = scene.standing("finding"), scene.standing("warning")
    assert {name: finding[name] for name in ("rule", "entity", "key", "level", "points", "message")} == {
        "rule": "r",
        "entity": "officer",
        "key": "P1",
        "level": "red",
        "points": None,
        "message": None,
    }
    assert warning["approval"] is True
    described = scene.engine.describe()["rules"]
    assert described == [{"name": "r", "title": "A fine", "category": "work.fines", "state": "enabled", "level": "red"}]


def test_key_and_entity_are_null_for_unscoped_rules_without_about_and_lists_for_a_pair() -> None:
    scene = Scene("rule alone when amount > 0\nrule pair when count(fine) >= 1 within officer, case")
    scene.send("fine", "02T10:00", officer="P1", case="K1", amount=1)
    alone, pair = scene.standing("finding")
    assert (alone["entity"], alone["key"]) == (None, None)
    assert (pair["entity"], pair["key"]) == (["officer", "case"], ["P1", "K1"])


# ------------------------------------------------------------------ ladders


def test_categories_choose_findings_by_prefix_none_means_all() -> None:
    scene = Scene(
        "rule a when amount > 0 about fine.officer points 1 category work.fines\n"
        "rule b when amount > 0 about fine.officer points 2 category worker\n"
        "rule c when amount > 0 about fine.officer points 4 category other\n"
        "rule d when amount > 0 about fine.officer points 8\n"
        "ladder work within officer over 10d categories work blue at 100\n"
        "ladder fines within officer over 10d categories work.fines, other blue at 100\n"
        "ladder all_of_them within officer over 10d blue at 100\n"
    )
    scene.send("fine", "02T10:00", officer="P1", amount=1)
    assert scene.level("officer", "P1") == {"work": "none 3", "fines": "none 5", "all_of_them": "none 15"}


def test_a_ladder_may_count_over_a_calendar_period() -> None:
    scene = Scene("rule a when amount > 0 about fine.officer points 1\nladder monthly within officer over month blue at 2")
    for at in ("31T23:59:59.999999", "04-01T00:00", "04-30T23:59"):
        scene.send("fine", at, officer="P1", amount=1)
    assert scene.warned() == ["monthly blue P1 04-30T23:59"]
    assert scene.level("officer", "P1", "31T23:59:59.999999") == {"monthly": "none 1"}


def test_points_are_summed_exactly() -> None:
    scene = Scene("rule a when amount > 0 about fine.officer points amount\nladder l within officer over 10d blue at 0.6")
    for amount in (0.1, 0.2, 0.3):
        scene.send("fine", "02T10:00", officer="P1", amount=amount)
    assert scene.warned() == ["l blue P1 02T10:00"]


def test_no_points_are_counted_for_nobody() -> None:
    scene = Scene("rule a when amount > 0 about fine.officer points 5\nladder l within officer over 10d blue at 1")
    scene.send("fine", "02T10:00", amount=1)
    assert scene.warned() == []
    assert scene.found() == ["a - 02T10:00"]
