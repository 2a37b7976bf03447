"""L002: a part of a condition that says nothing."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.conditions import demand, impossible, needed, possible
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.ranges import known, turned, within
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for part in walk((rule.condition, rule.excepts, tuple(a.where for a in rule.anchors.events))):
            if part.type.kind is not model.Kind.BOOLEAN:
                continue
            below = part.operands if isinstance(part, model.Logic) else ()
            if impossible(part, truth=False) and not any(impossible(p, truth=False) for p in below):
                yield Found(
                    part.span, f"this is always true: {subject.text(part.span)}", "leave it out, or look for a number or sign that is wrong"
                )
            elif isinstance(part, model.Logic) and not impossible(part, truth=part.op == "and"):
                yield from _implied(part, subject)


def _implied(logic: model.Logic, subject: Subject) -> Iterable[Found]:
    """Parts that change nothing, as the others already demand (in `or`: allow) what they say."""
    rest = list(logic.operands)
    for part in reversed(logic.operands):
        others = tuple(p for p in rest if p is not part)
        if isinstance(part, model.Logic | model.Not | model.Constant) or not others:
            continue
        own = demand(part)
        joined = others[0] if len(others) == 1 else model.Logic(logic.op, others, logic.type, logic.span)
        asked = needed(joined, truth=logic.op == "and").get(own.key)
        if asked is None:
            continue
        enough = own.values if logic.op == "and" else known(turned(own.values))
        if within(possible(asked), enough):
            rest.remove(part)
            says = "demands it already" if logic.op == "and" else "allows it already"
            yield Found(
                part.span,
                f"this says nothing, as the rest {says}: {subject.text(part.span)}",
                "leave it out, or look for a number that is wrong",
            )


RULE = LintRule(
    code="L002",
    name="says nothing",
    severity="warning",
    reason="A part that is always true, or that follows from another part, suggests a test that is not made.",
    bad="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    amount: number "yuan"
rule large_penalty
    when amount > 200 and amount > 100
    about penalty.officer
test "a large penalty"
    penalty at 2026-03-02T10:00 officer=P1 amount=300
    expect large_penalty about officer P1
""",
    good="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    amount: number "yuan"
rule large_penalty
    when amount > 200 and amount <= 1000
    about penalty.officer
test "a large penalty"
    penalty at 2026-03-02T10:00 officer=P1 amount=300
    expect large_penalty about officer P1
""",
    find=find,
)
