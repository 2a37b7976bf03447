"""What each instruction does, at its bounds too. Every value here is also traced, with no jump taken (see `value_of`)."""

from __future__ import annotations

import math

import pytest

from engine.instructions import INSTRUCTIONS
from tests.machine.programs import Maker, value_of

MOST, LEAST = 2**63 - 1, -(2**63)
DAY = 86_400_000_000

ARITHMETIC = [
    ("integer 2, integer 3, ADD_INTEGER 2", 5),
    (f"integer {MOST}, integer 1, ADD_INTEGER 2", None),
    (f"integer {MOST}, integer 0, ADD_INTEGER 2", MOST),
    (f"integer {LEAST}, integer -1, ADD_INTEGER 2", None),
    ("missing, integer 1, ADD_INTEGER 2", None),
    ("integer 1, missing, ADD_INTEGER 2", None),
    ("integer 2, integer 3, SUBTRACT_INTEGER 2", -1),
    (f"integer {LEAST}, integer 1, SUBTRACT_INTEGER 2", None),
    ("time 100, time 40, SUBTRACT_INTEGER 6", 60),
    ("time 100, duration 40, ADD_INTEGER 5", 140),
    ("integer -4, integer 6, MULTIPLY_INTEGER", -24),
    (f"integer {2**32}, integer {2**31}, MULTIPLY_INTEGER", None),
    (f"integer {2**32}, integer {-(2**31)}, MULTIPLY_INTEGER", LEAST),
    ("integer 7, integer 3, MODULO_INTEGER 2", 1),
    ("integer -7, integer 3, MODULO_INTEGER 2", -1),
    ("integer 7, integer -3, MODULO_INTEGER 2", 1),
    ("integer -7, integer -3, MODULO_INTEGER 2", -1),
    ("integer 7, integer 0, MODULO_INTEGER 2", None),
    (f"integer {LEAST}, integer -1, MODULO_INTEGER 2", 0),
    ("integer 5, NEGATE_INTEGER 2", -5),
    (f"integer {LEAST}, NEGATE_INTEGER 2", None),
    ("missing, NEGATE_INTEGER 2", None),
    ("date 3, date 1, SUBTRACT_DATE", 2 * DAY),
    (f"date {2**50}, date 0, SUBTRACT_DATE", None),
    ("number 0.1, number 0.2, ADD_NUMBER", 0.1 + 0.2),
    ("number 1e308, number 1e308, ADD_NUMBER", None),
    ("number -1e308, number 1e308, SUBTRACT_NUMBER", None),
    ("number 1e200, number 1e200, MULTIPLY_NUMBER", None),
    ("number 7, number 2, DIVIDE_NUMBER", 3.5),
    ("number 7, number 0, DIVIDE_NUMBER", None),
    ("number 0, number 0, DIVIDE_NUMBER", None),
    ("number 0, number -5, DIVIDE_NUMBER", 0.0),
    ("number 7.5, number 2, MODULO_NUMBER", 1.5),
    ("number -7.5, number 2, MODULO_NUMBER", -1.5),
    ("number 7.5, number -2, MODULO_NUMBER", 1.5),
    ("number 7.5, number 0, MODULO_NUMBER", None),
    ("number 2.5, NEGATE_NUMBER", -2.5),
    ("missing, NEGATE_NUMBER", None),
    ("integer 7, TO_NUMBER, integer 2, TO_NUMBER, DIVIDE_NUMBER", 3.5),
    (f"integer {2**53 + 1}, TO_NUMBER", float(2**53)),
    ("missing, TO_NUMBER", None),
    ("duration 3, number 0.5, MULTIPLY_DURATION", 2),
    ("duration -3, number 0.5, MULTIPLY_DURATION", -2),
    (f"duration {2**62}, number 2, MULTIPLY_DURATION", None),
    (f"duration {2**62}, number -2, MULTIPLY_DURATION", LEAST),
    ("duration 3, number 2, DIVIDE_DURATION", 2),
    ("duration 3, number 0, DIVIDE_DURATION", None),
    ("duration 0, number 0, DIVIDE_DURATION", None),
    ("duration 5400000000, duration 3600000000, RATIO_DURATION", 1.5),
    ("duration 1, duration 0, RATIO_DURATION", None),
    ("integer -5, ABSOLUTE_INTEGER 2", 5),
    (f"integer {LEAST}, ABSOLUTE_INTEGER 2", None),
    (f"integer {MOST}, ABSOLUTE_INTEGER 2", MOST),
    ("number -2.5, ABSOLUTE_NUMBER", 2.5),
    ("missing, ABSOLUTE_NUMBER", None),
]

ROUNDING = [
    ("number 0.5, ROUND", 1.0),
    ("number -0.5, ROUND", -1.0),
    ("number 2.5, ROUND", 3.0),
    ("number 0.49999999999999994, ROUND", 0.0),
    ("number -2.5, FLOOR", -3.0),
    ("number -2.5, CEILING", -2.0),
    ("number 2.1, CEILING", 3.0),
    ("missing, ROUND", None),
    ("missing, FLOOR", None),
    ("missing, CEILING", None),
]

