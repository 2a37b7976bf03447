"""Declarations of all files as one schema: names made unique, types bound, tables and calendars read.

In: the syntax trees of a rule set, and what reads the CSV files that they name.  Out: `Schema`, and all that is wrong.
What is wrong is left out of the schema or put in as far as it can be told, so that one error does not bring forth others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.model import Kind
from rulelang.resolve.calendars import declare_calendar
from rulelang.resolve.csvfiles import Read
from rulelang.resolve.entities import check_sources, declare_entities
from rulelang.resolve.expressions import BUILT_IN
from rulelang.resolve.lets import circles
from rulelang.resolve.schema import Schema
from rulelang.resolve.suggest import hint
from rulelang.resolve.tables import declare_table
from rulelang.timezones import UnknownZone, Zone, zone_names

DEFAULT_ZONE = "UTC"

# The types that a field may have besides the entities.
VALUE_TYPES = {kind.value: kind for kind in (Kind.NUMBER, Kind.INTEGER, Kind.TEXT, Kind.BOOLEAN, Kind.TIME, Kind.DURATION)}

# What other languages call them.
OTHER_TYPES = {
    **dict.fromkeys(("string", "str", "varchar", "char"), "text"),
    **dict.fromkeys(("float", "double", "decimal", "real"), "number"),
    **dict.fromkeys(("int", "bigint", "long"), "integer"),
    **dict.fromkeys(("bool", "logical"), "boolean"),
    **dict.fromkeys(("date", "datetime", "timestamp"), "time"),
    **dict.fromkeys(("interval", "timedelta", "period"), "duration"),
}

# What every event has; `type` stands beside the fields in JSON.
COMMON_FIELDS = ("id", "type", "time", "source")

_NOWHERE = syntax.Span("", 0, 0)


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def name_span(self) -> syntax.Span: ...


N = TypeVar("N", bound=_Named)
D = TypeVar("D")


def declare(files: Sequence[syntax.File], read: Read) -> tuple[Schema, list[Diagnostic]]:
    """The schema of a rule set."""
    in_order = sorted(files, key=lambda f: f.name)
    written = [d for file in in_order for d in file.declarations]
    problems: list[Diagnostic] = []
    zone = _zone(_of(written, syntax.Timezone), problems)
    calendars = {}
    for name, calendar in _unique("calendar", _of(written, syntax.Calendar), problems).items():
        calendars[name], found = declare_calendar(calendar, read)
        problems += found
    lets = _unique("let", _of(written, syntax.Let), problems)
    problems += [diagnostic("E268", let.name_span, name=name) for name, let in lets.items() if name in ("time", "this")]
    problems += circles(lets)
    bare = Schema(zone, calendars, {}, {}, {}, lets, {}, {})
    entities, found = declare_entities(_unique("entity", _of(written, syntax.Entity), problems), bare)
    problems += found
    events = _events(_unique("event type", _of(written, syntax.Event), problems), entities, problems)
    written_entities = [e for e in _of(written, syntax.Entity) if e.name in entities]
    problems += check_sources(written_entities, entities, events)
    written_rules: list[syntax.Rule | syntax.RuleHead] = []
    for file in in_order:
        written_rules += [*file.heads, *_of(file.declarations, syntax.Rule)]
    rules = _unique("rule", written_rules, problems)
    ladders = _unique("ladder", _of(written, syntax.Ladder), problems)
    schema = Schema(zone, calendars, entities, events, {}, lets, rules, ladders)
    tables = {}
    for name, table in _unique("table", _of(written, syntax.Table), problems).items():
        if name in BUILT_IN:
            problems.append(diagnostic("E264", table.name_span, name=name))
            continue
        parameters = tuple(bind_type(p.type, entities, problems) for p in table.parameters)
        type_ = bind_type(table.type, entities, problems)
        _unique("key", table.parameters, problems)
        known = [p for p in parameters if p is not None]
        if type_ is not None and len(known) == len(parameters):
            tables[name], found = declare_table(table, tuple(known), type_, schema, read)
            problems += found
    procedures = _unique("procedure", _of(written, syntax.Procedure), problems)
    return Schema(zone, calendars, entities, events, tables, lets, rules, ladders, procedures), problems


def _of(written: Iterable[syntax.Declaration], kind: type[D]) -> list[D]:
    return [d for d in written if isinstance(d, kind)]


def _unique(what: str, written: Iterable[N], problems: list[Diagnostic]) -> dict[str, N]:
    """Declarations by name, the first of each; later ones are reported and point to it."""
    first: dict[str, N] = {}
    for declaration in written:
        before = first.setdefault(declaration.name, declaration)
        if before is not declaration:
            there = Related("first declared here", before.name_span)
            problems.append(diagnostic("E250", declaration.name_span, related=(there,), what=f"the {what}", name=declaration.name))
    return first


def _zone(written: list[syntax.Timezone], problems: list[Diagnostic]) -> Zone:
    for other in written[1:]:
        problems.append(diagnostic("E262", other.span, related=(Related("first declared here", written[0].span),)))
    if not written:
        return Zone(DEFAULT_ZONE)
    try:
        return Zone(written[0].name)
    except UnknownZone:
        problems.append(diagnostic("E261", written[0].span, name=written[0].name, hint=hint(written[0].name, zone_names())))
        return Zone(DEFAULT_ZONE)


def bind_type(written: syntax.TypeName, entities: Mapping[str, model.Entity], problems: list[Diagnostic]) -> model.Type | None:
    """The type that a name in a declaration means; None: there is none, which was reported."""
    if written.is_list:
        problems.append(diagnostic("E351", written.span))
    kind = VALUE_TYPES.get(written.name)
    if kind is None and written.name not in entities:
        meant = OTHER_TYPES.get(written.name.lower())
        near = f" - did you mean '{meant}'?" if meant else hint(written.name, [*VALUE_TYPES, *entities])
        problems.append(diagnostic("E253", written.span, name=written.name, hint=near))
        return None
    if written.unit is not None and kind not in (Kind.NUMBER, Kind.INTEGER):
        problems.append(diagnostic("E350", written.span, name=written.name))
        return None
    return model.Type(Kind.KEY, entity=written.name) if kind is None else model.Type(kind, written.unit)


def _events(
    written: Mapping[str, syntax.Event], entities: Mapping[str, model.Entity], problems: list[Diagnostic]
) -> dict[str, model.Event]:
    """The event types that upstream systems send, then those that the service makes."""
    derived = derived_events(entities)
    events = {}
    for name, event in written.items():
        if name in derived:
            problems.append(diagnostic("E258", event.name_span, name=name))
            continue
        fields = []
        for field in _unique("field", event.fields, problems).values():
            if field.name in COMMON_FIELDS:
                problems.append(diagnostic("E260", field.name_span, name=field.name))
                continue
            type_ = bind_type(field.type, entities, problems)
            if type_ is not None:
                fields.append(model.Field(field.name, type_, field.title, field.name_span))
        events[name] = model.Event(name, event.title, tuple(fields), False, event.name_span)
    return {**events, **derived}


_OF_A_WARNING = (("warning", Kind.TEXT), ("ladder", Kind.TEXT), ("rule", Kind.TEXT), ("level", Kind.TEXT), ("step", Kind.TEXT))
# The fields of the events that the service makes, before those of the keys.
DERIVED = {
    "finding": (("rule", Kind.TEXT), ("category", Kind.TEXT), ("points", Kind.NUMBER), ("level", Kind.TEXT)),
    "warning": (("ladder", Kind.TEXT), ("rule", Kind.TEXT), ("level", Kind.TEXT), ("points", Kind.NUMBER)),
    "event_conflict": (("event", Kind.TEXT), ("event_id", Kind.TEXT)),
    "warning_step": (*_OF_A_WARNING, ("result", Kind.TEXT), ("actor", Kind.TEXT), ("role", Kind.TEXT), ("overdue", Kind.BOOLEAN)),
    "warning_overdue": _OF_A_WARNING,
}


def derived_events(entities: Mapping[str, model.Entity]) -> dict[str, model.Event]:
    """The event types that the service makes: their own fields, and a key of each entity."""
    events = {}
    for name, own in DERIVED.items():
        fields = [model.Field(field, model.Type(kind), None, _NOWHERE) for field, kind in own]
        fields += [model.Field(e.name, model.Type(Kind.KEY, entity=e.name), None, e.span) for e in entities.values()]
        events[name] = model.Event(name, None, tuple(fields), True, _NOWHERE)
    return events
