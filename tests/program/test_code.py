"""The code of a program: what the stack, the kinds, the jumps and the operands must be, and that the machine keeps to what is verified."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

import rulelang
from engine.instructions import BY_NAME, INSTRUCTIONS
from engine.machine import Frame, Machine
from engine.program import ProgramError, load
from engine.verifying.kinds import BY_OPERAND, KINDS, NOTHING, SIGNATURES, TAGS
from tests.program.building import apart, together

SCHEMA = """
timezone "Asia/Shanghai"
calendar duty
    open mon..fri 09:00..17:00
entity officer
event act
    officer: officer
    flag: boolean
    count: integer
    amount: number
    word: text
    due: time
    wait: duration
table rates(word: text, amount: number): duration
    "a", 1: 1h
rule r
    when flag
    about officer
    points 1
    message "{officer}"
"""
CONSTANTS = {
    "boolean": True,
    "integer": 7,
    "number": 2.5,
    "text": "a",
    "time": 1_767_225_600_000_000,
    "duration": 60_000_000,
    "date": 20_000,
    "missing": None,
}
NUMBER_OF = {kind: number for number, kind in enumerate(CONSTANTS)}


@cache
def base() -> Any:
    """A plan with one of everything that an operand may refer to."""
    plan, _ = apart(rulelang.compile_text(SCHEMA))
    plan["constants"] = [[kind, value] for kind, value in CONSTANTS.items()]
    plan["sets"] = [{"kind": "text", "values": ["a", "b"]}, {"kind": "integer", "values": [1, 7]}]
    plan["globs"], plan["regexes"] = ["a*"], ["a+"]
    plan["accesses"] = [[[0, 3]], [[0, 5]], [[0, 6]], [[0, 7]], [[0, 8]], [[0, 9]], [[0, 10]], []]
    plan["memos"] = 2
    return plan


def word(text: str, at: int, labels: dict[str, int]) -> int:
    return labels[text[1:]] if text.startswith("@") else int(text)


def words_of(text: str, start: int = 0) -> list[int]:
    """Code as text: `CONSTANT 3, LOWER, end:, RETURN`; a kind alone is its constant, and `@end` the word of a label."""
    parts = [part.split() for part in text.replace(",", " , ").split(",")]
    parts = [["CONSTANT", str(NUMBER_OF[part[0]])] if part[0] in NUMBER_OF else part for part in parts]
    labels, at = {}, start
    for part in parts:
        if part[0].endswith(":"):
            labels[part[0][:-1]] = at
        else:
            at += len(part)
    words = []
    for part in parts:
        if not part[0].endswith(":"):
            words += [BY_NAME[part[0]].number if part[0] in BY_NAME else int(part[0]), *(word(operand, 0, labels) for operand in part[1:])]
    return words


def program(*codes: tuple[str, str], stack: int = 8, marks: Any = (), changes: dict[str, Any] | None = None) -> bytes:
    """A program of codes, each with the kind that it is said to leave; the first is the rule's condition where it is a condition."""
    plan = copy.deepcopy(base())
    words: list[int] = []
    plan["codes"] = []
    for kind, text in codes:
        plan["codes"].append({"start": len(words), "kind": kind, "stack": stack, "span": ["x", 0, 1], "marks": list(marks)})
        words += words_of(text, len(words))
    rule = plan["rules"][0]
    rule["condition"] = len(codes)
    rule["points"] = -1
    rule["message"] = []
    plan["codes"].append({"start": len(words), "kind": "boolean", "stack": 1, "span": ["x", 0, 1], "marks": []})
    words += words_of("boolean, RETURN", len(words))
    plan.update(changes or {})
    return together(plan, words)


def why_refused(data: bytes) -> str:
    """Why a program is refused; "": it is not."""
    try:
        load(data)
    except ProgramError as error:
        return str(error).removeprefix("the program does not fit this engine: ").rpartition("; compile")[0]
    return ""


def refusal(text: str, kind: str = "boolean", **changes: Any) -> str:
    return why_refused(program((kind, text), **changes))


