"""L005: a `!=`, `not in` or `outside` that an event evades by leaving the field out."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Edit, Found, LintRule, Subject
from rulelang.lint.missing import conditions_of, evading


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for placed in conditions_of(rule):
            part = placed.condition
            match part:
                case model.Compare(op="!=") | model.In(negated=True) | model.CalendarTest(inside=False) if not placed.turned:
                    pass
                case _:
                    continue
            left_out = evading(placed, part, rule, subject.events)
            if left_out:
                names = list(dict.fromkeys(subject.text(f.span) for f in left_out))
                quoted = " or ".join(f"'{name}'" for name in names)
                missing, present = (" or ".join(f"{n} is missing" for n in names), " and ".join(f"{n} is present" for n in names))
                text = subject.text(part.span)
                yield Found(
                    part.span,
                    f"where {quoted} is missing this is unknown, and {placed.then}",
                    f"if what is left out is meant too: ({missing} or {text}); if not, say: {present} and {text}",
                    fix=(Edit(part.span, f"({missing} or {text})"),),
                )


RULE = LintRule(
    code="L005",
    name="negated comparison evaded by leaving out",
    severity="warning",
    reason=(
        "`x != …` reads as 'all others' (`not in` and `outside` too), but a missing value is not among them: "
        "leaving the field out evades the rule."
    ),
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
