"""L002: a part of a condition that says nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import reduce

from rulelang import model
from rulelang.lint.conditions import FALSE, NOT_FALSE, NOT_TRUE, TRUE, Demand, impossible, needed, possible, together
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
    """Parts that change nothing, as the others already demand (in `or`: allow) what they say; the later of two that say the same."""
    modes = (TRUE, NOT_FALSE) if logic.op == "and" else (NOT_TRUE, FALSE)
    others = [_Others(logic.operands, mode) for mode in modes[: 1 if only_truth else 2]]
    for index in reversed(range(len(logic.operands))):
        part = logic.operands[index]
        simple = not isinstance(part, model.Logic | model.Not | model.Constant)
        if simple and not impossible(part, FALSE) and not impossible(part, TRUE) and all(o.exclude(index, part) for o in others):
            says = "demands it already" if logic.op == "and" else "allows it already"
            yield Found(
                part.span,
                f"this says nothing, as the rest {says}: {subject.text(part.span)}",
                "leave it out, or look for a number that is wrong",
            )
        else:
            for o in others:
                o.keep(index)


class _Others:
    """What is needed of each operand for all parts but one to come out in a way, asked from the last part to the first."""

    def __init__(self, parts: tuple[model.Expression, ...], outcome: str) -> None:
        self.otherwise = {TRUE: NOT_TRUE, NOT_FALSE: FALSE, NOT_TRUE: TRUE, FALSE: NOT_FALSE}[outcome]
        self.needed = [needed(part, outcome) for part in parts]
        self.before: dict[object, list[tuple[int, Demand]]] = {}  # of each key, what the parts up to one need together
        self.after: dict[object, Demand] = {}  # what the parts kept so far need together
        for index, demands in enumerate(self.needed):
            for key, demand in demands.items():
                so_far = self.before.setdefault(key, [])
                so_far.append((index, together(so_far[-1][1], demand) if so_far else demand))

    def keep(self, index: int) -> None:
        for key, demand in self.needed[index].items():
            self.after[key] = together(self.after[key], demand) if key in self.after else demand

    def exclude(self, index: int, part: model.Expression) -> bool:
        """Whether the part cannot come out otherwise where all others come out so."""
        for key, demand in needed(part, self.otherwise).items():
            so_far = self.before.get(key, [])
            earlier = bisect_left(so_far, index, key=lambda entry: entry[0])
            known = [so_far[earlier - 1][1]] if earlier else []
            known += [self.after[key]] if key in self.after else []
            if known and both(possible(reduce(together, known)), possible(demand)).empty:
                return True
        return False


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
