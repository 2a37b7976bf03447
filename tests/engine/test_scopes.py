"""Scope: `within ENTITY [over WINDOW]`."""

from __future__ import annotations

import pytest

from tests.engine.scene import Scene


def test_without_a_scope_the_condition_is_about_one_event() -> None:
    scene = Scene("rule big when amount > 100 about fine.officer")
    scene.send("fine", "02T10:00", officer="P1", amount=100)
    scene.send("fine", "02T10:00", officer="P1", amount=101)
    assert scene.found() == ["big P1 02T10:00"]


def test_without_a_scope_it_is_about_the_types_that_on_names() -> None:
    scene = Scene('rule u1 on posting when unit == "U1" about posting.officer')
    scene.send("placed", "02T10:00", unit="U1", city="C1")
    scene.send("posting", "02T11:00", unit="U1", officer="P1")
    assert scene.found() == ["u1 P1 02T11:00"]


def test_a_bare_field_is_its_value_in_the_last_event_of_the_window_that_carries_it() -> None:
    scene = Scene("rule big when amount > 100 within officer over 3d repeat always")
    scene.send("fine", "02T10:00", officer="P1", amount=200)
    scene.send("fine", "03T10:00", officer="P1")  # carries no amount: no anchor, and the value stays
    scene.send("fine", "04T10:00", officer="P1", amount=50)
    assert scene.found() == ["big P1 02T10:00"]


def test_a_bare_field_that_has_left_the_window_is_missing() -> None:
    scene = Scene("rule both when amount > 100 and late within officer over 2d repeat always")
    scene.send("fine", "02T10:00", officer="P1", amount=200)
    scene.send("fine", "04T09:59", officer="P1", late=True)
    scene.send("fine", "04T10:00", officer="P1", late=True)
    assert scene.found() == ["both P1 04T09:59"]


def test_bare_time_is_the_moment_looked_at() -> None:
    scene = Scene("rule later when time - fine.due > 1h within officer repeat always")
    scene.send("fine", "02T10:00", officer="P1", due="2026-03-02T09:00:00+08:00")
    scene.send("fine", "02T10:00:01", officer="P1", due="2026-03-02T09:00:00+08:00")
    assert scene.found() == ["later P1 02T10:00:01"]


def test_an_event_belongs_to_the_history_of_each_entity_that_it_has_a_field_of() -> None:
    scene = Scene("rule of_case when count(fine) >= 2 within case\nrule of_officer when count(fine) >= 2 within officer")
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    scene.send("fine", "02T11:00", officer="P1", case="K2")
    scene.send("fine", "02T12:00", officer="P2", case="K2")
    assert scene.found() == ["of_officer P1 02T11:00", "of_case K2 02T12:00"]


def test_of_several_fields_of_one_entity_the_one_named_like_it_is_the_key() -> None:
    scene = Scene("rule resets when count(reset) >= 2 within account")
    scene.send("reset", "02T10:00", account="anna", target="z1")
    scene.send("reset", "02T11:00", account="anna", target="z2")
    scene.send("reset", "02T12:00", account="bert", target="z2")
    assert scene.found() == ["resets anna 02T11:00"]


def test_by_takes_the_field_it_names() -> None:
    scene = Scene("rule resets when count(reset) >= 2 within account by target")
    scene.send("reset", "02T10:00", account="anna", target="z1")
    scene.send("reset", "02T11:00", account="anna", target="z2")
    scene.send("reset", "02T12:00", account="bert", target="z2")
    assert scene.found() == ["resets z2 02T12:00"]


def test_where_neither_says_the_event_is_in_no_history_of_the_entity() -> None:
    scene = Scene("rule seen when count(visit) >= 1 within officer by guest\nrule fined when count(fine) >= 1 within officer")
    scene.send("visit", "02T10:00", host="P1", guest="P2")
    assert scene.found() == ["seen P2 02T10:00"]


def test_a_pair_is_the_history_of_events_that_carry_both() -> None:
    scene = Scene("rule pair when count(fine) >= 2 within officer, case")
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    scene.send("fine", "02T11:00", officer="P1", case="K2")
    scene.send("fine", "02T12:00", officer="P1")
    scene.send("fine", "02T13:00", officer="P1", case="K2")
    assert scene.found() == ["pair P1,K2 02T13:00"]


@pytest.mark.parametrize(("at", "count"), [("09T09:59:59.999999", 2), ("09T10:00", 1)])
def test_a_sliding_window_is_left_open_and_right_closed(at: str, count: int) -> None:
    scene = Scene(f"rule exact when count(fine) == {count} within officer over 7d repeat always")
    scene.send("fine", "02T10:00", officer="P1")
    scene.send("fine", at, officer="P1")
    assert f"exact P1 {at}" in scene.found()


