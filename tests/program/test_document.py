"""docs/program.md says of every field of a program what it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.program import FORMAT, VERSION
from engine.verifying import plan
from engine.verifying.shapes import Items, Maybe, Record, Shape

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "program.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `?([^`\n]+)`?$\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))


def names(shape: Shape) -> set[str]:
    """The fields of a shape, those of windows and gaps left out, which have a section of their own."""
    match shape:
        case Record(fields=fields):
            return set(fields).union(*(names(inner) for inner in fields.values() if inner not in (plan.WINDOW, plan.GAP, Maybe(plan.GAP))))
        case Items(shape=inner) | Maybe(shape=inner):
            return names(inner)
    return set()


def told(section: str) -> set[str]:
    """The names in the tables of a section."""
    return {name for line in SECTIONS[section].splitlines() if line.startswith("|") for name in re.findall(r"`(\w+)`", line)}


@pytest.mark.parametrize(
    "part",
    [
        "timezone",
        "calendars",
        "entities",
        "types",
        "tables",
        "histories",
        "aggregates",
        "patterns",
        "rules",
        "ladders",
        "procedures",
        "index",
        "codes",
    ],
)
def test_every_field_of_a_part_is_told(part: str) -> None:
    assert names(plan.PLAN.fields[part]) - told(part) == set()


def test_every_part_and_the_fields_of_windows_and_gaps_are_told() -> None:
    assert set(plan.PLAN.fields) - told("The plan") == set()
    assert names(plan.WINDOW) | names(plan.GAP) <= told("Windows and gaps")
    assert {"constants", "sets", "globs", "regexes", "accesses", "memos"} <= told("What code refers to")
    assert f"version of the file: {VERSION} |" in DOCUMENT
    assert f"version of the plan: {FORMAT}." in DOCUMENT
