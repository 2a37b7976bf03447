"""L007: a condition that becomes true only because time passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
_REMEDY = "to find it when it happens, use 'not followed by … over …', 'on EVENT after …', or 'on end of day'"


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        if rule.anchors.kind != "givers":
            continue
        for alternative in _joined_by("or", rule.condition):
            yield from _in_conjunction(tuple(_joined_by("and", alternative)), {anchor.event for anchor in rule.anchors.events})


def _joined_by(op: str, condition: model.Expression) -> Iterator[model.Expression]:
    if isinstance(condition, model.Logic) and condition.op == op:
        for operand in condition.operands:
            yield from _joined_by(op, operand)
    else:
        yield condition


def _in_conjunction(parts: tuple[model.Expression, ...], anchors: set[str]) -> Iterator[Found]:
    waiting = {id(part): since for part in parts if (since := _waits_since(part))}
    for part in parts:
        since = waiting.get(id(part), set())
        # Where another part comes true by an event of another kind, that event is looked at, and the time gone by is known then.
        others = [other for other in parts if other is not part and id(other) not in waiting and not _few(other)]
        if not since or any(_brought_by(other) - since for other in others):
            continue
        if anchors <= since and _restarts(part):
            message = "this is looked at only on events that set it back to no time at all: it is never true"
            yield Found(part.span, message, _REMEDY, severity="warning")
        else:
            message = "this becomes true only because time passes, and nothing is looked at then: it is found at the next event"
            yield Found(part.span, message, _REMEDY)
    if not waiting and all(_few(part) for part in parts):
        message = "this becomes true only because time passes, and nothing is looked at then: it is found at the next event"
        yield Found(parts[0].span, message, _REMEDY)


def _few(part: model.Expression) -> bool:
    """An upper bound of a count over the rule's own window, or an absence: the events that it looks at only work against it."""
    match part:
        case model.Presence(missing=True):
            return True
        case model.Compare(op=op, left=model.Aggregate() as counted, right=model.Constant(value=value)):
            pass
        case model.Compare(op=op, left=model.Constant(value=value), right=model.Aggregate() as counted):
            op = _FLIPPED.get(op, op)
        case _:
            return False
    own = counted.scope == 0 and counted.kind in ("count", "distinct") and not counted.previous
    return own and (op in ("<", "<=") or (op == "==" and value == 0))


def _waits_since(part: model.Expression) -> set[str]:
    """The event types since whose time it must be long enough, or whose moment must have come; none: it is no such condition."""
    match part:
        case model.Compare(op=">" | ">=" as op, left=left, right=right):
            pass
        case model.Compare(op="<" | "<=" as turned, left=right, right=left):
            op = ">" if turned == "<" else ">="
        case _:
            return set()
    match left, right:
        case _, model.Constant(value=int() | float() as length) if length > 0 or (length == 0 and op == ">"):
            return _time_since(left)
        case model.Moment(), model.Arithmetic(op="+", left=model.Aggregate() as due, right=model.Constant(value=int() as length)) if (
            length > 0
        ):
            return _brought_by(due)
        case model.Moment(), model.Aggregate() as due if op == ">" or not _is_time(due):
            return _brought_by(due)
    return set()


def _is_time(aggregate: model.Aggregate) -> bool:
    """Whether it gives the times of events themselves."""
    return all(isinstance(t.value, model.FieldValue) and t.value.name == "time" for t in aggregate.taken)


def _time_since(value: model.Expression) -> set[str]:
    match value:
        case model.Arithmetic(op="-", left=model.Moment(), right=right):
            return _brought_by(right)
        case model.Call(function="seconds" | "minutes" | "hours" | "days", arguments=arguments):
            return set().union(*map(_time_since, arguments))
    return set()


def _restarts(part: model.Expression) -> bool:
    """Whether the time is that of the latest event, so that each event begins it anew."""
    return all(inner.kind == "latest" and _is_time(inner) for inner in walk(part) if isinstance(inner, model.Aggregate))


def _brought_by(part: model.Expression) -> set[str]:
    """The event types that a part takes its values from."""
    found: set[str] = set()
    for inner in walk(part):
        match inner:
            case model.Aggregate(taken=taken):
                found.update(t.event for t in taken)
            case model.PatternTest(kind="followed by", right=side) | model.PatternTest(left=side):
                found.add(side.event)
            case model.FieldValue(of="this", events=events):
                found.update(events)
    return found


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
