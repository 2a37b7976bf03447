"""L006: a `not (…)` that an event evades by leaving a field out."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.missing import conditions_of, evading


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for placed in conditions_of(rule):
            part = placed.condition
            if not isinstance(part, model.Not) or placed.turned:
                continue
            left_out = evading(placed, part.operand, rule, subject.events)
            if left_out:
                name = subject.text(left_out[0].span)
                yield Found(
                    part.span,
                    f"where '{name}' is missing this 'not' is unknown, and {placed.then}",
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
