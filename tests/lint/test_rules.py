"""Each lint rule: its bad example is found by it alone, where it says; its good example by none; its fix mends it; its words are as agreed.

The words are kept in `snapshots/`, one file for each rule. `python -m tests.lint.test_rules` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.program import load
from rulelang.api import check_text
from rulelang.emit import emit
from rulelang.lint import lint, lint_rules
from rulelang.lint.framework import LintRule
from rulelang.render import render_text
from services.testing.runner import run_test
from tests.lint.linting import UNTESTED, linted, mended
from tools.generate_lint_docs import TARGET, document

SNAPSHOTS = Path(__file__).with_name("snapshots")

# What each bad example is found for, as it is written there.
PLACES = {
    "L001": ["hours > 12 and hours < 8"],
    "L002": ["amount > 100"],
    "L003": ["long"],
    "L004": ["share(penalty where small)"],
    "L005": ['grade != "keeper"'],
    "L006": ["not filmed"],
    "L007": ["count(reading) < 3"],
    "L008": ["count(penalty) < previous count(penalty) / 2"],
    "L009": ["penalty not followed by video"],
    "L010": ['"long_shifts"'],
    "L011": ["too_long_shift"],
    "L012": ["long_shift"],
    "L013": ["long_shift"],
    "L014": ['test "a short shift"\n    shift at 2026-03-02T10:00 officer=P1 hours=12'],
    "L015": ["this.longest"],
    "L016": ["hour(time)"],
    "L017": ['"auxiliary"'],
    "L018": ["3"],
    "L019": ["long_shift"],
    "L020": ["120d"],
    "L021": ["unit_haed"],
}

RULES = [pytest.param(rule, id=rule.code) for rule in lint_rules()]


def words(rule: LintRule) -> str:
    """What is shown of the bad example."""
    checked = check_text(rule.bad)
    return render_text(lint(checked), checked.sources, colour=False)


@pytest.mark.parametrize("rule", RULES)
def test_the_bad_example_is_found_by_this_rule_alone_where_it_says(rule: LintRule) -> None:
    # A rule that never holds cannot be expected by a test either.
    found = [d for d in linted(rule.bad) if d.code == rule.code or d.code != UNTESTED]
    assert {d.code for d in found} == {rule.code}
    assert [rule.bad[d.span.start : d.span.end].strip() for d in found] == PLACES[rule.code]


@pytest.mark.parametrize("rule", RULES)
def test_the_good_example_is_found_by_none(rule: LintRule) -> None:
    assert linted(rule.good) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("example", ["bad", "good"])
def test_the_tests_in_the_examples_pass(rule: LintRule, example: str) -> None:
    ruleset = check_text(getattr(rule, example)).ruleset
    assert ruleset is not None
    program = load(emit(ruleset))
    assert [(test.name, f.message) for test in ruleset.tests for f in run_test(program, test).failures] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_fix_leaves_nothing_to_be_found(rule: LintRule) -> None:
    fixed = mended(rule.bad)
    if fixed != rule.bad:
        assert linted(fixed) == []


@pytest.mark.parametrize("rule", RULES)
def test_what_is_said_is_what_was_agreed(rule: LintRule) -> None:
    assert words(rule) == (SNAPSHOTS / f"{rule.code}.txt").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_stands_in_a_file_named_like_it(rule: LintRule) -> None:
    module = rule.find.__module__.rpartition(".")[2]
    assert module.startswith(rule.code.lower() + "_")
    assert rule.severity in ("error", "warning", "note")
    assert rule.reason.endswith(".")


def test_codes_and_names_are_told_apart_and_each_has_a_place() -> None:
    codes = [rule.code for rule in lint_rules()]
    assert codes == sorted(set(codes)) == sorted(PLACES)
    assert len({rule.name for rule in lint_rules()}) == len(codes)


def test_the_documentation_is_what_the_rules_give() -> None:
    assert TARGET.read_text("utf-8") == document()


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(PLACES)


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for written in lint_rules():
        (SNAPSHOTS / f"{written.code}.txt").write_text(words(written), "utf-8")
