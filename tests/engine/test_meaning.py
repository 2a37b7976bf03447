"""What a rule set means, sentence by sentence (the numbers are those of the contract)."""

from __future__ import annotations

import hmac
from datetime import date, timedelta
from itertools import permutations

import pytest

from tests.engine.scene import Scene, found_in, local, us, warning_text, withdrawn_in

TWICE = "rule twice when count(fine) >= 2 within officer over 1d\n"

# ------------------------------------------------------------------ findings are a pure function


def test_the_order_of_arrival_changes_nothing() -> None:
    scene = Scene("")
    events = [
        scene.event("fine", "02T10:00", officer="P1", case="K1", amount=1),
        scene.event("ruling", "02T10:00", case="K1"),
        scene.event("fine", "03T09:00", officer="P1", case="K1", amount=2),
        scene.event("fine", "03T10:00", officer="P1", case="K2", amount=3),
    ]
    rules = TWICE + "rule p when fine followed by ruling within case over 2d\nrule q when ruling not followed by fine within case over 1d\n"
    standing = []
    for order in permutations(events):
        arrived = Scene(rules)
        arrived.engine.evaluate_batch(order)
        standing.append(arrived.engine.standing())
    assert standing[0]
    assert all(one == standing[0] for one in standing)


# ------------------------------------------------------------------ 1. identity


def test_the_same_name_with_the_same_content_is_a_duplicate_and_answered_the_same() -> None:
    scene = Scene(TWICE)
    scene.send("fine", "02T10:00", officer="P1", id="a")
    first = scene.send("fine", "02T11:00", officer="P1", id="b")
    again = scene.send("fine", "02T11:00", officer="P1", id="b", unknown_field=3)
    assert (first.status, again.status) == ("accepted", "duplicate")
    assert again.findings == first.findings != []
    assert len(scene.found()) == 1


def test_a_time_with_another_offset_is_the_same_content() -> None:
    scene = Scene(TWICE)
    scene.send("fine", "02T10:00", officer="P1", id="a")
    assert scene.engine.evaluate({"id": "a", "type": "fine", "time": "2026-03-02T02:00:00Z", "officer": "P1"}).status == "duplicate"


@pytest.mark.parametrize(
    "other",
    [{"officer": "P2"}, {"officer": "P1", "amount": 1}, {"officer": "P1 "}, {"officer": "P1", "time": "2026-03-02T03:00:00Z"}],
    ids=["another value", "a field more", "another spelling of the key", "another time"],
)
def test_with_other_content_it_is_a_conflict(other: dict[str, object]) -> None:
    scene = Scene(TWICE)
    scene.send("fine", "02T10:00", officer="P1", id="a")
    assert scene.send("fine", "02T10:00", id="a", **other).status == "conflict"


def test_another_source_may_use_the_same_id() -> None:
    scene = Scene(TWICE)
    scene.send("fine", "02T10:00", officer="P1", id="a", source="lab")
    assert scene.send("fine", "02T10:00", officer="P1", id="a", source="radio").status == "accepted"
    assert scene.found() == ["twice P1 02T10:00"]


def test_a_conflict_is_visible_to_rules_with_time_source_and_keys_of_the_refused_one() -> None:
    scene = Scene(
        'rule tampered when count(event_conflict where event_conflict.event == "fine" and event_conflict.event_id == "a") >= 1 within case\n'
        + TWICE
    )
    scene.send("fine", "02T10:00", officer="P1", case="K1", id="a", source="lab")
    refused = scene.send("fine", "02T12:00", officer="P1", case="K2", id="a", source="lab")
    assert scene.found() == ["tampered K2 02T12:00"]
    assert found_in(refused) == ["tampered K2 02T12:00"]
    ((source, name),) = scene.standing("finding")[0]["events"]
    assert (source, name[:2], len(name)) == ("lab", "a#", 14)


def test_a_conflict_is_recorded_once_for_each_content() -> None:
    scene = Scene("rule tampered when count(event_conflict) >= 1 within case repeat always")
    scene.send("fine", "02T10:00", case="K1", id="a")
    for amount in (1, 1, 2, 1):
        scene.send("fine", "02T10:00", case="K1", id="a", amount=amount)
    assert scene.found() == ["tampered K1 02T10:00", "tampered K1 02T10:00"]


def test_no_event_may_be_sent_under_the_name_of_a_conflict() -> None:
    scene = Scene(TWICE)
    answer = scene.send("fine", "02T10:00", officer="P1", id="a#0123456789ab")
    assert (answer.status, answer.wrong_field) == ("refused", "id")
    assert scene.send("fine", "02T10:00", officer="P1", id="a#0123456789a").status == "accepted"


