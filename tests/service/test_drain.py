"""Told to stop, the service says so first, lets the calls at work end, and loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import rulelang
from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, rulesets_pb2
from tests.service.inside import WAIT_S, Inside, chosen, failure, play
from tests.service.outside import evaluate, serving
from tests.service.scene import RULES, standing, stop, write_rules

ACCEPTED = evaluation_pb2.STATUS_ACCEPTED
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def one(name: str) -> evaluation_pb2.EvaluateRequest:
    return evaluation_pb2.EvaluateRequest(event=stop(name, 5))


def test_health_says_so_first_calls_at_work_end_and_nobody_new_is_let_in() -> None:
    async def scenario(inside: Inside) -> None:
        health = health_pb2_grpc.HealthStub(inside.channel)
        watch = health.Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        with inside.engine_held():
            at_work = asyncio.ensure_future(inside.evaluation.Evaluate(one("a")))
            await inside.until(lambda: inside.service.waiting.events == 1)
            inside.service.stop()
            assert (await watch.read()).status == NOT_SERVING
            for name in ("", "rulelang.v1.Evaluation", "rulelang.v1.RuleSets"):
                assert (await health.Check(health_pb2.HealthCheckRequest(service=name))).status == NOT_SERVING
            for refused in (inside.evaluation.Evaluate(one("b")), inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())):
                failed = await failure(refused)
                assert (failed.code, failed.reason, failed.retry_s) == ("UNAVAILABLE", "STOPPING", 1.0)
            assert not inside.ended.done()
        assert (await at_work).outcome.status == ACCEPTED
        assert await inside.ended == 0

    play(scenario)


def test_a_stream_is_answered_what_was_read_of_it_and_told_to_send_the_rest_again() -> None:
    async def scenario(inside: Inside) -> None:
        stream = inside.evaluation.EvaluateStream()
        with inside.engine_held():
            for number in range(5):
                await stream.write(evaluation_pb2.EvaluateStreamRequest(sequence=number, events=[stop(f"e{number}", 5)]))
            await inside.until(lambda: inside.service.waiting.events == 2)
            inside.service.stop()
            await inside.until(lambda: inside.service.admission.stopping.is_set())
        assert [(await stream.read()).sequence for _ in range(2)] == [0, 1]
        failed = await failure(stream.read())
        assert (failed.code, failed.reason) == ("UNAVAILABLE", "STOPPING")
        assert await inside.ended == 0

    play(scenario, chosen(limits__stream_batches_max=2))


def test_an_idle_stream_and_a_watch_of_health_do_not_hold_the_end_up() -> None:
    async def scenario(inside: Inside) -> None:
        stream = inside.evaluation.EvaluateStream()
        await stream.write(evaluation_pb2.EvaluateStreamRequest(sequence=1))
        await stream.read()
        await health_pb2_grpc.HealthStub(inside.channel).Watch(health_pb2.HealthCheckRequest()).read()
        inside.service.stop()
        assert (await failure(stream.read())).reason == "STOPPING"
        async with asyncio.timeout(WAIT_S):
            assert await inside.ended == 0
        assert inside.said("ended")[0]["cut_off"] is False

    play(scenario, chosen(limits__drain_s=3600))


@pytest.mark.parametrize("way", ["out of time", "told again"])
def test_calls_that_do_not_end_are_cut_off(way: str) -> None:
    async def scenario(inside: Inside) -> None:
        with inside.engine_held():
            call = asyncio.ensure_future(failure(inside.evaluation.Evaluate(one("a"))))
            await inside.until(lambda: inside.service.waiting.events == 1)
            inside.service.stop()
            if way == "told again":
                await inside.until(lambda: inside.service.admission.stopping.is_set())
                inside.service.stop()
            assert (await call).code in ("UNAVAILABLE", "CANCELLED")
            assert inside.service.waiting.events == 0  # and it will not be evaluated
        assert await inside.ended == 0
        (line,) = inside.said("ended")
        assert line["cut_off"] is True

    play(scenario, chosen(limits__drain_s=0.3 if way == "out of time" else 60))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_acknowledged_before_a_signal_is_there_after_it(number: int, tmp_path: Path) -> None:
    """A stream of batches is at work when the signal comes; what is answered counts, and every batch counts whole."""
    rules, store = write_rules(tmp_path / "rules"), tmp_path / "store.db"
    acknowledged: list[int] = []
    ended: list[grpc.StatusCode] = []
    with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
        with process.channel() as channel:

            def send() -> None:
                stub = evaluation_pb2_grpc.EvaluationStub(channel)
                requests = (
                    evaluation_pb2.EvaluateStreamRequest(sequence=n, events=[stop(f"{n}-{i}", 5, f"P{n}") for i in range(20)])
                    for n in range(100_000)
                )
                try:
                    for answer in stub.EvaluateStream(requests):
                        assert [o.status for o in answer.outcomes] == [ACCEPTED] * 20
                        acknowledged.append(answer.sequence)
                except grpc.RpcError as error:
                    ended.append(error.code())

            sender = threading.Thread(target=send)
            sender.start()
            while len(acknowledged) < 20:
                time.sleep(0.01)
            process.signal(number)
            assert process.wait() == 0
            sender.join()
        assert ended == [grpc.StatusCode.UNAVAILABLE]
        assert process.said("ended")[0]["cut_off"] is False
        assert evaluated(process.log) >= len(acknowledged)
    found = [f for f in standing(rulelang.compile_text(RULES), store) if f["kind"] == "finding" and f["rule"] == "many_stops"]
    with_findings = {f["key"] for f in found}
    assert {f"P{n}" for n in acknowledged} <= with_findings
    assert {len(f["events"]) for f in found} == {20}


def evaluated(log: Path) -> int:
    return log.read_text().count('"message": "message answered"')


def test_a_service_that_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    rules, store = write_rules(tmp_path / "rules"), f"sqlite:{tmp_path / 'store.db'}"
    with serving(tmp_path, rules, "--store", store) as process:
        assert not [f for o in evaluate(process, stop("a", 5), stop("b", 5)).outcomes for f in o.findings if f.rule == "many_stops"]
        assert process.stop() == 0
    with serving(tmp_path, rules, "--store", store) as process:
        again, third = evaluate(process, stop("b", 5), stop("c", 5)).outcomes
        assert again.status == evaluation_pb2.STATUS_DUPLICATE
        (found,) = [f for f in third.findings if f.rule == "many_stops"]
        assert [name.id for name in found.events] == ["a", "b", "c"]
