"""The index of rules about single events leaves out only what cannot hold: with it and without it the answers are the same."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

import rulelang
from engine.machine import Machine
from engine.program import Program, load

SCHEMA = """
timezone "UTC"
entity officer
entity account lookalike
event a
    officer: officer
    account: account
    n: number
    m: number
    i: integer
    b: boolean
    t: text
    u: text
    d: duration
event c
    officer: officer
    k: number
"""
NUMBERS = [-1.5, -0.0, 0.0, 1.0, 2.0, 2.5, 3.0, 9007199254740993.0, 1e300]
INTEGERS = [-(2**63), -1, 0, 1, 2, 3, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1]
TEXTS = ["", "a", "a\0", "ab", "abc", "b", "湘A1", "湘A", "湘", "\U0010ffff", "\U0010ffffz", "ÿ"]


def plain(value: float) -> str:
    return f"{value:.17g}" if "e" not in repr(value) else repr(value)


def quoted(text: str) -> str:
    return '"' + text.replace("\0", "\u0001") + '"'


class Conditions:
    """Conditions over one event of type `a`, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def condition(self, depth: int = 3) -> str:
        r = self.random
        kind = r.randrange(4 if depth else 1)
        if kind == 1:
            return f"({' and '.join(self.condition(depth - 1) for _ in range(r.randint(2, 4)))})"
        if kind == 2:
            return f"({' or '.join(self.condition(depth - 1) for _ in range(r.randint(2, 4)))})"
        if kind == 3:
            return f"not ({self.condition(depth - 1)})"
        return r.choice([self.number, self.integer, self.text, self.other, self.computed])()

    def number(self) -> str:
        r = self.random
        field = r.choice(["n", "m", "this.n"])
        values = [plain(r.choice(NUMBERS)) for _ in range(3)]
        op = r.choice(["==", "!=", "<", "<=", ">", ">="])
        return r.choice(
            [
                f"{field} {op} {values[0]}",
                f"{values[0]} {op} {field}",
                f"{field} in ({', '.join(values)})",
                f"{field} not in ({', '.join(values)})",
                f"{field} between {values[0]} and {values[1]}",
                "n > m",
            ]
        )

    def integer(self) -> str:
        r = self.random
        value = r.choice(INTEGERS[1:])
        return r.choice(
            [f"i {r.choice(['==', '!=', '<', '<=', '>', '>='])} {value}", f"i between {value} and 3", f"i > {plain(r.choice(NUMBERS))}"]
        )

    def text(self) -> str:
        r = self.random
        field = r.choice(["t", "u"])
        value = quoted(r.choice(TEXTS))
        op = r.choice(["==", "!=", "<", "<=", ">", ">=", "starts with", "ends with", "contains"])
        return r.choice(
            [
                f"{field} {op} {value}",
                f"{field} like {quoted(r.choice(TEXTS) + '*')}",
                f"{field} in ({value}, {quoted(r.choice(TEXTS))})",
                "t == u",
            ]
        )

    def other(self) -> str:
        return self.random.choice(
            [
                "b",
                "not b",
                "n is missing",
                "t is present",
                "officer == 'P1'".replace("'", '"'),
                'account == "Admin"',
                "d > 90s",
                "d between 1m and 1h",
                "(n or else 2) > 1",
                "time >= 2026-01-01T12:00",
                "time <= 2026-01-01",
                "hour(time) in (0, 12)",
                'spelling(account) == "ADMIN"',
                "true",
                "false",
            ]
        )

    def computed(self) -> str:
        return f"n + m {self.random.choice(['<', '>', '=='])} {plain(self.random.choice(NUMBERS[:7]))}"

    def event(self, number: int) -> dict[str, Any]:
        r = self.random
        event: dict[str, Any] = {
            "id": str(number),
            "type": "a",
            "time": r.choice(["2026-01-01T00:00Z", "2026-01-01T12:00Z", "2026-01-02T00:00Z"]),
        }
        choices: dict[str, list[Any]] = {
            "officer": ["P1", " P1 ", "P2"],
            "account": ["Admin", "ADMIN", "аdmin"],
            "n": NUMBERS,
            "m": NUMBERS,
            "i": INTEGERS,
            "b": [True, False],
            "t": TEXTS,
            "u": TEXTS,
            "d": [60, 90, 90.000001, 3600],
        }
        for field, values in choices.items():
            if r.random() < 0.85:
                event[field] = r.choice(values)
        return event


def without_index(program: Program) -> Machine:
    """The same program, every rule looked at on every event of its types."""
    plan = copy.deepcopy(program.plan)
    for table in plan["index"]:
        table["features"] = []
        table["rows"] = [
            number
            for number, rule in enumerate(plan["rules"])
            if any(anchor["type"] == table["type"] for anchor in rule["anchors"]["events"])
        ]
    return Machine(Program(plan, program.code))


def rules(conditions: list[str]) -> str:
    return SCHEMA + "".join(f"rule r{number}\n    on a\n    when {condition}\n" for number, condition in enumerate(conditions))


@pytest.mark.parametrize("seed", range(12))
def test_with_and_without_the_index_the_same_rules_hold(seed: int) -> None:
    made = Conditions(seed)
    program = load(rulelang.compile_text(rules([made.condition() for _ in range([3, 60, 64, 65, 400][seed % 5])])))
    ours, plain_ = Machine(program), without_index(program)
    for number in range(150):
        event = made.event(number)
        assert ours.matches(event) == plain_.matches(event), (seed, event)


def test_so_many_bounds_that_bitmaps_are_made_from_changes() -> None:
    made = random.Random(5)
    conditions = [f"n >= {low} and n < {low + made.randrange(1, 5000)} and m > {made.randrange(20_000)}" for low in range(6000)]
    program = load(rulelang.compile_text(rules(conditions)))
    machine = Machine(program)
    for number in range(40):
        n, m = made.randrange(-10, 12_000) + made.choice([0, 0.5]), made.randrange(20_001)
        event = {"id": str(number), "type": "a", "time": "2026-01-01T00:00Z", "n": n, "m": m}
        bounds = [tuple(float(word) for word in c.replace("and", "").split() if word.replace(".", "").isdigit()) for c in conditions]
        assert machine.matches(event) == [f"r{i}" for i, (low, high, above) in enumerate(bounds) if low <= n < high and m > above]


def test_a_rule_on_several_types_is_found_on_each() -> None:
    text = SCHEMA + 'rule r\n    on a, c where k > 5\n    when officer == "P1"\nrule s\n    when officer in ("P1", "P2")\n'
    machine = Machine(load(rulelang.compile_text(text)))
    event = {"id": "1", "time": "2026-01-01T00:00Z", "officer": "P1", "k": 3}
    assert machine.matches({**event, "type": "a"}) == ["r", "s"]
    assert machine.matches({**event, "type": "c"}) == ["s"]
    assert machine.matches({**event, "type": "c", "k": 6}) == ["r", "s"]


def test_what_nothing_can_meet_is_not_looked_at() -> None:
    program = load(rulelang.compile_text(rules(["n > 2 and n < 1", 't == "a" and t == "b"', "n > 2"])))
    assert program.plan["index"][0]["rows"] == [2]


def test_alternatives_are_rows_of_their_own_up_to_a_bound() -> None:
    for alternatives, rows in ((8, 8), (9, 1)):
        condition = " or ".join(f'(n == {i} and t == "x{i}")' for i in range(alternatives))
        program = load(rulelang.compile_text(rules([condition])))
        assert len(program.plan["index"][0]["rows"]) == rows
