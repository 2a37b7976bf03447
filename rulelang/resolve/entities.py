"""Entities: what a history is kept for, how long, and what counts for whom.

In: the entities as written.  Out: `model.Entity` by name, and what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.model import Kind
from rulelang.resolve.constants import duration
from rulelang.resolve.schema import Schema
from rulelang.resolve.suggest import hint

DEFAULT_RETAIN_US = 400 * syntax.UNIT_US["d"]

_TYPE_NAMES = frozenset(kind.value for kind in Kind) - {Kind.KEY.value}

# Keys stand beside these in events, findings and warnings.
_FIELD_NAMES = frozenset(
    {"id", "type", "time", "source", "rule", "category", "points", "level", "ladder", "event", "event_id"}
    | {"warning", "step", "result", "actor", "role", "overdue"}
)


def declare_entities(written: Mapping[str, syntax.Entity], schema: Schema) -> tuple[dict[str, model.Entity], list[Diagnostic]]:
    """All entities; one that is in itself is put in without what it is in."""
    problems: list[Diagnostic] = []
    cyclic = _cycles(written, problems)
    entities = {}
    for name, entity in written.items():
        if name in _TYPE_NAMES:
            problems.append(diagnostic("E259", entity.name_span, name=name))
            continue
        if name in _FIELD_NAMES:
            problems.append(diagnostic("E265", entity.name_span, name=name))
        parent = entity.parent if entity.parent in written and name not in cyclic else None
        if entity.parent is not None and entity.parent not in written:
            problems.append(diagnostic("E251", entity.span, name=entity.parent, hint=hint(entity.parent, written)))
        retain_us = _retain_us(entity, schema, problems)
        entities[name] = model.Entity(name, parent, entity.sources, retain_us, entity.lookalike, entity.name_span)
    return entities, problems


def _retain_us(entity: syntax.Entity, schema: Schema, problems: list[Diagnostic]) -> int:
    if entity.retain is None:
        return DEFAULT_RETAIN_US
    retain_us, found = duration(entity.retain, schema)
    problems += found
    if retain_us is None:
        return DEFAULT_RETAIN_US
    if retain_us <= 0:
        problems.append(diagnostic("E456", entity.retain.span, name=entity.name))
        return DEFAULT_RETAIN_US
    return retain_us


def _cycles(written: Mapping[str, syntax.Entity], problems: list[Diagnostic]) -> set[str]:
    """The entities that are in themselves; each circle is reported once, at the first of its entities."""
    cyclic: set[str] = set()
    for name in written:
        chain = [name]
        while (parent := written[chain[-1]].parent) is not None and parent in written and parent not in chain:
            chain.append(parent)
        if parent == name and name not in cyclic:
            cyclic.update(chain)
            problems.append(diagnostic("E450", written[name].name_span, name=name, chain=" in ".join([*chain, name])))
    return cyclic


def check_sources(
    written: Iterable[syntax.Entity], entities: Mapping[str, model.Entity], events: Mapping[str, model.Event]
) -> list[Diagnostic]:
    """That the event types after `from` say which entity is in which."""
    problems = []
    for entity in written:
        parent = entities[entity.name].parent
        for source in entity.sources:
            if source not in events:
                problems.append(diagnostic("E252", entity.span, name=source, hint=hint(source, events)))
            elif parent is not None and any(events[source].key_field(model.ScopeKey(n, None)) is None for n in (entity.name, parent)):
                problems.append(diagnostic("E460", entity.span, event=source, name=entity.name, parent=parent))
    return problems
