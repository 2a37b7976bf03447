"""L003: a declaration that nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rulelang import model, syntax
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk, written

_WORD = re.compile(r"\w+")


def find(subject: Subject) -> Iterable[Found]:
    ruleset = subject.ruleset
    used = _used(subject)
    groups: list[tuple[str, Iterable[model.Calendar | model.Entity | model.Event | model.Table | syntax.Let]]] = [
        ("calendar", ruleset.calendars),
        ("entity", ruleset.entities),
        ("event type", [event for event in ruleset.events if not event.derived]),
        ("table", ruleset.tables),
        ("let", [d for file in subject.files for d in file.declarations if isinstance(d, syntax.Let)]),
    ]
    for what, declarations in groups:
        for declaration in declarations:
            if (what, declaration.name) not in used:
                span = declaration.name_span if isinstance(declaration, syntax.Let) else declaration.span
                yield Found(span, f"nothing uses the {what} '{declaration.name}'", "remove it, or look for a name that is misspelt")


def _used(subject: Subject) -> set[tuple[str, str]]:
    return set(_by_rules(subject)) | set(_by_declarations(subject)) | {("let", name) for name in _names(subject)}


def _by_rules(subject: Subject) -> Iterator[tuple[str, str]]:
    """Names that rules use, disabled ones too, and ladders, procedures and tests."""
    for rule in subject.ruleset.rules:
        for part in walk(rule):
            match part:
                case model.FieldValue(events=events):
                    yield from (("event type", event) for event in events)
                case model.Aggregate(taken=taken):
                    yield from (("event type", t.event) for t in taken)
                case model.PatternTest(left=left, right=right):
                    yield from (("event type", side.event) for side in (left, right))
                case model.CalendarTest(calendar=calendar):
                    yield "calendar", calendar
                case model.TableLookup(table=table):
                    yield "table", table
        yield from (("event type", anchor.event) for anchor in rule.anchors.events)
        yield from (("event type", event) for about in rule.about for event, _ in about.fields)
        yield from (("entity", key.entity) for scope in rule.scopes for key in scope.keys)
        gaps = [rule.anchors.gap, *(scope.window.gap for scope in rule.scopes)]
        yield from (("calendar", gap.calendar) for gap in gaps if gap is not None and gap.calendar is not None)
    for ladder in subject.ruleset.ladders:
        yield "entity", ladder.entity
        for rung in ladder.rungs:
            if rung.deadline is not None and rung.deadline.calendar is not None:
                yield "calendar", rung.deadline.calendar
    for procedure in subject.ruleset.procedures:
        for done in (procedure.release, *procedure.steps, procedure.decision):
            if done is not None and done.deadline is not None and done.deadline.calendar is not None:
                yield "calendar", done.deadline.calendar
    for test in subject.ruleset.tests:
        for step in test.steps:
            if isinstance(step, model.EventStep):
                yield "event type", str(step.event["type"])


def _by_declarations(subject: Subject) -> Iterator[tuple[str, str]]:
    for entity in subject.ruleset.entities:
        if entity.parent is None:
            continue
        yield "entity", entity.parent
        both = [model.ScopeKey(entity.name, None), model.ScopeKey(entity.parent, None)]
        telling = [event.name for event in subject.ruleset.events if all(event.key_field(key) is not None for key in both)]
        yield from (("event type", event) for event in entity.sources or telling)
    for event in subject.ruleset.events:
        if not event.derived:
            yield from (("entity", field.type.entity) for field in event.fields if field.type.entity is not None)


def _names(subject: Subject) -> Iterator[str]:
    """Every bare name in what was written, and the words in the braces of messages."""
    for file in subject.files:
        for declaration in file.declarations:
            if isinstance(declaration, syntax.Rule) and declaration.message is not None:
                yield from _WORD.findall(declaration.message.value)
            for part in written(declaration):  # type: ignore[arg-type]  # a declaration holds expressions and is walked like one
                if isinstance(part, syntax.Name):
                    yield part.text


RULE = LintRule(
    code="L003",
    name="unused declaration",
    severity="warning",
    reason="What nothing uses is either left over, or a sign that the name meant is spelt in another way elsewhere.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
let long = 12
rule long_shift
    when hours > 13
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=14
    expect long_shift about officer P1
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
let long = 12
rule long_shift
    when hours > long
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=14
    expect long_shift about officer P1
""",
    find=find,
)
