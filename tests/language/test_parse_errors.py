"""All errors of a file at once: each with its place, what is wrong in plain words, and what would be right.

The folder `errors` holds files full of mistakes, and beside each what is said of it. `UPDATE_EXPECTED=1 pytest …` writes that anew, to be
read before it is committed.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

import rulelang
from rulelang.messages.syntax import WORDINGS
from rulelang.parse import ERRORS_MAX, NESTING_MAX, parse_expression, parse_file
from rulelang.render import render_text
from tests.language.checking import errors
from tests.language.trees import declaration, short, wrong

FILES = sorted(Path(__file__).with_name("errors").glob("*.rules"))


def said_of(path: Path) -> str:
    text = path.read_text("utf-8")
    found = [d for d in rulelang.check_text(text, path.name).errors if d.code < "E2"]
    return render_text(found, {path.name: text})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_all_errors_of_a_file_are_told_at_once(path: Path) -> None:
    expected = path.with_suffix(".expected")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(said_of(path), "utf-8")
    assert said_of(path) == expected.read_text("utf-8")


def test_every_syntax_error_there_is_stands_in_one_of_the_files() -> None:
    told = "".join(path.with_suffix(".expected").read_text("utf-8") for path in FILES)
    assert set(WORDINGS) == set(re.findall(r" error (E1\d\d): ", told))


# ------------------------------------------------------------------ what one error leaves of the rest


def test_what_stands_beside_an_error_is_read() -> None:
    text = "entity a\nrule r\n    when x =\nlet b = 1\nevent e\n    y: number\n    z number\nentity c\n"
    file, found = parse_file("x.rules", text)
    assert [e.code for e in found] == ["E104", "E102"]
    assert [short(d) for d in file.declarations] == ["(Entity a - - - false)", "(Let b 1)", "(Entity c - - - false)"]
    assert file.broken == {"rule", "r", "when", "x", "event", "e", "y", "number", "z"}


def test_a_declaration_with_a_wrong_literal_is_left_out_and_nothing_else() -> None:
    file, found = parse_file("x.rules", "let a = 2026-02-30\nlet b = 1 let c = 1e999\nlet d = 2")
    assert [e.code for e in found] == ["E109", "E114"]
    assert [short(d) for d in file.declarations] == ["(Let b 1)", "(Let d 2)"]


def test_names_that_a_broken_declaration_may_have_declared_are_not_called_unknown() -> None:
    text = 'event e\n    x: number\n    y nmber\nrule r\n    when e.x > 1 and y > 2\ntest "t"\n    e at 2026-01-01 x=3\n    expect r\n'
    assert errors(text) == [("E102", "y")]
    assert errors(text.replace("y nmber", "y: number").replace("e.x", "e.q")) == [("E203", "e.q")]
    assert errors(text + "rule s\n    when e.x > 1 and missspelled > 2\n") == [("E102", "y"), ("E201", "missspelled")]


def test_words_in_comments_and_texts_of_a_broken_declaration_declare_nothing() -> None:
    text = 'event e # q\n    x: number "q"\n    y nmber\nevent f\n    z: number\nrule r\n    when z > 1 and q > 2\n'
    assert errors(text) == [("E102", "y"), ("E201", "q")]


def test_an_error_in_one_file_does_not_make_its_names_unknown_in_another() -> None:
    files = {"a.rules": b"entity case\nevent e\n    case: case\n    x number\n", "b.rules": b"rule r\n    when e.x > 1 within case\n"}
    assert [(d.code, d.span.file) for d in rulelang.check_files(files).errors] == [("E102", "a.rules")]


@pytest.mark.parametrize(
    "text", ["rule r\n    when x >\n    about y\n", "rule r\n    when (x\n    about y\n", "rule r when ( rule s when x"]
)
def test_one_mistake_is_told_once(text: str) -> None:
    assert len(wrong(text)) == 1


def test_errors_come_in_the_order_of_the_file() -> None:
    text = 'let a = 2026-02-30\nlet b = "x\nlet c = =\nlet d = 2026-02-31\n'
    assert wrong(text) == ["E109 2026-02-30", 'E101 "x', "E102 =", "E109 2026-02-31"]


def test_an_error_is_placed_right_behind_windows_line_ends_and_a_byte_order_mark() -> None:
    text = "\ufeffrule r\r\n    when x = 3\r\n    points 4y\r\n"
    assert wrong(text) == ["E104 =", "E108 4y"]


# ------------------------------------------------------------------ bounds


def test_parentheses_up_to_the_bound_are_read_and_one_more_is_not() -> None:
    def nested(depth: int) -> str:
        return f"let a = {'(' * depth}x{')' * depth}"

    assert declaration(nested(NESTING_MAX)) == "(Let a x)"
    assert wrong(nested(NESTING_MAX + 1)) == ["E110 ("]
    assert wrong(f"{nested(NESTING_MAX + 1)}\nlet b = =\n{nested(NESTING_MAX + 5)}") == ["E110 (", "E102 =", "E110 ("]


def test_parentheses_are_counted_within_each_other_and_not_in_texts_or_comments() -> None:
    many = " + ".join(["(x)"] * (NESTING_MAX + 1))
    assert not wrong(f'let a = {many}\nlet b = "{"(" * 100}" # {"(" * 100}\n')


def test_parentheses_in_the_braces_of_a_message_have_the_same_bound() -> None:
    def nested(depth: int) -> list[str]:
        return [e.code for e in parse_expression("x.rules", f"{'(' * depth}x{')' * depth}", 7)[1]]

    assert nested(NESTING_MAX) == []
    assert nested(NESTING_MAX + 1) == ["E110"]


def test_errors_up_to_the_bound_are_told_and_no_more() -> None:
    assert len(wrong("let a = =\n" * ERRORS_MAX)) == ERRORS_MAX
    told = wrong("let a = =\n" * ERRORS_MAX + "let b = 2026-02-30\n")
    assert len(told) == ERRORS_MAX
    assert set(told) == {"E102 ="}


def test_long_chains_are_no_error_of_syntax() -> None:
    for text in ("+".join(["x"] * 5000), "-" * 5000 + "x", "not " * 5000 + "x", "x" + " within y" * 5000, " or ".join(["x"] * 5000)):
        assert parse_expression("x.rules", text, 0)[1] == []


NUMBERS = [
    ("9223372036854775807", True),
    ("9223372036854775808", False),
    ("00000000000000000000009223372036854775807", True),
    ("1e308", True),
    ("1e309", False),
    ("1" + "0" * 5000, False),
    ("9223372036854775807s", False),
    ("9223372036854s", True),
    ("9223372036855s", False),
    ("106751991d", True),
    ("106751992d", False),
    ("15250284w", True),
    ("15250285w", False),
]


@pytest.mark.parametrize(("written", "fits"), NUMBERS, ids=[written[:24] for written, _ in NUMBERS])
def test_numbers_and_durations_up_to_the_bound_are_read_and_larger_ones_are_not(written: str, fits: bool) -> None:
    assert wrong(f"let a = {written}") == ([] if fits else [f"E114 {written}"])


DAYS = [
    ("2024-02-29", True),
    ("2023-02-29", False),
    ("2026-00-10", False),
    ("2026-12-31", True),
    ("0000-01-01", False),
    ("0001-01-01", True),
    ("9999-12-31", True),
    ("2026-03-01T23:59:59.999999", True),
    ("2026-03-01T24:00", False),
    ("2026-03-01T23:60", False),
    ("2026-03-01T23:59:60", False),
    ("2026-03-01T00:00+14:00", True),
    ("2026-03-01T00:00+14:01", False),
    ("2026-03-01T00:00-14:00", True),
    ("2026-03-01T00:00+08:60", False),
]


@pytest.mark.parametrize(("written", "exists"), DAYS)
def test_days_and_times_that_do_not_exist_are_told(written: str, exists: bool) -> None:
    assert wrong(f"let a = {written}") == ([] if exists else [f"E109 {written}"])


def test_minutes_of_opening_hours_go_to_midnight() -> None:
    assert not wrong("calendar c open mon 00:00..24:00")
    assert wrong("calendar c open mon 00:00..24:01") == ["E109 24:01"]
    assert wrong("calendar c open mon 00:60..24:00") == ["E109 00:60"]


def test_at_least_takes_counts() -> None:
    for count, fits in (("1", True), ("999999999", True), ("1000000000", False), ("0", False), ("2.5", False), ("1e3", False)):
        assert wrong(f"let a = share(e where b at least {count})") == ([] if fits else [f"E109 {count}"])


# Texts that have taken, or would take, very long to be found wrong.
SLOW = [
    'rule r when x message "' + "{a}" * 5000,
    'rule r when x message "' + "{" * 20000,
    'rule r when x message "' + '{"' * 10000,
    "rule r when " + "(" * 100_000,
    "let a = " + '"' * 100_001,
    "let a = " + "x # " * 50_000 + "\n=",
    'test "t" ' + "e at +1h case= " * 2000,
    "# \n" * 50_000 + "=",
    "let a = " + "not " * 20_000,
    'test "t" expect ' + "a " * 20_000,
    "event e " + "x: text " * 5000 + "=",
    "table t(): number " + "1 " * 20_000 + "=",
    "rule r when x\n" + "points =\n" * 20_000,
    "let =\n" * 20_000,
    "message" + " " * 100_000,
    ("message" + " " * 100) * 1000,
]


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_what_is_wrong_with_a_long_text_is_found_in_a_moment(text: str) -> None:
    started = time.process_time()
    _, found = parse_file("x.rules", text)
    assert found
    assert time.process_time() - started < 10


def test_a_condition_up_to_a_hundred_deep_is_understood_and_one_deeper_is_not() -> None:
    def chained(operators: int) -> list[str]:
        return [code for code, _ in errors(f"event e\n    x: number\nrule r\n    when x{' + 1' * operators} > 3\n")]

    assert chained(98) == []  # the comparison, the sums, and the field in the innermost
    assert chained(99) == ["E492"]
