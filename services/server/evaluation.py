"""The service `Evaluation`.

In: events, one, many, or batches in a stream.  Out: what became of each, in their order, once it is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from engine import Outcome
from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, event_pb2
from services.logs import logger
from services.server.admission import Admission
from services.server.edge import Call
from services.server.engine_thread import said
from services.server.errors import BatchTooLarge, DeadlinePassed, Stopping
from services.server.findings import write_outcome
from services.server.waiting import Waiting, Work
from services.settings import Limits

Answered = tuple[Any, dict[str, Any]]
"""A response, and what the log says of it."""
Unanswered = Work | Exception | None
"""Of a stream, in order: a message, what ends the stream in its place, or the end."""


class Evaluation(evaluation_pb2_grpc.EvaluationServicer):  # type: ignore[misc]
    """Handlers; see `edge` for what they are called with."""

    def __init__(self, waiting: Waiting, admission: Admission, limits: Limits) -> None:
        self._waiting = waiting
        self._admission = admission
        self._limits = limits

    async def Evaluate(self, request: evaluation_pb2.EvaluateRequest, call: Call) -> evaluation_pb2.EvaluateResponse:
        def finish(outcomes: list[Outcome], rule_set: str) -> Answered:
            response = evaluation_pb2.EvaluateResponse(rule_set=rule_set)
            write_outcome(outcomes[0], response.outcome)
            return response, _line(request.event, outcomes, rule_set)

        response: evaluation_pb2.EvaluateResponse = await self._evaluate([request.event], call, finish)
        return response

    async def EvaluateBatch(self, request: evaluation_pb2.EvaluateBatchRequest, call: Call) -> evaluation_pb2.EvaluateBatchResponse:
        def finish(outcomes: list[Outcome], rule_set: str) -> Answered:
            response = evaluation_pb2.EvaluateBatchResponse(rule_set=rule_set)
            for outcome in outcomes:
                write_outcome(outcome, response.outcomes.add())
            return response, _line(None, outcomes, rule_set)

        self._check_size(request.events)
        response: evaluation_pb2.EvaluateBatchResponse = await self._evaluate(request.events, call, finish)
        return response

    async def EvaluateStream(
        self,
        requests: AsyncIterator[evaluation_pb2.EvaluateStreamRequest],
        write: Callable[[evaluation_pb2.EvaluateStreamResponse], Awaitable[None]],
        call: Call,
    ) -> None:
        """Messages are read ahead of their answers, so that the engine always has the next one, but no more than the bound of them."""
        unanswered: asyncio.Queue[Unanswered] = asyncio.Queue()
        room = asyncio.Semaphore(self._limits.stream_batches_max)
        reader = asyncio.create_task(self._read(requests, unanswered, room))
        call.said["messages"] = 0
        try:
            while (work := await unanswered.get()) is not None:
                if isinstance(work, Exception):
                    raise work
                response, line = await self._answer(work)
                await write(response)
                room.release()
                call.said["messages"] += 1
                logger().info("message answered", request_id=call.request_id, sequence=response.sequence, **line)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            while not unanswered.empty():
                if isinstance(left := unanswered.get_nowait(), Work):
                    left.answer.cancel()
                    self._waiting.forget(left)

    # ------------------------------------------------------------------

    def _check_size(self, events: Sequence[event_pb2.Event]) -> None:
        if len(events) > self._limits.batch_events_max:
            raise BatchTooLarge(len(events), self._limits.batch_events_max)

    async def _evaluate(self, events: Sequence[event_pb2.Event], call: Call, finish: Callable[[list[Outcome], str], Answered]) -> Any:
        assert call.deadline is not None
        work = Work(events, call.deadline, finish, asyncio.get_running_loop().create_future())
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
        requests: AsyncIterator[evaluation_pb2.EvaluateStreamRequest],
        unanswered: asyncio.Queue[Unanswered],
        room: asyncio.Semaphore,
    ) -> None:
        """What goes wrong takes its place in the queue, so that the messages before it are answered first."""
        try:
            while True:
                await room.acquire()
                request = await self._next(requests)
                if request is None:
                    break
                self._check_size(request.events)
                unanswered.put_nowait(await self._put_in_turn(request))
        except Exception as error:
            unanswered.put_nowait(error)
        else:
            unanswered.put_nowait(None)

    async def _next(self, requests: AsyncIterator[evaluation_pb2.EvaluateStreamRequest]) -> evaluation_pb2.EvaluateStreamRequest | None:
        """The next message; None: the caller has no more. Raises Stopping, also where more could be read."""
        message = asyncio.ensure_future(anext(requests, None))
        stopping = asyncio.ensure_future(self._admission.stopping.wait())
        try:
            await asyncio.wait((message, stopping), return_when=asyncio.FIRST_COMPLETED)
            if self._admission.stopping.is_set():
                raise Stopping
            return message.result()
        finally:
            message.cancel()
            stopping.cancel()

    async def _put_in_turn(self, request: evaluation_pb2.EvaluateStreamRequest) -> Work:
        def finish(outcomes: list[Outcome], rule_set: str) -> Answered:
            response = evaluation_pb2.EvaluateStreamResponse(sequence=request.sequence, rule_set=rule_set)
            for outcome in outcomes:
                write_outcome(outcome, response.outcomes.add())
            return response, _line(None, outcomes, rule_set)

        deadline_s = self._limits.deadline_s
        work = Work(request.events, time.monotonic() + deadline_s, finish, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(deadline_s):
                await self._waiting.put_in_turn(work)
        except TimeoutError:
            raise DeadlinePassed from None
        return work


def _line(event: event_pb2.Event | None, outcomes: list[Outcome], rule_set: str) -> dict[str, Any]:
    """What the log says: of one event its name; of a batch how many there were, and where it says much, all their names."""
    about: dict[str, Any] = {"events": len(outcomes)} if event is None else {"source": event.source, "id": event.id}
    if event is None and logger().is_enabled_for(logging.DEBUG):
        about["names"] = [[outcome.source, outcome.id] for outcome in outcomes]
    return {"rule_set": rule_set, **about, **said(outcomes)}
