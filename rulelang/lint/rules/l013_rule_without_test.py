"""L013: a rule that no test expects."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject


def find(subject: Subject) -> Iterable[Found]:
    tested = {s.rule for test in subject.ruleset.tests for s in test.steps if isinstance(s, model.ExpectFinding) and not s.absent}
    for rule in subject.rules:
        if rule.name not in tested:
            yield Found(rule.span, f"no test expects a finding of '{rule.name}'", f"write one that ends in: expect {rule.name}")


RULE = LintRule(
    code="L013",
    name="rule without a test",
    severity="note",
    reason="A rule that no test expects may never hold, and nobody would see it.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1
""",
    find=find,
)
