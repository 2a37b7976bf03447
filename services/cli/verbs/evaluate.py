"""Run events whose ground truth is known through the rules, and show how well they find it: recall, precision and delay.

The events are taken in their order, as a service would see them, so that the delay holds what the sources and the rules both wait.
Exit code 1: misconduct was missed, or something was found that nothing explains.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine import Outcome
from engine.texts import time_text
from services.cli.events import BATCH, add_event_options, run_events, say_report
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import FAILED, WELL, CannotUse, Terminal
from services.replay.table import aligned, column_widths
from services.simulate.judging import SHOWN_MAX, Judgement, Score, judge
from services.simulate.truth import CannotReadTruth, Key, read_truth

SUMMARY = "how well the rules find misconduct that is known"
_HEAD = ("practice", "rule", "planted", "found", "alike", "other", "recall", "precision", "delay", "longest")
_NUMBERS = range(2, len(_HEAD))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    add_event_options(parser)
    parser.add_argument("--truth", required=True, type=Path, metavar="FILE", help="the ground truth, as rulelang simulate writes it")
    parser.add_argument(
        "--store", default="memory:", metavar="URL", help="memory:, sqlite:PATH or redis://HOST:PORT, and empty (default: memory:)"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    loaded = load_files(arguments.paths, terminal)
    try:
        truth = read_truth(arguments.truth)
    except CannotReadTruth as error:
        raise CannotUse(str(error)) from error
    if arguments.until is None and truth.end_us is not None:
        arguments.until = time_text(truth.end_us)
    issued = Issued()
    started = time.monotonic()
    engine, report = run_events(arguments, loaded, terminal, store=arguments.store, as_arrived=True, batch=BATCH, on_outcome=issued.take)
    try:
        standing = engine.standing()
    finally:
        engine.close()
    took_s = time.monotonic() - started
    rules = loaded.ruleset.rules
    drawing = {rule.name for rule in rules if rule.sample is not None}
    judgement = judge([rule.name for rule in rules], truth.rows, standing, issued.moments_us, drawing)
    if arguments.format == "json":
        terminal.write(json.dumps(_as_json(judgement), ensure_ascii=False, indent=2) + "\n")
    else:
        for line in _table(judgement, terminal.styled):
            terminal.write(line + "\n")
    say_report(report, terminal)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    terminal.say(f"{took_s:.1f} s, {report.rows / max(took_s, 1e-9):.0f} events a second, {memory_mb} MB at most")
    return FAILED if judgement.missed or judgement.unexplained else WELL


class Issued:
    """When each finding was issued first, by the clock of the replay: the latest time of any event so far."""

    def __init__(self) -> None:
        self.moments_us: dict[str, int] = {}
        self._now_us = -(2**63)

    def take(self, time_us: int, outcome: Outcome) -> None:
        self._now_us = max(self._now_us, time_us)
        for finding in outcome.findings:
            self.moments_us.setdefault(finding["id"], self._now_us)


def _table(judgement: Judgement, styled: Callable[[str, str], str]) -> Iterator[str]:
    seen = [score for score in judgement.rules if score.planted or score.precision is not None]
    rows = [(score.practice, score.rule, *_cells(score)) for score in seen]
    rows += [(score.practice, "(all of its rules)", *_cells(score)) for score in judgement.practices]
    rows.append(("", "(all)", *_cells(judgement.total)))
    widths = column_widths([_HEAD, *rows])
    yield styled(aligned(_HEAD, widths, _NUMBERS), "bold")
    for row in rows:
        yield aligned(row, widths, _NUMBERS)
    silent = [score.rule for score in judgement.rules if score not in seen]
    if silent:
        yield f"nothing planted, nothing found: {', '.join(silent)}"
    for (rule, honest), count in sorted(judgement.reasons.items()):
        yield f"honest, and found by {rule}: {honest}, {count}"
    for (rule, honest), count in sorted(judgement.spared.items()):
        yield f"honest, and left alone by {rule}: {honest}, {count}"
    if judgement.drawn:
        yield f"drawn by lot, and not judged: {', '.join(f'{rule} {count}' for rule, count in judgement.drawn.items())}"
    for word, names in (("missed", judgement.missed), ("found, and nothing explains it", judgement.unexplained)):
        for rule, key in names[:SHOWN_MAX]:
            yield styled(f"{word}: {rule} {', '.join(key) or '(nobody)'}", "red")
        if len(names) > SHOWN_MAX:
            yield styled(f"{word}: and {len(names) - SHOWN_MAX} more", "red")


def _cells(score: Score) -> tuple[str, ...]:
    counts = tuple(str(count) for count in (score.planted, score.found, score.alike, score.unexplained))
    return (*counts, _part(score.recall), _part(score.precision), _span(score.median_delay_s), _span(score.longest_delay_s))


def _part(value: float | None) -> str:
    return "-" if value is None else f"{int(value * 1000) / 1000:.3f}"  # cut, not rounded: 1.000 is all of them


def _span(seconds: float | None) -> str:
    """In the largest unit that leaves a number of one or more."""
    if seconds is None:
        return "-"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f}{unit}"
    return f"{seconds:.0f}s"


def _as_json(judgement: Judgement) -> dict[str, Any]:
    return {
        "rules": [_score(score) for score in judgement.rules],
        "practices": [_score(score) for score in judgement.practices],
        "total": _score(judgement.total),
        "missed": _named(judgement.missed),
        "unexplained": _named(judgement.unexplained),
        "alike": [{"rule": rule, "honest": honest, "entities": n} for (rule, honest), n in sorted(judgement.reasons.items())],
        "drawn": dict(judgement.drawn),
        "left_alone": [{"rule": rule, "honest": honest, "entities": n} for (rule, honest), n in sorted(judgement.spared.items())],
    }


def _score(score: Score) -> dict[str, Any]:
    names = ("practice", "rule", "planted", "found", "alike", "unexplained", "recall", "precision", "median_delay_s", "longest_delay_s")
    return {name: value for name in names if (value := getattr(score, name)) != ""}


def _named(names: tuple[tuple[str, Key], ...]) -> list[dict[str, Any]]:
    return [{"rule": rule, "key": list(key)} for rule, key in names]
