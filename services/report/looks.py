"""How often rules were looked at in a period, and could not decide.

In: each look of a rule at an anchor.  Out: counts by rule; what is looked at again, because something came late, counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.fold import Rule
from engine.values import Event


class Looks:
    """`looked` is the engine's `on_looked`; looks at moments outside the bounds are passed over."""

    def __init__(self, start_us: int, end_us: int) -> None:
        self._start_us, self._end_us = start_us, end_us
        self._truths: dict[str, dict[int, bool | None]] = {}

    def looked(
        self, rule: Rule, key: tuple[str, ...], moment: int, event: Event | None, truth: bool | None, parts: Callable[[], list[Any]]
    ) -> None:
        if self._start_us <= moment < self._end_us:
            look = hash((key, moment, None if event is None else (event.source, event.id)))
            self._truths.setdefault(rule.name, {})[look] = truth

    def counts(self) -> dict[str, tuple[int, int]]:
        """By rule that could not always decide: how often it could not, of how many looks."""
        found = {}
        for rule, truths in self._truths.items():
            undecided = sum(truth is None for truth in truths.values())
            if undecided:
                found[rule] = undecided, len(truths)
        return found
