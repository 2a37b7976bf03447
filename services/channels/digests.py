"""What happened since the last digest, in one object.

In: happenings as they are sent one by one, in order.  Out: the same, sorted by unit and from grave to light, with how many there are of each; within a warning
they stay in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.texts import time_text
from engine.warnings.procedure import LEVELS

Json = dict[str, Any]


def unit_of(shown: Json, unit: str | None) -> tuple[str, str]:
    """Where a warning is counted: its unit; where it has none, what it is for. `unit`: the name of the entity that units are."""
    return next(((entity, key) for entity, key in shown["places"] if entity == unit), (shown["entity"], shown["key"]))


def gravity(shown: Json) -> int:
    """The graver the less."""
    return -LEVELS.index(shown["level"])


def in_digest(shown: Json, unit: str | None) -> tuple[tuple[str, str], int]:
    """By which a digest is sorted."""
    return unit_of(shown, unit), gravity(shown)


def digest_object(channel: str, period: str, cut_us: int, shown: Sequence[Json], unit: str | None) -> Json:
    """`cut_us`: when it was due; `period`: daily or weekly."""
    ordered = sorted(shown, key=lambda one: in_digest(one, unit))
    counts = Counter((unit_of(one, unit), one["level"]) for one in ordered)
    return {
        "kind": "digest",
        "channel": channel,
        "period": period,
        "until": time_text(cut_us),
        "count": len(ordered),
        "by_unit_and_level": [{"unit": list(place), "level": level, "count": count} for (place, level), count in counts.items()],
        "happenings": ordered,
    }
