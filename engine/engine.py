"""The engine: events in, findings and warnings out, on a store.

    evaluate_batch ─▶ decode ─▶ identity ─▶ journal (durable) ─▶ fold, event by event ─▶ outcomes

The engine is a deterministic function of its journal.  What is decided before the journal is decided by content
alone (refusals, duplicates); all else is decided by `_apply`, which a restart runs again for the entries after the last checkpoint.

On a shared store several engines are replicas of each other: each applies what all have written, in the journal's order, before it adds an entry of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Literal, NoReturn

from engine import limits as bounds
from engine.entries import advance_entry, command_entry, events_entry, read_entry
from engine.fold import Answers, Changes, Finding, LimitReached, Taker, explain, finding_object, lone_objects
from engine.levels import Credit, Scale, forecast, level_history, levels_at
from engine.machine import EventError, Machine, name_of_wire
from engine.names import FOREVER, LIKE_A_CONFLICT, conflict_id
from engine.outcome import Outcome
from engine.program import Program, load
from engine.recovery import Recovery
from engine.saving import Saving
from engine.state import ACTS, State
from engine.stores import make_store
from engine.stores.interface import Passing, Store, StoreBehind, StoreForked
from engine.texts import canonical, day_text, number, time_text, time_us
from engine.values import Event
from engine.views import order, warning_object
from engine.warnings.deciding import Move
from engine.warnings.dossier import Command, Dossier, Line, command_json, dossier_json, read_command, read_dossier
from engine.warnings.evidence import unpacked
from engine.warnings.register import Act, Answer

Json = dict[str, Any]
Given = Mapping[str, object] | bytes
"""An event as it is given: an object, or the bytes of a message `rulelang.v1.Event` in plain form, as `engine.machine.split_events` cuts them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OPENINGS_MAX = 5
"""How often an engine begins again when others change what it is just reading."""


class EngineBroken(Exception):
    """Something failed while the engine was changing what it holds, so that it no longer holds what its journal says.

    It neither answers nor writes any more; another engine on the same store begins from what is kept.
    """


def moment_us(now: datetime | int | str) -> int:
    """A moment as microseconds since 1970, UTC: from itself, an aware datetime, or an ISO 8601 text with an offset."""
    if isinstance(now, datetime):
        if now.tzinfo is None:
            raise ValueError("the time has no zone; give an aware datetime")
        return (now - _EPOCH) // timedelta(microseconds=1)
    return time_us(now) if isinstance(now, str) else now


def _other_content(event: Event) -> str:
    return f"an event with the id {event.id!r} and the source {event.source!r} was accepted before with other content"


def _wall_clock() -> int:
    return time.time_ns() // 1000