def test_the_plain_code_that_the_others_are_made_from_is_loaded() -> None:
    load(program(("boolean", "integer, integer, LESS_INTEGER, RETURN")))


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        # ------------------------------------------------------------ instructions and operands
        ("boolean, 86, RETURN", "boolean", "codes[0]: word 2: 86 is no instruction"),
        ("boolean, -1, RETURN", "boolean", "codes[0]: word 2: -1 is no instruction"),
        ("CONSTANT 8, RETURN", "boolean", "codes[0]: word 0: CONSTANT refers to constant 8, and there are those from 0 to 7"),
        ("CONSTANT -1, RETURN", "boolean", "codes[0]: word 0: CONSTANT refers to constant -1"),
        ("FIELD 8, RETURN", "boolean", "codes[0]: word 0: FIELD refers to access 8"),
        ("THIS_FIELD -1, RETURN", "boolean", "codes[0]: word 0: THIS_FIELD refers to access -1"),
        ("AGGREGATE 0, RETURN", "boolean", "codes[0]: word 0: AGGREGATE refers to aggregate 0, and there are those from 0 to -1"),
        ("PATTERN 0, RETURN", "boolean", "codes[0]: word 0: PATTERN refers to pattern 0"),
        ("text, IN_SET 2, RETURN", "boolean", "codes[0]: word 2: IN_SET refers to set 2"),
        ("text, LIKE 1, RETURN", "boolean", "codes[0]: word 2: LIKE refers to glob 1"),
        ("text, MATCHES 1, RETURN", "boolean", "codes[0]: word 2: MATCHES refers to regex 1"),
        ("time, DURING 1, RETURN", "boolean", "codes[0]: word 2: DURING refers to calendar 1"),
        ("text, number, date, LOOK_UP 1, RETURN", "duration", "codes[0]: word 6: LOOK_UP refers to table 1"),
        ("text, NORMALISE 1, RETURN", "text", "codes[0]: word 2: NORMALISE refers to entity 1, and there are those from -1 to 0"),
        ("text, NORMALISE -2, RETURN", "text", "codes[0]: word 2: NORMALISE refers to entity -2"),
        ("integer, MEMO_SET 2, RETURN", "integer", "codes[0]: word 2: MEMO_SET refers to memo 2"),
        ("MEMO_GET 2 @end, integer, MEMO_SET 0, end:, RETURN", "integer", "codes[0]: word 0: MEMO_GET refers to memo 2"),
        ("integer, NEGATE_INTEGER 0, RETURN", "integer", "codes[0]: word 2: NEGATE_INTEGER refers to kind 0"),
        ("integer, NEGATE_INTEGER 8, RETURN", "integer", "codes[0]: word 2: NEGATE_INTEGER refers to kind 8"),
        ("integer, NEGATE_INTEGER 4, RETURN", "text", "codes[0]: word 2: NEGATE_INTEGER makes no text"),
        ("missing, NEGATE_INTEGER 4, RETURN", "text", "codes[0]: word 2: NEGATE_INTEGER makes no text"),
        # ------------------------------------------------------------ the stack
        ("RETURN", "boolean", "codes[0]: word 0: RETURN must find one value, and finds 0"),
        ("boolean, boolean, RETURN", "boolean", "codes[0]: word 4: RETURN must find one value, and finds 2"),
        ("boolean, AND, RETURN", "boolean", "codes[0]: word 2: AND takes 2 values, and finds 1"),
        ("MEMO_SET 0, RETURN", "boolean", "codes[0]: word 0: MEMO_SET finds no value"),
        ("number, date, LOOK_UP 0, RETURN", "duration", "codes[0]: word 4: LOOK_UP takes 3 values, and finds 2"),
        ("boolean", "boolean", "codes[0]: word 2: the code ends without RETURN"),
        ("boolean, CONSTANT", "boolean", "codes[0]: word 2: CONSTANT is cut off"),
        ("boolean, RETURN, RETURN", "boolean", "codes[0]: word 2: RETURN before the end of the code, which is word 4"),
        # ------------------------------------------------------------ jumps
        (
            "boolean, JUMP_TRUE 0, RETURN",
            "boolean",
            "codes[0]: word 2: JUMP_TRUE must lead forward in its code, to a word before 5, and leads to 0",
        ),
        ("boolean, JUMP_TRUE 2, RETURN", "boolean", "codes[0]: word 2: JUMP_TRUE must lead forward"),
        ("boolean, JUMP_TRUE 5, RETURN", "boolean", "codes[0]: word 2: JUMP_TRUE must lead forward"),
        ("boolean, JUMP_TRUE -7, RETURN", "boolean", "codes[0]: word 2: JUMP_TRUE must lead forward"),
        ("boolean, JUMP_TRUE 5, boolean, AND, RETURN", "boolean", "codes[0]: a jump leads to word 5, where no instruction begins"),
        ("MEMO_GET 0 4, boolean, MEMO_SET 0, RETURN", "boolean", "codes[0]: a jump leads to word 4, where no instruction begins"),
        (
            "boolean, JUMP_TRUE @end, boolean, end:, RETURN",
            "boolean",
            "codes[0]: word 6: a jump arrives with [boolean] on the stack, and without it there is [boolean boolean]",
        ),
        (
            "text, JUMP_PRESENT @end, LENGTH, end:, RETURN",
            "integer",
            "codes[0]: word 5: a jump arrives with [text] on the stack, and without it there is [integer]",
        ),
        (
            "MEMO_GET 0 @end, text, MEMO_SET 0, LENGTH, end:, RETURN",
            "integer",
            "codes[0]: word 8: memo 0 would be integer, and is text elsewhere",
        ),
        ("MEMO_GET 0 @end, boolean, MEMO_SET 0, boolean, end:, AND, RETURN", "boolean", "codes[0]: word 9: a jump arrives with [boolean]"),
        # ------------------------------------------------------------ kinds
        ("integer, text, EQUAL_TEXT, RETURN", "boolean", "codes[0]: word 4: EQUAL_TEXT takes text text, and finds integer text"),
        ("number, LENGTH, RETURN", "integer", "codes[0]: word 2: LENGTH takes text, and finds number"),
        ("text, TO_NUMBER, RETURN", "number", "codes[0]: word 2: TO_NUMBER takes integer, and finds text"),
        ("FIELD 0, NEGATE_NUMBER, RETURN", "number", "codes[0]: word 2: NEGATE_NUMBER takes number, and finds text"),
        ("number, IN_SET 0, RETURN", "boolean", "codes[0]: word 2: IN_SET takes text, and finds number"),
        (
            "number, number, date, LOOK_UP 0, RETURN",
            "duration",
            "codes[0]: word 6: LOOK_UP takes text number or integer date, and finds number number date",
        ),
        ("time, date, LESS_INTEGER, RETURN", "boolean", "codes[0]: word 4: LESS_INTEGER takes boolean boolean or integer integer or "),
        (
            "time, time, ADD_INTEGER 5, RETURN",
            "time",
            "codes[0]: word 4: ADD_INTEGER takes time duration or duration time, and finds time time",
        ),
        ("integer, RETURN", "boolean", "codes[0].kind: is boolean, but the code leaves integer"),
        ("text, RETURN", "number", "codes[0].kind: is number, but the code leaves text"),
    ],
)
def test_code_that_would_lead_the_machine_astray_is_refused(text: str, kind: str, expected: str) -> None:
    assert expected in refusal(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("boolean, JUMP_FALSE @end, boolean, AND, end:, RETURN", "boolean"),
        ("boolean, JUMP_FALSE @end, boolean, AND, JUMP_FALSE @end, boolean, AND, end:, RETURN", "boolean"),
        ("text, JUMP_PRESENT @end, text, OR_ELSE, end:, LENGTH, RETURN", "integer"),
        ("text, NORMALISE -1, RETURN", "key"),
        ("text, integer, date, LOOK_UP 0, RETURN", "duration"),
        ("MEMO_GET 1 @end, integer, MEMO_SET 1, end:, RETURN", "integer"),
        ("boolean, MEMO_GET 1 @end, boolean, MEMO_SET 1, end:, AND, RETURN", "boolean"),
        # What is always missing goes for any kind, and takes the kind of what it meets.
        ("missing, RETURN", "text"),
        ("missing, text, EQUAL_TEXT, RETURN", "boolean"),
        ("missing, JUMP_PRESENT @end, text, OR_ELSE, end:, LENGTH, RETURN", "integer"),
        ("missing, missing, OR_ELSE, UPPER, RETURN", "text"),
        ("FIELD 7, LOWER, RETURN", "text"),
    ],
)
def test_code_that_keeps_to_the_rules_is_loaded_and_runs(text: str, kind: str) -> None:
    machine = Machine(load(program((kind, text))))
    frame = Frame()
    for this in (None, machine.decode({"type": "act", "id": "1", "time": "2026-01-01T00:00Z", "flag": True})):
        frame.this = frame.current = this
        value = machine.evaluate(0, frame)
        assert machine.evaluate(0, frame) == value
        frame.this = frame.current = None


