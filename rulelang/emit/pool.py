"""What the code of a program refers to by number: constants, sets, globs, regular expressions, accesses to fields. Each once.

In: values of the model.  Out: their numbers; and the lists that the program carries.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from rulelang import model
from rulelang.model import Kind

FIXED_SLOTS = {"time": 0, "source": 1, "id": 2}
"""The slots that every event has; declared fields come after them."""


class Pool:
    """Numbers by content. Lists are what JSON will have."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, name: Hashable, item: Any) -> int:
        """The number of an item; equal names mean equal items."""
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = len(self.items)
            self.items.append(item)
        return found


class Layout:
    """Where the fields of each event type are kept."""

    def __init__(self, events: tuple[model.Event, ...], entities: Mapping[str, int]) -> None:
        self.numbers = {event.name: number for number, event in enumerate(events)}
        self.declared = [self._declared(event, entities) for event in events]
        self._fields = [{field["name"]: field for field in declared["fields"]} for declared in self.declared]

    @staticmethod
    def _declared(event: model.Event, entities: Mapping[str, int]) -> dict[str, Any]:
        slot, fields = len(FIXED_SLOTS), []
        for field in event.fields:
            is_key = field.type.kind is Kind.KEY
            fields.append(
                {
                    "name": field.name,
                    "kind": field.type.kind.value,
                    "entity": entities[field.type.entity] if is_key and field.type.entity is not None else -1,
                    "unit": field.type.unit,
                    "title": field.title,
                    "slot": slot,
                    "raw_slot": slot + 1 if is_key else -1,
                }
            )
            slot += 2 if is_key else 1
        return {"name": event.name, "title": event.title, "derived": event.derived, "fields": fields, "slots": slot}

    def slot(self, event: str, field: str, spelling: bool = False) -> tuple[int, int]:
        """The number of the event type, and where it keeps the field."""
        number = self.numbers[event]
        if field in FIXED_SLOTS:
            return number, FIXED_SLOTS[field]
        return number, self._fields[number][field]["raw_slot" if spelling else "slot"]
