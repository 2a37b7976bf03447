"""Plays acts on an engine and holds what it says against the reference, and against what it said before.

In: a rule set, a `Play`.  Out: None, or in words what came out differently.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import rulelang
from engine import Engine, Outcome
from engine import limits as bounds
from engine.fold import Fold
from engine.machine import EventError, Machine
from engine.program import Program, load
from engine.stores import make_store
from engine.stores.interface import Store
from engine.stores.memory import MemoryStore
from rulelang import model
from tests.generated.acts import Advance, Compare, Crash, OtherRules, Play, Reopen, Save, Send, Wall
from tests.generated.histories import Json
from tests.generated.schema import ENTITIES
from tests.reference import World
from tests.reference.events import Arrivals, Decoder, Event, Refused, content_of
from tests.reference.findings import EVIDENCE_MAX
from tests.reference.levels import forecast, level_history
from tests.reference.texts import number, time_text
from tests.reference.values import Names

SECRET = b"the draw of generated tests"
TOLERANCE_US = 300_000_000
OTHER_RULES = """
entity officer
entity case
event alpha
    case: case
    officer: officer
event gamma
    officer: officer
    k: integer
rule r0
    when count(alpha) >= 2 within officer over 30d
    level red
"""


class Different(Exception):
    """Something came out differently; the text says what."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule set in all its forms."""

    text: str
    ruleset: model.RuleSet
    program: Program


def ruled(text: str) -> Ruled:
    """Raises `RuleErrors`."""
    checked = rulelang.check_text(text)
    program = load(rulelang.compile_checked(checked))
    assert checked.ruleset is not None
    return Ruled(text, checked.ruleset, program)


OTHER = load(rulelang.compile_text(OTHER_RULES))


def difference(rules: Ruled, play: Play) -> str | None:
    """What came out differently; None: nothing."""
    with tempfile.TemporaryDirectory() as folder:
        player = Player(rules, play, Path(folder))
        try:
            for number_, act in enumerate(play.acts):
                player.number = number_
                player.do(act)
        except Different as found:
            return str(found)
        except Exception as error:
            return f"act {player.number}: {type(error).__name__}: {error}"
        finally:
            player.close()
    return None


