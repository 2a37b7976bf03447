"""Constants that are computed when rules are checked come to what they would come to when rules run: against the reference evaluator."""

from __future__ import annotations

import random
import re

import pytest

from rulelang import model
from rulelang.resolve.folding import fold
from tests.language.checking import checked_with, meant
from tests.reference.values import At, Names, evaluate

SCHEMA = "event e\n    n: integer\n"
NUMBERS = ("0", "1", "2", "3", "7", "-7", "0.5", "2.5", "-2.5", "1e300", "9223372036854775807", "-9223372036854775807", "80%")
DURATIONS = ("0s", "1s", "1.5s", "30d", "-90m", "100000000d", "2w")


def value(text: str) -> tuple[model.Constant | None, object]:
    """What an expression is folded to, and what it comes to when it is evaluated."""
    checked = checked_with(f"{SCHEMA}rule r on e when ({text}) is present")
    assert checked.ruleset is not None, [d.message for d in checked.errors]
    condition = checked.ruleset.rules[0].condition
    assert isinstance(condition, model.Presence)
    return fold(condition.operand), evaluate(condition.operand, At(Names(checked.ruleset), None, None, 0))


# What gives a number, and what a duration; N and D stand for one.
OF_NUMBERS = (
    *(f"(N {op} N)" for op in ("+", "-", "*", "/", "mod")),
    *(f"{name}(N)" for name in ("abs", "round", "floor", "ceil")),
    *(f"{name}(D)" for name in ("seconds", "minutes", "hours", "days")),
    *("min(N, N)", "max(N, N)", "(D / D)", "-(N)", "(N or else N)"),
)
OF_DURATIONS = ("(D + D)", "(D - D)", "(D mod D)", "(D * N)", "(N * D)", "(D / N)", "abs(D)", "-(D)", "(D or else D)")


def expression(rng: random.Random, depth: int, kind: str) -> str:
    """An expression of constants that gives a number (N) or a duration (D)."""
    if depth == 0:
        return rng.choice(NUMBERS if kind == "N" else DURATIONS)
    form = rng.choice(OF_NUMBERS if kind == "N" else OF_DURATIONS)
    return re.sub(r"\b[ND]\b", lambda found: expression(rng, depth - 1, found[0]), form)


@pytest.mark.parametrize("seed", range(400))
def test_what_is_computed_beforehand_is_what_would_be_computed_later(seed: int) -> None:
    rng = random.Random(seed)
    text = expression(rng, rng.randint(1, 3), rng.choice("NND"))
    folded, evaluated = value(text)
    if folded is not None:
        assert (folded.value, type(folded.value)) == (evaluated, type(evaluated)), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 / 2", 3.5),
        ("7 mod 3", 1),
        ("-7 mod 3", -1),
        ("7 mod -3", 1),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("round(2.4)", 2.0),
        ("80% * 10", 8.0),
        ("1 / 0", None),
        ("1 mod 0", None),
        ("9223372036854775807 + 1", None),
        ("9223372036854775806 + 1", 9223372036854775807),
        ("1e308 * 10", None),
        ("1d / 12h", 2.0),
        ("90m mod 1h", 1_800_000_000),
        ("(1 / 0) or else 5", 5.0),
        ("min(3, 2.5)", 2.5),
        ("floor(-2.5)", -3.0),
        ("ceil(-2.5)", -2.0),
        ("2026-03-03 - 2026-03-01", 2 * 86_400_000_000),
        ("2026-03-01T12:00 - 2026-03-01T10:00", 2 * 3_600_000_000),
        ("2026-03-01T12:00Z + 2h", 1772373600000000),
    ],
)
def test_arithmetic_is_as_promised(text: str, expected: object) -> None:
    folded, evaluated = value(text)
    assert evaluated == expected
    assert folded is not None
    assert folded.value == expected


@pytest.mark.parametrize("text", ["n + 1", "n", "min(n, 1)", 'length("a") + 1'])
def test_what_depends_on_events_or_texts_is_left_for_later(text: str) -> None:
    condition = meant(f"{SCHEMA}rule r on e when ({text}) is present").rules[0].condition
    assert isinstance(condition, model.Presence)
    assert fold(condition.operand) is None
