"""The life cycle of warnings in the most obvious way: what follows is computed anew by the reference after each thing that happens, and compared with before.

In: events, movements of the clock and commands, in their order.  Out: of each warning what happened to it, line by line; of each command the answer.
Written after docs/language/procedures.md; quoted sentences are from there. It shares no code with `engine/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rulelang import model
from tests.reference.clock import Clock, after_open_days, after_open_time, clock_of
from tests.reference.texts import time_text
from tests.reference.world import Warning_, World

Json = dict[str, Any]
LEVELS = ("blue", "yellow", "orange", "red")
FAR_US = 2**60
SOON_US = 100 * 86_400_000_000
"""No deadline of the rules is so far away."""


@dataclass(slots=True)
class Matter:
    """One warning, and what happened to it."""

    warning: Warning_
    places: list[tuple[str, str]]
    about: set[tuple[str, str]]
    grounds: set[str]
    steps: list[model.ProcedureStep]
    decision: model.ProcedureStep
    status: str = "open"
    awaits: str = ""
    due: int | None = None
    late: bool = False
    closing: int | None = None
    closing_late: bool = False
    stands: bool = True
    fallen: set[str] = field(default_factory=set)
    refuting: str = ""
    back: tuple[str, str] = ("", "")
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    done: list[tuple[str, str, str]] = field(default_factory=list)  # step, result, actor


class Model:
    """All warnings of one rule set."""

    def __init__(self, ruleset: model.RuleSet) -> None:
        self.ruleset = ruleset
        self.clock: Clock = clock_of(ruleset.timezone)
        self.calendars = {calendar.name: calendar for calendar in ruleset.calendars}
        self.events: list[Json] = []
        self.now = -FAR_US
        self.matters: dict[str, Matter] = {}
        self.commands: dict[str, tuple[Json, int]] = {}

    # ------------------------------------------------------------------ what happens

    def event(self, event: Json, time_us: int) -> None:
        self.events.append(event)
        self.now = max(self.now, time_us)
        self.look()
        self.expire()

    def move(self, now: int) -> None:
        self.now = max(self.now, now)
        self.look()
        self.expire()

    def look(self) -> None:
        """What stands now, against what stood."""
        world = World(self.ruleset, self.events, self.now)
        findings = {finding.id for finding in world.findings}
        warnings = {warning.id: warning for warning in world.warnings}
        for matter in self.matters.values():
            for finding in sorted(matter.grounds):
                if finding not in findings and finding not in matter.fallen:
                    matter.fallen.add(finding)
                    self.ask(matter, "finding withdrawn")
                elif finding in findings and finding in matter.fallen:
                    matter.fallen.discard(finding)
                    self.unask(matter, "finding restored")
        for name, matter in self.matters.items():
            if name not in warnings and matter.stands:
                matter.stands = False
                self.ask(matter, "withdrawn")
        for name, warning in warnings.items():
            known = self.matters.get(name)
            if known is None:
                self.issue(warning, world)
            elif not known.stands:
                known.stands, known.warning = True, warning
                self.unask(known, "restored")
            elif warning != known.warning:
                known.warning = warning
                self.say(known, "changed")

    def issue(self, warning: Warning_, world: World) -> None:
        """'A warning needs the steps whose level it reaches.'"""
        procedure = next((p for p in self.ruleset.procedures if (warning.ladder or warning.rule) in p.of), None)
        procedure = procedure or next(p for p in self.ruleset.procedures if not p.of)
        steps = [step for step in procedure.steps if reaches(warning.level, step.level)]
        if procedure.release is not None and (warning.approval or reaches(warning.level, procedure.release.level)):
            steps.insert(0, procedure.release)
        grounds = [finding for finding in world.findings if finding.id == warning.finding]
        closing = None
        for ladder in self.ruleset.ladders:
            if ladder.name == warning.ladder:
                window = ladder.window.length_us
                counted = [credit.finding for credit in world._credits(ladder) if credit.key == warning.key]
                grounds = [finding for finding in counted if warning.time - window < finding.time <= warning.time]
                closing = next(rung.deadline for rung in ladder.rungs if rung.level == warning.level)
        about = {(warning.entity, warning.key)}
        about.update((entity, key) for finding in grounds for entity, key in finding.about.items() if key is not None)
        places = [(warning.entity, warning.key), *world._above(warning.entity, warning.key, warning.time)]
        matter = Matter(warning, places, about, {finding.id for finding in grounds}, steps, procedure.decision)
        self.matters[warning.id] = matter
        self.wait(matter, "open" if steps else "closed", steps[0].name if steps else "")
        matter.closing = self.after(closing, self.now) if steps else None
        self.say(matter, "issued")

    def ask(self, matter: Matter, kind: str) -> None:
        """'What a warning rests on is withdrawn: a person decides, also where it was closed.'"""
        if matter.status in ("open", "closed") and matter.awaits != "decision":
            matter.back = matter.status, matter.awaits
            if matter.status == "closed":
                matter.closing = None
            self.wait(matter, "open", "decision")
        self.say(matter, kind)

    def unask(self, matter: Matter, kind: str) -> None:
        """'Where it follows again before anybody decided, nobody need; where it was revoked, somebody must.'"""
        if matter.stands and not matter.fallen:
            revoked = bool(matter.done) and matter.done[-1][1] == "revoked"
            if matter.awaits == "decision" and not revoked:
                self.wait(matter, *matter.back)
            elif matter.status == "revoked":
                self.wait(matter, "open", "decision")
        self.say(matter, kind)

    def expire(self) -> None:
        """'A deadline is missed when the clock is past it, once.'"""
        missed = []
        for name, matter in self.matters.items():
            if matter.awaits and not matter.late and matter.due is not None and matter.due < self.now:
                missed.append((matter.due, name, matter.awaits))
            if matter.status == "open" and not matter.closing_late and matter.closing is not None and matter.closing < self.now:
                missed.append((matter.closing, name, "closing"))
        acts = []
        for due, name, what in sorted(missed):
            matter = self.matters[name]
            if what == "closing":
                matter.closing_late = True
            else:
                matter.late = True
            self.say(matter, "overdue", step=what)
            acts.append(self.act("warning_overdue", matter, due, {"step": what}))
        for act in acts:
            self.events.append(act)
            self.look()

    # ------------------------------------------------------------------ commands

    def command(self, command: Json) -> str:
        """The answer: "accepted", "repeated", or why it is refused."""
        before = self.commands.get(command["id"])
        if before is not None:
            return "repeated" if before[0] == command else "COMMAND_REUSED"
        matter = self.matters.get(command["warning"])
        if matter is None:
            return "UNKNOWN_WARNING"
        refusal = self.refuses(matter, command)
        if refusal is not None:
            return refusal
        status, awaits, refuting = self.leads(matter, command)
        if status in ("closed", "refuted") and command["step"] != "decision" and {actor for *_, actor in matter.done} <= {command["actor"]}:
            return "SINGLE_HANDED"
        late = matter.late
        matter.refuting = refuting
        self.wait(matter, status, awaits)
        matter.done.append((command["step"], command["result"], command["actor"]))
        self.say(matter, "step", step=command["step"], result=command["result"], actor=command["actor"], late=late)
        said = {name: command[name] for name in ("step", "result", "actor", "role")}
        self.commands[command["id"]] = (command, len(matter.lines))
        self.events.append(self.act("warning_step", matter, self.now, {**said, "overdue": late}))
        self.look()
        return "accepted"

    def refuses(self, matter: Matter, command: Json) -> str | None:
        if command["version"] != len(matter.lines):
            return "VERSION_CONFLICT"
        if not matter.awaits:
            return "NOTHING_AWAITED"
        if command["step"] != matter.awaits:
            return "WRONG_STEP"
        deciding = matter.awaits == "decision"
        step = matter.decision if deciding else self.step(matter, matter.awaits)
        others = [other for other in step.others if any(one.name == other for one in matter.steps)]
        results = (
            {"upheld", "revoked"} if deciding else {"done"} | ({"refuted"} if step.refutes else set()) | ({"returned"} if others else set())
        )
        if command["result"] not in results:
            return "WRONG_RESULT"
        if command["role"] not in step.roles:
            return "WRONG_ROLE"
        if set(command["own"]) & matter.about:
            return "SUBJECT"
        last = {name: actor for name, _, actor in matter.done}
        if command["actor"] in {last.get(other) for other in others}:
            return "SAME_ACTOR"
        if command["result"] != "done" and not command["note"]:
            return "NOTE_MISSING"
        return None

    def leads(self, matter: Matter, command: Json) -> tuple[str, str, str]:
        names = [step.name for step in matter.steps]
        match command["result"]:
            case "upheld":
                return (*matter.back, matter.refuting)
            case "revoked":
                return "revoked", "", ""
            case "returned":
                others = self.step(matter, command["step"]).others
                return "open", [name for name in names if name in others][-1], ""
            case "refuted":
                later = [step.name for step in matter.steps[names.index(command["step"]) + 1 :] if step.refutes]
                return ("open", later[0], command["actor"]) if later else ("refuted", "", "")
        later = names[names.index(command["step"]) + 1 :]
        return ("open", later[0], "") if later else ("closed", "", "")

    # ------------------------------------------------------------------ helpers

    def step(self, matter: Matter, name: str) -> model.ProcedureStep:
        return next(step for step in matter.steps if step.name == name)

    def wait(self, matter: Matter, status: str, awaits: str) -> None:
        matter.status, matter.awaits, matter.late, matter.due = status, awaits, False, None
        if awaits:
            step = matter.decision if awaits == "decision" else self.step(matter, awaits)
            matter.due = self.after(step.deadline, self.now)

    def after(self, gap: model.Gap | None, since: int) -> int | None:
        if gap is None:
            return None
        if gap.calendar is None:
            assert isinstance(gap.amount, model.Constant)
            return since + int(str(gap.amount.value))
        calendar = self.calendars[gap.calendar]
        if gap.amount is None:
            return after_open_days(self.clock, calendar, since, gap.days, since + SOON_US)
        assert isinstance(gap.amount, model.Constant)
        return after_open_time(self.clock, calendar, since, int(str(gap.amount.value)), since + SOON_US)

    def say(self, matter: Matter, kind: str, **said: Any) -> None:
        matter.lines.append(
            (
                kind,
                said.get("step", ""),
                said.get("result", ""),
                said.get("actor", ""),
                said.get("late", False),
                self.now,
                matter.status,
                matter.awaits,
                matter.due,
            )
        )

    def act(self, type_: str, matter: Matter, time_us: int, said: Mapping[str, object]) -> Json:
        warning = matter.warning
        event: Json = {"id": f"{warning.id}.{len(matter.lines)}", "source": "rulelang", "type": type_, "time": time_text(time_us)}
        event |= {
            "warning": warning.id,
            "ladder": warning.ladder,
            "rule": warning.rule,
            "level": warning.level,
            **said,
            **dict(matter.places),
        }
        return event


def reaches(level: str, least: str | None) -> bool:
    return least is None or LEVELS.index(level) >= LEVELS.index(least)
