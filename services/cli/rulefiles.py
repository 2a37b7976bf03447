"""Rule files for the verbs: checked, loaded, compiled; and what is wrong with them shown in one way.

In: paths of the command line.  Out: `Checked`, a rule set with its program, or `CannotUse` and `Failed`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import rulelang
from rulelang import model
from rulelang.api import Checked
from rulelang.cached.building import Building, Built
from rulelang.cached.folder import CacheError, Folder
from rulelang.diagnostics import Diagnostic
from rulelang.render import render_text, summary
from services.cli.terminal import CannotUse, Failed, Terminal

SHIPPED_RULES = Path(__file__).resolve().parents[2] / "rules"

# Codes that say that a path of the command line cannot be read: no fault of any rule.
UNREADABLE = ("E500", "E501", "E505", "E508")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule set without errors."""

    ruleset: model.RuleSet
    program: bytes
    checked: Checked


def add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a rule file or a folder of them; all together are one rule set")


def check_files(paths: list[str]) -> Checked:
    """Parsed and resolved; raises `CannotUse` where a path cannot be read."""
    checked = rulelang.check(paths)
    _readable(checked)
    return checked


def _readable(checked: Checked | Building) -> None:
    unreadable = [d for d in checked.diagnostics if d.code in UNREADABLE]
    if unreadable:
        cannot_use(unreadable)


def cannot_use(diagnostics: list[Diagnostic]) -> NoReturn:
    raise CannotUse("\n".join(f"{d.message}{f' - {d.remedy}' if d.remedy else ''}" for d in diagnostics))


def load_files(paths: list[str], terminal: Terminal) -> Loaded:
    """The rule set and its program; shows the errors and raises `Failed` where there are some."""
    checked = check_files(paths)
    if checked.ruleset is None:
        _fail(checked, terminal)
    return Loaded(checked.ruleset, rulelang.compile_checked(checked), checked)


def build_files(paths: list[str], cache: Path, terminal: Terminal) -> Built:
    """The program, with what was made of the files before; shows the errors and raises `Failed` where there are some."""
    try:
        building = rulelang.compile_with_cache(paths, Folder(cache, terminal.say))
    except CacheError as error:
        raise CannotUse(str(error)) from error
    _readable(building)
    if building.built is None:
        _fail(building, terminal)
    return building.built


def _fail(checked: Checked | Building, terminal: Terminal) -> NoReturn:
    terminal.say(render_text(checked.errors, checked.sources, colour=terminal.err_colour, folder=checked.folder))
    terminal.say(summary(checked.errors))
    raise Failed
