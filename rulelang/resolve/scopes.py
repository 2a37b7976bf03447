"""Scopes: whose history is looked at, and how far back.

In: `… within ENTITY over WINDOW` as written.  Out: the resolved condition or value; the scope is put to the rule's.
"""

from __future__ import annotations

from rulelang import model, syntax
from rulelang.lengths import length_text
from rulelang.model import Kind
from rulelang.resolve.context import Context, OpenScope, Work
from rulelang.resolve.folding import positive_duration
from rulelang.resolve.names import entities_text
from rulelang.resolve.periods import longest_us
from rulelang.resolve.suggest import hint
from rulelang.syntax import Span
from rulelang.timezones import Zone

DURATION = model.Type(Kind.DURATION)
KEYS_MAX = 2


def within(work: Work, written: syntax.Within, context: Context) -> model.Expression | None:
    """A condition or a value over a scope."""
    if context.of == "current" or (context.scope is not None and work.opened[-1].written):
        work.report("E403", _clause_span(written))
        return None
    if not context.named:
        work.report("E318", written.span)
        return None
    if work.clause != "when" and not work.scopes:
        work.report("E448", _clause_span(written), clause=work.clause)
        return None
    keys = scope_keys(work, written.keys)
    if keys is None:
        return None
    carriers = work.schema.lookups.carriers(keys)
    received = tuple(event for event in carriers if not work.schema.events[event].derived)
    if not received and not any(event in work.mentioned for event in carriers):
        work.report("E405", _keys_span(written), entity=entities_text(keys))
        return None
    retain_us = min(work.schema.entities[key.entity].retain_us for key in keys)
    window = _window(work, written.over, retain_us)
    opened = OpenScope(keys, carriers, window, written.over)
    index = len(work.scopes)
    work.scopes.append(None)
    work.opened.append(opened)
    work.closed.append(opened)
    body = work.resolve(work, written.body, Context(None, received, carriers, index, context.this))
    work.opened.pop()
    if window is None or not fits(work, opened):
        return None
    if window.kind == "open" and not opened.patterns and body is not None:
        assert written.over is not None
        work.report("E411", written.over.span, name=written.over.calendar)
        return None
    work.scopes[index] = model.Scope(keys, window, bool(opened.patterns), written.span)
    return body


def scope_keys(work: Work, written: tuple[syntax.ScopeKey, ...]) -> tuple[model.ScopeKey, ...] | None:
    """The entities of a scope; None after a report."""
    keys = []
    for key in written:
        if key.entity not in work.schema.entities:
            remedy_from = work.schema.entities
            work.report("E251", _entity_span(key), name=key.entity, hint=hint(key.entity, remedy_from))
            return None
        if key.by is not None and not _by_known(work, key):
            return None
        found = model.ScopeKey(key.entity, key.by)
        if found in keys:
            work.report("E432", key.span, entity=entities_text((found,)))
            return None
        keys.append(found)
    if len(keys) > KEYS_MAX:
        work.report("E431", Span(written[0].span.file, written[0].span.start, written[-1].span.end))
        return None
    return tuple(keys)


def _by_known(work: Work, key: syntax.ScopeKey) -> bool:
    """Whether some event type has the field that `by` names, as a key of the entity."""
    lookups = work.schema.lookups
    events = lookups.declared(tuple(work.schema.events))
    if any(_is_key(lookups.type_of(event, key.by or ""), key.entity) for event in events.get(key.by or "", ())):
        return True
    fitting = [name for name, declaring in events.items() if any(_is_key(lookups.type_of(e, name), key.entity) for e in declaring)]
    near = hint(key.by or "", fitting)
    fields = ", ".join(fitting) or "none"
    work.report("E213", key.span, name=key.by, entity=key.entity, hint=near, fields=fields)
    return False


def _is_key(type_: model.Type | None, entity: str) -> bool:
    return type_ is not None and type_.entity == entity


