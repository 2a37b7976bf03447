"""Scopes, windows, aggregates and patterns."""

from __future__ import annotations

import pytest

from rulelang import model
from tests.language.checking import errors
from tests.language.resolving import rule, when

DAY = 86_400_000_000


def aggregates(node: object) -> list[model.Aggregate]:
    """All aggregates in a condition, in the order written."""
    if isinstance(node, tuple):
        return [found for item in node for found in aggregates(item)]
    names = getattr(node, "__dataclass_fields__", {})
    own = [node] if isinstance(node, model.Aggregate) else []
    return own + [found for name in names if name != "span" for found in aggregates(getattr(node, name))]


def window(text: str) -> model.Window:
    return when(text).scopes[0].window


def taken(text: str) -> list[str]:
    """The event types that the first aggregate takes up."""
    return [part.event for part in aggregates(when(text).condition)[0].taken]


def test_over_a_duration_the_window_slides() -> None:
    assert window("alcohol > 3 within case over 30d") == model.Window("sliding", 30 * DAY, None, None)


def test_a_window_may_be_computed_from_constants() -> None:
    found = rule("let term = 2 * 3d\nrule r when alcohol > 3 within case over term + 12h")
    assert found.scopes[0].window.length_us == 6.5 * DAY


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
def test_over_a_period_the_window_is_the_local_period(period: str) -> None:
    assert window(f"alcohol > 3 within case over {period}") == model.Window("period", 0, period, None)


def test_without_over_the_window_is_what_is_retained() -> None:
    assert window("alcohol > 3 within case") == model.Window("retained", 400 * DAY, None, None)
    assert window("points > 3 within licence") == model.Window("retained", 100 * DAY, None, None)


def test_a_pair_retains_the_less_of_its_two_entities() -> None:
    found = when("points > 3 within officer, licence").scopes[0]
    assert found.window.length_us == 100 * DAY
    assert found.keys == (model.ScopeKey("officer", None), model.ScopeKey("licence", None))


def test_a_window_may_be_exactly_as_long_as_what_is_retained() -> None:
    assert window("points > 3 within licence over 100d").length_us == 100 * DAY
    assert window("count(settlement) > previous count(settlement) within licence over 50d").length_us == 50 * DAY


@pytest.mark.parametrize(("zone", "fits"), [("Asia/Shanghai", True), ("Europe/Berlin", False)])
def test_a_month_is_an_hour_longer_where_clocks_are_put_back(zone: str, fits: bool) -> None:
    text = f'timezone "{zone}" entity e retain 31d event x e: e rule r when count(x) > 1 within e over month'
    assert errors(text) == ([] if fits else [("E407", "over month")])


def test_the_history_of_a_pair_has_the_events_that_carry_both() -> None:
    assert taken('officer == "P1" within case, officer') == ["breath_test", "detention"]


def test_by_takes_the_events_that_have_that_field() -> None:
    assert taken("distinct(account) > 3 within account by target") == ["reset"]


def test_where_an_event_has_several_fields_of_an_entity_the_one_named_like_it_is_the_key() -> None:
    assert taken("count(reset) > 3 within account") == ["reset"]


def test_within_takes_the_whole_condition_to_its_left() -> None:
    found = when("alcohol > 3 and result < 2 or mild within case")
    assert len(found.scopes) == 1
    assert {a.scope for a in aggregates(found.condition)} == {0}


def test_the_first_scope_is_the_rules() -> None:
    found = when("(count(settlement) > 3 within licence over 10d) and (count(settlement) > 9 within officer over 90d)")
    assert [scope.keys[0].entity for scope in found.scopes] == ["licence", "officer"]
    assert [a.scope for a in aggregates(found.condition)] == [0, 1]


def test_a_scope_may_be_a_value() -> None:
    found = when(
        "(count(settlement) within officer over 30d) > 3 * (count(settlement) / distinct(settlement.officer) within licence over 30d)"
    )
    assert isinstance(found.condition, model.Compare)
    assert [a.scope for a in aggregates(found.condition)] == [0, 1, 1]


