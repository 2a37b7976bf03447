"""What fails is told, changes nothing or all, and takes nothing else along."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine import Engine
from engine.engine import EngineBroken
from engine.limits import DEFAULT
from engine.stores.interface import Checkpoint, StoreError, StoreFull, StoreLocked, StoreReadOnly
from engine.stores.memory import MemoryStore
from engine.stores.sqlite import SqliteStore
from tests.engine.scene import Scene

RULES = """
rule twice
    when count(fine) >= 2 within officer over 1d
    points 2
rule later
    on fine after 1d
    when count(ruling) == 0 within case
ladder conduct within officer over 10d
    blue at 1
"""
ROOT = Path(__file__).parents[2]

# ------------------------------------------------------------------ the fold


class Trouble:
    """Raises in the middle of the fold, once it is told to: the hook that `explain` looks through."""

    def __init__(self) -> None:
        self.now = False

    def __call__(self, *looked: Any) -> None:
        if self.now:
            raise MemoryError("no room")


def test_an_engine_that_failed_half_way_neither_answers_nor_writes() -> None:
    store, trouble = MemoryStore(durable=True), Trouble()
    scene = Scene(RULES, store=store, on_looked=trouble)
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    trouble.now = True
    second = scene.event("fine", "02T11:00", officer="P1", case="K1")
    with pytest.raises(MemoryError):
        scene.engine.evaluate(second)
    engine = scene.engine
    for refused in (engine.standing, engine.history, engine.advance, engine.checkpoint, lambda: engine.evaluate(second)):
        with pytest.raises(EngineBroken, match=r"holds no longer what its journal says \(MemoryError: no room\); open the store again"):
            refused()
    engine.close()
    assert store.applied() == 0, "nothing was written of what was half changed"


def test_a_finding_that_is_kept_in_another_form_is_not_guessed_at() -> None:
    store = MemoryStore(durable=True)
    scene = Scene(RULES, store=store)
    for hour in (10, 11):
        scene.send("fine", f"02T{hour}:00", officer="P1", case="K1")
    scene.engine.checkpoint()
    ((id_, item),) = store.items("finding")
    kept = json.loads(item)
    state = {"engine": store.load("state", ["engine"])["engine"]}
    for form in ({"shown": kept["shown"], "saved": kept["saved"]}, kept["saved"]):
        store.checkpoint(Checkpoint({("finding", id_): json.dumps(form).encode(), ("state", "engine"): state["engine"]}, store.applied()))
        with pytest.raises(StoreError, match=r"an item of the store does not begin with \{\"saved\":; restore the store from a copy"):
            Engine(scene.engine.program, store=store)


def test_the_next_engine_begins_from_what_the_journal_says() -> None:
    store, trouble = MemoryStore(durable=True), Trouble()
    scene = Scene(RULES, store=store, on_looked=trouble)
    events = [scene.event("fine", f"02T1{hour}:00", officer="P1", case="K1") for hour in range(4)]
    scene.engine.evaluate(events[0])
    trouble.now = True
    with pytest.raises(MemoryError):
        scene.engine.evaluate_batch(events[1:])
    again = Engine(scene.program, store=store)
    assert [outcome.status for outcome in again.evaluate_batch(events)] == ["duplicate"] * 4
    undisturbed = Engine(scene.program)
    undisturbed.evaluate_batch(events)
    assert again.standing() == undisturbed.standing() != []


def test_an_interrupt_breaks_the_engine_too() -> None:
    def interrupt(*looked: Any) -> None:
        raise KeyboardInterrupt

    scene = Scene(RULES, on_looked=interrupt)
    with pytest.raises(KeyboardInterrupt):
        scene.send("fine", "02T10:00", officer="P1")
    with pytest.raises(EngineBroken):
        scene.engine.standing()


def test_one_refused_event_leaves_the_others_of_its_batch_alone() -> None:
    scene = Scene(RULES, limits=replace(DEFAULT, records_max=2))
    batch = [
        scene.event("fine", "02T10:00", officer=officer, case="K1", amount=amount)
        for officer, amount in (("P1", 1), ("P1", "dear"), ("P2", 1), ("P1", 1))
    ]
    statuses = [outcome.status for outcome in scene.engine.evaluate_batch(batch)]
    assert statuses == ["accepted", "refused", "accepted", "refused"], "the wrong one, and the third of its case"
    assert scene.found() == []
    assert scene.send("fine", "02T10:00", officer="P1", case="K2").status == "accepted"
    assert scene.found() == ["twice P1 02T10:00"]


def test_what_data_may_do_raises_nothing() -> None:
    scene = Scene(
        "rule odd when (amount / number) * 1e308 * 1e308 > 0 or number * 9223372036854775807 > 0 or wait * 1e300 > 1h within case"
    )
    data: list[dict[str, object]] = [
        {"amount": 1, "number": 0},
        {"amount": 1e308, "number": -1},
        {"number": 9223372036854775807},
        {"wait": 1e12},
    ]
    for hour, fields in enumerate(data):
        assert scene.send("fine", f"02T1{hour}:00", case="K1", **fields).status == "accepted"
    assert scene.found() == []
    assert scene.engine.undecided == {"odd": 4}


# ------------------------------------------------------------------ the store


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[Scene, SqliteStore]]:
    store = SqliteStore(str(tmp_path / "store.db"))
    scene = Scene(RULES, store=store)
    yield scene, store
    store.close()


def test_a_full_disk_reaches_the_caller_and_nothing_is_half_applied(stored: tuple[Scene, SqliteStore]) -> None:
    scene, store = stored
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    before = scene.engine.standing()
    assert store._database is not None
    (pages,) = store._database.execute("pragma page_count").fetchone()
    store._database.execute(f"pragma max_page_count = {pages}")
    noise = Random(1)
    batch = [scene.event("fine", "02T11:00", officer="P1", case="K1", note=f"{noise.random()}" * 20) for _ in range(500)]
    with pytest.raises(StoreFull, match="the disk is full; make room and send again"):
        scene.engine.evaluate_batch(batch)
    assert scene.engine.standing() == before
    store._database.execute("pragma max_page_count = 1000000")
    assert {outcome.status for outcome in scene.engine.evaluate_batch(batch)} == {"accepted"}
    assert scene.found() == ["twice P1 02T11:00"]


def test_a_store_that_may_not_be_written_reaches_the_caller_and_the_clock_stands_still(stored: tuple[Scene, SqliteStore]) -> None:
    scene, store = stored
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    assert store._database is not None
    store._database.execute("pragma query_only = on")
    for fails in (lambda: scene.send("fine", "02T11:00", officer="P1"), lambda: scene.clock("05T00:00"), scene.engine.checkpoint):
        with pytest.raises(StoreReadOnly):
            fails()
    store._database.execute("pragma query_only = off")
    assert scene.found() == []
    scene.clock("05T00:00")
    assert scene.found() == ["later K1 03T10:00"]


def test_a_store_in_use_is_told(stored: tuple[Scene, SqliteStore], tmp_path: Path) -> None:
    with pytest.raises(StoreLocked, match="another process has it open"):
        Scene(RULES, store=f"sqlite:{tmp_path / 'store.db'}")


class FullForItems(MemoryStore):
    """Has room for the journal, and for no items. On a disk the two come so close together that no test could tell them apart."""

    full = True

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        if self.full:
            raise StoreFull("no room for items")
        return super().checkpoint(checkpoint)


def test_a_checkpoint_that_fails_takes_no_answer_back_and_is_tried_again() -> None:
    store = FullForItems(durable=True)
    scene = Scene(RULES, store=store, limits=replace(DEFAULT, unsaved_events_max=2))
    for hour in range(3):
        assert scene.send("fine", f"02T1{hour}:00", officer="P1", case="K1").status == "accepted"
    assert scene.engine.describe()["checkpoint_failed"] == "no room for items"
    with pytest.raises(StoreFull):
        scene.engine.checkpoint()
    store.full = False
    scene.send("fine", "02T15:00", officer="P1", case="K1")
    assert scene.engine.describe()["checkpoint_failed"] is None
    assert store.applied() == 4
    assert Engine(scene.program, store=store).standing() == scene.engine.standing() != []


def test_an_engine_that_cannot_write_its_last_checkpoint_lets_the_store_go(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "store.db"))
    scene = Scene(RULES, store=store)
    scene.send("fine", "02T10:00", officer="P1", case="K1")
    assert store._database is not None
    store._database.execute("pragma query_only = on")
    with pytest.raises(StoreError):
        scene.engine.close()
    again = Scene(RULES, store=f"sqlite:{tmp_path / 'store.db'}")
    assert again.send("fine", "02T10:00", officer="P1", case="K1").status == "duplicate"
    again.engine.close()


# ------------------------------------------------------------------ kill -9


BATCHES = 60


def batches(rng: Random) -> list[list[dict[str, object]]]:
    """Batches with late events, equal times and repeated ones."""
    scene = Scene("")
    sent: list[dict[str, object]] = []
    made = []
    for number in range(BATCHES):
        batch = []
        for _ in range(rng.randrange(1, 30)):
            day, hour = 1 + (number // 3 + rng.choice((0, 0, 0, -1, 1))) % 27, rng.randrange(24)
            at, officer, case = f"{day:02}T{hour:02}:00", f"P{rng.randrange(9)}", f"K{rng.randrange(30)}"
            batch.append(
                rng.choice(sent)
                if sent and rng.random() < 0.1
                else scene.event("fine" if rng.random() < 0.8 else "ruling", at, officer=officer, case=case)
            )
            if batch[-1]["type"] == "ruling":
                batch[-1].pop("officer", None)
            sent.append(batch[-1])
        made.append(batch)
    return made


@pytest.mark.seeds(6)
def test_every_answered_batch_is_there_after_kill_9(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    given = batches(rng)
    scene = Scene(RULES)
    (tmp_path / "rules.program").write_bytes(scene.program)
    (tmp_path / "batches").write_text("\n".join(json.dumps(batch) for batch in given), "utf-8")
    answered = -1
    for kill in range(4):
        answered = write_until_killed(tmp_path, answered + 1, None if kill == 3 else rng.randrange(BATCHES), rng.random() * 0.02)
        copy = tmp_path / "copy.db"
        for file in tmp_path.glob("store.db*"):
            shutil.copy(file, str(copy) + file.name.removeprefix("store.db"))
        engine = Engine(scene.program, store=f"sqlite:{copy}")
        known = [engine.evaluate_batch(batch) for batch in given[: answered + 1]]
        assert {outcome.status for outcomes in known for outcome in outcomes} <= {"duplicate"}
        engine.evaluate_batch([event for batch in given[answered + 1 :] for event in batch])
        scene.engine.evaluate_batch([event for batch in given for event in batch])
        assert engine.standing() == scene.engine.standing() != []
        engine.close()
        for file in tmp_path.glob("copy.db*"):
            file.unlink()


def write_until_killed(folder: Path, first: int, kill_at: int | None, delay_s: float) -> int:
    """The last batch that was answered; the process is killed a little after a batch, wherever it is by then."""
    command = [
        sys.executable,
        "-m",
        "tests.engine.writer",
        *(str(folder / name) for name in ("rules.program", "store.db", "batches")),
        str(first),
    ]
    answered = first - 1
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "end":
                break
            answered = int(line)
            if kill_at is not None and answered >= kill_at:
                try:
                    process.wait(delay_s)
                except subprocess.TimeoutExpired:
                    process.kill()
                # What it said before it was killed was said.
                answered = max([answered, *(int(line) for line in process.stdout if line.endswith("\n") and line.strip() != "end")])
                break
    return answered
