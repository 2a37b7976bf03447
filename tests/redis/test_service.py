"""Several processes of the service on one Redis, as they are run: calls to any of them, one killed, Redis away and back."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import rulelang
from engine import Engine
from proto.rulelang.v1 import evaluation_pb2
from tests.redis import servers
from tests.service.inside import WAIT_S
from tests.service.outside import Process, describe, evaluate, serving
from tests.service.scene import RULES, stop, write_rules


@pytest.fixture
def pair(url: str, tmp_path: Path) -> Iterator[list[Process]]:
    rules = write_rules(tmp_path, RULES)
    with ExitStack() as stack:
        yield [stack.enter_context(serving(tmp_path, rules, "--store", url, RULELANG_CLOCK_TICK_S="0.05")) for _ in range(2)]


def health(process: Process) -> str:
    with process.channel() as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=WAIT_S)
    name: str = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return name


def statuses(answer: evaluation_pb2.EvaluateBatchResponse) -> list[str]:
    return [evaluation_pb2.Status.Name(outcome.status).removeprefix("STATUS_") for outcome in answer.outcomes]


def found(answer: evaluation_pb2.EvaluateBatchResponse, at: int = 0) -> list[str]:
    return [finding.rule for finding in answer.outcomes[at].findings]


def test_calls_go_to_any_of_two_services(pair: list[Process]) -> None:
    one, other = pair
    assert statuses(evaluate(one, stop("e1", 5, "P1"), stop("e2", 4, "P1"))) == ["ACCEPTED", "ACCEPTED"]
    answer = evaluate(other, stop("e2", 4, "P1"), stop("e3", 3, "P1"))
    assert statuses(answer) == ["DUPLICATE", "ACCEPTED"]
    assert "many_stops" in found(answer, 1)
    assert found(evaluate(one, stop("e3", 3, "P1"))) == found(answer, 1)
    (said,) = one.said("store opened")
    assert (said["wait_replicas"], said["appendfsync"]) == (0, "everysec")
    assert said["server"].startswith(("Redis", "Valkey"))


def test_a_service_that_is_killed_is_made_good_by_the_other_and_by_its_next_run(pair: list[Process], url: str, tmp_path: Path) -> None:
    one, other = pair
    evaluate(one, stop("e1", 5, "P1"))
    one.kill()
    assert statuses(evaluate(other, stop("e1", 5, "P1"), stop("e2", 4, "P1"))) == ["DUPLICATE", "ACCEPTED"]
    assert other.stop() == 0
    with serving(tmp_path, tmp_path, "--store", url) as again:
        assert statuses(evaluate(again, stop("e1", 5, "P1"), stop("e2", 4, "P1"))) == ["DUPLICATE", "DUPLICATE"]
        assert describe(again).rule_set


def test_while_redis_is_away_calls_are_told_so_and_all_goes_on_when_it_is_back(binary: Path, tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES)
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server:
        url = f"redis://127.0.0.1:{server.port}?name={uuid.uuid4().hex}&connect_s=60&reply_s=60&patience_s=0.3"
        with serving(tmp_path, rules, "--store", url, RULELANG_CLOCK_TICK_S="0.05") as process:
            evaluate(process, stop("e1", 5, "P1"))
            server.kill()
            with pytest.raises(grpc.RpcError) as failed:
                evaluate(process, stop("e2", 4, "P1"))
            assert failed.value.code() is grpc.StatusCode.UNAVAILABLE  # type: ignore[attr-defined]
            assert "127.0.0.1" not in failed.value.details()  # type: ignore[attr-defined]
            servers.until(lambda: health(process) == "NOT_SERVING", "health says so")
            server.start()
            process.until_said("the store is well again")
            servers.until(lambda: health(process) == "SERVING", "health says so again")
            assert statuses(evaluate(process, stop("e1", 5, "P1"), stop("e2", 4, "P1"))) == ["DUPLICATE", "ACCEPTED"]
            assert len(process.said("store opened")) == 1  # nothing had to be read anew


def test_a_service_says_why_it_does_not_start(binary: Path, tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES)
    (port,) = servers.own_ports(1)
    with (
        pytest.raises(AssertionError, match=f"redis://127.0.0.1:{port}: Redis is away"),
        serving(tmp_path, rules, "--store", f"redis://127.0.0.1:{port}?patience_s=0.2"),
    ):
        pass


def test_a_rolling_change_of_the_rules(pair: list[Process], url: str, tmp_path: Path) -> None:
    """One service after the other is told to read changed rules; in between both are at work, each by its own."""
    one, other = pair
    evaluate(one, stop("e1", 5, "P1"), stop("e2", 4, "P1"))
    (rules,) = tmp_path.glob("*.rules")
    rules.write_text(rules.read_text().replace("count(stop) >= 3", "count(stop) >= 4"))
    one.signal(signal.SIGHUP)
    one.until_said("reloaded")
    assert "many_stops" not in found(evaluate(one, stop("e3", 3, "P1")))
    assert "many_stops" in found(evaluate(other, stop("e3", 3, "P1")))
    other.signal(signal.SIGHUP)
    other.until_said("reloaded")
    assert "many_stops" in found(evaluate(other, stop("e4", 2, "P1")))
    assert evaluate(one, stop("e4", 2, "P1")).outcomes[0] == evaluate(other, stop("e4", 2, "P1")).outcomes[0]
    assert [one.stop(), other.stop()] == [0, 0]
    engine = Engine(rulelang.compile(str(rules)), store=url, life_cycle=True)
    assert len([thing for thing in engine.standing() if thing["kind"] == "finding" and thing["rule"] == "many_stops"]) == 1
