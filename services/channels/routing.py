"""Which channel is told of what, and whose mailboxes.

In: the routes of the settings file, what happened to a warning.  Out: the recipients for a channel, or that it is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.warnings.dossier import Key
from rulelang.normalise import normalise

Categories = Callable[[], frozenset[str]]
"""Gives the categories of a warning: its rule's, or of a ladder's those of the findings under it. Asked only where a route restricts them."""


@dataclass(frozen=True, slots=True)
class Case:
    """What routes look at of something that happened: the warning's level, what it is for and belonged to, its categories; and of which kinds it was."""

    level: str
    kinds: Sequence[str]
    places: Sequence[Key]
    categories: Categories


@dataclass(frozen=True, slots=True)
class Route:
    """What is empty restricts nothing. `units`: entities and normalised keys that the warning is for or belonged to when it was issued; `categories`: beginnings;
    `recipients`: of mail, in place of the channel's own."""

    to: tuple[str, ...]
    levels: frozenset[str] = frozenset()
    units: frozenset[tuple[str, str]] = frozenset()
    categories: tuple[str, ...] = ()
    happenings: frozenset[str] = frozenset()
    recipients: tuple[str, ...] = ()

    def takes(self, case: Case) -> bool:
        """Whether it is for what happened."""
        return (
            (not self.levels or case.level in self.levels)
            and (not self.happenings or not self.happenings.isdisjoint(case.kinds))
            and (not self.units or any((entity, normalise(key)) in self.units for entity, key in case.places))
            and (not self.categories or any(category.startswith(self.categories) for category in case.categories()))
        )


def recipients(routes: Iterable[Route], channel: str, case: Case, own: Sequence[str]) -> tuple[str, ...] | None:
    """Those of all routes to the channel that are for it, each once; `own`: the channel's. None: the channel is not told."""
    if not case.kinds:
        return None
    found = [route for route in routes if channel in route.to and route.takes(case)]
    if not found:
        return None
    return tuple(dict.fromkeys(one for route in found for one in route.recipients or own))
