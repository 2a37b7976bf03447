"""Expressions to code for the stack machine of docs/bytecode.md.

In: expressions of the model, and what the rule set knows of aggregates and patterns.  Out: runs of 32-bit words, and for each stretch of them where it
begins, how deep its stack is, what kind of value it leaves, and which words finish which part of the rule file (its marks). What the words refer to
by number has its numbers within the unit; the linker gives the program's (see `rulelang.emit.link`).

Equal expressions share one stretch of code where nobody asks which of them is meant (`shared`); equal parts of conditions about one event
share a memo (see `Memos`).
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol

from rulelang import model
from rulelang.emit.instructions import INSTRUCTIONS
from rulelang.emit.memos import Memos
from rulelang.emit.pool import Layout, Pool
from rulelang.emit.shape import Shapes
from rulelang.model import Kind
from rulelang.syntax import Span

TAGS = {
    Kind.BOOLEAN: 1,
    Kind.INTEGER: 2,
    Kind.NUMBER: 3,
    Kind.TEXT: 4,
    Kind.KEY: 4,
    Kind.TIME: 5,
    Kind.DURATION: 6,
    Kind.DATE: 7,
}
UNIT_US = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000}
TEXTS = (Kind.TEXT, Kind.KEY)
COMPARISONS = {
    "==": "EQUAL",
    "!=": "UNEQUAL",
    "<": "LESS",
    "<=": "LESS_EQUAL",
    ">": "GREATER",
    ">=": "GREATER_EQUAL",
}
PARTS_OF_TIME = {"hour": "HOUR", "minute": "MINUTE", "weekday": "WEEKDAY", "day": "DAY_OF_MONTH", "month": "MONTH", "year": "YEAR"}
OF_TEXT = {"length": "LENGTH", "lower": "LOWER", "upper": "UPPER", "trim": "TRIM"}
ROUNDINGS = {"round": "ROUND", "floor": "FLOOR", "ceil": "CEILING"}

POOLS = ("constant", "set", "glob", "regex", "access", "calendar", "table")
"""What words refer to by number and a unit has a list of."""
_RELOCATED = (*POOLS, "aggregate", "pattern", "memo")
_INSTRUCTIONS = {
    i.name: (i.number, i.taken, i.left, i.operands[0] if i.operands and i.operands[0] in _RELOCATED else None) for i in INSTRUCTIONS
}
"""By name: number, values taken and left, and the pool that the first operand is a number of."""


class Questions(Protocol):
    """Who gives aggregates and patterns their numbers, for the rule whose code is made."""

    def aggregate(self, node: model.Aggregate) -> int: ...

    def pattern(self, node: model.PatternTest) -> int: ...


class Stretches:
    """Stretches of code one after the other, while they are written: what the linker moves as a whole."""

    def __init__(self, shared: tuple[Hashable, str | None] | None) -> None:
        self.shared = shared
        self.codes = 0
        self.words = array("i")
        self.jumps = array("i")
        self.operands: dict[str, tuple[array[int], array[int]]] = {}
        self.texts: list[str] = []
        self.numbers = array("i")
        self.aggregates = self.patterns = 0  # how many of the unit's they may speak of, once no more is written

    def append(self, writing: _Writing, kind: Kind, node: model.Expression, place: Callable[[Span], str]) -> None:
        """One more stretch: what was written, which gives this kind of value."""
        start = len(self.words)
        words = writing.words
        for target in writing.targets:
            words[target] += start
        self.words.extend(words)
        self.jumps.extend([target + start for target in writing.targets])
        for pool, at in writing.operands:
            places, numbers = self.operands.setdefault(pool, (array("i"), array("i")))
            places.append(at + start)
            numbers.append(words[at])
        marks = ",".join([f"[%d,{place(span)}]" for _, span in writing.marks])
        self.texts.append(f'{{"start":%d,"kind":"{kind.value}","stack":{writing.deepest},"span":{place(node.span)},"marks":[{marks}]}}')
        self.numbers.append(start)
        self.numbers.extend([at + start for at, _ in writing.marks])
        self.codes += 1


class Codes:
    """All code of one unit."""

    def __init__(self, layout: Layout, entities: Mapping[str, int], shapes: Shapes) -> None:
        self.layout = layout
        self.entities = entities
        self.shapes = shapes
        self.runs: list[Stretches] = []
        self.aggregates = Pool()
        self.patterns = Pool()
        self.pools = {name: Pool() for name in POOLS}
        self._count = 0
        self._shared: dict[Hashable, int] = {}
        self._files: dict[str, str] = {}

    def add(self, node: model.Expression, questions: Questions, as_kind: Kind | None = None, memos: Memos | None = None) -> int:
        """The number of new code for an expression. `as_kind` number: an integer is made one."""
        writing = self._written(node, questions, as_kind, memos)
        # Only now is it known where the code stands: what it asks for may have been written meanwhile.
        if not self.runs or self.runs[-1].shared is not None:
            self._begin(None)
        return self._put(writing, node, as_kind)

    def shared(self, node: model.Expression, questions: Questions, as_kind: Kind | None = None) -> int:
        """The number of code for an expression, one for all that are equal."""
        shape = self.shapes.of(node)
        found = self._shared.get((shape, as_kind))
        if found is None:
            writing = self._written(node, questions, as_kind, None)
            self._begin((self.shapes.name(shape), as_kind and as_kind.value))
            found = self._shared[shape, as_kind] = self._put(writing, node, as_kind)
        return found

    def _begin(self, shared: tuple[Hashable, str | None] | None) -> None:
        self.end()
        self.runs.append(Stretches(shared))

    def end(self) -> None:
        """No more is written to what was written last."""
        if self.runs:
            self.runs[-1].aggregates, self.runs[-1].patterns = len(self.aggregates.items), len(self.patterns.items)

    def _written(self, node: model.Expression, questions: Questions, as_kind: Kind | None, memos: Memos | None) -> _Writing:
        writing = _Writing(self, questions, memos)
        writing.value(node, as_kind or node.type.kind)
        writing.put("RETURN")
        return writing

    def _put(self, writing: _Writing, node: model.Expression, as_kind: Kind | None) -> int:
        self.runs[-1].append(writing, as_kind or node.type.kind, node, self._place)
        self._count += 1
        return self._count - 1

    def _place(self, span: Span) -> str:
        """A place as JSON, in a text that is filled in by `%`."""
        file = self._files.get(span.file)
        if file is None:
            file = self._files[span.file] = json.dumps(span.file, ensure_ascii=False).replace("%", "%%")
        return f"[{file},{span.start},{span.end}]"

    def constant(self, kind: str, value: Any) -> int:
        # 1 == 1.0 == True in Python, and 0.0 == -0.0; they are different constants.
        return self.pools["constant"].number((kind, repr(value)), [kind, value])


def _is_silent(node: model.Expression) -> bool:
    """Whether the node is a conversion that nobody wrote: a time as its day, a text as a key. What was written is its operand."""
    match node:
        case model.Normalise():
            return True
        case model.Call(function="date", arguments=(operand,)):
            return node.span == operand.span
    return False


class _Writing:
    """One expression being written."""

    def __init__(self, codes: Codes, questions: Questions, memos: Memos | None) -> None:
        self._codes = codes
        self._questions = questions
        self._memos = memos
        self._depth = 0
        self._latest = 0  # the word of the last instruction
        self.deepest = 0
        self.words: list[int] = []
        self.targets: list[int] = []  # the words that hold the targets of jumps
        self.operands: list[tuple[str, int]] = []  # the pools that words refer to, and the words
        self.marks: list[tuple[int, Span]] = []

    # ------------------------------------------------------------------ words

    def put(self, name: str, *operands: int, taken: int | None = None) -> int:
        """One instruction; gives the index of its first word."""
        number, takes, left, pool = _INSTRUCTIONS[name]
        words = self.words
        at = self._latest = len(words)
        words.append(number)
        if operands:
            words.extend(operands)
            if pool is not None:
                self.operands.append((pool, at + 1))
        self._depth += left - (takes if taken is None else taken)
        if self._depth > self.deepest:
            self.deepest = self._depth
        return at

    def _jump(self, name: str, *operands: int) -> int:
        """A jump whose target is not known yet; gives the index of the word that will hold it."""
        self.put(name, *operands, 0)
        self.targets.append(len(self.words) - 1)
        return len(self.words) - 1

    def _land(self, *jumps: int) -> None:
        for jump in jumps:
            self.words[jump] = len(self.words)

    def _mark(self, at: int, node: model.Expression) -> None:
        self.marks.append((at, node.span))

    def _unmarked(self, node: model.Expression, kind: Kind) -> None:
        """A value that no words of the file stand for."""
        known = len(self.marks)
        self.value(node, kind)
        del self.marks[known:]

    # ------------------------------------------------------------------ expressions

    def value(self, node: model.Expression, kind: Kind) -> None:
        """The value as a kind: an integer as a number, a time as its day, else as it is."""
        if isinstance(node, model.Constant):
            self._constant(node, kind)
            return
        memo = None if self._memos is None else self._memos.memo(node)
        if memo is None:
            self._plain(node)
        else:
            end = self._jump("MEMO_GET", memo)
            self._depth -= 1
            self._plain(node)
            self.put("MEMO_SET", memo)
            self._land(end)
        if kind is Kind.NUMBER and node.type.kind is Kind.INTEGER:
            self.put("TO_NUMBER")
        elif kind is Kind.DATE and node.type.kind is Kind.TIME:
            self.put("DAY")

    def _plain(self, node: model.Expression) -> None:
        match node:
            case model.FieldValue():
                at = self._field(node)
            case model.Moment():
                at = self.put("MOMENT")
            case model.Not(operand=operand):
                self.value(operand, Kind.BOOLEAN)
                at = self.put("NOT")
            case model.Logic():
                at = self._logic(node)
            case model.Compare():
                at = self._compare(node.op, node.left, node.right)
            case model.In():
                at = self._in(node)
            case model.Between():
                at = self._between(node)
            case model.TextTest():
                at = self._text_test(node)
            case model.Presence(operand=operand, missing=missing):
                self.value(operand, operand.type.kind)
                at = self.put("IS_MISSING" if missing else "IS_PRESENT")
            case model.CalendarTest(operand=operand, calendar=calendar, inside=inside):
                self.value(operand, Kind.TIME)
                at = self.put("DURING", self._codes.pools["calendar"].number(calendar, calendar))
                if not inside:
                    at = self.put("NOT")
            case model.Arithmetic():
                at = self._arithmetic(node)
            case model.Negate(operand=operand):
                self.value(operand, node.type.kind)
                at = self.put("NEGATE_NUMBER") if node.type.kind is Kind.NUMBER else self.put("NEGATE_INTEGER", TAGS[node.type.kind])
            case model.OrElse(operand=operand, default=default):
                self.value(operand, node.type.kind)
                end = self._jump("JUMP_PRESENT")
                self.value(default, node.type.kind)
                at = self.put("OR_ELSE")
                self._land(end)
            case model.Call():
                at = self._call(node)
            case model.Normalise(entity=entity, operand=operand):
                self.value(operand, Kind.TEXT)
                at = self.put("NORMALISE", self._codes.entities[entity])
            case model.TableLookup(table=table, arguments=arguments, at=day):
                for argument in arguments:
                    self.value(argument, argument.type.kind)
                self._unmarked(day, Kind.DATE)
                at = self.put("LOOK_UP", self._codes.pools["table"].number(table, table), taken=len(arguments) + 1)
            case model.Aggregate():
                at = self.put("AGGREGATE", self._questions.aggregate(node))
            case model.PatternTest():
                at = self.put("PATTERN", self._questions.pattern(node))
            case _:
                raise TypeError(f"no code for {type(node).__name__}")
        if not _is_silent(node):
            self._mark(at, node)

    def _constant(self, node: model.Constant, kind: Kind) -> None:
        value: Any = node.value
        if value is None:
            number = self._codes.constant("missing", None)
        elif kind is Kind.NUMBER:
            number = self._codes.constant("number", float(value))
        elif kind is Kind.DATE and node.type.kind is Kind.TIME:
            self._mark(self.put("CONSTANT", self._codes.constant("time", value)), node)
            self.put("DAY")
            return
        else:
            number = self._codes.constant(node.type.kind.value, value)
        self._mark(self.put("CONSTANT", number), node)

    def _field(self, node: model.FieldValue) -> int:
        slots = tuple(self._codes.layout.slot(event, node.name, node.spelling) for event in node.events)
        access = self._codes.pools["access"].number(slots, [list(pair) for pair in slots])
        return self.put("THIS_FIELD" if node.of == "this" else "FIELD", access)

    def _logic(self, node: model.Logic) -> int:
        jump, join = ("JUMP_FALSE", "AND") if node.op == "and" else ("JUMP_TRUE", "OR")
        self.value(node.operands[0], Kind.BOOLEAN)
        jumps = []
        for operand in node.operands[1:]:
            jumps.append(self._jump(jump))
            self.value(operand, Kind.BOOLEAN)
            at = self.put(join)
        # All jumps lead past the last join: a value that decides passes through every join unchanged.
        self._land(*jumps)
        return at

    def _compare(self, op: str, left: model.Expression, right: model.Expression) -> int:
        kind = _common(left.type.kind, right.type.kind)
        self.value(left, kind)
        self.value(right, kind)
        return self.put(f"{COMPARISONS[op]}_{_family(kind)}")

    def _in(self, node: model.In) -> int:
        kinds = {_common(node.operand.type.kind, item.type.kind) for item in node.items}
        constants = [item for item in node.items if isinstance(item, model.Constant) and item.value is not None]
        kind = next(iter(kinds))
        if len(kinds) == 1 and len(constants) == len(node.items) and all(_stands_as(item, kind) for item in constants):
            values: list[Any] = [item.value for item in constants]
            if kind is Kind.NUMBER:
                values = [float(value) for value in values]
            name = "text" if kind in TEXTS else kind.value
            self.value(node.operand, kind)
            number = self._codes.pools["set"].number((name, tuple(map(repr, values))), {"kind": name, "values": values})
            at = self.put("IN_SET", number)
        else:
            at = self._compare("==", node.operand, node.items[0])
            jumps = []
            for item in node.items[1:]:
                jumps.append(self._jump("JUMP_TRUE"))
                self._compare("==", node.operand, item)
                at = self.put("OR")
            self._land(*jumps)
        return self.put("NOT") if node.negated else at

    def _between(self, node: model.Between) -> int:
        low, high = (_common(node.operand.type.kind, bound.type.kind) for bound in (node.low, node.high))
        if low is high:
            self.value(node.operand, low)
            self.value(node.low, low)
            self.value(node.high, low)
            return self.put(f"BETWEEN_{_family(low)}")
        self._compare("<=", node.low, node.operand)
        jump = self._jump("JUMP_FALSE")
        self._compare("<=", node.operand, node.high)
        at = self.put("AND")
        self._land(jump)
        return at

    def _text_test(self, node: model.TextTest) -> int:
        self.value(node.operand, Kind.TEXT)
        if node.op in ("like", "matches"):
            assert isinstance(node.pattern, model.Constant)
            if node.pattern.value is None:  # as a key nothing remains of it: unknown, whatever the text
                self.value(node.pattern, Kind.TEXT)
                return self.put("CONTAINS")
            pool = self._codes.pools["glob" if node.op == "like" else "regex"]
            return self.put("LIKE" if node.op == "like" else "MATCHES", pool.number(node.pattern.value, node.pattern.value))
        self.value(node.pattern, Kind.TEXT)
        return self.put(node.op.upper().replace(" ", "_"))

    def _arithmetic(self, node: model.Arithmetic) -> int:
        op, result = node.op, node.type.kind
        left, right = node.left.type.kind, node.right.type.kind
        if left is Kind.DATE and right is Kind.DATE:
            return self._two("SUBTRACT_DATE", node, Kind.DATE, Kind.DATE)
        if left is Kind.DURATION and right is Kind.DURATION and op == "/":
            return self._two("RATIO_DURATION", node, Kind.DURATION, Kind.DURATION)
        if result is Kind.DURATION and op in "*/":
            if left is not Kind.DURATION:  # a number times a duration
                self.value(node.right, Kind.DURATION)
                self.value(node.left, Kind.NUMBER)
            else:
                self.value(node.left, Kind.DURATION)
                self.value(node.right, Kind.NUMBER)
            return self.put("MULTIPLY_DURATION" if op == "*" else "DIVIDE_DURATION")
        name = {"+": "ADD", "-": "SUBTRACT", "*": "MULTIPLY", "/": "DIVIDE", "mod": "MODULO"}[op]
        if result is Kind.NUMBER:
            return self._two(f"{name}_NUMBER", node, Kind.NUMBER, Kind.NUMBER)
        if op == "*":
            return self._two("MULTIPLY_INTEGER", node, left, right)
        return self._two(f"{name}_INTEGER", node, left, right, TAGS[result])

    def _two(self, name: str, node: model.Arithmetic, left: Kind, right: Kind, *operands: int) -> int:
        self.value(node.left, left)
        self.value(node.right, right)
        return self.put(name, *operands)

    def _call(self, node: model.Call) -> int:
        first = node.arguments[0]
        kind = first.type.kind
        if node.function in ("min", "max"):
            return self._least_or_greatest(node)
        self.value(first, kind)
        if node.function in UNIT_US:
            self.put("CONSTANT", self._codes.constant("duration", UNIT_US[node.function]))
            return self.put("RATIO_DURATION")
        if node.function == "canonical":
            return self.put("NORMALISE", -1) if kind is Kind.TEXT else self._last()
        if node.function == "date":
            return self.put("DAY") if kind is Kind.TIME else self._last()
        if node.function in PARTS_OF_TIME:
            return self.put(PARTS_OF_TIME[node.function])
        if node.function in OF_TEXT:
            return self.put(OF_TEXT[node.function])
        if node.function == "abs":
            return self.put("ABSOLUTE_NUMBER") if kind is Kind.NUMBER else self.put("ABSOLUTE_INTEGER", TAGS[kind])
        return self.put(ROUNDINGS[node.function]) if kind is Kind.NUMBER else self._last()

    def _last(self) -> int:
        """Where the value on top was finished: for functions that change nothing."""
        return self._latest

    def _least_or_greatest(self, node: model.Call) -> int:
        kind = node.type.kind
        name = f"{'LEAST' if node.function == 'min' else 'GREATEST'}_{_family(kind)}"
        self.value(node.arguments[0], kind)
        for argument in node.arguments[1:]:
            self.value(argument, kind)
            at = self.put(name)
        return at


def _family(kind: Kind) -> str:
    """Which of the instructions for this: of numbers, of texts, or of all that are integers inside."""
    return "NUMBER" if kind is Kind.NUMBER else "TEXT" if kind in TEXTS else "INTEGER"


def _common(left: Kind, right: Kind) -> Kind:
    """The kind in which two are compared."""
    if left is right:
        return left
    kinds = {left, right}
    if kinds == {Kind.NUMBER, Kind.INTEGER}:
        return Kind.NUMBER
    if kinds == {Kind.DATE, Kind.TIME}:
        return Kind.DATE
    return Kind.TEXT


def _stands_as(item: model.Constant, kind: Kind) -> bool:
    """Whether the constant is one of this kind without asking a clock."""
    return not (kind is Kind.DATE and item.type.kind is Kind.TIME)
