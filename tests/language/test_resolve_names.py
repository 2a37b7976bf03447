"""What names mean: bare fields, `event.field`, `this.field`, `time`, lets, literals, tables."""

from __future__ import annotations

from rulelang import model
from rulelang.model import Kind
from tests.language.resolving import rule, when


def compared(found: model.Rule) -> model.Compare:
    """The comparison that a condition is."""
    assert isinstance(found.condition, model.Compare)
    return found.condition


def left(condition: str, clauses: str = "") -> model.Expression:
    return compared(when(condition, clauses)).left


def right(condition: str) -> model.Expression:
    return compared(when(condition)).right


def anchored(found: model.Rule) -> list[str]:
    return [anchor.event for anchor in found.anchors.events]


def latest_of(expression: model.Expression) -> list[str]:
    """The event types that a bare field in a scope is the latest value of."""
    assert isinstance(expression, model.Aggregate)
    assert (expression.kind, expression.bare) == ("latest", True)
    return [taken.event for taken in expression.taken]


def test_without_a_scope_a_field_is_read_of_the_anchor_event() -> None:
    field = left("alcohol > 80")
    assert isinstance(field, model.FieldValue)
    assert (field.of, field.name, field.events) == ("this", "alcohol", ("breath_test",))
    assert (field.type.kind, field.type.unit) == (Kind.NUMBER, "mg/100ml")


def test_without_a_scope_the_rule_is_looked_at_on_the_types_that_declare_all_its_fields() -> None:
    assert anchored(when("case is missing")) == ["breath_test", "blood_test", "detention", "ruling"]
    assert anchored(when("case is missing and officer is present")) == ["breath_test", "detention"]
    assert anchored(when("case is missing and officer is present and alcohol > 3")) == ["breath_test"]


def test_a_field_that_several_events_declare_as_the_same_entity_needs_no_event() -> None:
    field = left('officer == "P1"')
    assert isinstance(field, model.FieldValue)
    assert field.events == ("posting", "breath_test", "detention", "settlement", "login")


def test_on_says_which_event_a_bare_field_is_of() -> None:
    field = left("amount > 3", "on ruling")
    assert isinstance(field, model.FieldValue)
    assert field.events == ("ruling",)


def test_in_a_scope_a_bare_field_is_the_latest_value_of_the_events_that_carry_the_entity() -> None:
    assert latest_of(left("amount > 3 within case")) == ["ruling"]
    assert latest_of(left("amount > 3 within licence")) == ["settlement"]
    assert latest_of(left('officer == "P1" within case')) == ["breath_test", "detention"]


def test_in_a_scope_event_field_is_the_latest_value_of_that_event_type() -> None:
    assert latest_of(left("detention.officer == breath_test.officer within case")) == ["detention"]


def test_in_a_where_a_bare_field_is_of_the_event_that_is_counted() -> None:
    count = left("count(ruling where amount > 3) > 1 within case")
    assert isinstance(count, model.Aggregate)
    where = count.taken[0].where
    assert isinstance(where, model.Compare)
    assert isinstance(where.left, model.FieldValue)
    assert (where.left.of, where.left.events) == ("current", ("ruling",))


def test_time_is_that_of_the_event_without_a_scope_and_the_moment_in_one() -> None:
    bare = left("time > 2026-01-01T00:00", "on breath_test")
    assert isinstance(bare, model.FieldValue)
    assert (bare.of, bare.name) == ("this", "time")
    assert isinstance(left("time > breath_test.time within case"), model.Moment)


def test_time_in_a_where_is_that_of_the_event() -> None:
    count = left("count(ruling where hour(time) >= 22) > 1 within case")
    assert isinstance(count, model.Aggregate)
    where = count.taken[0].where
    assert isinstance(where, model.Compare)
    assert isinstance(where.left, model.Call)
    argument = where.left.arguments[0]
    assert isinstance(argument, model.FieldValue)
    assert (argument.of, argument.name) == ("current", "time")


def test_event_time_in_a_scope_is_the_time_of_the_latest_such_event() -> None:
    aggregate = right("time > breath_test.time within case")
    assert latest_of(aggregate) == ["breath_test"]


def test_source_is_a_field_of_every_event() -> None:
    assert anchored(when('source == "X" and alcohol > 3')) == ["breath_test"]
    assert latest_of(left('breath_test.source == "X" within case')) == ["breath_test"]
    assert latest_of(left('source == "X" within licence')) == ["settlement"]


def test_this_is_the_anchor_event() -> None:
    count = left("count(settlement where amount > this.amount) > 1 within licence")
    assert isinstance(count, model.Aggregate)
    assert count.uses_this
    where = count.taken[0].where
    assert isinstance(where, model.Compare)
    assert isinstance(where.right, model.FieldValue)
    assert (where.right.of, where.right.name) == ("this", "amount")


def test_an_aggregate_that_does_not_read_this_says_so() -> None:
    both = when("count(settlement where amount > this.amount) > count(settlement where amount > 3) within licence")
    comparison = compared(both)
    assert isinstance(comparison.left, model.Aggregate)
    assert isinstance(comparison.right, model.Aggregate)
    assert (comparison.left.uses_this, comparison.right.uses_this) == (True, False)


