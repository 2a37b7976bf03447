"""Spot checks that rules draw by lot, and those who carry them out.

In: the rules with a `sample`, and the secret under which they draw.  Out: for each event that is drawn, the check or the call that follows,
told on the scene. Whoever checks has the list of what was drawn; those who are checked know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Protocol

from rulelang import model
from services.replay.sampling import is_drawn

Event = dict[str, object]
"""One event as JSON."""
INSPECTOR = "K-100"
"""Who checks: nobody who handles anything."""
CHECKED_BY = {"transaction_drawn": "spot_check_done", "penalty_drawn": "spot_check_done", "client_drawn": "callback_made"}
"""What follows, by the name of the rule. What any other rule draws the city does not know what to do with."""
CHECKED_WITHIN = 3
"""Open days; the rules give five."""


class Scene(Protocol):
    """Where checks are told."""

    random: Random
    open_on: Callable[[date], bool]

    def between(self, day: date, start_hour: float, end_hour: float) -> datetime: ...
    def aside(self) -> AbstractContextManager[None]: ...
    def tell(self, source: str, event_type: str, happened: datetime, /, **fields: object) -> object: ...


@dataclass(frozen=True, slots=True)
class Draw:
    """A rule that draws by lot: of the events of these types, by the value of this field."""

    rule: str
    share: float
    fields: tuple[tuple[str, str], ...]


def draws_of(rules: Iterable[model.Rule]) -> tuple[Draw, ...]:
    return tuple(Draw(rule.name, rule.sample.fraction, rule.sample.fields) for rule in rules if rule.sample is not None)


class Draws:
    """What is drawn in one city. `secret`: the one that the rules will be run with."""

    def __init__(self, draws: Iterable[Draw] = (), secret: bytes = b"") -> None:
        self._secret = secret
        self._draws = {draw.rule: draw for draw in draws if draw.rule in CHECKED_BY}
        self._left: set[tuple[str, str]] = set()

    def follow(self, scene: Scene, event: Event) -> None:
        """Have somebody check what was told, where it is drawn."""
        for draw in self._draws.values():
            for event_type, field in draw.fields:
                key = event.get(field)
                if event_type != event["type"] or key is None or (draw.rule, str(key)) in self._left:
                    continue
                day = datetime.fromisoformat(str(event["time"])).date()  # the scene's times are local
                if self._is_drawn(draw, str(key), day):
                    self._check(scene, event, draw.rule, field, day)

    def _is_drawn(self, draw: Draw, key: str, day: date) -> bool:
        return is_drawn(self._secret, draw.rule, key, f"{day}", draw.share)

    @staticmethod
    def _check(scene: Scene, event: Event, rule: str, field: str, day: date) -> None:
        for _ in range(scene.random.randrange(CHECKED_WITHIN) + 1):
            day += timedelta(days=1)
            while not scene.open_on(day):
                day += timedelta(days=1)
        of = {field: event[field]} | {name: event[name] for name in ("officer", "unit") if name in event}
        with scene.aside():
            if CHECKED_BY[rule] == "callback_made":
                scene.tell("callback", "callback_made", scene.between(day, 10, 16), **of, reached=True, confirmed=True, satisfied=True)
            else:
                of.pop("unit", None)
                scene.tell("checks", "spot_check_done", scene.between(day, 10, 16), **of, checker=INSPECTOR, irregular=False)

    def unchecked(self, rule: str, day: date, name: Callable[[], str]) -> str | None:
        """A name that the rule draws on the day and that nobody will check. None: no such rule draws."""
        draw = self._draws.get(rule)
        if draw is None:
            return None
        key = name()
        while not self._is_drawn(draw, key, day):
            key = name()
        self._left.add((rule, key))
        return key