# ------------------------------------------------------------------ 2. order


def test_whatever_is_looked_at_at_a_time_sees_all_events_of_that_time() -> None:
    scene = Scene("rule three when count(fine) == 3 within officer repeat always")
    for name in "cab":
        scene.send("fine", "02T10:00", officer="P1", id=name)
    assert scene.found() == ["three P1 02T10:00"] * 3


def test_order_breaks_ties_by_source_then_id() -> None:
    scene = Scene('rule last on ruling when latest(fine.note) == "z" and first(fine.note) == "a" within case')
    scene.send("fine", "02T10:00", case="K1", id="2", source="b", note="z")
    scene.send("fine", "02T10:00", case="K1", id="1", source="b", note="m")
    scene.send("fine", "02T10:00", case="K1", id="3", source="a", note="a")
    scene.send("ruling", "02T10:00", case="K1", id="0")
    assert scene.found() == ["last K1 02T10:00"]


def test_order_decides_which_anchor_opens_an_episode() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over 1d")
    scene.send("fine", "02T10:00", officer="P1", id="b")
    before = scene.standing("finding")[0]["id"]
    answer = scene.send("fine", "02T10:00", officer="P1", id="a")
    assert [thing["id"] for thing in answer.withdrawn] == [before]
    assert len(scene.found()) == 1


# ------------------------------------------------------------------ 3. anchors


def test_an_event_that_gives_nothing_is_no_anchor() -> None:
    scene = Scene("rule one when count(fine where amount > 100) >= 1 within officer repeat always")
    scene.send("fine", "02T10:00", officer="P1", amount=200)
    scene.send("fine", "02T11:00", officer="P1", amount=1)
    scene.send("login", "02T12:00", officer="P1", account="anna")
    assert scene.found() == ["one P1 02T10:00"]


def test_on_names_the_anchors_instead_and_does_not_restrict_the_history() -> None:
    scene = Scene("rule big on fine where amount > 100 when count(fine) >= 2 within officer repeat always")
    scene.send("fine", "02T10:00", officer="P1", amount=1)
    scene.send("fine", "02T11:00", officer="P1", amount=200)
    scene.send("fine", "02T12:00", officer="P1", amount=1)
    assert scene.found() == ["big P1 02T11:00"]


def test_on_after_is_the_moment_after_each_event_once_now_has_reached_it() -> None:
    scene = Scene("rule later on fine after 2h when count(ruling) == 0 within case")
    scene.send("fine", "02T10:00", case="K1")
    scene.send("ruling", "02T11:00", case="K2")
    assert scene.found() == []
    scene.send("ruling", "02T12:00", case="K3")  # the clock follows the events
    assert scene.found() == ["later K1 02T12:00"]


@pytest.mark.parametrize(("due", "found"), [("05T10:00", ["overdue K1 05T10:00"]), ("02T09:59", []), (None, [])])
def test_a_gap_may_be_computed_missing_or_negative_is_none(due: str | None, found: list[str]) -> None:
    scene = Scene("rule overdue on fine after fine.due - fine.time when count(ruling) == 0 within case")
    scene.send("fine", "02T10:00", case="K1", due=None if due is None else local(due).isoformat())
    scene.clock("20T00:00")
    assert scene.found() == found


@pytest.mark.parametrize(("seconds", "count"), [(864_000, 1), (864_000.000001, 0)])
def test_a_gap_longer_than_retained_is_none(seconds: float, count: int) -> None:
    schema = "entity device retain 10d\nevent capture\n    device: device\n    wait: duration\n"
    scene = Scene("rule silent on capture after capture.wait when count(capture) >= 0 within device", schema=schema)
    scene.send("capture", "02T10:00", device="D1", wait=seconds)
    scene.clock("30T00:00")
    assert len(scene.found()) == count


def test_deadlines_see_everything_up_to_and_including_their_moment() -> None:
    scene = Scene("rule later on fine after 2h when count(ruling) == 1 within case")
    scene.send("fine", "02T10:00", case="K1")
    scene.clock("02T13:00")
    assert scene.found() == []
    scene.send("ruling", "02T12:00", case="K1")
    assert scene.found() == ["later K1 02T12:00"]
    scene.send("ruling", "02T11:59", case="K1")
    assert scene.found() == []


def test_an_event_whose_deadline_has_long_passed_when_it_comes_has_it_all_the_same() -> None:
    scene = Scene("rule later on fine after 2h when count(ruling) == 0 within case")
    scene.clock("10T00:00")
    assert found_in(scene.send("fine", "02T10:00", case="K1")) == ["later K1 02T12:00"]


