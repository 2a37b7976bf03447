"""The service as it is run: a process of its own, told what to do by signals.

In: the words of its command line.  Out: a process that listens, its log, and stubs.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, event_pb2, rulesets_pb2, rulesets_pb2_grpc
from tests.service.inside import WAIT_S
from tests.service.scene import lines

ROOT = Path(__file__).parents[2]


class Process:
    """One run of `rulelang serve`. `log` is its standard error."""

    def __init__(self, folder: Path, rules: Path, *options: str, **environment: str) -> None:
        self.log = folder / f"log-{time.monotonic_ns()}.jsonl"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli.main", "serve", "--listen", "127.0.0.1:0", str(rules), *options],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **environment},
                text=True,
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], WAIT_S)
        line = self.process.stdout.readline() if ready else ""
        assert line.startswith("listening on "), f"it does not listen: {line!r}\n{self.log.read_text()}"
        self.address = line.split()[-1]

    @property
    def pid(self) -> int:
        return self.process.pid

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address, options=[("grpc.enable_retries", 0)])

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(WAIT_S)

    def stop(self) -> int:
        """As its supervisor ends it."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """As nobody should."""
        self.process.kill()
        self.process.wait()

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in lines(self.log) if line["message"] == message]

    def until_said(self, message: str, count: int = 1) -> list[dict[str, Any]]:
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            # The last line may be half written.
            text = self.log.read_text("utf-8")
            if text.endswith("\n") and len(found := self.said(message)) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not say {message!r} {count} times:\n{self.log.read_text()}")


@contextmanager
def serving(folder: Path, rules: Path, *options: str, **environment: str) -> Iterator[Process]:
    process = Process(folder, rules, *options, **environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.kill()


def evaluate(process: Process, *events: event_pb2.Event) -> evaluation_pb2.EvaluateBatchResponse:
    with process.channel() as channel:
        return evaluation_pb2_grpc.EvaluationStub(channel).EvaluateBatch(evaluation_pb2.EvaluateBatchRequest(events=events), timeout=WAIT_S)


def describe(process: Process) -> rulesets_pb2.DescribeResponse:
    with process.channel() as channel:
        return rulesets_pb2_grpc.RuleSetsStub(channel).Describe(rulesets_pb2.DescribeRequest(), timeout=WAIT_S)
