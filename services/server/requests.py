"""Requests of the service `Evaluation`, and its answers, as bytes.

In: the bytes of a request.  Out: its events: as bytes where they are in plain form, which is what every library writes, and the engine reads them; else the
whole request is read by the protobuf library, and they are messages. Either way what is no such message is refused: what is in plain form, the library takes.

In: what became of them.  Out: the bytes of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine import Answers
from engine.machine import split_events
from proto.rulelang.v1 import evaluation_pb2, event_pb2

Sent = bytes | event_pb2.Event
"""An event in plain form, or as the library has it."""


@dataclass(slots=True)  # not frozen: each call makes one
class Request:
    """What was asked. `sequence` is that of a stream's message."""

    events: Sequence[Sent]
    sequence: int = 0


def read_one(data: bytes) -> Request:
    """An EvaluateRequest. Raises DecodeError."""
    plain = split_events(data, 1)
    if plain is not None and len(plain[0]) == 1:
        return Request(plain[0])
    return Request([evaluation_pb2.EvaluateRequest.FromString(data).event])


def read_batch(data: bytes) -> Request:
    """An EvaluateBatchRequest. Raises DecodeError."""
    plain = split_events(data, 1)
    return Request(plain[0] if plain is not None else list(evaluation_pb2.EvaluateBatchRequest.FromString(data).events))


def read_message(data: bytes) -> Request:
    """An EvaluateStreamRequest. Raises DecodeError."""
    plain = split_events(data, 2, 1)
    if plain is not None:
        return Request(*plain)
    message = evaluation_pb2.EvaluateStreamRequest.FromString(data)
    return Request(list(message.events), message.sequence)


def answer_one(answers: Answers, rule_set: str) -> bytes:
    """An EvaluateResponse."""
    return answers.write(1) + _rule_set(evaluation_pb2.EvaluateResponse, rule_set)


def answer_batch(answers: Answers, rule_set: str) -> bytes:
    """An EvaluateBatchResponse."""
    return answers.write(1) + _rule_set(evaluation_pb2.EvaluateBatchResponse, rule_set)


def answer_message(answers: Answers, rule_set: str, sequence: int) -> bytes:
    """An EvaluateStreamResponse."""
    before: bytes = evaluation_pb2.EvaluateStreamResponse(sequence=sequence).SerializeToString()
    return before + answers.write(2) + _rule_set(evaluation_pb2.EvaluateStreamResponse, rule_set)


@lru_cache(maxsize=16)
def _rule_set(
    response: type[evaluation_pb2.EvaluateResponse | evaluation_pb2.EvaluateBatchResponse | evaluation_pb2.EvaluateStreamResponse],
    name: str,
) -> bytes:
    """The end of a response: under which rule set the events were evaluated."""
    written: bytes = response(rule_set=name).SerializeToString()
    return written
