"""Kinds of values, and what each instruction takes and leaves.

In: nothing.  Out: `SIGNATURES`, made of the table below: one line for each instruction, alternatives apart by `|`.

A kind is that of a value when it is present: every value may be missing. `nothing` is the kind of what is always missing; it goes for any kind.
The machine keeps texts as pointers and numbers as doubles, and does not ask which it has: that each instruction gets the kinds that it is written for
is seen to here. In the table `x` stands for any one kind, `w` for any one that is a whole number inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.instructions import BY_NAME

BOOLEAN, INTEGER, NUMBER, TEXT, TIME, DURATION, DATE = KINDS = ("boolean", "integer", "number", "text", "time", "duration", "date")
NOTHING = "nothing"
NUMERIC = "number or integer"
"""Taken where a number is looked for among others: an integer equals it."""
WHOLES = (BOOLEAN, INTEGER, TIME, DURATION, DATE)
TAGS = {1: BOOLEAN, 2: INTEGER, 3: NUMBER, 4: TEXT, 5: TIME, 6: DURATION, 7: DATE}
"""What the operand `kind` of an instruction says (the tags of engine/values.pxd)."""

SHOWN_MAX = 6


def kind_of(word: str) -> str:
    """The kind that a word of the plan means: a key is a text inside, and `missing` nothing."""
    return TEXT if word == "key" else NOTHING if word == "missing" else word


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds that are taken from the stack, the top at the right, and the one that is left."""

    taken: tuple[str, ...]
    left: str


TABLE = """
JUMP_FALSE              boolean -> boolean
JUMP_TRUE               boolean -> boolean
JUMP_PRESENT            x -> x
MOMENT                  -> time
AND                     boolean boolean -> boolean
OR                      boolean boolean -> boolean
NOT                     boolean -> boolean
OR_ELSE                 x x -> x
IS_PRESENT              x -> boolean
IS_MISSING              x -> boolean
EQUAL_INTEGER           w w -> boolean
UNEQUAL_INTEGER         w w -> boolean
LESS_INTEGER            w w -> boolean
LESS_EQUAL_INTEGER      w w -> boolean
GREATER_INTEGER         w w -> boolean
GREATER_EQUAL_INTEGER   w w -> boolean
EQUAL_NUMBER            number number -> boolean
UNEQUAL_NUMBER          number number -> boolean
LESS_NUMBER             number number -> boolean
LESS_EQUAL_NUMBER       number number -> boolean
GREATER_NUMBER          number number -> boolean
GREATER_EQUAL_NUMBER    number number -> boolean
EQUAL_TEXT              text text -> boolean
UNEQUAL_TEXT            text text -> boolean
LESS_TEXT               text text -> boolean
LESS_EQUAL_TEXT         text text -> boolean
GREATER_TEXT            text text -> boolean
GREATER_EQUAL_TEXT      text text -> boolean
BETWEEN_INTEGER         w w w -> boolean
BETWEEN_NUMBER          number number number -> boolean
BETWEEN_TEXT            text text text -> boolean
ADD_INTEGER             integer integer -> integer | time duration -> time | duration time -> time | duration duration -> duration
SUBTRACT_INTEGER        integer integer -> integer | time duration -> time | time time -> duration | duration duration -> duration
MULTIPLY_INTEGER        integer integer -> integer
MODULO_INTEGER          integer integer -> integer | duration duration -> duration
NEGATE_INTEGER          integer -> integer | duration -> duration
ABSOLUTE_INTEGER        integer -> integer | duration -> duration
SUBTRACT_DATE           date date -> duration
ADD_NUMBER              number number -> number
SUBTRACT_NUMBER         number number -> number
MULTIPLY_NUMBER         number number -> number
DIVIDE_NUMBER           number number -> number
MODULO_NUMBER           number number -> number
NEGATE_NUMBER           number -> number
TO_NUMBER               integer -> number
MULTIPLY_DURATION       duration number -> duration
DIVIDE_DURATION         duration number -> duration
RATIO_DURATION          duration duration -> number
ABSOLUTE_NUMBER         number -> number
ROUND                   number -> number
FLOOR                   number -> number
CEILING                 number -> number
LEAST_INTEGER           w w -> w
GREATEST_INTEGER        w w -> w
LEAST_NUMBER            number number -> number
GREATEST_NUMBER         number number -> number
LEAST_TEXT              text text -> text
GREATEST_TEXT           text text -> text
LIKE                    text -> boolean
MATCHES                 text -> boolean
STARTS_WITH             text text -> boolean
ENDS_WITH               text text -> boolean
CONTAINS                text text -> boolean
LENGTH                  text -> integer
LOWER                   text -> text
UPPER                   text -> text
TRIM                    text -> text
NORMALISE               text -> text
DAY                     time -> date
HOUR                    time -> integer
MINUTE                  time -> integer
WEEKDAY                 time -> integer | date -> integer
DAY_OF_MONTH            time -> integer | date -> integer
MONTH                   time -> integer | date -> integer
YEAR                    time -> integer | date -> integer
DURING                  time -> boolean
"""

