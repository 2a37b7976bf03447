"""Whether a program fits: everything that the machine and the fold rely on, so that they need not ask.

In: a plan as JSON gave it, and the words of its code.  Out: nothing, or `Misfit`: where, and what is wrong there.

    shape       every field is there, of its type and within its range, and every number is within the list that it refers to   (plan.py)
    meaning     what fields mean to each other: slots, kinds of values, windows, who may ask what                               (meaning.py)
    code        instructions, operands, jumps, the stack and the kinds of the values on it                                      (code.py)

What a program *says* (its thresholds, its messages) is its own business; see docs/decisions/0006-loading.md.
"""

from __future__ import annotations

from typing import Any

from engine.limits import ProgramLimits
from engine.verifying import code, meaning, plan
from engine.verifying.shapes import Misfit

__all__ = ["Misfit", "verify"]


def verify(given: Any, words: list[int], limits: ProgramLimits) -> None:
    """Raises `Misfit` where the plan or the code is not as the engine needs it."""
    plan.check_shape(given, limits)
    declared = meaning.check_declarations(given, limits)
    facts = code.check_code(given, words, declared)
    meaning.check_uses(given, facts)
