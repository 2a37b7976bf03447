"""Deadlines by themselves: each block is cut off at its own moment, whatever other blocks there are, and by nobody else's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from services.server.deadlines import Deadlines
from services.server.errors import DeadlinePassed
from tests.service.inside import WAIT_S

FAR_S = 3600.0


def run(scenario: Callable[[Deadlines], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async with asyncio.timeout(WAIT_S):
            await scenario(Deadlines(asyncio.get_running_loop()))

    asyncio.run(all_of_it())


def now() -> float:
    return asyncio.get_running_loop().time()


async def forever(deadlines: Deadlines, moment: float) -> None:
    with deadlines.by(moment):
        await asyncio.Event().wait()


def test_a_block_is_cut_off_when_its_moment_has_come_and_not_before() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        moment = now() + 0.05
        with pytest.raises(DeadlinePassed):
            await forever(deadlines, moment)
        assert now() >= moment

    run(scenario)


def test_a_block_whose_moment_is_over_is_cut_off_where_it_first_waits() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        with pytest.raises(DeadlinePassed):
            await forever(deadlines, now() - 1)

    run(scenario)


def test_a_block_that_ends_in_time_is_left_alone_and_so_is_what_follows() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        with deadlines.by(now() + 0.05):
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)

    run(scenario)


def test_an_earlier_moment_that_is_told_of_later_comes_first() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        far = asyncio.create_task(forever(deadlines, now() + FAR_S))
        await asyncio.sleep(0)
        with pytest.raises(DeadlinePassed):
            await forever(deadlines, now() + 0.02)
        assert not far.done()
        with pytest.raises(DeadlinePassed):  # and the timer was set again
            await forever(deadlines, now() + 0.02)
        far.cancel()

    run(scenario)


def test_who_is_cancelled_by_another_is_cancelled_and_has_not_passed_a_deadline() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        task = asyncio.create_task(forever(deadlines, now() + FAR_S))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        both = asyncio.create_task(forever(deadlines, now() - 1))
        await asyncio.sleep(0)
        both.cancel()
        with pytest.raises(asyncio.CancelledError):
            await both

    run(scenario)


def test_an_error_of_the_block_is_not_taken_for_a_deadline() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        with pytest.raises(KeyError), deadlines.by(now() + FAR_S):
            raise KeyError

    run(scenario)


@pytest.mark.seeds(3)
def test_of_many_blocks_each_ends_for_its_own_reason(seed: int) -> None:
    async def scenario(deadlines: Deadlines) -> None:
        chance = random.Random(seed)

        async def one() -> bool:
            """Whether it ended as it had to."""
            passes = chance.random() < 0.5
            begins, lasts = chance.random() * 0.05, chance.random() * 0.02
            await asyncio.sleep(begins)
            moment = now() + (lasts if passes else FAR_S)
            try:
                with deadlines.by(moment):
                    await asyncio.sleep(FAR_S if passes else lasts)
            except DeadlinePassed:
                return passes and now() >= moment
            return not passes

        assert all(await asyncio.gather(*(one() for _ in range(200))))

    run(scenario)
