"""L012: a rule with a level that is about nobody."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang.lint.framework import Found, LintRule, Subject


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        if any(about.fields for about in rule.about) or (rule.scopes and not rule.about):
            continue
        remedy = "say whom it is about, as in: about breath_test.officer"
        if rule.level is not None:
            yield Found(rule.span, f"'{rule.name}' has a level and is about nobody: it will never warn", remedy)
        elif rule.points is not None:
            yield Found(rule.span, f"'{rule.name}' has points and is about nobody: they count for nobody", remedy, severity="warning")


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
