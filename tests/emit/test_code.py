"""Code of expressions: what is computed once, what is kept apart, how deep the stack gets, and what places it knows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.machine import Frame, Machine
from tests.emit.programs import Made, made, number, with_words
from tests.machine import expressions

DECLARED = """timezone "Asia/Shanghai"
calendar office
    open mon..fri 09:00..12:00
entity officer
entity account lookalike
event e
    n: number
    m: number
    i: integer
    t: text
    b: boolean
    w: time
    d: duration
    officer: officer
    account: account
event f
    x: number
    officer: officer
table floor_of(a: text): number
    "a": 80
"""
SENT = {
    "id": "1",
    "type": "e",
    "time": "2026-03-02T10:30:00",
    "n": 7.5,
    "m": 2.0,
    "i": 3,
    "t": "abc",
    "b": True,
    "officer": " P1",
    "account": "Admin",
    "w": "2026-03-01T09:00:00",
    "d": 90,
}
DAY_US = 86_400_000_000


def condition(text: str, of: str = "e") -> Made:
    return made(f"{DECLARED}rule r\n    on {of}\n    when {text}\n")


# ------------------------------------------------------------------ once

SHARED = "((n + m) * 2 > i)"


def test_a_part_that_stands_in_two_conditions_is_computed_once_for_an_event() -> None:
    program = made(f"{DECLARED}rule one\n    on e\n    when {SHARED} and b\nrule two\n    on e\n    when b or {SHARED}\n")
    assert program.plan["memos"] == 1
    one, two = (program.rule(name)["condition"] for name in ("one", "two"))
    # In the second rule the remembered part is made wrong: who computes it anew notices.
    words = program.words
    steps = program.steps(two)
    (at,) = [at for at, (instruction, _) in steps.items() if instruction.name == "GREATER_NUMBER"]
    words[at] = number("LESS_NUMBER")
    machine = Machine(with_words(program, words))
    frame = Frame()
    frame.this = machine.decode({**SENT, "b": False})
    assert machine.evaluate(two, frame) is False, "computed, and wrong"
    frame.this = machine.decode({**SENT, "b": False})
    assert machine.evaluate(one, frame) is False
    assert machine.evaluate(two, frame) is True, "remembered from the first rule"
    frame.this = machine.decode({**SENT, "b": False})
    assert machine.evaluate(two, frame) is False, "another event, though equal, is computed anew"


def test_parts_of_a_remembered_part_have_no_memo_of_their_own_unless_they_stand_elsewhere_too() -> None:
    rules = "rule one\n    on e\n    when {0}\nrule two\n    on e\n    when b and {0}\n"
    assert made(DECLARED + rules.format(SHARED)).plan["memos"] == 1
    assert made(DECLARED + rules.format(SHARED) + "rule three\n    on e\n    when abs((n + m) * 2) < 1\n").plan["memos"] == 2


def test_what_is_as_cheap_as_a_memo_has_none() -> None:
    assert made(f"{DECLARED}rule one\n    on e\n    when n > 1 and b\nrule two\n    on e\n    when n > 1 or b\n").plan["memos"] == 0


def test_rules_about_histories_share_no_memos_as_they_are_looked_at_on_many_events() -> None:
    text = f"{DECLARED}rule one\n    on e\n    when {SHARED} and count(f) > 1 within officer\nrule two\n    on e\n    when {SHARED} and count(f) > 2 within officer\n"
    assert made(text).plan["memos"] == 0


def test_a_part_in_the_on_clause_is_not_taken_from_the_condition() -> None:
    program = made(f"{DECLARED}rule one\n    on e where {SHARED}\n    when {SHARED} and b\nrule two\n    on e\n    when {SHARED} or b\n")
    where = program.rule("one")["anchors"]["events"][0]["where"]
    assert not any(line.startswith("MEMO") for line in program.listing(where))
    assert Machine(program.program).matches(SENT) == ["one", "two"]
    assert Machine(program.program).matches({**SENT, "n": -9}) == ["two"]


def test_equal_conditions_and_values_of_aggregates_are_one_code_and_equal_aggregates_one_number() -> None:
    asked = "sum(f.x * 2 where f.x > 1 and f.x < this.n)"
    program = made(
        f"{DECLARED}rule one\n    on e\n    when {asked} > 3 within officer\nrule two\n    on e\n    when {asked} > 4 within officer\n"
        "rule three\n    on e\n    when count(f where f.x > 1 and f.x < this.n) > 4 within officer\n"
    )
    first, second = program.plan["aggregates"]
    assert [program.rule(name)["operands"] for name in ("one", "two", "three")] == [
        [{"aggregate": 0}],
        [{"aggregate": 0}],
        [{"aggregate": 1}],
    ]
    assert first["taken"][0]["where"] == second["taken"][0]["where"]


# ------------------------------------------------------------------ apart


def test_constants_that_python_takes_for_equal_are_kept_apart() -> None:
    program = condition("i == 1 and n * 1.0 > m / 1 and b == true and n > 0.0 and m > -0.0 and i > 0 and b != false and d != 0s")
    assert {(kind, repr(value)) for kind, value in program.plan["constants"]} >= {
        *(("integer", "1"), ("number", "1.0"), ("boolean", "True"), ("number", "0.0"), ("number", "-0.0"), ("integer", "0")),
        *(("boolean", "False"), ("duration", "0")),
    }


def test_sets_that_python_takes_for_equal_are_kept_apart() -> None:
    program = condition("i in (1, 0) or n in (1, 0) or b in (true, false) or n in (1.0, 0.0)")
    assert [(one["kind"], repr(one["values"])) for one in program.plan["sets"]] == [
        ("integer", "[1, 0]"),
        ("number", "[1.0, 0.0]"),
        ("boolean", "[True, False]"),
    ]


def test_parts_that_python_takes_for_equal_share_no_memo() -> None:
    program = made(
        f"{DECLARED}rule one\n    on e\n    when (i + 1) * 2 == 8 or n + 0.0 * i == 1\nrule two\n    on e\n    when (i + 1.0) * 2 == 8 or n + -0.0 * i == 1\n"
    )
    assert program.plan["memos"] == 0
    assert Machine(program.program).matches({**SENT, "i": 3}) == ["one", "two"]


# ------------------------------------------------------------------ the stack


def deepest(program: Made, code: int) -> int:
    """How deep the stack gets on any way through the code."""
    steps = program.steps(code)
    after: dict[int, int] = {program.plan["codes"][code]["start"]: 0}
    most = 0
    order = sorted(steps)
    for at, following in zip(order, [*order[1:], -1], strict=True):
        instruction, operands = steps[at]
        before = after[at]
        taken = instruction.taken
        if instruction.by_table:
            taken += len(program.plan["tables"][operands[0]]["params"])
        assert before >= taken, (at, instruction.name)
        left = before - taken + instruction.left
        most = max(most, left)
        if instruction.ends:
            assert left == 0
            return most
        ways = [(following, before if instruction.name == "MEMO_GET" else left)]
        if instruction.jumps:
            ways.append((operands[-1], left))
        for target, depth in ways:
            assert after.setdefault(target, depth) == depth, (at, target)
    raise AssertionError("the code does not end")


@pytest.mark.seeds(6)
def test_the_stack_that_code_declares_is_the_stack_that_it_needs(seed: int) -> None:
    program = made(expressions.rule_file(seed).text)
    for code, entry in enumerate(program.plan["codes"]):
        assert deepest(program, code) == entry["stack"], (seed, code, program.listing(code))


def test_the_stack_is_as_deep_as_parentheses_make_it() -> None:
    nested = "n"
    for _ in range(60):
        nested = f"(m + {nested})"
    program = condition(f"{nested} > 1")
    assert program.plan["codes"][program.rule("r")["condition"]]["stack"] == 61
    assert Machine(program.program).matches(SENT) == ["r"]


def test_a_jump_that_decides_leads_past_all_joins() -> None:
    program = condition("b and n > 1 and m > 1 and i > 1")
    steps = program.steps(program.rule("r")["condition"])
    (end,) = [at for at, (instruction, _) in steps.items() if instruction.ends]
    assert [operands for instruction, operands in steps.values() if instruction.name == "JUMP_FALSE"] == [(end,)] * 3


# ------------------------------------------------------------------ places

PLACES: dict[str, list[tuple[str, object]]] = {
    "b": [("b", True)],
    "not b": [("b", True), ("not b", False)],
    "n > 3": [("n", 7.5), ("3", 3.0), ("n > 3", True)],
    "i  >\n 3": [("i", 3), ("3", 3), ("i  >\n 3", False)],
    "n > i": [("n", 7.5), ("i", 3), ("n > i", True)],
    "b and n < 1 and m > 1": [
        ("b", True),
        ("n", 7.5),
        ("1", 1.0),
        ("n < 1", False),
        ("m", 2.0),
        ("1", 1.0),
        ("m > 1", True),
        ("b and n < 1 and m > 1", False),
    ],
    "b or (n < 1)": [("b", True), ("n", 7.5), ("1", 1.0), ("n < 1", False), ("b or (n < 1)", True)],
    "i in (1, 2)": [("i", 3), ("i in (1, 2)", False)],
    "i not in (1, 2)": [("i", 3), ("i not in (1, 2)", True)],
    "i in (1, n)": [("i", 3), ("1", 1), ("i", 3), ("n", 7.5), ("i in (1, n)", False)],
    "i between 1 and 3": [("i", 3), ("1", 1), ("3", 3), ("i between 1 and 3", True)],
    "i between 1 and n": [("1", 1), ("i", 3), ("i", 3), ("n", 7.5), ("i between 1 and n", True)],
    't like "a*"': [("t", "abc"), ('t like "a*"', True)],
    't matches "b+"': [("t", "abc"), ('t matches "b+"', True)],
    't starts with "a"': [("t", "abc"), ('"a"', "a"), ('t starts with "a"', True)],
    't ends with "a"': [("t", "abc"), ('"a"', "a"), ('t ends with "a"', False)],
    't contains "b"': [("t", "abc"), ('"b"', "b"), ('t contains "b"', True)],
    "t is missing": [("t", "abc"), ("t is missing", False)],
    "t is present": [("t", "abc"), ("t is present", True)],
    "time during office": [("time", 1772418600000000), ("time during office", True)],
    "w outside office": [("w", 1772326800000000), ("w outside office", True)],
    "-n < 0": [("n", 7.5), ("-n", -7.5), ("0", 0.0), ("-n < 0", True)],
    "-5 < i": [("-5", -5), ("i", 3), ("-5 < i", True)],
    "(n + m) * i == 1": [("n", 7.5), ("m", 2.0), ("n + m", 9.5), ("i", 3), ("(n + m) * i", 28.5), ("1", 1.0), ("(n + m) * i == 1", False)],
    "i mod 2 == 1": [("i", 3), ("2", 2), ("i mod 2", 1), ("1", 1), ("i mod 2 == 1", True)],
    "n or else 1 > 2": [("n", 7.5), ("1", 1.0), ("n or else 1", 7.5), ("2", 2.0), ("n or else 1 > 2", True)],
    "80% > n": [("80%", 0.8), ("n", 7.5), ("80% > n", False)],
    "abs(i) > 2": [("i", 3), ("abs(i)", 3), ("2", 2), ("abs(i) > 2", True)],
    "round(i) > 2": [("i", 3), ("round(i)", 3), ("2", 2), ("round(i) > 2", True)],
    "floor(n) > 2": [("n", 7.5), ("floor(n)", 7.0), ("2", 2.0), ("floor(n) > 2", True)],
    "max(n, i, m) > 2": [("n", 7.5), ("i", 3), ("m", 2.0), ("max(n, i, m)", 7.5), ("2", 2.0), ("max(n, i, m) > 2", True)],
    "length(t) > 2": [("t", "abc"), ("length(t)", 3), ("2", 2), ("length(t) > 2", True)],
    'upper(t) == "ABC"': [("t", "abc"), ("upper(t)", "ABC"), ('"ABC"', "ABC"), ('upper(t) == "ABC"', True)],
    'canonical(t) == "abc"': [("t", "abc"), ("canonical(t)", "abc"), ('"abc"', "abc"), ('canonical(t) == "abc"', True)],
    'canonical(officer) == "P1"': [("officer", "P1"), ("canonical(officer)", "P1"), ('"P1"', "P1"), ('canonical(officer) == "P1"', True)],
    'spelling(officer) == " P1"': [("spelling(officer)", " P1"), ('" P1"', " P1"), ('spelling(officer) == " P1"', True)],
    'officer == "P1"': [("officer", "P1"), ('"P1"', "P1"), ('officer == "P1"', True)],
    "account == t": [("account", "adrnin"), ("t", "abc"), ("account == t", False)],
    "hour(time) == 10": [("time", 1772418600000000), ("hour(time)", 10), ("10", 10), ("hour(time) == 10", True)],
    "date(w) == 2026-03-01": [("w", 1772326800000000), ("date(w)", 20513), ("2026-03-01", 20513), ("date(w) == 2026-03-01", True)],
    "w <= 2026-03-01": [("w", 1772326800000000), ("2026-03-01", 20513), ("w <= 2026-03-01", True)],
    "time - w > 1d": [
        ("time", 1772418600000000),
        ("w", 1772326800000000),
        ("time - w", 91_800_000_000),
        ("1d", DAY_US),
        ("time - w > 1d", True),
    ],
    "minutes(d) > 1": [("d", 90_000_000), ("minutes(d)", 1.5), ("1", 1.0), ("minutes(d) > 1", True)],
    "d / 2 > 1m": [("d", 90_000_000), ("2", 2.0), ("d / 2", 45_000_000), ("1m", 60_000_000), ("d / 2 > 1m", False)],
    "2 * d > 1m": [("d", 90_000_000), ("2", 2.0), ("2 * d", 180_000_000), ("1m", 60_000_000), ("2 * d > 1m", True)],
    "n < floor_of(t)": [("n", 7.5), ("t", "abc"), ("floor_of(t)", None), ("n < floor_of(t)", None)],
    "this.n > 湘": [("this.n", 7.5), ("2 + 1", 3), ("this.n > 湘", True)],
}


@pytest.mark.parametrize("text", PLACES)
def test_a_trace_says_of_each_part_its_value_and_the_words_of_the_file(text: str) -> None:
    program = made(f"# 湘\tA\nlet 湘 = (2 + 1)\n{DECLARED}rule r\n    on e\n    when {text}\n")
    found = program.traced(program.rule("r")["condition"], SENT)
    expected = PLACES[text]
    if "湘" in text:
        expected = [expected[0], ("2", 2), ("1", 1), *expected[1:]]
    assert found == expected


def test_patterns_and_aggregates_have_their_places() -> None:
    text = "count(f where f.x > 1) > 2 and e preceded by f within officer"
    program = made(f"{DECLARED}rule r\n    when {text}\n")
    marked = [program.text[start:end] for _, (_, start, end) in program.plan["codes"][program.rule("r")["condition"]]["marks"]]
    assert marked == [
        "count(f where f.x > 1)",
        "2",
        "count(f where f.x > 1) > 2",
        "e preceded by f",
        "count(f where f.x > 1) > 2 and e preceded by f",
    ]


# ------------------------------------------------------------------ always the same


def test_the_same_rules_give_the_same_bytes_in_every_process() -> None:
    script = "import hashlib, rulelang; from tests.machine.expressions import rule_file; print(hashlib.sha256(rulelang.compile_text(rule_file(3).text)).hexdigest())"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(found) == 1
