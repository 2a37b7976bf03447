"""Files of events on the command line: the options that say how they are read, and the engine they are played on.

In: parsed options, a rule set.  Out: an engine that has seen the events, and what became of them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from engine import Engine
from engine.machine import Machine
from engine.program import load
from engine.stores import reading_store
from engine.stores.interface import StoreError
from rulelang.timezones import Zone
from services.cli.files import read_file
from services.cli.moments import last_moment_us
from services.cli.rulefiles import Loaded
from services.cli.terminal import CannotUse, Terminal, several
from services.replay.mapping import PLAIN, ColumnMapping, Mapper, read_mapping
from services.replay.play import KEPT_MAX, OnOutcome, Report, Way, play
from services.replay.rows import FORMATS, CannotRead, Row, format_of, read_rows
from services.secret import beside
from services.settings import PREFIX

BATCH = 1000
SECRET_VARIABLE, SECRET_FILE_VARIABLE = f"{PREFIX}SECRET", f"{PREFIX}SECRET_FILE"


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Events from files, or what the store of a service holds."""
    add_event_options(parser, required=False)
    parser.add_argument(
        "--store",
        metavar="URL",
        help="instead of --events: what a store holds, which is only read: redis://HOST:PORT, or sqlite:PATH while no service is at work on it",
    )


def run_source(
    arguments: argparse.Namespace, loaded: Loaded, terminal: Terminal, *, on_looked: Callable[..., None] | None = None
) -> tuple[Engine, Report | None]:
    """The engine that holds what was asked for, and where files were played, what became of the events. The engine is the caller's to close."""
    if arguments.store is None:
        return run_events(arguments, loaded, terminal, on_looked=on_looked)
    path = arguments.store.removeprefix("sqlite:")
    if path != arguments.store and not os.path.exists(path):
        raise CannotUse(f"--store: {path}: there is no such file")
    try:
        store = reading_store(arguments.store)
        return Engine(load(loaded.program), store=store, secret=read_secret(arguments.secret_file, arguments.store), life_cycle=True), None
    except StoreError as error:
        raise CannotUse(f"--store: {error}") from error


def check_source(arguments: argparse.Namespace) -> None:
    """Said before long work begins."""
    if (arguments.events is None) == (arguments.store is None):
        raise CannotUse("--events or --store: one of the two is needed, which says where to read from")
    if arguments.store is not None and arguments.until is not None:
        raise CannotUse("--until: the clock of a store is its service's; this is for --events only")


def add_event_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "--events",
        nargs="+",
        action="extend",
        required=required,
        metavar="FILE",
        help="recorded events: .jsonl, .csv (both also .gz) or .parquet; - for standard input; written after the PATHs",
    )
    parser.add_argument("--input-format", choices=FORMATS, help="what the files are, where their names do not say")
    parser.add_argument("--map", type=Path, metavar="FILE", help="which columns become which fields (TOML)")
    parser.add_argument("--until", metavar="TIME", help="the clock at the end; later events are left out (default: the last event's time)")
    parser.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help=f"the secret of the spot checks' draw (default: the variable {SECRET_VARIABLE}, the file that {SECRET_FILE_VARIABLE} names, with --store sqlite:PATH the file PATH.secret, or none)",
    )


def run_events(
    arguments: argparse.Namespace,
    loaded: Loaded,
    terminal: Terminal,
    *,
    store: str = "memory:",
    as_arrived: bool = False,
    batch: int = BATCH,
    on_looked: Callable[..., None] | None = None,
    on_outcome: OnOutcome | None = None,
) -> tuple[Engine, Report]:
    """Play the files that were named. The engine is the caller's to close."""
    zone = Zone(loaded.ruleset.timezone)
    until_us = None if arguments.until is None else last_moment_us(arguments.until, zone, "--until")
    secret = read_secret(arguments.secret_file)
    program = load(loaded.program)
    try:
        mapping = PLAIN if arguments.map is None else read_mapping(arguments.map)
        engine = Engine(program, store=store, secret=secret, on_looked=on_looked)
        way = Way(until_us, as_arrived, batch)
        report = play(engine, Machine(program), _sources(arguments, loaded, mapping), way, terminal.progress, on_outcome)
    except (CannotRead, StoreError) as error:
        raise CannotUse(str(error)) from error
    if until_us is not None and engine.now is not None and engine.now > until_us:
        terminal.say(f"the store's clock was beyond --until already: {engine.describe()['now']}")
    return engine, report


def read_secret(path: Path | None, store: str | None = None) -> bytes:
    """The secret of the spot checks' draw, from a file, else from the environment or what a service made beside this store: never a word of the command
    line, which others can see."""
    if path is None and SECRET_VARIABLE in os.environ:
        return os.environ[SECRET_VARIABLE].encode()
    if path is None and SECRET_FILE_VARIABLE in os.environ:
        path = Path(os.environ[SECRET_FILE_VARIABLE])
    if path is None and store is not None and (made := beside(store)) is not None and made.exists():
        path = made
    return b"" if path is None else read_file(path).strip()


def _sources(arguments: argparse.Namespace, loaded: Loaded, mapping: ColumnMapping) -> Iterator[tuple[Mapper, Iterator[Row]]]:
    for path in arguments.events or ():
        if path != "-" and not os.path.exists(path):
            raise CannotRead(f"{path}: there is no such file")
        if os.path.isdir(path):
            raise CannotRead(f"{path}: is a folder; name the files in it")
        kind = format_of(path, arguments.input_format)
        yield Mapper(mapping, loaded.ruleset.events, kind != "jsonl"), read_rows(path, kind, mapping.dialect)


WORDS = {
    "accepted": "accepted",
    "duplicate": "known already",
    "conflict": "in conflict with another of the same name",
    "too_late": "too late",
    "refused": "refused",
}


def say_report(report: Report, terminal: Terminal) -> None:
    """What became of the events, on standard error."""
    statuses = {"accepted": 0, **report.statuses}
    parts = [f"{statuses[status]} {words}" for status, words in WORDS.items() if status in statuses]
    if report.after_until:
        parts.append(f"{report.after_until} after --until left out")
    if report.ignored_fields:
        parts.append(f"{several(report.ignored_fields, 'undeclared field')} ignored")
    terminal.say(f"{several(report.rows, 'event')}: {', '.join(parts)}")
    for name, kept, count in (
        ("refused", report.refused, report.statuses.get("refused", 0)),
        ("conflict", report.conflicts, report.statuses.get("conflict", 0)),
    ):
        for text in kept:
            terminal.say(f"  {name}: {text}")
        if count > KEPT_MAX:
            terminal.say(f"  {name}: and {count - KEPT_MAX} more")
