"""Copies of a SQLite store that goes on meanwhile: each is what the store held at one moment, or the one before."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.stores.interface import Checkpoint, StoreError
from engine.stores.sqlite import SqliteStore

PATIENCE_S = 120.0
LARGE = os.urandom(1 << 20)
"""Makes a store so large that copying it takes a moment."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(str(tmp_path / "kept.db"))
    made.open("rules-1")
    with closing(made):
        yield made


def taken(store: SqliteStore) -> None:
    until = time.monotonic() + PATIENCE_S
    while not store.copied():
        assert time.monotonic() < until
        time.sleep(0.01)


def content(path: Path) -> tuple[list[tuple[int, bytes]], list[tuple[str, bytes]], int]:
    store = SqliteStore(str(path))
    assert store.open("rules-1")
    with closing(store):
        return list(store.journal()), list(store.items("event")), store.applied()


def stop_copying(store: SqliteStore, number: int) -> None:
    assert store._copy is not None
    os.kill(store._copy._process.pid, number)


def test_what_is_written_while_it_is_made_is_not_in_it(store: SqliteStore, tmp_path: Path) -> None:
    for number in range(40):
        store.append(LARGE + bytes([number]))
    store.checkpoint(Checkpoint({("event", "e1"): LARGE}, 40))
    store.append(b"the last")
    store.begin_copy(tmp_path / "copy.db")
    stop_copying(store, signal.SIGSTOP)
    for number in range(40):
        store.append(LARGE + bytes([number]))
    store.checkpoint(Checkpoint({("event", "e1"): b"changed", ("event", "e2"): LARGE}, 81))
    assert not store.copied()
    stop_copying(store, signal.SIGCONT)
    taken(store)
    entries, items, applied = content(tmp_path / "copy.db")
    assert (len(entries), entries[-1], items, applied) == (41, (41, b"the last"), [("e1", LARGE)], 40)
    store.append(b"goes on")
    assert store.verify() == 82
    assert [key for key, _ in store.items("event")] == ["e1", "e2"]


def test_the_next_copy_takes_the_place_of_the_one_before(store: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    for number in range(1, 4):
        store.append(b"entry")
        store.begin_copy(copy)
        taken(store)
        assert len(content(copy)[0]) == number
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]


def test_what_the_write_ahead_log_holds_is_written_back_again_after_a_copy(store: SqliteStore, tmp_path: Path) -> None:
    store.begin_copy(tmp_path / "copy.db")
    taken(store)
    for _ in range(60):
        store.append(LARGE)
    assert (tmp_path / "kept.db-wal").stat().st_size < 20 * len(LARGE)


def test_a_copy_that_fails_leaves_the_one_before_and_the_store_as_they_are(store: SqliteStore, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    store.append(b"one")
    store.begin_copy(copy)
    taken(store)
    before = copy.read_bytes()
    store.append(b"two")
    store.begin_copy(copy)
    stop_copying(store, signal.SIGKILL)
    until = time.monotonic() + PATIENCE_S
    failed = ""
    while not failed:  # it may have been done already
        assert time.monotonic() < until
        try:
            if store.copied():
                store.begin_copy(copy)
                stop_copying(store, signal.SIGKILL)
                before = copy.read_bytes()
        except StoreError as error:
            failed = str(error)
    assert "copy.db: the copy failed: exit code -9" in failed
    assert copy.read_bytes() == before
    assert not (tmp_path / "copy.db.part").exists()
    assert not store.copying
    assert store.append(b"three") == 3


def test_a_copy_that_cannot_be_begun_is_said(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/copy\.db: the copy cannot be begun \(No such file or directory\)"):
        store.begin_copy(tmp_path / "nowhere" / "copy.db")
    assert store.append(b"goes on") == 1


def test_a_store_that_is_closed_gives_its_copy_up(store: SqliteStore, tmp_path: Path) -> None:
    for _ in range(40):
        store.append(LARGE)
    store.begin_copy(tmp_path / "copy.db")
    stop_copying(store, signal.SIGSTOP)
    store.close()
    assert not (tmp_path / "copy.db.part").exists()
    assert len(content(tmp_path / "kept.db")[0]) == 40
