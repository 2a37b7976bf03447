"""A replica in a process of its own, which can be killed at any moment: `python -m tests.redis.process URL`.

In, on standard input: batches, JSON arrays, a line each.  Out, on standard output: a line for each batch, once it is acknowledged: the statuses, or the error.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.stores.interface import StoreError
from tests.redis import histories
from tests.redis.replicas import Replica

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """What a test holds of it. One batch at a time is on its way."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._running: subprocess.Popen[str] | None = None

    def begin(self, batch: list[dict[str, Any]]) -> None:
        if self._running is None:
            command = [sys.executable, "-m", "tests.redis.process", self._url]
            self._running = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps(batch) + "\n")
        self._running.stdin.flush()

    def answer(self) -> list[str] | None:
        """None: not acknowledged."""
        assert self._running is not None
        assert self._running.stdout is not None
        told = json.loads(self._running.stdout.readline() or "null")
        return told if isinstance(told, list) else None

    def kill(self) -> None:
        """kill -9."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None


def main() -> None:
    replica = Replica(histories.program(), sys.argv[1])
    for line in sys.stdin:
        try:
            outcomes = replica.send(json.loads(line))
            print(json.dumps(None if outcomes is None else [outcome.status for outcome in outcomes]), flush=True)
        except StoreError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
