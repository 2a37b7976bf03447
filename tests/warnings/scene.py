"""An engine that keeps the life cycle of warnings, and the people who act on them.

In: rules, a store.  Out: what was answered, and the dossiers. `restarting`: the engine is closed and opened again before everything it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import rulelang
from engine import Engine, Outcome
from engine.limits import DEFAULT, Limits
from engine.stores.interface import Store
from engine.texts import time_us
from engine.warnings.dossier import Command, Dossier, Line
from engine.warnings.register import Answer

RULES = """
timezone "Asia/Shanghai"

calendar office
    open mon..fri 09:00..17:00

entity city
entity unit in city from placed
entity officer in unit from posting
entity case

event placed
    unit: unit
    city: city

event posting
    officer: officer
    unit: unit

event complaint
    case: case
    officer: officer
    grade: integer

event withdrawal
    case: case

rule bad
    title "A complaint that was not withdrawn"
    when complaint not preceded by withdrawal within case
    about complaint.officer
    points complaint.grade

rule grave
    when grade >= 90
    about officer
    level red
    approval

rule late_answers
    when count(warning_overdue) >= 2 within unit over 30d
    about unit
    points 5

rule own_mistakes
    when count(warning_step where result == "refuted") >= 1 within unit over 30d
    about unit
    points 1

ladder conduct within officer over 365d
    blue at 3 action "Talk"
    yellow at 6
    orange at 9
    red at 12 action "Suspension" deadline 20d

ladder units within unit over 365d
    weight 0
    blue at 5

procedure conduct_cases for conduct, grave
    release by supervisor from red deadline 8h of office
    step notification by duty_officer deadline 1d
    step verification by unit_head, deputy deadline 3d of office may refute
    step review by reviewer deadline 5d other than verification may refute
    step rectification by unit_head from orange deadline 30d
    step accountability by discipline from red deadline 60d
    decision by reviewer deadline 2d

procedure others
    step answer by unit_head deadline 10d
    step filing by clerk other than answer
"""


@cache
def compiled(rules: str) -> bytes:
    return rulelang.compile_text(rules)


def moment(text: str) -> int:
    """`2026-03-02T10:00` of the rules' clock."""
    return time_us(f"{text}:00+08:00")


@dataclass(slots=True)
class Scene:
    """`say` sends an event, `tick` moves the clock, `do` does the step that is awaited."""

    make_store: Callable[[], str | Store] = lambda: "memory:"
    rules: str = RULES
    limits: Limits = DEFAULT
    restarting: bool = False
    engine: Engine = None  # type: ignore[assignment]
    sent: int = 0

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.engine = Engine(compiled(self.rules), store=self.make_store(), limits=self.limits, life_cycle=True)

    def restart(self) -> None:
        self.engine.close()
        self.open()

    def _begin(self) -> None:
        self.sent += 1
        if self.restarting:
            self.restart()

    def say(self, type: str, time: str, **fields: object) -> Outcome:
        self._begin()
        event = {"id": fields.pop("id", f"e{self.sent}"), "type": type, "time": f"{time}:00+08:00", **fields}
        (outcome,) = self.engine.evaluate_batch([event])
        assert outcome.status in ("accepted", "duplicate"), outcome
        return outcome

    def tick(self, time: str) -> Outcome:
        self._begin()
        return self.engine.advance(moment(time))

    def do(self, warning: str, actor: str, role: str, result: str = "done", /, **other: Any) -> Answer:
        """The step that is awaited, unless `step` says another; `version` and the `id` of the command likewise."""
        self._begin()
        dossier = self.engine.dossiers[warning]
        command = Command(f"c{self.sent}", warning, dossier.version, dossier.awaits or "closing", result, actor, role)
        return self.engine.act(replace(command, **other))

    # ------------------------------------------------------------------ what is there

    def dossier(self, ladder_or_rule: str, level: str) -> Dossier:
        (found,) = [d for d in self.engine.dossiers.values() if (d.ladder or d.rule) == ladder_or_rule and d.level == level]
        return found

    def blue(self) -> str:
        """An officer of the unit U1 has reached blue; the warning's id."""
        self.say("placed", "2026-01-04T08:00", unit="U1", city="C")
        self.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
        self.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3, id="k1")
        return self.dossier("conduct", "blue").id

    def history(self, warning: str) -> list[str]:
        return [told(line) for line in self.engine.dossiers[warning].lines]


def told(line: Line) -> str:
    """A line in a few words: what happened, and what is awaited then."""
    what = line.kind if not line.step else f"{line.step} {line.result or line.kind}"
    return f"{what}{' (late)' if line.overdue else ''} → {line.awaits or line.status}"
