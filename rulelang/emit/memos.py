"""Equal parts of conditions about one event, which are computed once for each event.

In: the conditions of rules that are looked at on single events.  Out: which of their parts stand in several places, in whichever unit; and for such a
part the number of its memo within its unit. A part that is no dearer than the memo's own two instructions has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass

from rulelang import model
from rulelang.emit.shape import Part, Shapes, parts

DEAR_FROM = 4
"""Nodes of a part from which on it is worth remembering: a field compared with a constant is three."""
_CHEAP = (model.Constant, model.FieldValue)


@dataclass(frozen=True, slots=True)
class Dear:
    """The dear parts of a unit's conditions, by name, each once: how many conditions are just that, and which dear parts it is made of."""

    names: tuple[Hashable, ...]
    conditions: tuple[int, ...]
    made_of: tuple[tuple[int, ...], ...]


class Gathering:
    """Gathers the dear parts of one unit."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._sizes: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self._conditions: list[int] = []
        self._made_of: list[tuple[int, ...]] = []

    def add(self, condition: model.Expression) -> None:
        number = self._part(condition)
        if number is not None:
            self._conditions[number] += 1

    def dear(self) -> Dear:
        names = tuple([self._shapes.name(shape) for shape in self._numbers])
        return Dear(names, tuple(self._conditions), tuple(self._made_of))

    @property
    def shapes(self) -> Iterable[int]:
        """The shapes of the dear parts, in the order of their names."""
        return self._numbers

    def _part(self, node: Part) -> int | None:
        """The number of a dear part; None: it is cheap, and so is all that it is made of."""
        if type(node) in _CHEAP:
            return None
        shape = self._shapes.of(node)
        number = self._numbers.get(shape)
        if number is None and self._size(node, shape) >= DEAR_FROM:
            number = self._numbers[shape] = len(self._numbers)
            self._conditions.append(0)
            self._made_of.append(())
            self._made_of[number] = tuple([part for of in parts(node) if (part := self._part(of)) is not None])
        return number

    def _size(self, node: Part, shape: int) -> int:
        found = self._sizes.get(shape)
        if found is None:
            found = self._sizes[shape] = 1 + sum([self._size(part, self._shapes.of(part)) for part in parts(node)])
        return found


def several(units: Iterable[Dear]) -> Set[Hashable]:
    """The names of the parts that stand in several places. What a part is made of is computed with it, so it counts once."""
    times: Counter[Hashable] = Counter()
    known: set[Hashable] = set()
    for unit in units:
        names = unit.names
        for name, conditions, made_of in zip(names, unit.conditions, unit.made_of, strict=True):
            if conditions:
                times[name] += conditions
            if name not in known:
                known.add(name)
                for part in made_of:
                    times[names[part]] += 1
    return {name for name, count in times.items() if count > 1}


class Memos:
    """Numbers of memos in a unit, for the parts that stand in several places."""

    def __init__(self, shapes: Shapes, names: Mapping[int, Hashable]) -> None:
        """`names`: of those parts, by shape."""
        self._shapes = shapes
        self._names = names
        self._numbers: dict[Hashable, int] = {}

    def memo(self, node: model.Expression) -> int | None:
        """The memo of a part; None: it has none."""
        if type(node) in _CHEAP:
            return None
        name = self._names.get(self._shapes.of(node))
        return None if name is None else self._numbers.setdefault(name, len(self._numbers))

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Of those that were asked for, by number."""
        return tuple(self._numbers)
