"""The edge of the service: what every call of `rulelang.v1` passes through, in and out.

In: the bytes of a request.  Out: a handler's answer, or the status that `errors` has for what it raised. Here a call gets its id and its
deadline, is admitted, parsed and logged. Handlers get a `Call` in place of gRPC's context, and raise.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc import aio

from services.logs import logger
from services.people import People, Person
from services.server.admission import Admission
from services.server.deadlines import Deadlines
from services.server.errors import DETAILS_KEY, Malformed, details, row_of, told

Metadata = Iterable[tuple[str, str | bytes]]
REQUEST_ID = "x-request-id"
_REQUEST_ID_FORM = re.compile(r"[!-~]{1,128}")
_OURS = "/rulelang.v1."
_CERTIFICATE_NAMES = ("x509_common_name", "x509_subject_alternative_name")


@dataclass(slots=True)
class Call:
    """`deadline`: by `time.monotonic`; None for a stream, whose messages each have their own. `caller` finds who calls.
    `said`: what its line in the log says."""

    request_id: str
    deadline: float | None
    caller: Callable[[], Person | None]
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def person(self) -> Person | None:
        """Who calls, if anybody who is known."""
        return self.caller()


class Edge:
    """Wraps the handlers of our services, which are added to it as to a server; health checking and reflection pass it by. It is
    no interceptor of gRPC, which would be asked again for each call."""

    def __init__(self, server: aio.Server, admission: Admission, deadlines: Deadlines, deadline_s: float, people: People) -> None:
        self._server = server
        self._admission = admission
        self._deadlines = deadlines
        self._deadline_s = deadline_s
        self.people = people

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """What the generated code calls with the handlers by their names."""
        wrapped = {name: self._wrap(f"{service}/{name}", handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, wrapped)

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """The same handlers, which the generated code gives twice."""

    def _wrap(self, method: str, handler: Any) -> Any:
        if handler.response_streaming and not handler.request_streaming:
            return grpc.unary_stream_rpc_method_handler(self._watch(method, handler), None, handler.response_serializer)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, handler), None, handler.response_serializer)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler), None, handler.response_serializer)

    def _unary(self, method: str, handler: Any) -> Callable[[bytes, Any], Awaitable[Any]]:
        answer, parse = handler.unary_unary, handler.request_deserializer

        async def work(data: bytes, deadline: float, call: Call) -> Any:
            with self._admission.call(), self._deadlines.by(deadline):
                return await answer(_parse(parse, data), call)

        async def behaviour(data: bytes, context: Any) -> Any:
            asked = context.time_remaining()
            deadline = time.monotonic() + (self._deadline_s if asked is None else min(asked, self._deadline_s))
            metadata = context.invocation_metadata() or ()
            call = Call(_request_id(metadata), deadline, lambda: self._caller(context, metadata))
            return await _answer(method, call, context, work(data, deadline, call))

        return behaviour

    def _watch(self, method: str, handler: Any) -> Callable[[bytes, Any], Awaitable[None]]:
        async def behaviour(data: bytes, context: Any) -> None:
            metadata = context.invocation_metadata() or ()
            call = Call(_request_id(metadata), None, lambda: self._caller(context, metadata))

            async def work() -> None:
                with self._admission.watcher():
                    await handler.unary_stream(_parse(handler.request_deserializer, data), context.write, call)

            await _answer(method, call, context, work())

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
            metadata = context.invocation_metadata() or ()
            call = Call(_request_id(metadata), None, lambda: self._caller(context, metadata))

            async def requests() -> AsyncIterator[Any]:
                async for data in messages:
                    yield _parse(handler.request_deserializer, data)

            async def work() -> None:
                with self._admission.stream():
                    await handler.stream_stream(requests(), context.write, call)

            await _answer(method, call, context, work())

        return behaviour


async def _answer(method: str, call: Call, context: Any, work: Awaitable[Any]) -> Any:
    """Do the work; tell the caller and the log what came of it."""
    began = time.monotonic()
    trailing = ((REQUEST_ID, call.request_id),)
    try:
        answer = await work
    except asyncio.CancelledError:
        logger().info("call abandoned by the caller", **_about(method, call, began), **call.said)
        raise
    except Exception as error:
        row = row_of(error)
        fault = row.code is grpc.StatusCode.INTERNAL
        say = logger().error if fault else logger().warning
        say(
            "call failed",
            **_about(method, call, began),
            code=row.code.name,
            reason=row.reason,
            exc_info=error if fault else None,
            **call.said,
        )
        await context.abort(row.code, told(error), (*trailing, (DETAILS_KEY, details(error))))
    context.set_trailing_metadata(trailing)
    if logger().is_enabled_for(logging.INFO):
        logger().info("call answered", **_about(method, call, began), **call.said)
    return answer


def _about(method: str, call: Call, began: float) -> dict[str, object]:
    return {"method": method, "request_id": call.request_id, "took_s": round(time.monotonic() - began, 6)}


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
