"""The queue by itself: its order, its bounds, and that nothing is lost or taken twice, whatever the two sides do."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from services.server import waiting as waiting_module
from services.server.errors import QueueFull
from services.server.waiting import FEW_EVENTS, Waiting, Work
from tests.service.scene import stop


def work(count: int) -> Work:
    events = [stop(str(n), 1) for n in range(count)]
    return Work(events, time.monotonic() + 60, lambda outcomes, rule_set: None, asyncio.get_running_loop().create_future())


def taken(waiting: Waiting) -> list[Work]:
    group = waiting.take(0)
    assert isinstance(group, list)
    return group


def test_works_come_out_in_the_order_they_went_in_grouped_up_to_the_bound() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 100, 10)
        works = [work(count) for count in (5, 5, 1, 9, 0, 10, 3)]
        for each in works:
            waiting.put(each)
        assert waiting.events == 33
        assert [taken(waiting) for _ in range(5)] == [works[:2], works[2:5], [works[5]], [works[6]], []]
        assert waiting.events == 0

    asyncio.run(scenario())


def test_an_errand_is_run_before_the_works_that_wait() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 100, 10)
        waiting.put(only := work(1))

        def errand() -> None: ...

        waiting.put_errand(errand)
        assert waiting.take(0) is errand
        assert waiting.take(0) == [only]

    asyncio.run(scenario())


def taken_while(waiting: Waiting, put: Callable[[], None]) -> object:
    """What a thread takes that asked before all this was put."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(waiting.take(60)))
    thread.start()
    put()
    thread.join()
    return found[0]


def waiting_after(works: int, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """A queue whose last group had so many works, and that waits long for as many again."""
    monkeypatch.setattr(waiting_module, "GATHER_S", 60.0)
    waiting = Waiting(asyncio.get_running_loop(), 10_000, 10_000)
    for _ in range(works):
        waiting.put(work(1))
    assert len(taken(waiting)) == works
    return waiting


def test_few_events_are_waited_for_until_there_are_as_many_works_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        waiting = waiting_after(3, monkeypatch)
        works = [work(1) for _ in range(3)]

        def put() -> None:
            for each in works:
                waiting.put(each)
                time.sleep(0.01)

        assert taken_while(waiting, put) == works

    asyncio.run(scenario())


def test_many_events_and_errands_are_not_waited_with(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        waiting = waiting_after(3, monkeypatch)
        many = work(FEW_EVENTS)
        assert taken_while(waiting, lambda: waiting.put(many)) == [many]
        waiting = waiting_after(2, monkeypatch)
        waiting.put(work(1))

        def errand() -> None: ...

        assert taken_while(waiting, lambda: waiting.put_errand(errand)) is errand

    asyncio.run(scenario())


def test_who_is_alone_is_not_waited_with(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        waiting = waiting_after(1, monkeypatch)
        for _ in range(3):
            only = work(1)
            assert taken_while(waiting, partial(waiting.put, only)) == [only]

    asyncio.run(scenario())


def test_it_holds_as_many_events_as_it_may_and_not_one_more() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 10, 10)
        waiting.put(first := work(9))
        waiting.put(work(1))
        waiting.put(work(0))
        with pytest.raises(QueueFull, match=r"10 events are waiting; limits\.queue_events_max allows 10"):
            waiting.put(work(1))
        waiting.forget(first)
        assert waiting.events == 1
        waiting.put(work(9))

    asyncio.run(scenario())


def test_who_waits_for_room_gets_it_in_turn() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 10, 10)
        waiting.put(full := work(10))
        works = [work(6), work(6), work(1)]
        turns = [asyncio.create_task(waiting.put_in_turn(each)) for each in works]
        await asyncio.sleep(0)
        assert waiting.outside == 3
        assert taken(waiting) == [full]
        await turns[0]
        assert waiting.outside == 2  # the last would fit, but its turn is not yet
        assert taken(waiting) == [works[0]]
        await asyncio.gather(*turns)
        assert taken(waiting) == works[1:]

    asyncio.run(scenario())


def test_who_gives_up_waiting_lets_the_next_one_in() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 10, 10)
        waiting.put(work(5))
        large, small = (asyncio.create_task(waiting.put_in_turn(work(count))) for count in (6, 5))
        await asyncio.sleep(0)
        assert waiting.outside == 2
        large.cancel()
        await small
        assert waiting.events == 10
        assert waiting.outside == 0

    asyncio.run(scenario())


def test_who_gives_up_at_the_moment_of_being_let_in_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        waiting = Waiting(asyncio.get_running_loop(), 10, 10)
        waiting.put(full := work(10))
        turn = asyncio.create_task(waiting.put_in_turn(work(5)))
        await asyncio.sleep(0)
        waiting.forget(full)  # lets it in; its task has not run yet
        assert waiting.events == 5
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        assert (waiting.events, waiting.outside) == (0, 0)

    asyncio.run(scenario())


@pytest.mark.seeds(5)
def test_whatever_the_two_sides_do_each_work_is_taken_once_or_was_given_up(seed: int) -> None:
    async def scenario() -> None:
        chance = random.Random(seed)
        waiting = Waiting(asyncio.get_running_loop(), 20, 8)
        came: list[Work] = []
        done = threading.Event()

        def engine() -> None:
            while not done.is_set() or waiting.events:
                group = waiting.take(0.01)
                assert isinstance(group, list)
                assert len(group) <= 1 or sum(len(w.events) for w in group) <= 8
                came.extend(group)

        thread = threading.Thread(target=engine)
        thread.start()
        put: list[Work] = []
        given_up: list[Work] = []

        async def caller(number: int) -> None:
            for _ in range(20):
                each = work(chance.randrange(0, 9))
                put.append(each)
                try:
                    if number % 2:
                        waiting.put(each)
                    else:
                        async with asyncio.timeout(chance.choice((0.0, 0.001, 1))):
                            await waiting.put_in_turn(each)
                except (QueueFull, TimeoutError):
                    given_up.append(each)
                    continue
                if chance.random() < 0.2:
                    waiting.forget(each)
                    given_up.append(each)
                await asyncio.sleep(chance.random() * 0.002)

        await asyncio.gather(*(caller(number) for number in range(8)))
        done.set()
        await asyncio.to_thread(thread.join)
        assert len(came) == len(set(map(id, came)))
        lost = {id(w) for w in put} - {id(w) for w in given_up} - {id(w) for w in came}
        assert not lost
        assert (waiting.events, waiting.outside) == (0, 0)

    asyncio.run(scenario())