def test_the_same_scope_written_twice_is_two() -> None:
    found = when("(count(ruling) > 3 within case over 3d) and (count(detention) > 3 within case over 3d)")
    assert len(found.scopes) == 2
    assert [anchor.event for anchor in found.anchors.events] == ["ruling"]


def test_count_takes_up_the_events_where_the_condition_holds() -> None:
    found = aggregates(when("count(ruling where amount > 3) > 1 within case").condition)[0]
    (part,) = found.taken
    assert isinstance(part.where, model.Compare)
    assert part.value is None


def test_a_value_is_taken_of_each_event_type_that_declares_it() -> None:
    assert taken("distinct(officer) > 3 within case") == ["breath_test", "detention"]


def test_a_value_and_its_where_are_of_one_event() -> None:
    assert taken("distinct(officer where alcohol > 3) > 1 within case") == ["breath_test"]
    assert taken("distinct(officer where case is present) > 1 within officer") == ["breath_test", "detention"]


def test_a_bare_field_beside_event_field_is_of_that_event() -> None:
    assert taken("sum(settlement.points where amount > 3) > 1 within officer") == ["settlement"]


def test_a_value_may_be_an_expression_over_one_event() -> None:
    assert taken("max(detention.due - detention.time) > 3d within case") == ["detention"]
    assert taken("max(due - time) > 3d within case") == ["detention"]


def test_share_is_of_the_events_for_which_the_condition_is_known() -> None:
    found = aggregates(when("share(settlement where booked among amount > 3 at least 20) > 30% within officer over 90d").condition)[0]
    (part,) = found.taken
    assert found.at_least == 20
    assert isinstance(part.value, model.FieldValue)
    assert isinstance(part.where, model.Compare)


def test_a_share_without_at_least_is_left_to_the_linter() -> None:
    found = aggregates(when("share(settlement where booked) > 30% within officer over 90d").condition)[0]
    assert found.at_least is None


def test_previous_is_the_window_just_before() -> None:
    found = aggregates(when("count(ruling) > 2 * previous count(ruling) within case over month").condition)
    assert [a.previous for a in found] == [False, True]


def test_a_pattern_bounds_the_gap_by_the_window_of_its_scope() -> None:
    found = when("detention followed by ruling and count(ruling) > 1 within case over 3d")
    assert found.scopes[0].has_pattern
    assert not when("count(ruling) > 1 within case over 3d").scopes[0].has_pattern


def test_a_pattern_may_be_retained_as_long_as_its_entity() -> None:
    assert when("detention followed by ruling within case").scopes[0].window.kind == "retained"


def test_open_days_are_whole_days_of_a_calendar() -> None:
    found = window("detention not followed by ruling within case over 3d of working_hours")
    assert found.kind == "open"
    assert found.gap == model.Gap("open_days", None, 3, "working_hours", None)


@pytest.mark.parametrize(("amount", "kind"), [("36h", "open_time"), ("90m", "open_time"), ("2 * 1d", "open_time"), ("term", "open_days")])
def test_hours_and_computed_lengths_of_a_calendar_are_open_time(amount: str, kind: str) -> None:
    found = rule(f"let term = 3d\nrule r when detention preceded by ruling within case over {amount} of working_hours")
    gap = found.scopes[0].window.gap
    assert gap is not None
    assert gap.kind == kind


def test_the_condition_of_a_side_is_about_its_event() -> None:
    found = when("detention where limit > 1d followed by ruling where (amount > 3 and mild) within case").condition
    assert isinstance(found, model.PatternTest)
    assert isinstance(found.left.where, model.Compare)
    assert isinstance(found.right.where, model.Logic)


def test_a_negative_pattern_may_be_denied() -> None:
    assert isinstance(when("not (detention not preceded by ruling) within case").condition, model.Not)
    assert isinstance(when("not (detention preceded by ruling) within case").condition, model.Not)
