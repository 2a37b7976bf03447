"""The regularity score of a unit: from what it is computed, and how.

In: counts of one unit in one period.  Out: a number between 0 and 100 with one decimal; the formula is written in every bulletin, and each unit's numbers beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

WEIGHTS = {"blue": 1, "yellow": 2, "orange": 4, "red": 8}
"""What a warning of each level weighs."""
CONDUCT, TIMELINESS = 80, 20
"""The most that a score has for few and light warnings, and for steps done in time."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """Of one unit in a period: its new warnings by level, members at the end, and steps that were done in time and deadlines that were missed."""

    warnings: Mapping[str, int]
    members: int
    in_time: int
    missed: int

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[level] * count for level, count in self.warnings.items())


def regularity(conduct: Conduct) -> float:
    """80 × members ÷ (members + weight) + 20 × in time ÷ (in time + missed), half away from zero to one decimal.

    Of a unit without known members one is assumed; where nothing was due nothing is lost for it.
    """
    members = max(conduct.members, 1)
    score = Fraction(CONDUCT * members, members + conduct.weight) + TIMELINESS
    if conduct.missed:
        score -= Fraction(TIMELINESS * conduct.missed, conduct.in_time + conduct.missed)
    return int((score * 20 + 1) // 2) / 10