class Engine:
    """One rule set at work on one store. Used by one thread at a time."""

    def __init__(
        self,
        program: bytes | Program,
        *,
        store: str | Store = "memory:",
        clock: Literal["events", "system"] = "events",
        secret: bytes = b"",
        tolerance_us: int | None = None,
        limits: bounds.Limits = bounds.DEFAULT,
        on_looked: Callable[..., None] | None = None,
        wall_clock: Callable[[], int] = _wall_clock,
        life_cycle: bool = False,
    ) -> None:
        """`life_cycle`: keep what becomes of warnings (`act`, `dossiers`, `feed`), with its deadlines."""
        self.program = load(program) if isinstance(program, bytes) else program
        self.limits = limits
        self._system = clock == "system"
        self._wall_clock = wall_clock
        self._tolerance_us = limits.future_us if tolerance_us is None else tolerance_us
        self._machine = Machine(self.program)
        self._life_cycle = life_cycle
        if not life_cycle:
            self._machine.admit(ACTS)
        self._secret = secret
        self._on_looked = on_looked
        self._store = make_store(store) if isinstance(store, str) else store
        for _ in range(OPENINGS_MAX):
            if self._opened():
                return
            self._store.close()
        raise StoreForked(
            "other engines change what the store keeps again and again while it is read; is more than one rule set at work on it?"
        )

    def _opened(self) -> bool:
        """Begin with what the store keeps. False: another engine has changed that meanwhile."""
        state = State(self._machine, self.program, self._secret, self.limits, self._on_looked, self._life_cycle)
        self._state = state
        self._fold = state.fold
        self._register = state.register
        self._names = state.names
        self._saving = Saving(state, self.limits)
        self._taker = Taker(state.fold, state.names.held, state.names.saved, state.register.resting, state.register.deadlines)
        self._recovery = Recovery(state, self._saving, self._apply_entry, self._take_acts)
        self._has_moved = False
        self._broken: str | None = None
        try:
            return self._recovery.begin(self._store, self._store.open(self.program.plan["hash"]))
        except StoreForked:
            return False

    # ------------------------------------------------------------------ evaluating

    def evaluate(self, event: Given) -> Outcome:
        """Evaluate one event."""
        return self.evaluate_batch([event])[0]

    def evaluate_batch(self, events: Sequence[Given]) -> list[Outcome]:
        """Evaluate events in this order; one outcome for each. Raises as `answer_batch` does."""
        return self.answer_batch(events).outcomes()

    def answer_batch(self, events: Sequence[Given]) -> Answers:
        """Evaluate events in this order: what became of them, as outcomes or as bytes.

        Raises ValueError where there are too many, StoreError and EngineBroken: then none of them was answered, and all may be sent again.
        """
        self._check_whole()
        if len(events) > self.limits.batch_events_max:
            raise ValueError(f"{len(events)} events in one batch; limits.batch_events_max allows {self.limits.batch_events_max}")
        now = self._clock()
        refused: dict[int, Outcome] = {}
        decoded: list[Event] = []
        given, durable, place = list(events), self._store.durable, 0
        latest = FOREVER if now is None else min(now + self._tolerance_us, FOREVER)
        while (place := self._machine.decode_on(given, place, latest, decoded, journal=durable)) < len(given):
            try:
                decoded.append(self._checked(given[place], now))
            except EventError as error:
                refused[place] = self._refused(given[place], error)
            place += 1
        self._names.look_up(decoded, self._load)
        if self._store.durable:
            now = self._put_in_journal(decoded, now)
            for row in decoded:  # a row lives as long as the histories that it is in
                row.payload = None
        answers = self._apply(decoded, now, self._state.applied)
        self._saving.count_and_save(len(decoded), self._store)
        answers.insert(refused)
        return answers

    def _checked(self, event: Given, now: int | None) -> Event:
        """The event, if it is to be taken. Raises EventError."""
        row = self._machine.decode(event, journal=self._store.durable)
        if now is not None and row.time > now + self._tolerance_us:
            self._refuse_future(row, now)
        if LIKE_A_CONFLICT.search(row.id):
            raise EventError("id", f"{row.id!r} ends like the names that the service gives to conflicting contents")
        return row

    def _load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        return self._saving.load(kind, keys, self._store)

    def _clock(self) -> int | None:
        return max(self._wall_clock(), self._fold.now) if self._system else None

    def _put_in_journal(self, events: list[Event], now: int | None) -> int | None:
        """What is new of these events, after all that others have written. Gives the clock at which they are applied."""
        while True:
            fresh = self._names.held.fresh(events, now)
            try:
                if fresh:
                    self._add(events_entry(fresh, now))
                else:
                    self._store.confirm()  # they are another engine's, perhaps
                return now
            except StoreBehind as behind:
                self._apply_entries(behind.entries)
                now = self._clock()

    def _add(self, entry: bytes) -> None:
        """Put an entry in the journal, to be applied next. Raises StoreBehind."""
        self._state.applied = self._store.append(entry, self._state.applied, self._catch_up)

    def _catch_up(self) -> None:
        self._saving.catch_up(self._store)

    def _apply_entries(self, entries: Iterable[tuple[int, bytes]]) -> None:
        for number_, item in entries:
            events = self._apply_entry(read_entry(item), number_)
            self._state.applied = number_
            self._saving.count_and_save(events, self._store)
            self._catch_up()

    def _apply_entry(self, item: Json, entry: int) -> int:
        """Gives how many events it holds; `entry` is its number."""
        self._saving.keep_entry()
        if "advance" in item:
            self._advance(item["advance"])
            return 0
        if self._state.began is None:
            self._state.began = item["now"]
        if "command" in item:
            self._apply_command(item)
            return 1
        rows = []
        for event in item["events"]:
            try:
                rows.append(self._machine.decode(event, journal=False))
            except EventError as error:  # another rule set took it; to this one it is nothing, as if it were sent now
                self._refused(event, error)
        self._names.look_up(rows, self._load)
        self._apply(rows, item["now"], entry)
        return len(rows)

    def _apply(self, events: list[Event], now: int | None, entry: int) -> Answers:
        """Take decoded events of one entry of the journal into the fold, one by one. What a restart does again."""
        answers = Answers(self._fold, Outcome)
        state, saving, at = self._state, self._saving, 0
        self._has_moved = False
        with self._all_or_broken():
            if state.began is None and events:
                state.began = events[0].time if now is None else now
            while at < len(events):
                kept = saving.events if self._store.durable else None
                before = at
                at, taken, changes = self._taker.take(events, at, now, answers, saving.lone, kept, living=state.living)
                self._has_moved = self._has_moved or at > before
                if at < len(events):
                    answers.add(self._entered(events[at], changes) if taken else self._take(events[at], now))
                    at += 1
            for status, n in answers.statuses().items():
                state.counts[status] = state.counts.get(status, 0) + n
            if self._store.durable:
                saving.close_entry(entry)
            if self._has_moved:  # else the clock is where it was
                self._forget(now)
        return answers

    @contextmanager
    def _all_or_broken(self) -> Iterator[None]:
        """What fails in here leaves the fold half changed (a full memory, an interrupt: rules and data raise nothing)."""
        try:
            yield
        except BaseException as error:
            self._broken = f"{type(error).__name__}: {error}"
            raise

    def _check_whole(self) -> None:
        if self._broken is not None:
            raise EngineBroken(f"the engine failed and holds no longer what its journal says ({self._broken}); open the store again")

    def _take(self, event: Event, now: int | None) -> Outcome:
        name = (event.source, event.id)
        known = self._names.get(name, now)
        if known is not None and self._names.held.says(known, event):
            first = self._names.held.answer(known)
            if isinstance(first, Outcome):
                return replace(first, status="duplicate")
            return Outcome("duplicate", *name) if first is None else self._found_alone("duplicate", first, self._fold.lone_at(first))
        if now is not None and event.time <= now - self._fold.plan.retains[event.type]:
            old = f"is of {time_text(event.time)}, older than anything that is retained of what it is about"
            if known is not None:  # no rule could see the conflict, which would be of that time
                return Outcome("conflict", *name, error=f"{_other_content(event)}; this one {old}", ignored=event.ignored)
            outcome = Outcome("too_late", *name, error=f"the event {old}", ignored=event.ignored)
            self._remember(event, outcome)
            return outcome
        return self._enter(event, now) if known is None else self._conflict(event, now)

    def _enter(self, event: Event, now: int | None, status: str = "accepted", error: str | None = None) -> Outcome:
        try:
            changes = self._fold.take(event, event.time if now is None else now)
        except LimitReached as reached:
            return Outcome("refused", event.source, event.id, error=str(reached), ignored=event.ignored)
        return self._entered(event, changes, status, error)

    def _entered(
        self, event: Event, changes: Changes | list[Finding] | None, status: str = "accepted", error: str | None = None
    ) -> Outcome:
        """What is answered to an event that the fold has taken."""
        if changes is None:
            outcome = Outcome(status, event.source, event.id, error, ignored=event.ignored)
        elif isinstance(changes, list):
            outcome = self._found_alone(status, event, changes, error)
            if self._store.durable:
                self._saving.lone += changes
            if self._state.living and self._register.rest_on(finding.id for finding in changes):
                self._observed(Changes(changes))
        else:
            outcome = self._answer(self._observed(changes), status, event, error)
        self._expire()
        if status != "accepted" or isinstance(changes, Changes):
            self._remember(event, outcome)
        else:
            self._remember(event, event if outcome.findings or outcome.ignored else None)
        self._has_moved = True
        return outcome

    def _forget(self, now: int | None) -> None:
        """An entry of the journal has brought the clock to `now`. Where events are the clock, one may come however late, and nothing is forgotten."""
        if now is not None and self._system:
            self._state.forget(now)

    def _found_alone(self, status: str, event: Event, found: list[Finding], error: str | None = None) -> Outcome:
        """What is answered to an event that led to lone findings only."""
        return Outcome(status, event.source, event.id, error, lone_objects(self._fold, found), ignored=event.ignored)

    def _remember(self, event: Event, answer: Outcome | Event | None) -> None:
        """The event's name and content, and what was answered; see `Names.get`."""
        self._names.keep(event, answer)
        if self._store.durable:
            if isinstance(answer, Outcome):
                if answer.status == "too_late":
                    self._saving.named.add(len(self._saving.events))
                item = Passing(self._names.answer_item(event, answer), self._names.until(event))
                self._saving.items["answer", canonical([event.source, event.id])] = item
            self._saving.events.append(event)

    def _conflict(self, event: Event, now: int | None) -> Outcome:
        """Another content under a known name: refused, recorded once per content, and visible to rules."""
        error = _other_content(event)
        mark = conflict_id(event)
        self._names.learn([(event.source, mark)], self._load)
        known = self._names.get((event.source, mark), now)
        if known is not None:
            before = self._names.held.answer(known)
            assert isinstance(before, Outcome)
            return replace(before, source=event.source, id=event.id)
        return replace(self._enter(self._conflict_event(event, mark), now, "conflict", error), id=event.id)

    def _conflict_event(self, event: Event, mark: str) -> Event:
        plan = self.program.plan
        declared = plan["types"][event.type]
        said: dict[str, object] = {"event": declared["name"], "event_id": event.id}
        for index, entity in enumerate(plan["entities"]):
            fields = [field for field in declared["fields"] if field["entity"] == index]
            if len(fields) != 1:
                fields = [field for field in fields if field["name"] == entity["name"]]
            if fields:
                said[entity["name"]] = event.value(fields[0]["slot"])
        return self._machine.make_event(self._fold.plan.conflict_type, event.time, event.source, mark, said, event.source, mark, 0)

    def _answer(self, changes: Changes, status: str, event: Event | None, error: str | None = None) -> Outcome:
        return Outcome(
            status,
            "" if event is None else event.source,
            None if event is None else event.id,
            error,
            sorted(map(self._state.shown, changes.findings.values()), key=order),
            sorted(map(self._state.shown, changes.withdrawn.values()), key=order),
            sorted(map(self._state.shown, changes.warnings.values()), key=order),
            0 if event is None else event.ignored,
        )

    def _refuse_future(self, event: Event, now: int) -> NoReturn:
        raise EventError(
            "time",
            f"{time_text(event.time)} lies in the future: more than {self._tolerance_us / 1_000_000:g} s after the service's clock, {time_text(now)}",
        )

    def _refused(self, event: Given, error: EventError) -> Outcome:
        self._state.counts["refused"] = self._state.counts.get("refused", 0) + 1
        source, name = name_of_wire(event) if isinstance(event, bytes) else (event.get("source"), event.get("id"))
        return Outcome(
            "refused",
            source if isinstance(source, str) else "",
            name if isinstance(name, str) else None,
            error=str(error),
            wrong_field=error.field,
        )

    # ------------------------------------------------------------------ the clock

    @property
    def now(self) -> int | None:
        """The moment up to which deadlines have been looked at; None before the first event."""
        return None if self._fold.now < -(2**62) else self._fold.now

    @property
    def began(self) -> int | None:
        """The clock when the first events were accepted, microseconds since 1970, UTC: what happened before then was not sent, as far as is known."""
        return self._state.began

    @property
    def applied(self) -> int:
        """The journal entry up to which all is applied (0: none)."""
        return self._state.applied

    def advance(self, now: datetime | int | str | None = None) -> Outcome:
        """Let the clock reach `now` (default: the wall clock): deadlines up to then are looked at. Raises StoreError: then it stands still."""
        self._check_whole()
        moment = self._wall_clock() if now is None else moment_us(now)
        self.follow()
        while self.now is None or moment > self.now:
            # Where the service's clock rules, it ticks often; in between nothing follows from the clock, and the next entry carries it.
            if self._store.durable and (not self._system or self._is_due(moment)):
                try:
                    self._add(advance_entry(moment))
                except StoreBehind as behind:
                    self._apply_entries(behind.entries)
                    continue
            elif self._store.shared:
                break  # replicas have one clock, that of the journal
            return self._advance(moment)
        self._store.confirm()
        return Outcome("advanced")

    def _is_due(self, moment: int) -> bool:
        """Whether something follows from the clock's reaching this moment."""
        return self._fold.due(moment) or self._register.due(moment) or self._state.forgets(moment)

    def follow(self, until: int | None = None) -> None:
        """On a shared store, apply what other engines have written, up to this entry or to the last. Who evaluates or advances does so anyway."""
        if self._store.shared:
            self._apply_entries(takewhile(lambda numbered: until is None or numbered[0] <= until, self._store.journal(self._state.applied)))

    def _advance(self, moment: int) -> Outcome:
        with self._all_or_broken():
            self._fold.move(moment)
            outcome = self._answer(self._observed(self._fold.settle()), "advanced", None)
            for missed in self._expire():
                outcome.findings.extend(missed.findings)
                outcome.withdrawn.extend(missed.withdrawn)
                outcome.warnings.extend(missed.warnings)
            if self._state.forgets(moment) or not self._store.durable:  # else this is in no journal, and a restart would not know of it
                self._forget(moment)
            return outcome

    # ------------------------------------------------------------------ what becomes of warnings

    def act(self, command: Command) -> Answer:
        """Do a step of a warning's procedure: accepted, repeated (it was accepted before), or refused.

        Raises ValueError where the command itself is too long, StoreError and EngineBroken: then the same command may be sent again."""
        self._check_whole()
        if not self._life_cycle:
            raise ValueError("this engine keeps no life cycle of warnings")
        self._check_command(command)
        command = replace(command, own=self._own_keys(command))
        while True:
            self.follow()
            now = self._clock() or self._fold.now
            if self._is_due(now):
                self.advance(now)
            move = self._register.decide(command)
            if isinstance(move, Answer):
                self._store.confirm()
                return move
            if self._store.durable:
                header = dossier_json(replace(self._register.dossiers[command.warning], lines=()))
                entry = command_entry(now, command_json(command), (move.status, move.awaits, move.refuting), header)
                try:
                    self._add(entry)
                except StoreBehind as behind:
                    self._apply_entries(behind.entries)
                    continue
            with self._all_or_broken():
                self._move_to(now)
                self._take_acts([self._register.carry_out(command, move, now)])
                self._forget(now)
            self._saving.count_and_save(1, self._store)
            dossier = self._register.dossiers[command.warning]
            return Answer("accepted", None, next(line.number for line in dossier.lines if line.command == command.id), dossier)

    def _own_keys(self, command: Command) -> tuple[tuple[str, str], ...]:
        """Whom the actor is in the records, as keys are kept."""
        numbers = {entity["name"]: number for number, entity in enumerate(self.program.plan["entities"])}
        keys = ((entity, self._machine.key(numbers[entity], key)) for entity, key in command.own if entity in numbers)
        return tuple((entity, key) for entity, key in keys if key is not None)

    def _check_command(self, command: Command) -> None:
        """Raises ValueError where something is longer than its bound."""
        longest = self.limits.name_characters_max
        texts = {"id": command.id, "actor": command.actor, "role": command.role, "step": command.step, "result": command.result}
        texts |= {"attachments": max((name for name, _ in command.attachments), key=len, default="-")}
        for name, text in texts.items():
            if not 0 < len(text) <= longest:
                raise ValueError(f"{name}: must have 1 to {longest} characters (limits.name_characters_max), and has {len(text)}")
        if len(command.note) > self.limits.note_characters_max:
            raise ValueError(
                f"note: has {len(command.note)} characters; limits.note_characters_max allows {self.limits.note_characters_max}"
            )
        if len(command.attachments) > self.limits.attachments_max:
            raise ValueError(
                f"attachments: {len(command.attachments)} of them; limits.attachments_max allows {self.limits.attachments_max}"
            )
        for name, digest in command.attachments:
            if re.fullmatch("[0-9a-f]{64}", digest) is None:
                raise ValueError(f"attachments: the SHA-256 of {name!r} must be 64 hexadecimal digits in lower case")

    def _observed(self, changes: Changes) -> Changes:
        """The changes of the fold, once they are written into the dossiers."""
        if self._state.living:
            self._register.observe(changes, self._fold.now, self._state.opened_dossier)
        return changes

    def _move_to(self, now: int) -> None:
        self._fold.move(now)
        self._observed(self._fold.settle())
        self._expire()

    def _expire(self) -> list[Outcome]:
        """Write down the deadlines that have passed. What follows from them."""
        if not self._state.living or not self._register.due(self._fold.now):
            return []
        return self._take_acts(self._register.expire(self._fold.now))

    def _take_acts(self, acts: Iterable[Act]) -> list[Outcome]:
        """What was done, or not in time, is an event for the rules. What follows from it."""
        followed = []
        for act in acts:
            event = self._state.act_event(act)
            if event.time <= self._fold.forgotten - self._fold.plan.retains[event.type]:
                self._register.not_counted(act, "it is older than anything that is retained of what it is about")
                continue
            try:
                changes = self._fold.take(event, self._fold.now, alone=False)
            except LimitReached as reached:
                self._register.not_counted(act, str(reached))
                continue
            if isinstance(changes, Changes):
                followed.append(self._answer(self._observed(changes), "advanced", None))
        return followed

    def _apply_command(self, item: Json) -> None:
        """A command of the journal. Where another rule set's dossiers were taken over, those up to there have it already."""
        if not self._state.living:
            return
        command, move = read_command(item["command"]), Move(*item["move"])
        with self._all_or_broken():
            self._move_to(item["now"])
            self._take_acts([self._register.replay(command, move, read_dossier(item["dossier"]), item["now"])])
            self._forget(item["now"])

    @property
    def dossiers(self) -> Mapping[str, Dossier]:
        """All warnings ever issued, by id. The mapping lives on; its values do not change."""
        return self._register.dossiers

    @property
    def keeps_life_cycle(self) -> bool:
        """Whether it is known what becomes of warnings."""
        return self._life_cycle

    @property
    def feed(self) -> Sequence[tuple[str, Line]]:
        """Every change of a dossier, in order: the id of the warning and the line, whose `number` is its place, from 1. It only grows."""
        return self._register.feed

    def evidence(self, warning: str) -> Json:
        """What a warning rested on when it was issued. Raises KeyError."""
        return unpacked(self._register.evidence[warning])

    def packed_evidence(self, warning: str) -> bytes:
        """The same as it is kept; see `engine.warnings.evidence.unpacked`."""
        return self._register.evidence[warning]

    # ------------------------------------------------------------------ single events, no state

    def matches(self, event: Mapping[str, object]) -> list[str]:
        """The names of the unscoped rules that hold for this event alone; nothing is recorded. Raises EventError."""
        return self._machine.matches(event)

    def matches_batch(self, events: Sequence[Mapping[str, object]]) -> list[list[str]]:
        """`matches` for each."""
        return self._machine.matches_batch(events)

    # ------------------------------------------------------------------ reading

    def standing(self) -> list[Json]:
        """The findings and warnings that stand, in order: a pure function of the accepted events, the clock and the rule set."""
        self._check_whole()
        fold = self._fold
        shown = [finding_object(fold, finding) for finding in fold.findings.values()]
        shown += [warning_object(fold, warning) for warning in fold.warnings.values()]
        return sorted(shown, key=order)

    def history(self) -> list[Json]:
        """What stands and what was withdrawn, with versions and reasons."""
        self._check_whole()
        fold = self._fold
        things = [*fold.findings.values(), *fold.warnings.values(), *fold.gone.values()]
        buried = [shown for name, shown in self._state.buried.items() if name not in fold.gone and name in fold.gone_versions]
        return sorted([*map(self._state.shown, things), *buried], key=order)

    def finding(self, name: str) -> Json | None:
        """The finding with this id, if it stands."""
        self._check_whole()
        found = self._fold.findings.get(name)
        return None if found is None else finding_object(self._fold, found)

    def level(self, entity: str, key: str, at: datetime | int | str | None = None) -> dict[str, Json]:
        """By ladder of the entity: `level` (None: none) and `points` of a key, at a moment (default: now)."""
        moment = self.moment(at)
        states = {name: levels_at(scale, credits, [moment])[0] for name, scale, credits, _ in self._ladders_of(entity, key)}
        return {name: {"level": level, "points": number(points)} for name, (level, points) in states.items()}

    def level_history(self, entity: str, key: str, until: datetime | int | str | None = None) -> dict[str, list[Json]]:
        """By ladder of the entity: when the level of a key rose and fell up to a moment (default: now), and by which findings. See `levels.level_history`."""
        moment = self.moment(until)
        return {name: level_history(scale, credits, warnings, moment) for name, scale, credits, warnings in self._ladders_of(entity, key)}

    def forecast(self, entity: str, key: str, at: datetime | int | str | None = None) -> dict[str, Json]:
        """By ladder of the entity: when the level of a key falls if nothing else happens, and what it takes to reach each higher one. See `levels.forecast`."""
        moment = self.moment(at)
        return {name: forecast(scale, credits, moment) for name, scale, credits, _ in self._ladders_of(entity, key)}

    def levels(self, at: datetime | int | str | None = None) -> list[Json]:
        """All keys that have points at a moment (default: now): `ladder`, `entity`, `key`, `level` (None: none) and `points`; by ladder and key."""
        return [
            {"ladder": ladder, "entity": entity, "key": key, "level": level, "points": number(points)}
            for ladder, entity, key, [(level, points)] in self.trend([self.moment(at)])
            if points
        ]

    def trend(self, moments: Sequence[int]) -> Iterator[tuple[str, str, str, list[tuple[str | None, float]]]]:
        """Of each key that ever had points: ladder, entity, key, and level and points at some moments, which rise; by ladder and key."""
        self._check_whole()
        plan, fold = self.program.plan, self._fold
        scales = [self._scale(ladder) for ladder in plan["ladders"]]
        for index, key in fold.credited():
            ladder = plan["ladders"][index]
            entries, _ = fold.credits(index, key)
            states = levels_at(scales[index], [Credit(*one) for one in entries], moments)
            yield ladder["name"], fold.entity_name(ladder["entity"]), key, states

    def belongs(self, entity: str, key: str, at: datetime | int | str | None = None) -> dict[str, str]:
        """By entity: a key, what it belongs to at a moment (default: now), and what that belongs to; each as findings and warnings have it."""
        index, normal = self._named(entity, key)
        if normal is None:
            return {}
        return {self._fold.entity_name(of): one for of, one in self._fold.belongs(index, normal, self.moment(at))}

    def members(self, entity: str, at: datetime | int | str | None = None) -> dict[str, str]:
        """For an entity that is in another one: the parent that each of its keys belongs to at a moment (default: now), as far as events say so."""
        self._check_whole()
        index = self._entity(entity)
        if self.program.plan["entities"][index]["parent"] < 0:
            raise ValueError(f"{entity} is in no other entity")
        return dict(self._fold.members_of(index, self.moment(at)))

    def draws(self) -> list[Json]:
        """What spot checks have drawn and found: `day`, `rule`, `key` (by which was drawn), `share` (of all keys, on average) and the ids of its `findings`.

        One for each local day, rule and key, in this order. Secret to those who may be drawn; what was not drawn is nowhere.
        """
        self._check_whole()
        drawn: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
        shares = {rule["name"]: rule["sample"]["fraction"] for rule in self.program.plan["rules"] if rule["sample"] is not None}
        for finding in self._fold.findings.values():
            if finding.rule.name in shares:
                key = self._fold.drawn_by(finding)
                assert key is not None, "what has no key is not drawn"
                name = day_text(self._machine.local.day(finding.moment)), finding.rule.name, key
                drawn.setdefault(name, []).append((finding.moment, finding.id))
        return [
            {"day": day, "rule": rule, "key": key, "share": shares[rule], "findings": [name for _, name in sorted(found)]}
            for (day, rule, key), found in sorted(drawn.items())
        ]

    def _entity(self, entity: str) -> int:
        index = next((i for i, e in enumerate(self.program.plan["entities"]) if e["name"] == entity), None)
        if index is None:
            raise ValueError(f"unknown entity {entity!r}")
        return index

    def _named(self, entity: str, key: str) -> tuple[int, str | None]:
        """An entity's number, and the normal form of a key (None: nothing is left of it)."""
        self._check_whole()
        index = self._entity(entity)
        return index, self._machine.key(index, key)

    def moment(self, at: datetime | int | str | None = None) -> int:
        """What is asked for, or now, as microseconds since 1970, UTC."""
        return moment_us(at) if at is not None else self._clock() or (self.now if self.now is not None else 0)

    def _ladders_of(self, entity: str, key: str) -> Iterator[tuple[str, Scale, list[Credit], dict[int, str]]]:
        """Each ladder of an entity, and what it counts for a key."""
        index, normal = self._named(entity, key)
        for number_, ladder in enumerate(self.program.plan["ladders"]):
            if ladder["entity"] == index:
                entries, warnings = ([], {}) if normal is None else self._fold.credits(number_, normal)
                yield ladder["name"], self._scale(ladder), [Credit(*one) for one in entries], warnings

    def _scale(self, ladder: Json) -> Scale:
        window, local = ladder["window"], self._machine.local

        def leaves(time: int) -> int:
            if window["kind"] == "period":
                return local.period_end(time, window["period"]) + 1
            return time + int(window["length_us"])

        return Scale(tuple(rung["level"] for rung in ladder["rungs"]), tuple(float(rung["at"]) for rung in ladder["rungs"]), leaves)

    def explain(self, rule: str, keys: Sequence[str] | None = None) -> Iterator[Json]:
        """The anchors of a scoped rule, of one key (a key for each entity of the scope) or of all: why it did, did not or could not decide.

        See `engine/folding/explain.pxi` for what is said of each. Raises ValueError.
        """
        self._check_whole()
        declared = next((r for r in self.program.plan["rules"] if r["name"] == rule), None)
        if declared is None or declared["history"] < 0:
            raise ValueError(f"there is no rule {rule!r} that has a scope")
        if declared["state"] == "disabled":
            raise ValueError(f"the rule {rule!r} is disabled; nothing is looked at")
        components = self.program.plan["histories"][declared["history"]]["keys"]
        if keys is None:
            return explain(self._fold, rule)
        if len(keys) != len(components):
            raise ValueError(f"the scope of {rule} has {len(components)} keys, not {len(keys)}")
        return explain(self._fold, rule, tuple(self._machine.key(c["entity"], key) or "" for c, key in zip(components, keys, strict=True)))

    @property
    def undecided(self) -> dict[str, int]:
        """By rule: how often its condition was unknown where it was looked at."""
        return {rule.name: count for rule, count in zip(self._fold.plan.rules, self._fold.undecided, strict=True) if count}

    @property
    def counters(self) -> dict[str, int]:
        """How many events had which status since the engine was made."""
        return dict(self._state.counts)

    def describe(self) -> Json:
        """The rule set at work and what it holds."""
        plan = self.program.plan
        return {
            "rule_set": plan["hash"],
            "rules": [
                {"name": r["name"], "title": r["title"], "category": r["category"], "state": r["state"], "level": r["level"]}
                for r in plan["rules"]
            ],
            "ladders": [ladder["name"] for ladder in plan["ladders"]],
            "keys": self._fold.keys,
            "findings": len(self._fold.findings),
            "warnings": len(self._fold.warnings),
            "now": None if self.now is None else time_text(self.now),
            "checkpoint_failed": self._saving.failed,
        }

    @property
    def forgotten_until(self) -> str | None:
        """The moment of the clock by which was last forgotten what nothing can see any more; None: nothing ever was."""
        return None if self._fold.passed is None else time_text(self._fold.forgotten)

    def holds(self) -> Json:
        """How much is in memory: `records` (each event once for each key in whose history it is), `names` of events; and `forgotten`, how many records
        were dropped since the engine was opened, because nothing could see them any more, the last of them by `forgotten_until` (None: none ever was)."""
        self._check_whole()
        fold = self._fold
        return {
            "records": fold.records(),
            "names": len(self._names),
            "forgotten": fold.forgotten_records,
            "forgotten_until": self.forgotten_until,
        }

    # ------------------------------------------------------------------ keeping

    def checkpoint(self) -> None:
        """Write what is behind the journal, so that a restart has less to apply again."""
        self._check_whole()
        if self._store.durable:
            self._saving.save(self._store)

    def close(self) -> None:
        """Write what is behind the journal, and let the store go. Raises StoreError: what was not written is read from the journal again."""
        try:
            if self._broken is None:
                self.checkpoint()
        finally:
            self._store.close()

    # ------------------------------------------------------------------ made ready beside another

    def backfill(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Apply entries of a journal, from its first on and all at once or some at a time; nothing is written. For an engine on an empty store of its own,
        `MemoryStore(durable=True)`, until `activate` puts it to work."""
        self._recovery.backfill(entries)

    def activate(self, store: Store) -> bool:
        """Go to work on `store`, whose journal `backfill` was given up to some entry: apply what else it has by now, take over what another rule set found, and save.

        False: on a shared store another engine of this rule set has been faster, and replicas must begin with the same; open one anew on its items.
        Raises StoreForked where the journal is not the one that was applied, or what was found is not saved as far as that; and StoreError. After any of
        these this engine cannot be used any more."""
        self._store = store
        return self._recovery.activate(store, store.open(self.program.plan["hash"]))

    def take_over(self, at_work: Engine) -> None:
        """On a shared store: what the engine of another rule set has found since this one was activated, and save it; before this one answers in its place."""
        self.follow()
        self._recovery.take_over(at_work.history())
        self.checkpoint()
