"""An upstream system: it sends events to the service and reads what came of them.

In: events as JSON.  Out: outcomes. A call that fails for a reason that passes is sent again as it was: nothing counts twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import grpc

from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, event_pb2, rulesets_pb2, rulesets_pb2_grpc
from services.simulate.scene import Event

CALL_S = 30.0
TRIES_MAX = 5
PASSES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
_HEAD = ("id", "source", "type", "time")


class Upstream:
    """A connection to the service. `calls`: how many were answered."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._evaluation = evaluation_pb2_grpc.EvaluationStub(self._channel)
        self._rule_sets = rulesets_pb2_grpc.RuleSetsStub(self._channel)
        self.calls = 0

    def send(self, events: Sequence[Event]) -> Sequence[Any]:
        """The outcomes, in the order of the events."""
        request = evaluation_pb2.EvaluateBatchRequest(events=[message(event) for event in events])
        return self._call(self._evaluation.EvaluateBatch, request).outcomes  # type: ignore[no-any-return]

    def rule_set(self) -> Any:
        """What the service says that it runs."""
        return self._call(self._rule_sets.Describe, rulesets_pb2.DescribeRequest()).rule_set

    def close(self) -> None:
        self._channel.close()

    def _call(self, method: Any, request: Any) -> Any:
        for wait_s in [0.1 * 2**number for number in range(TRIES_MAX - 1)] + [None]:
            try:
                answer = method(request, timeout=CALL_S, wait_for_ready=True)
            except grpc.RpcError as error:
                if wait_s is None or error.code() not in PASSES:
                    raise
                time.sleep(wait_s)
            else:
                self.calls += 1
                return answer
        raise AssertionError("the last try answers or raises")


def message(event: Event) -> event_pb2.Event:
    """The event as the wire has it."""
    made = event_pb2.Event(id=str(event["id"]), source=str(event["source"]), type=str(event["type"]), time_text=str(event["time"]))
    for name, value in event.items():
        if name not in _HEAD:
            made.fields[name].CopyFrom(_value(value))
    return made


def _value(value: object) -> event_pb2.Value:
    match value:
        case bool():
            return event_pb2.Value(boolean=value)
        case int():
            return event_pb2.Value(integer=value)
        case float():
            return event_pb2.Value(number=value)
    return event_pb2.Value(text=str(value))
