"""kill -9 at any moment: after a restart, and after sending again what was not acknowledged, the findings are those of an undisturbed run.

Four kills a seed; `--campaign 25` makes a hundred of them.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

import rulelang
from engine.stores.sqlite import SqliteStore
from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, event_pb2
from tests.service.inside import WAIT_S
from tests.service.outside import ROOT, Process, serving
from tests.service.scene import RULES, ago, event, standing, stop, write_rules

KILLS = 4
BATCHES = 120
AHEAD = 8
"""Messages of a stream that are sent before the first of them is answered."""
DUPLICATE = evaluation_pb2.STATUS_DUPLICATE
Answers = dict[int, list[evaluation_pb2.Outcome]]


def batches(chance: random.Random) -> list[list[event_pb2.Event]]:
    """Batches in the order of sending: late events, some twice, and some that are refused."""
    made: list[list[event_pb2.Event]] = []
    sent: list[event_pb2.Event] = []
    for number in range(BATCHES):
        batch = []
        for _ in range(chance.randrange(1, 40)):
            name, hours = f"e{len(sent)}", 200 - number + chance.choice((0.0, 0.0, 0.0, chance.uniform(-30, 30)))
            officer = f"P{chance.randrange(40)}"
            kind = chance.random()
            if kind < 0.6:
                one = stop(name, hours, officer, licence=f"L{chance.randrange(60)}", place=f"p{chance.randrange(5)}")
            elif kind < 0.7:
                one = event(name, "report", ago(hours), officer=officer)
            elif kind < 0.8:
                one = event(name, "breath_test", ago(hours), case=f"C{number}", officer=officer, alcohol_field=chance.uniform(0, 200))
            elif kind < 0.9:
                one = event(name, "blood_test", ago(hours), "lab", case=f"C{number}", blood_result=chance.uniform(0, 200))
            elif kind < 0.95 and sent:
                one = chance.choice(sent)
            else:
                one = stop(name, hours, officer, fine="dear")
            batch.append(one)
            sent.append(one)
        made.append(batch)
    return made


class Sender:
    """Sends batches until the service is gone or there have been enough answers, and keeps what was acknowledged."""

    def __init__(self, work: list[list[event_pb2.Event]]) -> None:
        self.work = work
        self.answers: Answers = {}
        self.enough = len(work)

    def left(self) -> list[int]:
        return [number for number in range(len(self.work)) if number not in self.answers]

    def send(self, process: Process, way: str) -> None:
        with process.channel() as channel:
            stub = evaluation_pb2_grpc.EvaluationStub(channel)
            self.check_the_last_ones_again(stub)
            try:
                if way == "stream":
                    ahead = threading.Semaphore(AHEAD)
                    for answer in stub.EvaluateStream(self.messages(ahead)):
                        self.answers[answer.sequence] = list(answer.outcomes)
                        ahead.release()
                else:
                    with ThreadPoolExecutor(4) as threads:
                        list(threads.map(lambda number: self.one(stub, number), self.left()))
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    raise

    def messages(self, ahead: threading.Semaphore) -> Iterator[evaluation_pb2.EvaluateStreamRequest]:
        for number in self.left():
            if not ahead.acquire(timeout=30) or len(self.answers) >= self.enough:
                return
            yield evaluation_pb2.EvaluateStreamRequest(sequence=number, events=self.work[number])

    def one(self, stub: Any, number: int) -> None:
        if len(self.answers) >= self.enough:
            return
        answer = stub.EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=self.work[number]), timeout=WAIT_S)
        self.answers[number] = list(answer.outcomes)

    def check_the_last_ones_again(self, stub: Any) -> None:
        """What was acknowledged before the kill is known after it, with the answer that was given."""
        for number in list(self.answers)[-3:]:
            try:
                again = stub.EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=self.work[number]), timeout=WAIT_S).outcomes
            except grpc.RpcError:
                return  # killed meanwhile
            for first, second in zip(self.answers[number], again, strict=True):
                if first.status == evaluation_pb2.STATUS_ACCEPTED:
                    assert second.status == DUPLICATE, (number, second)
                    second.status = first.status
                assert second == first


def murder(process: Process, sender: Sender, answered: int, chance: random.Random) -> None:
    """When so many batches have been answered, or a moment later; now and then while it ends and writes its checkpoint."""
    until = time.monotonic() + WAIT_S
    while len(sender.answers) < answered and time.monotonic() < until:
        time.sleep(0.0005)
    time.sleep(chance.choice((0.0, chance.uniform(0, 0.02))))
    if chance.random() < 0.3:
        process.signal(signal.SIGTERM)
        time.sleep(chance.uniform(0, 0.03))
    process.kill()


def kill_while_it_starts(rules: Path, url: str, chance: random.Random) -> None:
    words = [sys.executable, "-m", "services.cli.main", "serve", str(rules), "--listen", "127.0.0.1:0", "--store", url]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(chance.uniform(0.3, 1.5))
    process.kill()
    process.communicate()


def verify(store: Path) -> int:
    """Recompute the chain of the journal."""
    opened = SqliteStore(str(store))
    opened.open("")
    try:
        return opened.verify()
    finally:
        opened.close()


@pytest.mark.seeds(1)
def test_a_service_that_is_killed_finds_what_an_undisturbed_one_finds(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}, {KILLS} kills")
    chance = random.Random(seed)
    rules, program = write_rules(tmp_path / "rules"), rulelang.compile_text(RULES)
    work = batches(random.Random(seed))

    undisturbed = Sender(work)
    with serving(tmp_path, rules, "--store", f"sqlite:{tmp_path / 'whole.db'}") as process:
        undisturbed.send(process, "stream")
        assert process.stop() == 0
    assert not undisturbed.left()

    sender, store = Sender(work), tmp_path / "killed.db"
    for kill in range(KILLS):
        if chance.random() < 0.2:
            kill_while_it_starts(rules, f"sqlite:{store}", chance)
            continue
        with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
            some = len(sender.left()) // (KILLS - kill + 1)
            answered = len(sender.answers) + chance.randrange(some + 1)
            sender.enough = answered + some // 2  # should the murderer be late
            killer = threading.Thread(target=murder, args=(process, sender, answered, chance))
            killer.start()
            sender.send(process, chance.choice(("stream", "calls")))
            killer.join()
        assert sender.left(), "it was killed when all was done"
    with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
        sender.enough = len(work)
        sender.send(process, "stream")
        process.kill()
    assert not sender.left()

    expected = standing(program, tmp_path / "whole.db")
    assert len(expected) > 100
    assert standing(program, store) == expected
    assert verify(store) > 0
