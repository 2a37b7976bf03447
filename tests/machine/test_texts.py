"""How values are written: whatever 64 bits hold has a text, the same as that of the slow twin."""

from __future__ import annotations

import json
import random
from math import isfinite

import pytest

from engine import texts
from tests.reference import texts as twin

ENDS = [-(2**63), -(2**63) + 1, -1, 0, 1, 2**63 - 1]
YEARS_US = [
    (days * 86_400 + seconds) * 1_000_000 + us
    for days in (-719_163, -719_162, 0, 2_932_896, 2_932_897)
    for seconds, us in ((0, 0), (86_399, 5))
]


@pytest.mark.parametrize("time_us", ENDS + YEARS_US)
def test_times_have_a_text_beyond_the_years_that_dates_have(time_us: int) -> None:
    assert texts.time_text(time_us) == twin.time_text(time_us)
    assert texts.local_time_text(time_us) == twin.clock_text(time_us, " ")


@pytest.mark.parametrize("day", [*ENDS, -719_163, -719_162, 2_932_896, 2_932_897])
def test_days_have_a_text_beyond_the_years_that_dates_have(day: int) -> None:
    assert texts.day_text(day) == twin.day_text(day)


@pytest.mark.seeds(3)
def test_texts_are_those_of_the_twin(seed: int) -> None:
    made = random.Random(seed)
    for _ in range(500):
        value = made.randrange(-(2**63), 2**63) >> made.randrange(0, 63)
        assert texts.time_text(value) == twin.time_text(value), (seed, value)
        assert texts.day_text(value) == twin.day_text(value), (seed, value)
        assert texts.duration_text(value) == twin.duration_text(value), (seed, value)


@pytest.mark.seeds(3)
def test_times_of_four_digits_years_are_those_of_the_twin(seed: int) -> None:
    made = random.Random(seed)
    for _ in range(2000):
        value = made.randrange(-62_135_596_800, 253_402_300_800) * 1_000_000 + made.choice((0, 1, 500_000, 999_999, 120, 10))
        assert texts.time_text(value) == twin.time_text(value), (seed, value)
        assert texts.local_time_text(value) == twin.clock_text(value, " "), (seed, value)


# ------------------------------------------------------------------ JSON


class Named(str):
    """A text that is more than one."""


LEAVES = [
    None,
    True,
    False,
    0,
    -1,
    2**70,
    1.0,
    -0.0,
    1e300,
    5e-324,
    0.1,
    float("inf"),
    float("nan"),
    "",
    "a",
    "湘A",
    "𝄞",
    "é",
    '"',
    "\\",
    "/",
]
LEAVES += ["\0", "\x1f\n\t\b\f\r", "\x7f\x80", "\ud800", "a" * 1000 + "\n" + "字", Named("n")]


def a_value(made: random.Random, depth: int = 0) -> object:
    kind = made.randrange(6)
    if depth > 4 or kind < 3:
        return made.choice(LEAVES)
    several = [a_value(made, depth + 1) for _ in range(made.randrange(4))]
    if kind == 3:
        return several
    if kind == 4:
        return tuple(several)
    return {made.choice(("", "a", "字", '"', "\ud800", Named("k"), 1, None, True, 2.5)): part for part in several}


def is_plain(value: object) -> bool:
    """Whether nothing in it is left to `json`."""
    if isinstance(value, dict):
        return all(type(name) is str and is_plain(name) for name in value) and all(map(is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    if type(value) is str:
        return "\ud800" not in value
    return value is None or type(value) in (bool, int) or (type(value) is float and isfinite(value))


@pytest.mark.seeds(3)
def test_json_is_that_of_the_standard_library(seed: int) -> None:
    made = random.Random(seed)
    for _ in range(1000):
        value = a_value(made)
        expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        assert texts.canonical(value) == expected, (seed, value)
        assert texts.canonical_bytes(value) == expected.encode("utf-8", "surrogatepass"), (seed, value)
        plain = texts.plain_json(value)
        assert plain == expected.encode("utf-8", "surrogatepass") if plain is not None else not is_plain(value), (seed, value)
        assert plain is None or plain.decode() == expected, "only what UTF-8 has"


@pytest.mark.parametrize("depth", [1, 49, 50, 51, 52, 200])
def test_json_goes_deep(depth: int) -> None:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    assert texts.canonical(value) == "[" * depth + '"x"' + "]" * depth


def test_what_json_has_no_word_for_is_an_error() -> None:
    with pytest.raises(TypeError):
        texts.canonical({"a": {1, 2}})
    assert texts.canonical(["after"]) == '["after"]'


def test_a_long_duration_keeps_its_last_digit() -> None:
    assert texts.duration_text(9_007_199_254_740_993) == "9007199254.740993s"
    assert texts.duration_text(-1_500_000) == "-1.5s"
