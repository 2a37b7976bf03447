"""The dossier of a warning: what it says, what it needs, where it stands, and line by line what happened to it.

In and out: plain values. `as_json` gives what is kept and shown; `read_dossier` reads it back.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from engine.warnings.procedure import Route, read_route, route_json

Json = dict[str, Any]

OPEN, CLOSED, REFUTED, REVOKED = "open", "closed", "refuted", "revoked"
"""A warning is open; or all its steps are done; or two people found it unfounded; or what it rests on was withdrawn and a person decided so."""

ISSUED, CHANGED, WITHDRAWN, RESTORED = "issued", "changed", "withdrawn", "restored"
GROUND_WITHDRAWN, GROUND_RESTORED, STEP, OVERDUE = "finding withdrawn", "finding restored", "step", "overdue"
"""The kinds of lines. All but `step` are written by the service itself."""

DONE, REFUTES, RETURNED, UPHELD, REVOKES = "done", "refuted", "returned", "upheld", "revoked"
"""What a step may result in: it is done; the warning is unfounded; an earlier step is to be done again; and of a decision: the warning stays, or not."""

Key = tuple[str, str]
"""The name of an entity, and a key of it."""
Attachment = tuple[str, str]
"""The name of a file, and its SHA-256 in hex."""


@dataclass(frozen=True, slots=True)
class Command:
    """A step that somebody does. `id` is the caller's own: the same command sent again changes nothing. `version`: of the dossier that the caller
    has seen. `own`: whom the actor is in the records, so that nobody decides about themselves."""

    id: str
    warning: str
    version: int
    step: str
    result: str
    actor: str
    role: str
    own: tuple[Key, ...] = ()
    note: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `number`: its place among the lines of all warnings, from 1; `chain`: a digest over it and all lines before it;
    `time_us`: by the service's clock; `status` and `awaits`: where the warning stands after it, and `deadline_us` until when that is to be done.

    `step`: what was done, or not in time (`due_us`). `overdue`: it was done after its deadline. `uncounted`: why rules do not see it."""

    number: int
    time_us: int
    kind: str
    status: str
    awaits: str
    chain: str = ""
    deadline_us: int | None = None
    step: str = ""
    result: str = ""
    actor: str = ""
    role: str = ""
    note: str = ""
    attachments: tuple[Attachment, ...] = ()
    command: str = ""
    content: str = ""
    overdue: bool = False
    due_us: int | None = None
    reason: str = ""
    finding: str = ""
    level: str = ""
    points: float | None = None
    uncounted: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """`about`: whom the warning concerns, who therefore never acts on it; `places`: its key and those of the entities above, by which it is found and
    shown; `grounds`: the findings that it rested on when it was issued; `rule_set`: the hash of the rules then.

    `stands`: it follows from what is known now; `shaken`: its grounds that do not. `refuting`: who said that it is unfounded, which
    another step must confirm. `resume`: status and step to which it goes back when a decision upholds it. `since_us`: when what it awaits began."""

    id: str
    ladder: str | None
    rule: str | None
    title: str
    category: str
    entity: str
    key: str
    level: str
    points: float | None
    time_us: int
    action: str | None
    rule_set: str
    issued_us: int
    about: tuple[Key, ...]
    places: tuple[Key, ...]
    grounds: tuple[str, ...]
    route: Route
    status: str = OPEN
    awaits: str = ""
    since_us: int = 0
    deadline_us: int | None = None
    overdue: bool = False
    closing_us: int | None = None
    closing_overdue: bool = False
    stands: bool = True
    shaken: tuple[str, ...] = ()
    refuting: str = ""
    resume: tuple[str, str] = ("", "")
    lines: tuple[Line, ...] = field(default=(), repr=False)

    @property
    def version(self) -> int:
        """Rises with every line."""
        return len(self.lines)

    def done_by(self, step: str) -> str:
        """Who did a step, last; none: nobody."""
        return next((line.actor for line in reversed(self.lines) if line.kind == STEP and line.step == step), "")

    def last_result(self) -> str:
        """What the last step resulted in."""
        return next((line.result for line in reversed(self.lines) if line.kind == STEP), "")

    def actors(self) -> set[str]:
        """All who did a step."""
        return {line.actor for line in self.lines if line.kind == STEP}


def line_json(line: Line) -> Json:
    """What is not as usual of a line."""
    shown = {}
    for one in fields(Line):
        value = getattr(line, one.name)
        if one.default is MISSING or value != one.default:
            shown[one.name] = [list(pair) for pair in value] if one.name == "attachments" else value
    return shown


def dossier_json(dossier: Dossier) -> Json:
    """A dossier as it is kept."""
    kept = {one.name: getattr(dossier, one.name) for one in fields(Dossier)}
    kept["route"] = route_json(dossier.route)
    kept["lines"] = [line_json(line) for line in dossier.lines]
    return kept


def read_dossier(kept: Json) -> Dossier:
    """What `dossier_json` gave, through JSON."""
    given = dict(kept)
    given["route"] = read_route(kept["route"])
    given["lines"] = tuple(read_line(line) for line in kept["lines"])
    for name in ("about", "places"):
        given[name] = tuple((entity, key) for entity, key in kept[name])
    given["grounds"], given["shaken"] = tuple(kept["grounds"]), tuple(kept["shaken"])
    given["resume"] = (kept["resume"][0], kept["resume"][1])
    return Dossier(**given)


def read_line(kept: Json) -> Line:
    """What `line_json` gave, through JSON."""
    return Line(**{**kept, "attachments": tuple((name, digest) for name, digest in kept.get("attachments", ()))})


def command_json(command: Command) -> Json:
    """A command as the journal has it."""
    return asdict(command)


def read_command(kept: Json) -> Command:
    """What `command_json` gave, through JSON."""
    given = dict(kept)
    for name in ("own", "attachments"):
        given[name] = tuple((first, second) for first, second in kept[name])
    return Command(**given)
