"""Names: fields, `event.field`, `this.field`, lets and `time`.

In: a name and where it stands.  Out: the value that it means, or None after a report.
"""

from __future__ import annotations

from rulelang import model, syntax
from rulelang.diagnostics import Related
from rulelang.keywords import PERIODS, WEEKDAYS
from rulelang.model import Kind
from rulelang.resolve.context import Context, Use, Work, listed
from rulelang.resolve.functions import FUNCTIONS
from rulelang.resolve.lets import circle
from rulelang.resolve.lookups import COMMON
from rulelang.resolve.suggest import hint
from rulelang.syntax import Span

TIME = model.Type(Kind.TIME)


def name(work: Work, written: syntax.Name, context: Context) -> model.Expression | None:
    """A bare name: `time`, a let, or a field."""
    text, span = written.text, written.span
    if text == "time":
        return moment(work, context, span)
    if text in work.schema.lets:
        both = work.schema.lookups.declared(context.events).get(text)
        if both:
            there = Related("the let", work.schema.lets[text].name_span)
            remedy = f"write {both[0]}.{text} for the field, and give the let another name"
            work.report(
                "E202", span, related=(there,), name=text, events=listed(both, last="and") + ", and the name of a let", remedy=remedy
            )
            return None
        return _let(work, text, span, context)
    if _no_event(work, span, context):
        return None
    found = fields_meant(work, text, span, context)
    return None if found is None else field(work, text, found, span, context)


def member(work: Work, written: syntax.Member, context: Context) -> model.Expression | None:
    """`event.field` or `this.field`."""
    if written.owner == "this":
        return _this(work, written, context)
    if _no_event(work, written.span, context) or not event_known(work, written.owner, written.span, context):
        return None
    if not has_field(work, written.owner, written.field, written.span):
        return None
    return field(work, written.field, (written.owner,), written.span, context)


def _no_event(work: Work, span: Span, context: Context) -> bool:
    """Whether a field stands where there is no event that it could be of; reports."""
    if context.of == "this" and context.this is None:
        work.report("E425", span)
        return True
    return False


def moment(work: Work, context: Context, span: Span) -> model.Expression:
    """Bare `time`: the moment looked at; about one event: that event's."""
    if context.of is None or (context.of == "this" and context.this is None):
        return model.Moment(TIME, span)
    return _common(work, context.of, "time", _every(work), span)


def field(work: Work, text: str, events: tuple[str, ...], span: Span, context: Context, *, spelling: bool = False) -> model.Expression:
    """The field `text` of these event types, which all declare it with one type."""
    type_ = model.Type(Kind.TEXT) if spelling else work.schema.lookups.type_of(events[0], text)
    assert type_ is not None
    work.named.update(events)
    if context.of is None:
        assert context.scope is not None
        work.gives(events, context.scope)
        value = model.FieldValue("current", text, events, spelling, type_, span)
        taken = tuple(model.Taken(event, None, value) for event in events)
        return model.Aggregate("latest", context.scope, taken, False, None, True, False, type_, span)
    work.uses.append(Use(text, events, span))
    if context.of == "this":
        work.this_read += 1
    return model.FieldValue(context.of, text, events, spelling, type_, span)


def fields_meant(work: Work, text: str, span: Span, context: Context) -> tuple[str, ...] | None:
    """The event types whose field a bare name means; None after a report."""
    if text in COMMON:
        if context.of is None and len(context.events) > 1:
            work.report("E202", span, name=text, events="every event type", remedy=_forms(text, context.events))
            return None
        return context.events or context.named
    lookups = work.schema.lookups
    found = lookups.declared(context.events).get(text)
    if found is None:
        # Fields of the events that the service makes are meant only where no other event type has one of that name.
        found = lookups.declared(context.named).get(text)
    if found is None:
        _unknown(work, text, span, context)
        return None
    types = {lookups.type_of(event, text) for event in found}
    if len(found) > 1 and (len(types) > 1 or any(type_ is None or type_.kind is not Kind.KEY for type_ in types)):
        work.report("E202", span, name=text, events=listed(found, last="and"), remedy=_forms(text, found))
        return None
    return found