def test_a_memo_holds_one_kind_in_all_codes() -> None:
    number = ("number", "MEMO_GET 0 @end, number, MEMO_SET 0, end:, RETURN")
    text = ("text", "MEMO_GET 0 @end, text, MEMO_SET 0, end:, RETURN")
    nothing = ("text", "MEMO_GET 0 @end, missing, MEMO_SET 0, end:, LOWER, RETURN")
    load(program(number, number))
    for one, other in ((number, text), (nothing, number), (number, nothing)):
        with pytest.raises(ProgramError, match="memo 0 would be "):
            load(program(one, other))


def test_the_stack_is_as_deep_as_it_says_or_deeper_than_needed_but_no_less() -> None:
    text = "number, number, number, number, ADD_NUMBER, ADD_NUMBER, ADD_NUMBER, RETURN"
    load(program(("number", text), stack=4))
    load(program(("number", text), stack=5))
    assert "codes[0].stack: must be 4 or more, and is 3" in refusal(text, "number", stack=3)


def test_a_deep_stack_costs_no_more_than_its_words() -> None:
    depth = 10_000
    text = "integer, " * depth + "ADD_INTEGER 2, " * (depth - 1) + "RETURN"
    data = program(*[("integer", text)] * 3, stack=depth)
    assert Machine(load(data)).evaluate(0, Frame()) == 7 * depth