CHOICE = [
    ("integer 3, integer -1, LEAST_INTEGER", -1),
    ("integer 3, integer -1, GREATEST_INTEGER", 3),
    ("number 3, number -1, LEAST_NUMBER", -1.0),
    ("number 3, number -1, GREATEST_NUMBER", 3.0),
    ("number 3, missing, LEAST_NUMBER", None),
    ("missing, number 3, GREATEST_NUMBER", None),
    ("text b, text a, LEAST_TEXT", "a"),
    ("text a, text b, LEAST_TEXT", "a"),
    ("text a, text b, GREATEST_TEXT", "b"),
    ("text b, text a, GREATEST_TEXT", "b"),
    ("text b, missing, LEAST_TEXT", None),
    ("missing, text b, GREATEST_TEXT", None),
]

TEXTS = [
    ("text abc, text ab, STARTS_WITH", True),
    ("text abc, text bc, STARTS_WITH", False),
    ("text abc, text bc, ENDS_WITH", True),
    ("text abc, text abcd, ENDS_WITH", False),
    ("text abc, text b, CONTAINS", True),
    ("text abc, text 湘, CONTAINS", False),
    ("text 湘A1, text 湘, CONTAINS", True),
    ("missing, text a, CONTAINS", None),
    ("text a, missing, STARTS_WITH", None),
    ("text a, missing, ENDS_WITH", None),
    ("text 湘𝒜A, LENGTH", 3),
    ("text , LENGTH", 0),
    ("missing, LENGTH", None),
    ("text STRASSE, LOWER", "strasse"),
    ("text straße, UPPER", "STRASSE"),
    ("text ␣␣a␣b␣, TRIM", "a b"),
    ("missing, LOWER", None),
    ("missing, UPPER", None),
    ("missing, TRIM", None),
]

PRESENCE = [
    ("missing, IS_PRESENT", False),
    ("missing, IS_MISSING", True),
    ("text a, IS_PRESENT", True),
    ("text a, IS_MISSING", False),
    ("integer 0, IS_PRESENT", True),
    ("missing, integer 3, OR_ELSE", 3),
    ("integer 2, integer 3, OR_ELSE", 2),
    ("text a, text b, OR_ELSE", "a"),
    ("missing, text b, OR_ELSE", "b"),
    ("missing, missing, OR_ELSE", None),
    ("text a, JUMP_PRESENT @end, text b, OR_ELSE, end:", "a"),
    ("missing, JUMP_PRESENT @end, text b, OR_ELSE, end:", "b"),
]


@pytest.mark.parametrize(("expression", "value"), ARITHMETIC + ROUNDING + CHOICE + TEXTS + PRESENCE)
def test_an_expression_gives(expression: str, value: object) -> None:
    found = value_of(expression)
    assert found == value
    assert type(found) is type(value)


def test_there_is_one_zero() -> None:
    for expression in ("number -0.0, ROUND", "number -0.4, CEILING", "number 0, NEGATE_NUMBER", "number 0, number -5, MULTIPLY_NUMBER"):
        assert math.copysign(1, value_of(expression)) == 1, expression


SIDES = {
    "INTEGER": ("integer", ["-5", "0", "7", str(MOST)]),
    "NUMBER": ("number", ["-1e300", "-0.5", "0", "3.25"]),
    "TEXT": ("text", ["", "A", "Z", "a", "ab", "é", "湘", "\uffff", "\U00010000"]),
}


@pytest.mark.parametrize("kind", SIDES)
@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("EQUAL", lambda a, b: a == b),
        ("UNEQUAL", lambda a, b: a != b),
        ("LESS", lambda a, b: a < b),
        ("LESS_EQUAL", lambda a, b: a <= b),
        ("GREATER", lambda a, b: a > b),
        ("GREATER_EQUAL", lambda a, b: a >= b),
    ],
)
def test_comparisons_follow_the_order_of_their_kind(kind: str, name: str, holds) -> None:  # type: ignore[no-untyped-def]
    word, values = SIDES[kind]
    for i, left in enumerate(values):
        for j, right in enumerate(values):
            assert value_of(f"{word} {left}, {word} {right}, {name}_{kind}") is holds(i, j), (left, name, right)
        assert value_of(f"{word} {left}, missing, {name}_{kind}") is None
        assert value_of(f"missing, {word} {left}, {name}_{kind}") is None
    assert value_of(f"missing, missing, {name}_{kind}") is None


@pytest.mark.parametrize("kind", ["INTEGER", "NUMBER", "TEXT"])
def test_between_includes_both_ends_and_knows_what_one_end_decides(kind: str) -> None:
    def between(x: str, low: str, high: str) -> object:
        return value_of(", ".join(part if part == "missing" else f"{kind.lower()} {part}" for part in (x, low, high)) + f", BETWEEN_{kind}")

    assert between("2", "2", "4") is True
    assert between("4", "2", "4") is True
    assert between("5", "2", "4") is False
    assert between("1", "2", "4") is False
    assert between("missing", "2", "4") is None
    assert between("3", "missing", "4") is None
    assert between("5", "missing", "4") is False
    assert between("3", "2", "missing") is None
    assert between("1", "2", "missing") is False


