"""Simulate a city: officers, units and shifts, their work, honest noise, and misconduct planted at a known rate.

The events are written as JSON Lines in the order in which they would arrive, what must be found of them beside it. The same seed gives the
same bytes. No more is held in memory than a day and what is under way.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO

from services.cli.events import SECRET_VARIABLE, read_secret
from services.cli.files import check_writable, whole
from services.cli.rulefiles import SHIPPED_RULES, load_files
from services.cli.terminal import WELL, CannotUse, Terminal
from services.simulate.city import DAYS_MAX, NOISY, OFFICERS_MAX, OFFICERS_MIN, City, Day, live, open_days
from services.simulate.draws import draws_of
from services.simulate.scene import CALM
from services.simulate.truth import city_line, planted_line

SUMMARY = "events of a simulated city, with planted misconduct and its ground truth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", required=True, metavar="FILE", help="where the events go, JSON Lines; - for standard output")
    parser.add_argument("--truth", required=True, type=Path, metavar="FILE", help="where the ground truth goes, JSON Lines")
    parser.add_argument("--officers", type=int, default=200, metavar="N", help="how many do ordinary work (default: 200)")
    parser.add_argument("--days", type=int, default=30, metavar="N", help="default: 30")
    parser.add_argument("--first-day", default="2026-09-01", metavar="DATE", help="default: 2026-09-01")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, another city (default: 1)")
    parser.add_argument(
        "--misconduct", type=float, default=0.5, metavar="N", help="how often each piece of misconduct is planted on a day (default: 0.5)"
    )
    parser.add_argument(
        "--noise",
        type=float,
        default=1.0,
        metavar="N",
        help="how much noise, against the usual: missing fields, wrong clocks, conflicts, honest look-alikes (default: 1; 0: late and repeated events only)",
    )
    parser.add_argument(
        "--rules",
        type=Path,
        default=SHIPPED_RULES,
        metavar="FOLDER",
        help="rules whose calendars working_hours and patrol_hours say when offices and halls are open, and which draw spot checks",
    )
    parser.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help=f"the secret under which the rules will draw, so that what is drawn is checked (default: the variable {SECRET_VARIABLE}, or none)",
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    city = _city(arguments)
    secret = read_secret(arguments.secret_file)
    if not arguments.rules.is_dir():
        raise CannotUse(f"{arguments.rules}: the shipped rules are not there; name their folder with --rules")
    ruleset = load_files([str(arguments.rules)], terminal).ruleset
    try:
        days = open_days(ruleset.calendars)
    except KeyError as missing:
        raise CannotUse(f"{arguments.rules}: there is no calendar {missing.args[0]}") from missing
    paths = [arguments.truth] + ([] if arguments.events == "-" else [Path(arguments.events)])
    for path in paths:
        check_writable(path)
    try:
        lived = live(city, days, draws_of(ruleset.rules), secret)
        told, misconduct, lookalikes = _write(city, lived, arguments, terminal)
    except OSError as error:
        raise CannotUse(f"--events, --truth: cannot be written: {error.strerror}; the files are as they were") from error
    terminal.say(
        f"seed {city.seed}: {city.officers} officers, {city.days} days from {city.first_day}; {told} events, "
        f"{misconduct} findings planted, {lookalikes} honest look-alikes"
    )
    return WELL


def _write(city: City, lived: Iterator[Day], arguments: argparse.Namespace, terminal: Terminal) -> tuple[int, int, int]:
    """How many events, findings planted and look-alikes. Raises OSError."""
    told = misconduct = lookalikes = 0
    with ExitStack() as stack:
        truth = _opened(arguments.truth, stack)
        tell = terminal.write if arguments.events == "-" else _opened(Path(arguments.events), stack).write
        truth.write(city_line(city))
        for day in lived:
            for item in day.told:
                tell(json.dumps(item.event, ensure_ascii=False) + "\n")
            for planted in day.planted:
                truth.write(planted_line(planted))
                lookalikes += bool(planted.honest)
                misconduct += not planted.honest
            told += len(day.told)
            terminal.progress(f"{day.day}  {told:,} events")
    return told, misconduct, lookalikes


def _city(arguments: argparse.Namespace) -> City:
    if not OFFICERS_MIN <= arguments.officers <= OFFICERS_MAX:
        raise CannotUse(f"--officers: must be from {OFFICERS_MIN} to {OFFICERS_MAX}")
    if not 1 <= arguments.days <= DAYS_MAX:
        raise CannotUse(f"--days: must be from 1 to {DAYS_MAX}")
    if not (0 <= arguments.misconduct < float("inf") and 0 <= arguments.noise <= 10):
        raise CannotUse("--misconduct: must be 0 or more; --noise: from 0 to 10")
    try:
        first_day = date.fromisoformat(arguments.first_day)
    except ValueError:
        raise CannotUse(f"--first-day: {arguments.first_day!r} is not a date; write 2026-09-01") from None
    noise = CALM
    if arguments.noise:
        louder = {name: getattr(NOISY, name) * arguments.noise for name in ("changed", "skewed", "lacking", "alike")}
        noise = replace(NOISY, **louder)
    return City(first_day, arguments.days, arguments.officers, arguments.seed, arguments.misconduct, noise)


def _opened(path: Path, stack: ExitStack) -> IO[str]:
    """A file that is there when all is written, and not before."""
    text = io.TextIOWrapper(stack.enter_context(whole(path)), encoding="utf-8")
    stack.callback(text.detach)  # which writes what it holds back, and leaves the file to `whole`
    return text
