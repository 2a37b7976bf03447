"""Changed rules on Redis: made ready beside those at work, from the journal or from what another replica saved, whatever happens to Redis meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

import rulelang
from engine import Engine
from engine.stores import make_store
from engine.stores.interface import StoreForked
from engine.stores.memory import MemoryStore
from proto.rulelang.v1 import evaluation_pb2
from tests.redis import histories, servers
from tests.redis.test_replicas import act
from tests.service.inside import Inside, chosen, rule_set, service
from tests.service.scene import stop, write_rules
from tests.service.test_backfill import FEWER, ONE_MORE, backfill_held, batch

OTHER = rulelang.compile_text(histories.RULES.replace("count(act) >= 4", "count(act) >= 2"))
DUPLICATE = evaluation_pb2.STATUS_DUPLICATE


def filled(url: str) -> Engine:
    """The other rule set, made ready from the journal as it is now."""
    made = Engine(OTHER, store=MemoryStore(durable=True))
    with closing(make_store(url)) as reader:
        reader.open("a reader")
        made.backfill(reader.journal())
    return made


def test_what_came_in_meanwhile_is_applied_and_what_the_one_before_found_is_taken_over(url: str) -> None:
    at_work = Engine(histories.program(), store=url)
    for number in range(3):
        at_work.evaluate(act(f"e{number}", number))
    made = filled(url)
    (found,) = at_work.evaluate(act("e3", 3)).findings
    at_work.checkpoint()
    assert made.activate(make_store(url))
    history = {shown["id"]: shown for shown in made.history()}
    assert len(history[found["id"]]["events"]) == 4 or history[found["id"]]["status"] == "withdrawn"
    assert made.evaluate(act("e3", 3)).status == "duplicate"
    plain = Engine(OTHER, store=url)
    assert (plain.standing(), plain.history()) == (made.standing(), made.history())


def test_of_two_that_were_made_ready_the_second_begins_with_what_the_first_saved(url: str) -> None:
    at_work = Engine(histories.program(), store=url)
    for number in range(5):
        at_work.evaluate(act(f"e{number}", number))
    at_work.checkpoint()
    first, second = filled(url), filled(url)
    assert first.activate(make_store(url)) is True
    store = make_store(url)
    assert second.activate(store) is False
    store.close()
    second = Engine(OTHER, store=store)
    assert (first.standing(), first.history()) == (second.standing(), second.history())


def test_what_was_made_ready_from_another_history_is_not_put_to_work(binary: Path) -> None:
    with servers.server(binary) as server:
        url = f"redis://127.0.0.1:{server.port}?name=city&{servers.PATIENT}"
        Engine(histories.program(), store=url).evaluate(act("e1", 1))
        made = filled(url)
        server.ask("FLUSHALL")
        again = Engine(histories.program(), store=url)
        again.evaluate(act("e2", 1))
        again.checkpoint()
        with pytest.raises(StoreForked, match="another history than that from which this rule set was made ready"):
            made.activate(make_store(url))


def test_nothing_is_taken_over_that_is_not_saved_as_far_as_what_was_made_ready(url: str) -> None:
    at_work = Engine(histories.program(), store=url)
    at_work.evaluate(act("e1", 1))
    with pytest.raises(StoreForked, match="what was found is saved up to entry 0 of the journal, but this rule set is at entry 1"):
        filled(url).activate(make_store(url))
    at_work.checkpoint()
    assert filled(url).activate(make_store(url))


def test_what_the_one_before_finds_until_the_change_over_is_taken_over_too(url: str) -> None:
    fewer = rulelang.compile_text(histories.RULES.replace("count(act) >= 4", "count(act) >= 6"))
    at_work = Engine(histories.program(), store=url)
    for number in range(3):
        at_work.evaluate(act(f"e{number}", number))
    at_work.checkpoint()
    made = Engine(fewer, store=MemoryStore(durable=True))
    made.backfill(list(at_work._store.journal())[:1])
    store = make_store(url)
    assert made.activate(store)
    (found,) = at_work.evaluate(act("e3", 3)).findings
    made.take_over(at_work)
    (known,) = [shown for shown in made.history() if shown["id"] == found["id"]]
    assert (known["status"], known["reason"]) == ("withdrawn", "the rule set changed")
    store.close()
    assert Engine(fewer, store=url).history() == made.history()


async def reloaded(inside: Inside) -> None:
    await inside.until(lambda: inside.service.reloads.last is not None)
    assert inside.service.reloads.last is not None
    assert inside.service.reloads.last.accepted, inside.service.reloads.last


def test_redis_goes_away_while_a_rule_set_is_made_ready_and_it_goes_on_when_it_is_back(binary: Path, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario() -> None:
        settings = chosen(f"redis://127.0.0.1:{server.port}?name=city&connect_s=60&reply_s=60&patience_s=0.1", clock__tick_s=0.05)
        async with service(settings, rule_set(), [str(rules)]) as inside:
            for number in range(60):  # an entry each, more than one page of them
                await inside.evaluation.EvaluateBatch(batch(stop(f"e{number}", 5, f"P{number % 7}")))
            write_rules(rules, FEWER)
            with backfill_held() as held:
                inside.service.reload()
                await inside.until(held.reached.is_set)
                server.kill()
            await inside.until(lambda: bool(inside.said("the store fails")))
            server.start()
            await reloaded(inside)
            answer = await inside.evaluation.EvaluateBatch(batch(stop("e0", 5, "P0"), stop("x", 5, "P8"), stop("y", 4, "P8")))
            assert answer.rule_set == rulelang.load(str(rules)).hash
            assert "many_stops" in [f.rule for f in answer.outcomes[2].findings]
            assert answer.outcomes[0].status == DUPLICATE

    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server:
        asyncio.run(scenario())


def test_two_services_that_change_their_rules_at_the_same_time_say_the_same(url: str, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario() -> None:
        async with (
            service(chosen(url, clock__tick_s=0.05), rule_set(), [str(rules)]) as one,
            service(chosen(url, clock__tick_s=0.05), rule_set(), [str(rules)]) as other,
        ):
            for number in range(12):
                await (one, other)[number % 2].evaluation.EvaluateBatch(batch(stop(f"e{number}", 5, f"P{number % 5}")))
            write_rules(rules, FEWER)
            with backfill_held():
                one.service.reload()
                other.service.reload()
                await one.until(lambda: None not in (one.service.reloads.warming, other.service.reloads.warming))
            await reloaded(one)
            await reloaded(other)
            answers = [
                await inside.evaluation.EvaluateBatch(batch(*(stop(f"e{n}", 5, f"P{n % 5}") for n in range(12)))) for inside in (one, other)
            ]
            assert answers[0] == answers[1]
            assert {o.status for o in answers[0].outcomes} == {DUPLICATE}

    asyncio.run(scenario())


def test_a_service_changes_to_other_rules_than_the_one_that_saves(url: str, tmp_path: Path) -> None:
    """One goes to a second rule set, which saves from then on, and now and then only; the other one goes from the first to a third."""
    rules, others = write_rules(tmp_path / "rules", FEWER), write_rules(tmp_path / "others", ONE_MORE)

    async def scenario() -> None:
        async with (
            service(chosen(url, clock__tick_s=0.05), rule_set(), [str(rules)]) as one,
            service(chosen(url, clock__tick_s=0.05), rule_set(), [str(others)]) as other,
        ):
            for number in range(12):
                await (one, other)[number % 2].evaluation.EvaluateBatch(batch(stop(f"e{number}", 5, f"P{number % 5}")))
            one.service.reload()
            await reloaded(one)
            for number in range(12, 40):
                await (one, other)[number % 2].evaluation.EvaluateBatch(batch(stop(f"e{number}", 5, f"P{number % 5}")))
            other.service.reload()
            await reloaded(other)
            answer = await other.evaluation.EvaluateBatch(batch(*(stop(f"e{n}", 5, f"P{n % 5}") for n in range(40)), stop("x", 5, "P9")))
            assert answer.rule_set == rulelang.load(str(others)).hash
            assert [o.status for o in answer.outcomes] == [DUPLICATE] * 40 + [evaluation_pb2.STATUS_ACCEPTED]

    asyncio.run(scenario())
