"""Shapes of plain data, declared as values: what JSON may have at a place.

In: all the values that stand at one place of the plan, as one column.  Out: nothing, or `Misfit`, which names the first value that is wrong.

A column is checked as a whole (the types of all its values, the least and the greatest), which costs a few operations for a hundred thousand values;
where a value stands in the plan is only worked out when it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from reprlib import Repr
from typing import Any, Protocol

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
SHOWN_MAX = 40


class Misfit(Exception):
    """The program does not fit. `place`: where in the plan, such as `rules[3].condition`; `what`: what is wrong there."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(place, what)
        self.place = place
        self.what = what

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


_SHORT = Repr()
_SHORT.maxlevel = _SHORT.maxlist = _SHORT.maxdict = 3
_SHORT.maxstring = _SHORT.maxlong = SHOWN_MAX


def shown(value: object) -> str:
    """A value in a message, however long or deep it is."""
    text = _SHORT.repr(value)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


@dataclass(frozen=True, slots=True)
class Column:
    """All values at one place. `place`: where the one with this number stands."""

    values: Sequence[Any]
    place: Callable[[int], str]

    def refuse(self, wrong: Callable[[Any], bool], wanted: str) -> None:
        """Raises `Misfit` for the first value that is wrong."""
        for i, value in enumerate(self.values):
            if wrong(value):
                raise Misfit(self.place(i), f"must be {wanted}, and is {shown(value)}")

    def only(self, kinds: Iterable[type], wanted: str) -> None:
        """All values are of these types; `True` is no number."""
        allowed = frozenset(kinds)
        if not set(map(type, self.values)) <= allowed:
            self.refuse(lambda value: type(value) not in allowed, wanted)

    def inner(self, name: str) -> Column:
        """What each value, all being objects that have it, has under a name."""
        place = self.place
        return Column([value[name] for value in self.values], lambda i: f"{place(i)}.{name}" if place(i) else name)

    def items(self) -> Column:
        """The items of all values, all being lists."""
        return Column(list(chain.from_iterable(self.values)), lambda i: self._item(i))

    def _item(self, i: int) -> str:
        for number, value in enumerate(self.values):
            if i < len(value):
                return f"{self.place(number)}[{i}]"
            i -= len(value)
        raise IndexError(i)

    def part(self, index: int) -> Column:
        """The item with this number of each value, all being lists that have it."""
        place = self.place
        return Column([value[index] for value in self.values], lambda i: f"{place(i)}[{index}]")

    def some(self, chosen: Callable[[Any], bool]) -> Column:
        """The values for which this is so."""
        values, place = self.values, self.place

        def place_of(i: int) -> str:
            return place([number for number, value in enumerate(values) if chosen(value)][i])

        return Column([value for value in values if chosen(value)], place_of)


@dataclass(frozen=True, slots=True)
class Known:
    """What shapes may refer to: how long the lists of the plan are, and the bounds by name."""

    sizes: Mapping[str, int]
    limits: Mapping[str, int]


class Shape(Protocol):
    """What may stand at a place."""

    def check(self, column: Column, known: Known) -> None:
        """Raises `Misfit` where a value is of another shape."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    def check(self, column: Column, known: Known) -> None:
        column.only((str,), "a text")


@dataclass(frozen=True, slots=True)
class Word:
    """One of these texts."""

    words: frozenset[str]

    def check(self, column: Column, known: Known) -> None:
        wanted = "one of: " + ", ".join(sorted(self.words))
        column.only((str,), wanted)
        if not set(column.values) <= self.words:
            column.refuse(lambda value: value not in self.words, wanted)


def word(*words: str) -> Word:
    return Word(frozenset(words))


@dataclass(frozen=True, slots=True)
class Truth:
    def check(self, column: Column, known: Known) -> None:
        column.only((bool,), "true or false")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, both bounds included; a bound that is a text is the name of a limit."""

    low: int = INTEGER_MIN
    high: int | str = INTEGER_MAX

    def check(self, column: Column, known: Known) -> None:
        high = known.limits[self.high] if isinstance(self.high, str) else self.high
        why = f", which limits.{self.high} allows" if isinstance(self.high, str) else ""
        wanted = f"a whole number from {self.low} to {high}{why}"
        column.only((int,), wanted)
        values = column.values
        if values and (min(values) < self.low or max(values) > high):
            column.refuse(lambda value: not self.low <= value <= high, wanted)


