"""When a rule is looked at, and its clauses: about, points, message, repeat, sample, except, dates."""

from __future__ import annotations

import pytest

from rulelang import model
from tests.language.checking import errors
from tests.language.resolving import DECLARATIONS, rule, when

DAY = 86_400_000_000


def anchored(condition: str, clauses: str = "") -> tuple[str, list[str]]:
    found = when(condition, clauses).anchors
    return found.kind, [anchor.event for anchor in found.events]


def repeated(condition: str, clauses: str = "") -> model.Repeat:
    return when(condition, clauses).repeat


def credited(condition: str, clauses: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return [(about.entity, about.fields) for about in when(condition, clauses).about]


def test_a_scoped_rule_is_looked_at_where_something_is_given_to_it() -> None:
    assert anchored("alcohol > 80 and result < 80 within case") == ("givers", ["breath_test", "blood_test"])
    assert anchored("count(ruling) > 3 or max(due) > 2026-01-01 within case") == ("givers", ["ruling", "detention"])


def test_a_pattern_is_looked_at_on_one_of_its_sides() -> None:
    assert anchored("detention followed by ruling within case") == ("givers", ["ruling"])
    assert anchored("detention preceded by ruling within case") == ("givers", ["detention"])
    assert anchored("detention not preceded by ruling within case") == ("givers", ["detention"])


def test_only_the_first_scope_gives_anchors() -> None:
    assert anchored("(alcohol > 3 within case) and (count(settlement) > 3 within officer)") == ("givers", ["breath_test"])


def test_an_exception_gives_no_anchors() -> None:
    clauses = 'except (count(ruling) > 3 within case) until 2026-12-31 because "x"'
    found = when("alcohol > 3 within case", clauses)
    assert [anchor.event for anchor in found.anchors.events] == ["breath_test"]
    assert [scope.keys[0].entity for scope in found.scopes] == ["case", "case"]


def test_parts_outside_any_scope_restrict_the_anchors() -> None:
    assert anchored("(officer is present within case) and alcohol > 3") == ("givers", ["breath_test"])


def test_this_inside_a_scope_does_not_restrict_them() -> None:
    assert anchored("count(ruling where ruling.time > this.due) > 3 and due is present within case") == ("givers", ["ruling", "detention"])


def test_not_followed_by_is_looked_at_when_its_gap_is_over() -> None:
    found = when("detention where limit > 1d not followed by ruling within case over 30d").anchors
    assert (found.kind, [anchor.event for anchor in found.events]) == ("deadlines", ["detention"])
    assert isinstance(found.events[0].where, model.Compare)
    assert found.gap is not None
    assert isinstance(found.gap.amount, model.Constant)
    assert (found.gap.kind, found.gap.amount.value) == ("duration", 30 * DAY)


def test_a_period_as_a_gap_reaches_to_its_end() -> None:
    found = when("detention not followed by ruling within case over month").anchors
    assert found.gap == model.Gap("period", None, 0, None, "month")


def test_on_names_the_anchors() -> None:
    assert anchored("count(ruling) > 3 within case", "on detention, breath_test") == ("events", ["detention", "breath_test"])
    assert anchored("officer is present", "on detention, breath_test") == ("events", ["detention", "breath_test"])


def test_the_condition_of_on_is_about_its_event() -> None:
    (anchor,) = when("count(ruling) > 3 within case", "on ruling where amount > 3").anchors.events
    assert isinstance(anchor.where, model.Compare)
    assert isinstance(anchor.where.left, model.FieldValue)
    assert anchor.where.left.of == "current"


def test_on_does_not_restrict_where_fields_come_from() -> None:
    found = when("result < 80 within case", "on ruling").condition
    assert isinstance(found, model.Compare)
    assert isinstance(found.left, model.Aggregate)
    assert [taken.event for taken in found.left.taken] == ["blood_test"]


def test_on_after_is_a_deadline_computed_from_the_event() -> None:
    found = when("count(ruling) == 0 within case", "on detention after detention.due - detention.time").anchors
    assert found.kind == "deadlines"
    assert found.gap is not None
    assert isinstance(found.gap.amount, model.Arithmetic)
    assert isinstance(found.gap.amount.left, model.FieldValue)
    assert found.gap.amount.left.of == "current"


def test_on_after_may_count_open_time() -> None:
    days = when("count(ruling) == 0 within case", "on detention after 3d of working_hours").anchors.gap
    computed = when("count(ruling) == 0 within case", "on detention after limit of working_hours").anchors.gap
    assert days == model.Gap("open_days", None, 3, "working_hours", None)
    assert computed is not None
    assert (computed.kind, computed.calendar) == ("open_time", "working_hours")


def test_on_after_needs_no_scope() -> None:
    assert anchored("limit > 1d", "on detention after 3d") == ("deadlines", ["detention"])


def test_on_end_of_a_period_has_no_events() -> None:
    found = when("count(ruling) > 3 within case over month", "on end of month").anchors
    assert (found.kind, found.events, found.period) == ("ends", (), "month")


def test_the_default_span_is_the_window_of_the_first_scope() -> None:
    assert repeated("count(ruling) > 3 within case over 30d") == model.Repeat("span", 30 * DAY, None)
    assert repeated("count(ruling) > 3 within case") == model.Repeat("span", 400 * DAY, None)
    assert repeated("count(ruling) > 3 within case over month") == model.Repeat("period", 0, "month")
    assert repeated("detention preceded by ruling within case over 3d of working_hours") == model.Repeat("span", 3 * DAY, None)


@pytest.mark.parametrize(
    ("condition", "clauses"),
    [
        ("alcohol > 3", ""),
        ("detention not followed by ruling within case over 30d", ""),
        ("count(ruling) > 3 within case over 30d", "on end of month"),
        ("count(ruling) > 3 within case over 30d", "on detention after 3d"),
        ("count(ruling) > 3 within case over 30d", "repeat always"),
    ],
)
def test_rules_without_a_scope_and_those_over_deadlines_and_ends_report_always(condition: str, clauses: str) -> None:
    assert repeated(condition, clauses).kind == "always"


def test_repeat_after_says_the_span() -> None:
    assert repeated("count(ruling) > 3 within case over 30d", "repeat after 7d") == model.Repeat("span", 7 * DAY, None)
    assert repeated("count(ruling) > 3 within case over 30d", "repeat after quarter") == model.Repeat("period", 0, "quarter")
    assert repeated("alcohol > 3", "about officer repeat after 2 * 7d") == model.Repeat("span", 14 * DAY, None)


def test_about_an_entity_takes_every_event_looked_at_that_carries_it() -> None:
    assert credited("count(ruling) > 3 within case", "about officer") == [
        ("officer", (("breath_test", "officer"), ("detention", "officer"), ("event_conflict", "officer")))
    ]


def test_about_a_field_of_an_event_takes_that_one() -> None:
    assert credited("count(ruling) > 3 within case", "about detention.officer") == [("officer", (("detention", "officer"),))]


def test_about_a_field_takes_the_events_that_declare_it() -> None:
    assert credited("giver is present", "about giver") == [("officer", (("swap", "giver"),))]


def test_about_reaches_the_events_of_every_scope() -> None:
    found = credited("(count(settlement) > 3 within licence) and (count(posting) > 3 within officer)", "about unit")
    assert found == [("unit", (("posting", "unit"), ("event_conflict", "unit")))]


def test_about_two_entities_is_about_both() -> None:
    assert [entity for entity, _ in credited("alcohol > 3", "about officer, case")] == ["officer", "case"]


def test_without_about_a_finding_is_about_the_key_of_its_scope() -> None:
    assert when("count(ruling) > 3 within case").about == ()


def test_findings_are_evidence_only_for_rules_over_findings() -> None:
    ((_, fields),) = credited("count(finding) > 3 within officer", "about officer")
    assert ("finding", "officer") in fields
    assert ("warning", "officer") not in fields


def test_points_may_be_computed_at_the_opening() -> None:
    found = when("alcohol > 3", "points max(1, alcohol / 10)").points
    assert isinstance(found, model.Call)
    scoped = when("count(ruling) > 3 within case", "points count(ruling)").points
    assert isinstance(scoped, model.Aggregate)
    assert scoped.scope == 0


def test_constant_points_are_computed() -> None:
    found = when("alcohol > 3", "points 2 * 3").points
    assert isinstance(found, model.Constant)
    assert found.value == 6


def test_points_may_look_into_another_scope() -> None:
    found = when("count(settlement) > 3 within officer over 30d", "points (count(settlement) within licence over 30d)")
    assert isinstance(found.points, model.Aggregate)
    assert found.points.scope == 1
    assert [scope.keys[0].entity for scope in found.scopes] == ["officer", "licence"]


def test_a_message_has_values_between_braces() -> None:
    found = when("alcohol > 3", 'message "Test of {officer}: {round(alcohol)} at {time}."').message
    assert [part if isinstance(part, str) else type(part).__name__ for part in found] == [
        "Test of ",
        "FieldValue",
        ": ",
        "Call",
        " at ",
        "FieldValue",
        ".",
    ]


def test_in_a_scope_the_message_reads_the_scope() -> None:
    found = when(
        "count(ruling) > 3 within case over 30d", 'message "{count(ruling)} in case {case}, {first(spelling(ruling.case))}"'
    ).message
    assert [part.kind for part in found if isinstance(part, model.Aggregate)] == ["count", "latest", "first"]


def test_an_error_in_the_braces_is_at_its_place_behind_escaped_quotes() -> None:
    text = DECLARATIONS + 'rule r when alcohol > 3 message "a \\"quoted\\" word, {alcohool} and {result}"'
    assert errors(text) == [("E201", "alcohool"), ("E219", "result")]


def test_a_sample_is_drawn_by_a_field_of_the_anchor_event() -> None:
    found = when("alcohol > 3", "sample 2% by officer").sample
    assert found is not None
    assert (found.fraction, found.fields) == (0.02, (("breath_test", "officer"),))
    text = when("alcohol > 3", "sample 1 by machine").sample
    assert text is not None
    assert text.fields == (("breath_test", "machine"),)


def test_an_exception_is_about_the_anchor_event() -> None:
    (found,) = when("alcohol > 3", 'except officer == "P1" until 2026-06-30 because "trial"').excepts
    assert (found.until_day, found.because) == (20634, "trial")
    assert isinstance(found.condition, model.Compare)
    assert isinstance(found.condition.left, model.FieldValue)
    assert found.condition.left.of == "this"


def test_since_and_until_are_days() -> None:
    found = when("alcohol > 3", "since 1970-01-02 until 1970-01-03")
    assert (found.since_day, found.until_day) == (1, 2)


def test_all_errors_of_a_rule_are_reported_at_once() -> None:
    text = DECLARATIONS + 'rule r when alcohool > 3 and resolt < 2 within case about officers points "x" level pink message "{resalt}"'
    assert [code for code, _ in errors(text)] == ["E201", "E201", "E214", "E328", "E420", "E201"]


def test_one_error_does_not_bring_forth_others() -> None:
    for condition in ("alcohool + 1 > amount", "round(alcohool) in (1, 2) and not (alcohool like 3)", "sum(alcohool) > 3 within case"):
        assert [code for code, _ in errors(DECLARATIONS + f'rule r when {condition} message "{{amount}}"')][:1] == ["E201"]
        assert {code for code, _ in errors(DECLARATIONS + f"rule r when {condition}")} <= {"E201", "E202"}


def test_the_clauses_of_a_rule_are_carried_through() -> None:
    found = rule('rule r title "T" category a.b when alcohol > 3 about officer level red approval reference "GB" owner desk shadow')
    assert (found.title, found.category, found.level, found.approval, found.reference, found.owner, found.state) == (
        "T",
        "a.b",
        "red",
        True,
        "GB",
        "desk",
        "shadow",
    )
