"""Servers that take over from each other, and slots that move: with WAIT nothing acknowledged is lost; without, what is lost is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from engine.stores import make_store
from engine.stores.interface import StoreAway, StoreForked
from tests.redis import histories, servers
from tests.redis.proxy import proxy
from tests.redis.replicas import Replica, check, patiently, when_it_can
from tests.redis.told import Told

QUICK = "connect_s=1&reply_s=1&patience_s=1"
"""For who sends again until it is acknowledged."""
IMPATIENT = "connect_s=60&reply_s=60&patience_s=0.1"
"""Gives up at once where a server says no, and never because a machine is slow."""


def act(name: str) -> dict[str, object]:
    return {
        "id": name,
        "source": "",
        "type": "act",
        "time": "2026-03-01T10:00:00Z",
        "officer": "P1",
        "case": name,
        "amount": 1,
        "night": False,
    }


@pytest.fixture
def primary(binary: Path, tmp_path: Path) -> Iterator[servers.Server]:
    started = servers.Server(binary, tmp_path / "primary").start()
    yield started
    started.kill()


@pytest.fixture
def replica(primary: servers.Server, tmp_path: Path) -> Iterator[servers.Server]:
    started = servers.replica_of(primary, tmp_path / "replica")
    yield started
    started.kill()


@pytest.fixture
def sentinel(primary: servers.Server, replica: servers.Server, tmp_path: Path) -> Iterator[servers.Server]:
    started = servers.sentinel_of(primary, tmp_path / "sentinel")
    servers.until(lambda: len(started.ask("SENTINEL", "REPLICAS", "city")) == 1, "the Sentinel knows the replica")
    yield started
    started.kill()


@pytest.mark.seeds(1)
def test_a_failover_with_a_replica_and_wait_loses_nothing(
    primary: servers.Server, replica: servers.Server, sentinel: servers.Server, seed: int, told: Told
) -> None:
    rng = Random(seed)
    url = f"redis+sentinel://127.0.0.1:{sentinel.port}/city?wait_replicas=1&wait_s=0.3&{QUICK}"
    events = histories.events(rng, 60)
    replicas = [Replica(histories.program(), url) for _ in range(2)]
    nodes = [primary, replica]
    sent = list(events)
    failovers = 0
    while sent:
        batch, sent = sent[:5], sent[5:]
        if not failovers and (rng.random() < 0.2 or len(sent) < 20):
            at = [node.port for node in nodes].index(int(sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "city")[1]))
            nodes[at].kill()
            failovers += 1
            told.count("failover by a Sentinel")
            rng.choice(replicas).send(batch)
            servers.until(lambda other=nodes[1 - at]: other.info()["role"] == "master", "the replica takes over")  # type: ignore[misc]
            # WAIT asks for a replica, so that nothing is acknowledged until there is one again.
            assert rng.choice(replicas).send(batch) is None
            nodes[at].start().ask("REPLICAOF", "127.0.0.1", nodes[1 - at].port)  # a Sentinel would see to it, after some time
            _, took_s = patiently(lambda batch=batch: rng.choice(replicas).send(batch))  # type: ignore[misc]
            told.took("from the return of a replica to the first acknowledgement", took_s)
        else:
            patiently(lambda batch=batch: rng.choice(replicas).send(batch))  # type: ignore[misc]
    assert failovers
    check(histories.program(), url, replicas, events)


def test_nothing_is_acknowledged_that_no_replica_has(primary: servers.Server, replica: servers.Server) -> None:
    url = f"redis://127.0.0.1:{primary.port}?wait_replicas=1&wait_s=0.2&{servers.PATIENT}"
    one, other = Engine(histories.program(), store=url), Engine(histories.program(), store=url)
    assert when_it_can(lambda: one.evaluate(act("e1"))).status in ("accepted", "duplicate")
    replica.pause()
    with pytest.raises(
        StoreAway, match="0 of the server's replicas have what was written, 1 are asked for; it is there, but not acknowledged"
    ):
        one.evaluate(act("e2"))
    # It is in the journal, where another finds it: that it was there before is as little acknowledged.
    with pytest.raises(StoreAway, match="0 of the server's replicas"):
        other.evaluate(act("e2"))
    replica.go_on()
    assert when_it_can(lambda: other.evaluate(act("e2"))).status == "duplicate"
    assert when_it_can(lambda: one.evaluate(act("e2"))).status == "duplicate"


def test_what_a_failover_without_wait_loses_is_noticed_and_the_rest_goes_on(primary: servers.Server, replica: servers.Server) -> None:
    servers.until(lambda: replica.info()["master_link_status"] == "up", "the replica follows")
    with proxy(primary.port, lambda request: "pass") as address:
        url = f"redis://127.0.0.1:{address.port}?{servers.PATIENT}"
        one = Engine(histories.program(), store=url)
        assert one.evaluate(act("e1")).status == "accepted"
        servers.until(lambda: replica.info()["master_repl_offset"] == primary.info()["master_repl_offset"], "the replica has it")
        replica.ask("REPLICAOF", "NO", "ONE")
        assert one.evaluate(act("e2")).status == "accepted"  # acknowledged, and lost:
        primary.kill()
        address.target = replica.port
        with pytest.raises(StoreForked, match="another history"):
            one.evaluate(act("e3"))
        with pytest.raises(StoreForked, match="another history"):
            one.checkpoint()
        with pytest.raises(StoreForked, match="another history"):
            one.advance("2026-03-02T00:00:00Z")
        anew = Engine(histories.program(), store=url)
        assert [anew.evaluate(act(name)).status for name in ("e1", "e3", "e2")] == ["duplicate", "accepted", "accepted"]
        with pytest.raises(StoreForked, match="another history"):  # also where the other one is as long, or longer
            one.evaluate(act("e3"))
        with pytest.raises(StoreForked, match="another history"):
            one.checkpoint()


def test_a_replica_is_not_written_to(primary: servers.Server, replica: servers.Server) -> None:
    with pytest.raises(StoreAway, match=f"127.0.0.1:{replica.port} is a replica, which takes no writes"):
        Engine(histories.program(), store=f"redis://127.0.0.1:{replica.port}?{IMPATIENT}")


def test_a_server_that_becomes_a_replica_while_it_is_used_is_away(primary: servers.Server, replica: servers.Server) -> None:
    one = Engine(histories.program(), store=f"redis://127.0.0.1:{primary.port}?{IMPATIENT}")
    primary.ask("REPLICAOF", "127.0.0.1", replica.port)
    with pytest.raises(StoreAway):
        one.evaluate(act("e1"))
    primary.ask("REPLICAOF", "NO", "ONE")
    assert when_it_can(lambda: one.evaluate(act("e1"))).status == "accepted"


# ---------------------------------------------------------------------- cluster

WRITER = """
import json, sys, time
from tests.redis import histories
from tests.redis.proxy import proxy
from tests.redis.replicas import Replica, patiently
replica = Replica(histories.program(), sys.argv[1])
for line in sys.stdin:
    patiently(lambda: replica.send(json.loads(line)))
    print("acknowledged", flush=True)
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.seeds(1)
def test_slots_move_under_load(binary: Path, tmp_path: Path, seed: int, told: Told) -> None:
    """Three writers, while the slot goes from node to node; the functions are on none of the others beforehand."""
    made = servers.cluster(binary, tmp_path)
    url = f"redis+cluster://{made.addresses}?name=city&{QUICK}"
    rng = Random(seed)
    shares = [histories.events(Random(seed * 10 + number), 60) for number in range(3)]
    for number, share in enumerate(shares):
        for event in share:
            event["source"] = f"s{number}"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in shares
    ]
    moved = threading.Event()

    def feed(writer: subprocess.Popen[str], share: list[dict[str, object]]) -> None:
        assert writer.stdin
        assert writer.stdout
        for at in range(0, len(share), 2):
            writer.stdin.write(json.dumps(share[at : at + 2]) + "\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "acknowledged\n"
            time.sleep(0 if moved.is_set() else 0.02)

    feeding = [threading.Thread(target=feed, args=pair) for pair in zip(writers, shares, strict=True)]
    try:
        for thread in feeding:
            thread.start()
        servers.until(lambda: made.owner("{city}").ask("EXISTS", "rulelang:{city}:journal"), "the writers are at work")
        for _ in range(4):
            move(made, rng)
            told.count("move of the slot")
        moved.set()
        for thread in feeding:
            thread.join(servers.PATIENCE_S)
        assert [writer.poll() for writer in writers] == [None] * 3
        check(histories.program(), url, [Replica(histories.program(), url)], [event for share in shares for event in share])
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
        made.stop()


def move(made: servers.Cluster, rng: Random) -> None:
    """The slot of {city}, key by key, to another node."""
    source = made.owner("{city}")
    target = rng.choice([node for node in made.nodes if node is not source])
    slot = source.ask("CLUSTER", "KEYSLOT", "{city}")
    ids = {node: node.ask("CLUSTER", "MYID").decode() for node in made.nodes}
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10):
        for key in rng.sample(keys, len(keys)):
            source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 60_000)
            time.sleep(0.02)
    for node in (target, source, *made.nodes):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])


