"""Parse, resolve, type-check and lint rule files, and show all that is wrong with them."""

from __future__ import annotations

import argparse
from codecs import BOM_UTF8
from pathlib import Path

from rulelang.api import Checked
from rulelang.diagnostics import Diagnostic, in_order
from rulelang.effective import describe
from rulelang.lint import apply, lint, lint_with_fixes
from rulelang.lint.framework import Edit
from rulelang.render import RENDERERS, render_text, summary
from services.cli.files import read_file, write_whole
from services.cli.rulefiles import add_paths, check_files
from services.cli.terminal import FAILED, WELL, Terminal, several

SUMMARY = "find what is wrong with rule files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument(
        "--format", choices=sorted(RENDERERS), default="text", help="text for people; the others for programs (default: text)"
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail the check too")
    parser.add_argument(
        "--fix", action="store_true", help="make the changes that lint rules offer, in the files; read them before you keep them"
    )
    parser.add_argument("--effective", action="store_true", help="also show what each rule comes to once the defaults are filled in")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    checked = check_files(arguments.paths)
    if arguments.fix and _fix(checked, terminal):
        checked = check_files(arguments.paths)
    found = in_order([*checked.diagnostics, *lint(checked)])
    if arguments.format == "text":
        _show(found, checked, terminal)
    else:
        terminal.write(RENDERERS[arguments.format](found, checked.sources, folder=checked.folder))
    if arguments.effective and checked.ruleset is not None:
        show = terminal.write if arguments.format == "text" else terminal.say
        for rule in checked.ruleset.rules:
            show("\n".join(describe(rule, checked.ruleset)) + "\n")
    fails = ("error", "warning") if arguments.strict else ("error",)
    return FAILED if any(d.severity in fails for d in found) else WELL


def _fix(checked: Checked, terminal: Terminal) -> int:
    """Makes the edits that lint rules offer; how many there were. Where two overlap, the second is offered again."""
    by_file: dict[str, set[Edit]] = {}
    for linted in lint_with_fixes(checked):
        for edit in linted.fix:
            by_file.setdefault(edit.span.file, set()).add(edit)
    for name, edits in sorted(by_file.items()):
        path = Path(checked.folder, name)
        mark = BOM_UTF8 if read_file(path).startswith(BOM_UTF8) else b""
        write_whole(path, mark + apply(checked.sources[name], tuple(edits)).encode("utf-8"))
        terminal.say(f"{path}: {several(len(edits), 'place')} changed: read what the rules say now")
    return sum(map(len, by_file.values()))


def _show(found: list[Diagnostic], checked: Checked, terminal: Terminal) -> None:
    if found:
        terminal.write(render_text(found, checked.sources, colour=terminal.colour, folder=checked.folder) + "\n")
    what = "no rule set"
    if checked.ruleset is not None:
        ruleset = checked.ruleset
        written = [procedure for procedure in ruleset.procedures if procedure.span.file]
        counted = [
            (ruleset.rules, "rule"),
            (ruleset.ladders, "ladder"),
            *([(written, "procedure")] if written else []),
            (ruleset.tests, "test"),
        ]
        what = ", ".join(several(len(things), word) for things, word in counted)
    terminal.write(f"{several(len(checked.sources), 'file')} ({what}): {summary(found)}\n")