def event_known(work: Work, event: str, span: Span, context: Context) -> bool:
    """Whether the event type exists and can be named here; else reports."""
    if event not in work.schema.events:
        unknown_event(work, event, span)
        return False
    if event not in context.named:
        _elsewhere(work, event, span, context)
        return False
    work.named.add(event)
    return True


def unknown_event(work: Work, event: str, span: Span) -> None:
    """There is no such event type; an entity of that name may have been meant."""
    if event in work.schema.entities:
        carrier = next((name for name in work.schema.lookups.carriers((model.ScopeKey(event, None),))), "EVENT")
        work.report("E220", span, name=event, example=f"{carrier}.{event}")
    else:
        work.report("E252", span, name=event, hint=hint(event, work.schema.events))


def not_in_history(work: Work, event: str, keys: tuple[model.ScopeKey, ...], span: Span) -> None:
    """Events of that type are in no history of these keys."""
    type_ = work.schema.events[event]
    key = next(key for key in keys if type_.key_field(key) is None)
    fields = [field.name for field in type_.fields if field.type.entity == key.entity]
    if key.by is not None:
        why, remedy = f"they have no field '{key.by}' of that entity", f"name an event type that has it, or leave out `by {key.by}`"
    elif fields:
        why = f"they have several fields of that entity, {listed(fields, last='and')}, and none is named like it"
        remedy = f"say which, as in: within {key.entity} by {fields[0]}"
    else:
        why = "they have no field of that entity"
        others = list(dict.fromkeys(field.type.entity for field in type_.fields if field.type.entity is not None))
        declare = f"declare a field of {key.entity} in '{event}'"
        remedy = f"look within {others[0]}, or {declare}" if others else declare
    work.report("E404", span, event=event, entity=entities_text((key,)), why=why, remedy=remedy)


def has_field(work: Work, event: str, text: str, span: Span) -> bool:
    """Whether the event type has that field; else reports."""
    if work.schema.lookups.type_of(event, text) is not None:
        return True
    fields = work.schema.lookups.fields(event)
    work.report("E203", span, event=event, name=text, hint=hint(text, fields), fields=", ".join(fields) or "id, time and source only")
    return False


def _let(work: Work, text: str, span: Span, context: Context) -> model.Expression | None:
    if text in work.lets:
        work.problems.append(circle(work.lets[work.lets.index(text) :], work.schema.lets))
        return None
    work.lets.append(text)
    try:
        return work.resolve(work, work.schema.lets[text].value, context)
    finally:
        work.lets.pop()


def _this(work: Work, written: syntax.Member, context: Context) -> model.Expression | None:
    text, span = written.field, written.span
    if context.this is None:
        work.report("E425", span)
        return None
    if text in COMMON:
        work.this_read += 1
        if context.of == "this":
            work.uses.append(Use(text, context.this, span))
        return _common(work, "this", text, _every(work), span)
    lookups = work.schema.lookups
    found = lookups.declared(context.this).get(text)
    if found is None:
        work.report("E211", span, name=text, hint=hint(text, lookups.declared(context.this)), events=listed(context.this))
        return None
    if len({lookups.type_of(event, text) for event in found}) > 1:
        # Not every event of the history is an anchor: those that the condition speaks of are nearer.
        found = tuple(event for event in found if event in work.mentioned) or found
    type_ = lookups.type_of(found[0], text)
    assert type_ is not None
    if any(lookups.type_of(event, text) != type_ for event in found):
        work.report("E212", span, name=text, events=listed(found, last="and"))
        return None
    work.this_read += 1
    if context.of == "this":
        work.uses.append(Use(text, found, span))
    return model.FieldValue("this", text, found, False, type_, span)


def _common(work: Work, of: str, text: str, events: tuple[str, ...], span: Span) -> model.FieldValue:
    if of == "this":
        work.this_read += 1
    return model.FieldValue(of, text, events, False, COMMON[text], span)


def _every(work: Work) -> tuple[str, ...]:
    return tuple(work.schema.events)


def _forms(text: str, events: tuple[str, ...]) -> str:
    return "write " + " or ".join(f"{event}.{text}" for event in events[:4])