BY_OPERAND = frozenset(
    {"CONSTANT", "FIELD", "THIS_FIELD", "AGGREGATE", "PATTERN", "MEMO_GET", "MEMO_SET", "RETURN", "IN_SET", "LOOK_UP"},
)
"""Instructions whose kinds follow from what their operand refers to, or from the code around: code.py knows them by name."""


def _written(alternative: str) -> Iterator[Signature]:
    """One alternative of the table, once for each kind that its variable stands for."""
    taken, left = alternative.split("->")
    variables = {"x": KINDS, "w": WHOLES}
    variable = next((name for name in variables if name in taken.split()), None)
    for kind in variables[variable] if variable else ("",):
        said = [kind if word == variable else word for word in [*taken.split(), left.strip()]]
        yield Signature(tuple(said[:-1]), said[-1])


def _read(table: str) -> dict[int, tuple[Signature, ...]]:
    found = {}
    for line in table.strip().splitlines():
        name, _, alternatives = line.partition(" ")
        found[BY_NAME[name].number] = tuple(signature for part in alternatives.split("|") for signature in _written(part))
    return found


SIGNATURES = _read(TABLE)
"""By the number of the instruction."""


def fits(given: str, wanted: str) -> bool:
    return given in (wanted, NOTHING) or (wanted == NUMERIC and given in (NUMBER, INTEGER))


class Stacks:
    """Stacks of kinds, as numbers: what was pushed on the same stack is the same stack, so that a step costs the same however deep it is."""

    EMPTY = 0

    def __init__(self) -> None:
        self.below = [0]
        self.top = [""]
        self.depth = [0]
        self._pushed: dict[tuple[int, str], int] = {}

    def push(self, stack: int, kind: str) -> int:
        """The stack with one more on it."""
        found = self._pushed.get((stack, kind))
        if found is None:
            found = self._pushed[stack, kind] = len(self.top)
            self.below.append(stack)
            self.top.append(kind)
            self.depth.append(self.depth[stack] + 1)
        return found

    def upper(self, stack: int, count: int) -> tuple[int, list[str]]:
        """What is below so many values, which there are; and their kinds, the top at the right."""
        kinds = []
        for _ in range(count):
            kinds.append(self.top[stack])
            stack = self.below[stack]
        return stack, kinds[::-1]

    def joined(self, left: int, right: int) -> int | None:
        """What is on the stack where two ways meet; None: they do not go together."""
        if self.depth[left] != self.depth[right]:
            return None
        apart = []
        while left != right:
            a, b = self.top[left], self.top[right]
            if not (fits(a, b) or fits(b, a)):
                return None
            apart.append(b if a == NOTHING else a)
            left, right = self.below[left], self.below[right]
        for kind in reversed(apart):
            left = self.push(left, kind)
        return left

    def text(self, stack: int) -> str:
        """The kinds, for a message: the last few where there are many."""
        _, kinds = self.upper(stack, min(self.depth[stack], SHOWN_MAX))
        return "[" + "… " * (self.depth[stack] > SHOWN_MAX) + " ".join(map(said, kinds)) + "]"


def said(kind: str) -> str:
    """A kind in a message."""
    return "a missing value" if kind == NOTHING else kind
