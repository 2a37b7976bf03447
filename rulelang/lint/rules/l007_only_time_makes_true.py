"""L007: a condition that becomes true only because time passes."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk

_GROWING = {">", ">="}
_SHRINKING = {"<", "<="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        if rule.anchors.kind != "givers":
            continue
        parts = rule.condition.operands if isinstance(rule.condition, model.Logic) and rule.condition.op == "and" else (rule.condition,)
        waiting = [part for part in parts if _waits(part)]
        if not waiting and all(_few(part) for part in parts):
            waiting = [parts[0]]
        for part in waiting:
            yield Found(
                part.span,
                "this becomes true only because time passes, and nothing is looked at then: it is found at the next event",
                "to find it when it happens, use 'not followed by … over …', 'on EVENT after …', or 'on end of day'",
            )


def _few(part: model.Expression) -> bool:
    """An upper bound of a count over the rule's own window: the events that it looks at only add to it."""
    match part:
        case model.Compare(op=op, left=model.Aggregate() as counted, right=model.Constant(value=value)):
            pass
        case model.Compare(op=op, left=model.Constant(value=value), right=model.Aggregate() as counted):
            op = _FLIPPED.get(op, op)
        case _:
            return False
    own = counted.scope == 0 and counted.kind in ("count", "distinct") and not counted.previous
    return own and (op in _SHRINKING or (op == "==" and value == 0))


def _waits(part: model.Expression) -> bool:
    """A lower bound of the time that has gone by since an event."""
    match part:
        case model.Compare(op=op, left=left, right=model.Constant()) if op in _GROWING:
            return _time_since(left)
        case model.Compare(op=op, left=model.Constant(), right=right) if _FLIPPED.get(op) in _GROWING:
            return _time_since(right)
    return False


def _time_since(value: model.Expression) -> bool:
    match value:
        case model.Arithmetic(op="-", left=model.Moment(), right=right):
            return any(isinstance(part, model.Aggregate) for part in walk(right))
        case model.Call(function="seconds" | "minutes" | "hours" | "days", arguments=arguments):
            return any(_time_since(argument) for argument in arguments)
    return False


RULE = LintRule(
    code="L007",
    name="only time makes it true",
    severity="note",
    reason="Rules are looked at when events come. That something has not happened for a week comes true between events, and is found at the next one only.",
    bad="""
entity device
event reading "A camera reports"
    device: device
rule silent_camera
    when count(reading) < 3 within device over 7d
test "two readings in a week"
    reading at 2026-03-02T10:00 device=D1
    expect silent_camera for device D1
""",
    good="""
entity device
event reading "A camera reports"
    device: device
rule silent_camera
    when reading not followed by reading within device over 7d
test "a camera that falls silent"
    reading at 2026-03-02T10:00 device=D1
    clock +8d
    expect silent_camera for device D1
""",
    find=find,
)
