"""The one table of what a call may fail with."""

from __future__ import annotations

from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from engine.stores.interface import StoreCorrupt, StoreError, StoreFull
from services.server import errors
from services.server.errors import TABLE, BatchTooLarge, CallError, QueueFull, Stopping, details, row_of, told


def every_error() -> list[type[Exception]]:
    """The exceptions that calls may end with: those of `errors`, and of stores."""
    ours = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CallError) and kind is not CallError]
    return [*ours, StoreError, *StoreError.__subclasses__()]


def test_each_error_has_a_row_of_its_own_or_of_its_kind() -> None:
    assert len(every_error()) > 12
    for kind in every_error():
        row = next(TABLE[base] for base in kind.__mro__ if base in TABLE)
        assert row is not TABLE[Exception], f"{kind.__name__} has no row"
    assert set(TABLE) <= {*every_error(), Exception}


def test_what_a_caller_may_send_again_says_when() -> None:
    for row in TABLE.values():
        again = row.code in (StatusCode.RESOURCE_EXHAUSTED, StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED)
        assert (row.retry_s is not None) == again, row.reason


def test_details_are_those_of_google_rpc() -> None:
    status = status_pb2.Status.FromString(details(BatchTooLarge(6, 5)))
    assert (status.code, status.message) == (3, "6 events in one message; limits.batch_events_max allows 5")
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(request)
    assert (info.reason, info.domain, dict(info.metadata)) == (
        "BATCH_TOO_LARGE",
        "rulelang.v1",
        {"limit": "limits.batch_events_max", "bound": "5"},
    )
    assert [(v.field, v.description) for v in request.field_violations] == [("events", status.message)]


def test_a_delay_is_told_to_the_fraction_of_a_second() -> None:
    for error, delay in ((QueueFull(5, 5), 0.5), (Stopping(), 1.0)):
        retry = error_details_pb2.RetryInfo()
        assert status_pb2.Status.FromString(details(error)).details[1].Unpack(retry)
        assert retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9 == delay


def test_what_is_inside_is_not_told() -> None:
    for error in (StoreFull("/var/lib/x.db: the disk is full"), StoreCorrupt("/var/lib/x.db: damaged"), ValueError("P17 is wrong")):
        assert str(error) not in told(error)
        assert b"/var" not in details(error)
        assert b"P17" not in details(error)


def test_what_nobody_thought_of_is_internal() -> None:
    assert row_of(ZeroDivisionError()).code is StatusCode.INTERNAL
    assert row_of(StoreFull("x")).code is StatusCode.UNAVAILABLE
