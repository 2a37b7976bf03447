"""L019: a person must release a warning that never goes out."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang.lint.framework import Found, LintRule, Subject


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        if rule.approval and rule.level is None:
            remedy = "give the rule a level, or leave 'approval' out: the warnings of ladders are not held back by it"
            yield Found(rule.span, f"'{rule.name}' asks for approval of its warnings and has no level: it never warns by itself", remedy)


RULE = LintRule(
    code="L019",
    name="approval of nothing",
    severity="warning",
    reason="`approval` holds back the warning that a rule with a level issues. A rule without a level has none to hold back.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
    approval
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1
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
    approval
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1 level orange
""",
    find=find,
)
