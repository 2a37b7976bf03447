"""The packs and what is written about them: every rule in its pack's table under its practice, no warning, no file that is not laid out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import rulelang
from rulelang import model
from rulelang.lint import lint
from services.demo.generate import generate
from services.simulate.city import open_days
from tests.rules.test_packs import MONDAY

ROOT = Path(__file__).parents[2] / "rules"
PACKS = sorted(path.parent.name for path in ROOT.glob("*/README.md"))
PRACTICES = {
    *("A1", "A2", "A3", "A4", "A5"),
    *("B1", "B2", "B3", "B4", "B5", "B6"),
    *("C1", "C2", "C3", "C4"),
    *("D1", "D2", "D3", "D4", "D5", "D6", "D7"),
    *("E1", "E2", "E3"),
    *("F1", "F2", "F3", "F4", "F5"),
    *("G", "H", "I"),
}
ROW = re.compile(r"^\| ([A-I]\d?) \| `(\w+)` \|", re.MULTILINE)


@cache
def checked() -> rulelang.Checked:
    return rulelang.check(ROOT)


def rules_of(pack: str) -> list[model.Rule]:
    ruleset = checked().ruleset
    assert ruleset is not None
    return [rule for rule in ruleset.rules if rule.span.file.startswith(f"{pack}/")]


def table_of(pack: str) -> list[tuple[str, str]]:
    """The practices and rules in the table of a pack's README."""
    return ROW.findall((ROOT / pack / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_says_of_each_of_its_rules_which_practice_it_finds(pack: str) -> None:
    assert sorted(name for _, name in table_of(pack)) == sorted(rule.name for rule in rules_of(pack))


def test_the_tables_name_every_practice_of_the_field() -> None:
    assert {practice for pack in PACKS for practice, _ in table_of(pack)} == PRACTICES


def test_what_is_planted_stands_in_a_table_under_its_practice() -> None:
    planted = {(p.practice, p.rule) for p in generate(MONDAY, open_days(rulelang.load(ROOT).calendars), seed=1).planted}
    assert planted <= {row for pack in PACKS for row in table_of(pack)}


@pytest.mark.parametrize("pack", PACKS)
def test_each_rule_says_what_it_finds_to_whom_it_belongs_and_what_happened(pack: str) -> None:
    for rule in rules_of(pack):
        assert rule.title, rule.name
        assert rule.category, rule.name
        assert rule.owner, rule.name
        assert any(not isinstance(part, str) for part in rule.message), f"{rule.name}: a message without a value says nothing of the case"


def test_the_points_that_a_table_promises_are_those_that_the_rule_gives() -> None:
    for pack in PACKS:
        promised = dict(
            re.findall(r"^\| [A-I]\d? \| `(\w+)` \|.*\| ([^|]*) \|$", (ROOT / pack / "README.md").read_text("utf-8"), re.MULTILINE)
        )
        for rule in rules_of(pack):
            text = promised[rule.name]
            points = re.search(r"(\d+) points?", text)
            given = rule.points.value if isinstance(rule.points, model.Constant) else None
            assert (int(points[1]) if points else None) == given, rule.name
            level = re.search(r"\b(blue|yellow|orange|red)\b", text)
            assert (level[1] if level else None) == rule.level, rule.name


def test_nothing_is_found_in_the_shipped_rules() -> None:
    assert lint(checked()) == []
