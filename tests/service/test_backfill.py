"""A changed rule set is made ready beside the one at work: calls are answered all the while, and nothing is lost at the change-over."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import rulelang
from engine import Engine
from engine.stores.memory import MemoryStore
from engine.stores.sqlite import SqliteStore
from proto.rulelang.v1 import evaluation_pb2, event_pb2, rulesets_pb2
from tests.service.inside import WAIT_S, Inside, chosen, play
from tests.service.scene import RULES, ago, blood, event, standing, stop, write_rules

FEWER = RULES.replace("count(stop) >= 3", "count(stop) >= 2")
ONE_MORE = FEWER + '\nrule any_report\n    category stops\n    when report.officer == "P1"\n'


class Held:
    """Back-filling waits before each step until it is let go."""

    def __init__(self) -> None:
        self.reached, self._let_go = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self._let_go.wait(WAIT_S)

    def let_go(self) -> None:
        self._let_go.set()


@contextmanager
def backfill_held() -> Iterator[Held]:
    held, really = Held(), Engine.backfill

    def backfill(engine: Engine, entries: Iterable[tuple[int, bytes]]) -> None:
        held.wait()
        really(engine, entries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "backfill", backfill)
        try:
            yield held
        finally:
            held.let_go()


def batch(*events: event_pb2.Event) -> evaluation_pb2.EvaluateBatchRequest:
    return evaluation_pb2.EvaluateBatchRequest(events=events)


async def describe(inside: Inside) -> rulesets_pb2.DescribeResponse:
    answer: rulesets_pb2.DescribeResponse = await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())
    return answer


def url(store: str, folder: Path) -> str:
    return "memory:" if store == "memory" else f"sqlite:{folder / 'store.db'}"


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_until_its_windows_are_filled_the_old_set_answers_and_describe_tells_how_far_the_new_one_is(store: str, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        before = (await inside.evaluation.EvaluateBatch(batch(stop("a", 5), stop("b", 4)))).rule_set
        write_rules(rules, ONE_MORE)
        with backfill_held() as held:
            inside.service.reload()
            await inside.until(held.reached.is_set)
            answer = await inside.evaluation.EvaluateBatch(batch(stop("c", 3), *blood()))
            assert answer.rule_set == before
            assert "many_stops" in [f.rule for f in answer.outcomes[0].findings]
            told = await describe(inside)
            assert (told.rule_set.hash, told.warming.hash) == (before, rulelang.load(str(rules)).hash)
            assert list(told.warming.new_rules) == ["any_report"]
            assert 0 == told.warming.entries < told.warming.entries_max
            assert (await health_pb2_grpc.HealthStub(inside.channel).Check(health_pb2.HealthCheckRequest())).status == 1
        await inside.until(lambda: inside.service.reloads.last is not None)
        told = await describe(inside)
        assert told.last_reload.accepted, told.last_reload
        assert not told.HasField("warming")
        assert [line["message"] for line in inside.said("back-filling") + inside.said("back-filled") + inside.said("reloaded")]
        # What came in meanwhile is there, and what the old set said of it is known.
        again = await inside.evaluation.EvaluateBatch(batch(stop("a", 5), stop("c", 3), *blood(), stop("d", 4.5)))
        assert [o.status for o in again.outcomes] == [evaluation_pb2.STATUS_DUPLICATE] * 4 + [evaluation_pb2.STATUS_ACCEPTED]
        assert again.rule_set == told.rule_set.hash
        assert "many_stops" in [f.rule for f in again.outcomes[4].findings]

    play(scenario, chosen(url(store, tmp_path)), paths=[str(rules)])


def test_a_rule_says_since_when_its_windows_are_whole(tmp_path: Path) -> None:
    async def scenario(inside: Inside) -> None:
        told = await describe(inside)
        assert not told.HasField("history_since")
        assert not any(rule.HasField("whole_since") for rule in told.rule_set.rules)
        await inside.evaluation.EvaluateBatch(batch(stop("a", 5)))
        told = await describe(inside)
        since = told.history_since.ToMicroseconds()
        day = 86_400_000_000
        whole = {rule.name: rule.whole_since.ToMicroseconds() - since for rule in told.rule_set.rules if rule.HasField("whole_since")}
        assert whole == {
            "blood_contradicts_breath": 400 * day,
            "many_stops": day,
            "two_officers": 7 * day,
            "stop_not_reported": 2_000_000,
        }
        (ladder,) = told.rule_set.ladders
        assert ladder.whole_since.ToMicroseconds() - since == 765 * day

    play(scenario, chosen("memory:"))


def test_a_service_that_is_told_to_end_does_not_wait_for_a_rule_set_on_its_way(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        for number in range(30):  # an entry each
            await inside.evaluation.EvaluateBatch(batch(stop(f"e{number}", 5, f"P{number}")))
        write_rules(rules, FEWER)
        with backfill_held() as held:
            inside.service.reload()
            await inside.until(held.reached.is_set)
            on_its_way = inside.service.reloads._backfill
            assert on_its_way is not None
            inside.service.stop()
            await inside.until(on_its_way._stopping.is_set)
            held.let_go()
            async with asyncio.timeout(WAIT_S):
                assert await inside.ended == 0
        assert not inside.said("reloaded")
        assert not inside.said("back-filled")

    play(scenario, chosen(f"sqlite:{tmp_path / 'store.db'}"), paths=[str(rules)])
    assert len(standing(rulelang.compile_text(RULES), tmp_path / "store.db")) > 0


@pytest.mark.seeds(2)
def test_events_from_all_sides_while_rule_sets_change_leave_what_one_engine_finds(seed: int, tmp_path: Path) -> None:
    rules, store = write_rules(tmp_path / "rules"), tmp_path / "store.db"

    async def scenario(inside: Inside) -> None:
        done = False
        statuses = set()

        async def send(sender: int) -> None:
            chance = random.Random(seed * 100 + sender)
            number = 0
            while not done or number < 20:
                events = []
                for _ in range(chance.randrange(1, 8)):
                    name, officer = f"{sender}-{number}", f"P{chance.randrange(60)}"
                    hours = 40 - min(number, 600) / 20 + chance.choice((0.0, 0.0, chance.uniform(-9, 9)))
                    if chance.random() < 0.8:
                        events.append(stop(name, hours, officer, place=f"p{chance.randrange(3)}", licence=f"L{chance.randrange(9)}"))
                    else:
                        events.append(event(name, "report", ago(hours), officer=officer))
                    number += 1
                answer = await inside.evaluation.EvaluateBatch(batch(*events))
                statuses.update(o.status for o in answer.outcomes)
                await asyncio.sleep(chance.random() * 0.004)

        senders = [asyncio.create_task(send(sender)) for sender in range(3)]
        for turn in range(4):
            write_rules(rules, ONE_MORE if turn % 2 == 0 else RULES)
            before = inside.service.reloads.last
            inside.service.reload()
            await inside.until(lambda before=before: inside.service.reloads.last is not before)  # type: ignore[misc]
            assert inside.service.reloads.last is not None
            assert inside.service.reloads.last.accepted, inside.service.reloads.last
        done = True
        await asyncio.gather(*senders)
        assert statuses == {evaluation_pb2.STATUS_ACCEPTED}

    play(scenario, chosen(f"sqlite:{store}", clock__tick_s=0.05), paths=[str(rules)])
    program = rulelang.compile_text(RULES)
    found = standing(program, store)
    twin = Engine(program, store=MemoryStore(durable=True), clock="system")
    opened = SqliteStore(str(store))
    opened.open("a reader")
    with closing(opened):
        twin.backfill(opened.journal())
    twin.advance()
    assert found == twin.standing()
    assert len(found) > 50
