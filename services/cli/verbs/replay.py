"""Run recorded events through the rules, and show what stands at the end.

The output is the same for every order of the events. With --as-arrived the lines are taken in their order, as a service would have
seen them, and what was issued and later withdrawn is written too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from engine import Engine
from engine.views import line, order
from rulelang.timezones import Zone
from services.cli.events import BATCH, add_event_options, run_events, say_report
from services.cli.files import check_writable, write_whole
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal, several
from services.replay.table import render_table
from services.replay.undecided import Undecided

SUMMARY = "run recorded events through the rules"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_event_options(parser)
    parser.add_argument(
        "--store",
        default="memory:",
        metavar="URL",
        help="memory:, or sqlite:PATH or redis://HOST:PORT, which go on where they were (default: memory:)",
    )
    parser.add_argument("--as-arrived", action="store_true", help="take the lines in their order, and show what was withdrawn")
    parser.add_argument("--format", choices=("table", "jsonl"), help="default: table on a terminal, else jsonl")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")
    parser.add_argument(
        "--batch",
        type=int,
        default=BATCH,
        metavar="N",
        help=f"events given to the engine at once; changes nothing but speed (default: {BATCH})",
    )
    parser.add_argument("--undecided", action="store_true", help="say where rules could not decide, and which values were missing")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.batch < 1:
        raise CannotUse("--batch: must be 1 or more")
    if arguments.output is not None:
        check_writable(arguments.output)
    loaded = load_files(arguments.paths, terminal)
    undecided = Undecided(loaded.checked.sources) if arguments.undecided else None
    engine, report = run_events(
        arguments,
        loaded,
        terminal,
        store=arguments.store,
        as_arrived=arguments.as_arrived,
        batch=arguments.batch,
        on_looked=None if undecided is None else undecided.looked,
    )
    try:
        shown = _shown(engine, arguments.as_arrived)
        counts = engine.undecided
    finally:
        engine.close()
    _write(shown, Zone(loaded.ruleset.timezone), arguments, terminal)
    say_report(report, terminal)
    if undecided is not None:
        for text in undecided.lines():
            terminal.say(f"  undecided: {text}")
    elif counts:
        terminal.say(f"{several(len(counts), 'rule')} could not decide, {several(sum(counts.values()), 'time')}; --undecided says where")
    return WELL


def _shown(engine: Engine, as_arrived: bool) -> list[dict[str, Any]]:
    standing = engine.standing()
    if not as_arrived:
        return standing
    return sorted([*standing, *(item for item in engine.history() if item["status"] == "withdrawn")], key=order)


def _write(shown: list[dict[str, Any]], zone: Zone, arguments: argparse.Namespace, terminal: Terminal) -> None:
    on_terminal = arguments.output is None and sys.stdout.isatty()
    if (arguments.format or ("table" if on_terminal else "jsonl")) == "jsonl":
        text = "".join(line(item) + "\n" for item in shown)
    else:
        width = shutil.get_terminal_size().columns if on_terminal else None
        text = render_table(shown, zone, width, terminal.styled if on_terminal else lambda text, style: text)
    if arguments.output is None:
        terminal.write(text)
    else:
        write_whole(arguments.output, text.encode("utf-8", "surrogatepass"))
