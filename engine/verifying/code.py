"""The code of a program: every way through it keeps to the stack, the kinds of values and the lists of the plan.

In: the plan, whose shape was checked, its words, and what its declarations say.  Out: what each code leaves and asks, or `Misfit`.

No instruction jumps back or always, and the last of a code is its one RETURN. So a walk from the first word to the last meets every instruction,
and where a jump arrives, what it brings is held against what the walk has there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.instructions import BY_NAME, INSTRUCTIONS
from engine.verifying.kinds import BOOLEAN, DATE, NOTHING, NUMBER, NUMERIC, SIGNATURES, TAGS, Signature, Stacks, fits, kind_of, said
from engine.verifying.shapes import Misfit

LISTS = {
    "constant": "constants",
    "set": "sets",
    "glob": "globs",
    "regex": "regexes",
    "access": "accesses",
    "aggregate": "aggregates",
    "pattern": "patterns",
    "calendar": "calendars",
    "table": "tables",
}
"""The list of the plan that an operand is a number of."""

NAMES = tuple(instruction.name for instruction in INSTRUCTIONS)
MEMO_GET, MEMO_SET, RETURN = (BY_NAME[name].number for name in ("MEMO_GET", "MEMO_SET", "RETURN"))
ASKING = {BY_NAME["AGGREGATE"].number: "aggregate", BY_NAME["PATTERN"].number: "pattern"}
STEPS = {
    i.number: (
        1 + len(i.operands),
        bool(i.operands) and i.operands[0] != "jump",
        i.jumps or i.number in (MEMO_SET, RETURN) or i.number in ASKING,
    )
    for i in INSTRUCTIONS
}
"""By the number of the instruction: its length; whether the word after it says what it works on; whether it does more than change the stack."""

Asked = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the declarations of a plan say of kinds: by number."""

    accesses: Sequence[str]
    constants: Sequence[str]
    sets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one code: the kind that it leaves, and which aggregates and patterns it asks: ("aggregate", number)."""

    kind: str
    asks: Asked


def check_code(plan: Mapping[str, Any], words: list[int], declared: Declared) -> list[Facts]:
    """What each code of the plan does. The codes follow upon each other, and every word belongs to one."""
    walk = _Walk(plan, words, declared)
    codes = plan["codes"]
    found = []
    start = 0
    for number, code in enumerate(codes):
        place = f"codes[{number}]"
        if code["start"] != start:
            raise Misfit(f"{place}.start", f"must be {start}, where the code before ends, and is {code['start']}")
        end = codes[number + 1]["start"] if number + 1 < len(codes) else len(words)
        if not start < end <= len(words):
            raise Misfit(f"{place}.start", f"leaves no words for the code: it would end before word {end} of {len(words)}")
        found.append(walk.code(place, code, start, end))
        start = end
    if start != len(words):
        raise Misfit("codes", f"the words from {start} to {len(words)} belong to no code")
    return found


@dataclass(slots=True)
class _Walk:
    plan: Mapping[str, Any]
    words: list[int]
    declared: Declared
    stacks: Stacks = field(default_factory=Stacks)
    memos: dict[int, str] = field(default_factory=dict)
    # What an instruction makes of a stack is worked out once: (stack, instruction, operand) -> stack.
    known: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def code(self, place: str, code: Mapping[str, Any], start: int, end: int) -> Facts:
        """One code, from its first word to the word before `end`."""
        words, known, depth, steps = self.words, self.known, self.stacks.depth, STEPS
        stack = Stacks.EMPTY
        arriving: dict[int, list[tuple[int, int]]] = {}  # what jumps bring to a word: a stack, and a memo on it or -1
        asks: set[tuple[str, int]] = set()
        leaving = []  # the words of instructions after which there is a value
        deepest, at, operation = 0, start, -1
        while at < end:
            if at in arriving:
                stack = self._arrived(at, place, stack, arriving.pop(at))
            operation = words[at]
            step = steps.get(operation)
            if step is None:
                raise Misfit(place, f"word {at}: {operation} is no instruction")
            length, with_operand, more = step
            if at + length > end:
                raise Misfit(place, f"word {at}: {NAMES[operation]} is cut off")
            operand = words[at + 1] if with_operand else 0
            name = (stack, operation, operand)
            after = known.get(name)
            if after is None:
                after = known[name] = self._after(at, place, *name)
            leaving.append(at)
            if more:
                if operation in ASKING:
                    asks.add((ASKING[operation], operand))
                elif operation == MEMO_SET:
                    self._remembered(at, place, operand, after)
                elif operation == RETURN:
                    leaving.pop()
                    if at + 1 != end:
                        raise Misfit(place, f"word {at}: RETURN before the end of the code, which is word {end}")
                else:
                    target = words[at + length - 1]
                    if not at + length <= target < end:
                        what = f"must lead forward in its code, to a word before {end}, and leads to {target}"
                        raise Misfit(place, f"word {at}: {NAMES[operation]} {what}")
                    arriving.setdefault(target, []).append((after, operand if operation == MEMO_GET else -1))
                    if operation == MEMO_GET:
                        leaving.pop()
            stack = after
            if depth[stack] > deepest:
                deepest = depth[stack]
            at += length
        if operation != RETURN:
            raise Misfit(place, f"word {end}: the code ends without RETURN")
        if arriving:
            raise Misfit(place, f"a jump leads to word {min(arriving)}, where no instruction begins")
        if deepest > code["stack"]:
            raise Misfit(f"{place}.stack", f"must be {deepest} or more, and is {code['stack']}")
        kind = self.stacks.top[stack]
        if not fits(kind, kind_of(code["kind"])):
            raise Misfit(f"{place}.kind", f"is {code['kind']}, but the code leaves {said(kind)}")
        marked = [word for word, _ in code["marks"]]
        strange = set(marked).difference(leaving)
        if strange:
            number = next(number for number, word in enumerate(marked) if word in strange)
            raise Misfit(f"{place}.marks[{number}]", f"word {marked[number]} is none at which an instruction of the code leaves a value")
        return Facts(kind, frozenset(asks))

    def _after(self, at: int, place: str, stack: int, operation: int, operand: int) -> int:
        """What is on the stack after an instruction, apart from what a jump takes elsewhere."""
        if operation == RETURN:
            if self.stacks.depth[stack] != 1:
                raise Misfit(place, f"word {at}: RETURN must find one value, and finds {self.stacks.depth[stack]}")
            return stack
        self._in_bounds(at, place, operation, operand)
        if operation == MEMO_GET:
            return stack
        if operation == MEMO_SET:
            if stack == Stacks.EMPTY:
                raise Misfit(place, f"word {at}: MEMO_SET finds no value")
            return stack
        signatures = self._signatures(operation, operand)
        if not signatures:
            raise Misfit(place, f"word {at}: {NAMES[operation]} makes no {TAGS[operand]}")
        taken = len(signatures[0].taken)
        if taken > self.stacks.depth[stack]:
            raise Misfit(place, f"word {at}: {NAMES[operation]} takes {taken} values, and finds {self.stacks.depth[stack]}")
        below, given = self.stacks.upper(stack, taken)
        left = {s.left for s in signatures if all(map(fits, given, s.taken))}
        if not left:
            wanted = " or ".join(dict.fromkeys(" ".join(s.taken) for s in signatures))
            raise Misfit(place, f"word {at}: {NAMES[operation]} takes {wanted}, and finds {' '.join(map(said, given))}")
        # More than one only where what is taken is always missing, and so is what is left.
        return self.stacks.push(below, left.pop() if len(left) == 1 else NOTHING)

    def _in_bounds(self, at: int, place: str, operation: int, operand: int) -> None:
        """The first operand refers to something that there is."""
        operands = INSTRUCTIONS[operation].operands
        if not operands or operands[0] == "jump":
            return
        kind = operands[0]
        if kind == "kind":
            low, high = min(TAGS), max(TAGS) + 1
        elif kind == "entity":
            low, high = -1, len(self.plan["entities"])
        elif kind == "memo":
            low, high = 0, self.plan["memos"]
        else:
            low, high = 0, len(self.plan[LISTS[kind]])
        if not low <= operand < high:
            raise Misfit(place, f"word {at}: {NAMES[operation]} refers to {kind} {operand}, and there are those from {low} to {high - 1}")

    def _signatures(self, operation: int, operand: int) -> tuple[Signature, ...]:
        """What the instruction may take and leave, with this operand."""
        match NAMES[operation]:
            case "CONSTANT":
                return (Signature((), self.declared.constants[operand]),)
            case "FIELD" | "THIS_FIELD":
                return (Signature((), self.declared.accesses[operand]),)
            case "AGGREGATE":
                return (Signature((), kind_of(self.plan["aggregates"][operand]["kind_out"])),)
            case "PATTERN":
                return (Signature((), BOOLEAN),)
            case "IN_SET":
                return (Signature((self.declared.sets[operand],), BOOLEAN),)
            case "LOOK_UP":
                table = self.plan["tables"][operand]
                kinds = [kind_of(kind) for kind in table["params"]]
                return (Signature((*(NUMERIC if kind == NUMBER else kind for kind in kinds), DATE), kind_of(table["kind"])),)
        by_kind = INSTRUCTIONS[operation].operands == ("kind",)
        return tuple(s for s in SIGNATURES[operation] if not by_kind or s.left == TAGS[operand])

    def _remembered(self, at: int, place: str, memo: int, stack: int) -> None:
        """A memo holds values of one kind, wherever it is set: that of the value on top."""
        kind = self.stacks.top[stack]
        if self.memos.setdefault(memo, kind) != kind:
            raise Misfit(place, f"word {at}: memo {memo} would be {said(kind)}, and is {said(self.memos[memo])} elsewhere")

    def _arrived(self, at: int, place: str, stack: int, arriving: list[tuple[int, int]]) -> int:
        """What is on the stack at a word to which jumps lead."""
        for brought, memo in arriving:
            if memo >= 0:
                # MEMO_GET brings the memo, on what was there before.
                if stack == Stacks.EMPTY:
                    raise Misfit(place, f"word {at}: MEMO_GET {memo} arrives where nothing is on the stack")
                self._remembered(at, place, memo, stack)
                brought = self.stacks.push(brought, self.stacks.top[stack])
            both = self.stacks.joined(stack, brought)
            if both is None:
                with_it, without = self.stacks.text(brought), self.stacks.text(stack)
                raise Misfit(place, f"word {at}: a jump arrives with {with_it} on the stack, and without it there is {without}")
            stack = both
        return stack
