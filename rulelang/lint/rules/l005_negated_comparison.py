"""L005: a `!=` or `not in` that an event evades by leaving the field out."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Edit, Found, LintRule, Subject
from rulelang.lint.missing import handled, may_be_missing
from rulelang.lint.walk import shape, walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        cared_for = handled(rule)
        for part in walk((rule.condition, rule.anchors.events)):
            match part:
                case model.Compare(op="!=", left=operand, right=model.Constant()):
                    pass
                case model.In(operand=operand, items=items, negated=True) if all(isinstance(i, model.Constant) for i in items):
                    pass
                case _:
                    continue
            if may_be_missing(operand) and shape(operand) not in cared_for:
                name, text = subject.text(operand.span), subject.text(part.span)
                yield Found(
                    part.span,
                    f"where '{name}' is missing this is unknown, and the rule does not hold",
                    f"if what is left out is meant too: ({name} is missing or {text}); if not, say: {name} is present and {text}",
                    fix=(Edit(part.span, f"({name} is missing or {text})"),),
                )


RULE = LintRule(
    code="L005",
    name="negated comparison evaded by leaving out",
    severity="warning",
    reason="`x != …` reads as 'all others', but a missing value is not among them: leaving the field out evades the rule.",
    bad="""
entity officer
event door "A door is opened"
    officer: officer
    grade: text
rule opened_by_others
    when grade != "keeper"
    about door.officer
test "somebody else opens the door"
    door at 2026-03-02T10:00 officer=P1 grade="driver"
    expect opened_by_others about officer P1
""",
    good="""
entity officer
event door "A door is opened"
    officer: officer
    grade: text
rule opened_by_others
    when (grade is missing or grade != "keeper")
    about door.officer
test "somebody who does not say what he is opens the door"
    door at 2026-03-02T10:00 officer=P1
    expect opened_by_others about officer P1
""",
    find=find,
)
