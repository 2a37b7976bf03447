"""Recompute a list of draws, as an auditor does who was given the secret.

Each line of the list is checked by the formula of the spot checks, apart from the engine's own code. With --events, which must be all events from
which was drawn, it is also found what was drawn but is not in the list, and what is in it without having been there to draw from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rulelang.timezones import Zone
from services.cli.events import add_event_options, run_events, say_report
from services.cli.files import read_file
from services.cli.rulefiles import Loaded, add_paths, load_files
from services.cli.terminal import FAILED, WELL, CannotUse, Terminal, several
from services.cli.verbs.draws import check_day, check_secret
from services.replay.play import Report
from services.replay.sampling import WrongList, check_complete, check_list, drawing_all, read_draws

SUMMARY = "recompute a list of draws, as an auditor does"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_event_options(parser, required=False)
    parser.add_argument("--draws", type=Path, required=True, metavar="FILE", help="the list, as `rulelang draws` writes it")
    parser.add_argument("--day", metavar="DATE", default="all", help="only this local day (default: all)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    secret = check_secret(arguments.secret_file)
    try:
        draws = read_draws(read_file(arguments.draws), str(arguments.draws))
    except WrongList as error:
        raise CannotUse(f"--draws: {error}") from error
    loaded = load_files(arguments.paths, terminal)
    day = check_day(arguments.day, Zone(loaded.ruleset.timezone))
    draws = [draw for draw in draws if day in ("all", draw.day)]
    wrong = check_list(draws, loaded.ruleset, secret)
    said = f"{several(len(draws), 'draw')} recomputed"
    if arguments.events is not None:
        candidates, report = _candidates(arguments, loaded, terminal)
        candidates = {name for name in candidates if day in ("all", name[0])}
        wrong += check_complete(draws, candidates, loaded.ruleset, secret)
        if report is not None:
            say_report(report, terminal)
        said += f", of {several(len(candidates), 'key')} that were there to draw from"
    for text in wrong:
        terminal.write(text + "\n")
    terminal.say(f"{said}: {several(len(wrong), 'error') if wrong else 'all is right'}")
    return FAILED if wrong else WELL


def _candidates(arguments: argparse.Namespace, loaded: Loaded, terminal: Terminal) -> tuple[set[tuple[str, str, str]], Report | None]:
    """All days, rules and keys that something was found for."""
    if "-" in arguments.events:
        raise CannotUse("--events: standard input can be read once only; give a file")
    found: set[tuple[str, str, str]] = set()
    report = None
    for rules, program in drawing_all(loaded.checked):
        engine, report = run_events(arguments, Loaded(loaded.ruleset, program, loaded.checked), terminal)
        try:
            found |= {(draw["day"], draw["rule"], draw["key"]) for draw in engine.draws() if draw["rule"] in rules}
        finally:
            engine.close()
    return found, report
