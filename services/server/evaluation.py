"""The service `Evaluation`.

In: events, one, many, or batches in a stream.  Out: what became of each, in their order, once it is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

import grpc

from engine import Answers
from services.logs import logger
from services.server.admission import Admission
from services.server.edge import Call, Edge
from services.server.engine_thread import said
from services.server.errors import BatchTooLarge, DeadlinePassed, Stopping
from services.server.health import EVALUATION
from services.server.requests import Request, answer_batch, answer_message, answer_one, read_batch, read_message, read_one
from services.server.waiting import Waiting, Work
from services.settings import Limits

Answered = tuple[bytes, dict[str, Any]]
"""A response, and what the log says of it."""
Unanswered = Work | Exception | None
"""Of a stream, in order: a message, what ends the stream in its place, or the end."""


class Evaluation:
    """Handlers; see `edge` for what they are called with. Answers are bytes."""

    def __init__(self, waiting: Waiting, admission: Admission, limits: Limits) -> None:
        self._waiting = waiting
        self._admission = admission
        self._limits = limits

    def add_to(self, edge: Edge) -> None:
        """In place of what grpcio generates, which reads and writes with the library."""
        handlers = {
            "Evaluate": grpc.unary_unary_rpc_method_handler(self.evaluate, read_one),
            "EvaluateBatch": grpc.unary_unary_rpc_method_handler(self.evaluate_batch, read_batch),
            "EvaluateStream": grpc.stream_stream_rpc_method_handler(self.evaluate_stream, read_message),
        }
        edge.add_registered_method_handlers(EVALUATION, handlers)

    async def evaluate(self, request: Request, call: Call) -> bytes:
        def finish(answers: Answers, rule_set: str) -> Answered:
            return answer_one(answers, rule_set), _line(answers, rule_set, one=True)

        return await self._evaluate(request, call, finish)

    async def evaluate_batch(self, request: Request, call: Call) -> bytes:
        def finish(answers: Answers, rule_set: str) -> Answered:
            return answer_batch(answers, rule_set), _line(answers, rule_set)

        self._check_size(request)
        return await self._evaluate(request, call, finish)

    async def evaluate_stream(self, requests: AsyncIterator[Request], write: Callable[[bytes], Awaitable[None]], call: Call) -> None:
        """Messages are read ahead of their answers, so that the engine always has the next one, but no more than the bound of them."""
        unanswered: asyncio.Queue[Unanswered] = asyncio.Queue()
        room = asyncio.Semaphore(self._limits.stream_batches_max)
        stopping = asyncio.create_task(self._admission.stopping.wait())
        reader = asyncio.create_task(self._read(requests, stopping, unanswered, room))
        call.said["messages"] = 0
        try:
            while (work := await unanswered.get()) is not None:
                if isinstance(work, Exception):
                    raise work
                response, line = await self._answer(work)
                await write(response)
                room.release()
                call.said["messages"] += 1
                logger().info("message answered", request_id=call.request_id, **line)
        finally:
            reader.cancel()
            stopping.cancel()
            await asyncio.gather(reader, stopping, return_exceptions=True)
            while not unanswered.empty():
                if isinstance(left := unanswered.get_nowait(), Work):
                    left.answer.cancel()
                    self._waiting.forget(left)

    # ------------------------------------------------------------------

    def _check_size(self, request: Request) -> None:
        if len(request.events) > self._limits.batch_events_max:
            raise BatchTooLarge(len(request.events), self._limits.batch_events_max)

    async def _evaluate(self, request: Request, call: Call, finish: Callable[[Answers, str], Answered]) -> bytes:
        assert call.deadline is not None
        work = Work(request.events, call.deadline, finish, asyncio.get_running_loop().create_future())
        self._waiting.put(work)
        response, line = await self._answer(work)
        call.said.update(line)
        return response

    async def _answer(self, work: Work) -> Answered:
        try:
            answered: Answered = await work.answer
            return answered
        except asyncio.CancelledError:
            self._waiting.forget(work)
            raise

    async def _read(
        self,
        requests: AsyncIterator[Request],
        stopping: asyncio.Task[Literal[True]],
        unanswered: asyncio.Queue[Unanswered],
        room: asyncio.Semaphore,
    ) -> None:
        """What goes wrong takes its place in the queue, so that the messages before it are answered first."""
        try:
            while True:
                await room.acquire()
                request = await _next(requests, stopping)
                if request is None:
                    break
                self._check_size(request)
                unanswered.put_nowait(await self._put_in_turn(request))
        except Exception as error:
            unanswered.put_nowait(error)
        else:
            unanswered.put_nowait(None)

    async def _put_in_turn(self, request: Request) -> Work:
        def finish(answers: Answers, rule_set: str) -> Answered:
            line = {"sequence": request.sequence, **_line(answers, rule_set)}
            return answer_message(answers, rule_set, request.sequence), line

        deadline_s = self._limits.deadline_s
        work = Work(request.events, time.monotonic() + deadline_s, finish, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(deadline_s):
                await self._waiting.put_in_turn(work)
        except TimeoutError:
            raise DeadlinePassed from None
        return work


async def _next(requests: AsyncIterator[Request], stopping: asyncio.Task[Literal[True]]) -> Request | None:
    """The next message; None: the caller has no more. Raises Stopping, also where more could be read."""
    message = asyncio.ensure_future(anext(requests, None))
    try:
        await asyncio.wait((message, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            raise Stopping
        return message.result()
    finally:
        message.cancel()


def _line(answers: Answers, rule_set: str, one: bool = False) -> dict[str, Any]:
    """What the log says: of one event its name; of a batch how many there were, and where it says much, all their names. Where it says little, nothing."""
    if not logger().is_enabled_for(logging.INFO):
        return {}
    about: dict[str, Any] = {"source": answers[0].source, "id": answers[0].id} if one else {"events": len(answers)}
    if not one and logger().is_enabled_for(logging.DEBUG):
        about["names"] = [[outcome.source, outcome.id] for outcome in answers]
    return {"rule_set": rule_set, **about, **said(answers)}