@pytest.mark.parametrize("at", [1, 3, 5, 8, 10, 2**31 - 1])
def test_a_mark_stands_at_an_instruction_that_leaves_a_value(at: int) -> None:
    text = "MEMO_GET 0 @end, boolean, MEMO_SET 0, end:, NOT, RETURN"
    load(program(("boolean", text), marks=[[word, ["x", 0, 1]] for word in (3, 5, 7)]))
    if at not in (3, 5):
        assert f"codes[0].marks[0]: word {at} is none at which" in refusal(text, marks=[[at, ["x", 0, 1]]])
    assert "codes[0].marks[1]: word 0 is none" in refusal(text, marks=[[3, ["x", 0, 1]], [0, ["x", 0, 1]]])


def test_every_word_belongs_to_one_code() -> None:
    plan, words = apart(program(("boolean", "boolean, RETURN")))
    for changes, added, expected in (
        ({}, [8], "codes[1]: word 5: RETURN before the end"),
        ({0: 1}, [], "codes[0].start: must be 0, where the code before ends, and is 1"),
        ({1: 2}, [], "codes[0]: word 2: the code ends without RETURN"),
        ({1: 4}, [], "codes[0]: word 2: RETURN before the end"),
        ({1: 0}, [], "codes[0].start: leaves no words for the code"),
        ({1: 99}, [], "codes[0].start: leaves no words for the code"),
    ):
        other = copy.deepcopy(plan)
        for number, start in changes.items():
            other["codes"][number]["start"] = start
        with pytest.raises(ProgramError) as error:
            load(together(other, words + added))
        assert expected in str(error.value), (changes, added)
    none = copy.deepcopy(plan)
    none.update(codes=[], rules=[], index=[])
    load(together(none, []))
    with pytest.raises(ProgramError, match="codes: the words from 0 to 6 belong to no code"):
        load(together(none, words))


# ------------------------------------------------------------------ the table of kinds, against the machine


def test_every_instruction_has_its_kinds_and_takes_as_many_as_it_says() -> None:
    assert {BY_NAME[name].number for name in BY_OPERAND} | SIGNATURES.keys() == {i.number for i in INSTRUCTIONS}
    assert not {BY_NAME[name].number for name in BY_OPERAND} & SIGNATURES.keys()
    for number, signatures in SIGNATURES.items():
        assert {len(signature.taken) for signature in signatures} == {INSTRUCTIONS[number].taken}
        assert INSTRUCTIONS[number].left == 1


def operands(number: int) -> Iterator[str]:
    """The operands that an instruction may have here: a kind, or the first of what it refers to."""
    match INSTRUCTIONS[number].operands:
        case ():
            yield ""
        case ("kind",):
            yield from map(str, TAGS)
        case ("jump",):
            yield "@end"
        case _:
            yield "0"


def given(count: int) -> list[tuple[str, ...]]:
    """Combinations of kinds: all of up to two, of three those that differ in one place or in none."""
    kinds = (*KINDS, "missing")
    every = list(product(kinds, repeat=count))
    return [one for one in every if count < 3 or len(set(one)) == 1 or (len(set(one)) == 2 and one[0] == one[1])]


@pytest.mark.parametrize("number", SIGNATURES)
def test_what_is_loaded_leaves_the_kind_that_was_verified(number: int) -> None:
    """Each instruction on values of every combination of kinds: either refused, or the machine leaves what was verified."""
    name, ran = INSTRUCTIONS[number].name, 0
    for kinds, operand in product(given(INSTRUCTIONS[number].taken), operands(number)):
        text = "".join(f"{kind}, " for kind in kinds) + f"{name} {operand}".strip() + ", end:, RETURN"
        marks = [[2 * len(kinds), ["x", 0, 1]]]
        refused = why_refused(program(("boolean", text), marks=marks))
        _, leaves, other = refused.partition("but the code leaves ")
        left = other or "boolean"
        if refused and not leaves:
            assert "takes" in refused or "makes no" in refused, text
            continue
        _, kind, value = Machine(load(program((left, text), marks=marks))).trace(0, Frame())[-1]
        assert kind == left or value is None, (text, kind, left)
        ran += 1
    assert ran
    assert NOTHING not in {signature.left for signature in SIGNATURES[number]}
