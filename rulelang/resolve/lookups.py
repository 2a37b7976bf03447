"""Questions about event types that every rule asks again, each answered once for a rule set.

In: the event types of a schema.  Out: which of them belong to a history, and which declare a field.
"""

from __future__ import annotations

from collections.abc import Mapping

from rulelang import model

COMMON = {"time": model.Type(model.Kind.TIME), "source": model.Type(model.Kind.TEXT), "id": model.Type(model.Kind.TEXT)}
"""The fields that every event has."""

Declared = Mapping[str, tuple[str, ...]]
"""Names of fields, each with the event types that declare it, in the order of the files."""


class Lookups:
    """What was found out about these event types so far."""

    def __init__(self, events: Mapping[str, model.Event]) -> None:
        self._events = events
        self._fields: dict[str, dict[str, model.Type]] = {}
        self._carriers: dict[tuple[model.ScopeKey, ...], tuple[str, ...]] = {}
        self._declared: dict[tuple[str, ...], Declared] = {}
        self.received = tuple(event.name for event in events.values() if not event.derived)
        """The event types that upstream systems send."""
        self.derived = tuple(event.name for event in events.values() if event.derived)

    def fields(self, event: str) -> Mapping[str, model.Type]:
        """The fields that an event type declares, with their types."""
        found = self._fields.get(event)
        if found is None:
            found = self._fields[event] = {field.name: field.type for field in self._events[event].fields}
        return found

    def type_of(self, event: str, field: str) -> model.Type | None:
        """The type of a field of an event type; None: it has none of that name."""
        return COMMON.get(field) or self.fields(event).get(field)

    def carriers(self, keys: tuple[model.ScopeKey, ...]) -> tuple[str, ...]:
        """The event types that belong to the history of these keys, those that the service makes at the end."""
        found = self._carriers.get(keys)
        if found is None:
            events = [event for event in self._events.values() if all(event.key_field(key) is not None for key in keys)]
            found = self._carriers[keys] = tuple(event.name for event in events)
        return found

    def declared(self, events: tuple[str, ...]) -> Declared:
        """Which of these event types declare a field, for every field."""
        found = self._declared.get(events)
        if found is None:
            gathered: dict[str, list[str]] = {}
            for event in events:
                for field in self.fields(event):
                    gathered.setdefault(field, []).append(event)
            found = self._declared[events] = {field: tuple(names) for field, names in gathered.items()}
        return found

    def in_common(self, first: tuple[str, ...], other: tuple[str, ...]) -> str | None:
        """An entity that events of both kinds carry; the one with the fewest event types is the most telling."""
        both = []
        for entity in dict.fromkeys(field.type.entity for event in self._events.values() for field in event.fields):
            carriers = self.carriers((model.ScopeKey(entity, None),)) if entity is not None else ()
            if entity is not None and set(first) & set(carriers) and set(other) & set(carriers):
                both.append((len(carriers), entity))
        return min(both)[1] if both else None
