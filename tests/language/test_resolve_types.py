"""Which values go together, and what comes out: operators, units, functions, keys."""

from __future__ import annotations

import pytest

from rulelang import model
from rulelang.model import Kind
from tests.language.resolving import rule, when


def value(expression: str, event: str = "detention") -> model.Expression:
    """An expression over one event."""
    found = when(f"({expression}) is present", f"on {event}").condition
    assert isinstance(found, model.Presence)
    return found.operand


def kind(expression: str, event: str = "detention") -> tuple[Kind, str | None]:
    found = value(expression, event)
    return found.type.kind, found.type.unit


@pytest.mark.parametrize(
    ("expression", "event", "expected"),
    [
        ("points + 1", "settlement", (Kind.INTEGER, "points")),
        ("points + 1.5", "settlement", (Kind.NUMBER, "points")),
        ("points / 2", "settlement", (Kind.NUMBER, "points")),
        ("points mod 2", "settlement", (Kind.INTEGER, "points")),
        ("points * 2", "settlement", (Kind.INTEGER, "points")),
        ("amount / amount", "settlement", (Kind.NUMBER, None)),
        ("amount / points", "settlement", (Kind.NUMBER, None)),
        ("100 / amount", "settlement", (Kind.NUMBER, None)),
        ("-points", "settlement", (Kind.INTEGER, "points")),
        ("due - time", "detention", (Kind.DURATION, None)),
        ("due + 3d", "detention", (Kind.TIME, None)),
        ("3d + due", "detention", (Kind.TIME, None)),
        ("due - 3d", "detention", (Kind.TIME, None)),
        ("limit * 2", "detention", (Kind.DURATION, None)),
        ("2 * limit", "detention", (Kind.DURATION, None)),
        ("limit / 2", "detention", (Kind.DURATION, None)),
        ("limit / 1d", "detention", (Kind.NUMBER, None)),
        ("limit mod 1d", "detention", (Kind.DURATION, None)),
        ("limit - 1d", "detention", (Kind.DURATION, None)),
        ("date(due) - date(time)", "detention", (Kind.DURATION, None)),
        ("hours(limit)", "detention", (Kind.NUMBER, None)),
        ("abs(due - time)", "detention", (Kind.DURATION, None)),
        ("round(amount)", "ruling", (Kind.NUMBER, "yuan")),
        ("floor(points)", "settlement", (Kind.INTEGER, "points")),
        ("min(amount, 3)", "ruling", (Kind.NUMBER, "yuan")),
        ("max(due, time)", "detention", (Kind.TIME, None)),
        ("length(machine)", "breath_test", (Kind.INTEGER, None)),
        ("upper(machine)", "breath_test", (Kind.TEXT, None)),
        ("weekday(due)", "detention", (Kind.INTEGER, None)),
        ("year(date(due))", "detention", (Kind.INTEGER, None)),
        ("amount or else 0", "ruling", (Kind.NUMBER, "yuan")),
        ("points or else 0.5", "settlement", (Kind.NUMBER, "points")),
        ('fine_floor("A", "R")', "detention", (Kind.NUMBER, "yuan")),
        ("spelling(account)", "login", (Kind.TEXT, None)),
        ("canonical(place)", "login", (Kind.TEXT, None)),
        ("mild", "ruling", (Kind.BOOLEAN, None)),
    ],
)
def test_what_comes_out_of_an_expression(expression: str, event: str, expected: tuple[Kind, str | None]) -> None:
    assert kind(expression, event) == expected


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("count(settlement)", (Kind.INTEGER, None)),
        ("distinct(settlement.licence)", (Kind.INTEGER, None)),
        ("sum(settlement.points)", (Kind.INTEGER, "points")),
        ("avg(settlement.points)", (Kind.NUMBER, "points")),
        ("sum(settlement.amount)", (Kind.NUMBER, "yuan")),
        ("avg(detention.limit)", (Kind.DURATION, None)),
        ("min(settlement.time)", (Kind.TIME, None)),
        ("max(settlement.amount / 2)", (Kind.NUMBER, "yuan")),
        ("first(posting.remark)", (Kind.TEXT, None)),
        ("latest(settlement.booked)", (Kind.BOOLEAN, None)),
        ("share(settlement where booked at least 20)", (Kind.NUMBER, None)),
        ("previous count(settlement)", (Kind.INTEGER, None)),
        ("first(spelling(login.officer))", (Kind.TEXT, None)),
        ("spelling(first(login.officer))", (Kind.TEXT, None)),
    ],
)
def test_what_comes_out_of_an_aggregate(aggregate: str, expected: tuple[Kind, str | None]) -> None:
    found = when(f"({aggregate}) is present within officer over 30d").condition
    assert isinstance(found, model.Presence)
    assert (found.operand.type.kind, found.operand.type.unit) == expected


