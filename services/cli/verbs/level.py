"""Say how somebody stands: the level, when it rose and fell and why, and what it takes to reach or leave it.

On each ladder of the entity: the points that count at the moment, the course of the level up to then, what is missing to each higher level
and until when, and when the level falls if nothing else happens.
"""

from __future__ import annotations

import argparse
import json

from rulelang import model
from rulelang.resolve.suggest import hint
from rulelang.timezones import Zone
from services.cli.events import add_source_options, check_source, run_source, say_report
from services.cli.moments import last_moment_us
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal
from services.replay.course import course_lines

SUMMARY = "how somebody stands on the ladders, and what could become of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_source_options(parser)
    parser.add_argument("--entity", required=True, metavar="NAME", help="an entity that has a ladder, such as officer")
    parser.add_argument("--key", required=True, metavar="KEY", help="which one of them")
    parser.add_argument("--at", metavar="TIME", help="the moment looked at (default: the clock at the end); a day: its end")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    check_source(arguments)
    loaded = load_files(arguments.paths, terminal)
    _check_entity(arguments.entity, loaded.ruleset)
    if not arguments.key.strip():
        raise CannotUse("--key: must not be empty")
    zone = Zone(loaded.ruleset.timezone)
    at_us = None if arguments.at is None else last_moment_us(arguments.at, zone, "--at")
    engine, report = run_source(arguments, loaded, terminal)
    try:
        told = engine.forecast(arguments.entity, arguments.key, at_us)
        histories = engine.level_history(arguments.entity, arguments.key, at_us)
        findings = {item["id"]: item for item in engine.standing() if item["kind"] == "finding"}
    finally:
        engine.close()
    if arguments.format == "json":
        ladders = {ladder: {**state, "history": histories[ladder]} for ladder, state in told.items()}
        document = {"entity": arguments.entity, "key": arguments.key, "ladders": ladders}
        terminal.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        for ladder, state in told.items():
            terminal.write("\n".join(course_lines(ladder, state, histories[ladder], findings, zone)) + "\n")
    if report is not None:
        say_report(report, terminal)
    return WELL


def _check_entity(name: str, ruleset: model.RuleSet) -> None:
    with_ladders = list(dict.fromkeys(ladder.entity for ladder in ruleset.ladders))
    if name in with_ladders:
        return
    known = [entity.name for entity in ruleset.entities]
    if name in known:
        raise CannotUse(f"--entity: {name} has no ladder; there is one of {' and '.join(with_ladders) or 'nobody'}")
    raise CannotUse(f"--entity: there is no entity {name!r}{hint(name, known)}")
