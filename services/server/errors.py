"""What a call may fail with: the exceptions, and the one table that makes a status of each.

In: any exception.  Out: a status code, what the caller is told, and `google.rpc` details for the trailing metadata.
An event that cannot be taken is none of these: it is that event's outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from engine.stores.interface import StoreError

DOMAIN = "rulelang.v1"
DETAILS_KEY = "grpc-status-details-bin"
"""Where gRPC's libraries look for a google.rpc.Status."""


class CallError(Exception):
    """A call that is not carried out. `facts` name the bound that was passed; `field` is what of the request is wrong."""

    def __init__(self, text: str, *, field: str = "", **facts: object) -> None:
        super().__init__(text)
        self.field = field
        self.facts = {name: str(value) for name, value in facts.items()}


class Malformed(CallError):
    """The bytes are no message of this kind."""


class WrongRequest(CallError):
    """A message that asks for something that cannot be."""


class BatchTooLarge(CallError):
    def __init__(self, count: int, bound: int) -> None:
        text = f"{count} events in one message; limits.batch_events_max allows {bound}"
        super().__init__(text, field="events", limit="limits.batch_events_max", bound=bound)


class TooManyCalls(CallError):
    def __init__(self, bound: int) -> None:
        super().__init__(f"{bound} calls are at work, the most that limits.calls_max allows", limit="limits.calls_max", bound=bound)


class TooManyStreams(CallError):
    def __init__(self, bound: int) -> None:
        super().__init__(f"{bound} streams are open, the most that limits.streams_max allows", limit="limits.streams_max", bound=bound)


class TooManyWatchers(CallError):
    def __init__(self, bound: int) -> None:
        super().__init__(
            f"{bound} streams of Watch are open, the most that limits.watchers_max allows", limit="limits.watchers_max", bound=bound
        )


class NotKnown(CallError):
    def __init__(self) -> None:
        super().__init__(
            "who calls is not known: neither the certificate nor a bearer token is that of anybody in the service's list of people"
        )