def test_a_value_is_in_a_set_or_not() -> None:
    sets = [
        {"kind": "text", "values": ["湘", "b"]},
        {"kind": "integer", "values": [5, -1, MOST]},
        {"kind": "number", "values": [2.5, 1, 1e300]},
        {"kind": "integer", "values": []},
    ]
    cases = [
        ("text 湘, IN_SET 0", True),
        ("text c, IN_SET 0", False),
        ("missing, IN_SET 0", None),
        ("integer 5, IN_SET 1", True),
        (f"integer {MOST}, IN_SET 1", True),
        (f"integer {LEAST}, IN_SET 1", False),
        ("number 1, IN_SET 2", True),
        ("number 1.5, IN_SET 2", False),
        ("number 1e301, IN_SET 2", False),
        ("integer 5, IN_SET 3", False),
    ]
    for expression, value in cases:
        assert value_of(expression, Maker(sets=sets)) is value, expression


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("湘A*", "湘A12345", True),
        ("湘A*", "x湘A12345", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("?", "𝒜", True),
        ("?", "", False),
        ("a?c", "abc", True),
        ("a*b*c", "aXbYbZc", True),
        ("a*b*c", "aXbYbZ", False),
        ("*ab", "aab", True),
        ("*a*a*a*b", "a" * 2000, False),
        ("a.c", "abc", False),
        ("[a]", "[a]", True),
        ("A", "a", False),
    ],
)
def test_a_glob_fits_the_whole_text(glob: str, text: str, fits: bool) -> None:
    assert value_of(f"text {text}, LIKE 0", Maker(globs=[glob])) is fits


def test_a_regular_expression_is_found_anywhere() -> None:
    for text, found in [("ab12cd", True), ("abcd", False), ("湘12", True)]:
        assert value_of(f"text {text}, MATCHES 0", Maker(regexes=[r"\d{2}"])) is found
    assert value_of("missing, MATCHES 0", Maker(regexes=["a"])) is None
    assert value_of("missing, LIKE 0", Maker(globs=["a"])) is None


def test_a_table_gives_the_row_of_its_keys_and_day() -> None:
    rows = [
        {"keys": ["A"], "value": 5, "since": None, "until": 9},
        {"keys": ["A"], "value": 7.5, "since": 10, "until": 19},
        {"keys": ["湘"], "value": 1, "since": None, "until": None},
    ]
    both = [{"keys": ["x", 2], "value": "yes", "since": None, "until": None}]
    tables = [
        {"name": "t", "params": ["text"], "kind": "number", "rows": rows},
        {"name": "u", "params": ["text", "number"], "kind": "text", "rows": both},
        {"name": "v", "params": [], "kind": "integer", "rows": [{"keys": [], "value": 80, "since": 100, "until": None}]},
    ]
    cases = [
        ("text A, date 9, LOOK_UP 0", 5.0),
        ("text A, date 10, LOOK_UP 0", 7.5),
        ("text A, date 20, LOOK_UP 0", None),
        ("text B, date 0, LOOK_UP 0", None),
        ("text 湘, date 123456, LOOK_UP 0", 1.0),
        ("missing, date 9, LOOK_UP 0", None),
        ("text A, missing, LOOK_UP 0", None),
        ("text x, number 2, date 0, LOOK_UP 1", "yes"),
        ("text x, number 3, date 0, LOOK_UP 1", None),
        ("missing, number 2, date 0, LOOK_UP 1", None),
        ("date 99, LOOK_UP 2", None),
        ("date 100, LOOK_UP 2", 80),
    ]
    for expression, value in cases:
        assert value_of(expression, Maker(tables=tables)) == value, expression


def test_keys_are_made_of_texts() -> None:
    entities = {"officer": False, "account": True}
    cases = [
        ("text ␣Ｐ17␣␣x, NORMALISE 0", "P17 x"),
        ("text ␣, NORMALISE 0", None),
        ("text Ｐ17, NORMALISE -1", "P17"),
        ("missing, NORMALISE 1", None),
    ]
    for expression, value in cases:
        assert value_of(expression, Maker(entities=entities)) == value, expression
    assert (
        value_of("text ADMIN, NORMALISE 1", Maker(entities=entities))
        == value_of("text аdmin, NORMALISE 1", Maker(entities=entities))
        is not None
    )


def test_every_instruction_is_told_apart_by_number_and_name() -> None:
    assert [i.number for i in INSTRUCTIONS] == list(range(len(INSTRUCTIONS)))
    assert len({i.name for i in INSTRUCTIONS}) == len(INSTRUCTIONS)


def test_deep_stacks_are_no_shallower_than_they_say() -> None:
    depth = 40
    expression = "deep:, " + ", ".join(["integer 1"] * depth) + ", " + ", ".join(["ADD_INTEGER 2"] * (depth - 1))
    assert value_of(expression) == depth
