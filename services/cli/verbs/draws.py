"""List what the spot checks have drawn on a day.

For each rule with `sample`: the keys that were drawn, and the findings about them. The list is for those who carry the spot checks out, and
for `rulelang verify-sample`; those who may be drawn should not see it beforehand.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any

from engine.texts import day_text
from rulelang.timezones import Zone
from services.cli.events import SECRET_VARIABLE, add_source_options, check_source, read_secret, run_source, say_report
from services.cli.files import check_writable, write_whole
from services.cli.moments import last_moment_us
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, CannotUse, Terminal, several
from services.replay.sampling import COLUMNS, shares_of

SUMMARY = "what the spot checks have drawn on a day"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_source_options(parser)
    parser.add_argument("--day", metavar="DATE", help="the local day, or `all` (default: the day of the clock at the end)")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    check_source(arguments)
    if arguments.output is not None:
        check_writable(arguments.output)
    loaded = load_files(arguments.paths, terminal)
    zone = Zone(loaded.ruleset.timezone)
    wanted = check_day(arguments.day, zone)
    if shares_of(loaded.ruleset):
        check_secret(arguments.secret_file, arguments.store)
    engine, report = run_source(arguments, loaded, terminal)
    try:
        day = wanted or ("all" if engine.now is None else day_text(zone.day(engine.now)))
        draws = [draw for draw in engine.draws() if day in ("all", draw["day"])]
    finally:
        engine.close()
    text = _csv(draws) if arguments.format == "csv" else "".join(json.dumps(draw, ensure_ascii=False) + "\n" for draw in draws)
    if arguments.output is None:
        terminal.write(text)
    else:
        write_whole(arguments.output, text.encode("utf-8", "surrogatepass"))
    if report is not None:
        say_report(report, terminal)
    terminal.say(
        f"{several(len(draws), 'key')} drawn {'on all days' if day == 'all' else f'on {day}'}, by {several(len(shares_of(loaded.ruleset)), 'rule')}"
    )
    return WELL


def check_day(text: str | None, zone: Zone) -> str | None:
    """The day as written, where it is one."""
    if text is None or text == "all":
        return text
    if len(text) != len("2026-03-31"):
        raise CannotUse(f"--day: {text!r} is not a day; write 2026-03-31, or all")
    last_moment_us(text, zone, "--day")
    return text


def check_secret(path: Path | None, store: str | None = None) -> bytes:
    """Without the secret nothing that is said here would be true."""
    secret = read_secret(path, store)
    if not secret:
        raise CannotUse(f"--secret-file: the secret of the draw is needed, in a file or in the variable {SECRET_VARIABLE}")
    return secret


def _csv(draws: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([draw["day"], draw["rule"], draw["key"], repr(draw["share"]), " ".join(draw["findings"])] for draw in draws)
    return written.getvalue()
