"""A loaded program is small: what is seldom read is folded, what rules have alike is there once, and all of it reads as it was written."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import rulelang
from engine.program import HEAD, load

RULE_BYTES_MAX = 5_000
"""Of memory for each rule of a large set: ten thousand are 50 MB."""


def program(rules: int) -> bytes:
    text = "event record\n    amount: number\n    plate: text\n    flag: boolean\n"
    for number in range(rules):
        text += (
            f'rule r{number}\n    when (plate starts with "B{number}" or amount > {number}.5) and amount / 3 < {number + 7} and not flag\n'
        )
    return rulelang.compile_text(text)


def written_plan(data: bytes) -> Any:
    plan_bytes = HEAD.unpack_from(data)[3]
    return json.loads(data[HEAD.size : HEAD.size + plan_bytes])


def as_json(value: Any) -> Any:
    """Plain lists and dicts."""
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    return value if isinstance(value, str | int | float | None) else [as_json(part) for part in value]


def test_what_is_folded_reads_as_it_was_written() -> None:
    data = program(30)
    found, expected = as_json(load(data).plan), written_plan(data)
    assert json.dumps(found) == json.dumps(expected)  # by their text: 1, 1.0 and True are equal in Python
    folded = load(data).plan["constants"]
    assert len(folded) == len(expected["constants"])
    assert folded[-1] == expected["constants"][-1]


def test_the_two_zeros_stay_apart() -> None:
    data = rulelang.compile_text(
        "event e\n    officer: officer\n    a: number\nentity officer\n"
        "rule r\n    when a == 0.0\n    points 0.0\nrule s\n    when a == -0.0\n    points -0.0\n    about officer\n"
    )
    assert json.dumps(as_json(load(data).plan)) == json.dumps(written_plan(data))


def test_equal_parts_of_rules_are_one_object() -> None:
    first, second = load(program(2)).plan["rules"]
    assert first["anchors"] is second["anchors"]
    assert first["anchors"]["events"][0] is second["anchors"]["events"][0]
    assert first["span"] is not second["span"]


def test_a_rule_takes_at_most_five_kilobytes() -> None:
    few, many = program(500), program(1500)
    used = []
    tracemalloc.start()
    try:
        for data in (few, many):
            before = tracemalloc.get_traced_memory()[0]
            kept = load(data)
            gc.collect()
            used.append(tracemalloc.get_traced_memory()[0] - before)
            del kept
    finally:
        tracemalloc.stop()
    assert (used[1] - used[0]) / 1000 <= RULE_BYTES_MAX