def test_on_end_of_is_the_last_microsecond_of_each_local_period() -> None:
    scene = Scene("rule quiet on end of week when count(capture) < 2 within device over week")
    scene.send("capture", "02T10:00", device="D1")
    scene.clock("08T23:59:59.999998")
    assert scene.found() == []
    scene.clock("08T23:59:59.999999")
    assert scene.found() == ["quiet D1 08T23:59:59.999999"]


def test_on_end_of_is_for_every_key_that_has_events_in_its_retained_history_then() -> None:
    scene = Scene("rule quiet on end of day when count(capture) >= 0 within device over 1d")
    scene.send("capture", "02T10:00", device="D1")  # ten days are retained: (02T00, 12T00] holds it at the end of the 11th
    scene.clock("30T00:00")
    assert [text.split()[-1][:2] for text in scene.found()] == [f"{day:02}" for day in range(2, 12)]


def test_parts_outside_any_scope_restrict_the_anchors_to_types_that_declare_their_fields() -> None:
    scene = Scene("rule both when (count(fine) + count(ruling) >= 1 within case) and fine.amount > 0")
    scene.send("ruling", "02T10:00", case="K1")
    scene.send("fine", "02T11:00", case="K1", amount=1)
    assert scene.found() == ["both K1 02T11:00"]


def test_nothing_is_looked_at_between_anchors() -> None:
    scene = Scene("rule few when count(fine) <= 1 within officer over 1d repeat always")
    scene.send("fine", "02T10:00", officer="P1")
    scene.send("fine", "02T11:00", officer="P1")
    scene.clock("30T00:00")
    assert scene.found() == ["few P1 02T10:00"]


# ------------------------------------------------------------------ 4. findings


