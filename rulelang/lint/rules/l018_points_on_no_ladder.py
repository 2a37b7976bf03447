"""L018: points that no ladder counts."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.effective import ladders_of
from rulelang.lint.framework import Found, LintRule, Subject


def find(subject: Subject) -> Iterable[Found]:
    ruleset = subject.ruleset
    for rule in subject.rules:
        nobody = not rule.scopes and not rule.about  # which L012 says
        if rule.points is None or rule.state != "enabled" or nobody or not ruleset.ladders or ladders_of(rule, ruleset):
            continue
        about = " or ".join(f"'{entity}'" for entity in dict.fromkeys(_about(rule)))
        if rule.layer == 2:
            message, remedy = f"the points of '{rule.name}' count nowhere: rules over warnings give none", "leave the points out"
        else:
            message = f"the points of '{rule.name}' count nowhere: no ladder adds up what is about {about}"
            if rule.category is not None:
                message += f" in category '{rule.category}'"
            remedy = "say whom they are to count for (about …), or declare a ladder for it, or leave the points out"
        yield Found(rule.points.span, message, remedy)


def _about(rule: model.Rule) -> list[str]:
    return [about.entity for about in rule.about] or [key.entity for key in rule.scopes[0].keys]


RULE = LintRule(
    code="L018",
    name="points on no ladder",
    severity="warning",
    reason="Points do nothing but add up on a ladder. Where none adds them up, they seem to weigh something and do not.",
    bad="""
entity officer
entity licence
event settlement "Points are booked on a licence"
    officer: officer
    licence: licence
    points: integer
rule many_points
    when sum(settlement.points) > 12 within licence over 365d
    points 3
ladder conduct within officer over 365d
    blue at 3
test "thirteen points"
    settlement at 2026-03-02T10:00 officer=P1 licence=L1 points=13
    expect many_points for licence L1
    expect officer P1 at none
""",
    good="""
entity officer
entity licence
event settlement "Points are booked on a licence"
    officer: officer
    licence: licence
    points: integer
rule many_points
    when sum(settlement.points) > 12 within licence over 365d
    about settlement.officer
    points 3
ladder conduct within officer over 365d
    blue at 3
test "thirteen points"
    settlement at 2026-03-02T10:00 officer=P1 licence=L1 points=13
    expect many_points for licence L1
    expect officer P1 at blue
""",
    find=find,
)
