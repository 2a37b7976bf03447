"""The steps that one warning needs, as they were declared when it was issued.

In: a procedure of the program's plan, a level.  Out: `Route`, which is kept with the warning, so that other rules do not change what is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.machine import OpenHours

Json = dict[str, Any]

LEVELS = ("blue", "yellow", "orange", "red")
RELEASE, DECISION, CLOSING = "release", "decision", "closing"
"""What is awaited besides the declared steps: that a person lets the warning go out; that a person decides what a withdrawal means; and the name
under which the deadline of a rung's action is missed."""
DAY_US = 86_400_000_000
LATEST_US = 2**62
"""A later moment is no deadline."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """`us` of plain time, or of the open time of `calendar`; or the last closing time of its `days`-th open day."""

    us: int
    days: int
    calendar: str

    def after(self, since_us: int, hours: Mapping[str, OpenHours]) -> int | None:
        """The moment; None: it never comes. Where the calendar is no longer declared, plain days and plain time count."""
        opened = hours.get(self.calendar)
        if opened is None:
            moment = since_us + (self.days * DAY_US or self.us)
        elif self.days:
            moment = opened.after_open_days(since_us, self.days)
        else:
            moment = opened.after_open_time(since_us, self.us)
        return moment if moment < LATEST_US else None


@dataclass(frozen=True, slots=True)
class Step:
    """`others`: who did those steps may not do this one; `refutes`: it may say that the warning is unfounded."""

    name: str
    roles: tuple[str, ...]
    deadline: Deadline | None
    others: tuple[str, ...]
    refutes: bool


@dataclass(frozen=True, slots=True)
class Route:
    """`closing`: by when the action of the rung is to be done, and so all steps."""

    procedure: str
    steps: tuple[Step, ...]
    decision: Step
    closing: Deadline | None

    def step(self, name: str) -> Step:
        """The step of this name, or the decision. Raises KeyError."""
        if name == DECISION:
            return self.decision
        return self.steps[self.index(name)]

    def index(self, name: str) -> int:
        """Its place among the steps. Raises KeyError."""
        for index, step in enumerate(self.steps):
            if step.name == name:
                return index
        raise KeyError(name)

    def after(self, name: str) -> str:
        """The step that follows; none: the warning is closed."""
        index = self.index(name) + 1
        return self.steps[index].name if index < len(self.steps) else ""

    def refuted_after(self, name: str) -> str:
        """The next step that may refute; none: this one is the last."""
        return next((step.name for step in self.steps[self.index(name) + 1 :] if step.refutes), "")


def route_of(plan: Json, procedure: int, level: str, approval: bool, rung: Json | None) -> Route:
    """What a warning of this level needs. `approval`: it needs a release, whatever its level; `rung`: of its ladder."""
    declared = plan["procedures"][procedure]
    release = declared["release"]
    steps = [step for step in declared["steps"] if _needed(step, level)]
    if release is not None and (approval or _needed(release, level)):
        steps.insert(0, release)
    names = {step["name"] for step in steps}
    made = tuple(_step(plan, step, names) for step in steps)
    closing = None if rung is None else _deadline(plan, rung["deadline"])
    return Route(declared["name"], made, _step(plan, declared["decision"], names), closing)


def _needed(step: Json, level: str) -> bool:
    return step["level"] is None or LEVELS.index(level) >= LEVELS.index(step["level"])


def _step(plan: Json, step: Json, names: set[str]) -> Step:
    others = tuple(other for other in step["others"] if other in names)
    return Step(step["name"], tuple(step["roles"]), _deadline(plan, step["deadline"]), others, step["refutes"])


def _deadline(plan: Json, gap: Json | None) -> Deadline | None:
    if gap is None:
        return None
    return Deadline(gap["us"] or 0, gap["days"], plan["calendars"][gap["calendar"]]["name"] if gap["calendar"] >= 0 else "")


def route_json(route: Route) -> Json:
    """As it is kept."""
    return {
        "procedure": route.procedure,
        "steps": [_step_json(step) for step in route.steps],
        "decision": _step_json(route.decision),
        "closing": _deadline_json(route.closing),
    }


def read_route(kept: Json) -> Route:
    """What `route_json` gave."""
    steps = tuple(_read_step(step) for step in kept["steps"])
    return Route(kept["procedure"], steps, _read_step(kept["decision"]), _read_deadline(kept["closing"]))


def _step_json(step: Step) -> Json:
    return {
        "name": step.name,
        "roles": list(step.roles),
        "deadline": _deadline_json(step.deadline),
        "others": list(step.others),
        "refutes": step.refutes,
    }


def _read_step(kept: Json) -> Step:
    return Step(kept["name"], tuple(kept["roles"]), _read_deadline(kept["deadline"]), tuple(kept["others"]), kept["refutes"])


def _deadline_json(deadline: Deadline | None) -> list[Any] | None:
    return None if deadline is None else [deadline.us, deadline.days, deadline.calendar]


def _read_deadline(kept: list[Any] | None) -> Deadline | None:
    return None if kept is None else Deadline(*kept)
