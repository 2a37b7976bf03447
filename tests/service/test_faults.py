"""Faults of the program itself: nothing more is acknowledged, what was is safe, and the service says so by its end.

The engine is broken here from inside, for want of a fault that is known.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import rulelang
from engine.program import ProgramError
from proto.rulelang.v1 import evaluation_pb2, rulesets_pb2
from services.server.engine_thread import RuleSet
from tests.service.inside import Inside, chosen, failure, play, rule_set, service
from tests.service.scene import RULES, standing, stop

FEWER = RULES.replace("count(stop) >= 3", "count(stop) >= 2")


def one(name: str) -> evaluation_pb2.EvaluateRequest:
    return evaluation_pb2.EvaluateRequest(event=stop(name, 5))


def test_a_fault_of_the_engine_ends_the_service_and_loses_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store.db"

    async def scenario() -> int:
        async with service(chosen(f"sqlite:{store}")) as inside:
            for name in "abc":
                assert (await inside.evaluation.Evaluate(one(name))).outcome.status == evaluation_pb2.STATUS_ACCEPTED
            inside.service.engine._engine._fold = None  # type: ignore[assignment, union-attr]
            failed = await failure(inside.evaluation.Evaluate(one("d")))
            assert (failed.code, failed.reason, failed.retry_s) == ("INTERNAL", "ENGINE_FAULT", None)
            assert "NoneType" not in failed.text
            said = "a fault of the program: the engine failed, and the service ends"
            await inside.until(lambda: bool(inside.said(said)))  # a moment after the caller was told
            (line,) = inside.said(said)
            assert "NoneType" in line["exception"]
            return await inside.ended

    assert asyncio.run(scenario()) == 3
    found = [f for f in standing(rulelang.compile_text(RULES), store) if f.get("rule") == "many_stops"]
    assert [f["events"] for f in found] == [[["", name] for name in "abc"]]


def test_a_program_that_cannot_be_put_to_work_leaves_the_old_set_at_work(tmp_path: Path) -> None:
    async def scenario(inside: Inside) -> None:
        await inside.evaluation.Evaluate(one("a"))
        with pytest.raises(ProgramError):
            await inside.service.reloads.replace(RuleSet(rule_set(FEWER).declared, b"no program"))
        answer = await inside.evaluation.Evaluate(one("a"))
        assert (answer.outcome.status, answer.rule_set) == (evaluation_pb2.STATUS_DUPLICATE, rule_set().declared.hash)

    play(scenario, chosen(f"sqlite:{tmp_path / 'store.db'}"))
    play(scenario)


def test_a_fault_of_a_handler_is_that_call_s_and_its_traceback_is_in_the_log_only() -> None:
    async def scenario(inside: Inside) -> None:
        inside.service.reloads.last = "nothing that can be told"  # type: ignore[assignment]
        failed = await failure(inside.rule_sets.Describe(rulesets_pb2.DescribeRequest(), metadata=(("x-request-id", "r1"),)))
        assert (failed.code, failed.reason) == ("INTERNAL", "FAULT")
        assert failed.text == "a fault of the service; it is in its log under the request id"
        (line,) = inside.said("call failed")
        assert (line["request_id"], line["level"]) == ("r1", "error")
        assert "TypeError" in line["exception"]
        inside.service.reloads.last = None
        assert (await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())).rule_set.hash == rule_set().declared.hash
        assert (await inside.evaluation.Evaluate(one("a"))).outcome.status == evaluation_pb2.STATUS_ACCEPTED

    play(scenario)
