"""L008: part of a period compared with a whole one."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk

_ENDS_WITH = {
    "day": ("day", "week", "month", "quarter", "year"),
    "week": ("week",),
    "month": ("month", "quarter", "year"),
    "quarter": ("quarter", "year"),
    "year": ("year",),
}
"""Periods at the end of which another one ends too."""


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        looked_at = rule.anchors.period or (rule.anchors.gap.period if rule.anchors.gap is not None else None)
        for part in walk(rule.condition):
            if isinstance(part, model.Compare | model.Arithmetic) and (mixed := _mixed(part, rule)) is not None:
                if looked_at is not None and looked_at in _ENDS_WITH[mixed]:
                    continue
                message = f"this compares the {mixed} so far with the whole {mixed} before"
                remedy = f"look at it at the end (on end of {mixed}), or use a window that slides, as in: over 30d"
                if _only_grows(part):
                    message += ": what it finds is right, and found only once the part outgrows the whole"
                yield Found(part.span, message, remedy, severity="note" if _only_grows(part) else None)


def _mixed(part: model.Compare | model.Arithmetic, rule: model.Rule) -> str | None:
    """The calendar period of which one side has the part and the other the whole."""
    for one, other in ((part.left, part.right), (part.right, part.left)):
        now = {rule.scopes[a.scope].window.period for a in _aggregates(one) if not a.previous} - {None}
        before = {rule.scopes[a.scope].window.period for a in _aggregates(other) if a.previous} - {None}
        if now & before:
            return sorted(period for period in now & before if period is not None)[0]
    return None


def _only_grows(part: model.Compare | model.Arithmetic) -> bool:
    """Whether it asks a count so far to be more than one of the period before: where that is so, it stays so to the end."""
    if not isinstance(part, model.Compare) or part.op in ("==", "!="):
        return False
    more, less = (part.left, part.right) if part.op in (">", ">=") else (part.right, part.left)
    growing = isinstance(more, model.Aggregate) and more.kind in ("count", "distinct") and not more.previous
    return growing and all(a.previous for a in _aggregates(less))


def _aggregates(side: model.Expression) -> list[model.Aggregate]:
    return [part for part in walk(side) if isinstance(part, model.Aggregate) and part.kind in ("count", "sum", "distinct")]


RULE = LintRule(
    code="L008",
    name="part of a period against a whole one",
    severity="warning",
    reason="On the third of the month, three days are held against thirty. Counts and sums of the two cannot be compared before the period is over.",
    bad="""
timezone "Asia/Shanghai"
entity officer
event penalty "A penalty is imposed"
    officer: officer
rule far_fewer
    when count(penalty) < previous count(penalty) / 2 within officer over month
test "the third of March, and as many as ever"
    penalty at 2026-02-02T10:00 officer=P1
    penalty at 2026-02-12T10:00 officer=P1
    penalty at 2026-02-22T10:00 officer=P1
    penalty at 2026-03-03T10:00 officer=P1
    expect far_fewer for officer P1
""",
    good="""
timezone "Asia/Shanghai"
entity officer
event penalty "A penalty is imposed"
    officer: officer
rule far_fewer
    on end of month
    when count(penalty) < previous count(penalty) / 2 within officer over month
test "the third of March, and as many as ever"
    penalty at 2026-02-02T10:00 officer=P1
    penalty at 2026-02-12T10:00 officer=P1
    penalty at 2026-02-22T10:00 officer=P1
    penalty at 2026-03-03T10:00 officer=P1
    clock 2026-03-31
    expect no finding
    clock 2026-04-01
    expect far_fewer for officer P1
""",
    find=find,
)