@pytest.mark.parametrize(
    ("period", "before", "first"),
    [
        ("day", "03T23:59:59.999999", "04T00:00"),
        ("week", "08T23:59:59.999999", "09T00:00"),  # 2026-03-09 is a Monday
        ("month", "31T23:59:59.999999", "04-01T00:00"),
        ("quarter", "31T23:59:59.999999", "04-01T00:00"),
        ("year", "12-31T23:59:59.999999", None),
    ],
)
def test_a_calendar_window_is_the_local_period_up_to_the_moment(period: str, before: str, first: str | None) -> None:
    scene = Scene(f"rule second when count(fine) == 2 within officer over {period} repeat always")
    scene.send("fine", before, officer="P1")
    if first is not None:
        scene.send("fine", first, officer="P1")
        assert scene.found() == []
    scene.send("fine", before, officer="P1")
    assert len(scene.found()) == 2  # both, for what is looked at at a moment sees all of it


def test_over_1d_is_24_hours_and_over_day_the_local_day() -> None:
    scene = Scene(
        "rule hours when count(fine) == 2 within officer over 1d repeat always\n"
        "rule today when count(fine) == 2 within officer over day repeat always"
    )
    scene.send("fine", "02T20:00", officer="P1")
    scene.send("fine", "03T08:00", officer="P1")
    scene.send("fine", "03T21:00", officer="P1")
    assert scene.found() == ["hours P1 03T08:00", "hours P1 03T21:00", "today P1 03T21:00"]


@pytest.mark.parametrize(("at", "found"), [("11T09:59:59.999999", True), ("11T10:00", False)])
def test_without_over_it_is_what_the_entity_retains(at: str, found: bool) -> None:
    schema = "entity device retain 9d\nevent capture\n    device: device\n"
    scene = Scene("rule two when count(capture) == 2 within device repeat always", schema=schema)
    scene.send("capture", "02T10:00", device="D1")
    scene.send("capture", at, device="D1")
    assert (scene.found() != []) is found


def test_a_pair_retains_the_least_of_its_two() -> None:
    schema = "entity a retain 9d\nentity b retain 20d\nevent e\n    a: a\n    b: b\n"
    scene = Scene("rule r when count(e) == 2 within b, a repeat always", schema='timezone "Asia/Shanghai"\n' + schema)
    scene.send("e", "02T10:00", a="A", b="B")
    scene.send("e", "11T10:00", a="A", b="B")
    assert scene.found() == []
    scene.send("e", "11T09:00", a="A", b="B")
    assert scene.found() == ["r B,A 11T09:00", "r B,A 11T10:00"]


# ------------------------------------------------------------------ several scopes


def test_the_first_scope_gives_the_anchors_and_the_key() -> None:
    scene = Scene("rule both when (count(login) >= 1 within account over 1h) and (count(login where failed) >= 2 within officer over 1d)")
    scene.send("login", "02T10:00", account="anna", officer="P1", failed=True)
    scene.send("login", "02T15:00", account="bert", officer="P1", failed=True)
    assert scene.found() == ["both bert 02T15:00"]


def test_the_other_scope_is_looked_at_for_the_key_that_the_anchor_carries() -> None:
    scene = Scene("rule both when (count(login) >= 1 within account over 1h) and (count(fine) >= 1 within officer over 1d)")
    scene.send("fine", "02T09:00", officer="P2")
    scene.send("login", "02T10:00", account="anna", officer="P1")
    scene.send("login", "02T12:00", account="anna", officer="P2")
    assert scene.found() == ["both anna 02T12:00"]


def test_where_the_anchor_carries_no_key_all_that_the_scope_gives_is_missing_counts_too() -> None:
    scene = Scene(
        "rule none when (count(login) >= 1 within account over 1h) and (count(fine) == 0 within officer over 1d)\n"
        "rule missing when (count(login) >= 1 within account over 1h) and (count(fine) within officer over 1d) is missing"
    )
    scene.send("login", "02T10:00", account="anna")
    scene.send("login", "02T12:00", account="anna", officer="P1")
    assert scene.found() == ["missing anna 02T10:00", "none anna 02T12:00"]


def test_an_event_that_comes_late_to_the_other_scope_is_seen_by_anchors_that_were_looked_at() -> None:
    scene = Scene("rule both when (count(login) >= 1 within account over 1h) and (count(fine) >= 1 within officer over 1d)")
    scene.send("login", "02T12:00", account="anna", officer="P1")
    assert scene.found() == []
    scene.send("fine", "02T12:00", officer="P1")
    assert scene.found() == ["both anna 02T12:00"]


