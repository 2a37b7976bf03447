"""L014: a test that expects nothing."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject


def find(subject: Subject) -> Iterable[Found]:
    for test in subject.ruleset.tests:
        if not any(isinstance(step, model.ExpectFinding | model.ExpectLevel | model.ExpectNone) for step in test.steps):
            yield Found(test.span, f"the test '{test.name}' expects nothing", "say what must come of it, as in: expect no finding")


RULE = LintRule(
    code="L014",
    name="test expects nothing",
    severity="warning",
    reason="A test without an expectation passes whatever the rules do.",
    bad="""
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
test "a short shift"
    shift at 2026-03-02T10:00 officer=P1 hours=12
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
test "a short shift"
    shift at 2026-03-02T10:00 officer=P1 hours=12
    expect no finding
""",
    find=find,
)
