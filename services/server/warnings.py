"""The service `Warnings`.

In: who calls, and what they ask.  Out: the warnings that they may see, and what became of the steps that they do. Reading asks only the board;
steps go to the engine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from engine import Engine
from engine.warnings.deciding import Refusal
from engine.warnings.dossier import DONE, OVERDUE, Command, Dossier, Key, Line
from engine.warnings.evidence import unpacked
from engine.warnings.procedure import RELEASE
from engine.warnings.procedure import Step as DeclaredStep
from engine.warnings.register import Answer
from proto.rulelang.v1 import warnings_pb2, warnings_pb2_grpc
from services.people import Person
from services.server.admission import Admission
from services.server.board import Board
from services.server.edge import Call
from services.server.errors import ActForbidden, NoSuchWarning, NotKnown, StepRefused, Stopping, VersionConflict, WrongRequest
from services.server.levels import Asked, forecast_of, level_of, read_asked
from services.server.stamps import timestamp
from services.settings import Limits

T = TypeVar("T")

PAGE_WARNINGS = 100
WATCH_LINES = 100
"""So many lines are looked at before other calls have their turn."""
FORBIDDEN = {"WRONG_ROLE", "SUBJECT", "SAME_ACTOR", "SINGLE_HANDED"}
"""Refusals that are due to who asks."""


class AskedEngine(Protocol):
    """The engine, for who waits on the event loop."""

    def act(self, command: Command, deadline: float) -> Awaitable[Answer]: ...
    def ask(self, question: Callable[[Engine], T], deadline: float) -> Awaitable[T]: ...


class Warnings(warnings_pb2_grpc.WarningsServicer):  # type: ignore[misc]
    """Handlers; see `edge` for what they are called with."""

    def __init__(self, board: Board, engine: AskedEngine, admission: Admission, limits: Limits) -> None:
        self._board = board
        self._engine = engine
        self._admission = admission
        self._limits = limits

    async def List(self, request: warnings_pb2.ListRequest, call: Call) -> warnings_pb2.ListResponse:
        person = _known(call)
        if request.page_size < 0:
            raise WrongRequest("page_size is negative", field="page_size")
        size = min(request.page_size or PAGE_WARNINGS, self._limits.page_warnings_max)
        place, wanted = _read_filter(request.filter, person)
        found, token = self._board.page(place, lambda dossier: wanted(dossier, dossier), size, request.page_token)
        call.said["warnings"] = len(found)
        return warnings_pb2.ListResponse(warnings=map(state, found), next_page_token=token)

    async def Get(self, request: warnings_pb2.GetRequest, call: Call) -> warnings_pb2.GetResponse:
        dossier = self._seen(request.id, _known(call))
        call.said["warning"] = dossier.id
        return warnings_pb2.GetResponse(
            warning=state(dossier),
            history=map(line_message, dossier.lines),
            evidence=json.dumps(unpacked(self._board.evidence(dossier.id)), ensure_ascii=False),
            steps=map(_step, dossier.route.steps),
            decision=_step(dossier.route.decision),
        )

    async def Watch(
        self, request: warnings_pb2.WatchRequest, write: Callable[[warnings_pb2.WatchResponse], Awaitable[None]], call: Call
    ) -> None:
        person = _known(call)
        place_wanted, wanted = _read_filter(request.filter, person)
        board, stopping = self._board, asyncio.ensure_future(self._admission.stopping.wait())
        place = board.place_of(request.cursor) if request.cursor else board.end if request.only_new else 0
        cursor = board.cursor(place)
        call.said["changes"] = 0
        try:
            while not stopping.done():
                news = board.news
                place = board.place_of(cursor)  # the engine may have been opened anew meanwhile
                if place == board.end:
                    waiting = asyncio.ensure_future(news.wait())
                    await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
                    waiting.cancel()
                    continue
                for number, dossier, line in list(board.lines(place, WATCH_LINES)):
                    cursor = f"{number}.{line.chain}"
                    if wanted(dossier, line) and (place_wanted is None or place_wanted in dossier.places):
                        await write(warnings_pb2.WatchResponse(cursor=cursor, warning=state(dossier), line=line_message(line)))
                        call.said["changes"] += 1
                await asyncio.sleep(0)
        finally:
            stopping.cancel()
        raise Stopping

    async def Advance(self, request: warnings_pb2.AdvanceRequest, call: Call) -> warnings_pb2.AdvanceResponse:
        person = _known(call)
        dossier = self._seen(request.id, person)
        if not request.command_id:
            raise WrongRequest("the command needs an id of its own", field="command_id")
        command = Command(
            request.command_id,
            request.id,
            request.expected_version,
            request.step,
            request.result or DONE,
            person.name,
            _role(request, person, dossier),
            person.own,
            request.note,
            tuple((attached.name, attached.sha256) for attached in request.attachments),
        )
        assert call.deadline is not None
        call.said.update(warning=request.id, command=request.command_id, step=request.step, result=command.result, role=command.role)
        answer = await self._engine.act(command, call.deadline)
        if answer.refusal is not None:
            raise _refused(answer.refusal)
        assert answer.dossier is not None
        (line,) = [line for line in answer.dossier.lines if line.number == answer.number]
        call.said["number"] = line.number
        return warnings_pb2.AdvanceResponse(warning=state(answer.dossier), line=line_message(line), repeated=answer.status == "repeated")

    async def Level(self, request: warnings_pb2.LevelRequest, call: Call) -> warnings_pb2.LevelResponse:
        asked = self._read_asked(request, call)
        assert call.deadline is not None
        answer = await self._engine.ask(lambda engine: level_of(engine, asked, self._limits.level_changes_max), call.deadline)
        for change in (change for ladder in answer.ladders for change in ladder.history if change.HasField("warning")):
            dossier = self._board.get(change.warning)
            if dossier is None or not _may_see(asked.person, dossier, dossier.awaits):
                change.ClearField("warning")
        return answer

    async def Forecast(self, request: warnings_pb2.ForecastRequest, call: Call) -> warnings_pb2.ForecastResponse:
        asked = self._read_asked(request, call)
        assert call.deadline is not None
        return await self._engine.ask(lambda engine: forecast_of(engine, asked), call.deadline)

    def _read_asked(self, request: warnings_pb2.LevelRequest | warnings_pb2.ForecastRequest, call: Call) -> Asked:
        asked = read_asked(request, _known(call))
        call.said.update(entity=asked.entity, key=asked.key)
        return asked

    def _seen(self, name: str, person: Person) -> Dossier:
        """A warning that the person may see. What they may not see is not there."""
        dossier = self._board.get(name)
        if dossier is None or not _may_see(person, dossier, dossier.awaits):
            raise NoSuchWarning(name)
        return dossier


def _known(call: Call) -> Person:
    if call.person is None:
        raise NotKnown
    call.said["person"] = call.person.name
    return call.person


def _may_see(person: Person, dossier: Dossier, awaits: str) -> bool:
    """Before its release a warning is seen by those who may release it."""
    if awaits == RELEASE and not set(person.roles) & set(dossier.route.step(RELEASE).roles):
        return False
    return person.may_see(dossier.places)


def _role(request: warnings_pb2.AdvanceRequest, person: Person, dossier: Dossier) -> str:
    if request.role:
        if request.role not in person.roles:
            raise ActForbidden("WRONG_ROLE", f"{person.name} does not have the role {request.role!r}")
        return str(request.role)
    declared = {step.name: step.roles for step in (*dossier.route.steps, dossier.route.decision)}
    fitting = [role for role in person.roles if role in declared.get(request.step, ())]
    if not fitting:
        raise ActForbidden("WRONG_ROLE", f"{person.name} has no role that may do {request.step!r}")
    return fitting[0]


def _refused(refusal: Refusal) -> Exception:
    if refusal.reason == "VERSION_CONFLICT":
        return VersionConflict(refusal.text, refusal.current)
    if refusal.reason == "UNKNOWN_WARNING":
        return NoSuchWarning(refusal.text)
    return (ActForbidden if refusal.reason in FORBIDDEN else StepRefused)(refusal.reason, refusal.text)


def _read_filter(given: warnings_pb2.WarningFilter, person: Person) -> tuple[Key | None, Callable[[Dossier, Dossier | Line], bool]]:
    """The place that is asked for, and whether a dossier is wanted that has it: as it is now, or as it was after a line."""
    if bool(given.entity) != bool(given.key):
        raise WrongRequest("entity and key go together", field="filter.key" if given.entity else "filter.entity")
    levels, steps, statuses = frozenset(given.levels), frozenset(given.steps), frozenset(given.statuses)
    since_us = _moment(given, "issued_from", -(2**63))
    before_us = _moment(given, "issued_before", 2**63)
    late = given.overdue

    def wanted(dossier: Dossier, at: Dossier | Line) -> bool:
        return (
            (not levels or dossier.level in levels)
            and (not steps or at.awaits in steps)
            and (not statuses or at.status in statuses)
            and since_us <= dossier.issued_us < before_us
            and (not late or _is_late(at))
            and _may_see(person, dossier, at.awaits)
        )

    return ((given.entity, given.key) if given.entity else None), wanted


def _is_late(at: Dossier | Line) -> bool:
    if isinstance(at, Line):
        return at.kind == OVERDUE or at.overdue
    return at.overdue or (at.closing_overdue and bool(at.awaits))


def _moment(given: warnings_pb2.WarningFilter, name: str, default: int) -> int:
    return int(getattr(given, name).ToMicroseconds()) if given.HasField(name) else default


# ---------------------------------------------------------------------- messages


def state(dossier: Dossier) -> warnings_pb2.WarningState:
    shown = warnings_pb2.WarningState(
        id=dossier.id,
        ladder=dossier.ladder,
        rule=dossier.rule,
        title=dossier.title,
        category=dossier.category,
        entity=dossier.entity,
        key=dossier.key,
        level=dossier.level,
        points=dossier.points,
        time=timestamp(dossier.time_us),
        issued=timestamp(dossier.issued_us),
        action=dossier.action,
        procedure=dossier.route.procedure,
        rule_set=dossier.rule_set,
        places=[warnings_pb2.Place(entity=entity, key=key) for entity, key in dossier.places],
        status=dossier.status,
        awaits=dossier.awaits,
        since=timestamp(dossier.since_us),
        overdue=dossier.overdue,
        action_overdue=dossier.closing_overdue,
        stands=dossier.stands,
        withdrawn_findings=dossier.shaken,
        refuted_by=dossier.refuting,
        version=dossier.version,
    )
    _stamp(shown.deadline, dossier.deadline_us)
    _stamp(shown.action_deadline, dossier.closing_us)
    return shown


def line_message(line: Line) -> warnings_pb2.Line:
    shown = warnings_pb2.Line(
        number=line.number,
        time=timestamp(line.time_us),
        kind=line.kind,
        status=line.status,
        awaits=line.awaits,
        step=line.step,
        result=line.result,
        actor=line.actor,
        role=line.role,
        note=line.note,
        attachments=[warnings_pb2.Attachment(name=name, sha256=digest) for name, digest in line.attachments],
        command_id=line.command,
        overdue=line.overdue,
        reason=line.reason,
        finding=line.finding,
        level=line.level,
        points=line.points,
        uncounted=line.uncounted,
        chain=line.chain,
    )
    _stamp(shown.deadline, line.deadline_us)
    _stamp(shown.due, line.due_us)
    return shown


def _stamp(field: Any, moment_us: int | None) -> None:
    if moment_us is not None:
        field.CopyFrom(timestamp(moment_us))


def _step(step: DeclaredStep) -> warnings_pb2.Step:
    return warnings_pb2.Step(name=step.name, roles=step.roles, other_than=step.others, may_refute=step.refutes)
