"""L012: a rule with a level or points that is about nobody."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.conditions import impossible
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        if rule.scopes and not rule.about:
            continue
        why = "is about nobody" if not rule.about else "is about somebody whose field must be missing"
        if rule.about and not all(_always_missing(about, rule) for about in rule.about):
            continue
        remedy = "say whom it is about, as in: about breath_test.officer"
        if rule.level is not None:
            yield Found(rule.span, f"'{rule.name}' has a level and {why}: it will never warn", remedy)
        elif rule.points is not None:
            yield Found(rule.span, f"'{rule.name}' has points and {why}: they count for nobody", remedy, severity="warning")


def _always_missing(about: model.About, rule: model.Rule) -> bool:
    """Whether the one event that a rule without a scope looks at never carries whom it is about, as the condition holds only then."""
    read = {part.name: part for part in walk(rule.condition) if isinstance(part, model.FieldValue) and not part.spelling}
    return not rule.scopes and all(field in read and _must_be_missing(read[field], rule.condition) for _, field in about.fields)


def _must_be_missing(field: model.FieldValue, condition: model.Expression) -> bool:
    """Whether the condition, which can be true, never is where the field is there."""
    there = model.Presence(field, False, condition.type, field.span)
    return not impossible(condition) and impossible(model.Logic("and", (condition, there), condition.type, field.span))


RULE = LintRule(
    code="L012",
    name="warning about nobody",
    severity="error",
    reason="A warning goes out about somebody. A rule without a scope is about nobody unless it says about whom, and its level and points do nothing.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    level orange
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
    level orange
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1 level orange
""",
    find=find,
)