def test_an_event_that_comes_late_to_the_first_scope_too() -> None:
    scene = Scene("rule both when (count(login) >= 2 within account over 1d) and (count(fine) >= 1 within officer over 1d)")
    scene.send("fine", "02T10:00", officer="P1")
    scene.send("login", "02T12:00", account="anna", officer="P1")
    scene.send("login", "02T11:00", account="anna")
    assert scene.found() == ["both anna 02T12:00"]


def test_parts_outside_any_scope_are_about_the_anchor_event() -> None:
    scene = Scene("rule failed_again when (count(login) >= 2 within account over 1d) and login.failed")
    scene.send("login", "02T10:00", account="anna", failed=True)
    scene.send("login", "02T11:00", account="anna", failed=False)
    scene.send("login", "02T12:00", account="anna", failed=True)
    assert scene.found() == ["failed_again anna 02T12:00"]


def test_a_scope_in_parentheses_may_be_a_value() -> None:
    scene = Scene("rule half when (count(login) within account over 1d) * 2 <= (count(login) within officer over 1d)")
    scene.send("login", "02T10:00", account="anna", officer="P1")
    scene.send("login", "02T11:00", account="bert", officer="P1")
    assert scene.found() == ["half bert 02T11:00"]


# ------------------------------------------------------------------ aggregates


@pytest.mark.parametrize(
    "condition",
    [
        "count(fine) == 4",
        "count(fine where amount > 1) == 2",
        "sum(amount) == 6.5",
        "sum(amount * 2) == 13",
        'sum(amount where note == "b") == 3',
        "avg(amount) > 2.16 and avg(amount) < 2.17",
        "min(amount) == 1 and max(amount) == 3",
        "first(amount) == 1 and latest(amount) == 2.5",
        "distinct(fine.note) == 2",
        "distinct(fine.amount) == 3",
        "share(fine where fine.late at least 3) == 1 / 3",
        "share(fine where fine.late at least 4) is missing",
        "share(fine where fine.late among amount > 1 at least 1) == 1 / 2",
    ],
)
def test_aggregates(condition: str) -> None:
    scene = Scene(f"rule r on ruling when {condition} within case")
    scene.send("fine", "02T10:00", case="K1", amount=1, note="a", late=False)
    scene.send("fine", "02T11:00", case="K1", amount=3, note="b", late=True)
    scene.send("fine", "02T12:00", case="K1", note="b")
    scene.send("fine", "02T13:00", case="K1", amount=2.5, late=False)
    scene.send("ruling", "02T14:00", case="K1")
    assert scene.found() == ["r K1 02T14:00"]


@pytest.mark.parametrize(
    "condition",
    [
        "count(fine) == 0",
        "sum(amount) == 0",
        "distinct(amount) == 0",
        "avg(amount) is missing",
        "min(amount) is missing",
        "first(amount) is missing",
    ],
)
def test_of_no_values_count_distinct_and_sum_are_0_and_the_others_missing(condition: str) -> None:
    scene = Scene(f"rule r on ruling when {condition} within case")
    scene.send("ruling", "02T14:00", case="K1")
    assert scene.found() == ["r K1 02T14:00"]


def test_sums_are_exact_and_rounded_once() -> None:
    scene = Scene("rule exact on ruling when sum(amount) == 0.6 and avg(amount) == 0.2 within case")
    for value in (0.1, 0.2, 0.3):
        scene.send("fine", "02T10:00", case="K1", amount=value)
    scene.send("ruling", "02T11:00", case="K1")
    assert scene.found() == ["exact K1 02T11:00"]
    scene = Scene("rule exact on ruling when sum(amount) == 1 within case")
    for value in (1e17, 1, -1e17):
        scene.send("fine", "02T10:00", case="K1", amount=value)
    scene.send("ruling", "02T11:00", case="K1")
    assert scene.found() == ["exact K1 02T11:00"]


def test_time_in_a_where_is_that_events() -> None:
    scene = Scene("rule nights when count(fine where hour(time) >= 22) >= 2 within officer over 7d")
    scene.send("fine", "02T22:00", officer="P1")
    scene.send("fine", "03T10:00", officer="P1")
    scene.send("fine", "04T23:00", officer="P1")
    assert scene.found() == ["nights P1 04T23:00"]


def test_this_is_the_anchor_event() -> None:
    scene = Scene("rule same when count(fine where fine.note == this.note) >= 2 within officer over 7d")
    scene.send("fine", "02T10:00", officer="P1", note="a")
    scene.send("fine", "02T11:00", officer="P1", note="b")
    scene.send("fine", "02T12:00", officer="P1", note="a")
    assert scene.found() == ["same P1 02T12:00"]


