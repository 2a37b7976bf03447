"""Say why a rule did, did not, or could not decide.

For each moment at which the rule was looked at: what came of it, and each operand with its value and the line it stands on.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine import Engine
from engine.fold import Rule
from engine.texts import time_us
from engine.values import Event
from rulelang import model
from rulelang.render.places import Places
from rulelang.timezones import Zone
from services.cli.events import add_event_options, run_events, say_report
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal
from services.replay.explaining import Explaining

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
    looks = _Looks(rule)
    engine, report = run_events(arguments, loaded, terminal, on_looked=None if rule.scopes else looks.looked)
    try:
        if rule.scopes:
            anchors: Iterable[dict[str, Any]] = list(engine.explain(rule.name, arguments.key))
        else:
            anchors = list(looks.anchors(engine, arguments.key))
    except ValueError as error:
        raise CannotUse(f"--key: {error}") from error
    finally:
        engine.close()
    wanted = {"holds": True, "undecided": None}
    explaining = Explaining(
        rule, Places(loaded.checked.sources, loaded.checked.folder), loaded.checked.sources, Zone(loaded.ruleset.timezone)
    )
    shown = 0
    for anchor in anchors:
        if arguments.only is None or (anchor["truth"] is wanted[arguments.only] and anchor["state"] != "pending"):
            shown += 1
            terminal.write("\n".join(explaining.lines(anchor)) + "\n")
    if not shown:
        terminal.write(
            f"{rule.name} was not looked at{'' if arguments.only is None else ' with this outcome'}: no event of these gave rise to it\n"
        )
    say_report(report, terminal)
    return WELL


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

    def anchors(self, engine: Engine, keys: list[str] | None) -> Iterator[dict[str, Any]]:
        """In the order of time; what came of each is read off the findings. `keys`: only events about this key."""
        plan = engine.program.plan
        about = next(r for r in plan["rules"] if r["name"] == self._rule.name)["about"]
        slots = dict(about[0]["slots"]) if about else {}
        findings = [f for f in engine.standing() if f["kind"] == "finding" and f["rule"] == self._rule.name]
        for (moment, source, name), (event, truth, parts) in sorted(self._found.items(), key=lambda item: item[0]):
            key = event.value(slots[event.type]) if event.type in slots else None
            if keys is not None and key not in keys:
                continue
            opened = next((f["id"] for f in findings if f["events"][-1] == [source, name]), None)
            joined = None
            if opened is None and truth and self._rule.repeat.kind != "always":
                joined = next((f["id"] for f in reversed(findings) if f["key"] == key and time_us(f["time"]) <= moment), None)
            yield {
                "key": () if key is None else (key,),
                "time": moment,
                "event": (source, name, plan["types"][event.type]["name"]),
                "truth": truth,
                "parts": parts,
                "state": "opens" if opened else "joins" if joined else "left out" if truth else None,
                "finding": opened or joined,
            }
