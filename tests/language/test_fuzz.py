"""Whatever is written into a rule file, the checker answers: with a rule set, or with what is wrong and where. It never breaks, hangs or passes over
something in silence.

A seed makes a few files: shipped rules with something changed, words in any order, characters of any kind, very deep, very long. For ten minutes of it:
`pytest tests/language/test_fuzz.py --campaign 20`.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import rulelang
from rulelang.api import Checked
from rulelang.diagnostics import Diagnostic
from rulelang.format import format_text
from rulelang.lint import lint
from rulelang.punctuation import as_ascii
from rulelang.render import RENDERERS, render_text
from tests.language.ruletexts import rule_text, scattered

ROOT = Path(__file__).parents[2]
SHIPPED = {
    str(path.relative_to(ROOT / "rules")): path.read_bytes() for path in (ROOT / "rules").rglob("*") if path.suffix in (".rules", ".csv")
}
NAMES = sorted(name for name in SHIPPED if name.endswith(".rules"))
PIECES = re.compile(r'"[^"\n]*"|[^\W\d]\w*|\d[\w.:+-]*|\s+|.')
SECONDS_MAX = 10.0
"""Of processor time, for a file of at most some thousand lines."""

Mutation = Callable[[str, random.Random], str]


@cache
def words() -> list[str]:
    """Everything that stands in the shipped rules, with what may do harm."""
    found = {word for name in NAMES for word in PIECES.findall(SHIPPED[name].decode())}
    strange = {
        "",
        '"',
        "＂",
        "“",
        "#",
        "\\",
        "{",
        "}",
        "(",
        ")",
        ",",
        ";",
        "=",
        "==",
        "..",
        "…",
        "-",
        "'",
        "\0",
        "\x1b[31m",
        "\ufeff",
        "\u200b",
        "\u202e",
        "\r",
    }
    numbers = {
        "9" * 400,
        "1e999",
        "0.1" + "0" * 300,
        "2026-02-30",
        "0000-00-00",
        "9999-12-31T23:59:59.999999",
        "99999999999w",
        "+1h",
        "-0",
        "1" * 19 + "s",
    }
    return sorted(found | strange | numbers)


# ------------------------------------------------------------------ what is changed


def a_piece(text: str, rng: random.Random) -> str:
    pieces = PIECES.findall(text) or [""]
    for _ in range(rng.choice([1, 1, 1, 2, 5, 30])):
        at, end = sorted(rng.randrange(len(pieces) + 1) for _ in range(2))
        end = min(end, at + rng.choice([0, 1, 1, 2, 10]))
        pieces[at:end] = rng.choice(
            [[], [rng.choice(words())], pieces[at:end] * 2, [rng.choice(words()) for _ in range(3)], pieces[at:end][::-1]]
        )
    return "".join(pieces)


def a_character(text: str, rng: random.Random) -> str:
    for _ in range(rng.choice([1, 1, 2, 10])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + any_character(rng) * rng.choice([0, 1, 1, 1, 3]) + text[at + rng.choice([0, 0, 1, 1, 5]) :]
    return text


def any_character(rng: random.Random) -> str:
    code = rng.choice(
        [
            rng.randrange(0x80),
            rng.randrange(0x80),
            rng.randrange(0x3000, 0x3100),
            rng.randrange(0xFF00, 0xFFF0),
            rng.randrange(sys.maxunicode),
        ]
    )
    return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"


def an_end(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def a_beginning(text: str, rng: random.Random) -> str:
    return text[rng.randrange(len(text) + 1) :]


def the_order_of_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(rng.choice([1, 3, 10])):
        lines.insert(rng.randrange(len(lines) + 1), lines.pop(rng.randrange(len(lines))))
    return "\n".join(lines)


def the_line_ends(text: str, rng: random.Random) -> str:
    return text.replace("\n", rng.choice(["\r\n", " ", "\n\n", "\r", "\u2028", ""]))


def the_width(text: str, rng: random.Random) -> str:
    """Letters or punctuation as wide as Chinese ones."""
    kept = rng.choice([str.isalnum, lambda c: not c.isalnum(), lambda c: False])
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and not kept(c) and rng.random() < 0.9 else c for c in text)


def the_gaps(text: str, rng: random.Random) -> str:
    return re.sub(r"\s+", lambda found: rng.choice([found[0], " ", "", "\n# x\n", "\t"]) if rng.random() < 0.1 else found[0], text)


MUTATIONS: tuple[Mutation, ...] = (
    a_piece,
    a_piece,
    a_piece,
    a_character,
    a_character,
    an_end,
    a_beginning,
    the_order_of_lines,
    the_line_ends,
    the_width,
    the_gaps,
)

# ------------------------------------------------------------------ what is made anew


def any_words(rng: random.Random) -> str:
    return rng.choice(["", " "]).join(rng.choice(words()) for _ in range(rng.choice([1, 10, 300])))


def any_characters(rng: random.Random) -> str:
    return "".join(any_character(rng) for _ in range(rng.choice([1, 10, 300])))


def deep(rng: random.Random) -> str:
    opening, closing = rng.choice(
        [
            ("(", ")"),
            ("not ", ""),
            ("-", ""),
            ("f(", ")"),
            ("count(e where ", ")"),
            ("(a and ", ")"),
            ("previous ", ""),
            ("x or else ", ""),
            ("{", "}"),
            ('"', '"'),
        ]
    )
    depth = rng.choice([10, 63, 64, 65, 100, 1000, 5000])
    body = opening * depth + "a" + closing * rng.choice([depth, depth, depth - 1, 0])
    return rng.choice(
        ["let x = {}", "event e a: number rule r when {} > 1 within a", 'event e a: number rule r when a > 1 message "{{{}}}"']
    ).format(body)


def long(rng: random.Random) -> str:
    one, between = rng.choice(
        [
            ("a", " and "),
            ("a > 1", " or "),
            ('"x"', ", "),
            ("a", "."),
            ("a", ""),
            ("a: number", " "),
            ("1: 2", " "),
            ("e at +1h", " "),
            ("# x", "\n"),
            ("(a)", " + "),
        ]
    )
    return rng.choice(["", "let x = ", "rule r when ", "event e ", "table t(): number ", 'test "t" ', "let x = ("]) + between.join(
        [one] * rng.choice([100, 3000])
    )


def generated(rng: random.Random) -> str:
    text = scattered(rule_text(rng), rng)
    return rng.choice(MUTATIONS)(text, rng) if rng.random() < 0.7 else text


NEW: tuple[Callable[[random.Random], str], ...] = (any_words, any_characters, deep, long, generated, generated)

# ------------------------------------------------------------------ what must hold


def answers(text: str, check: Callable[[], Checked], name: str) -> None:
    assert len(as_ascii(text).text) == len(text)
    started = time.process_time()
    checked = check()
    linted = lint(checked)
    found = [*checked.diagnostics, *linted]
    assert time.process_time() - started < SECONDS_MAX
    assert (checked.ruleset is None) == bool(checked.errors)
    for diagnostic in found:
        lies_in_its_file(diagnostic, checked)
    assert render_text(found, checked.sources, folder=checked.folder) or not found
    for render in RENDERERS.values():
        render(found[:5], checked.sources, folder=checked.folder)
    laid_out, errors = format_text(name, text.removeprefix("\ufeff"))
    syntax_errors = [d for d in checked.errors if d.span.file == name and d.code < "E2" and d.code != "E111"]
    if not errors:
        assert laid_out is not None
        nothing_is_passed_over(text.removeprefix("\ufeff"), checked, name)
    else:
        assert laid_out is None
        assert syntax_errors
    if checked.ruleset is not None:
        rulelang.compile_checked(checked)


def lies_in_its_file(diagnostic: Diagnostic, checked: Checked) -> None:
    span = diagnostic.span
    assert span.file in checked.sources
    assert 0 <= span.start <= span.end <= len(checked.sources[span.file])
    assert diagnostic.message
    for related in diagnostic.related:
        assert 0 <= related.span.start <= related.span.end <= len(checked.sources[related.span.file])


def nothing_is_passed_over(text: str, checked: Checked, name: str) -> None:
    """Without errors all that stands in the file stands in a declaration."""
    (file,) = (file for file in checked.files if file.name == name)
    end = 0
    for declaration in file.declarations:
        assert not re.sub(r"[#＃][^\n]*", "", text[end : declaration.span.start]).strip(
            "\ufeff \t\r\n\f\v\u3000\u2028\u2029\x85\xa0\x1c\x1d\x1e\x1f"
        )
        assert end <= declaration.span.start < declaration.span.end
        end = declaration.span.end


@pytest.mark.seeds(12)
def test_a_shipped_file_with_something_changed_is_answered(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(3):
        name = rng.choice(NAMES)
        text = SHIPPED[name].decode()
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            text = rng.choice(MUTATIONS)(text, rng)
        files = {**SHIPPED, name: text.encode()}
        answers(text, lambda files=files: rulelang.check_files(files), name)  # type: ignore[misc]  # the loop's files, now


@pytest.mark.seeds(12)
def test_a_file_made_of_anything_is_answered(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        text = rng.choice(NEW)(rng)
        answers(text, lambda text=text: rulelang.check_text(text), "rules.rules")  # type: ignore[misc]


@pytest.mark.parametrize("operand", ["+ x ", "or else x ", "within x "])
def test_a_let_that_nobody_uses_may_be_nested_however_deep(operand: str) -> None:
    text = "let a = x " + operand * 5000
    answers(text, lambda: rulelang.check_text(text), "rules.rules")
