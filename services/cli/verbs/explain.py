"""Say why a rule did, did not, or could not decide.

For each moment at which the rule was looked at: what came of it, and each operand with its value and the line it stands on.
"""

from __future__ import annotations

import argparse
import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine import Engine
from engine.fold import Rule
from engine.machine import Machine
from engine.values import Event
from rulelang import model
from rulelang.render.places import Places
from rulelang.timezones import Zone
from services.cli.events import add_event_options, run_events, say_report
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal
from services.replay.explaining import Explaining

OUTCOMES = {True: "holds", False: "fails", None: "undecided"}
SUMMARY = "why a rule did, did not, or could not decide"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_event_options(parser)
    parser.add_argument("--rule", required=True, metavar="NAME", help="the rule")
    parser.add_argument("--key", action="append", metavar="KEY", help="only this key of its scope; for a pair given twice")
    parser.add_argument("--only", choices=("holds", "undecided"), help="only where it holds, or only where it could not decide")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    loaded = load_files(arguments.paths, terminal)
    rule = _rule(arguments.rule, loaded.ruleset)
    if arguments.key is not None:
        _check_keys(rule, arguments.key)
    looks = _Looks(rule)
    engine, report = run_events(arguments, loaded, terminal, on_looked=None if rule.scopes else looks.looked)
    try:
        findings = {item["id"]: item for item in engine.standing() if item["kind"] == "finding" and item["rule"] == rule.name}
        anchors = engine.explain(rule.name, arguments.key) if rule.scopes else looks.anchors(engine, findings.values(), arguments.key)
        places = Places(loaded.checked.sources, loaded.checked.folder)
        explaining = Explaining(rule, places, loaded.checked.sources, Zone(loaded.ruleset.timezone), findings)
        counts = _show(anchors, arguments.only, explaining, terminal)
    finally:
        engine.close()
    say_report(report, terminal)
    terminal.say(_summary(rule, arguments.key, counts))
    return WELL


def _check_keys(rule: model.Rule, keys: list[str]) -> None:
    """One for each entity of the rule's scope; without a scope, one of the entity that its findings are about."""
    entities = [key.entity for key in rule.scopes[0].keys] if rule.scopes else [about.entity for about in rule.about[:1]]
    if not entities:
        raise CannotUse(f"--key: {rule.name} is about nobody and has no scope, so it has no keys")
    if len(keys) != len(entities):
        how = "once" if len(entities) == 1 else "twice, in this order"
        raise CannotUse(f"--key: the keys of {rule.name} are of {' and '.join(entities)}: give it {how}")
    if any(not key.strip() for key in keys):
        raise CannotUse("--key: must not be empty")


def _show(anchors: Iterable[dict[str, Any]], only: str | None, explaining: Explaining, terminal: Terminal) -> Counter[str]:
    """Writes the anchors that were asked for; counts what came of all of them."""
    counts: Counter[str] = Counter()
    for anchor in anchors:
        outcome = "pending" if anchor["state"] == "pending" else OUTCOMES[anchor["truth"]]
        counts[outcome] += 1
        if only is None or outcome == only:
            terminal.write("\n".join(explaining.lines(anchor)) + "\n")
    return counts


def _summary(rule: model.Rule, keys: list[str] | None, counts: Counter[str]) -> str:
    """How often the rule was looked at, and what came of it."""
    of = "" if keys is None else f" for {', '.join(map(repr, keys))}"
    looked_at = counts.total() - counts["pending"]
    if not looked_at:
        said = f"{rule.name} was not looked at{of}: none of these events gave rise to it"
    else:
        said = f"{rule.name} was looked at {_times(looked_at)}{of}: {_times(counts['holds'], 'held')}"
        if counts["undecided"]:
            said += f", {_times(counts['undecided'], 'undecided')}"
    return said + (f"; {counts['pending']} looks lie after the clock, which --until moves" if counts["pending"] else "")


def _times(count: int, what: str = "") -> str:
    return f"never {what}" if count == 0 else f"{what} {'once' if count == 1 else f'{count} times'}".lstrip()


def _rule(name: str, ruleset: model.RuleSet) -> model.Rule:
    rule = next((r for r in ruleset.rules if r.name == name), None)
    if rule is None:
        near = difflib.get_close_matches(name, [r.name for r in ruleset.rules], 1)
        raise CannotUse(f"--rule: there is no rule {name!r}{f' - did you mean {near[0]!r}?' if near else ''}")
    if rule.state == "disabled":
        raise CannotUse(f"--rule: {name} is disabled; nothing is looked at")
    return rule


class _Looks:
    """Where an unscoped rule was looked at: it keeps no history that could be asked afterwards."""

    def __init__(self, rule: model.Rule) -> None:
        self._rule = rule
        self._found: dict[tuple[int, str, str], tuple[Event, bool | None, list[Any]]] = {}

    def looked(
        self, rule: Rule, key: tuple[str, ...], moment: int, event: Event | None, truth: bool | None, parts: Callable[[], list[Any]]
    ) -> None:
        if rule.name == self._rule.name and event is not None:
            self._found[moment, event.source, event.id] = event, truth, parts()

    def anchors(self, engine: Engine, findings: Iterable[dict[str, Any]], keys: list[str] | None) -> Iterator[dict[str, Any]]:
        """In the order of time; what came of each is read off the findings. `keys`: only events about this key."""
        plan = engine.program.plan
        about = next(r for r in plan["rules"] if r["name"] == self._rule.name)["about"]
        slots = dict(about[0]["slots"]) if about else {}
        wanted = None if keys is None else Machine(engine.program).key(about[0]["entity"], keys[0])
        opened = {tuple(finding["events"][-1]): finding["id"] for finding in findings}
        before: dict[str, tuple[int, str]] = {}
        for (moment, source, name), (event, truth, parts) in sorted(self._found.items(), key=lambda item: item[0]):
            key = str(event.value(slots[event.type]) or "") if event.type in slots else ""
            opens = opened.get((source, name))
            joins = self._joins(moment, before.get(key)) if opens is None and truth else None
            if opens is not None and key:
                before[key] = moment, opens
            if keys is None or key == wanted:
                yield {
                    "key": (key,) if key else (),
                    "time": moment,
                    "event": (source, name, plan["types"][event.type]["name"]),
                    "truth": truth,
                    "parts": parts,
                    "state": "opens" if opens else "joins" if joins else "left out" if truth else None,
                    "finding": opens or joins,
                }

    def _joins(self, moment: int, before: tuple[int, str] | None) -> str | None:
        """The id of the finding before that an anchor at which the rule holds belongs to."""
        repeat = self._rule.repeat
        if before is None or repeat.kind == "always" or (repeat.kind == "span" and moment >= before[0] + repeat.span_us):
            return None
        return before[1]
