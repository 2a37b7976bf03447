"""The service over gRPC, in a process of its own: events of 24 fields, fifty-four rules about single events, durable before an answer is given.

Time is the processor time of the server's process (Linux: /proc), since client and server share the machine's cores; what a client sees is told beside it.
Beside: a server that answers the same messages with bytes made beforehand, unread (gRPC alone), and one that reads each event with the protobuf library
into a dict. Then one event a call, against the empty handler, and how long such a call takes at half of the greatest rate.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from grpc import aio

import rulelang
from benchmarks import workload
from benchmarks.measure import Row, in_turn
from engine.machine import Machine, split_events
from engine.program import load
from proto.rulelang.v1 import evaluation_pb2, event_pb2
from services.server.events import event_dict

BATCH = 500
CALLERS = (16, 64, 128)
"""How many wait for an answer at a time."""
CALLS_MAX = 4096
"""So many are let in, so that calls at a given rate only wait where they meet a pause."""
BATCH_CALL = "/rulelang.v1.Evaluation/EvaluateBatch"
ONE_CALL = "/rulelang.v1.Evaluation/Evaluate"
ROOT = Path(__file__).parents[2]

OTHER_SERVER = """
import asyncio, sys
import grpc
from grpc import aio
from proto.rulelang.v1 import evaluation_pb2
from services.server.events import event_dict

async def unread(data, context):
    return b""

async def dicts(data, context):
    for event in evaluation_pb2.EvaluateBatchRequest.FromString(data).events:
        event_dict(event)
    return b""

async def main():
    server = aio.server()
    handler = {"unread": unread, "dicts": dicts}[sys.argv[1]]
    names = ("Evaluate", "EvaluateBatch")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("rulelang.v1.Evaluation", {name: grpc.unary_unary_rpc_method_handler(handler) for name in names}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()

asyncio.run(main())
"""


def message(event: workload.Event) -> event_pb2.Event:
    """The event as an upstream system sends it."""
    made = event_pb2.Event(id=event["id"], source=event["source"], type=event["type"])
    made.time.FromJsonString(event["time"])
    for name in workload.FIELDS:
        value = event[name]
        kind = {bool: "boolean", int: "integer", float: "number", str: "text"}[type(value)]
        setattr(made.fields[name], kind, value)
    return made


@contextmanager
def server(*command: str) -> Iterator[tuple[str, int]]:
    """A server's address and process. Its log goes nowhere."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RULELANG_LOG_LEVEL": "warning", "RULELANG_LIMITS_CALLS_MAX": str(CALLS_MAX)}
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), line
        yield line.split()[-1], process.pid
    finally:
        process.terminate()
        process.wait()


def processor_s(pid: int) -> float:
    """Processor time of a process until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def batches_sent(address: str, pid: int, requests: Sequence[bytes]) -> tuple[float, float, list[bytes]]:
    """Seconds of the server's processor, seconds on the wall, and the answers; two calls at a time, so that the server never waits for the client."""

    async def all_of_them() -> tuple[float, float, list[bytes]]:
        async with aio.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)]) as channel:
            call = channel.unary_unary(BATCH_CALL)
            answers = [b""] * len(requests)
            numbers = iter(range(len(requests)))

            async def caller() -> None:
                for number in numbers:
                    answers[number] = await call(requests[number])

            busy, began = processor_s(pid), time.perf_counter()
            await asyncio.gather(caller(), caller())
            return processor_s(pid) - busy, time.perf_counter() - began, answers

    return asyncio.run(all_of_them())


def single_calls(address: str, pid: int, requests: Sequence[bytes], callers: int) -> tuple[float, float]:
    """Calls a second on the wall, so many at a time, and processor seconds of the server for each."""

    async def all_of_them() -> tuple[float, float]:
        async with aio.insecure_channel(address) as channel:
            call = channel.unary_unary(ONE_CALL)
            left = iter(requests)

            async def caller() -> None:
                for request in left:
                    await call(request)

            busy, began = processor_s(pid), time.perf_counter()
            await asyncio.gather(*(caller() for _ in range(callers)))
            return len(requests) / (time.perf_counter() - began), (processor_s(pid) - busy) / len(requests)

    return asyncio.run(all_of_them())


def paced_calls(address: str, requests: Sequence[bytes], rate: float) -> list[float]:
    """How long each call takes, in seconds, sorted, where they begin at this rate whatever became of those before."""

    async def all_of_them() -> list[float]:
        async with aio.insecure_channel(address) as channel:
            call = channel.unary_unary(ONE_CALL)
            taken = []

            async def one(request: bytes, due: float) -> None:
                await call(request)
                taken.append(time.perf_counter() - due)

            began = time.perf_counter()
            calls = []
            for number, request in enumerate(requests):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                calls.append(asyncio.create_task(one(request, due)))
            await asyncio.gather(*calls)
            return sorted(taken)

    return asyncio.run(all_of_them())