def test_in_the_where_of_a_pattern_this_is_the_event_looked_at() -> None:
    pattern = when("detention followed by ruling where amount > this.amount within case over 3d").condition
    assert isinstance(pattern, model.PatternTest)
    assert isinstance(pattern.right.where, model.Compare)
    assert isinstance(pattern.right.where.right, model.FieldValue)
    assert pattern.right.where.right.events == ("ruling",)
    later = when("detention not followed by ruling where ruling.time > this.due within case over 3d").condition
    assert isinstance(later, model.PatternTest)
    assert isinstance(later.right.where, model.Compare)
    assert isinstance(later.right.where.right, model.FieldValue)
    assert later.right.where.right.events == ("detention",)


def test_a_let_is_as_if_written_in_parentheses() -> None:
    by_let = rule("let high = alcohol > 80 or alcohol < 0\nrule r when high and officer is present")
    written = when("(alcohol > 80 or alcohol < 0) and officer is present")
    assert shape(by_let.condition) == shape(written.condition)


def test_a_let_means_what_its_place_says() -> None:
    text = "let high = alcohol > 80\nrule r when high within case\nrule s when high"
    assert latest_of(compared(rule(text)).left) == ["breath_test"]


def test_a_let_may_be_a_list_or_a_whole_scope() -> None:
    found = rule('let grave = ("a", "b")\nrule r when machine in grave').condition
    assert isinstance(found, model.In)
    assert [item.value for item in found.items if isinstance(item, model.Constant)] == ["a", "b"]
    assert len(rule("let many = count(ruling) > 3 within case over 30d\nrule r when many").scopes) == 1


def test_fields_may_be_named_like_words_that_are_no_operators() -> None:
    assert anchored(rule('event e\n    level: number\n    category: text\nrule r when level > 3 and category == "x"')) == ["e"]


def test_fields_of_findings_are_meant_where_nothing_else_is() -> None:
    assert when("count(finding where points > 3) > 1 within officer").layer == 1
    own = when("points > 3 within licence")
    assert latest_of(compared(own).left) == ["settlement"]
    assert own.layer == 0
    assert when('category starts with "x" within officer').layer == 1


def test_rules_over_warnings_come_last() -> None:
    assert when("count(warning) > 1 and count(finding) > 1 within officer").layer == 2
    assert when("points > 3", "on finding").layer == 1
    assert when("count(event_conflict) > 1 within officer").layer == 0
    assert when("count(ruling) > 1 within case", 'except (count(finding) > 3 within case) until 2026-12-31 because "x"').layer == 1


def test_a_number_is_an_integer_unless_it_has_a_fraction_or_a_percent_sign() -> None:
    values = [right(f"alcohol > {text}") for text in ("80", "80.5", "80%", "-3")]
    assert [(v.value, v.type.kind) for v in values if isinstance(v, model.Constant)] == [
        (80, Kind.INTEGER),
        (80.5, Kind.NUMBER),
        (0.8, Kind.NUMBER),
        (-3, Kind.INTEGER),
    ]


def test_durations_are_microseconds() -> None:
    values = [right(f"limit > {text}") for text in ("2w", "30d", "12h", "15m", "90s", "-1s")]
    seconds = [v.value / 1_000_000 for v in values if isinstance(v, model.Constant) and isinstance(v.value, int)]
    assert seconds == [14 * 86400, 30 * 86400, 12 * 3600, 900, 90, -1]


def test_times_are_read_in_the_zone_of_the_rule_set_unless_they_carry_an_offset() -> None:
    values = [right(f"due > {text}") for text in ("2026-03-01T08:00", "2026-03-01T00:00Z", "2026-03-01T05:00+05:00")]
    assert len({v.value for v in values if isinstance(v, model.Constant)}) == 1


def test_a_date_compared_with_a_time_stands_for_the_whole_day() -> None:
    found = compared(when("due <= 2026-03-31"))
    assert isinstance(found.left, model.Call)
    assert (found.left.function, found.left.type.kind, found.right.type.kind) == ("date", Kind.DATE, Kind.DATE)


def test_a_date_and_a_time_may_bound_the_same_field() -> None:
    found = when("due between 2026-03-01 and 2026-03-31T12:00").condition
    assert isinstance(found, model.Logic)
    assert [part.left.type.kind for part in found.operands if isinstance(part, model.Compare)] == [Kind.DATE, Kind.TIME]


def test_a_table_is_asked_for_the_day_of_the_event_or_the_moment() -> None:
    outside, inside = right("alcohol > today()"), right("alcohol > today() within case")
    counted = left("count(breath_test where alcohol > today()) > 1 within case")
    assert isinstance(outside, model.TableLookup)
    assert isinstance(outside.at, model.FieldValue)
    assert (outside.at.of, outside.at.name) == ("this", "time")
    assert isinstance(inside, model.TableLookup)
    assert isinstance(inside.at, model.Moment)
    assert isinstance(counted, model.Aggregate)
    where = counted.taken[0].where
    assert isinstance(where, model.Compare)
    assert isinstance(where.right, model.TableLookup)
    assert isinstance(where.right.at, model.FieldValue)
    assert where.right.at.of == "current"


def test_a_text_given_to_a_table_for_a_key_is_normalised() -> None:
    lookup = left('shifts(" Ｕ1") > 3h', "on posting")
    assert isinstance(lookup, model.TableLookup)
    (argument,) = lookup.arguments
    assert isinstance(argument, model.Constant)
    assert argument.value == "U1"


def shape(node: object) -> object:
    """A node without its places."""
    if isinstance(node, tuple):
        return tuple(shape(item) for item in node)
    names = getattr(node, "__dataclass_fields__", None)
    if names is None:
        return node
    return (type(node).__name__, *(shape(getattr(node, name)) for name in names if name != "span"))
