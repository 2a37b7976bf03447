"""Windowed rules over events that carry four entities each, on Redis, beside the embedded store and beside what a pipeline can do at all.

Fifty-four rules, where the rules are most of the work; one rule; and the store alone, which is what Redis adds: entries of the same batches, and checkpoints.
What counts is the time on the wall, since the server works too; that of this process's processor is told beside it. The collector and the checkpoints are as in the service.
Of what is then on the server, the bytes an event (MEMORY USAGE): of the journal, and of the items of all checkpoints.

The pipeline's limit: for each event one APPEND and one GETRANGE for each of its four entities, of commands that were made beforehand, replies read by hiredis, in
batches of the same size, on the same server. Servers are those that the tests use: each binary that is found, on loopback, sharing the machine's cores.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import hiredis

import rulelang
from benchmarks.cases.windowed import ENTITIES, RULES, acts, evaluated, rules
from benchmarks.measure import Row, seconds
from engine.stores import make_store
from engine.stores.interface import Checkpoint
from tests.redis import servers

BATCH = 500
GOAL = ">= 0.5, >= 60,000"
RECORD = 32
"""Bytes of a record of the pipeline's limit: time, identity, kind, a value."""
ONE_RULE = (
    'timezone "Asia/Shanghai"\n'
    + "".join(f"entity {entity}\n" for entity in ENTITIES)
    + "event act\n"
    + "".join(f"    {entity}: {entity}\n" for entity in ENTITIES)
    + "    vehicle: text\n    amount: number\n    points: integer\n    night: boolean\n"
    + "rule busy\n    when count(act) >= 40 within officer over 1d\n    repeat after 1d\n"
)
Json = dict[str, Any]

WRITER = """
import json, sys
import engine
program = open(sys.argv[1], "rb").read()
eng = engine.Engine(program, store=sys.argv[2])
batches = json.load(open(sys.argv[3]))
print("ready", flush=True)
sys.stdin.readline()
for batch in batches:
    eng.evaluate_batch(batch)
print("done", flush=True)
"""


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _pipeline_limit(port: int, batches: Sequence[Sequence[Json]]) -> float:
    """Seconds for all batches."""
    lengths: dict[bytes, int] = {}
    requests = []
    for batch in batches:
        words = []
        for event in batch:
            for entity in ENTITIES:
                key = b"limit:{%s}" % str(event[entity]).encode()
                at = lengths.get(key, 0)
                lengths[key] = at + RECORD
                words += [_command(b"APPEND", key, b"x" * RECORD), _command(b"GETRANGE", key, b"%d" % at, b"%d" % (at + RECORD - 1))]
        requests.append((b"".join(words), len(words)))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def work() -> None:
            reader = hiredis.Reader()
            for request, commands in requests:
                connection.sendall(request)
                missing = commands
                while missing:
                    reader.feed(connection.recv(1 << 20))
                    while missing and reader.gets() is not False:
                        missing -= 1

        return seconds(work)


