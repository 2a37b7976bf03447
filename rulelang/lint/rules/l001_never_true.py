"""L001: a condition that can never be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulelang import model
from rulelang.lint.conditions import impossible
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for condition in _smallest(rule.condition):
            severity = "error" if impossible(rule.condition) else None
            message = f"this can never be true: {subject.text(condition.span)}"
            yield Found(condition.span, message, "look for a sign turned round, or for an 'and' that should be 'or'", severity=severity)
        for part in walk((rule.excepts, tuple(a.where for a in rule.anchors.events))):
            if part.type.kind is model.Kind.BOOLEAN and impossible(part) and not any(map(impossible, _below(part))):
                yield Found(part.span, f"this can never be true: {subject.text(part.span)}", "look for a sign turned round")


def _smallest(condition: model.Expression) -> Iterator[model.Expression]:
    """The smallest parts that can never be true; an `and` where it is only its parts together."""
    for part in walk(condition):
        if part.type.kind is model.Kind.BOOLEAN and impossible(part) and not any(map(impossible, _below(part))):
            yield part


def _below(part: model.Expression) -> tuple[model.Expression, ...]:
    return part.operands if isinstance(part, model.Logic) else ()


RULE = LintRule(
    code="L001",
    name="never true",
    severity="warning",
    reason="Its parts exclude each other, or a value is asked for that cannot be. Nothing will ever be found, and nobody will notice.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12 and hours < 8
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect no finding
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_or_short_shift
    when hours > 12 or hours < 8
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_or_short_shift about officer P1
""",
    find=find,
)
