"""The same rules in other engines that Python has, those that are installed (`pip install .[peers]`): from a dict to the rules that hold.

Beside each: ours, in the same run. Every answer is checked against plain Python first. Engines whose best form is not one expression a rule (decision tables,
networks of facts) are left out: as expressions they would be measured at what they are not made for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import engine
import rulelang
from benchmarks import workload
from benchmarks.cases.matches import over
from benchmarks.measure import Row, in_turn
from benchmarks.workload import Event, Tree

Matches = Callable[[Event], list[str]]


def rule_engine(trees: list[Tree]) -> Matches:
    """rule-engine: the nearest in syntax; Python."""
    module = importlib.import_module("rule_engine")
    rules = [
        (f"r{number}", module.Rule(text).matches)
        for number, text in enumerate(
            workload.render(
                tree,
                lambda name: name,
                lambda name, items: f"{name} in [{', '.join(map(repr, items))}]",
                lambda name, text: f"{name}.starts_with({text!r})",
            )
            for tree in trees
        )
    ]
    return lambda event: [name for name, matches in rules if matches(event)]


def datalogic(trees: list[Tree]) -> Matches:
    """datalogic-py: JSON Logic; Rust. The event is converted once for all rules."""
    module = importlib.import_module("datalogic_py")
    made = module.Engine()
    rules = [(f"r{number}", made.compile(_json_logic(tree)).evaluate_data) for number, tree in enumerate(trees)]
    handle = module.DataHandle

    def matches(event: Event) -> list[str]:
        data = handle(event)
        return [name for name, evaluate in rules if evaluate(data)]

    return matches


def _json_logic(tree: Tree) -> Any:
    kind = tree[0]
    if kind in ("and", "or"):
        return {kind: [_json_logic(part) for part in tree[1]]}
    if kind == "not":
        return {"!": [_json_logic(tree[1])]}
    if kind == "cmp":
        return {tree[1]: [_operand(tree[2]), _operand(tree[3])]}
    if kind == "in":
        return {"in": [{"var": tree[1]}, list(tree[2])]}
    if kind == "flag":
        return {"var": tree[1]}
    return {"==": [{"substr": [{"var": tree[1]}, 0, len(tree[2])]}, tree[2]]}


def _operand(tree: Tree) -> Any:
    if tree[0] == "field":
        return {"var": tree[1]}
    return tree[1] if tree[0] == "value" else {tree[1]: [_operand(tree[2]), _operand(tree[3])]}


PEERS: dict[str, tuple[str, Callable[[list[Tree]], Matches]]] = {
    "rule-engine": ("rule_engine", rule_engine),
    "datalogic-py": ("datalogic_py", datalogic),
}


def run(smoke: bool) -> list[Row]:
    rows = []
    for set_name in ("mixed-54",) if smoke else ("mixed-54", "keyed-1000"):
        trees = workload.SETS[set_name]()
        events = workload.events(50 if smoke else 300)
        oracle = workload.oracle(trees)
        ours = engine.Engine(rulelang.compile_text(workload.rule_file(trees))).matches
        for name, (module, make) in PEERS.items():
            try:
                importlib.import_module(module)
            except ImportError:
                print(f"  {name} is not installed: left out (pip install .[peers])", file=sys.stderr)
                continue
            theirs = make(trees)
            for event in events:
                assert sorted(theirs(event)) == sorted(oracle(event)) == sorted(ours(event)), (name, event)
            rounds = 2 if smoke else 3
            t_theirs, t_ours = in_turn(rounds, over(theirs, events, False, rounds), over(ours, events, False, rounds))
            per = 1e6 / len(events)
            rows.append(Row("peers", f"{set_name}, {name}", t_theirs * per, "us/event", "ours", t_ours * per))
    return rows
