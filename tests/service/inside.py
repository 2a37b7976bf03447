"""A service in the test's own process and event loop, so that its engine can be held up and its queue be looked at.

In: settings, a scenario.  Out: the scenario has run against the real service over a real connection, and the service has ended.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

from google.rpc import error_details_pb2, status_pb2
from grpc import aio

import rulelang
from proto.rulelang.v1 import evaluation_pb2_grpc, rulesets_pb2_grpc
from rulelang.effective import outline
from services import settings as settings_module
from services.logs import configure
from services.server.engine_thread import RuleSet
from services.server.service import Service, system_clock
from tests.service.scene import RULES

WAIT_S = 120.0
"""How long it is waited for what must come, however slow the machine is."""


@dataclass(slots=True)
class Inside:
    service: Service
    address: str
    channel: aio.Channel
    evaluation: Any
    rule_sets: Any
    log: StringIO
    ended: asyncio.Task[int]

    @contextmanager
    def engine_held(self) -> Iterator[None]:
        """The engine's thread is busy with something else for a while: what comes in must wait."""
        held, let_go = threading.Event(), threading.Event()

        def errand() -> None:
            held.set()
            assert let_go.wait(WAIT_S)

        self.service.waiting.put_errand(errand)
        assert held.wait(WAIT_S)
        try:
            yield
        finally:
            let_go.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                await asyncio.sleep(0.002)

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.log.getvalue().splitlines()) if line["message"] == message]


def rule_set(text: str = RULES) -> RuleSet:
    checked = rulelang.check_text(text)
    assert checked.ruleset is not None, checked.errors
    return RuleSet(outline(checked.ruleset), rulelang.compile_checked(checked))


def chosen(store: str = "memory:", listen: str = "127.0.0.1:0", **given: object) -> settings_module.Settings:
    """Settings by their names, with `__` for the dot: `limits__calls_max=4`."""
    variables = {f"RULELANG_{name.replace('__', '_').upper()}": str(value) for name, value in given.items()}
    return settings_module.load(None, variables, listen=listen, store=store)


@asynccontextmanager
async def service(
    settings: settings_module.Settings,
    rules: RuleSet | None = None,
    paths: list[str] | None = None,
    level: str = "debug",
    wall_clock: Callable[[], int] = system_clock,
) -> AsyncIterator[Inside]:
    log = StringIO()
    configure(level, log)
    made = Service(settings, paths or [], rules or rule_set(), wall_clock)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended = asyncio.create_task(made.run(address.set_result))
    await asyncio.wait((ended, address), return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        await ended
    async with aio.insecure_channel(address.result()) as channel:
        try:
            yield Inside(
                made,
                address.result(),
                channel,
                evaluation_pb2_grpc.EvaluationStub(channel),
                rulesets_pb2_grpc.RuleSetsStub(channel),
                log,
                ended,
            )
        finally:
            made.stop()
            async with asyncio.timeout(WAIT_S):
                await ended


def play(
    scenario: Callable[[Inside], Awaitable[None]],
    settings: settings_module.Settings | None = None,
    rules: RuleSet | None = None,
    paths: list[str] | None = None,
) -> None:
    """Run one scenario against a service of its own."""

    async def all_of_it() -> None:
        async with service(settings or chosen(), rules, paths) as inside:
            await scenario(inside)

    asyncio.run(all_of_it())


@dataclass(frozen=True, slots=True)
class Failed:
    """A status as a caller's library reads it."""

    code: str
    text: str
    reason: str
    facts: dict[str, str]
    retry_s: float | None
    wrong_fields: list[str]
    request_id: str | None


def read_error(error: aio.AioRpcError) -> Failed:
    metadata = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    info, retry, request = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo(), error_details_pb2.BadRequest()
    found = {part.TypeName(): part for part in status.details}
    for part in (info, retry, request):
        if part.DESCRIPTOR.full_name in found:
            found[part.DESCRIPTOR.full_name].Unpack(part)
    assert not status.details or (status.code, status.message) == (error.code().value[0], error.details())
    return Failed(
        error.code().name,
        error.details() or "",
        info.reason,
        dict(info.metadata),
        retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9 if "google.rpc.RetryInfo" in found else None,
        [violation.field for violation in request.field_violations],
        metadata.get("x-request-id"),
    )


async def failure(call: Awaitable[object]) -> Failed:
    """The status with which a call fails."""
    try:
        answer = await call
    except aio.AioRpcError as error:
        return read_error(error)
    raise AssertionError(f"the call was answered: {answer}")