def _elsewhere(work: Work, event: str, span: Span, context: Context) -> None:
    """The event type exists, and cannot be meant here."""
    if context.of == "current":
        work.report("E216", span, event=event, here=listed(context.named))
    elif context.scope is not None and context.of is None:
        not_in_history(work, event, work.opened[-1].keys, span)
    else:
        work.report("E217", span, event=event, here=listed(context.named))


def entities_text(keys: tuple[model.ScopeKey, ...]) -> str:
    """`account by target and officer`."""
    return " and ".join(key.entity if key.by is None else f"{key.entity} by {key.by}" for key in keys)


_WITH_ARTICLE = {"event type": "an event type", "table": "a table", "calendar": "a calendar", "rule": "a rule", "ladder": "a ladder"}
_WRITTEN_AS = {
    "event type": "count its events in a scope, as in: count({name}) > 0 within ENTITY",
    "table": "ask it as a function: {name}({keys})",
    "calendar": "compare a time with it, as in: time during {name}",
    "rule": 'rules see the findings of others, as in: count(finding where finding.rule == "{name}") within ENTITY',
    "ladder": 'rules see its warnings, as in: count(warning where warning.ladder == "{name}") within ENTITY',
}


def _unknown(work: Work, text: str, span: Span, context: Context) -> None:
    """Nothing here has that name: says what else has it, or what may have been meant."""
    schema = work.schema
    for what, names in (("event type", schema.events), ("table", schema.tables), ("calendar", schema.calendars)):
        if text in names:
            keys = ", ".join("…" for _ in schema.tables[text].parameters) if what == "table" else ""
            work.report("E205", span, name=text, what=_WITH_ARTICLE[what], remedy=_WRITTEN_AS[what].format(name=text, keys=keys))
            return
    others = schema.lookups.declared(tuple(schema.events)).get(text)
    if others:
        _field_elsewhere(work, text, others, span, context)
        return
    for what, more in (("rule", schema.rules), ("ladder", schema.ladders)):
        if text in more:
            work.report("E205", span, name=text, what=_WITH_ARTICLE[what], remedy=_WRITTEN_AS[what].format(name=text))
            return
    known = [*schema.lookups.declared(context.named or context.events), *schema.lets]
    near = hint(text, known)
    if not near:
        near = hint(text, schema.lookups.declared(tuple(schema.events)))
    if text.lower() in _WORDS:
        near, remedy = "", _WORDS[text.lower()]
    elif text in FUNCTIONS:
        near, remedy = "", f"if the function is meant, write {text}(…)"
    elif near:
        remedy = "correct the name, or declare the field with its event"
    else:
        remedy = f"{_fields_here(work, context)}; a text is written in quotes"
    work.report("E201", span, name=text, hint=near, remedy=remedy)


def written_text(written: syntax.Expression) -> str:
    """A name as it was written; nothing where it is none."""
    match written:
        case syntax.Name(text=text):
            return text
        case syntax.Member(owner=owner, field=text):
            return f"{owner}.{text}"
    return ""


_WORDS = {
    **dict.fromkeys(("now", "today"), "`time` is the moment looked at, `date(time)` its day"),
    **dict.fromkeys(("null", "none", "nil"), "write: … is missing"),
    **dict.fromkeys(WEEKDAYS, "weekday(…) is a number, 1 on Mondays"),
    **dict.fromkeys(PERIODS, "a period stands after `over`, `end of` or `repeat after`; a length of time is written as 30d or 12h"),
}


def _fields_here(work: Work, context: Context) -> str:
    names = list(work.schema.lookups.declared(context.events))
    if not names:
        return "declare the field with its event"
    return "fields that can be meant here: " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _field_elsewhere(work: Work, text: str, events: tuple[str, ...], span: Span, context: Context) -> None:
    places = tuple(Related(f"declared in '{event}'", work.schema.events[event].span) for event in events[:3])
    places = tuple(place for place in places if place.span.file)
    named = listed(events, last="and")
    if context.of == "current":
        work.report("E206", span, related=places, name=text, events=named, here=listed(context.named))
    elif context.scope is not None and context.of is None:
        work.report("E218", span, related=places, name=text, events=named, entity=entities_text(work.opened[-1].keys))
    else:
        work.report("E219", span, related=places, name=text, events=named, here=listed(context.named), first=events[0])
