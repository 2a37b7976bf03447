"""Three-valued logic, short-circuited and not, and what is shared between expressions."""

from __future__ import annotations

from itertools import product

import pytest

from engine.machine import Frame
from tests.machine.programs import Maker, value_of

TRUTHS = {"boolean true": True, "boolean false": False, "missing": None}


def both(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def either(a: bool | None, b: bool | None) -> bool | None:
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


@pytest.mark.parametrize(("a", "b"), list(product(TRUTHS, TRUTHS)))
def test_and_and_or_know_what_unknown_does_not_change(a: str, b: str) -> None:
    assert value_of(f"{a}, {b}, AND") is both(TRUTHS[a], TRUTHS[b])
    assert value_of(f"{a}, {b}, OR") is either(TRUTHS[a], TRUTHS[b])
    assert value_of(f"{a}, JUMP_FALSE @end, {b}, AND, end:") is both(TRUTHS[a], TRUTHS[b])
    assert value_of(f"{a}, JUMP_TRUE @end, {b}, OR, end:") is either(TRUTHS[a], TRUTHS[b])


@pytest.mark.parametrize(("a", "expected"), [("boolean true", False), ("boolean false", True), ("missing", None)])
def test_not_leaves_unknown_unknown(a: str, expected: bool | None) -> None:
    assert value_of(f"{a}, NOT") is expected


def test_fields_of_types_that_do_not_declare_them_are_missing() -> None:
    maker = Maker({"a": {"n": "integer"}, "b": {"m": "integer"}})
    condition = maker.code(".n, IS_MISSING, JUMP_FALSE @end, this.m, IS_PRESENT, AND, end:")
    machine = maker.machine()
    frame = Frame()
    frame.current = frame.this = machine.decode({"type": "b", "id": "1", "time": "2026-01-01T00:00Z", "m": 3})
    assert machine.evaluate(condition, frame) is True
    frame.current = frame.this = None
    assert machine.evaluate(condition, frame) is False


def test_a_memo_is_read_for_the_same_event_only() -> None:
    maker = Maker({"a": {"n": "integer"}})
    shared = "MEMO_GET 0 @got, this.n, MEMO_SET 0, got:, integer 1, ADD_INTEGER 2"
    first, second = maker.code(shared), maker.code(shared.replace("integer 1", "integer 2"))
    machine = maker.machine()
    frame = Frame()
    for n in range(3):
        frame.this = machine.decode({"type": "a", "id": str(n), "time": "2026-01-01T00:00Z", "n": n})
        assert [machine.evaluate(code, frame) for code in (first, second, first)] == [n + 1, n + 2, n + 1]
    frame.this = None
    assert machine.evaluate(first, frame) is None


def test_a_trace_tells_every_part_also_what_was_not_needed() -> None:
    maker = Maker({"a": {"n": "integer", "t": "text"}})
    code = maker.code(".n, integer 3, LESS_INTEGER, JUMP_FALSE @end, .t, text x, EQUAL_TEXT, AND, end:")
    machine = maker.machine()
    frame = Frame()
    frame.current = machine.decode({"type": "a", "id": "1", "time": "2026-01-01T00:00Z", "n": 5})
    told = [(kind, value) for _, kind, value in machine.trace(code, frame)]
    assert told == [
        ("integer", 5),
        ("integer", 3),
        ("boolean", False),
        ("boolean", False),
        ("missing", None),
        ("text", "x"),
        ("missing", None),
        ("boolean", False),
    ]


def test_a_frame_without_histories_says_so() -> None:
    maker = Maker()
    code = maker.code("text abc, AGGREGATE 3, ADD_INTEGER 2")
    with pytest.raises(LookupError, match="number 3"):
        maker.machine().evaluate(code, Frame())
