"""Whether a step may be done, and where the warning stands after it.

In: a dossier, a command.  Out: `Refusal`, which says why not, or `Move`. Nothing is changed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.warnings.dossier import CLOSED, DONE, OPEN, REFUTED, REFUTES, RETURNED, REVOKED, REVOKES, UPHELD, Command, Dossier
from engine.warnings.procedure import DECISION, Step


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason` is stable and for programs, `text` for people; `current`: the dossier's version, where that is what does not fit."""

    reason: str
    text: str
    current: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """Where the warning stands after a step; `refuting`: who says that it is unfounded, as long as nobody else has confirmed it."""

    status: str
    awaits: str
    refuting: str = ""


RESULTS = {DONE, REFUTES, RETURNED, UPHELD, REVOKES}
REASONS = {
    "COMMAND_REUSED": "another command was accepted under this id",
    "UNKNOWN_WARNING": "there is no such warning",
    "VERSION_CONFLICT": "something happened to the warning that the caller has not seen",
    "NOTHING_AWAITED": "the warning is closed, refuted or revoked",
    "WRONG_STEP": "another step is awaited",
    "WRONG_RESULT": "the step cannot have this result",
    "WRONG_ROLE": "the step is for other roles",
    "SUBJECT": "the warning concerns the actor",
    "SAME_ACTOR": "the actor did a step that another person must have done",
    "SINGLE_HANDED": "the warning would be closed by a person who alone did all its steps",
    "NOTE_MISSING": "the result needs a reason",
    "TOO_MANY_LINES": "the dossier is full",
}
"""Why a command is refused. The text of a refusal says it with names."""


def decide(dossier: Dossier, command: Command, lines_max: int) -> Refusal | Move:
    """What becomes of a command, whose id is new."""
    if command.version != dossier.version:
        text = f"the warning is at version {dossier.version}, not {command.version}: look at it again"
        return Refusal("VERSION_CONFLICT", text, dossier.version)
    if not dossier.awaits:
        return Refusal("NOTHING_AWAITED", f"the warning is {dossier.status}; no step is awaited")
    if command.step != dossier.awaits:
        return Refusal("WRONG_STEP", f"'{dossier.awaits}' is awaited, not '{command.step}'")
    step = dossier.route.step(dossier.awaits)
    return _refused(dossier, step, command, lines_max) or _closing_alone(dossier, command, moved(dossier, command))


def _refused(dossier: Dossier, step: Step, command: Command, lines_max: int) -> Refusal | None:
    results = results_of(dossier, step)
    if command.result not in results:
        return Refusal("WRONG_RESULT", f"'{step.name}' may result in {' or '.join(results)}, not '{command.result}'")
    if command.role not in step.roles:
        return Refusal("WRONG_ROLE", f"'{step.name}' is for {' or '.join(step.roles)}, not '{command.role}'")
    concerned = [key for key in command.own if key in dossier.about]
    if concerned:
        entity, key = concerned[0]
        return Refusal("SUBJECT", f"the warning concerns {entity} {key}, who is {command.actor}")
    for other in step.others:
        if dossier.done_by(other) == command.actor:
            return Refusal("SAME_ACTOR", f"{command.actor} did '{other}', and so may not do '{step.name}'")
    if command.result != DONE and not command.note.strip():
        return Refusal("NOTE_MISSING", f"'{command.result}' needs a reason; write it as the note")
    if len(dossier.lines) >= lines_max:
        return Refusal("TOO_MANY_LINES", f"the dossier has {len(dossier.lines)} lines, the most that limits.dossier_lines_max allows")
    return None


def _closing_alone(dossier: Dossier, command: Command, move: Move) -> Refusal | Move:
    """No single person takes a warning through all its steps to its end. (A decision has another side: that the warning was withdrawn.)"""
    if move.status in (CLOSED, REFUTED) and command.step != DECISION and not dossier.actors() - {command.actor}:
        return Refusal("SINGLE_HANDED", f"all steps would have been done by {command.actor}; the last must be somebody else's")
    return move


def results_of(dossier: Dossier, step: Step) -> tuple[str, ...]:
    """What the awaited step may result in."""
    if step.name == DECISION:
        return (UPHELD, REVOKES)
    returned = (RETURNED,) if step.others else ()
    return (DONE, *((REFUTES,) if step.refutes else ()), *returned)


def moved(dossier: Dossier, command: Command) -> Move:
    """Where a warning stands after a command that is not refused."""
    route, step = dossier.route, command.step
    match command.result:
        case "upheld":
            return Move(*dossier.resume, refuting=dossier.refuting)
        case "revoked":
            return Move(REVOKED, "")
        case "refuted":
            confirming = route.refuted_after(step)
            return Move(OPEN, confirming, command.actor) if confirming else Move(REFUTED, "")
        case "returned":
            return Move(OPEN, max(route.step(step).others, key=route.index))
        case _:
            following = route.after(step)
            return Move(OPEN, following) if following else Move(CLOSED, "")
