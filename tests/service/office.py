"""A supervision centre at work: a service with people, its clock in the test's hand, asked over gRPC alone.

In: a folder for the store and the list of people.  Out: what each person is answered. `restart` stops the service and starts another on the same store;
`crash` starts another on a copy of the store's files as they are at that moment, which is what a machine that failed would leave.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from grpc import aio

from engine.texts import time_us
from proto.rulelang.v1 import evaluation_pb2, event_pb2, rulesets_pb2, warnings_pb2, warnings_pb2_grpc
from services.server.engine_thread import RuleSet
from tests.service.inside import WAIT_S, Failed, Inside, chosen, read_error, rule_set, service
from tests.warnings.scene import RULES

PEOPLE = """
[[people]]
name = "zhang"
token_sha256 = "{zhang}"
roles = ["duty_officer"]
sees = ["*"]

[[people]]
name = "li"
token_sha256 = "{li}"
roles = ["unit_head", "reviewer"]
sees = ["unit U1"]

[[people]]
name = "deng"
token_sha256 = "{deng}"
roles = ["deputy"]
sees = ["unit U1"]
own = {{ officer = "P17" }}

[[people]]
name = "zhao"
token_sha256 = "{zhao}"
roles = ["unit_head"]
sees = ["unit U2"]

[[people]]
name = "chen"
token_sha256 = "{chen}"
roles = ["supervisor"]
sees = ["city C"]

[[people]]
name = "wang"
token_sha256 = "{wang}"
roles = ["reviewer", "discipline", "clerk"]
sees = ["*"]
"""
NAMES = ("zhang", "li", "deng", "zhao", "chen", "wang")


def people_text() -> str:
    """Everybody's token is their name."""
    return PEOPLE.format(**{name: hashlib.sha256(name.encode()).hexdigest() for name in NAMES})


def at(text: str) -> int:
    return time_us(f"{text}:00+08:00")


