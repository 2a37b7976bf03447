"""Aggregates: what is taken up of a scope's events, and what comes out.

In: a call as written, in a scope.  Out: `model.Aggregate`, or None after a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rulelang import model, syntax
from rulelang.model import Kind, Type
from rulelang.resolve import names, operators
from rulelang.resolve.context import Context, Use, Work, listed
from rulelang.resolve.suggest import hint
from rulelang.resolve.walk import written_out
from rulelang.syntax import Span

_SUMMED = (*operators.NUMERIC, Kind.DURATION)


@dataclass(frozen=True, slots=True)
class _Kind:
    """`takes`: kinds of the value; `gives`: the kind of the result, None: that of the value; `unit`: whether it keeps the unit."""

    takes: tuple[Kind, ...]
    gives: Kind | None
    unit: bool


AGGREGATES: dict[str, _Kind] = {
    "count": _Kind((), Kind.INTEGER, False),
    "share": _Kind((), Kind.NUMBER, False),
    "sum": _Kind(_SUMMED, None, True),
    "avg": _Kind(_SUMMED, None, True),
    "min": _Kind(operators.ORDERED, None, True),
    "max": _Kind(operators.ORDERED, None, True),
    "first": _Kind(tuple(Kind), None, True),
    "latest": _Kind(tuple(Kind), None, True),
    "distinct": _Kind(tuple(Kind), Kind.INTEGER, False),
}


def aggregate(work: Work, written: syntax.Call, context: Context, span: Span, *, previous: bool) -> model.Expression | None:
    """An aggregate over the scope around; `previous`: over the window just before, the word included in `span`."""
    if context.of == "current":
        work.report("E418", span, name=written.name)
        return None
    if context.scope is None:
        work.report("E401", span, name=written.name, entity=_entity_near(work, written))
        return None
    if len(written.arguments) != 1:
        wanted = "the name of an event type" if written.name in ("count", "share") else "one value"
        remedy = f"a condition is written with `where`, as in: {written.name}({'EVENT' if wanted != 'one value' else 'FIELD'} where …)"
        work.report("E310", written.span, name=written.name, wanted=wanted, got=len(written.arguments), remedy=remedy)
        return None
    if written.name != "share" and (written.among is not None or written.at_least is not None):
        work.report("E438", written.span, name=written.name)
        return None
    if previous and not _previous_fits(work, span):
        return None
    if written.name in ("count", "share"):
        return _of_events(work, written, context, span, previous)
    return _of_values(work, written, context, span, previous)


def _previous_fits(work: Work, span: Span) -> bool:
    scope = work.opened[-1]
    if scope.window is not None and scope.window.kind == "open":
        work.report("E444", span)
        return False
    scope.previous = scope.previous or span
    return True


def _of_events(work: Work, written: syntax.Call, context: Context, span: Span, previous: bool) -> model.Expression | None:
    """`count(EVENT where c)` and `share(EVENT where c among d at least 20)`."""
    event = _event(work, written, context)
    if event is None:
        return None
    before, outer = work.this_read, work.uses
    work.uses = []
    inside = context.about_one((event,))
    where = None if written.where is None else _part(work, written.where, inside)
    among = None if written.among is None else _part(work, written.among, inside)
    work.uses = outer
    if written.name == "share" and written.where is None:
        work.report("E439", written.span, event=event)
        return None
    if (written.where is not None and where is None) or (written.among is not None and among is None):
        return None
    taken = model.Taken(event, among, where) if written.name == "share" else model.Taken(event, where, None)
    type_ = Type(AGGREGATES[written.name].gives or Kind.INTEGER)
    this = work.this_read > before
    assert context.scope is not None
    work.gives((event,), context.scope)
    return model.Aggregate(written.name, context.scope, (taken,), previous, written.at_least, False, this, type_, span)


def _event(work: Work, written: syntax.Call, context: Context) -> str | None:
    """The event type that is counted."""
    argument = written.arguments[0]
    if not isinstance(argument, syntax.Name):
        remedy = f"write: {written.name}(EVENT where …)"
        if isinstance(argument, syntax.Member) and argument.owner in work.schema.events:
            remedy = f"write: {written.name}({argument.owner} where {argument.owner}.{argument.field} is present)"
        work.report("E326", argument.span, name=written.name, remedy=remedy)
        return None
    if argument.text not in work.schema.events:
        declared = work.schema.lookups.declared(context.named).get(argument.text)
        if declared:
            remedy = f"write: {written.name}({declared[0]} where {argument.text} is present), or distinct({argument.text})"
            work.report("E326", argument.span, name=written.name, remedy=remedy)
        else:
            work.report("E252", argument.span, name=argument.text, hint=hint(argument.text, work.schema.events))
        return None
    return argument.text if names.event_known(work, argument.text, argument.span, context) else None


def _of_values(work: Work, written: syntax.Call, context: Context, span: Span, previous: bool) -> model.Expression | None:
    """`sum(X where c)` and its like: X and c are about one event, of a type that declares all their fields."""
    argument = written.arguments[0]
    if isinstance(argument, syntax.Name) and _is_event_only(work, argument.text, context):
        field = next(iter(work.schema.lookups.fields(argument.text)), "time")
        remedy = f"as in: {written.name}({argument.text}.{field})"
        work.report("E445", argument.span, name=written.name, event=argument.text, remedy=remedy)
        return None
    inside = _narrowed(work, written, context)
    if inside is None:
        return None
    outer, work.uses = work.uses, []
    before = work.this_read
    value = work.resolve(work, argument, inside)
    where = None if written.where is None else _part(work, written.where, inside)
    uses, work.uses = work.uses, outer
    if value is None or (written.where is not None and where is None):
        return None
    events = _events(work, written, uses, context)
    type_ = _result(work, written, value)
    if not events or type_ is None:
        return None
    taken = tuple(model.Taken(event, where, value) for event in events)
    this = work.this_read > before
    assert context.scope is not None
    work.gives(events, context.scope)
    return model.Aggregate(written.name, context.scope, taken, previous, None, False, this, type_, span)


def _is_event_only(work: Work, name: str, context: Context) -> bool:
    """Whether a name is that of an event type, and of nothing else that could be meant."""
    return name in work.schema.events and name not in work.schema.lets and not work.schema.lookups.declared(context.named).get(name)


def _part(work: Work, written: syntax.Expression, context: Context) -> model.Expression | None:
    return operators.condition(work, work.resolve(work, written, context))


def _narrowed(work: Work, written: syntax.Call, context: Context) -> Context | None:
    """Where the value and the `where` stand: about events of the type that is named in them, else of any type of the scope."""
    parts = [written.arguments[0], *([written.where] if written.where is not None else [])]
    for part in parts:
        for node in written_out(part, work.schema.lets):
            if isinstance(node, syntax.Member) and node.owner != "this":
                if not names.event_known(work, node.owner, node.span, context):
                    return None
                return context.about_one((node.owner,))
    carriers = work.opened[-1].carriers
    named = tuple(event for event in context.named if event in carriers)
    return Context("current", context.events, named, context.scope, context.this)


def _events(work: Work, written: syntax.Call, uses: Sequence[Use], context: Context) -> tuple[str, ...]:
    """The event types that declare all the fields that were read."""
    if not uses:
        if len(context.events) == 1:
            return context.events
        work.report("E440", written.arguments[0].span, name=written.name)
        return ()
    events = tuple(event for event in uses[0].events if all(event in use.events for use in uses))
    if not events:
        parts = listed(dict.fromkeys(use.name for use in uses), last="and")
        work.report("E441", written.span, name=written.name, fields=parts)
    return events


def _result(work: Work, written: syntax.Call, value: model.Expression) -> Type | None:
    """The type of what comes out."""
    kind, have = AGGREGATES[written.name], value.type
    if have.kind not in kind.takes:
        wanted = "numbers and durations" if kind.takes == _SUMMED else "values that have an order"
        work.report("E317", written.arguments[0].span, name=written.name, wanted=wanted, what=operators.type_name(have))
        return None
    if written.name == "avg" and have.kind is Kind.INTEGER:
        return Type(Kind.NUMBER, have.unit)
    if kind.gives is not None:
        return Type(kind.gives)
    return have


def _entity_near(work: Work, written: syntax.Call) -> str:
    """An entity in whose scope the aggregate could stand, for the message."""
    lookups = work.schema.lookups
    for node in written_out(written, work.schema.lets):
        name = node.owner if isinstance(node, syntax.Member) else node.text if isinstance(node, syntax.Name) else ""
        for event in [name] if name in work.schema.events else lookups.declared(lookups.received).get(name, ()):
            for type_ in lookups.fields(event).values() if not work.schema.events[event].derived else ():
                if type_.entity is not None:
                    return type_.entity
    return "ENTITY"