class NoSuchWarning(CallError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no warning {name!r} that the caller may see", field="id")


class NotSeen(CallError):
    def __init__(self, entity: str, key: str) -> None:
        super().__init__(f"there is no {entity} {key!r} that the caller may see", field="key")


class NoSuchChannel(CallError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no channel {name!r} in the file that the setting channels names", field="channel")


class ActForbidden(CallError):
    """A step that this person may not do. `refusal`: why, for programs."""

    def __init__(self, refusal: str, text: str) -> None:
        super().__init__(text, refusal=refusal)


class StepRefused(CallError):
    """A step that cannot be done now, whoever does it. `refusal`: why, for programs."""

    def __init__(self, refusal: str, text: str) -> None:
        super().__init__(text, refusal=refusal)


class VersionConflict(CallError):
    def __init__(self, text: str, current: int) -> None:
        super().__init__(text, field="expected_version", current_version=current)


class CursorUnknown(CallError):
    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"{cursor!r} is no cursor of what the service holds now: list the warnings, and watch from the beginning or only_new",
            field="cursor",
        )


class QueueFull(CallError):
    def __init__(self, waiting: int, bound: int) -> None:
        text = f"{waiting} events are waiting; limits.queue_events_max allows {bound}"
        super().__init__(text, limit="limits.queue_events_max", bound=bound)


class DeadlinePassed(CallError):
    def __init__(self) -> None:
        super().__init__("the deadline passed before an answer; send again what was not answered")


class Stopping(CallError):
    def __init__(self) -> None:
        super().__init__("the service is stopping; send again what was not answered")


class EngineFault(CallError):
    """The engine failed where it may not; what it holds can no longer be trusted, and the service ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """`reason` is stable and for programs; `when` is for docs/service.md; `retry_s`: when the same call may be sent again; `told`: in place of
    the exception's own text."""

    code: grpc.StatusCode
    reason: str
    when: str
    retry_s: float | None = None
    told: str | None = None


INVALID_ARGUMENT, RESOURCE_EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED
PERMISSION_DENIED, FAILED_PRECONDITION = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION
UNAVAILABLE, INTERNAL = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL

TABLE: dict[type[Exception], Row] = {
    Malformed: Row(INVALID_ARGUMENT, "MALFORMED", "the request's bytes are no message of the method, or a text in it is no UTF-8"),
    WrongRequest: Row(INVALID_ARGUMENT, "WRONG_REQUEST", "what is asked for cannot be; the field is named"),
    BatchTooLarge: Row(INVALID_ARGUMENT, "BATCH_TOO_LARGE", "more events in one call or message than `limits.batch_events_max`"),
    TooManyCalls: Row(RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", "`limits.calls_max` calls are at work", 0.1),
    TooManyStreams: Row(RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS", "`limits.streams_max` streams are open", 1.0),
    TooManyWatchers: Row(RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS", "`limits.watchers_max` streams of `Watch` are open", 5.0),
    NotKnown: Row(
        grpc.StatusCode.UNAUTHENTICATED, "NOT_KNOWN", "`Warnings` or `Channels` is called by somebody who is not in the file `people`"
    ),
    NoSuchWarning: Row(grpc.StatusCode.NOT_FOUND, "NO_SUCH_WARNING", "there is no such warning, or the caller may not see it"),
    NotSeen: Row(grpc.StatusCode.NOT_FOUND, "NOT_SEEN", "whose level is asked for, or what they belong to now, is not the caller's to see"),
    NoSuchChannel: Row(grpc.StatusCode.NOT_FOUND, "NO_SUCH_CHANNEL", "there is no channel of this name"),
    ActForbidden: Row(
        PERMISSION_DENIED,
        "ACT_FORBIDDEN",
        "the caller may not do the step; `refusal` says why: `WRONG_ROLE`, `SUBJECT` (the warning concerns them), `SAME_ACTOR` "
        "(they did a step that another must have done), `SINGLE_HANDED` (they alone would have done all); or may not ask: `SEES_NOT_ALL`",
    ),
    StepRefused: Row(
        FAILED_PRECONDITION,
        "STEP_REFUSED",
        "the step cannot be done; `refusal` says why: `WRONG_STEP` (another is awaited), `NOTHING_AWAITED`, `WRONG_RESULT`, `NOTE_MISSING`, "
        "`COMMAND_REUSED` (another command had this id), `TOO_MANY_LINES`",
    ),
    VersionConflict: Row(
        grpc.StatusCode.ABORTED,
        "VERSION_CONFLICT",
        "the warning is not at `expected_version`; `current_version` is what it is at: look again",
    ),
    CursorUnknown: Row(grpc.StatusCode.OUT_OF_RANGE, "CURSOR_UNKNOWN", "`cursor` is of another state of the store than the one there is"),
    QueueFull: Row(RESOURCE_EXHAUSTED, "QUEUE_FULL", "with this call more than `limits.queue_events_max` events would wait", 0.5),
    DeadlinePassed: Row(
        grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_PASSED", "the caller's deadline, or `limits.deadline_s`, passed before an answer", 0.5
    ),
    Stopping: Row(UNAVAILABLE, "STOPPING", "the service was told to stop", 1.0),
    # What is wrong with the store names files of the service's machine: it is logged, not told.
    StoreError: Row(
        UNAVAILABLE,
        "STORE_UNAVAILABLE",
        "the store cannot be written (a full disk, for example); the log says why",
        1.0,
        "the store cannot take events now; send again what was not answered",
    ),
    EngineFault: Row(
        INTERNAL,
        "ENGINE_FAULT",
        "a fault of the program in the engine: the service ends with exit code 3",
        None,
        "a fault of the service, which is ending; send again what was not answered",
    ),
    Exception: Row(
        INTERNAL,
        "FAULT",
        "any other fault of the program; it is in the log under the request id",
        None,
        "a fault of the service; it is in its log under the request id",
    ),
}


def row_of(error: Exception) -> Row:
    """The row of the exception's nearest class."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def told(error: Exception) -> str:
    """What the caller is told."""
    return row_of(error).told or str(error)


def details(error: Exception) -> bytes:
    """The google.rpc.Status of an error: ErrorInfo always, RetryInfo and BadRequest where they apply."""
    row = row_of(error)
    facts = error.facts if isinstance(error, CallError) else {}
    parts: list[Message] = [ErrorInfo(reason=row.reason, domain=DOMAIN, metadata=facts)]
    if row.retry_s is not None:
        seconds, fraction = divmod(row.retry_s, 1)
        parts.append(RetryInfo(retry_delay=Duration(seconds=int(seconds), nanos=round(fraction * 1e9))))
    if isinstance(error, CallError) and error.field:
        parts.append(BadRequest(field_violations=[BadRequest.FieldViolation(field=error.field, description=str(error))]))
    packed = []
    for part in parts:
        packed.append(Any())
        packed[-1].Pack(part)
    data: bytes = Status(code=row.code.value[0], message=told(error), details=packed).SerializeToString()
    return data