@dataclass(slots=True)
class Office:
    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    rules: RuleSet = field(default_factory=lambda: rule_set(RULES))
    now: int = at("2026-01-01T00:00")
    sent: int = 0
    stores: int = 0
    url: str = ""  # of a store elsewhere; else it is a file in the folder
    inside: Inside = None  # type: ignore[assignment]
    warnings: Any = None
    interrupt: Callable[[], Awaitable[None]] | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def store(self) -> Path:
        return self.folder / f"store{self.stores}.db"

    async def open(self) -> None:
        people = self.folder / "people.toml"
        people.write_text(people_text(), encoding="utf-8")
        settings = chosen(self.url or f"sqlite:{self.store}", clock__tick_s=0.05, people=people, **self.settings)
        rules = self.folder / "office.rules"  # what a reload reads
        rules.write_text(RULES, encoding="utf-8")
        self.inside = await self._open.enter_async_context(service(settings, self.rules, [str(rules)], wall_clock=lambda: self.now))
        self.warnings = warnings_pb2_grpc.WarningsStub(self.inside.channel)

    async def close(self) -> None:
        await self._open.aclose()
        self._open = AsyncExitStack()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def crash(self) -> None:
        before = self.store
        self.stores += 1
        for ending in ("", "-wal"):
            shutil.copy(f"{before}{ending}", f"{self.store}{ending}")
        await self.restart()

    async def _begin(self) -> None:
        self.sent += 1
        if self.interrupt is not None:
            await self.interrupt()

    # ------------------------------------------------------------------ what happens

    async def move(self, time: str) -> None:
        """The clock is so late, and the service has seen it."""
        await self._begin()
        self.now = at(time)
        if self.url:  # what is shared has a clock that moves only where something is due
            await self.inside.service.engine.ask(lambda engine: engine.advance(), monotonic() + WAIT_S)
            return
        async with asyncio.timeout(WAIT_S):
            while (await self.inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())).clock.ToMicroseconds() < self.now:
                await asyncio.sleep(0.01)

    async def say(self, type: str, time: str, *, late: bool = False, **fields: str | int) -> evaluation_pb2.Outcome:
        """An event comes in at its time, or `late`: now."""
        if not late:
            await self.move(time)
        await self._begin()
        event = event_pb2.Event(id=f"e{self.sent}", type=type, time_text=f"{time}:00")
        for name, value in fields.items():
            if isinstance(value, int):
                event.fields[name].integer = value
            else:
                event.fields[name].text = value
        answer = await self.inside.evaluation.Evaluate(evaluation_pb2.EvaluateRequest(event=event))
        assert answer.outcome.status == evaluation_pb2.STATUS_ACCEPTED, answer
        outcome: evaluation_pb2.Outcome = answer.outcome
        return outcome

    async def do(self, person: str, warning: str, result: str = "done", **other: Any) -> warnings_pb2.AdvanceResponse | Failed:
        """The person does the step that is awaited."""
        await self._begin()
        now = (await self.get("wang", warning)).warning if other.get("step") is None else None
        request = {
            "command_id": f"c{self.sent}",
            "id": warning,
            "expected_version": now.version if now is not None else 0,
            "step": now.awaits if now is not None else "",
            "result": result,
        }
        request.update(other)
        return await told(self.warnings.Advance(warnings_pb2.AdvanceRequest(**request), metadata=token(person)))

    # ------------------------------------------------------------------ what is seen

    async def list(self, person: str, *, page_size: int = 0, page_token: str = "", **given: Any) -> warnings_pb2.ListResponse:
        request = warnings_pb2.ListRequest(filter=warnings_pb2.WarningFilter(**given), page_size=page_size, page_token=page_token)
        answer: warnings_pb2.ListResponse = await self.warnings.List(request, metadata=token(person))
        return answer

    async def level(self, person: str, entity: str, key: str) -> str:
        """`conduct yellow 6`, and the changes before."""
        answer = await self.warnings.Level(warnings_pb2.LevelRequest(entity=entity, key=key), metadata=token(person))
        (ladder,) = answer.ladders
        return f"{ladder.level or 'none'} {ladder.points:g}: {' '.join(change.level or 'none' for change in ladder.history)}"

    async def falls(self, person: str, entity: str, key: str) -> list[str]:
        """When the level falls, if nothing else happens."""
        answer = await self.warnings.Forecast(warnings_pb2.ForecastRequest(entity=entity, key=key), metadata=token(person))
        (ladder,) = answer.ladders
        return [f"{fall.level or 'none'} {fall.time.ToJsonString()}" for fall in ladder.falls]

    async def get(self, person: str, warning: str) -> warnings_pb2.GetResponse:
        answer: warnings_pb2.GetResponse = await self.warnings.Get(warnings_pb2.GetRequest(id=warning), metadata=token(person))
        return answer

    async def only(self, person: str, **given: Any) -> str:
        """The id of the one warning that there is."""
        (found,) = (await self.list(person, **given)).warnings
        return str(found.id)

    async def watched(self, person: str, count: int, cursor: str = "", **given: Any) -> list[warnings_pb2.WatchResponse]:
        """So many changes from a cursor on."""
        call = self.warnings.Watch(
            warnings_pb2.WatchRequest(cursor=cursor, filter=warnings_pb2.WarningFilter(**given)), metadata=token(person)
        )
        return await taken(call, count)

    async def history(self, warning: str) -> list[str]:
        return [told_line(line) for line in (await self.get("wang", warning)).history]

    async def everything(self) -> list[warnings_pb2.GetResponse]:
        """All warnings with all that is known of them, as one who sees all and may release sees them."""
        return [await self.get("wang", state.id) for state in (await self.list("wang")).warnings]


def token(person: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {person}"),)


async def taken(call: Any, count: int) -> list[Any]:
    """The first messages of a stream, which is then given up."""
    found: list[Any] = []
    async with asyncio.timeout(WAIT_S):
        async for message in call:
            found.append(message)
            if len(found) == count:
                break
    call.cancel()
    return found


async def told(call: Awaitable[Any]) -> Any:
    """The answer, or the status with which the call fails."""
    try:
        return await call
    except aio.AioRpcError as error:
        return read_error(error)


def told_line(line: warnings_pb2.Line) -> str:
    what = line.kind if not line.step else f"{line.step} {line.result or line.kind}"
    return f"{what}{' (late)' if line.overdue else ''} → {line.awaits or line.status}"


def run(folder: Path, scenario: Callable[[Office], Awaitable[None]], **settings: object) -> None:
    """A scenario in an office of its own."""

    async def all_of_it() -> None:
        office = Office(folder, settings)
        await office.open()
        try:
            await scenario(office)
        finally:
            await office.close()

    asyncio.run(all_of_it())