@dataclass(frozen=True, slots=True)
class Real:
    """A finite number, with a fraction or without, at least `low`."""

    low: float | None = None

    def check(self, column: Column, known: Known) -> None:
        low = self.low
        wanted = "a finite number" + ("" if low is None else f", not below {low:g}")
        column.only((float, int), wanted)
        column.refuse(lambda value: not _finite(value) or (low is not None and value < low), wanted)


def _finite(value: float) -> bool:
    return isfinite(value) if isinstance(value, float) else INTEGER_MIN <= value <= INTEGER_MAX


@dataclass(frozen=True, slots=True)
class Number:
    """The number of an item of a list of the plan; with `or_none`, -1 means none."""

    of: str
    or_none: bool = False

    def check(self, column: Column, known: Known) -> None:
        low, high = -1 if self.or_none else 0, known.sizes[self.of]
        wanted = f"the number of one of the {high} {self.of}" + (", or -1" if self.or_none else "")
        column.only((int,), wanted)
        values = column.values
        if values and (min(values) < low or max(values) >= high):
            column.refuse(lambda value: not low <= value < high, wanted)


@dataclass(frozen=True, slots=True)
class Maybe:
    """The shape, or null."""

    shape: Shape

    def check(self, column: Column, known: Known) -> None:
        if None in column.values:
            column = column.some(lambda value: value is not None)
        self.shape.check(column, known)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of items of one shape. `most` is the name of a limit."""

    shape: Shape
    least: int = 0
    most: str | None = None

    def check(self, column: Column, known: Known) -> None:
        column.only((list,), "a list")
        if self.least:
            column.refuse(lambda value: len(value) < self.least, f"a list of {self.least} items or more")
        if self.most is not None:
            most = known.limits[self.most]
            for i, value in enumerate(column.values):
                if len(value) > most:
                    raise Misfit(column.place(i), f"has {len(value)} items, and limits.{self.most} allows {most}")
        self.shape.check(column.items(), known)


@dataclass(frozen=True, slots=True)
class Row:
    """A list of so many items, each of its own shape."""

    shapes: tuple[Shape, ...]

    def check(self, column: Column, known: Known) -> None:
        wanted = f"a list of {len(self.shapes)} items"
        column.only((list,), wanted)
        if not set(map(len, column.values)) <= {len(self.shapes)}:
            column.refuse(lambda value: len(value) != len(self.shapes), wanted)
        for index, shape in enumerate(self.shapes):
            shape.check(column.part(index), known)


def row(*shapes: Shape) -> Row:
    return Row(shapes)


@dataclass(frozen=True, slots=True)
class Record:
    """An object with just these fields."""

    fields: Mapping[str, Shape]

    def check(self, column: Column, known: Known) -> None:
        column.only((dict,), "an object")
        names = self.fields.keys()
        for i, value in enumerate(column.values):
            if value.keys() != names:
                missing = [name for name in names if name not in value]
                strange = [name for name in value if name not in names]
                raise Misfit(
                    column.place(i),
                    f"has no field {missing[0]!r}" if missing else f"has a field {shown(strange[0])} that is not known here",
                )
        for name, shape in self.fields.items():
            shape.check(column.inner(name), known)


@dataclass(frozen=True, slots=True)
class Entries:
    """An object of any names, whose values are of one shape."""

    shape: Shape

    def check(self, column: Column, known: Known) -> None:
        column.only((dict,), "an object")
        pairs = [(i, name) for i, value in enumerate(column.values) for name in value]
        values = [value for entry in column.values for value in entry.values()]
        self.shape.check(Column(values, lambda i: f"{column.place(pairs[i][0])}[{shown(pairs[i][1])}]"), known)


@dataclass(frozen=True, slots=True)
class Either:
    """Of the first shape where the value is a text, or an object that has `name`; else of the second."""

    name: str | None
    first: Shape
    second: Shape

    def check(self, column: Column, known: Known) -> None:
        name = self.name

        def chosen(value: Any) -> bool:
            return isinstance(value, str) if name is None else isinstance(value, dict) and name in value

        self.first.check(column.some(chosen), known)
        self.second.check(column.some(lambda value: not chosen(value)), known)


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever JSON has; what it must be depends on what stands beside it, and is seen to in meaning.py."""

    def check(self, column: Column, known: Known) -> None:
        pass
