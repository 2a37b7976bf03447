"""L006: a `not (…)` that an event evades by leaving a field out."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.missing import handled, may_be_missing
from rulelang.lint.walk import shape, walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        cared_for = handled(rule)
        for part in walk((rule.condition, rule.anchors.events)):
            if not isinstance(part, model.Not):
                continue
            operands = [inner for inner in walk(part.operand) if may_be_missing(inner)]
            open_ones = [o for o in operands if shape(o) not in cared_for]
            if operands and open_ones and not any(isinstance(inner, model.PatternTest) for inner in walk(part.operand)):
                name = subject.text(open_ones[0].span)
                yield Found(
                    part.span,
                    f"where '{name}' is missing this 'not' is unknown, and the rule does not hold",
                    f"say what is meant then: '{name} is missing or …', or '{name} is present and …', or '{name} or else …'",
                )


RULE = LintRule(
    code="L006",
    name="negation evaded by leaving out",
    severity="warning",
    reason="`not (…)` reads as 'in all other cases', but where a field in it is missing it is unknown: leaving the field out evades the rule.",
    bad="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    filmed: boolean
rule not_filmed
    when not filmed
    about penalty.officer
test "a penalty without film"
    penalty at 2026-03-02T10:00 officer=P1 filmed=false
    expect not_filmed about officer P1
""",
    good="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    filmed: boolean
rule not_filmed
    when not (filmed or else false)
    about penalty.officer
test "a penalty that says nothing of a film"
    penalty at 2026-03-02T10:00 officer=P1
    expect not_filmed about officer P1
""",
    find=find,
)