class Player:
    """One engine, from the first act to the last."""

    def __init__(self, rules: Ruled, play: Play, folder: Path) -> None:
        self.rules = rules
        self.play = play
        self.folder = folder
        self.number = 0
        self.crashes = 0
        self.wall_us = 0
        self.kept = MemoryStore(durable=True)
        self.arrivals = Arrivals()  # what the reference is to see: nothing that was too late or in the future
        self.answers: dict[object, Outcome] = {}  # by name and content, the first
        self.told: set[object] = set()  # names and contents that were answered
        self.said: dict[str, Json] = {}  # what stands by what was said along the way
        self.versions: dict[str, int] = {}
        self.free: dict[tuple[str, str], int] = {}  # from when on a name may stand for something else
        self.lives: Counter[tuple[str, str]] = Counter()
        self.machine = Machine(rules.program)
        self.decoder = Decoder(rules.ruleset, Names(rules.ruleset).clock)
        self.clock_us: int | None = None
        self.engine = self.make(rules.program)
        self.known_for = known_for(rules.program)

    # -------------------------------------------------------------- acts

    def do(self, act: object) -> None:
        match act:
            case Send(events):
                self.send(events)
            case Advance(to_us):
                self.advance(to_us)
            case Wall(us):
                self.wall_us = us
            case Save():
                self.engine.checkpoint()
            case Reopen():
                held = self.holds(self.engine)
                self.engine.close()
                self.engine = self.make(self.rules.program)
                if self.holds(self.engine) != held:
                    raise Different(f"act {self.number}: before it was opened again it held {held}, after it {self.holds(self.engine)}")
                self.check_standing()
            case Crash():
                self.crash()
                if self.play.system and (self.engine.now or 0) < (self.clock_us or 0):
                    self.clock_us = self.engine.now  # what the clock showed while nothing was due is not kept
                self.check_standing()
            case OtherRules(events, like):
                self.change(events, like=like)
            case Compare():
                self.compare()
        if self.engine.now != self.clock_us:
            raise Different(f"act {self.number}: now is {self.engine.now}, not {self.clock_us}")

    def store(self) -> Store | str:
        match self.play.store:
            case "memory":
                return "memory:"
            case "durable":
                return self.kept
        return make_store(f"sqlite:{self.folder / f'store{self.crashes}.db'}")

    def make(self, program: Program, store: Store | None = None) -> Engine:
        return Engine(
            program,
            store=self.store() if store is None else store,
            clock="system" if self.play.system else "events",
            secret=SECRET,
            tolerance_us=TOLERANCE_US,
            wall_clock=lambda: self.wall_us,
        )

    def crash(self) -> None:
        """As if the process were gone: the files are taken as they lie there."""
        before = self.crashes
        self.crashes += 1
        if self.play.store == "sqlite":
            for file in self.folder.glob(f"store{before}.db*"):
                shutil.copy(file, file.with_name(file.name.replace(f"store{before}", f"store{self.crashes}")))
        left, self.engine = self.engine, self.make(self.rules.program)
        if self.play.store == "sqlite":
            left._store.close()
        if self.holds(left) != self.holds(self.engine):
            raise Different(f"act {self.number}: before the crash it held {self.holds(left)}, after it {self.holds(self.engine)}")

    def change(self, events: tuple[Json, ...], *, like: bool) -> None:
        """Another rule set and back. What the other one took is in the journal, and so is known to the first one from then on."""
        self.go_over_to(load(rulelang.compile_text(self.rules.text.replace("points 1", "points 5"))) if like else OTHER)
        other = self.engine
        for event, outcome in zip(events, other.evaluate_batch(events), strict=True):
            if outcome.status in ("accepted", "conflict"):
                self.told.add(self.expected(event)[1])
        between = other.history()
        self.go_over_to(self.rules.program)
        self.answers.clear()
        history = {shown["id"]: shown for shown in self.engine.history()}
        for shown in between:
            if not follows(history.get(shown["id"]), shown):
                raise Different(f"act {self.number}: after another rule set's {shown} comes {history.get(shown['id'])}")
        self.check_standing(again=True)

    def go_over_to(self, program: Program) -> None:
        """By an engine that is opened on what the one before left; or, at every other act, by one that was made ready beside it."""
        if self.number % 2:
            self.engine.close()
            self.engine = self.make(program)
            return
        entries = self.journal()
        engine = self.make(program, MemoryStore(durable=True))
        engine.backfill(entries[: len(entries) // 2])
        engine.backfill(entries[len(entries) // 2 : -1])  # the last one came in meanwhile
        self.leave()
        store = self.store()
        assert not isinstance(store, str)
        if engine.activate(store):
            self.engine = engine
        else:  # the store has items of this very rule set
            store.close()
            self.engine = self.make(program)

    @staticmethod
    def holds(engine: Engine) -> tuple[int, int, int]:
        """How much is in memory: records, keys, and the step of the clock up to which was forgotten."""
        return engine._fold.records(), engine._fold.keys, engine._fold.forgotten

    def journal(self) -> list[tuple[int, bytes]]:
        return list(self.engine._store.journal())

    def leave(self) -> None:
        """The engine at work saves what it holds, and lets the next one in."""
        self.engine.close()

    def close(self) -> None:
        self.engine._store.close()

    # -------------------------------------------------------------- what must come out

    def send(self, events: tuple[Json, ...]) -> None:
        expected = [self.expected(event) for event in events]
        outcomes = self.engine.evaluate_batch(events)
        for event, outcome, (status, name) in zip(events, outcomes, expected, strict=True):
            if outcome.status != status:
                raise Different(f"act {self.number}: {event} was answered {outcome.status} ({outcome.error}), not {status}")
            first = self.answers.setdefault(name, outcome)
            if status == "accepted" or (status == "conflict" and name not in self.told):
                self.listen(outcome)
            self.told.add(name)
            if name is not None and replace(outcome, status="") != replace(first, status=""):
                raise Different(f"act {self.number}: {event} was answered {outcome}, the first time {first}")

    def expected(self, event: Json) -> tuple[str, object]:
        """The answer to an event by the reference's reading of it; and by what the same event is known again, None where it is refused."""
        try:
            decoded = self.decoder.decode(event)
        except Refused:
            return "refused", None
        now = max(self.wall_us, self.clock_us or 0) if self.play.system else None
        if now is not None and decoded.time > now + TOLERANCE_US:
            return "refused", None
        return self._entered(event, decoded, now)

    def _entered(self, event: Json, decoded: Event, now: int | None) -> tuple[str, object]:
        name, content = (decoded.source, decoded.id), content_of(decoded)
        arrivals = self.arrivals
        if now is not None and self.free.get(name, now + 1) <= now:
            del arrivals.contents[name], self.free[name]
            self.lives[name] += 1
        known = (name, content, self.lives[name])
        if arrivals.contents.get(name) == content:
            return "duplicate", known
        too_late = now is not None and decoded.time <= now - self._retains(decoded.type)
        if name not in arrivals.contents:
            arrivals.contents[name] = content
            self.free[name] = decoded.time + self.known_for[decoded.type]
            if too_late:
                return "too_late", known
            status = "accepted"
        elif too_late:
            return "conflict", (known, "that no rule can see")
        else:
            status = "conflict"
            if (name, content) in arrivals.conflicts:
                return status, known
            arrivals.conflicts.add((name, content))
            decoded = self.decoder.conflict(decoded, self.mark(event))
        arrivals.accepted.append(decoded)
        moment_us = decoded.time if now is None else now
        self.clock_us = moment_us if self.clock_us is None else max(moment_us, self.clock_us)
        return status, known

    def _retains(self, type_: str) -> int:
        entities = {f.type.entity for e in self.rules.ruleset.events if e.name == type_ for f in e.fields if f.type.entity}
        return max((e.retain_us for e in self.rules.ruleset.entities if e.name in entities), default=400 * 86_400_000_000)

    def advance(self, to_us: int) -> None:
        self.clock_us = to_us if self.clock_us is None else max(to_us, self.clock_us)
        self.listen(self.engine.advance(to_us))

    # -------------------------------------------------------------- what was said along the way

    def listen(self, outcome: Outcome) -> None:
        """Take what one answer issues and withdraws into what stands."""
        for shown in outcome.withdrawn:
            if shown["status"] != "withdrawn" or not shown.get("reason"):
                raise Different(f"act {self.number}: withdrawn without a mark or a reason: {shown}")
            before = self.said.pop(shown["id"], None)
            if before is None:
                raise Different(f"act {self.number}: withdrawn, but did not stand: {shown}")
            if shown["version"] != self.versions[shown["id"]]:
                raise Different(f"act {self.number}: withdrawn in another version than {self.versions[shown['id']]}: {shown}")
        for shown in (*outcome.findings, *outcome.warnings):
            name = shown["id"]
            if shown["version"] <= self.versions.get(name, 0):
                raise Different(f"act {self.number}: the version does not rise above {self.versions[name]}: {shown}")
            plain = {key: value for key, value in shown.items() if key != "version"}
            if self.said.get(name) == plain and len(shown.get("events", ())) < EVIDENCE_MAX:
                raise Different(f"act {self.number}: said again without a change: {shown}")
            self.versions[name] = shown["version"]
            self.said[name] = plain

    def check_standing(self, *, again: bool = False) -> None:
        """What stands is what was said; `again`: everything may have been said anew, by a rule set that came back."""
        standing = self.engine.standing()
        by_version = {shown["id"]: shown["version"] for shown in self.engine.history()}
        if again:
            fallen = [name for name, version in self.versions.items() if by_version.get(name, 0) < version]
            if fallen:
                raise Different(f"act {self.number}: versions fell: {fallen} of {by_version}, said were {self.versions}")
            self.said = {shown["id"]: shown for shown in standing}
            self.versions = by_version
        elif (by_id := {shown["id"]: shown for shown in standing}) != self.said:
            raise Different(f"act {self.number}: what was said is not what stands:\n{told(self.said, by_id, 'said', 'stands')}")
        if by_version != self.versions:
            raise Different(f"act {self.number}: versions are {by_version}, said were {self.versions}")

    def compare(self) -> None:
        """Hold what stands, and the levels, against the reference."""
        world = World(self.rules.ruleset, self.arrivals, self.clock_us, SECRET)
        standing, expected = self.engine.standing(), world.standing()
        if standing != expected:
            mine, theirs = ({shown["id"]: shown for shown in them} for them in (standing, expected))
            raise Different(f"act {self.number}: not what the reference says:\n{told(theirs, mine, 'reference', 'engine')}")
        self.check_standing()
        for ladder in self.rules.ruleset.ladders:
            self.check_levels(world, ladder)
        for rule in self.rules.ruleset.rules:
            if rule.scopes and rule.state != "disabled":
                self.check_explained(rule, standing)

    def check_levels(self, world: World, ladder: model.Ladder) -> None:
        keys = {str(w["key"]) for w in world.standing() if w["entity"] == ladder.entity} | {"P1", "U1", "K1"}
        times = {f.time + offset for f in world.findings[:3] for offset in (0, -1, ladder.window.length_us, ladder.window.length_us - 1)}
        for key in sorted(keys):
            normal = self.machine.key(list(ENTITIES).index(ladder.entity), key)
            for at in sorted(times):
                found = self.engine.level(ladder.entity, key, at)
                wanted = {
                    one.ladder: {"level": one.level, "points": number(one.points)} for one in world.levels(ladder.entity, normal or "", at)
                }
                if found != wanted:
                    raise Different(f"act {self.number}: levels of {ladder.entity} {key} at {time_text(at)}: {found}, not {wanted}")
            self.check_course(world, ladder, normal or "", max(times, default=0))

    def check_course(self, world: World, ladder: model.Ladder, key: str, at: int) -> None:
        """How the level of a key came about until a moment, and what can become of it from then on."""
        for name, found, wanted in (
            ("history", self.engine.level_history(ladder.entity, key, at), level_history(world, ladder, key, at)),
            ("forecast", self.engine.forecast(ladder.entity, key, at), forecast(world, ladder, key, at)),
        ):
            if found[ladder.name] != wanted:
                raise Different(
                    f"act {self.number}: {name} of {ladder.entity} {key} at {time_text(at)}:\n    {found[ladder.name]}, not\n    {wanted}"
                )

    def check_explained(self, rule: model.Rule, standing: list[Json]) -> None:
        """What `explain` says opens an episode is what stands."""
        opening = ("opens", "forgotten")
        opened = sorted(str(anchor["finding"]) for anchor in self.engine.explain(rule.name) if anchor["state"] in opening)
        found = sorted(str(shown["id"]) for shown in standing if shown["kind"] == "finding" and shown["rule"] == rule.name)
        if opened != found:
            raise Different(f"act {self.number}: explained of {rule.name} as openings are {opened}, but {found} stand")

    def mark(self, event: Json) -> str:
        try:
            return self.machine.decode(event).digest.hex()[:12]
        except EventError:
            raise AssertionError(event) from None


def known_for(program: Program) -> dict[str, int]:
    """By event type, for how long after its time the name of an event is known where the wall clock is the engine's."""
    kept = Fold(Machine(program), program.plan, b"", bounds.DEFAULT).retention.by_type
    return {declared["name"]: us for declared, us in zip(program.plan["types"], kept, strict=True)}


def follows(after: Json | None, before: Json) -> bool:
    """Whether what is known of a finding may come after what was: in a higher version, or in the same saying the same, perhaps withdrawn."""
    if after is None or after["version"] < before["version"]:
        return False
    withdrawn = after["status"] == "withdrawn"
    said = {**before, "reason": None, "status": "withdrawn" if withdrawn else before["status"]}
    return after["version"] > before["version"] or {**after, "reason": None} == said


def told(wanted: dict[str, Json], have: dict[str, Json], left: str, right: str) -> str:
    """Two sets of findings and warnings, beside each other where they differ."""
    lines = []
    for name in sorted({*wanted, *have}, key=lambda name: str((wanted.get(name) or have[name])["time"])):
        if wanted.get(name) != have.get(name):
            lines += [f"    {left + ':':10} {wanted.get(name)}", f"    {right + ':':10} {have.get(name)}"]
    return "\n".join(lines) or f"    the order: {list(wanted)} and {list(have)}"
