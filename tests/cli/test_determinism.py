"""Replay's output is the same, byte for byte, whatever the order of the lines, the batches, the store, and the restarts in between.

On a generated day of the shipped rules: late events, events sent twice, deadlines, ladders, rules over findings.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import rulelang as language
from services.demo.generate import generate
from services.simulate.city import open_days
from tests.cli.command import ROOT, as_lines, rulelang

RULES = ROOT / "rules"
UNTIL = "2026-11-24"
SEED = 20261123

Lines = list[str]


@pytest.fixture(scope="module")
def lines() -> Lines:
    days = generate(date(2026, 11, 23), open_days(language.load(RULES).calendars), seed=SEED)
    # Of several contents under one name the first counts, which is the one thing that the order decides: here there is only that one.
    first = {(event["source"], event["id"]): event for event in reversed((*days.before, *days.events))}
    return [as_lines([event]) for event in (*days.before, *days.events) if first[event["source"], event["id"]] == event]


def replay(given: Lines, *options: object, until: str | None = UNTIL) -> str:
    clock = () if until is None else ("--until", until)
    done = rulelang("replay", RULES, "--events", "-", "--format", "jsonl", *clock, *options, given="".join(given))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def usual(lines: Lines) -> str:
    """What all others are held against."""
    found = replay(lines)
    assert found.count('"kind": "finding"') > 20
    assert found.count('"kind": "warning"') > 20
    return found


def shuffled(lines: Lines) -> Lines:
    return random.Random(SEED).sample(lines, len(lines))


def each_twice(lines: Lines) -> Lines:
    return shuffled([*lines, *lines])


def backwards(lines: Lines) -> Lines:
    return lines[::-1]


ORDERS: list[Callable[[Lines], Lines]] = [list, shuffled, each_twice, backwards]


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_in_memory(lines: Lines, usual: str, order: Callable[[Lines], Lines], batch: int) -> None:
    assert replay(order(lines), "--batch", batch) == usual


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("order", [shuffled, each_twice], ids=lambda order: order.__name__)
def test_as_they_arrive_what_stands_is_the_same(lines: Lines, usual: str, order: Callable[[Lines], Lines], batch: int) -> None:
    found = replay(order(lines), "--batch", batch, "--as-arrived")
    standing = "".join(line for line in found.splitlines(keepends=True) if '"status": "issued"' in line)
    assert standing == usual


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_on_disk_and_read_again(lines: Lines, usual: str, batch: int, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path}/state.db"
    assert replay(shuffled(lines), "--batch", batch, "--store", store) == usual
    assert replay([], "--store", store) == usual


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_restarted_in_the_middle(lines: Lines, usual: str, order: Callable[[Lines], Lines], tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path}/state.db"
    given = order(lines)
    cuts = sorted(random.Random(SEED).sample(range(1, len(given)), 3))
    for start, end in zip([0, *cuts], [*cuts, len(given)], strict=True):
        last = end == len(given)
        found = replay(given[start:end], "--batch", 7, "--store", store, until=UNTIL if last else None)
    assert found == usual, f"cut at {cuts}"


def test_killed_in_the_middle_and_sent_again(lines: Lines, usual: str, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path}/state.db"
    given = shuffled(lines)
    command = [
        sys.executable,
        "-m",
        "services.cli.main",
        "replay",
        str(RULES),
        "--events",
        "-",
        "--as-arrived",
        "--batch",
        "7",
        "--store",
        store,
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    assert process.stdin is not None
    journal = tmp_path / "state.db-wal"
    process.stdin.write("".join(given[: len(given) // 2]).encode())
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.stat().st_size > 100_000):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdin.close()
    assert replay(given, "--store", store) == usual