def _two_at_once(program: bytes, url: str, batches: Sequence[Sequence[Json]]) -> float:
    """Seconds until two processes, each with half of the batches, are through; both have then applied nearly all of them."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program").write_bytes(program)
        writers = []
        for half in range(2):
            (Path(folder) / f"batches{half}").write_text(json.dumps(batches[half::2]))
            command = [sys.executable, "-c", WRITER, f"{folder}/program", url, f"{folder}/batches{half}"]
            writers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"

        def work() -> None:
            for writer in writers:
                assert writer.stdin is not None
                writer.stdin.write("go\n")
                writer.stdin.flush()
            for writer in writers:
                assert writer.stdout is not None
                assert writer.stdout.readline() == "done\n"

        took = seconds(work)
        for writer in writers:
            writer.communicate()
        return took


def _store_alone(url: str, batches: Sequence[Sequence[Json]]) -> tuple[float, float]:
    """Seconds for adding the batches as entries to the journal, and for saving the events as items."""
    entries = [json.dumps({"now": None, "events": batch}).encode() for batch in batches]
    items = {("event", event["id"]): json.dumps(event).encode() for batch in batches for event in batch}
    store = make_store(url)
    store.open("benchmark")
    with closing(store):
        added = seconds(lambda: [store.append(entry, number) for number, entry in enumerate(entries)])
        saved = seconds(lambda: store.checkpoint(Checkpoint(items, len(entries))))
    return added, saved


def _memory(server: servers.Server, name: str, events: int) -> tuple[float, float]:
    """Bytes an event of the journal, and of the items, of the state of this name."""
    sizes = {key: server.ask("MEMORY", "USAGE", key, "SAMPLES", 0) for key in server.ask("KEYS", f"rulelang:{{{name}}}:*")}
    journal = sum(size for key, size in sizes.items() if key.endswith(b":journal"))
    items = sum(size for key, size in sizes.items() if b":items:" in key)
    return journal / events, items / events


def run(smoke: bool) -> list[Row]:
    many, one = rulelang.compile_text(rules()), rulelang.compile_text(ONE_RULE)
    events = acts(2_000 if smoke else 30_000)
    n = len(events)
    batches = [events[at : at + BATCH] for at in range(0, n, BATCH)]
    few = [events[at : at + 1] for at in range(100 if smoke else 2_000)]
    rows = []
    memory = {}
    for name, program in (("1 rule", one), (f"{RULES} rules", many)):
        with tempfile.TemporaryDirectory() as folder:
            memory[name] = n / evaluated(program, "memory:", batches)[1]
            rows.append(Row("redis", f"{name}, memory", memory[name], "events/s"))
            _, t_sqlite, _ = evaluated(program, f"sqlite:{folder}/state.db", batches)
            rows.append(Row("redis", f"{name}, SQLite", n / t_sqlite, "events/s", "memory", memory[name]))
    for server_name, binary in servers.binaries().items():
        for fsync in ("everysec", "always"):
            with servers.server(binary, ("appendonly", "yes"), ("appendfsync", fsync)) as server:
                url, what = f"redis://127.0.0.1:{server.port}", f"{server_name} {fsync}"
                limit = n / _pipeline_limit(server.port, batches)
                added, saved = _store_alone(f"{url}?name=store", batches)
                rows.append(Row("redis", f"{what}: entries alone", n / added, "events/s", "pipeline", limit, ">= 0.5"))
                rows.append(Row("redis", f"{what}: entries and a checkpoint", n / (added + saved), "events/s", "pipeline", limit, ">= 0.5"))
                for name, program in (("1 rule", one), (f"{RULES} rules", many)):
                    busy, taken, each = evaluated(program, f"{url}?name={name[0]}", batches)
                    goal = GOAL if program is many else None
                    rows.append(Row("redis", f"{what}: {name}", n / taken, "events/s", "pipeline", limit, goal))
                    rows.append(Row("redis", f"{what}: {name}, of its core", n / busy, "events/s", "memory", memory[name]))
                    rows.append(Row("redis", f"{what}: {name}, a batch, median", statistics.median(each) * 1e3, "ms"))
                    rows.append(Row("redis", f"{what}: {name}, a batch, 99th of 100", sorted(each)[len(each) * 99 // 100] * 1e3, "ms"))
                    journal, items = _memory(server, name[0], n)
                    rows.append(Row("redis", f"{what}: {name}, journal", journal, "bytes/event"))
                    rows.append(Row("redis", f"{what}: {name}, items", items, "bytes/event"))
                *_, alone = evaluated(one, f"{url}?name=alone", few)
                rows.append(Row("redis", f"{what}: 1 rule, a single event, median", statistics.median(alone) * 1e3, "ms"))
                rows.append(Row("redis", f"{what}: 1 rule, single events, journal", _memory(server, "alone", len(few))[0], "bytes/event"))
                if fsync == "everysec":
                    both = _two_at_once(one, f"{url}?name=two", batches)
                    rows.append(Row("redis", f"{what}: 1 rule, two engines at once, together", n / both, "events/s"))
    return rows