def test_a_number_without_a_unit_fits_any() -> None:
    assert when("alcohol > 80 and amount > 200 within case").anchors.kind == "givers"


def test_units_of_a_product_are_not_checked() -> None:
    assert when("alcohol * ruling.amount > alcohol within case").condition.type.kind is Kind.BOOLEAN


def test_a_text_compared_with_a_key_is_normalised_at_check_time() -> None:
    found = when('officer == " Ｐ17 "').condition
    assert isinstance(found, model.Compare)
    assert isinstance(found.right, model.Constant)
    assert (found.right.value, found.right.type.entity) == ("P17", "officer")


def test_a_text_compared_with_a_key_of_a_lookalike_entity_becomes_its_skeleton() -> None:
    found = when('account in ("WANGLI", "lihua0")').condition
    assert isinstance(found, model.In)
    assert [item.value for item in found.items if isinstance(item, model.Constant)] == ["wangli", "lihuao"]


def test_a_text_field_compared_with_a_key_is_normalised_when_it_is_known() -> None:
    found = when("machine == officer").condition
    assert isinstance(found, model.Compare)
    assert isinstance(found.left, model.Normalise)
    assert found.left.entity == "officer"


def test_patterns_of_keys_are_normalised_as_well() -> None:
    found = when('account like "ＷANG*"').condition
    assert isinstance(found, model.TextTest)
    assert isinstance(found.pattern, model.Constant)
    assert found.pattern.value == "wang*"


def test_a_text_without_key_is_compared_as_it_stands() -> None:
    found = when('machine == " Ｐ17 "').condition
    assert isinstance(found, model.Compare)
    assert isinstance(found.right, model.Constant)
    assert (found.right.value, found.right.type.kind) == (" Ｐ17 ", Kind.TEXT)


def test_what_like_compares_with_may_be_a_let() -> None:
    found = rule('let local = "湘A*"\nrule r when machine like local').condition
    assert isinstance(found, model.TextTest)
    assert isinstance(found.pattern, model.Constant)
    assert found.pattern.value == "湘A*"


def test_a_list_of_one_needs_no_comma() -> None:
    found = when('machine in ("A")').condition
    assert isinstance(found, model.In)
    assert len(found.items) == 1
    assert not found.negated


def test_not_in_is_the_opposite() -> None:
    found = when('machine not in ("A", "B")').condition
    assert isinstance(found, model.In)
    assert found.negated


def test_several_ands_are_one_node() -> None:
    found = when("alcohol > 1 and alcohol > 2 and alcohol > 3").condition
    assert isinstance(found, model.Logic)
    assert (found.op, len(found.operands)) == ("and", 3)


def test_a_boolean_field_is_a_condition_by_itself() -> None:
    assert isinstance(when("mild").condition, model.FieldValue)
    assert isinstance(when("not mild").condition, model.Not)
    assert isinstance(when("mild and true").condition, model.Logic)


def test_during_asks_a_calendar() -> None:
    found = when("due outside working_hours").condition
    assert isinstance(found, model.CalendarTest)
    assert (found.calendar, found.inside) == ("working_hours", False)


def test_min_and_max_of_several_values_are_functions_and_of_one_aggregates() -> None:
    assert isinstance(value("min(amount, 3)", "ruling"), model.Call)
    found = when("max(ruling.amount) > 3 within case").condition
    assert isinstance(found, model.Compare)
    assert isinstance(found.left, model.Aggregate)
