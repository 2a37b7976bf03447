"""Write the bulletin of a day, a week or a month: HTML for people, CSV for programs.

New warnings by level, unit and category, missed deadlines, levels and their trends, top rules, what could not be decided, and a score of each
unit's regularity with its formula. The page needs no other file, and can be printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rulelang.timezones import Zone
from services.cli.events import add_source_options, check_source, run_source, say_report
from services.cli.files import write_whole
from services.cli.rulefiles import Loaded, add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal, several
from services.report.gather import gather, unit_entity
from services.report.looks import Looks
from services.report.period import KINDS, NoPeriod, Period, read_period
from services.report.tables import tables
from services.report.words import LANGUAGES

SUMMARY = "the bulletin of a day, a week or a month"
PAGE = "bulletin.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_source_options(parser)
    period = parser.add_mutually_exclusive_group(required=True)
    period.add_argument("--day", metavar="DATE", help="the bulletin of this local day, as 2026-03-02")
    period.add_argument("--week", metavar="DATE", help="of the week, from Monday, that contains the day")
    period.add_argument("--month", metavar="MONTH", help="of the month, as 2026-03")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="write bulletin.html and the CSV files there")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the page: English or Chinese (default: en)")
    parser.add_argument("--units", metavar="NAME", help="the entity that units are (default: the lowest that another entity is in)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from services.report.page import page  # who only asks for help need not wait for the template library

    check_source(arguments)
    period = _period(arguments)
    loaded = load_files(arguments.paths, terminal)
    units = _units(arguments.units, loaded)
    folder: Path = arguments.output
    _make(folder)
    start_us, end_us = period.bounds_us(Zone(loaded.ruleset.timezone))
    if arguments.events is not None and arguments.until is None:
        arguments.until = f"{period.last}"
    looks = Looks(start_us, end_us)
    engine, report = run_source(arguments, loaded, terminal, on_looked=None if arguments.events is None else looks.looked)
    try:
        bulletin = gather(engine, loaded.ruleset, period, units, None if arguments.events is None else looks.counts())
    finally:
        engine.close()
    write_whole(folder / PAGE, page(bulletin, arguments.language).encode("utf-8", "replace"))
    for name, text in tables(bulletin).items():
        write_whole(folder / name, text.encode("utf-8-sig", "replace"))
    if report is not None:
        say_report(report, terminal)
    terminal.say(f"{folder / PAGE}: {several(len(bulletin.new), 'new warning')}, {period.first} to {period.last}")
    return WELL


def _period(arguments: argparse.Namespace) -> Period:
    kind = next(kind for kind in KINDS if getattr(arguments, kind) is not None)
    try:
        return read_period(kind, getattr(arguments, kind))
    except NoPeriod as error:
        raise CannotUse(f"--{kind}: {error}") from error


def _units(name: str | None, loaded: Loaded) -> str | None:
    if name is None:
        return unit_entity(loaded.ruleset)
    parents = {entity.parent for entity in loaded.ruleset.entities if entity.parent is not None}
    if name not in parents:
        raise CannotUse(f"--units: no entity is in {name!r}; others are in {' and '.join(sorted(parents)) or 'nothing'}")
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotUse(f"--output: {folder}: cannot be made: {error.strerror}") from error
