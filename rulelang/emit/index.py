"""The index of the rules that are looked at on single events: from what is known of an event to the few rules that can hold.

In: the rules' conditions.  Out: for each event type a table of rows and features (docs/program.md says how it is written). The engine turns it
into bitmaps: for every stretch of values of a feature, the rows that are still possible; it then intersects those of the event's values.

A feature is kept where it earns its look-up: a field that several rows make demands on, or something computed that many do.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from rulelang import model
from rulelang.emit.demands import Demand, Demands, Row
from rulelang.emit.pool import Layout
from rulelang.emit.shape import Shapes
from rulelang.model import Kind

FIELD_ROWS_MIN = 2
"""Rows with demands on a field, from which on it is a feature."""
COMPUTED_ROWS_MIN = 8
"""The same for what is computed, which costs more than reading a slot."""
FEATURES_MAX = 256
"""Features of one event type: the engine has no room for more. Those on which most rows make demands are kept."""
IN_ORDER_MAX = 64
"""Up to so many rows are one word of a bitmap, and stand in the order of their rules."""


class Index:
    """Collects rules; gives what the plan says of them."""

    def __init__(self, layout: Layout, shapes: Shapes, code: Callable[[model.Expression], int]) -> None:
        """`code`: the number of the code of a feature that is computed."""
        self._layout = layout
        self._demands = Demands(shapes)
        self._code = code
        self._rows: defaultdict[int, list[tuple[int, Row]]] = defaultdict(list)

    def add(self, number: int, rule: model.Rule) -> None:
        """A rule, by its number among all rules."""
        rows = self._demands.rows(rule.condition)
        for event in dict.fromkeys(anchor.event for anchor in rule.anchors.events):
            self._rows[self._layout.numbers[event]] += [(number, row) for row in rows]

    def plan(self) -> list[dict[str, Any]]:
        """A table for each event type that some rule is looked at on."""
        return [self._table(event, self._rows[event]) for event in sorted(self._rows)]

    def _table(self, event: int, rows: list[tuple[int, Row]]) -> dict[str, Any]:
        times = Counter(shape for _, row in rows for shape in row)
        kept = [shape for shape, count in times.items() if count >= self._rows_min(shape)]
        if len(kept) > FEATURES_MAX:
            kept = sorted(kept, key=lambda shape: -times[shape])[:FEATURES_MAX]
        if len(rows) > IN_ORDER_MAX:
            rows = _neighbours_together(rows, kept)
        return {
            "type": event,
            "rows": [number for number, _ in rows],
            "features": [self._feature(event, shape, [row for _, row in rows]) for shape in kept],
        }

    def _rows_min(self, shape: int) -> int:
        return FIELD_ROWS_MIN if isinstance(self._demands.features[shape], model.FieldValue) else COMPUTED_ROWS_MIN

    def _feature(self, event: int, shape: int, rows: Iterable[Row]) -> dict[str, Any]:
        node = self._demands.features[shape]
        return {
            "slot": self._slot(event, node) if isinstance(node, model.FieldValue) else -1,
            "code": -1 if isinstance(node, model.FieldValue) else self._code(node),
            "kind": "text" if node.type.kind in (Kind.TEXT, Kind.KEY) else "number",
            "demands": [[number, _written(row[shape]), row[shape].missing] for number, row in enumerate(rows) if shape in row],
        }

    def _slot(self, event: int, node: model.FieldValue) -> int:
        name = self._layout.declared[event]["name"]
        return self._layout.slot(name, node.name, node.spelling)[1] if name in node.events else -1


def _neighbours_together(rows: list[tuple[int, Row]], features: list[int]) -> list[tuple[int, Row]]:
    """Rows that demand the same single values side by side, so that what one event can meet lies in few words of the bitmaps."""
    values: defaultdict[int, set[Any]] = defaultdict(set)
    for _, row in rows:
        for shape in features:
            if shape in row and (single := _single(row[shape])) is not None:
                values[shape].add(single)
    order = sorted(values, key=lambda shape: -len(values[shape]))

    def place(item: tuple[int, Row]) -> tuple[Any, ...]:
        number, row = item
        singles = [_single(row[shape]) if shape in row else None for shape in order]
        return (*((single is None, "" if single is None else str(single)) for single in singles), number)

    return sorted(rows, key=place)


def _written(demand: Demand) -> list[list[Any]]:
    """The stretches as JSON has them, which has no word for the infinity that comes after the greatest double."""
    return [[low, None if high == math.inf else high] for low, high in demand.stretches if low != math.inf]


def _single(demand: Demand) -> Any:
    """The one stretch's beginning, where it is the only one and bounded on both sides."""
    if demand.missing or len(demand.stretches) != 1 or None in demand.stretches[0]:
        return None
    return demand.stretches[0][0]