def test_this_of_a_deadline_is_the_event_that_set_it() -> None:
    scene = Scene("rule open on fine after 1d when count(ruling where ruling.time >= this.time) == 0 within case")
    scene.send("fine", "02T10:00", case="K1")
    scene.send("ruling", "02T12:00", case="K1")
    scene.send("fine", "02T14:00", case="K1")
    scene.clock("04T00:00")
    assert scene.found() == ["open K1 03T14:00"]


def test_previous_is_the_window_just_before() -> None:
    scene = Scene("rule rise when count(fine) > previous count(fine) and previous count(fine) >= 1 within officer over 2d repeat always")
    scene.send("fine", "02T10:00", officer="P1")  # in (02T10, 04T10] no more; in (28T10, 02T10] still
    scene.send("fine", "04T09:00", officer="P1")
    scene.send("fine", "04T10:00", officer="P1")
    assert scene.found() == ["rise P1 04T10:00"]


def test_previous_of_a_calendar_window_is_the_whole_period_before() -> None:
    scene = Scene("rule rise when count(fine) > previous count(fine) and previous count(fine) >= 1 within officer over week repeat always")
    scene.send("fine", "02T00:00", officer="P1")  # a Monday
    scene.send("fine", "09T00:00", officer="P1")
    scene.send("fine", "15T23:59", officer="P1")
    assert scene.found() == ["rise P1 15T23:59"]


# ------------------------------------------------------------------ patterns


def test_followed_by_is_looked_at_on_the_second() -> None:
    scene = Scene("rule p when fine followed by ruling within case over 1d")
    scene.send("ruling", "02T09:00", case="K1")
    scene.send("fine", "02T10:00", case="K1")
    scene.send("ruling", "02T11:00", case="K1")
    assert scene.found() == ["p K1 02T11:00"]
    assert scene.standing("finding")[0]["events"] == [["", "e2"], ["", "e3"]]


def test_preceded_by_is_looked_at_on_the_first() -> None:
    scene = Scene("rule p when fine preceded by ruling within case over 1d")
    scene.send("fine", "02T09:00", case="K1")
    scene.send("ruling", "02T10:00", case="K1")
    scene.send("fine", "02T11:00", case="K1")
    assert scene.found() == ["p K1 02T11:00"]


def test_not_preceded_by() -> None:
    scene = Scene("rule p when fine not preceded by ruling within case over 1d repeat always")
    scene.send("fine", "02T09:00", case="K1")
    scene.send("ruling", "02T10:00", case="K1")
    scene.send("fine", "02T11:00", case="K1")
    scene.send("fine", "03T10:00", case="K1")
    scene.send("fine", "03T10:00:00.000001", case="K1")
    assert scene.found() == ["p K1 02T09:00", "p K1 03T10:00:00.000001"]


def test_not_followed_by_is_looked_at_when_the_gap_is_over() -> None:
    scene = Scene("rule p when fine not followed by ruling within case over 1d")
    scene.send("fine", "02T09:00", case="K1")
    scene.clock("03T08:59:59.999999")
    assert scene.found() == []
    scene.clock("03T09:00")
    assert scene.found() == ["p K1 03T09:00"]


@pytest.mark.parametrize(("at", "found"), [("03T09:00", []), ("03T09:00:00.000001", ["p K1 03T09:00"]), ("02T09:00", [])])
def test_the_gap_has_both_ends(at: str, found: list[str]) -> None:
    scene = Scene("rule p when fine not followed by ruling within case over 1d")
    scene.send("fine", "02T09:00", case="K1")
    scene.send("ruling", at, case="K1")
    scene.clock("05T00:00")
    assert scene.found() == found


def test_an_event_at_the_same_time_counts_as_before_and_as_after() -> None:
    scene = Scene("rule f when fine followed by ruling within case over 1d\nrule p when fine preceded by ruling within case over 1d")
    scene.send("ruling", "02T09:00", case="K1", id="z")
    scene.send("fine", "02T09:00", case="K1", id="a")
    assert scene.found() == ["f K1 02T09:00", "p K1 02T09:00"]


def test_an_event_never_pairs_with_itself() -> None:
    scene = Scene("rule p when fine followed by fine within case over 1d")
    scene.send("fine", "02T09:00", case="K1")
    assert scene.found() == []
    scene.send("fine", "02T09:00", case="K1")
    assert scene.found() == ["p K1 02T09:00"]


