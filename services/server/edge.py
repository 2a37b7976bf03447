"""The edge of the service: what every call of `rulelang.v1` passes through, in and out.

In: the bytes of a request.  Out: a handler's answer, or the status that `errors` has for what it raised. Here a call gets its id and its
deadline, is admitted, parsed and logged. Handlers get a `Call` in place of gRPC's context, and raise.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc import aio

from services.logs import logger
from services.people import People, Person
from services.server.admission import Admission
from services.server.errors import DETAILS_KEY, DeadlinePassed, Malformed, details, row_of, told

Metadata = Iterable[tuple[str, str | bytes]]
REQUEST_ID = "x-request-id"
_REQUEST_ID_FORM = re.compile(r"[!-~]{1,128}")
_OURS = "/rulelang.v1."
_CERTIFICATE_NAMES = ("x509_common_name", "x509_subject_alternative_name")


@dataclass(slots=True)
class Call:
    """`deadline`: by `time.monotonic`; None for a stream, whose messages each have their own. `person`: who calls, if anybody who is known.
    `said`: what its line in the log says."""

    request_id: str
    deadline: float | None
    person: Person | None = None
    said: dict[str, Any] = field(default_factory=dict)


class Edge(aio.ServerInterceptor):  # type: ignore[misc]
    """Wraps the handlers of our services; health checking and reflection pass by."""

    def __init__(self, admission: Admission, deadline_s: float, people: People) -> None:
        self._admission = admission
        self._deadline_s = deadline_s
        self.people = people
        self._wrapped: dict[str, tuple[Any, Any]] = {}  # by method: the handler, and what stands in its place

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details_: Any) -> Any:
        handler = await continuation(details_)
        if handler is None or not details_.method.startswith(_OURS):
            return handler
        known, wrapped = self._wrapped.get(details_.method, (None, None))
        if known is not handler:
            wrapped = self._wrap(details_.method.removeprefix("/"), handler)
            self._wrapped[details_.method] = (handler, wrapped)
        return wrapped

    def _wrap(self, method: str, handler: Any) -> Any:
        if handler.response_streaming and not handler.request_streaming:
            return grpc.unary_stream_rpc_method_handler(self._watch(method, handler), None, handler.response_serializer)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, handler), None, handler.response_serializer)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler), None, handler.response_serializer)

    def _unary(self, method: str, handler: Any) -> Callable[[bytes, Any], Awaitable[Any]]:
        async def behaviour(data: bytes, context: Any) -> Any:
            asked = context.time_remaining()
            seconds = self._deadline_s if asked is None else min(asked, self._deadline_s)
            metadata = context.invocation_metadata() or ()
            call = Call(_request_id(metadata), time.monotonic() + seconds, self._caller(context, metadata))

            async def work() -> Any:
                with self._admission.call():
                    try:
                        async with asyncio.timeout(seconds):
                            return await handler.unary_unary(_parse(handler.request_deserializer, data), call)
                    except TimeoutError:
                        raise DeadlinePassed from None

            return await _answer(method, call, context, work)

        return behaviour

    def _watch(self, method: str, handler: Any) -> Callable[[bytes, Any], Awaitable[None]]:
        async def behaviour(data: bytes, context: Any) -> None:
            metadata = context.invocation_metadata() or ()
            call = Call(_request_id(metadata), None, self._caller(context, metadata))

            async def work() -> None:
                with self._admission.watcher():
                    await handler.unary_stream(_parse(handler.request_deserializer, data), context.write, call)

            await _answer(method, call, context, work)

        return behaviour

    def _caller(self, context: Any, metadata: Metadata) -> Person | None:
        """By the connection's certificate, and `authorization: Bearer TOKEN`."""
        names = [name.decode("utf-8", "replace") for part in _CERTIFICATE_NAMES for name in context.auth_context().get(part, ())]
        token = None
        for key, value in metadata:
            if key == "authorization" and isinstance(value, str) and value[:7].lower() == "bearer ":
                token = value[7:].strip()
        return self.people.known(names, token)

    def _stream(self, method: str, handler: Any) -> Callable[[AsyncIterator[bytes], Any], Awaitable[None]]:
        async def behaviour(messages: AsyncIterator[bytes], context: Any) -> None:
            call = Call(_request_id(context.invocation_metadata() or ()), None)

            async def requests() -> AsyncIterator[Any]:
                async for data in messages:
                    yield _parse(handler.request_deserializer, data)

            async def work() -> None:
                with self._admission.stream():
                    await handler.stream_stream(requests(), context.write, call)

            await _answer(method, call, context, work)

        return behaviour


async def _answer(method: str, call: Call, context: Any, work: Callable[[], Awaitable[Any]]) -> Any:
    """Do the work; tell the caller and the log what came of it."""
    began = time.monotonic()
    about = {"method": method, "request_id": call.request_id}
    trailing = ((REQUEST_ID, call.request_id),)
    try:
        answer = await work()
    except asyncio.CancelledError:
        logger().info("call abandoned by the caller", **about, took_s=_since(began), **call.said)
        raise
    except Exception as error:
        row = row_of(error)
        fault = row.code is grpc.StatusCode.INTERNAL
        say = logger().error if fault else logger().warning
        say(
            "call failed",
            **about,
            code=row.code.name,
            reason=row.reason,
            took_s=_since(began),
            exc_info=error if fault else None,
            **call.said,
        )
        await context.abort(row.code, told(error), (*trailing, (DETAILS_KEY, details(error))))
    context.set_trailing_metadata(trailing)
    logger().info("call answered", **about, took_s=_since(began), **call.said)
    return answer


def _since(began: float) -> float:
    return round(time.monotonic() - began, 6)


def _parse(parse: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return parse(data)
    except DecodeError as error:
        raise Malformed(f"the request is no such message: {error}") from error


def _request_id(metadata: Metadata) -> str:
    """The caller's own, where it has a form that can be logged; else a new one."""
    for key, value in metadata:
        if key == REQUEST_ID and isinstance(value, str) and _REQUEST_ID_FORM.fullmatch(value):
            return value
    return f"{random.getrandbits(128):032x}"
