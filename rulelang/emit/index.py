"""The index of the rules that are looked at on single events: from what is known of an event to the few rules that can hold.

In: the rules' conditions, unit by unit.  Out: for each event type a table of rows and features (docs/program.md says how it is written). The engine
turns it into bitmaps: for every stretch of values of a feature, the rows that are still possible; it then intersects those of the event's values.

A feature is kept where it earns its look-up: a field that several rows make demands on, or something computed that many do.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Feature:
    """`kind`: text or number. `slots`: of a field, by event type; None: it is computed."""

    name: Hashable
    kind: str
    slots: Mapping[int, int] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules of one unit demand. Features by their numbers in `features`.

    `rows`: of each row the rule, by its number in the unit; the demands as JSON, but for its beginning, by feature; and by feature the one stretch's
    beginning as a text, where it is the only one and bounded on both sides. `types`: by event type the rows, by their numbers in `rows`.
    """

    features: tuple[Feature, ...]
    rows: tuple[tuple[int, tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]], ...]
    types: Mapping[int, tuple[int, ...]]


class Wanting:
    """Gathers what the rules of one unit demand."""

    def __init__(self, layout: Layout, shapes: Shapes) -> None:
        self._layout = layout
        self._shapes = shapes
        self._demands = Demands(shapes)
        self._numbers: dict[int, int] = {}
        self._rows: list[tuple[int, tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]] = []
        self._types: dict[int, list[int]] = {}

    def add(self, number: int, rule: model.Rule) -> None:
        """A rule, by its number in the unit."""
        first = len(self._rows)
        self._rows += [self._row(number, row) for row in self._demands.rows(rule.condition)]
        for event in dict.fromkeys(anchor.event for anchor in rule.anchors.events):
            self._types.setdefault(self._layout.numbers[event], []).extend(range(first, len(self._rows)))

    def wanted(self) -> Wanted:
        types = {event: tuple(rows) for event, rows in self._types.items()}
        return Wanted(tuple([self._feature(shape) for shape in self._numbers]), tuple(self._rows), types)

    @property
    def computed(self) -> dict[Hashable, model.Expression]:
        """The features that are computed, by name."""
        nodes = {shape: self._demands.features[shape] for shape in self._numbers}
        return {self._shapes.name(shape): node for shape, node in nodes.items() if not isinstance(node, model.FieldValue)}

    def _row(self, number: int, row: Row) -> tuple[int, tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
        demands, singles = [], []
        for shape, demand in row.items():
            feature = self._numbers.setdefault(shape, len(self._numbers))
            demands.append((feature, _written(demand)))
            if (single := _single(demand)) is not None:
                singles.append((feature, str(single)))
        return number, tuple(demands), tuple(singles)

    def _feature(self, shape: int) -> Feature:
        node = self._demands.features[shape]
        kind = "text" if node.type.kind in (Kind.TEXT, Kind.KEY) else "number"
        slots = {event: self._slot(event, node) for event in self._types} if isinstance(node, model.FieldValue) else None
        return Feature(self._shapes.name(shape), kind, slots)

    def _slot(self, event: int, node: model.FieldValue) -> int:
        name = self._layout.declared[event]["name"]
        return self._layout.slot(name, node.name, node.spelling)[1] if name in node.events else -1


class Index:
    """What all units demand."""

    def __init__(self, units: Sequence[Wanted]) -> None:
        self._units = units
        self._features: dict[Hashable, Feature] = {}
        for unit in units:
            for feature in unit.features:
                self._features.setdefault(feature.name, feature)
        self._slots: dict[tuple[Hashable, int], int] = {
            (feature.name, event): slot for unit in units for feature in unit.features for event, slot in (feature.slots or {}).items()
        }
        events = sorted({event for unit in units for event in unit.types})
        self._kept = {event: self._kept_of(event) for event in events}

    @property
    def computed(self) -> Set[Hashable]:
        """The names of the features that are kept and have to be computed."""
        return {name for kept in self._kept.values() for name in kept if self._features[name].slots is None}

    def _kept_of(self, event: int) -> list[Hashable]:
        """The features of an event type, in the order in which the rows speak of them."""
        times: Counter[Hashable] = Counter()
        for unit in self._units:
            rows = unit.rows
            own = Counter([feature for row in unit.types.get(event, ()) for feature, _ in rows[row][1]])
            for feature, count in own.items():
                times[unit.features[feature].name] += count
        kept = [name for name, count in times.items() if count >= self._rows_min(name)]
        return kept if len(kept) <= FEATURES_MAX else sorted(kept, key=lambda name: -times[name])[:FEATURES_MAX]

    def _rows_min(self, name: Hashable) -> int:
        return COMPUTED_ROWS_MIN if self._features[name].slots is None else FIELD_ROWS_MIN

    def text(self, firsts: Sequence[int], code: Callable[[Hashable], int]) -> str:
        """The index as JSON. `firsts`: the number of the first rule of each unit; `code`: that of a computed feature."""
        return f"[{','.join([self._table(event, firsts, code) for event in self._kept])}]"

    def _table(self, event: int, firsts: Sequence[int], code: Callable[[Hashable], int]) -> str:
        kept = self._kept[event]
        places = {name: place for place, name in enumerate(kept)}
        # Each row: its rule, its demands, and the unit's features as places among those that are kept.
        rows = []
        for unit, first in zip(self._units, firsts, strict=True):
            of = [places.get(feature.name, -1) for feature in unit.features]
            rows += [
                (first + rule, demands, singles, of) for rule, demands, singles in [unit.rows[row] for row in unit.types.get(event, ())]
            ]
        if len(rows) > IN_ORDER_MAX:
            rows = _neighbours_together(rows, len(kept))
        demanded: list[list[str]] = [[] for _ in kept]
        for number, (_, demands, _, of) in enumerate(rows):
            for feature, text in demands:
                place = of[feature]
                if place >= 0:
                    demanded[place].append(f"[{number},{text}")
        features = [self._feature_text(event, name, code, texts) for name, texts in zip(kept, demanded, strict=True)]
        return f'{{"type":{event},"rows":[{",".join([str(row[0]) for row in rows])}],"features":[{",".join(features)}]}}'

    def _feature_text(self, event: int, name: Hashable, code: Callable[[Hashable], int], demands: Iterable[str]) -> str:
        feature = self._features[name]
        slot = -1 if feature.slots is None else self._slots[name, event]
        number = code(name) if feature.slots is None else -1
        return f'{{"slot":{slot},"code":{number},"kind":"{feature.kind}","demands":[{",".join(demands)}]}}'


_Placed = tuple[int, tuple[tuple[int, str], ...], tuple[tuple[int, str], ...], list[int]]


def _neighbours_together(rows: list[_Placed], kept: int) -> list[_Placed]:
    """Rows that demand the same single values side by side, so that what one event can meet lies in few words of the bitmaps."""
    values: list[set[str]] = [set() for _ in range(kept + 1)]  # the last: of features that are not kept
    for _, _, singles, of in rows:
        for feature, single in singles:
            values[of[feature]].add(single)
    order = sorted(range(kept), key=lambda place: -len(values[place]))
    ranks = [0] * (kept + 1)
    for rank, feature in enumerate(order):
        ranks[feature] = rank

    def place(row: _Placed) -> tuple[list[tuple[int, str]], int]:
        rule, _, singles, of = row
        # A row that demands no single value of a feature comes after those that do: the next feature's number is greater.
        key = [(ranks[of[feature]], single) for feature, single in singles if of[feature] >= 0]
        if len(key) > 1:
            key.sort()
        key.append((kept, ""))
        return key, rule

    return sorted(rows, key=place)


def _written(demand: Demand) -> str:
    """The stretches and whether the value may be missing, as JSON has them, which has no word for the infinity after the greatest double."""
    stretches = [f"[{_bound(low)},{_bound(None if high == math.inf else high)}]" for low, high in demand.stretches if low != math.inf]
    return f"[{','.join(stretches)}],{'true' if demand.missing else 'false'}]"


def _bound(value: Any) -> str:
    if value is None:
        return "null"
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _single(demand: Demand) -> Any:
    """The one stretch's beginning, where it is the only one and bounded on both sides."""
    if demand.missing or len(demand.stretches) != 1 or None in demand.stretches[0]:
        return None
    return demand.stretches[0][0]
