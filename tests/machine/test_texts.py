"""How values are written: whatever 64 bits hold has a text, the same as that of the slow twin."""

from __future__ import annotations

import random

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


def test_a_long_duration_keeps_its_last_digit() -> None:
    assert texts.duration_text(9_007_199_254_740_993) == "9007199254.740993s"
    assert texts.duration_text(-1_500_000) == "-1.5s"
