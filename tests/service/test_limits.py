"""Every limit of the service, at its bound and one past it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from proto.rulelang.v1 import evaluation_pb2, rulesets_pb2
from services.server.service import UNCOUNTED_CALLS
from tests.service.inside import WAIT_S, Inside, chosen, failure, play, read_error
from tests.service.scene import event, stop


def one(name: str = "e1") -> evaluation_pb2.EvaluateRequest:
    return evaluation_pb2.EvaluateRequest(event=stop(name, 5))


def batch(count: int, prefix: str = "e") -> evaluation_pb2.EvaluateBatchRequest:
    return evaluation_pb2.EvaluateBatchRequest(events=[stop(f"{prefix}{number}", 5, f"P{number}") for number in range(count)])


def test_a_message_of_the_longest_length_is_taken_and_one_byte_more_is_not() -> None:
    async def scenario(inside: Inside) -> None:
        request = one()
        request.event.fields["unknown"].text = "x" * 3000
        request.event.fields["unknown"].text += "x" * (4096 - request.ByteSize())
        assert request.ByteSize() == 4096
        assert (await inside.evaluation.Evaluate(request)).outcome.status == evaluation_pb2.STATUS_ACCEPTED
        request.event.fields["unknown"].text += "x"
        failed = await failure(inside.evaluation.Evaluate(request))
        assert failed.code == "RESOURCE_EXHAUSTED"
        assert "4097 vs. 4096" in failed.text

    play(scenario, chosen(limits__message_bytes_max=4096))


def test_a_batch_of_the_largest_size_is_taken_and_one_event_more_is_not() -> None:
    async def scenario(inside: Inside) -> None:
        assert len((await inside.evaluation.EvaluateBatch(batch(3))).outcomes) == 3
        failed = await failure(inside.evaluation.EvaluateBatch(batch(4)))
        assert (failed.code, failed.reason, failed.wrong_fields) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE", ["events"])
        assert failed.text == "4 events in one message; limits.batch_events_max allows 3"
        assert failed.facts == {"limit": "limits.batch_events_max", "bound": "3"}
        assert failed.retry_s is None

    play(scenario, chosen(limits__batch_events_max=3))


def test_a_message_of_a_stream_that_is_too_large_ends_the_stream_after_the_answers_before_it() -> None:
    async def scenario(inside: Inside) -> None:
        call = inside.evaluation.EvaluateStream()
        await call.write(evaluation_pb2.EvaluateStreamRequest(sequence=1, events=batch(3).events))
        await call.write(evaluation_pb2.EvaluateStreamRequest(sequence=2, events=batch(4, "f").events))
        assert (await call.read()).sequence == 1
        with pytest.raises(aio.AioRpcError) as raised:
            await call.read()
        assert read_error(raised.value).reason == "BATCH_TOO_LARGE"

    play(scenario, chosen(limits__batch_events_max=3))


def test_so_many_calls_are_let_in_at_the_same_time_and_one_more_is_not() -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            calls = [asyncio.ensure_future(inside.evaluation.Evaluate(one(f"e{number}"))) for number in range(3)]
            await inside.until(lambda: inside.service.waiting.events == 3)
            for refused in (inside.evaluation.Evaluate(one("e9")), inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())):
                failed = await failure(refused)
                assert (failed.code, failed.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_CALLS")
                assert failed.facts == {"limit": "limits.calls_max", "bound": "3"}
                assert failed.retry_s == pytest.approx(0.1)
        assert [(await call).outcome.status for call in calls] == [evaluation_pb2.STATUS_ACCEPTED] * 3
        assert (await inside.evaluation.Evaluate(one("e9"))).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario, chosen(limits__calls_max=3))


def test_so_many_streams_are_open_at_the_same_time_and_one_more_is_not() -> None:
    async def scenario(inside: Inside) -> None:
        async def opened(sequence: int) -> aio.StreamStreamCall:
            call = inside.evaluation.EvaluateStream()
            await call.write(evaluation_pb2.EvaluateStreamRequest(sequence=sequence))
            return call

        async def first_answer(sequence: int) -> evaluation_pb2.EvaluateStreamResponse:
            return await (await opened(sequence)).read()

        streams = [await opened(number) for number in range(2)]
        for stream in streams:
            await stream.read()
        failed = await failure(first_answer(9))  # told of while it still writes, or when it reads
        assert (failed.code, failed.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS")
        assert failed.facts == {"limit": "limits.streams_max", "bound": "2"}
        await streams[0].done_writing()
        assert await streams[0].read() is aio.EOF
        assert (await first_answer(10)).sequence == 10

    play(scenario, chosen(limits__streams_max=2))


def test_so_many_events_may_wait_and_one_more_is_not_taken() -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            waiting = [asyncio.ensure_future(inside.evaluation.EvaluateBatch(batch(5, prefix))) for prefix in "ab"]
            await inside.until(lambda: inside.service.waiting.events == 10)
            failed = await failure(inside.evaluation.Evaluate(one("c")))
            assert (failed.code, failed.reason) == ("RESOURCE_EXHAUSTED", "QUEUE_FULL")
            assert failed.facts == {"limit": "limits.queue_events_max", "bound": "10"}
            assert failed.retry_s == pytest.approx(0.5)
        assert [len((await call).outcomes) for call in waiting] == [5, 5]
        assert (await inside.evaluation.Evaluate(one("c"))).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario, chosen(limits__queue_events_max=10, limits__batch_events_max=5))


def test_a_stream_waits_for_room_in_the_queue_where_a_call_is_refused() -> None:
    async def scenario(inside: Inside) -> None:
        stream = inside.evaluation.EvaluateStream()
        with inside.engine_held():
            first = asyncio.ensure_future(inside.evaluation.EvaluateBatch(batch(4, "a")))
            await inside.until(lambda: inside.service.waiting.events == 4)
            await stream.write(evaluation_pb2.EvaluateStreamRequest(sequence=1, events=batch(3, "b").events))
            # Who comes later does not go ahead of the stream, though one event would fit.
            await inside.until(lambda: inside.service.waiting.outside == 1)
            assert (await failure(inside.evaluation.Evaluate(one("c")))).reason == "QUEUE_FULL"
            assert inside.service.waiting.events == 4
        assert len((await first).outcomes) == 4
        answer = await stream.read()
        assert (answer.sequence, len(answer.outcomes)) == (1, 3)

    play(scenario, chosen(limits__queue_events_max=5, limits__batch_events_max=5))


def test_a_stream_is_read_no_further_than_its_unanswered_messages_may_be() -> None:
    async def scenario(inside: Inside) -> None:
        stream = inside.evaluation.EvaluateStream()
        with inside.engine_held():
            for number in range(8):
                await stream.write(evaluation_pb2.EvaluateStreamRequest(sequence=number, events=[stop(f"e{number}", 5)]))
            await inside.until(lambda: inside.service.waiting.events == 3)
            await asyncio.sleep(0.2)
            assert inside.service.waiting.events == 3
        assert [(await stream.read()).sequence for _ in range(8)] == list(range(8))
        await stream.done_writing()
        assert await stream.read() is aio.EOF

    play(scenario, chosen(limits__stream_batches_max=3))


@pytest.mark.parametrize(("bound", "groups"), [(8, 1), (7, 2), (4, 2), (3, 4)])
def test_waiting_calls_are_put_on_disk_together_up_to_the_bound(bound: int, groups: int) -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            calls = [asyncio.ensure_future(inside.evaluation.EvaluateBatch(batch(2, prefix))) for prefix in "abcd"]
            await inside.until(lambda: inside.service.waiting.events == 8)
        for call in calls:
            await call
        seen = (await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())).counters
        assert (seen["groups"], seen["accepted"]) == (groups, 8)

    play(scenario, chosen(limits__group_events_max=bound, limits__batch_events_max=2))


def test_a_call_whose_deadline_passes_before_its_turn_is_not_evaluated() -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            by_caller = await failure(inside.evaluation.Evaluate(one("a"), timeout=0.2))
            by_service = await failure(inside.evaluation.Evaluate(one("b")))
            assert by_caller.code == "DEADLINE_EXCEEDED"
            assert (by_service.code, by_service.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_PASSED")
            await inside.until(lambda: inside.service.waiting.events == 0)
        for name in "ab":
            assert (await inside.evaluation.Evaluate(one(name))).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario, chosen(limits__deadline_s=1.5))


def test_a_deadline_that_passes_in_the_queue_is_seen_by_the_engine_too() -> None:
    """The loop may be late in noticing; the engine's thread looks for itself."""

    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            call = asyncio.ensure_future(failure(inside.evaluation.Evaluate(one())))
            await inside.until(lambda: inside.service.waiting.events == 1)
            time.sleep(1.6)  # the loop sleeps too
        assert (await call).reason == "DEADLINE_PASSED"
        assert (await inside.evaluation.Evaluate(one())).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario, chosen(limits__deadline_s=1.5))


