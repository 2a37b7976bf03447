"""What happened to a warning, as those outside are told.

In: a dossier, one of its lines, its evidence.  Out: the kinds of what happened, by which it is routed; and the JSON object that is sent, which is the
contract's object of a warning and what happened to it. All of it is as it was after that line, so the same line always gives the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.texts import number, time_text
from engine.warnings.dossier import (
    CHANGED,
    DONE,
    GROUND_RESTORED,
    GROUND_WITHDRAWN,
    ISSUED,
    OPEN,
    OVERDUE,
    RESTORED,
    STEP,
    WITHDRAWN,
    Dossier,
    Line,
)
from engine.warnings.procedure import DECISION, RELEASE

Json = dict[str, Any]

KINDS: dict[str, str] = {
    "issued": "a warning goes out: when it is issued or, where it needs a release, when it is released",
    "released": "a person released it",
    "step": "a step of its procedure was done, the release included",
    "overdue": "a step, or the action of its rung, was not done in time",
    "changed": "its points, or the finding that brought it about, changed",
    "withdrawn": "it, or a finding that it rests on, does not follow any more",
    "reopened": "a person has to decide what a withdrawal means, also where the warning was closed",
    "restored": "what was withdrawn follows again",
    "closed": "it came to an end: all steps are done, it was refuted, or it was revoked",
}
"""The kinds of what happens; one line may be several."""

MESSAGES_MAX = 10
"""Messages of findings that are sent along, the latest."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Line `index` of a dossier. `kinds`: none where it is not for outside."""

    dossier: Dossier
    index: int
    kinds: tuple[str, ...]

    @property
    def line(self) -> Line:
        return self.dossier.lines[self.index]

    @property
    def name(self) -> str:
        """The same as a cursor of `Watch`: its number among all lines, and the digest over all up to it."""
        return f"{self.line.number}.{self.line.chain}"


def happening(dossier: Dossier, line: Line) -> Happening:
    """A line of the feed, with its dossier."""
    index = bisect_left(dossier.lines, line.number, key=lambda one: one.number)
    return Happening(dossier, index, _kinds(dossier.lines[: index + 1], any(step.name == RELEASE for step in dossier.route.steps)))


def _kinds(lines: Sequence[Line], needs_release: bool) -> tuple[str, ...]:
    """Nothing of a warning goes out before its release, nor while it awaits one."""
    line = lines[-1]
    before = lines[-2] if len(lines) > 1 else None
    releases = sum(_releases(one) for one in lines) if needs_release else 0
    if needs_release and (not releases or line.awaits == RELEASE):
        return ()
    said = {
        "issued": line.kind == ISSUED or (releases == 1 and _releases(line)),
        "released": needs_release and _releases(line),
        "step": line.kind == STEP,
        "overdue": line.kind == OVERDUE,
        "changed": line.kind == CHANGED,
        "withdrawn": line.kind in (WITHDRAWN, GROUND_WITHDRAWN),
        "reopened": before is not None and line.awaits == DECISION != before.awaits,
        "restored": line.kind in (RESTORED, GROUND_RESTORED),
        "closed": before is not None and line.status != OPEN == before.status,
    }
    return tuple(kind for kind in KINDS if said[kind])


def _releases(line: Line) -> bool:
    return line.kind == STEP and line.step == RELEASE and line.result == DONE


def happening_object(told: Happening, evidence: Json) -> Json:
    """What is sent. `evidence`: as it was frozen; nothing where nothing is kept."""
    dossier, line, lines = told.dossier, told.line, told.dossier.lines[: told.index + 1]
    shown = {**_as_issued(dossier), **evidence.get("warning", {})}
    stands = next((one.kind != WITHDRAWN for one in reversed(lines) if one.kind in (ISSUED, RESTORED, WITHDRAWN)), True)
    points = next((one.points for one in reversed(lines) if one.kind in (ISSUED, RESTORED, CHANGED)), dossier.points)
    shown["status"] = "issued" if stands else "withdrawn"
    shown["points"] = None if points is None else number(points)
    shown["version"] = told.index + 1
    shown.update(
        title=dossier.title,
        category=dossier.category,
        places=[list(place) for place in dossier.places],
        issued=time_text(dossier.issued_us),
        action=dossier.action,
        messages=[finding["message"] for finding in evidence.get("findings", [])[-MESSAGES_MAX:] if finding["message"]],
        stands_at={"status": line.status, "awaits": line.awaits or None, "deadline": _moment(line.deadline_us)},
        happened={
            "kinds": list(told.kinds),
            "number": line.number,
            "time": time_text(line.time_us),
            "step": line.step or None,
            "result": line.result or None,
            "actor": line.actor or None,
            "role": line.role or None,
            "note": line.note or None,
            "attachments": [list(attached) for attached in line.attachments],
            "late": line.overdue or line.kind == OVERDUE,
            "due": _moment(line.due_us),
            "reason": line.reason or None,
            "finding": line.finding or None,
        },
    )
    return shown


def _as_issued(dossier: Dossier) -> Json:
    """The contract's object, where no evidence has it: of a warning that a command brought along."""
    return {
        "kind": "warning",
        "status": "issued",
        "id": dossier.id,
        "ladder": dossier.ladder,
        "rule": dossier.rule,
        "entity": dossier.entity,
        "key": dossier.key,
        "level": dossier.level,
        "points": dossier.points,
        "time": time_text(dossier.time_us),
        "finding": dossier.grounds[-1] if dossier.grounds else None,
    }


def _moment(time_us: int | None) -> str | None:
    return None if time_us is None else time_text(time_us)