def _check(events: Sequence[workload.Event], requests: Sequence[bytes], answers: Sequence[bytes], trees: list[workload.Tree]) -> None:
    oracle = workload.oracle(trees)
    outcomes = [outcome for answer in answers for outcome in evaluation_pb2.EvaluateBatchResponse.FromString(answer).outcomes]
    assert len(outcomes) == len(events) == sum(len(evaluation_pb2.EvaluateBatchRequest.FromString(request).events) for request in requests)
    for event, outcome in zip(events, outcomes, strict=True):
        assert outcome.status == evaluation_pb2.STATUS_ACCEPTED, outcome
        assert sorted(finding.rule for finding in outcome.findings) == sorted(oracle(event)), (event, outcome)


def _decoding(program: bytes, requests: Sequence[bytes], rounds: int) -> list[Row]:
    """From the bytes of a request to rows: in compiled code, and with the library. No server."""
    machine = Machine(load(program))

    def ours() -> None:
        for request in requests:
            plain = split_events(request, 1)
            assert plain is not None
            for event in plain[0]:
                machine.decode(event)

    def library() -> None:
        for request in requests:
            for event in evaluation_pb2.EvaluateBatchRequest.FromString(request).events:
                machine.decode(event_dict(event))

    t_ours, t_library = in_turn(rounds, ours, library)
    per = 1e6 / (BATCH * len(requests))
    return [Row("service", "bytes to rows", t_ours * per, "us/event", "protobuf library", t_library * per)]


def _one_event_a_call(address: str, pid: int, requests: Sequence[bytes], empty: dict[int, tuple[float, float]]) -> list[Row]:
    """`empty`: by callers, the rate of an empty handler, and what it costs its core."""
    rows, rates = [], []
    parts = [requests[number :: len(CALLERS) + 1] for number in range(len(CALLERS) + 1)]
    for callers, part in zip(CALLERS, parts, strict=False):
        rate, each_s = single_calls(address, pid, part, callers)
        rates.append(rate)
        empty_rate, empty_s = empty[callers]
        what = f"one event a call, {callers} at a time"
        rows.append(Row("service", what, rate, "calls/s", "empty handler", empty_rate, ">= 0.9"))
        rows.append(Row("service", f"{what}: the server's core", each_s * 1e6, "us/call", "empty handler", empty_s * 1e6))
    taken = paced_calls(address, parts[-1], max(rates) / 2)
    rows.append(Row("service", "one event a call at half of the greatest rate, median", statistics.median(taken) * 1e3, "ms"))
    rows.append(Row("service", "one event a call at half of the greatest rate, 99th of 100", taken[len(taken) * 99 // 100] * 1e3, "ms"))
    return rows


def run(smoke: bool) -> list[Row]:
    trees = workload.SETS["mixed-54"]()
    text = workload.rule_file(trees)
    n = 1_000 if smoke else 30_000
    events = workload.events(2 * n)
    batches = [
        evaluation_pb2.EvaluateBatchRequest(events=map(message, events[at : at + BATCH])).SerializeToString() for at in range(0, n, BATCH)
    ]
    singles = [evaluation_pb2.EvaluateRequest(event=message(event)).SerializeToString() for event in events[n:]]
    singles = singles[: 400 if smoke else 12_000]
    rows = _decoding(rulelang.compile_text(text), batches[:10], 2 if smoke else 5)
    with server("-c", OTHER_SERVER, "unread") as (address, pid):
        unread, unread_wall, _ = batches_sent(address, pid, batches)
        empty = {callers: single_calls(address, pid, singles, callers) for callers in CALLERS}
    with server("-c", OTHER_SERVER, "dicts") as (address, pid):
        dicts, _, _ = batches_sent(address, pid, batches)
    rows.append(Row("service", "gRPC alone, bytes unread", n / max(unread, 0.01), "events/s of its core"))
    rows.append(Row("service", "read with the library into dicts", n / max(dicts, 0.01), "events/s of its core"))
    for store in ("sqlite", "memory"):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bench.rules").write_text(text)
            url = f"sqlite:{folder}/state.db" if store == "sqlite" else "memory:"
            serve = ("-m", "services.cli.main", "serve", "--listen", "127.0.0.1:0", "--store", url, f"{folder}/bench.rules")
            with server(*serve) as (address, pid):
                busy, wall, answers = batches_sent(address, pid, batches)
                _check(events[:n], batches, answers, trees)
                what = f"EvaluateBatch of {BATCH}, {len(trees)} rules, {store}"
                rows.append(Row("service", what, n / busy, "events/s of its core", "gRPC alone", n / max(unread, 0.01), ">= 300,000"))
                rows.append(Row("service", f"{what}: seen by a client", n / wall, "events/s", "gRPC alone", n / unread_wall))
                if store == "sqlite":
                    rows += _one_event_a_call(address, pid, singles, empty)
    return rows
