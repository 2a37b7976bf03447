"""L001: a condition that can never be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rulelang import model, syntax
from rulelang.lint.conditions import impossible
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import of_this, walk

_NARROWED_MAX = 20
"""So many parts of an `and` are tried one by one."""
_REMEDY = "look for a sign turned round, or for an 'and' that should be 'or'"


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for condition in _smallest(rule.condition):
            yield _found(subject, condition, "error" if impossible(rule.condition) else None)
        for condition in _smallest((rule.excepts, rule.anchors.events)):
            yield _found(subject, condition, None)
        if not impossible(rule.condition) and _denied_by_anchors(rule):
            message = f"this can never be true of the events that 'on' chooses: {subject.text(rule.condition.span)}"
            yield Found(rule.condition.span, message, _REMEDY, severity="error")
        for exception in rule.excepts:
            if rule.since_day is not None and exception.until_day < rule.since_day:
                yield Found(exception.span, "this exception is over before the rule begins", "look for a date that is wrong")


def _found(subject: Subject, condition: model.Expression, severity: str | None) -> Found:
    excluding = _excluding(condition)
    span, text = condition.span, subject.text(condition.span)
    if excluding:
        span = replace(span, start=excluding[0].span.start, end=excluding[-1].span.end)
        text = " and ".join(f"({subject.text(p.span)})" if isinstance(p, model.Logic) else subject.text(p.span) for p in excluding)
    return Found(span, f"this can never be true: {text}", _REMEDY, severity=severity)


def _excluding(condition: model.Expression) -> list[model.Expression]:
    """The parts of an `and` that exclude each other, where these are not all of them."""
    if not isinstance(condition, model.Logic) or condition.op != "and" or len(condition.operands) > _NARROWED_MAX:
        return []
    kept = list(condition.operands)
    for part in condition.operands:
        rest = [other for other in kept if other is not part]
        if len(rest) > 1 and impossible(replace(condition, operands=tuple(rest))):
            kept = rest
    together = {part.span.file for part in kept} == {condition.span.file}  # a let may stand elsewhere
    return kept if together and len(kept) < len(condition.operands) else []


def _smallest(node: object) -> Iterator[model.Expression]:
    """The smallest parts that can never be true; an `and` where it is only its parts together."""
    for part in walk(node):
        if part.type.kind is model.Kind.BOOLEAN and impossible(part) and not any(map(impossible, _below(part))):
            yield part


def _below(part: model.Expression) -> tuple[model.Expression, ...]:
    return part.operands if isinstance(part, model.Logic) else ()


def _denied_by_anchors(rule: model.Rule) -> bool:
    """Whether `on … where` chooses only events for which the condition is not true."""
    chosen = [anchor.where for anchor in rule.anchors.events]
    if not chosen or rule.anchors.kind == "givers":
        return False
    if rule.anchors.kind == "deadlines" and any(isinstance(part, model.PatternTest) for part in walk(rule.condition)):
        return False  # the `where` is that of the pattern
    known = [where for where in chosen if where is not None and not impossible(where)]
    both = (replace(_AND, operands=(of_this(where), rule.condition)) for where in known)
    return len(known) == len(chosen) and all(map(impossible, both))


_AND = model.Logic("and", (), model.Type(model.Kind.BOOLEAN), syntax.Span("", 0, 0))


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