def test_this_in_a_pattern_is_the_event_looked_at() -> None:
    scene = Scene("rule p when login where login.officer != this.officer followed by login within account over 1d")
    scene.send("login", "02T09:00", account="anna", officer="P1")
    scene.send("login", "02T10:00", account="anna", officer="P1")
    scene.send("login", "02T11:00", account="anna", officer="P2")
    assert scene.found() == ["p anna 02T11:00"]


def test_fields_and_aggregates_beside_a_pattern_take_its_over_as_their_window() -> None:
    scene = Scene("rule p when (fine followed by ruling and count(fine) == 1) within case over 1d repeat always")
    scene.send("fine", "02T09:00", case="K1")
    scene.send("fine", "03T08:00", case="K1")
    scene.send("ruling", "03T08:30", case="K1")
    scene.send("ruling", "03T09:00", case="K1")  # the first fine is 24 h old: it still pairs, but is counted no more
    assert scene.found() == ["p K1 03T09:00"]


# ------------------------------------------------------------------ open time


@pytest.mark.parametrize(("at", "found"), [("03T11:00", ["p K1 03T11:00"]), ("03T11:00:00.000001", [])])
def test_over_hours_of_a_calendar_counts_open_time_only(at: str, found: list[str]) -> None:
    scene = Scene("rule p when fine followed by ruling within case over 3h of office")
    scene.send("fine", "02T16:00", case="K1")  # Monday: an hour until 17:00, two on Tuesday from 09:00
    scene.send("ruling", at, case="K1")
    assert scene.found() == found


def test_over_days_of_a_calendar_is_the_last_closing_time_of_the_third_open_day_after() -> None:
    scene = Scene("rule p when fine not followed by ruling within case over 3d of office")
    scene.send("fine", "06T20:00", case="K1")  # Friday; open: Saturday 7th (worked), Monday 9th, not the 10th, Wednesday 11th
    scene.clock("20T00:00")
    assert scene.found() == ["p K1 11T17:00"]


def test_hours_may_pass_midnight() -> None:
    scene = Scene("rule p when fine not followed by ruling within case over 3h of night")
    scene.send("fine", "02T12:00", case="K1")
    scene.clock("04T00:00")
    assert scene.found() == ["p K1 03T01:00"]


def test_over_month_as_a_gap_is_to_the_end_of_the_period() -> None:
    scene = Scene("rule p when fine not followed by ruling within case over month")
    scene.send("fine", "02T12:00", case="K1")
    scene.send("fine", "31T23:59:59.999999", case="K2")
    scene.clock("05-01T00:00")
    assert scene.found() == ["p K1 31T23:59:59.999999", "p K2 31T23:59:59.999999"]


def test_open_time_that_takes_longer_than_is_retained_is_cut_there() -> None:
    scene = Scene("rule p when capture preceded by capture within device over 9d of office repeat always")
    scene.send("capture", "02T12:00", device="D1")
    scene.send("capture", "12T12:00", device="D1")  # the ninth open day is the 13th; ten days are retained
    scene.send("capture", "12T12:00:00.000001", device="D1")
    assert scene.found() == ["p D1 12T12:00", "p D1 12T12:00:00.000001"]
    assert [thing["events"] for thing in scene.standing("finding")] == [[["", "e1"], ["", "e2"]], [["", "e2"], ["", "e3"]]]


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize("written", ["P1", " P1", "P1\u3000", "Ｐ1", "P\u200b1", "P1\n"])
def test_a_key_is_always_normalised(written: str) -> None:
    scene = Scene("rule two when count(fine) >= 2 within officer")
    scene.send("fine", "02T10:00", officer="P1")
    scene.send("fine", "02T11:00", officer=written)
    assert scene.found() == ["two P1 02T11:00"]


def test_an_entity_that_is_lookalike_compares_by_skeletons() -> None:
    scene = Scene("rule two when distinct(spelling(login.account)) > 1 within account")
    scene.send("login", "02T10:00", account="paul")
    scene.send("login", "02T11:00", account="р\u0430ul")  # two Cyrillic letters
    assert [thing["time"] for thing in scene.standing("finding")] == ["2026-03-02T03:00:00Z"]


def test_an_empty_key_is_missing() -> None:
    scene = Scene("rule one when count(fine) >= 1 within officer")
    scene.send("fine", "02T10:00", officer="\u200b")
    assert scene.found() == []


def test_texts_compared_with_a_key_are_normalised_too() -> None:
    scene = Scene('rule one on fine when officer == " Ｐ1" about fine.officer')
    scene.send("fine", "02T10:00", officer="P1")
    assert scene.found() == ["one P1 02T10:00"]
