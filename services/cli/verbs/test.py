"""Run the tests written in the rule files.

Every test is played as it is written, then with its events in other orders of arrival and each sent twice; it fails where
the outcome changes. --coverage says what no test has looked at: rules that never hold, conditions that were never true or
never false, thresholds on which no test stands. With --strict such a gap fails the run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.fold import Rule
from engine.program import load
from engine.values import Event
from rulelang.emit import emit
from rulelang.render.places import Places
from rulelang.syntax import Span
from services.cli.files import write_whole
from services.cli.rulefiles import Loaded, add_paths, load_files
from services.cli.terminal import FAILED, WELL, CannotUse, Terminal, several
from services.testing import Failure, Result, run_test
from services.testing.coverage import Coverage
from services.testing.junit import render_junit
from services.testing.parts import Part
from services.testing.probes import Probes
from services.testing.runner import play

SUMMARY = "run the tests written in rule files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument("--name", metavar="TEXT", help="only tests with this text in their name")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML too")
    parser.add_argument("--coverage", action="store_true", help="say what no test has looked at")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="with --coverage: fail where a rule was never seen to hold or not to, a part never true or false, a threshold never stood on",
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    loaded = load_files(arguments.paths, terminal)
    tests = [test for test in loaded.ruleset.tests if arguments.name is None or arguments.name in test.name]
    if arguments.name is not None and not tests:
        raise CannotUse(f"no test has {arguments.name!r} in its name")
    places = Places(loaded.checked.sources, loaded.checked.folder)

    def where(failure: Failure) -> str:
        return _where(failure.span, places)

    if arguments.strict and not arguments.coverage:
        raise CannotUse("--strict: goes with --coverage")
    coverage = Coverage(loaded.ruleset) if arguments.coverage else None
    probes = Probes(loaded.ruleset) if arguments.coverage else None
    program = load(loaded.program)
    probed = None if probes is None else load(emit(probes.ruleset))
    results: list[Result] = []
    for number, test in enumerate(tests, start=1):
        terminal.progress(f"{number}/{len(tests)} {test.name}")
        result = run_test(program, test, None if coverage is None else _watching(coverage))
        if coverage is not None and probes is not None and probed is not None:
            play(probed, test, _probing(probes, coverage))
        results.append(result)
        if result.failures:
            terminal.write(f"{terminal.styled('FAIL', 'red')} {_where(test.span, places)}: {test.name}\n")
            for failure in result.failures:
                terminal.write(f"  {where(failure)}: {failure.message}\n")
    failed = sum(bool(result.failures) for result in results)
    open_gaps = 0 if coverage is None else _show_coverage(coverage, loaded, places, terminal)
    if not results:
        terminal.write("there are no tests\n")
    else:
        terminal.write(
            f"{several(len(results), 'test')}, {terminal.styled(f'{failed} failed', 'red') if failed else terminal.styled('all passed', 'green')}\n"
        )
    if arguments.junit is not None:
        write_whole(arguments.junit, render_junit(results, where).encode())
    if arguments.strict and open_gaps:
        terminal.write(terminal.styled(f"{several(open_gaps, 'gap')} in what the tests look at", "red") + "\n")
    return FAILED if failed or (arguments.strict and open_gaps) else WELL


def _watching(coverage: Coverage) -> Callable[..., None]:
    """What the engine calls where a rule is looked at."""

    def looked(
        rule: Rule, key: tuple[str, ...], moment: int, event: Event | None, truth: bool | None, parts: Callable[[], list[Part]]
    ) -> None:
        coverage.looked(rule.name, truth, parts())

    return looked


def _probing(probes: Probes, coverage: Coverage) -> Callable[..., None]:
    """What the engine calls where a probe is looked at."""

    def looked(
        rule: Rule, key: tuple[str, ...], moment: int, event: Event | None, truth: bool | None, parts: Callable[[], list[Part]]
    ) -> None:
        probes.looked(rule.name, parts, coverage.seen_inside)

    return looked


def _where(span: Span, places: Places) -> str:
    at = places.place(span)
    return f"{at.path}:{at.line}:{at.column}"


def _show_coverage(coverage: Coverage, loaded: Loaded, places: Places, terminal: Terminal) -> int:
    """Says what no test has looked at. Answers how much of it a test could see."""
    gaps = list(coverage.gaps())
    for rule in coverage.rules:
        done, total = coverage.covered(rule.name)
        share = 100 * done // total if total else 100
        terminal.write(f"{share:3d} %  {rule.name} ({done} of {total})\n")
        for gap in gaps:
            if gap.rule is rule:
                text = loaded.checked.sources[gap.span.file][gap.span.start : gap.span.end]
                what = "" if gap.span == rule.span else f"{' '.join(text.split())}: "
                terminal.write(f"       {_where(gap.span, places)}: {what}{gap.message}\n")
    return sum(gap.grave for gap in gaps)
