"""Units to one program: every number within a unit becomes the program's.

In: the units of a rule set, in the order of its rules.  Out: the lists of the plan that units share in, as JSON, and the words of the code.

What units have in common (constants, histories, aggregates, code that is for all who ask, memos) stands in the program once, and has the number that
it would have if all rules were one unit: things are numbered in the order in which they are met.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from rulelang.emit.code import POOLS
from rulelang.emit.templates import Template
from rulelang.emit.unit import AGGREGATE, CALENDAR, CODE, HISTORY, PATTERN, PROCEDURE, Run, Unit


class Numbers:
    """Numbers by text, in the order in which the texts are met."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._numbers = {text: number for number, text in enumerate(texts)}

    def of(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def text(self) -> str:
        """The list of all of them as JSON."""
        return f"[{','.join(self._numbers)}]"


class _Placed:
    """A unit while it is put into the program: what its numbers become. `known` goes by the letters of templates, `tables` by pools."""

    def __init__(self, unit: Unit, tables: dict[str, list[int]], histories: list[int], procedures: list[int]) -> None:
        self.unit = unit
        self.codes: list[int] = []
        self.aggregates: list[int] = []
        self.patterns: list[int] = []
        self.tables = {**tables, "aggregate": self.aggregates, "pattern": self.patterns}
        self.known = {
            CODE: self.codes,
            AGGREGATE: self.aggregates,
            PATTERN: self.patterns,
            HISTORY: histories,
            CALENDAR: tables["calendar"],
            PROCEDURE: procedures,
        }


class Linker:
    """Puts units into a program, one after the other."""

    def __init__(self, calendars: Iterable[str], tables: Iterable[str], histories: Iterable[str], procedure: Callable[[str], int]) -> None:
        """`calendars`, `tables`: names as JSON, which have their numbers already. `procedure`: that of a rule's warnings."""
        self._procedure = procedure
        self.words = array("i")
        self.entries: list[str] = []
        self.rules: list[str] = []
        self.pools = {name: Numbers() for name in POOLS} | {"calendar": Numbers(calendars), "table": Numbers(tables)}
        self.histories = Numbers(histories)
        self.aggregates = Numbers()
        self.patterns = Numbers()
        self.memos: dict[Hashable, int] = {}
        self._codes = 0
        self._shared: dict[Hashable, int] = {}
        self._late: dict[Hashable, tuple[Run, _Placed]] = {}

    def put(self, unit: Unit) -> None:
        """A unit, after those before it."""
        tables = {pool: [numbers.of(text) for text in unit.pools[pool]] for pool, numbers in self.pools.items()}
        memos = self.memos
        tables["memo"] = [memos.setdefault(name, len(memos)) for name in unit.memos]
        procedures = [self._procedure(name) for name in unit.named]
        placed = _Placed(unit, tables, [self.histories.of(text) for text in unit.histories], procedures)
        for run in unit.runs:
            if run.late:
                assert run.shared is not None
                self._late.setdefault(run.shared, (run, placed))
            elif run.shared is None:
                self._ask(placed, run.aggregates, run.patterns)
                placed.codes.extend(range(self._codes, self._codes + run.codes))
                self._place(run, placed)
            else:
                placed.codes.append(self._once(run, placed))
        self._ask(placed, len(unit.aggregates), len(unit.patterns))
        if unit.rules.text:
            self.rules.append(unit.rules.filled(placed.known))

    def code(self, feature: Hashable) -> int:
        """The number of the code that computes a feature, once all units are put."""
        shared = (feature, None)
        if shared in self._shared:
            return self._shared[shared]
        return self._once(*self._late[shared])

    def _once(self, run: Run, placed: _Placed) -> int:
        """The number of code that is for all who ask."""
        found = self._shared.get(run.shared)
        if found is None:
            found = self._shared[run.shared] = self._codes
            self._place(run, placed)
        return found

    def _place(self, run: Run, placed: _Placed) -> None:
        """Writes a run behind all that is written."""
        start = len(self.words)
        words = _integers(run.words)
        if start:
            for target in _integers(run.jumps):
                words[target] += start
        for pool, (places, numbers) in run.operands.items():
            table = placed.tables[pool]
            for at, number in zip(_integers(places), _integers(numbers), strict=True):
                words[at] = table[number]
        self.words.extend(words)
        self.entries.append(run.entries % tuple([start + number for number in _integers(run.numbers)]))
        self._codes += run.codes

    def _ask(self, placed: _Placed, aggregates: int, patterns: int) -> None:
        """Numbers the first so many aggregates and patterns of a unit. The code that they speak of is written before that which speaks of them."""
        _fill(placed.aggregates, placed.unit.aggregates[:aggregates], self.aggregates, placed.known)
        _fill(placed.patterns, placed.unit.patterns[:patterns], self.patterns, placed.known)


def _fill(numbers: list[int], templates: Sequence[Template], known: Numbers, placed: Any) -> None:
    numbers.extend([known.of(template.filled(placed)) for template in templates[len(numbers) :]])


def _integers(data: bytes) -> array[int]:
    integers = array("i")
    integers.frombytes(data)
    return integers
