"""Declarations: entities, events, ladders, tests of the language; names that are there twice or not at all."""

from __future__ import annotations

import pytest

from rulelang import model
from rulelang.model import Kind
from tests.language.checking import checked_with, errors, meant, messages

DAY_US = 86_400_000_000


def entity(text: str, name: str) -> model.Entity:
    return next(e for e in meant(text).entities if e.name == name)


def event(text: str, name: str) -> model.Event:
    return next(e for e in meant(text).events if e.name == name)


def test_an_entity_keeps_400_days_where_nothing_is_said() -> None:
    assert entity("entity officer", "officer").retain_us == 400 * DAY_US


def test_an_entity_says_what_it_is_in_from_where_and_how_long_it_is_kept() -> None:
    text = """
    entity unit
    entity officer in unit from posting retain 2w lookalike
    event posting
        officer: officer
        unit: unit
    """
    found = entity(text, "officer")
    assert (found.parent, found.sources, found.retain_us, found.lookalike) == ("unit", ("posting",), 14 * DAY_US, True)


def test_an_entity_that_is_in_itself_is_reported_once_for_the_whole_circle() -> None:
    text = "entity a in b\nentity b in c\nentity c in a\nentity d in a"
    found = checked_with(text).errors
    assert [d.code for d in found] == ["E450"]
    assert found[0].message == "the entity 'a' is in itself: a in b in c in a"


def test_an_entity_in_itself_directly_is_reported() -> None:
    assert [code for code, _ in errors("entity a in a")] == ["E450"]


def test_an_entity_in_one_that_is_not_declared_is_reported_with_the_name_that_may_be_meant() -> None:
    assert messages("entity unit\nentity officer in units") == ["there is no entity 'units' - did you mean 'unit'?"]


def test_from_needs_an_event_type_that_says_which_is_in_which() -> None:
    text = "entity unit\nentity officer in unit from posting\nevent posting\n    officer: officer"
    assert [code for code, _ in errors(text)] == ["E460"]
    assert [code for code, _ in errors("entity unit\nentity officer in unit from postings")] == ["E252"]


@pytest.mark.parametrize("name", ["number", "text", "time"])
def test_an_entity_cannot_be_called_like_a_type(name: str) -> None:
    assert errors(f"entity {name}") == [("E259", name)]


@pytest.mark.parametrize("name", ["id", "source", "rule", "level", "event_id"])
def test_an_entity_cannot_be_called_like_a_field_of_findings(name: str) -> None:
    assert errors(f"entity {name}") == [("E265", name)]


def test_fields_have_types_units_and_titles() -> None:
    text = """
    entity case
    event breath_test "Roadside breath test"
        case: case
        alcohol: number "mg/100ml"
        tries: integer
        note: text
        valid: boolean
        due: time
        wait: duration
    """
    found = event(text, "breath_test")
    assert found.title == "Roadside breath test"
    assert [(f.name, f.type.kind, f.type.unit, f.type.entity) for f in found.fields] == [
        ("case", Kind.KEY, None, "case"),
        ("alcohol", Kind.NUMBER, "mg/100ml", None),
        ("tries", Kind.INTEGER, None, None),
        ("note", Kind.TEXT, None, None),
        ("valid", Kind.BOOLEAN, None, None),
        ("due", Kind.TIME, None, None),
        ("wait", Kind.DURATION, None, None),
    ]


def test_an_unknown_type_is_reported_with_the_one_that_may_be_meant() -> None:
    assert messages("event e\n    a: numbr") == ["there is no type 'numbr' - did you mean 'number'?"]


def test_only_numbers_have_units() -> None:
    assert [code for code, _ in errors('event e\n    a: text "kg"')] == ["E350"]
    assert [code for code, _ in errors('entity case\nevent e\n    a: case "kg"')] == ["E350"]


@pytest.mark.parametrize("name", ["id", "time", "source", "type"])
def test_what_every_event_has_is_not_declared(name: str) -> None:
    assert errors(f"event e\n    {name}: text") == [("E260", name)]


def test_the_events_that_the_service_makes_have_a_key_of_each_entity_and_come_last() -> None:
    events = meant("entity officer\nentity unit\nevent e\n    officer: officer\n    unit: unit").events
    names = ["finding", "warning", "event_conflict", "warning_step", "warning_overdue"]
    assert [(e.name, e.derived) for e in events] == [("e", False), *((name, True) for name in names)]
    finding, warning, conflict, step, overdue = events[1:]
    assert [f.name for f in finding.fields] == ["rule", "category", "points", "level", "officer", "unit"]
    assert [f.name for f in warning.fields] == ["ladder", "rule", "level", "points", "officer", "unit"]
    assert [f.name for f in conflict.fields] == ["event", "event_id", "officer", "unit"]
    assert [f.name for f in overdue.fields] == ["warning", "ladder", "rule", "level", "step", "officer", "unit"]
    of_a_step = ["warning", "ladder", "rule", "level", "step", "result", "actor", "role", "overdue", "officer", "unit"]
    assert [f.name for f in step.fields] == of_a_step
    assert finding.fields[2].type.kind is Kind.NUMBER