def _window(work: Work, over: syntax.Over | None, retain_us: int) -> model.Window | None:
    """How far back is looked."""
    if over is None:
        return model.Window("retained", retain_us, None, None)
    if isinstance(over.amount, syntax.Period):
        if over.calendar is not None:
            work.report("E449", over.span, name=over.calendar)
            return None
        return model.Window("period", 0, over.amount.name, None)
    if over.calendar is not None:
        gap = calendar_gap(work, over.amount, over.calendar, over.span)
        return None if gap is None else model.Window("open", 0, None, gap)
    length_us = positive_duration(work, over.amount)
    return None if length_us is None else model.Window("sliding", length_us, None, None)


def calendar_gap(work: Work, amount: syntax.Expression, calendar: str, span: Span) -> model.Gap | None:
    """`36h of CALENDAR`, `3d of CALENDAR`, of a length that is known beforehand."""
    if calendar not in work.schema.calendars:
        unknown_calendar(work, calendar, span)
        return None
    length_us = positive_duration(work, amount)
    if length_us is None:
        return None
    literal = written_duration(work, amount)
    if literal is not None and literal.unit in ("w", "d"):
        return open_days(work, literal, calendar)
    return model.Gap("open_time", model.Constant(length_us, DURATION, amount.span), 0, calendar, None)


def unknown_calendar(work: Work, calendar: str, span: Span) -> None:
    """The name of the calendar is the last word of what is written."""
    place = Span(span.file, span.end - len(calendar), span.end)
    work.report("E254", place, name=calendar, hint=hint(calendar, work.schema.calendars))


def open_days(work: Work, literal: syntax.DurationLiteral, calendar: str) -> model.Gap | None:
    """`3d of CALENDAR`: open days, of which there are only whole ones."""
    if literal.unit == "w":
        work.report("E485", literal.span, name=calendar)
        return None
    if literal.amount != int(literal.amount):
        work.report("E486", literal.span, name=calendar)
        return None
    return model.Gap("open_days", None, int(literal.amount), calendar, None)


def written_duration(work: Work, amount: syntax.Expression) -> syntax.DurationLiteral | None:
    """The duration that is written there, itself or by a let; None: it is computed."""
    followed: set[str] = set()
    while isinstance(amount, syntax.Name) and amount.text in work.schema.lets and amount.text not in followed:
        followed.add(amount.text)
        amount = work.schema.lets[amount.text].value
    return amount if isinstance(amount, syntax.DurationLiteral) else None


def window_gap(window: model.Window, span: Span) -> model.Gap:
    """The window of a pattern as the gap after its first event."""
    if window.gap is not None:
        return window.gap
    if window.kind == "period":
        return model.Gap("period", None, 0, None, window.period)
    return model.Gap("duration", model.Constant(window.length_us, DURATION, span), 0, None, None)


def fits(work: Work, opened: OpenScope) -> bool:
    """Whether what is looked at is kept."""
    window, over = opened.window, opened.over
    if window is None:
        return False
    if over is None:
        if opened.previous is not None:
            work.report("E490", opened.previous)
        return opened.previous is None
    reach_us = length_us(window, work.schema.zone)
    entity = min((key.entity for key in opened.keys), key=lambda name: work.schema.entities[name].retain_us)
    retain_us = work.schema.entities[entity].retain_us
    if reach_us > retain_us:
        work.report("E407", over.span, length=length_text(reach_us), kept=length_text(retain_us), entity=entity)
        return False
    if opened.previous is not None and 2 * reach_us > retain_us:
        work.report("E408", opened.previous, length=length_text(2 * reach_us), kept=length_text(retain_us), entity=entity)
        return False
    return True


def length_us(window: model.Window, zone: Zone) -> int:
    """How far back the window reaches; for open time the least that it can be."""
    if window.period is not None:
        return longest_us(window.period, zone)
    if window.gap is None:
        return window.length_us
    amount = window.gap.amount
    if isinstance(amount, model.Constant) and isinstance(amount.value, int):
        return amount.value
    return window.gap.days * syntax.UNIT_US["d"]


def _entity_span(key: syntax.ScopeKey) -> Span:
    return Span(key.span.file, key.span.start, key.span.start + len(key.entity))


def _keys_span(written: syntax.Within) -> Span:
    return Span(written.span.file, written.keys[0].span.start, written.keys[-1].span.end)


def _clause_span(written: syntax.Within) -> Span:
    """From the first entity to the end: the condition itself may be long."""
    return Span(written.span.file, written.keys[0].span.start, written.span.end)
