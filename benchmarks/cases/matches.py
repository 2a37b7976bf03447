"""Unscoped rules over one event, from a dict to the names of the rules that hold: no state, nothing recorded.

Beside: the same rules by hand in C behind a Cython function (`benchmarks.twin`), and plain Python, all rules in one function.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import engine
import rulelang
from benchmarks import twin, workload
from benchmarks.measure import Row, in_turn
from benchmarks.workload import Event


def over(matches: Callable[[Event], list[str]], events: list[Event], fresh: bool, rounds: int) -> Callable[[], None]:
    """One round over the events; `fresh`: every round meets texts that nobody has hashed yet."""
    lists = iter([json.loads(json.dumps(events)) for _ in range(rounds)] if fresh else [events] * rounds)

    def work() -> None:
        for event in next(lists):
            matches(event)

    return work


def run(smoke: bool) -> list[Row]:
    rounds = 2 if smoke else 5
    rows = []
    for name, make in workload.SETS.items():
        if smoke and name.endswith("0000"):
            continue
        trees = make()
        ours = engine.Engine(rulelang.compile_text(workload.rule_file(trees))).matches
        oracle = workload.oracle(trees)
        by_hand = twin.compiled(trees, indexed=not name.startswith("mixed"))
        events = workload.events(300 if smoke else 3000 if len(trees) > 2000 else 10_000)
        for event in events[:500]:
            expected = sorted(oracle(event))
            assert sorted(ours(event)) == expected, (name, event)
            assert sorted(by_hand(event)) == expected, (name, event)
        goal = "ratio <= 2" if name.startswith("mixed") else "ratio <= 3, <= 20 us"
        for fresh in (False, True):
            t_ours, t_hand = in_turn(rounds, over(ours, events, fresh, rounds), over(by_hand, events, fresh, rounds))
            what = f"{name}, texts {'fresh' if fresh else 'reused'}"
            per = 1e6 / len(events)
            rows.append(Row("matches", what, t_ours * per, "us/event", "by hand in C", t_hand * per, goal))
        few = events[:300]
        (t_python,) = in_turn(rounds, over(oracle, few, False, rounds))
        rows.append(Row("matches", f"{name}, plain Python", t_python * 1e6 / len(few), "us/event"))
    return rows