@pytest.mark.parametrize("name", ["finding", "warning", "event_conflict", "warning_step", "warning_overdue"])
def test_the_events_that_the_service_makes_cannot_be_declared(name: str) -> None:
    assert errors(f"event {name}\n    a: text") == [("E258", name)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("entity a\nentity b\nentity a", "a"),
        ("event a\n    f: text\nevent a\n    g: text", "a"),
        ("event e\n    f: text\n    f: number", "f"),
        ("table t(): number\n    1\ntable t(): number\n    2", "t"),
        ("table t(k: text, k: text): number\n", "k"),
        ("calendar c\n    open mon 09:00..10:00\ncalendar c\n    open mon 09:00..10:00", "c"),
        ("let a = 1\nlet a = 2", "a"),
        ("entity o\nladder l within o\n    blue at 1\nladder l within o\n    blue at 2", "l"),
    ],
)
def test_a_name_that_is_there_twice_is_reported_and_points_to_the_first(text: str, name: str) -> None:
    (found,) = checked_with(text).errors
    assert (found.code, text[found.span.start : found.span.end]) == ("E250", name)
    (first,) = found.related
    assert first.message == "first declared here"
    assert text[first.span.start : first.span.end] == name
    assert first.span.start < found.span.start


def test_a_name_may_be_that_of_an_entity_and_of_a_field_and_of_an_event() -> None:
    assert not errors("entity case\nevent case\n    case: case")


def test_the_time_zone_is_utc_where_none_is_said() -> None:
    assert meant("entity a").timezone == "UTC"
    assert meant('timezone "Asia/Shanghai"').timezone == "Asia/Shanghai"


def test_an_unknown_time_zone_is_reported_with_the_one_that_may_be_meant() -> None:
    assert messages('timezone "Asia/Shangai"') == ["there is no time zone 'Asia/Shangai' - did you mean 'Asia/Shanghai'?"]


def test_a_rule_set_has_one_time_zone() -> None:
    assert [code for code, _ in errors('timezone "UTC"\ntimezone "UTC"')] == ["E262"]


def test_errors_of_several_declarations_are_reported_at_once() -> None:
    text = 'entity a in nowhere\nevent e\n    f: nothing\nladder l within b\n    blue at 1\ntimezone "Mars"'
    assert {code for code, _ in errors(text)} == {"E251", "E253", "E261"}


# ------------------------------------------------------------------ ladders


def ladder(lines: str, before: str = "entity officer") -> str:
    return f"{before}\nladder conduct within officer over 365d\n{lines}"


def test_a_ladder_has_a_window_rungs_categories_and_a_weight() -> None:
    text = """
    calendar office
        open mon..fri 09:00..17:00
    entity unit
    ladder conduct within unit over quarter
        categories penalties
        weight 50%
        blue at 3 action "Reminder" deadline 5d
        yellow at 6 deadline 3d of office
        red at 9.5 deadline 12h of office
    """
    (found,) = meant(text).ladders
    assert (found.entity, found.window.kind, found.window.period, found.weight) == ("unit", "period", "quarter", 0.5)
    assert found.categories == ("penalties",)
    assert [(r.level, r.at, r.action) for r in found.rungs] == [("blue", 3.0, "Reminder"), ("yellow", 6.0, None), ("red", 9.5, None)]
    gaps = [r.deadline for r in found.rungs]
    assert [(g.kind, g.days, g.calendar) for g in gaps if g] == [
        ("duration", 0, None),
        ("open_days", 3, "office"),
        ("open_time", 0, "office"),
    ]


def test_a_ladder_without_over_looks_back_over_all_that_is_kept() -> None:
    (found,) = meant("entity officer retain 30d\nladder l within officer\n    blue at 1").ladders
    assert (found.window.kind, found.window.length_us) == ("retained", 30 * DAY_US)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("    blue at 3\n    yellow at 3", "E471"),
        ("    blue at 3\n    yellow at 2", "E471"),
        ("    blue at 3\n    blue at 4", "E472"),
        ("    blue at 0", "E473"),
        ("    weight -1\n    blue at 1", "E474"),
        ("    blue at 1 deadline 2w of office", "E254"),
        ("    blue at 1 deadline 0d", "E479"),
        ('    blue at "three"', "E352"),
    ],
)
def test_a_ladder_that_cannot_be_meant_is_reported(lines: str, code: str) -> None:
    assert [found for found, _ in errors(ladder(lines))] == [code]


