"""Replicas in processes of their own, killed at any moment while they have batches at work; others make good what they left."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.redis import histories
from tests.redis.process import Process
from tests.redis.replicas import Replica, check


@pytest.mark.seeds(1)
def test_a_replica_killed_at_any_moment_is_made_good_by_the_others(url: str, seed: int) -> None:
    rng = Random(seed)
    told = histories.events(rng, 150)
    processes = [Process(url) for _ in range(3)]
    acknowledged = []
    kills = 0
    try:
        for process in processes:  # it takes a while until a process can be killed at work
            process.begin([])
            process.answer()
        while told:
            count = rng.choice((1, 3, 10))
            batch, told = told[:count], told[count:]
            while True:
                first, second = rng.sample(processes, 2)
                first.begin(batch)
                if rng.random() < 0.3:
                    second.begin(batch)  # both at once, as from an upstream system that was impatient
                    assert second.answer() is not None
                if rng.random() < 0.1 or (not kills and len(told) < 20):
                    time.sleep(rng.random() * 0.01)
                    first.kill()
                    kills += 1
                    continue
                if first.answer() is not None:
                    break
            acknowledged += batch
    finally:
        for process in processes:
            process.kill()
    assert kills
    assert check(histories.program(), url, [Replica(histories.program(), url)], acknowledged)
