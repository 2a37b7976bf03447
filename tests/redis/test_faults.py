"""What breaks between a service and Redis, and Redis itself: nothing acknowledged is lost, nothing has effect twice, and work goes on by itself.

With `--campaign` many times as many; what was done and how long it took to get over it is told at the end of the run.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from itertools import count
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from tests.redis import histories, servers
from tests.redis.proxy import FAULTS, Proxy, proxy
from tests.redis.replicas import Replica, check, patiently, when_it_can
from tests.redis.told import Told

QUICK = "connect_s=60&reply_s=0.3&patience_s=1"
"""A reply that does not come is given up soon, so that many can. On a slow machine one that comes is, too: it is sent again until it is acknowledged."""


@pytest.mark.seeds(6)
def test_whatever_the_network_does(binary: Path, seed: int, told: Told) -> None:
    rng = Random(seed)
    url = servers.lasting(binary, "redis")
    options = f"name={uuid.uuid4().hex}"
    faulty = True

    def choose(request: bytes) -> str:
        return rng.choice(FAULTS) if faulty and rng.random() < 0.1 else "pass"

    events = histories.events(rng, 60)
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(proxy(int(url.rpartition(":")[2]), choose)) for _ in range(3)]
        replicas = [Replica(histories.program(), f"redis://127.0.0.1:{one.port}?{options}&{QUICK}") for one in proxies]
        sent = list(events)
        while sent:
            size = rng.choice((1, 2, 5))
            batch, sent = sent[:size], sent[size:]
            if rng.random() < 0.05:
                rng.choice(replicas).kill()
            before = _faults(proxies)
            # It is sent again through any replica, and sometimes through two.
            _, took_s = patiently(lambda batch=batch: rng.choice(replicas).send(batch))  # type: ignore[misc]
            if rng.random() < 0.2:
                rng.choice(replicas).send(batch)
            if _faults(proxies) > before:
                told.took("a request that a fault met", took_s)
        faulty = False
        check(histories.program(), f"{url}?{options}", replicas, events)
        for replica in replicas:
            replica.stop()
        for one in proxies:
            for fault in FAULTS:
                told.count(f"network: {fault}", one.done[fault])
    assert _faults(proxies)


def _faults(proxies: list[Proxy]) -> int:
    return sum(one.done[fault] for one in proxies for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_each_step(binary: Path, fault: str, told: Told) -> None:
    """One fault in one run: at the first request, at the second, and so on, until there is none to meet."""
    step = 1
    while _run_with_one_fault(servers.lasting(binary, "redis"), fault, step, told):
        step += 1
    assert step > 8


def _run_with_one_fault(url: str, fault: str, step: int, told: Told) -> bool:
    """Whether there was a request at that step."""
    requests = count(1)
    options = f"name={uuid.uuid4().hex}"
    events = histories.events(Random(1), 30)
    undisturbed = Engine(histories.program())
    with proxy(int(url.rpartition(":")[2]), lambda request: fault if next(requests) == step else "pass") as one:
        replica = Replica(
            histories.program(),
            f"redis://127.0.0.1:{one.port}?{options}&connect_s=60&reply_s={0.15 if fault == 'silence' else 60}&patience_s=120",
        )
        started = time.monotonic()
        for at in range(0, len(events), 10):
            batch = events[at : at + 10]
            # One fault is got over without troubling the caller, and a reply that was lost is no other answer.
            assert replica.send(batch) == undisturbed.evaluate_batch(batch)
        took_s = time.monotonic() - started
        replica.stop()
        if one.done[fault]:
            told.count(f"network: {fault}")
            told.took(f"three batches, one with {fault}", took_s)
        check(histories.program(), f"{url}?{options}", [replica], events)
        replica.stop()
        return one.done[fault] > 0


@pytest.mark.seeds(1)
def test_a_server_killed_with_appendfsync_always_has_lost_nothing(binary: Path, seed: int, told: Told) -> None:
    rng = Random(seed)
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server:
        url = f"redis://127.0.0.1:{server.port}?name=city&{QUICK}"
        events = histories.events(rng, 100)
        replicas = [Replica(histories.program(), url) for _ in range(3)]
        sent = list(events)
        kills = 0
        while sent:
            size = rng.choice((1, 3, 8))
            batch, sent = sent[:size], sent[size:]
            replica = rng.choice(replicas)
            if killed := rng.random() < 0.15 or (not kills and len(sent) < 20):
                kills += 1
                server.kill()
                if rng.random() < 0.5:
                    # Told that Redis is away, in bounded time; what it knows already is a duplicate in any case.
                    assert {outcome.status for outcome in replica.send(batch) or ()} <= {"duplicate"}
                server.start(wait=rng.random() < 0.5)
            _, took_s = patiently(lambda batch=batch: rng.choice(replicas).send(batch))  # type: ignore[misc]
            if killed:
                told.took("after a start of the server", took_s)
        told.count("kill -9 of the server", kills)
        check(histories.program(), url, replicas, events)
        assert kills


@pytest.mark.seeds(1)
def test_a_server_killed_while_batches_are_at_work(binary: Path, seed: int, told: Told) -> None:
    """The kill comes when a request has arrived: before, while or after it is carried out."""
    rng = Random(seed)
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server:
        armed = threading.Event()

        def choose(request: bytes) -> str:
            if armed.is_set() and b"rulelang1" in request:
                armed.clear()
                threading.Timer(rng.random() * 0.004, server.kill).start()
            return "pass"

        with proxy(server.port, choose) as one:
            url = f"redis://127.0.0.1:{one.port}?name=city&{QUICK}"
            events = histories.events(rng, 80)
            replicas = [Replica(histories.program(), url) for _ in range(2)]
            for replica in replicas:
                when_it_can(replica.at_work)
            sent = list(events)
            while sent:
                batch, sent = sent[:4], sent[4:]
                if rng.random() < 0.3:
                    armed.set()
                    rng.choice(replicas).send(batch)
                    servers.until(lambda: armed.is_set() or not server.runs, "the server is dead")
                    armed.clear()
                    if not server.runs:
                        told.count("kill -9 of the server, at work")
                        server.start()
                patiently(lambda batch=batch: rng.choice(replicas).send(batch))  # type: ignore[misc]
            check(histories.program(), url, replicas, events)
