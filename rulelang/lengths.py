"""Lengths of time as they would be written in a rule.

In: microseconds.  Out: text.
"""

from __future__ import annotations

from rulelang.syntax import UNIT_US


def length_text(length_us: int) -> str:
    """In the largest of d, h and m that divides it, else in seconds: `30d`, `90s`, `0.5s`."""
    for unit in ("d", "h", "m"):
        if length_us % UNIT_US[unit] == 0:
            return f"{length_us // UNIT_US[unit]}{unit}"
    return f"{length_us / UNIT_US['s']:g}s"
