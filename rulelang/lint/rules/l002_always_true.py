"""L002: a part of a condition that says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rulelang import model
from rulelang.lint.conditions import FALSE, NOT_FALSE, NOT_TRUE, TRUE, impossible, needed, possible
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.ranges import both
from rulelang.lint.walk import parts


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        conditions = [rule.condition, *(e.condition for e in rule.excepts), *(a.where for a in rule.anchors.events if a.where is not None)]
        for part, only_truth in (found for condition in conditions for found in _conditions(condition, True)):
            below = part.operands if isinstance(part, model.Logic) else ()
            if impossible(part, FALSE) and not any(impossible(p, FALSE) for p in below):
                yield _never_false(part, subject)
            elif isinstance(part, model.Logic) and not impossible(part, TRUE) and not impossible(part, FALSE):
                yield from _implied(part, only_truth, subject)


def _conditions(node: model.Expression, only_truth: bool) -> Iterator[tuple[model.Expression, bool]]:
    """The conditions in a condition, and whether it matters only where they are true, not whether they are false or unknown elsewhere."""
    if node.type.kind is model.Kind.BOOLEAN:
        yield node, only_truth
    match node:
        case model.Logic(operands=operands):
            for operand in operands:
                yield from _conditions(operand, only_truth)
        case model.Aggregate(taken=taken):
            for t in taken:
                yield from _conditions(t.where, True) if t.where is not None else ()
                yield from _conditions(t.value, False) if t.value is not None else ()
        case model.PatternTest(left=left, right=right):
            for side in (left, right):
                yield from _conditions(side.where, True) if side.where is not None else ()
        case _:
            for part in parts(node):
                yield from _conditions(part, False)


def _never_false(part: model.Expression, subject: Subject) -> Found:
    text = subject.text(part.span)
    if impossible(part, NOT_TRUE):
        return Found(part.span, f"this is always true: {text}", "leave it out, or look for a number or sign that is wrong")
    remedy = "if its being there is what counts, write: … is present; else look for a number or sign that is wrong"
    return Found(part.span, f"this is true wherever it is known at all: {text}", remedy)


def _implied(logic: model.Logic, only_truth: bool, subject: Subject) -> Iterable[Found]:
    """Parts that change nothing, as the others already demand (in `or`: allow) what they say."""
    rest = list(logic.operands)
    for part in reversed(logic.operands):
        others = tuple(p for p in rest if p is not part)
        if isinstance(part, model.Logic | model.Not | model.Constant) or not others or impossible(part, FALSE) or impossible(part, TRUE):
            continue
        joined = others[0] if len(others) == 1 else replace(logic, operands=others)
        if logic.op == "and":
            same = _follows(joined, TRUE, part, TRUE) and (only_truth or _follows(part, FALSE, joined, FALSE))
        else:
            same = _follows(part, TRUE, joined, TRUE) and (only_truth or _follows(joined, FALSE, part, FALSE))
        if same:
            rest.remove(part)
            says = "demands it already" if logic.op == "and" else "allows it already"
            yield Found(
                part.span,
                f"this says nothing, as the rest {says}: {subject.text(part.span)}",
                "leave it out, or look for a number that is wrong",
            )


def _follows(one: model.Expression, outcome: str, other: model.Expression, then: str) -> bool:
    """Whether the other condition always comes out `then` where the one comes out `outcome`. One of the two is about a single operand."""
    otherwise = NOT_TRUE if then == TRUE else NOT_FALSE
    first, second = needed(one, outcome), needed(other, otherwise)
    return any(both(possible(first[key]), possible(second[key])).empty for key in first.keys() & second.keys())


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
