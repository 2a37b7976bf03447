"""Sets of values are cut, joined and turned round as sets are: against the values themselves."""

from __future__ import annotations

import random

import pytest

from rulelang.lint.ranges import MISSING, Stretch, Value, Values, both, either, hull, known, point, stretch, turned, whole

PLACES: tuple[Value | None, ...] = (None, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3)
"""Every bound that is tried, the values between two, and being missing."""


def inside(values: Values, place: Value | None) -> bool:
    """Whether a value is in the set, by its bounds."""
    if place is None:
        return values.missing
    return any(_above(s, place) and _below(s, place) for s in values.stretches)


def _above(s: Stretch, place: Value) -> bool:
    return s.low is None or place > s.low or (place == s.low and s.low_in)  # type: ignore[operator]  # numbers


def _below(s: Stretch, place: Value) -> bool:
    return s.high is None or place < s.high or (place == s.high and s.high_in)  # type: ignore[operator]  # numbers


def members(values: Values) -> set[Value | None]:
    return {place for place in PLACES if inside(values, place)}


def some_set(rng: random.Random) -> Values:
    ends = (None, -1, 0, 1, 2)
    made = MISSING if rng.random() < 0.3 else Values(())
    for _ in range(rng.randint(0, 3)):
        made = either(made, stretch(rng.choice(ends), rng.random() < 0.5, rng.choice(ends), rng.random() < 0.5))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_sets_of_values_are_sets(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        a, b = some_set(rng), some_set(rng)
        assert members(both(a, b)) == members(a) & members(b)
        assert members(either(a, b)) == members(a) | members(b)
        assert members(turned(a)) == set(PLACES) - members(a)
        assert members(known(a)) == members(a) - {None}
        wholes = {None, -1, 0, 1, 2, 3}
        assert members(whole(a)) & wholes == members(a) & wholes
        assert whole(a).empty == (not members(a) & wholes and not inside(a, -2))
        assert members(a) <= members(either(Values((hull(a),)), MISSING))
        if both(a, b).empty:
            assert not members(a) & members(b)


def test_a_stretch_that_holds_no_whole_number_is_empty_for_whole_numbers() -> None:
    assert whole(stretch(1, False, 2, False)).empty
    assert whole(stretch(0.1, True, 0.9, True)).empty
    assert whole(stretch(1, True, 1.9, True)) == point(1)
    assert whole(stretch(0.5, False, 1.5, False)) == point(1)
    assert not whole(stretch(None, False, 0, False)).empty


def test_the_ends_of_a_stretch_belong_to_it_as_said() -> None:
    assert stretch(1, True, 1, True) == point(1)
    assert stretch(1, False, 1, True).empty
    assert stretch(2, True, 1, True).empty
    assert both(stretch(0, True, 1, True), stretch(1, True, 2, True)) == point(1)
    assert both(stretch(0, True, 1, False), stretch(1, True, 2, True)).empty


def test_stretches_that_meet_become_one() -> None:
    joined = either(stretch(None, False, 1, False), stretch(1, True, None, False))
    assert turned(joined) == MISSING
