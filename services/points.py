"""Points as people write them.

In: points, which as sums of doubles may have more digits than anybody wrote.  Out: text; no value is changed by it.
"""

from __future__ import annotations


def points_text(points: float) -> str:
    """`6.6`, not 6.6000000000000005: six digits after the point, where they are enough to see something."""
    text = f"{points:.6f}".rstrip("0").rstrip(".")
    return text if float(text) or not points else f"{points:.3g}"


def points_phrase(points: float) -> str:
    """`1 point`, `6.6 points`."""
    return f"{points_text(points)} point{'' if points == 1 else 's'}"