def test_a_ladder_cannot_look_back_further_than_is_kept() -> None:
    assert not errors(ladder("    blue at 1", "entity officer retain 365d"))
    found = messages(ladder("    blue at 1", "entity officer retain 364d"))
    assert found == ["the ladder looks back 365d, but only 364d of 'officer' are kept"]


# ------------------------------------------------------------------ tests of the language

SCENE = """
timezone "Asia/Shanghai"
entity officer
entity account lookalike
event login
    account: account
    officer: officer
    place: text
    tries: integer
    share: number
    good: boolean
    since: time
    lasted: duration
ladder conduct within officer over 365d
    blue at 3
    red at 6
"""


def steps(lines: str) -> tuple[model.Step, ...]:
    (test,) = meant(SCENE + f'test "t"\n{lines}').tests
    return test.steps


def test_a_step_is_an_event_as_json_with_its_time_in_microseconds() -> None:
    (step,) = steps(
        '    login at 2026-03-02T10:00 account="wang li " officer=P1 place=missing tries=2 share=50% good=true'
        " since=2026-03-01T00:00+00:00 lasted=90s\n"
    )
    assert isinstance(step, model.EventStep)
    assert step.event == {
        "id": "e1",
        "source": "test",
        "type": "login",
        "time": 1_772_416_800_000_000,
        "account": "wang li ",
        "officer": "P1",
        "tries": 2,
        "share": 0.5,
        "good": True,
        "since": "2026-03-01T00:00:00Z",
        "lasted": 90,
    }


def test_times_are_read_in_the_zone_and_relative_ones_from_the_step_before() -> None:
    found = steps("    login at 2026-03-02 officer=P1\n    login at +14h officer=P1 late\n    login at +30m officer=P1\n    clock +1d\n")
    times = [
        step.event["time"] if isinstance(step, model.EventStep) else step.time_us
        for step in found
        if not isinstance(step, model.ExpectNone)
    ]  # type: ignore[union-attr]
    start = 1_772_380_800_000_000
    assert times == [start, start + 14 * DAY_US // 24, start + 29 * DAY_US // 48, start + 29 * DAY_US // 48 + DAY_US]
    assert [step.late for step in found if isinstance(step, model.EventStep)] == [False, True, False]


def test_each_event_of_a_test_has_an_id_of_its_own_unless_it_says_one() -> None:
    found = steps('    login at 2026-03-02 officer=P1\n    login at +1h id="x" source="other" officer=P1\n    login at +1h officer=P1\n')
    assert [step.event["id"] for step in found if isinstance(step, model.EventStep)] == ["e1", "x", "e3"]


def test_keys_of_expectations_are_normalised() -> None:
    (level,) = steps('    expect officer " Ｐ１" at blue of conduct points 3\n')
    assert level == model.ExpectLevel("officer", "P1", "blue", "conduct", 3.0, level.span)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("    login at +1h officer=P1", "E480"),
        ("    login at 2026-03-02 ofcer=P1", "E257"),
        ("    logn at 2026-03-02 officer=P1", "E252"),
        ("    login at 2026-03-02 officer=P1 officer=P2", "E481"),
        ("    login at 2026-03-02 tries=1.5", "E352"),
        ('    login at 2026-03-02 good="yes"', "E352"),
        ("    finding at 2026-03-02 officer=P1", "E482"),
        ("    clock 2026-03-02\n    clock 2026-03-01", "E483"),
        ("    expect long_shift", "E255"),
        ("    expect officr P1 at blue", "E251"),
        ("    expect officer P1 at yellow", "E263"),
        ("    expect officer P1 at blue of conducts", "E256"),
        ("    expect account P1 at blue", "E266"),
        ("    expect account P1 at blue of conduct", "E267"),
    ],
)
def test_a_test_that_cannot_be_played_is_reported(line: str, code: str) -> None:
    assert [found for found, _ in errors(SCENE + f'test "t"\n{line}\n')] == [code]


def test_an_unknown_field_is_reported_with_the_one_that_may_be_meant() -> None:
    (found,) = messages(SCENE + 'test "t"\n    login at 2026-03-02 oficer=P1\n')
    assert found == "the event type 'login' has no field 'oficer' - did you mean 'officer'?"


def test_two_tests_of_one_name_are_reported() -> None:
    text = SCENE + 'test "t"\n    expect no finding\ntest "t"\n    expect no finding\n'
    assert [code for code, _ in errors(text)] == ["E250"]
