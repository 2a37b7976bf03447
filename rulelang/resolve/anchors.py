"""Anchors: when a rule is looked at.

In: the clause `on` as written, and what the condition reads.  Out: `model.Anchors`, or None after a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rulelang import model, syntax
from rulelang.model import Kind
from rulelang.resolve import folding, names, operators, scopes
from rulelang.resolve.context import Context, OpenScope, Use, Work, listed
from rulelang.resolve.suggest import hint
from rulelang.syntax import Span


def on_events(work: Work, on: syntax.On) -> tuple[model.AnchorEvent, ...] | None:
    """The events that `on` names; None after a report."""
    found: dict[str, model.AnchorEvent] = {}
    whole = True
    for item in on.items:
        span = Span(item.span.file, item.span.start, item.span.start + len(item.event))
        if item.event not in work.schema.events:
            work.report("E252", span, name=item.event, hint=hint(item.event, work.schema.events))
            whole = False
            continue
        if item.event in found:
            work.report("E433", span, event=item.event)
            whole = False
            continue
        work.named.add(item.event)
        where = None
        if item.where is not None:
            context = Context("current", (item.event,), (item.event,), None, None)
            where = operators.condition(work, work.resolve(work, item.where, context))
            whole = whole and where is not None
        found[item.event] = model.AnchorEvent(item.event, where)
    work.uses.clear()
    return tuple(found.values()) if whole else None


def on_gap(work: Work, on: syntax.On, events: tuple[str, ...]) -> model.Gap | None:
    """The gap of `on … after GAP`, computed from the event where it is no constant."""
    written = on.after
    assert written is not None
    if on.calendar is not None and on.calendar not in work.schema.calendars:
        scopes.unknown_calendar(work, on.calendar, on.span)
        return None
    amount = work.resolve(work, written, Context("current", events, events, None, None))
    work.uses.clear()
    if amount is None:
        return None
    if amount.type.kind is not Kind.DURATION:
        work.report("E327", written.span, what=operators.type_name(amount.type))
        return None
    amount = folding.fold(amount) or amount
    if isinstance(amount, model.Constant) and (not isinstance(amount.value, int) or amount.value < 0):
        work.report("E415", written.span)
        return None
    if on.calendar is None:
        return model.Gap("duration", amount, 0, None, None)
    literal = scopes.written_duration(work, written)
    if literal is not None and literal.unit in ("w", "d"):
        return scopes.open_days(work, literal, on.calendar)
    return model.Gap("open_time", amount, 0, on.calendar, None)


def anchors(
    work: Work, rule: syntax.Rule, named: tuple[model.AnchorEvent, ...], outside: Sequence[Use], first: OpenScope | None
) -> model.Anchors | None:
    """When the rule is looked at. `named`: what `on` names; `outside`: fields read outside of any scope; `first`: the rule's scope."""
    if rule.on is not None:
        return _chosen(work, rule, rule.on, named, outside, first)
    if first is None:
        events = _events_of_all(work, rule, outside)
        return model.Anchors("events", tuple(model.AnchorEvent(event, None) for event in events), None, None) if events else None
    deadline = next((test for test in first.patterns if test.kind == "not followed by"), None)
    if deadline is not None:
        if not _all_declare(work, (deadline.left.event,), outside):
            return None
        assert first.window is not None
        assert first.over is not None
        gap = scopes.window_gap(first.window, first.over.span)
        return model.Anchors("deadlines", (model.AnchorEvent(deadline.left.event, deadline.left.where),), gap, None)
    return _givers(work, rule, outside)


def _chosen(
    work: Work,
    rule: syntax.Rule,
    on: syntax.On,
    named: tuple[model.AnchorEvent, ...],
    outside: Sequence[Use],
    first: OpenScope | None,
) -> model.Anchors | None:
    """The anchors that `on` chooses."""
    if on.end_of is not None:
        return model.Anchors("ends", (), None, on.end_of.name)
    events = tuple(anchor.event for anchor in named)
    if first is not None:
        strange = [item for item in on.items if item.event not in first.carriers]
        for item in strange:
            names.not_in_history(work, item.event, first.keys, item.span)
        if strange or not _all_declare(work, events, outside):
            return None
    gap = None
    if on.after is not None:
        gap = on_gap(work, on, events)
        if gap is None:
            return None
    return model.Anchors("events" if gap is None else "deadlines", named, gap, None)


def _all_declare(work: Work, events: Iterable[str], outside: Sequence[Use]) -> bool:
    """Whether each anchor has the fields that are read outside of the scopes; else reports."""
    for use in outside:
        strange = [event for event in events if event not in use.events]
        if strange:
            work.report("E423", use.span, name=use.name, events=listed(strange))
            return False
    return True


def _events_of_all(work: Work, rule: syntax.Rule, uses: Sequence[Use]) -> tuple[str, ...]:
    """The event types that declare all the fields of a condition without a scope."""
    assert rule.when is not None
    if not uses:
        work.report("E422", rule.when.span)
        return ()
    events = tuple(event for event in uses[0].events if all(event in use.events for use in uses))
    if not events:
        first, other = _apart(uses)
        entity = work.schema.lookups.in_common(first.events, other.events)
        scope = f"within {entity}" if entity else "within ENTITY"
        remedy = f"if they are fields of different events, write what these have in common: … {scope} over 30d"
        both = f"'{first.name}' ({listed(first.events)}) and '{other.name}' ({listed(other.events)})"
        work.report("E406", other.span, both=both, remedy=remedy)
    return events


def _apart(uses: Sequence[Use]) -> tuple[Use, Use]:
    """Two fields that no event type declares together; where any two are together, the first and the last."""
    for i, other in enumerate(uses):
        for use in uses[:i]:
            if not set(use.events) & set(other.events):
                return use, other
    return uses[0], uses[-1]


def _givers(work: Work, rule: syntax.Rule, outside: Sequence[Use]) -> model.Anchors | None:
    """Events that give something to the condition, of the types that declare what is read outside of the scopes."""
    assert rule.when is not None
    if not work.givers:
        work.report("E422", rule.when.span)
        return None
    events = tuple(event for event in work.givers if all(event in use.events for use in outside))
    if not events:
        use = next((use for use in outside if not set(work.givers) & set(use.events)), outside[-1])
        work.report("E423", use.span, name=use.name, events=listed(work.givers))
        return None
    return model.Anchors("givers", tuple(model.AnchorEvent(event, None) for event in events), None, None)
