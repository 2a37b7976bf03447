"""The disk fails: nothing is acknowledged that is not on it, health says so, and the service recovers by itself."""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import rulelang
from engine.stores.sqlite import SqliteStore
from proto.rulelang.v1 import evaluation_pb2
from tests.service.inside import Inside, chosen, failure, play
from tests.service.outside import Process, evaluate, serving
from tests.service.scene import RULES, standing, stop, write_rules

ACCEPTED, DUPLICATE = evaluation_pb2.STATUS_ACCEPTED, evaluation_pb2.STATUS_DUPLICATE
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def batch(prefix: str, count: int = 200) -> evaluation_pb2.EvaluateBatchRequest:
    """Events that do not fit into the room that a page has left, also when they are compressed."""
    letters = random.Random(prefix)
    return evaluation_pb2.EvaluateBatchRequest(
        events=[stop(f"{prefix}{n}", 5, f"{prefix}{n}", place=letters.randbytes(100).hex()) for n in range(count)]
    )


def test_a_full_disk_refuses_calls_and_room_lets_them_in_again(tmp_path: Path) -> None:
    async def scenario(inside: Inside) -> None:
        health = health_pb2_grpc.HealthStub(inside.channel)

        async def told(name: str) -> int:
            status: int = (await health.Check(health_pb2.HealthCheckRequest(service=name))).status
            return status

        async def pages(most: int) -> None:
            """SQLite's own bound on the size of a file: what is past it is an answer `disk is full`."""

            def errand() -> None:
                store = inside.service.engine._store
                assert isinstance(store, SqliteStore)
                assert store._database is not None
                store._database.execute(f"pragma max_page_count = {most}")

            await inside.service.engine.run(errand)

        assert {o.status for o in (await inside.evaluation.EvaluateBatch(batch("a"))).outcomes} == {ACCEPTED}
        await pages(1)  # as many as there are
        for _ in range(2):
            failed = await failure(inside.evaluation.EvaluateBatch(batch("b")))
            assert (failed.code, failed.reason, failed.retry_s) == ("UNAVAILABLE", "STORE_UNAVAILABLE", 1.0)
            assert str(tmp_path) not in failed.text
        assert [await told(name) for name in ("", "rulelang.v1.Evaluation", "rulelang.v1.RuleSets")] == [NOT_SERVING, NOT_SERVING, SERVING]
        (line,) = inside.said("the store fails")
        assert "disk is full" in line["error"]
        assert not inside.said("the store is well again")
        await pages(2**30)
        await inside.until(lambda: bool(inside.said("the store is well again")))
        assert await told("") == SERVING
        assert {o.status for o in (await inside.evaluation.EvaluateBatch(batch("b"))).outcomes} == {ACCEPTED}
        assert {o.status for o in (await inside.evaluation.EvaluateBatch(batch("a"))).outcomes} == {DUPLICATE}

    play(scenario, chosen(f"sqlite:{tmp_path / 'store.db'}", clock__tick_s=0.05))


def limit_files(process: Process, most: int | None) -> None:
    """What the process may write in one file: a write past it fails as on a broken disk."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))


def test_after_a_write_that_failed_the_store_is_read_anew_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    rules, store = write_rules(tmp_path / "rules"), tmp_path / "store.db"
    with serving(tmp_path, rules, "--store", f"sqlite:{store}", RULELANG_CLOCK_TICK_S="0.05") as process:
        evaluate(process, *batch("a").events)
        wal = tmp_path / "store.db-wal"
        limit_files(process, wal.stat().st_size + 2000)
        with pytest.raises(grpc.RpcError) as raised:
            evaluate(process, *batch("b").events)
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        process.until_said("the store fails")
        time.sleep(0.3)  # tries that fail too
        assert not process.said("the store is well again")
        limit_files(process, None)
        process.until_said("the store is well again")
        answer = evaluate(process, *batch("a").events, *batch("b").events)
        assert [o.status for o in answer.outcomes] == [DUPLICATE] * 200 + [ACCEPTED] * 200
        assert process.stop() == 0
    found = standing(rulelang.compile_text(RULES), store)
    assert len([f for f in found if f.get("rule") == "stop_not_reported"]) == 400


def test_a_reload_while_the_store_fails_is_refused_and_the_old_set_comes_back_with_the_store(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        async def on_database(words: str) -> None:
            def errand() -> None:
                store = inside.service.engine._store
                assert isinstance(store, SqliteStore)
                assert store._database is not None
                store._database.execute(words)

            await inside.service.engine.run(errand)

        at_work = (await inside.evaluation.EvaluateBatch(batch("a"))).rule_set
        await on_database("pragma max_page_count = 1")
        await failure(inside.evaluation.EvaluateBatch(batch("b")))
        write_rules(rules, RULES.replace("count(stop) >= 3", "count(stop) >= 2"))
        inside.service.reload()
        await inside.until(lambda: inside.service.reloads.last is not None)
        assert inside.service.reloads.last is not None
        assert not inside.service.reloads.last.accepted
        assert "StoreFull" in inside.service.reloads.last.error
        await on_database(f"pragma max_page_count = {2**30}")
        await inside.until(lambda: bool(inside.said("the store is well again")))
        assert (await inside.evaluation.EvaluateBatch(batch("b"))).rule_set == at_work

    play(scenario, chosen(f"sqlite:{tmp_path / 'store.db'}", clock__tick_s=0.05), paths=[str(rules)])
