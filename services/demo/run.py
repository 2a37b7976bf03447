"""The demonstration: the shipped rules are served, a day of events is sent to them as upstream systems would, and what is found is shown.

In: parsed options, a terminal.  Out: what is said on the terminal, and an exit code: 0 where exactly the planted misconduct was found.

generated day ─▶ upstream (gRPC) ─▶ the service on the embedded store ─▶ news ─▶ terminal
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import Engine
from rulelang import model
from rulelang.effective import outline
from services.cli.events import WORDS
from services.cli.files import check_writable, write_whole
from services.cli.rulefiles import SHIPPED_RULES, load_files
from services.cli.terminal import FAILED, WELL, CannotUse, Terminal
from services.demo.generate import Days, generate
from services.demo.news import Told
from services.demo.serving import SECRET, DayClock, serving
from services.demo.showing import Key, levels_line, lines_of, paragraph, summary
from services.demo.upstream import Upstream
from services.logs import configure
from services.server.engine_thread import RuleSet
from services.simulate.city import open_days
from services.simulate.scene import Event
from services.simulate.scene import Told as Scheduled

Json = dict[str, Any]
FIRST_DAY = date(2026, 11, 23)
UNANSWERED = "loop.overdue"
"""The category of what is found because nobody answers for the warnings of the day, which nobody does here."""
STEP = timedelta(minutes=10)
"""Events that arrive within so much time of the day are sent in one call."""
WIDTH = 100
"""Columns where there is no terminal that has some; paragraphs are not made wider."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, default=30.0, metavar="N", help="how long the day takes (default: 30; 0: as fast as it goes)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, another day (default: 1)")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="how often each piece of misconduct is planted (default: 1)")
    parser.add_argument(
        "--rules", type=Path, default=SHIPPED_RULES, metavar="FOLDER", help="the shipped rules, where they are not beside the program"
    )
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="write the events there too, for `rulelang replay` and `rulelang explain`"
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.seconds < 0 or arguments.times < 0:
        raise CannotUse("--seconds and --times: must be 0 or more")
    if not arguments.rules.is_dir():
        raise CannotUse(f"{arguments.rules}: the shipped rules are not there; name their folder with --rules")
    if arguments.save is not None:
        check_writable(arguments.save)
    loaded = load_files([str(arguments.rules)], terminal)
    days = _days(loaded.ruleset, arguments)
    stage = _Stage(days, arguments.seconds, _width(), terminal)
    configure("warning")
    with tempfile.TemporaryDirectory(prefix="rulelang-demo-") as folder:
        store = f"sqlite:{folder}/demo.db"
        clock = DayClock(days.start)
        with serving(RuleSet(outline(loaded.ruleset), loaded.program), [str(arguments.rules)], store, clock) as address:
            upstream = Upstream(address)
            try:
                stage.introduce(upstream, address)
                stage.play(upstream, clock)
            finally:
                upstream.close()
        standing = _what_the_store_holds(loaded.program, store, days)
    if arguments.save is not None:
        write_whole(arguments.save, "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in (*days.before, *days.events)).encode())
    unanswered = {rule.name for rule in loaded.ruleset.rules if (rule.category or "").startswith(UNANSWERED)}
    drawing = {rule.name for rule in loaded.ruleset.rules if rule.sample is not None}
    right = stage.conclude(standing, upstream.calls, unanswered, drawing)
    stage.say_how_to_go_on(arguments)
    return WELL if right else FAILED


def _days(ruleset: model.RuleSet, arguments: argparse.Namespace) -> Days:
    try:
        days = open_days(ruleset.calendars)
    except KeyError as missing:
        raise CannotUse(f"{arguments.rules}: there is no calendar {missing.args[0]}; are these the shipped rules?") from missing
    return generate(FIRST_DAY, days, seed=arguments.seed, times=arguments.times)


def _width() -> int:
    return shutil.get_terminal_size((WIDTH, 40)).columns if sys.stdout.isatty() else WIDTH


def _what_the_store_holds(program: bytes, store: str, days: Days) -> list[Json]:
    """Read after the service has ended, as a restart would; deadlines of the day that nobody has asked about since are looked at."""
    engine = Engine(program, store=store, life_cycle=True, secret=SECRET)
    try:
        engine.advance(days.end)
        return engine.standing()
    finally:
        engine.close()


class _Stage:
    """What is said, in its order."""

    def __init__(self, days: Days, seconds: float, width: int, terminal: Terminal) -> None:
        self._days = days
        self._seconds = seconds
        self._width = width
        self._terminal = terminal
        self._told = Told()

    def introduce(self, upstream: Upstream, address: str) -> None:
        served = upstream.rule_set()
        self._paragraph(
            f"Serving {len(served.rules)} rules and {len(served.ladders)} ladders over gRPC on {address}, on the embedded store "
            f"(rule set {served.hash[:12]})."
        )
        list(self._send(upstream, self._days.before))
        days = self._days
        speed = "as fast as it goes" if self._seconds == 0 else f"in {self._seconds:g} seconds"
        self._paragraph(
            f"{len(days.before)} events of the months before are filled in. Now comes {days.start:%A, %-d %B %Y}, {speed}: {len(days.told)} events, "
            f"some late, some sent twice, and among them {len(days.planted)} things that the rules should find."
        )

    def play(self, upstream: Upstream, clock: DayClock) -> None:
        """The day, step by step: the clock moves on, and what has arrived by then is sent in one call."""
        started = time.monotonic()
        length = (self._days.end - self._days.start).total_seconds()
        sent = 0
        over = False
        for moment, arrived in _steps(self._days):
            due = started + self._seconds * min((moment - self._days.start).total_seconds() / length, 1)
            time.sleep(max(0.0, due - time.monotonic()))
            if not over and moment > self._days.end:
                over = True
                self._terminal.write(self._terminal.styled("After midnight arrives what was still on its way:", "grey") + "\n")
            clock.reach(moment)
            for line in self._send(upstream, [scheduled.event for scheduled in arrived], f"{moment:%H:%M}"):
                self._terminal.write(line + "\n")
            self._terminal.finish()
            sent += len(arrived)
            self._terminal.progress(f"{moment:%H:%M}  {sent} events sent")

    def conclude(self, standing: list[Json], calls: int, unanswered: Set[str], drawing: Set[str]) -> bool:
        """The summary. Whether what stands is what was planted, and what the answers said is what the store holds.

        `unanswered`: rules whose findings follow from nobody having answered for the warnings. `drawing`: rules that draw by lot.
        """
        told, terminal = self._told, self._terminal
        findings = [item for item in standing if item["kind"] == "finding"]
        warnings = [item for item in standing if item["kind"] == "warning"]
        found = Counter((f["rule"], _key(f["key"])) for f in findings if f["rule"] not in unanswered | drawing)
        late = [f for f in findings if f["rule"] in unanswered]
        drawn = [f for f in findings if f["rule"] in drawing]
        levels = levels_line(item["level"] for item in warnings)
        statuses = told.statuses
        terminal.write("\n")
        self._paragraph(
            f"The day is over, and the service has ended. {statuses.total()} events were sent in {calls} calls: "
            f"{', '.join(f'{count} {words}' for status, words in WORDS.items() if (count := statuses[status]))}. "
            f"In its store stand {len(findings)} findings and {len(warnings)} warnings ({levels}); "
            f"{told.taken_back or 'none'} were taken back on the way, when late events arrived."
        )
        for line in summary(self._days.planted, found, terminal.styled):
            terminal.write(line + "\n")
        if late:
            self._paragraph(
                f"Besides, {len(late)} {'finding says' if len(late) == 1 else 'findings say'} that nobody has answered for warnings in time "
                f"({', '.join(sorted({f['rule'] for f in late}))}): `rulelang warnings` shows whose turn it is."
            )
        if drawn:
            self._paragraph(
                f"And {len(drawn)} {'finding was' if len(drawn) == 1 else 'findings were'} drawn by lot from ordinary work, to be looked at "
                f"({', '.join(sorted({f['rule'] for f in drawn}))}): nothing is known against anybody. `rulelang draws` lists them."
            )
        unknown = (told.findings.keys() | told.warnings.keys()) - {item["id"] for item in standing}
        for name in sorted(unknown):
            terminal.write(terminal.styled(f"answered, but not in the store: {name}", "red") + "\n")
        return not unknown and found == Counter((p.rule, p.key) for p in self._days.planted)

    def say_how_to_go_on(self, arguments: argparse.Namespace) -> None:
        command = "rulelang" if shutil.which("rulelang") else ".venv/bin/rulelang"
        rules = "rules/" if arguments.rules == SHIPPED_RULES else str(arguments.rules)
        write = self._terminal.write
        write("\nTo keep the service running, until Ctrl-C:\n")
        write(f"    {command} serve {rules} --store sqlite:rulelang.db --listen 127.0.0.1:50051\n")
        if arguments.save is None:
            write("To have the events in a file, for `replay` and `explain`:\n")
            write(f"    {command} demo --seconds 0 --save day.jsonl\n")
        else:
            write(f"The events are in {arguments.save}. Why a rule found what it found:\n")
            write(f"    {command} explain {rules} --events {arguments.save} --rule sample_swapped --only holds\n")

    def _send(self, upstream: Upstream, events: Sequence[Event], clock: str = "before") -> Iterator[str]:
        news = self._told.take(upstream.send(events))
        return lines_of(news, clock, self._width, self._terminal.styled)

    def _paragraph(self, text: str) -> None:
        self._terminal.write(paragraph(text, min(self._width, WIDTH)) + "\n\n")
        self._terminal.finish()


def _steps(days: Days) -> Iterator[tuple[datetime, list[Scheduled]]]:
    """The moments of the clock, and what has arrived since the one before; the last ones lie after midnight."""
    waiting = list(reversed(days.told))
    moment = days.start
    while waiting or moment < days.end:
        moment += STEP
        arrived = []
        while waiting and waiting[-1].arrives <= moment:
            arrived.append(waiting.pop())
        if arrived:
            yield moment, arrived


def _key(key: object) -> Key:
    return tuple(key) if isinstance(key, list) else key  # type: ignore[return-value]
