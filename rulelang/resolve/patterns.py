"""Patterns: one event before or after another, or not.

In: a pattern as written, in a scope.  Out: `model.PatternTest`, or None after a report.
"""

from __future__ import annotations

from dataclasses import replace

from rulelang import model, syntax
from rulelang.resolve import names, operators
from rulelang.resolve.context import Context, Work
from rulelang.syntax import Span

LOOKED_AT_RIGHT = ("followed by",)
"""Patterns that are looked at on the event to their right; the others on that to their left, `not followed by` later."""


def looked_at(pattern: model.PatternTest) -> model.Side:
    """The side whose events the pattern is looked at on, or whose deadline."""
    return pattern.right if pattern.kind in LOOKED_AT_RIGHT else pattern.left


def pattern(work: Work, written: syntax.Pattern, context: Context) -> model.Expression | None:
    """`A followed by B` and its like."""
    if context.of == "current":
        work.report("E419", written.span)
        return None
    if work.clause in ("points", "message"):
        work.report("E442", written.span, clause=work.clause)
        return None
    if context.scope is None:
        for side in (written.left, written.right):
            if side.event not in work.schema.events:
                names.event_known(work, side.event, side.span, context)
                return None
        entity = work.schema.lookups.in_common((written.left.event,), (written.right.event,))
        remedy = f"write after it: within {entity} over 30d"
        if entity is None:
            remedy = f"declare a field of one entity in both '{written.left.event}' and '{written.right.event}'; then look within it"
        work.report("E402", written.span, kind=written.kind, remedy=remedy)
        return None
    if not _sides_known(work, written, context):
        return None
    if written.kind == "not followed by" and not _deadline_fits(work, written, context):
        return None
    event = written.right.event if written.kind in LOOKED_AT_RIGHT else written.left.event
    left, right = _side(work, written.left, event, context), _side(work, written.right, event, context)
    if left is None or right is None:
        return None
    test = model.PatternTest(written.kind, context.scope, left, right, operators.BOOLEAN, written.span)
    work.opened[-1].patterns.append(test)
    work.gives((event,), context.scope)
    return test


def _sides_known(work: Work, written: syntax.Pattern, context: Context) -> bool:
    known = [names.event_known(work, side.event, _event_span(side), context) for side in (written.left, written.right)]
    return all(known)


def _event_span(side: syntax.PatternSide) -> Span:
    return Span(side.span.file, side.span.start, side.span.start + len(side.event))


def _deadline_fits(work: Work, written: syntax.Pattern, context: Context) -> bool:
    """What a pattern that is looked at later asks of its scope and its rule."""
    scope = work.opened[-1]
    if work.clause != "when":
        work.report("E446", written.span, clause=work.clause)
    elif context.scope != 0:
        work.report("E416", written.span)
    elif work.has_on:
        work.report("E417", written.span)
    elif scope.over is None:
        work.report("E414", written.span)
    elif any(test.kind == "not followed by" for test in scope.patterns):
        work.report("E409", written.span)
    else:
        return True
    return False


def _side(work: Work, written: syntax.PatternSide, event: str, context: Context) -> model.Side | None:
    """One side; `this` in it is the event that the pattern is looked at on, of the type `event`."""
    if written.where is None:
        return model.Side(written.event, None, written.span)
    inside = replace(context.about_one((written.event,)), this=(event,))
    read, uses = work.this_read, work.uses
    work.uses = []
    where = operators.condition(work, work.resolve(work, written.where, inside))
    work.this_read, work.uses = read, uses
    return None if where is None else model.Side(written.event, where, written.span)


def denies_following(work: Work, operand: model.Expression | None, span: Span) -> bool:
    """Whether `not` stands before something that is followed by something, or it is compared, which nobody could say when to look at."""
    found = _following(operand) if operand is not None else None
    if found is None:
        return False
    work.report("E410", span, left=found.left.event, right=found.right.event)
    return True


def _following(operand: model.Expression) -> model.PatternTest | None:
    if isinstance(operand, model.PatternTest):
        return operand if operand.kind == "followed by" else None
    if isinstance(operand, model.Logic):
        return next((found for part in operand.operands if (found := _following(part)) is not None), None)
    return None