def test_a_message_of_a_stream_has_the_deadline_of_a_call() -> None:
    async def scenario(inside: Inside) -> None:
        stream = inside.evaluation.EvaluateStream()
        with inside.engine_held():
            await stream.write(evaluation_pb2.EvaluateStreamRequest(sequence=1, events=[stop("e1", 5)]))
            await inside.until(lambda: inside.service.waiting.events == 1)
            await asyncio.sleep(1.6)
        assert (await failure(stream.read())).reason == "DEADLINE_PASSED"
        assert (await inside.evaluation.Evaluate(one())).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario, chosen(limits__deadline_s=1.5))


def test_a_call_that_its_caller_gives_up_is_not_evaluated() -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            call = inside.evaluation.Evaluate(one())
            await inside.until(lambda: inside.service.waiting.events == 1)
            call.cancel()
            await inside.until(lambda: inside.service.waiting.events == 0)
        assert (await inside.evaluation.Evaluate(one())).outcome.status == evaluation_pb2.STATUS_ACCEPTED
        assert inside.said("call abandoned by the caller")

    play(scenario)


def test_calls_that_are_not_counted_have_a_bound_too() -> None:
    """Health checks, reflection and calls on their way to being refused: gRPC itself refuses what is past all bounds together."""

    async def scenario(inside: Inside) -> None:
        health = health_pb2_grpc.HealthStub(inside.channel)
        watches = [health.Watch(health_pb2.HealthCheckRequest()) for _ in range(1 + 1 + 1 + UNCOUNTED_CALLS)]
        for watch in watches:
            await watch.read()
        failed = await failure(health.Check(health_pb2.HealthCheckRequest()))
        assert (failed.code, failed.reason) == ("RESOURCE_EXHAUSTED", "")
        watches[0].cancel()
        async with asyncio.timeout(WAIT_S):
            while True:
                call = health.Check(health_pb2.HealthCheckRequest())
                code = await call.code()
                if code.name == "OK":
                    break
                assert code.name == "RESOURCE_EXHAUSTED"
                await asyncio.sleep(0.01)

    play(scenario, chosen(limits__calls_max=1, limits__streams_max=1, limits__watchers_max=1))


def test_an_event_may_lie_as_far_in_the_future_as_is_tolerated() -> None:
    async def scenario(inside: Inside) -> None:
        now = datetime.now(UTC)
        near, far = (event(f"e{s}", "stop", now + timedelta(seconds=s), officer="P1") for s in (55, 65))
        answer = await inside.evaluation.EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=[near, far]))
        assert [outcome.status for outcome in answer.outcomes] == [evaluation_pb2.STATUS_ACCEPTED, evaluation_pb2.STATUS_REFUSED]
        assert answer.outcomes[1].error.field == "time"

    play(scenario, chosen(clock__future_tolerance_s=60))
