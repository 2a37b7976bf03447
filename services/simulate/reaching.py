"""How far back what comes out on a day begins.

In: a function that tells of a day, and of days before it.  Out: how many of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Teller = TypeVar("Teller", bound=Callable[..., None])
_REACHES: dict[Callable[..., None], int] = {}


def reaching_back(days: int) -> Callable[[Teller], Teller]:
    """Marks a function that tells of up to so many days before the one it is asked for."""

    def mark(tell: Teller) -> Teller:
        _REACHES[tell] = days
        return tell

    return mark


def reach_of(tell: Callable[..., None]) -> int:
    """In days; 0 where it is not marked: all of it happens on the day."""
    return _REACHES.get(tell, 0)
