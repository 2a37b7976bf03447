"""Sets of values that an expression may have: stretches of numbers, times or texts in order, and being missing.

In: comparisons with constants.  Out: sets that can be cut, joined and turned round exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# A value in order; None is the end that there is none on: a stretch without lower or upper bound.
Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `low` to `high`; None: no bound. The ends belong to it as said."""

    low: Value | None
    low_in: bool
    high: Value | None
    high_in: bool

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not (self.low_in and self.high_in))  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Values:
    """`stretches` are in order and do not touch. `missing`: having no value is in the set too."""

    stretches: tuple[Stretch, ...]
    missing: bool = False

    @property
    def empty(self) -> bool:
        return not self.stretches and not self.missing


NOTHING = Values(())
EVERYTHING = Values((Stretch(None, False, None, False),))
MISSING = Values((), True)


def stretch(low: Value | None = None, low_in: bool = True, high: Value | None = None, high_in: bool = True) -> Values:
    """All values between two."""
    found = Stretch(low, low_in and low is not None, high, high_in and high is not None)
    return NOTHING if found.empty else Values((found,))


def point(value: Value) -> Values:
    """One value."""
    return stretch(value, True, value, True)


def hull(a: Values) -> Stretch:
    """From the lowest to the highest value; of none, everything."""
    if not a.stretches:
        return Stretch(None, False, None, False)
    first, last = a.stretches[0], a.stretches[-1]
    return Stretch(first.low, first.low_in, last.high, last.high_in)


def points(values: Iterable[Value]) -> Values:
    """Some values."""
    return Values(tuple(Stretch(value, True, value, True) for value in sorted(set(values))))


def both(a: Values, b: Values) -> Values:
    """What is in both sets."""
    found: list[Stretch] = []
    i = j = 0
    while i < len(a.stretches) and j < len(b.stretches):
        x, y = a.stretches[i], b.stretches[j]
        cut = _cut(x, y)
        if not cut.empty:
            found.append(cut)
        if _ends_before(x, y):
            i += 1
        else:
            j += 1
    return Values(tuple(found), a.missing and b.missing)


def either(a: Values, b: Values) -> Values:
    """What is in one of the sets or in both."""
    if not a.stretches or not b.stretches:
        return Values(a.stretches or b.stretches, a.missing or b.missing)
    return turned(both(turned(a), turned(b)))


def turned(a: Values) -> Values:
    """All that is not in the set."""
    rest: list[Stretch] = []
    low: Value | None = None
    low_in = False
    for taken in a.stretches:
        if taken.low is not None:
            gap = Stretch(low, low_in, taken.low, not taken.low_in)
            if not gap.empty:
                rest.append(gap)
        if taken.high is None:
            break
        low, low_in = taken.high, not taken.high_in
    else:
        rest.append(Stretch(low, low_in, None, False))
    return Values(tuple(rest), not a.missing)


def known(a: Values) -> Values:
    """The values of the set, missing left out."""
    return Values(a.stretches)


def whole(a: Values) -> Values:
    """The set for an expression that has whole numbers only: open ends at whole numbers move in."""
    found: Iterable[Stretch] = (
        Stretch(
            s.low + 1 if not s.low_in and isinstance(s.low, int) else s.low,
            s.low is not None,
            s.high - 1 if not s.high_in and isinstance(s.high, int) else s.high,
            s.high is not None,
        )
        for s in (_inward(s) for s in a.stretches)
    )
    return Values(tuple(s for s in found if not s.empty), a.missing)


def _inward(s: Stretch) -> Stretch:
    """Ends that are no whole numbers moved in to the next that is one."""
    low, low_in, high, high_in = s.low, s.low_in, s.high, s.high_in
    if isinstance(low, float):
        up = int(-(-low // 1))
        low, low_in = up, low_in or up != s.low
    if isinstance(high, float):
        down = int(high // 1)
        high, high_in = down, high_in or down != s.high
    return Stretch(low, low_in, high, high_in)


def _ends_before(x: Stretch, y: Stretch) -> bool:
    """Whether `x` ends before `y` does, so that what comes after `x` may still meet `y`."""
    if x.high is None or y.high is None:
        return x.high is not None
    return x.high < y.high or (x.high == y.high and not x.high_in)  # type: ignore[operator]


def _cut(x: Stretch, y: Stretch) -> Stretch:
    low, low_in = x.low, x.low_in
    if y.low is not None and (low is None or y.low > low):  # type: ignore[operator]
        low, low_in = y.low, y.low_in
    elif y.low is not None and y.low == low:
        low_in = low_in and y.low_in
    high, high_in = x.high, x.high_in
    if y.high is not None and (high is None or y.high < high):  # type: ignore[operator]
        high, high_in = y.high, y.high_in
    elif y.high is not None and y.high == high:
        high_in = high_in and y.high_in
    return Stretch(low, low_in, high, high_in)
