"""The register of all warnings: their dossiers, and every change of one in the order in which it happened.

In: what the fold issues and withdraws, commands, and the clock, in the order of the journal.  Out: dossiers, the feed, and acts for the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Any

from engine.fold import Changes, Finding, Warning_
from engine.machine import OpenHours
from engine.texts import canonical
from engine.warnings.deciding import Move, Refusal, decide
from engine.warnings.dossier import (
    CHANGED,
    CLOSED,
    GROUND_RESTORED,
    GROUND_WITHDRAWN,
    ISSUED,
    OPEN,
    OVERDUE,
    RESTORED,
    REVOKED,
    REVOKES,
    STEP,
    WITHDRAWN,
    Command,
    Dossier,
    Line,
    command_json,
    line_json,
)
from engine.warnings.procedure import CLOSING, DECISION

Json = dict[str, Any]
Opening = Callable[[Warning_], tuple[Dossier, bytes]]
"""Makes the dossier of a warning, and what it rests on as it is kept."""
CHAIN_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done, or not in time, as an event: `type` warning_step or warning_overdue; `said`: its fields, keys included."""

    warning: str
    type: str
    time_us: int
    id: str
    said: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command. `status`: "accepted", "repeated" (it was accepted before) or "refused" (`refusal` says why).

    `number`: of its line in the feed; `dossier`: as it is now; for a refusal, as it was found."""

    status: str
    refusal: Refusal | None
    number: int
    dossier: Dossier | None


class Register:
    """The dossiers of one engine. `hours`: the calendars of the rule set, by name."""

    def __init__(self, hours: Mapping[str, OpenHours], lines_max: int) -> None:
        self._hours = hours
        self._lines_max = lines_max
        self.dossiers: dict[str, Dossier] = {}
        self.evidence: dict[str, bytes] = {}
        self.feed: list[tuple[str, Line]] = []
        self.unsaved: dict[str, None] = {}
        self.unsaved_evidence: dict[str, None] = {}
        self.resting: dict[str, dict[str, None]] = {}
        """By finding, the warnings that rest on it."""
        self._commands: dict[str, tuple[str, Line]] = {}
        self.deadlines: list[tuple[int, str, str]] = []
        """A heap of moments, warnings, and what is awaited of them then."""

    # ------------------------------------------------------------------ what the fold does

    def observe(self, changes: Changes, now_us: int, opening: Opening) -> None:
        """Warnings issued, changed and withdrawn, and findings withdrawn that warnings rest on."""
        findings = {**changes.findings, **{i: thing for i, thing in changes.withdrawn.items() if isinstance(thing, Finding)}}
        for name in sorted(findings.keys() & self.resting.keys()):
            reason = findings[name].reason
            for warning in sorted(self.resting[name]):
                self._ground(self.dossiers[warning], name, reason, now_us)
        withdrawn = [thing for thing in changes.withdrawn.values() if isinstance(thing, Warning_)]
        for thing in sorted(withdrawn, key=_in_order):
            self._withdraw(thing.id, thing.reason or "", now_us)
        for thing in sorted(changes.warnings.values(), key=_in_order):
            self._issue(thing, now_us, opening)

    def rest_on(self, findings: Iterable[str]) -> bool:
        """Whether a warning rests on any of these findings: else they are nothing to `observe`."""
        return bool(self.resting) and not self.resting.keys().isdisjoint(findings)

    def reconcile(self, findings: Mapping[str, Finding], warnings: Mapping[str, Warning_], now_us: int, opening: Opening) -> None:
        """Take over dossiers that another rule set left: what does not follow any more is withdrawn, what follows and has no dossier is issued."""
        reason = "the rule set changed"
        for name in sorted(self.resting):
            for warning in sorted(self.resting[name]):
                self._ground(self.dossiers[warning], name, None if name in findings else reason, now_us)
        for name in sorted(self.dossiers):
            if name not in warnings:
                self._withdraw(name, reason, now_us)
        for thing in sorted(warnings.values(), key=_in_order):
            if thing.id not in self.dossiers or not self.dossiers[thing.id].stands:
                self._issue(thing, now_us, opening)

    def _issue(self, warning: Warning_, now_us: int, opening: Opening) -> None:
        before = self.dossiers.get(warning.id)
        if before is None:
            self._open(*opening(warning), now_us)
        elif not before.stands:
            self._restore(replace(before, stands=True), now_us, kind=RESTORED, level=warning.level, points=warning.points)
        else:
            self._add(before, now_us, kind=CHANGED, level=warning.level, points=warning.points, finding=warning.finding)

    def _open(self, dossier: Dossier, evidence: bytes, now_us: int) -> None:
        self.evidence[dossier.id] = evidence
        self.unsaved_evidence[dossier.id] = None
        for name in dossier.grounds:
            self.resting.setdefault(name, {})[dossier.id] = None
        first = dossier.route.steps[0].name if dossier.route.steps else ""
        closing = dossier.route.closing
        closing_us = closing.after(dossier.issued_us, self._hours) if closing is not None and first else None
        dossier = self._awaiting(replace(dossier, closing_us=closing_us), OPEN if first else CLOSED, first, dossier.issued_us)
        if closing_us is not None:
            heappush(self.deadlines, (closing_us, dossier.id, CLOSING))
        self._add(dossier, now_us, kind=ISSUED, level=dossier.level, points=dossier.points)

    def _withdraw(self, name: str, reason: str, now_us: int) -> None:
        dossier = self.dossiers.get(name)
        if dossier is not None and dossier.stands:
            self._shake(replace(dossier, stands=False), now_us, kind=WITHDRAWN, reason=reason)

    def _ground(self, dossier: Dossier, finding: str, reason: str | None, now_us: int) -> None:
        """A finding that a warning rests on is withdrawn (`reason`), or follows again."""
        if reason is not None and finding not in dossier.shaken:
            shaken = (*dossier.shaken, finding)
            self._shake(replace(dossier, shaken=shaken), now_us, kind=GROUND_WITHDRAWN, finding=finding, reason=reason)
        elif reason is None and finding in dossier.shaken:
            shaken = tuple(name for name in dossier.shaken if name != finding)
            self._restore(replace(dossier, shaken=shaken), now_us, kind=GROUND_RESTORED, finding=finding)

    def _shake(self, dossier: Dossier, now_us: int, **said: Any) -> None:
        """Something that the warning rests on is no more: a person decides what that means, also where the warning was closed."""
        if dossier.status in (OPEN, CLOSED) and dossier.awaits != DECISION:
            dossier = replace(
                dossier, resume=(dossier.status, dossier.awaits), closing_us=None if dossier.status == CLOSED else dossier.closing_us
            )
            dossier = self._awaiting(dossier, OPEN, DECISION, now_us)
        self._add(dossier, now_us, **said)

    def _restore(self, dossier: Dossier, now_us: int, **said: Any) -> None:
        """What was withdrawn follows again: where nobody has decided yet there is nothing to decide any more; where it was revoked there is."""
        sound = dossier.stands and not dossier.shaken
        if sound and dossier.awaits == DECISION and dossier.last_result() != REVOKES:
            dossier = self._awaiting(dossier, *dossier.resume, now_us)
        elif sound and dossier.status == REVOKED:
            dossier = self._awaiting(dossier, OPEN, DECISION, now_us)
        self._add(dossier, now_us, **said)

    # ------------------------------------------------------------------ commands

    def decide(self, command: Command) -> Answer | Move:
        """What a command would lead to; an `Answer` where nothing is to be done for it."""
        dossier = self.dossiers.get(command.warning)
        before = self._commands.get(command.id)
        if before is not None:
            name, line = before
            if line.content == _content(command):
                return Answer("repeated", None, line.number, self.dossiers[name])
            return Answer("refused", Refusal("COMMAND_REUSED", f"another command was accepted under the id {command.id!r}"), 0, dossier)
        if dossier is None:
            return Answer("refused", Refusal("UNKNOWN_WARNING", f"there is no warning {command.warning!r}"), 0, None)
        decided = decide(dossier, command, self._lines_max)
        return Answer("refused", decided, 0, dossier) if isinstance(decided, Refusal) else decided

    def carry_out(self, command: Command, move: Move, now_us: int) -> Act:
        """Do what was decided. Gives it as an event."""
        dossier = self.dossiers[command.warning]
        overdue = dossier.overdue
        dossier = self._awaiting(replace(dossier, refuting=move.refuting), move.status, move.awaits, now_us)
        dossier = self._add(
            dossier,
            now_us,
            kind=STEP,
            step=command.step,
            result=command.result,
            actor=command.actor,
            role=command.role,
            note=command.note,
            attachments=command.attachments,
            command=command.id,
            content=_content(command),
            overdue=overdue,
        )
        act = act_of(dossier, dossier.version - 1)
        assert act is not None
        return act

    def replay(self, command: Command, move: Move, header: Dossier, now_us: int) -> Act:
        """A command that was accepted under other rules is carried out as it was then, also where these rules would not have issued the warning."""
        if command.warning not in self.dossiers:
            self._open(header, b"", header.issued_us)
        decided = self.decide(command)
        return self.carry_out(command, decided if isinstance(decided, Move) else move, now_us)

    # ------------------------------------------------------------------ the clock

    def due(self, now_us: int) -> bool:
        """Whether a deadline may have passed by then."""
        return bool(self.deadlines) and self.deadlines[0][0] < now_us

    def expire(self, now_us: int) -> list[Act]:
        """The deadlines that have passed: what is done at the deadline itself is in time. Each is missed once."""
        acts = []
        while self.due(now_us):
            due_us, name, what = heappop(self.deadlines)
            dossier = self.dossiers[name]
            if what == CLOSING:
                if dossier.status != OPEN or dossier.closing_us != due_us or dossier.closing_overdue:
                    continue
                dossier = replace(dossier, closing_overdue=True)
            else:
                if dossier.awaits != what or dossier.deadline_us != due_us or dossier.overdue:
                    continue
                dossier = replace(dossier, overdue=True)
            dossier = self._add(dossier, now_us, kind=OVERDUE, step=what, due_us=due_us)
            act = act_of(dossier, dossier.version - 1)
            assert act is not None
            acts.append(act)
        return acts

    def not_counted(self, act: Act, why: str) -> None:
        """No room for the event of an act: its line says so."""
        dossier = self.dossiers[act.warning]
        number = int(act.id.rpartition(".")[2]) - 1
        lines = list(dossier.lines)
        lines[number] = replace(lines[number], uncounted=why)
        self.feed[lines[number].number - 1] = (dossier.id, lines[number])
        self._keep(replace(dossier, lines=tuple(lines)))

    # ------------------------------------------------------------------ lines

    def _awaiting(self, dossier: Dossier, status: str, awaits: str, now_us: int) -> Dossier:
        deadline = dossier.route.step(awaits).deadline if awaits else None
        deadline_us = None if deadline is None else deadline.after(now_us, self._hours)
        if deadline_us is not None:
            heappush(self.deadlines, (deadline_us, dossier.id, awaits))
        return replace(dossier, status=status, awaits=awaits, since_us=now_us, deadline_us=deadline_us, overdue=False)

    def _add(self, dossier: Dossier, now_us: int, **said: Any) -> Dossier:
        number = len(self.feed) + 1
        line = Line(number, now_us, status=dossier.status, awaits=dossier.awaits, deadline_us=dossier.deadline_us, **said)
        before = self.feed[-1][1].chain if self.feed else ""
        digest = hashlib.sha256(canonical([before, dossier.id, line_json(line)]).encode("utf-8", "surrogatepass"))
        line = replace(line, chain=digest.hexdigest()[:CHAIN_CHARACTERS])
        dossier = replace(dossier, lines=(*dossier.lines, line))
        self.feed.append((dossier.id, line))
        if line.command:
            self._commands[line.command] = (dossier.id, line)
        self._keep(dossier)
        return dossier

    def _keep(self, dossier: Dossier) -> None:
        self.dossiers[dossier.id] = dossier
        self.unsaved[dossier.id] = None

    # ------------------------------------------------------------------ keeping

    def restore(self, dossiers: Iterable[Dossier], evidence: Iterable[tuple[str, bytes]]) -> None:
        """Begin with what was kept; the register is empty."""
        self.evidence.update(evidence)
        lines = []
        for dossier in dossiers:
            self.dossiers[dossier.id] = dossier
            for name in dossier.grounds:
                self.resting.setdefault(name, {})[dossier.id] = None
            for line in dossier.lines:
                lines.append((line.number, dossier.id, line))
                if line.command:
                    self._commands[line.command] = (dossier.id, line)
            if dossier.awaits and dossier.deadline_us is not None and not dossier.overdue:
                heappush(self.deadlines, (dossier.deadline_us, dossier.id, dossier.awaits))
            if dossier.status == OPEN and dossier.closing_us is not None and not dossier.closing_overdue:
                heappush(self.deadlines, (dossier.closing_us, dossier.id, CLOSING))
        self.feed.extend((name, line) for _, name, line in sorted(lines, key=lambda entry: entry[0]))

    def acts(self) -> Iterator[Act]:
        """All acts that rules see."""
        told: dict[str, int] = {}  # how many lines of each dossier have come: they are in the feed in their order
        for name, line in self.feed:
            index = told[name] = told.get(name, -1) + 1
            act = act_of(self.dossiers[name], index)
            if act is not None and not line.uncounted:
                yield act


def act_of(dossier: Dossier, index: int) -> Act | None:
    """A line as an event; None: it is none."""
    line = dossier.lines[index]
    if line.kind not in (STEP, OVERDUE):
        return None
    said: Json = {"warning": dossier.id, "ladder": dossier.ladder, "rule": dossier.rule, "level": dossier.level, "step": line.step}
    said.update(dossier.places)
    name = f"{dossier.id}.{index + 1}"
    if line.kind == OVERDUE:
        assert line.due_us is not None
        return Act(dossier.id, "warning_overdue", line.due_us, name, said)
    said.update(result=line.result, actor=line.actor, role=line.role, overdue=line.overdue)
    return Act(dossier.id, "warning_step", line.time_us, name, said)


def _content(command: Command) -> str:
    return hashlib.sha256(canonical(command_json(command)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _in_order(thing: Warning_) -> tuple[int, str]:
    return thing.time, thing.id
