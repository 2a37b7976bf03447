"""What nothing can see any more is dropped, and nothing that is said depends on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine import Engine, Outcome
from engine.limits import Limits
from engine.stores.interface import Store
from engine.stores.memory import MemoryStore
from engine.texts import time_text
from rulelang import compile_text

Json = dict[str, Any]
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
START_US = 1_767_225_600_000_000  # 2026-01-01
RULES = """
entity unit retain 10d
entity officer in unit from posting retain 10d
event posting
    officer: officer
    unit: unit
event act
    officer: officer
    n: integer
rule busy
    when count(act) >= 3 within officer over 5d
    repeat after 1d
    points 1
    level blue
rule far
    when count(act where n > 100) >= 1 within officer over 1d
    points 2
ladder conduct within unit over 8d
    red at 1000
"""


class Wall:
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.us = START_US

    def __call__(self) -> int:
        return self.us


class Stream:
    """An engine under the wall clock, and events that come at the times at which they happen."""

    def __init__(self, store: str | Store = "memory:", rules: str = RULES, limits: Limits | None = None, **more: Any) -> None:
        self.wall = Wall()
        self.program = compile_text(rules)
        self.more = {"limits": limits or Limits(), **more}
        self.engine = self.open(store)
        self.number = 0

    def open(self, store: str | Store) -> Engine:
        return Engine(self.program, store=store, clock="system", wall_clock=self.wall, **self.more)

    def send(self, type_: str = "act", **said: Any) -> Outcome:
        self.number += 1
        event = {"id": f"e{self.number}", "type": type_, "time": time_text(self.wall.us), "officer": "P1", **said}
        return self.engine.evaluate(event)

    def go_on(self, days: int, every_us: int = 6 * HOUR_US) -> Iterator[int]:
        """One act after the other; the days that have gone by."""
        for number in range(days * DAY_US // every_us):
            self.wall.us += every_us
            self.send(n=number % 3, officer=f"P{number % 4}")
            yield number * every_us // DAY_US


def test_a_long_stream_holds_as_many_records_after_many_times_what_is_kept_as_after_once() -> None:
    stream = Stream()
    held: dict[int, int] = {}
    for day in stream.go_on(200):
        held[day] = stream.engine.holds()["records"]
    once = max(count for day, count in held.items() if day < 40)
    assert max(held.values()) == once
    assert (
        once < 40 * 4 * 2
    )  # 10 days late, 5 of the window, 8 of the ladder; each act is one record of its officer, and one of the officer's unit
    assert stream.engine.holds()["forgotten"] > 600


def test_a_long_stream_fills_a_store_once(tmp_path: Path) -> None:
    for store in (f"sqlite:{tmp_path / 'store.db'}", MemoryStore(durable=True)):
        stream = Stream(store)
        sizes: dict[int, Counter[str]] = {}
        for day in stream.go_on(200):
            if day % 10 == 9 and day not in sizes:
                stream.engine.checkpoint()
                kept = stream.engine._store
                sizes[day] = Counter({kind: sum(1 for _ in kept.items(kind)) for kind in ("events", "answer")})
        assert max(size["events"] for size in sizes.values()) == max(sizes[day]["events"] for day in (29, 39, 49)) < 50 * 4
        assert max(size["answer"] for size in sizes.values()) <= max(sizes[day]["answer"] for day in (29, 39, 49))
        stream.engine.close()


def test_keys_that_nothing_is_kept_of_make_room_for_others() -> None:
    stream = Stream(limits=Limits(keys_max=40))
    for number in range(200):
        stream.wall.us += DAY_US
        assert stream.send(officer=f"P{number}").status == "accepted"
    assert stream.engine.describe()["keys"] < 40


def test_records_that_nothing_can_see_do_not_count_against_the_limit() -> None:
    stream = Stream(limits=Limits(records_max=40))
    for _ in range(200):
        stream.wall.us += DAY_US
        assert stream.send().status == "accepted"


def test_where_events_are_the_clock_nothing_is_forgotten() -> None:
    engine = Engine(compile_text(RULES))
    for number in range(100):
        engine.evaluate({"id": f"e{number}", "type": "act", "officer": "P1", "time": time_text(START_US + number * 10 * DAY_US)})
    assert engine.holds() == {"records": 100, "names": 100, "forgotten": 0, "forgotten_until": None}
    late = {"id": "late", "type": "act", "officer": "P1", "n": 101, "time": time_text(START_US)}
    assert [shown["rule"] for shown in engine.evaluate(late).findings] == ["far"]


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize("kept", ["memory", "sqlite", "durable"])
def test_an_event_that_comes_again_is_a_duplicate_and_when_its_name_is_forgotten_too_late(kept: str, tmp_path: Path) -> None:
    store: str | Store = {"memory": "memory:", "sqlite": f"sqlite:{tmp_path / 'store.db'}", "durable": MemoryStore(durable=True)}[kept]
    stream = Stream(store)
    first = {"id": "first", "type": "act", "officer": "P1", "time": time_text(stream.wall.us)}
    other = {**first, "n": 7}
    said = []
    assert stream.engine.evaluate(first).status == "accepted"
    for _ in range(60):
        stream.wall.us += DAY_US
        stream.send(officer="P2")
        if kept != "memory":
            stream.engine.checkpoint()
        said.append((stream.engine.evaluate(first).status, stream.engine.evaluate(other).status))
    again = [status for status, _ in said]
    assert again == ["duplicate"] * again.count("duplicate") + ["too_late"] * again.count("too_late")
    assert again.count("duplicate") >= 10
    assert again.count("too_late") >= 10
    assert [status for _, status in said] == ["conflict" if status == "duplicate" else status for status in again]
    stream.engine.close()


def test_a_name_that_was_forgotten_may_stand_for_something_else() -> None:
    stream = Stream(MemoryStore(durable=True))
    stream.send()
    stream.number = 0
    assert stream.send(n=1, officer="P3").status == "conflict"
    stream.wall.us += 100 * DAY_US
    stream.number = 0
    assert stream.send(n=1, officer="P3").status == "accepted"
    stream.engine.close()


# ---------------------------------------------------------------------- what was found


def old_finding(stream: Stream) -> Json:
    """A finding that is long past all windows."""
    stream.send("posting", unit="U1")
    stream.wall.us += DAY_US
    (found,) = stream.send(n=101).findings
    for _ in stream.go_on(100):
        pass
    return found


def test_what_was_found_stands_and_says_what_it_said_when_its_events_are_forgotten(tmp_path: Path) -> None:
    stream = Stream(f"sqlite:{tmp_path / 'store.db'}")
    found = old_finding(stream)
    for _ in range(2):
        assert found in [{**shown, "version": 1} for shown in stream.engine.standing()]
        stream.engine.close()
        stream.engine = stream.open(f"sqlite:{tmp_path / 'store.db'}")
    stream.engine.close()


def test_who_belonged_where_is_known_however_long_ago_it_was_said() -> None:
    store = MemoryStore(durable=True)
    stream = Stream(store)
    began_us = stream.wall.us
    for unit in ("U1", "U1", "U2", "U2", "U1"):
        stream.send("posting", unit=unit)
        stream.wall.us += DAY_US
    moments = [began_us + number * DAY_US + HOUR_US for number in range(-1, 6)]
    before = [stream.engine.belongs("officer", "P1", moment) for moment in moments]
    for _ in stream.go_on(100):
        pass
    assert [stream.engine.belongs("officer", "P1", moment) for moment in moments] == before
    stream.engine.checkpoint()
    again = stream.open(store)
    assert [again.belongs("officer", "P1", moment) for moment in moments] == before
    assert again.standing() == stream.engine.standing()
    assert [name for name, _ in store.items("member")] != []


def test_explain_says_which_findings_can_no_longer_be_looked_at() -> None:
    stream = Stream()
    found = old_finding(stream)
    forgotten = [anchor for anchor in stream.engine.explain("far", ["P1"]) if anchor["state"] == "forgotten"]
    assert [(anchor["finding"], anchor["event"], anchor["parts"]) for anchor in forgotten] == [(found["id"], ("", "e2", "act"), [])]


def test_what_a_spot_check_did_not_draw_is_forgotten_too(tmp_path: Path) -> None:
    rules = RULES.replace(
        "rule far", "rule sampled\n    when n == 1 within officer\n    repeat always\n    sample 1% by act.officer\nrule far"
    )
    stream = Stream(MemoryStore(durable=True), rules.replace("n == 1", "latest(act.n) == 1"))
    most = {}
    for day in stream.go_on(200):
        if day % 10 == 9 and day not in most:
            stream.engine.checkpoint()
            most[day] = sum(1 for name, _ in stream.engine._store.items("finding") if name not in stream.engine._fold.findings)
    assert max(most.values()) == max(most[day] for day in (29, 39, 49)) > 0


# ---------------------------------------------------------------------- the clock


def test_an_idle_engine_forgets_by_entries_of_its_journal() -> None:
    store = MemoryStore(durable=True)
    stream = Stream(store)
    for _ in stream.go_on(5):
        pass
    entries = stream.engine.applied
    for _ in range(24 * 100):
        stream.wall.us += HOUR_US
        stream.engine.advance()
    assert stream.engine.holds()["records"] == 0
    assert 0 < stream.engine.applied - entries < 100  # not each tick is an entry
    again = stream.open(store)
    assert again.holds()["forgotten_until"] == stream.engine.holds()["forgotten_until"]
    assert again.standing() == stream.engine.standing()


# ---------------------------------------------------------------------- what comes as late as it may


SEES_FAR_BACK = {
    "a window": "when count(act where n == 1) >= 3 within officer over 10d\n    repeat always",
    "the window before": "when count(act where n == 1) >= 2 and previous count(act where n == 1) >= 2 within officer over 5d",
    "all that is retained": "when count(act where n == 1) >= 4 within officer\n    repeat always",
    "a calendar period": "when count(act where n == 1) >= 3 within officer over week\n    repeat always",
    "a pattern": "when act where n == 2 followed by act where n == 1 within officer over 8d\n    repeat always",
    "a deadline": "when act where n == 2 not followed by act where n == 1 within officer over 7d",
    "a moment after an event": "on act where n == 2 after 9d\n    when count(act where n == 1) >= 2 within officer over 6d",
    "ends of periods": "on end of week\n    when count(act where n == 1) >= 1 within officer over 9d",
    "another scope": "when (count(act) >= 1 within officer over 1d) and (count(act where n == 1) >= 6 within place over 9d)\n    repeat always",
    "who somebody is about": "when n == 1 and (count(act) >= 1 within officer over 1d)\n    about place",
    "a long repeat": "when count(act where n == 1) >= 1 within officer over 1d\n    repeat after 9d",
}
SMALL = """
timezone "UTC"
entity place retain 10d
entity officer retain 10d
event act
    officer: officer
    place: place
    n: integer
rule looked_at
    {}
    points 1
ladder conduct within officer over 9d
    blue at 3
    red at 5
"""


@pytest.mark.parametrize("sees", SEES_FAR_BACK)
def test_what_comes_as_late_as_it_may_sees_all_that_it_must(sees: str) -> None:
    rng = Random(sees)
    stream = Stream(rules=SMALL.format(SEES_FAR_BACK[sees]))
    accepted = []
    for number in range(600):
        stream.wall.us += 4 * HOUR_US + rng.choice((-1, 0, 1))
        late_us = rng.choice((0, 0, 10 * DAY_US - 1))
        event: Json = {"id": f"e{number}", "type": "act", "time": time_text(stream.wall.us - late_us), "officer": f"P{rng.randrange(3)}"}
        event |= {"n": rng.choice((0, 0, 1, 2))} | ({"place": f"Q{rng.randrange(2)}"} if rng.random() < 0.7 else {})
        assert stream.engine.evaluate(event).status == "accepted"
        accepted.append(event)
    twin = Engine(stream.program)
    twin.evaluate_batch(accepted)
    twin.advance(stream.wall.us)
    assert stream.engine.standing() == twin.standing() != []
    assert stream.engine.holds()["forgotten"] > 50