def test_anchors_are_cut_into_episodes() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer repeat after 1d")
    for at in ("02T10:00", "02T20:00", "03T09:59:59.999999", "03T10:00", "04T09:00", "04T10:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["any P1 02T10:00", "any P1 03T10:00", "any P1 04T10:00"]


def test_the_default_span_is_the_window_of_the_rules_scope() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over 2d")
    for at in ("02T10:00", "04T09:59", "04T10:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["any P1 02T10:00", "any P1 04T10:00"]


def test_a_calendar_window_spans_to_the_end_of_the_period() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over week")
    for at in ("04T10:00", "08T23:59:59.999999", "09T00:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["any P1 04T10:00", "any P1 09T00:00"]


def test_unscoped_rules_report_every_anchor_unless_they_say_otherwise() -> None:
    scene = Scene("rule every when amount > 0 about fine.officer\nrule once when amount > 0 about fine.officer repeat after 1d")
    for at, officer in (
        ("02T10:00", "P1"),
        ("02T11:00", "P1"),
        ("02T11:00", "P2"),
        ("03T10:00", "P1"),
        ("03T10:00", None),
        ("03T10:00", None),
    ):
        scene.send("fine", at, officer=officer, amount=1)
    assert len(scene.found("every")) == 6
    # "per key that it is about"; those whose key is missing are findings each
    assert scene.found("once") == ["once P1 02T10:00", "once P2 02T11:00", "once - 03T10:00", "once - 03T10:00", "once P1 03T10:00"]


def test_rules_at_deadlines_report_every_anchor() -> None:
    scene = Scene("rule later on fine after 1h when count(fine) >= 1 within officer over 1d")
    scene.send("fine", "02T10:00", officer="P1")
    scene.send("fine", "02T10:30", officer="P1")
    scene.clock("03T00:00")
    assert scene.found() == ["later P1 02T11:00", "later P1 02T11:30"]


# ------------------------------------------------------------------ 5. late events


def test_a_late_event_moves_every_later_episode() -> None:
    scene = Scene("rule any when count(fine) >= 1 within officer over 1d")
    for day in range(3, 9):
        scene.send("fine", f"{day:02}T12:00", officer="P1")
    assert scene.found() == [f"any P1 {day:02}T12:00" for day in range(3, 9)]
    for day in range(3, 9):
        scene.send("fine", f"{day:02}T18:00", officer="P1")
    assert scene.found() == [f"any P1 {day:02}T12:00" for day in range(3, 9)]
    answer = scene.send("fine", "02T18:00", officer="P1")
    assert withdrawn_in(answer) == [f"any P1 {day:02}T12:00" for day in range(3, 9)]
    assert found_in(answer) == [f"any P1 {day:02}T18:00" for day in range(2, 9)]
    assert scene.found() == [f"any P1 {day:02}T18:00" for day in range(2, 9)]


def test_withdrawn_findings_are_kept_marked_with_the_reason() -> None:
    scene = Scene("rule none on ruling when count(fine) == 0 within case level red")
    scene.send("ruling", "02T12:00", case="K1")
    answer = scene.send("fine", "02T11:00", case="K1", id="late", source="radio")
    assert withdrawn_in(answer) == ["none K1 02T12:00", "none red K1 02T12:00"]
    assert {thing["reason"] for thing in answer.withdrawn} == {"no longer follows, since the event 'late' of the source 'radio' arrived"}
    assert scene.found() == scene.warned() == []
    assert [(thing["kind"], thing["status"]) for thing in scene.engine.history()] == [("finding", "withdrawn"), ("warning", "withdrawn")]


def test_a_finding_that_rests_on_other_events_keeps_its_id_and_gets_a_higher_version() -> None:
    scene = Scene("rule twice on ruling when count(fine) >= 1 within case")
    scene.send("fine", "02T10:00", case="K1")
    (first,) = scene.send("ruling", "02T12:00", case="K1").findings
    (second,) = scene.send("fine", "02T11:00", case="K1").findings
    assert (first["id"], first["version"], len(first["events"])) == (second["id"], 1, 2)
    assert (second["version"], len(second["events"])) == (2, 3)


def test_a_finding_that_counts_for_somebody_else_gets_a_higher_version() -> None:
    scene = Scene("rule one on ruling when count(fine) >= 1 within case about officer")
    scene.send("fine", "02T10:00", case="K1", officer="P1")
    (first,) = scene.send("ruling", "02T12:00", case="K1").findings
    (second,) = scene.send("fine", "02T11:00", case="K1", officer="P2").findings
    assert (first["about"], second["about"]) == ({"officer": "P1"}, {"officer": "P2"})
    assert (first["id"], second["version"]) == (second["id"], 2)


def test_a_finding_that_comes_again_has_a_higher_version() -> None:
    scene = Scene("rule none on ruling when count(fine where amount > 1) == 0 or count(fine where amount > 2) >= 1 within case")
    (first,) = scene.send("ruling", "02T12:00", case="K1").findings
    scene.send("fine", "02T11:00", case="K1", amount=2)
    assert scene.found() == []
    (again,) = scene.send("fine", "02T11:30", case="K1", amount=3).findings
    assert (again["id"], again["version"]) == (first["id"], 2)


# ------------------------------------------------------------------ 5. the clock


def system(rules: str, at: str, **options: object) -> tuple[Scene, list[int]]:
    """A scene whose clock is the wall's, and the wall's clock."""
    wall = [us(at)]
    return Scene(rules, clock="system", wall_clock=lambda: wall[0], **options), wall


def test_an_event_older_than_what_all_its_entities_retain_is_too_late() -> None:
    scene, _ = system("rule any when count(capture) >= 1 within device", "20T10:00")
    assert scene.send("capture", "10T10:00:00.000001", device="D1").status == "accepted"
    answer = scene.send("capture", "10T10:00", device="D1", id="old")
    assert (answer.status, answer.findings) == ("too_late", [])
    assert answer.error is not None
    assert "2026-03-10T02:00:00Z" in answer.error
    assert scene.engine.counters == {"accepted": 1, "too_late": 1}
    assert scene.send("capture", "10T10:00", device="D1", id="old").status == "duplicate"


def test_an_event_of_several_entities_is_too_late_for_the_one_that_retains_most() -> None:
    schema = "entity a retain 10d\nentity b retain 20d\nevent e\n    a: a\n    b: b\n"
    scene, _ = system("rule any when count(e) >= 1 within a", "22T10:00", schema=schema)
    assert scene.send("e", "02T10:00:00.000001", a="A").status == "accepted"
    assert scene.send("e", "02T10:00", a="A").status == "too_late"


@pytest.mark.parametrize(("at", "status"), [("20T10:05", "accepted"), ("20T10:05:00.000001", "refused")])
def test_an_event_from_the_future_is_refused(at: str, status: str) -> None:
    scene, _ = system("rule any when count(capture) >= 1 within device", "20T10:00")
    answer = scene.send("capture", at, device="D1")
    assert answer.status == status
    assert answer.wrong_field == ("time" if status == "refused" else "")
    explained = [anchor["state"] for anchor in scene.engine.explain("any")]
    assert explained == (["opens"] if status == "accepted" else [])  # a little ahead of the clock, and found all the same


def test_one_wrong_device_clock_does_not_fire_deadlines() -> None:
    scene, wall = system("rule later on fine after 1m when count(ruling) == 0 within case", "20T10:00")
    scene.send("fine", "20T10:00", case="K1")
    scene.send("capture", "20T10:05", device="D1")
    assert scene.found() == []
    wall[0] = us("20T10:01")
    scene.engine.advance()
    assert scene.found() == ["later K1 20T10:01"]


def test_the_clock_never_goes_back() -> None:
    scene, wall = system("rule later on fine after 1h when count(ruling) == 0 within case", "20T10:00")
    scene.engine.advance()
    wall[0] = us("19T10:00")
    scene.engine.advance()
    assert scene.engine.now == us("20T10:00")
    assert found_in(scene.send("fine", "20T08:00", case="K1")) == ["later K1 20T09:00"]


def test_in_replays_nothing_is_too_late_or_in_the_future() -> None:
    scene = Scene("rule any when count(capture) >= 1 within device over 1d")
    assert scene.send("capture", "12-31T10:00", device="D1").status == "accepted"
    assert scene.send("capture", "02T10:00", device="D1").status == "accepted"
    assert scene.engine.now == us("12-31T10:00")


# ------------------------------------------------------------------ 6. about


def test_a_finding_is_about_the_scopes_key_unless_it_says_otherwise() -> None:
    scene = Scene("rule one when count(fine) >= 1 within officer, case")
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    assert scene.standing("finding")[0]["about"] == {"officer": "P1", "case": "K1"}


def test_the_key_is_the_one_in_the_last_event_that_the_finding_rests_on() -> None:
    scene = Scene("rule one when count(ruling) >= 1 and count(fine where amount > 1) >= 1 within case about officer")
    scene.send("fine", "02T10:00", case="K1", officer="P1", amount=2)
    scene.send("fine", "02T11:00", case="K1", officer="P2", amount=1)  # not counted
    scene.send("ruling", "02T12:00", case="K1")
    assert scene.standing("finding")[0]["about"] == {"officer": "P1"}


def test_else_it_is_the_latest_in_the_retained_history_up_to_the_opening() -> None:
    scene = Scene("rule one when count(ruling) >= 1 within case about officer")
    scene.send("fine", "02T10:00", case="K1", officer="P1")
    scene.send("fine", "02T11:00", case="K1", officer="P2")
    scene.send("fine", "02T13:00", case="K1", officer="P3")
    scene.send("ruling", "02T12:00", case="K1")
    assert scene.standing("finding")[0]["about"] == {"officer": "P2"}


def test_where_it_is_missing_the_finding_stands_and_says_so() -> None:
    scene = Scene("rule one when count(ruling) >= 1 within case about officer points 1 level red")
    scene.send("ruling", "02T12:00", case="K1")
    (finding,) = scene.standing("finding")
    assert (finding["about"], finding["note"]) == ({}, "about nobody: no event carries officer")
    assert scene.warned() == []


def test_about_may_name_a_field() -> None:
    scene = Scene("rule seen when host == guest about visit.guest\nrule met when count(visit) >= 1 within officer by host about guest")
    scene.send("visit", "02T12:00", host="P1", guest="P2")
    assert scene.standing("finding", "met")[0]["about"] == {"officer": "P2"}
    scene.send("visit", "02T13:00", host="P1", guest="P1")
    assert scene.found("seen") == ["seen P1 02T13:00"]


# ------------------------------------------------------------------ 7. points

LADDER = """
rule fined
    when amount > 0
    about fine.officer
    points amount
ladder conduct within officer over 10d
    blue at 3 action "A reminder"
    yellow at 6
    orange at 9
    red at 12
"""


def test_points_accumulate_over_the_window_and_warn_where_they_lift_the_level() -> None:
    scene = Scene(LADDER)
    answers = [scene.send("fine", f"{day:02}T10:00", officer="P1", amount=2) for day in (2, 3, 4)]
    assert [[warning_text(thing) for thing in answer.warnings] for answer in answers] == [
        [],
        ["conduct blue P1 03T10:00"],
        ["conduct yellow P1 04T10:00"],
    ]
    (blue, yellow) = scene.standing("warning")
    assert (blue["points"], blue["action"], yellow["points"]) == (4, "A reminder", 6)
    assert blue["finding"] == scene.standing("finding")[1]["id"]
    assert "action" not in yellow
    assert "jumped" not in yellow


def test_a_rung_jumped_over_is_named() -> None:
    scene = Scene(LADDER)
    scene.send("fine", "02T10:00", officer="P1", amount=10)
    (warning,) = scene.standing("warning")
    assert (warning["level"], warning["jumped"]) == ("orange", ["blue", "yellow"])


def test_findings_of_one_time_count_together() -> None:
    scene = Scene(LADDER)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    assert scene.warned() == ["conduct yellow P1 02T10:00"]
    (warning,) = scene.standing("warning")
    assert warning["jumped"] == ["blue"]


@pytest.mark.parametrize(("at", "level"), [("12T09:59:59.999999", "blue 3"), ("12T10:00", "none 0"), ("02T09:59:59.999999", "none 0")])
def test_points_leave_the_window_and_the_level_falls_without_a_warning(at: str, level: str) -> None:
    scene = Scene(LADDER)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    scene.clock("20T00:00")
    assert scene.level("officer", "P1", at) == {"conduct": level}
    assert len(scene.warned()) == 1


def test_a_level_that_had_fallen_is_warned_of_again() -> None:
    scene = Scene(LADDER)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    scene.send("fine", "11T10:00", officer="P1", amount=1)
    scene.send("fine", "12T10:00", officer="P1", amount=2)
    assert scene.warned() == ["conduct blue P1 02T10:00", "conduct blue P1 12T10:00"]


def test_a_late_finding_takes_back_and_gives_ladder_warnings() -> None:
    scene = Scene(LADDER)
    scene.send("fine", "02T10:00", officer="P1", amount=2)
    scene.send("fine", "04T10:00", officer="P1", amount=1)
    assert scene.warned() == ["conduct blue P1 04T10:00"]
    answer = scene.send("fine", "03T10:00", officer="P1", amount=1)
    assert withdrawn_in(answer) == ["conduct blue P1 04T10:00"]
    assert scene.warned() == ["conduct blue P1 03T10:00"]


@pytest.mark.parametrize(("amount", "note"), [(None, "no points: the value is missing"), (-1, "no points: the value is negative")])
def test_missing_and_negative_points_are_none_and_the_finding_says_so(amount: int | None, note: str) -> None:
    scene = Scene("rule any when fine.time > 2026-01-01 about fine.officer points amount")
    scene.send("fine", "02T10:00", officer="P1", amount=amount)
    (finding,) = scene.standing("finding")
    assert (finding["points"], finding["note"]) == (None, note)


UNITS = LADDER + "ladder of_unit within unit over 10d\n    weight 50%\n    blue at 1\nladder of_city within city over 10d\n    blue at 1\n"


def test_a_finding_about_an_officer_counts_for_the_unit_and_above_times_the_weight() -> None:
    scene = Scene(UNITS)
    scene.send("placed", "01T10:00", unit="U1", city="C1")
    scene.send("posting", "01T10:00", officer="P1", unit="U1")
    scene.send("fine", "02T10:00", officer="P1", amount=2)
    assert scene.level("unit", "U1") == {"of_unit": "blue 1"}
    assert scene.level("city", "C1") == {"of_city": "blue 2"}


def test_the_unit_is_the_one_in_the_latest_event_up_to_the_findings_time() -> None:
    scene = Scene(UNITS)
    scene.send("posting", "01T10:00", officer="P1", unit="U1")
    scene.send("fine", "02T10:00", officer="P1", amount=2)
    scene.send("posting", "03T10:00", officer="P1", unit="U2")
    scene.send("fine", "04T10:00", officer="P1", amount=6)
    assert (scene.level("unit", "U1"), scene.level("unit", "U2")) == ({"of_unit": "blue 1"}, {"of_unit": "blue 3"})


def test_an_officer_who_turns_out_to_have_changed_takes_the_points_along() -> None:
    scene = Scene(UNITS)
    scene.send("posting", "01T10:00", officer="P1", unit="U1")
    scene.send("fine", "02T10:00", officer="P1", amount=2)
    answer = scene.send("posting", "02T10:00", officer="P1", unit="U2")
    assert withdrawn_in(answer) == ["of_unit blue U1 02T10:00"]
    assert [warning_text(thing) for thing in answer.warnings] == ["of_unit blue U2 02T10:00"]


def test_direct_beats_rolled_up() -> None:
    schema = (
        'timezone "Asia/Shanghai"\nentity unit\nentity officer in unit\nevent e\n    officer: officer\n    unit: unit\n    n: integer\n'
    )
    scene = Scene("rule r when n > 0 about officer, unit points n\nladder l within unit over 10d weight 50% blue at 1", schema=schema)
    scene.send("e", "02T10:00", officer="P1", unit="U1", n=4)
    assert scene.level("unit", "U1") == {"l": "blue 4"}


def test_a_rule_with_level_warns_for_each_finding_and_each_key_it_is_about() -> None:
    scene = Scene("rule any when amount > 0 about fine.officer, fine.case level orange approval")
    scene.send("fine", "02T10:00", officer="P1", case="K1", amount=1)
    assert scene.warned() == ["any orange K1 02T10:00", "any orange P1 02T10:00"]
    assert all(warning["approval"] for warning in scene.standing("warning"))


def test_shadow_findings_are_marked_give_no_points_no_warnings_and_are_not_seen() -> None:
    scene = Scene(LADDER.replace("points amount", "points amount\n    level red\n    shadow") + SEES_FINDINGS)
    scene.send("fine", "02T10:00", officer="P1", amount=5)
    assert scene.found() == ["fined P1 02T10:00"]
    assert scene.standing("finding")[0]["shadow"] is True
    assert scene.warned() == []
    assert scene.level("officer", "P1") == {"conduct": "none 0"}


# ------------------------------------------------------------------ 8. chaining

SEES_FINDINGS = """
rule again
    when count(finding where finding.rule == "fined") >= 1 within officer
    points 10
rule third
    when count(finding) >= 1 within officer over 5d
"""
SEES_WARNINGS = """
rule told
    when count(warning where warning.level == "blue") >= 1 within officer
    points 10
    level red
"""


def test_findings_are_events_that_rules_over_finding_see() -> None:
    scene = Scene(LADDER + SEES_FINDINGS)
    scene.send("fine", "02T10:00", officer="P1", amount=1)
    assert scene.found() == ["again P1 02T10:00", "fined P1 02T10:00", "third P1 02T10:00"]
    (again,) = scene.standing("finding", "again")
    assert again["events"] == [["rulelang", scene.standing("finding", "fined")[0]["id"]]]
    # Those of `again` are not seen by `third`, which is itself over `finding`.
    assert len(scene.standing("finding", "third")[0]["events"]) == 1


def test_rules_over_warning_see_those_of_ladders_and_rules_and_give_no_points() -> None:
    scene = Scene(LADDER + SEES_FINDINGS + SEES_WARNINGS)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    assert "told P1 02T10:00" not in scene.found()  # 3 and 10 points at one time lift the level to red at once
    assert scene.warned() == ["conduct red P1 02T10:00"]
    scene = Scene(LADDER + SEES_WARNINGS)
    scene.send("fine", "02T10:00", officer="P1", amount=3)
    assert scene.found("told") == ["told P1 02T10:00"]
    assert scene.warned() == ["conduct blue P1 02T10:00", "told red P1 02T10:00"]
    assert scene.level("officer", "P1") == {"conduct": "blue 3"}


def test_what_is_taken_back_is_taken_back_all_along_the_chain() -> None:
    scene = Scene("rule none on ruling when count(fine) == 0 within case about case level blue\n" + CHAIN)
    scene.send("ruling", "02T12:00", case="K1")
    assert scene.found() == ["none K1 02T12:00", "second K1 02T12:00", "third K1 02T12:00"]
    answer = scene.send("fine", "02T11:00", case="K1")
    assert withdrawn_in(answer) == ["none K1 02T12:00", "second K1 02T12:00", "third K1 02T12:00", "none blue K1 02T12:00"]
    assert scene.engine.standing() == []


CHAIN = """
rule second when count(finding) >= 1 within case
rule third when count(warning) >= 1 within case
"""


def test_a_finding_carries_the_about_keys_else_the_scopes_else_those_of_the_anchor() -> None:
    scene = Scene(
        "rule first when count(fine) >= 1 within case about officer\n"
        "rule by_officer when count(finding) >= 1 within officer\n"
        "rule by_case when count(finding) >= 1 within case"
    )
    scene.send("fine", "02T12:00", case="K1", officer="P1")
    assert scene.found("by_officer") == ["by_officer P1 02T12:00"]
    assert scene.found("by_case") == ["by_case K1 02T12:00"]


def test_derived_events_come_after_received_ones_of_their_time() -> None:
    scene = Scene("rule first when amount > 0 about fine.case\nrule p when finding followed by fine within case over 1d")
    scene.send("fine", "02T12:00", case="K1", amount=1)
    # At the same time counts as before; the finding is not the event looked at.
    assert scene.found("p") == ["p K1 02T12:00"]
    scene = Scene('rule first when amount > 0 about fine.case\nrule last when latest(finding.rule) == "first" within case')
    scene.send("fine", "02T12:00", case="K1", amount=1)
    assert scene.found("last") == ["last K1 02T12:00"]


def test_who_looks_at_a_finding_that_counts_for_somebody_else_now_finds_it_there() -> None:
    """The key of the second rule is in the content of the finding event, which keeps its name."""
    for clause in ("", " repeat after 1d", " on finding after 1h"):
        scene = Scene(
            f"rule first when count(ruling) >= 1 within case about officer\nrule seen when finding.time is present about finding.officer{clause}"
        )
        scene.send("ruling", "02T12:00", case="K1")
        scene.clock("03T12:00")
        assert [found.split()[1] for found in scene.found("seen")] == ["-"]
        answer = scene.send("fine", "02T11:00", case="K1", officer="P1")
        assert [found.split()[1] for found in scene.found("seen")] == ["P1"]
        assert [found.split()[:2] for found in withdrawn_in(answer)] == [["seen", "-"]]


def test_of_findings_of_one_time_the_last_in_the_order_of_rules_and_keys_lifts_the_level() -> None:
    scene = Scene("rule fined when amount > 0 about fine.officer points 1\nladder city_wide within city over 10d blue at 2")
    scene.send("placed", "01T10:00", unit="U1", city="C1")
    for officer in ("P1", "P1 1"):
        scene.send("posting", "01T10:00", officer=officer, unit="U1")
        scene.send("fine", "02T10:00", officer=officer, amount=1)
    ids = {finding["key"]: finding["id"] for finding in scene.standing("finding")}
    assert [warning["finding"] for warning in scene.standing("warning")] == [ids["P1 1"]]


# ------------------------------------------------------------------ 9. spot checks


def test_sample_draws_by_a_keyed_hash_of_rule_key_and_local_day() -> None:
    secret = b"kept by the service"
    scene = Scene("rule checked when amount > 0 about fine.officer sample 30% by officer", secret=secret)
    expected = []
    for day in range(1, 29):
        for officer in ("P1", "P2"):
            scene.send("fine", f"{day:02}T23:30", officer=officer, amount=1)
            said = f"checked\n{officer}\n{date(2026, 3, 1) + timedelta(days=day - 1)}"
            if int.from_bytes(hmac.digest(secret, said.encode(), "sha256")[:8], "big") < 0.3 * 2**64:
                expected.append(f"checked {officer} {day:02}T23:30")
    assert scene.found() == expected
    assert 5 < len(expected) < 30


def test_another_secret_draws_others() -> None:
    drawn = []
    for secret in (b"one", b"other"):
        scene = Scene("rule checked when amount > 0 about fine.officer sample 30% by officer", secret=secret)
        for day in range(1, 29):
            scene.send("fine", f"{day:02}T10:00", officer="P1", amount=1)
        drawn.append(scene.found())
    assert drawn[0] != drawn[1]


def test_what_is_not_drawn_leaves_no_trace() -> None:
    scene = Scene(LADDER.replace("points amount", "points amount\n    level red\n    sample 0.000001% by fine.officer") + SEES_FINDINGS)
    scene.send("fine", "02T10:00", officer="P1", amount=5)
    assert scene.engine.standing() == scene.engine.history() == []
    assert scene.level("officer", "P1") == {"conduct": "none 0"}


# ------------------------------------------------------------------ 10. exceptions and dates


def test_except_is_looked_at_like_a_part_of_the_condition() -> None:
    scene = Scene('rule any when amount > 0 about fine.officer except officer == "P1" until 2026-03-05 because "on leave"')
    scene.send("fine", "05T23:59:59.999999", officer="P1", amount=1)
    scene.send("fine", "05T23:59:59.999999", officer="P2", amount=1)
    scene.send("fine", "05T23:59:59.999999", amount=1)  # unknown: no exception
    scene.send("fine", "06T00:00", officer="P1", amount=1)
    assert scene.found() == ["any - 05T23:59:59.999999", "any P2 05T23:59:59.999999", "any P1 06T00:00"]


def test_an_exception_may_look_at_a_history_and_sees_late_events() -> None:
    scene = Scene(
        "rule any when count(fine) >= 1 within officer repeat always\n"
        '    except (count(posting) >= 1 within officer over 1d) until 2026-03-31 because "new in the unit"'
    )
    scene.send("fine", "03T10:00", officer="P1")
    assert scene.found() == ["any P1 03T10:00"]
    scene.send("posting", "02T10:00:00.000001", officer="P1", unit="U1")
    assert scene.found() == []


def test_since_and_until_are_whole_local_days_and_cut_anchors_not_history() -> None:
    scene = Scene("rule twice when count(fine) >= 2 within officer repeat always since 2026-03-03 until 2026-03-04")
    for at in ("02T10:00", "02T23:59:59.999999", "03T00:00", "04T23:59:59.999999", "05T00:00"):
        scene.send("fine", at, officer="P1")
    assert scene.found() == ["twice P1 03T00:00", "twice P1 04T23:59:59.999999"]