@pytest.mark.seeds(1)
def test_a_node_of_a_cluster_dies_and_its_replica_takes_over(binary: Path, tmp_path: Path, seed: int, told: Told) -> None:
    made = servers.cluster(binary, tmp_path, replicas=3, node_timeout_ms=1_000)
    try:
        url = f"redis+cluster://{made.addresses}?name=city&wait_replicas=1&wait_s=0.5&{QUICK}"
        events = histories.events(Random(seed), 40)
        replicas = [Replica(histories.program(), url) for _ in range(2)]
        for batch in (events[:10], events[10:20]):
            patiently(lambda batch=batch: replicas[0].send(batch))  # type: ignore[misc]
        owner = made.owner("{city}")
        owner.kill()
        told.count("failover in a cluster")
        started = time.monotonic()
        # Not one is acknowledged by the new owner alone.
        servers.until(lambda: made.owner("{city}") is not owner, "another has the slot")
        told.took("until a cluster has another owner of the slot", time.monotonic() - started)
        assert replicas[1].send(events[20:30]) is None
        owner.start()
        for batch in (events[20:30], events[30:]):
            patiently(lambda batch=batch: replicas[1].send(batch))  # type: ignore[misc]
        check(histories.program(), url, replicas, events)
    finally:
        made.stop()


def test_some_nodes_of_a_cluster_are_enough_to_find_the_others(binary: Path) -> None:
    every = servers.lasting(binary, "redis+cluster")
    for address in every.removeprefix("redis+cluster://").split(","):
        store = make_store(f"redis+cluster://127.0.0.1:1,{address}?name=found-through-{address.rpartition(':')[2]}&{servers.PATIENT}")
        store.open("rules")
        assert store.append(b"entry") == 1
        store.close()
