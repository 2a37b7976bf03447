"""What became of one event, as whoever sent it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)  # not frozen: each event makes one, and a frozen one takes six times as long to make
class Outcome:
    """What became of one event, or of a movement of the clock.

    `status`: "accepted"; "duplicate" (it was accepted before: the same answer); "conflict" (another content has this
    name); "refused" (`error` names the field, and `wrong_field` is it, where it is one field); "too_late" (older than all
    its entities retain); "advanced" (the clock).
    `findings` and `warnings`: issued, or again with a higher version; `withdrawn`: no longer true. `ignored`: fields
    that the schema does not declare.
    """

    status: str
    source: str = ""
    id: str | None = None
    error: str | None = None
    findings: list[Json] = field(default_factory=list)
    withdrawn: list[Json] = field(default_factory=list)
    warnings: list[Json] = field(default_factory=list)
    ignored: int = 0
    wrong_field: str = ""
