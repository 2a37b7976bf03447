"""L011: two rules that find the same."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.diagnostics import Related
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import shape


def find(subject: Subject) -> Iterable[Found]:
    first: dict[object, model.Rule] = {}
    for rule in subject.rules:
        if rule.sample is not None:
            continue  # each draws a part of its own
        parts = (rule.condition, rule.scopes, rule.anchors, rule.about, rule.excepts, rule.since_day, rule.until_day)
        before = first.setdefault(shape(parts), rule)
        if before is not rule:
            there = Related(f"'{before.name}' is here", before.span)
            message = f"'{rule.name}' holds exactly where '{before.name}' holds"
            yield Found(rule.span, message, "keep one of the two: what both find counts twice", related=(there,))


RULE = LintRule(
    code="L011",
    name="duplicate rule",
    severity="warning",
    reason="Two rules with one condition give points twice for one thing.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
rule too_long_shift
    when (hours > 12)
    about shift.officer
    points 1
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1
    expect too_long_shift about officer P1
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
rule much_too_long_shift
    when hours > 24
    about shift.officer
    points 1
test "a very long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=25
    expect long_shift about officer P1
    expect much_too_long_shift about officer P1
""",
    find=find,
)
