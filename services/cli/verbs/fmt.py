"""Lay out rule files in place: the one layout, comments kept, the meaning as it was.

A file with syntax errors is left alone, and its errors are shown. --check writes nothing and names the files that would change.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rulelang.api import find_files
from rulelang.diagnostics import Diagnostic
from rulelang.format import format_text
from rulelang.messages import diagnostic
from rulelang.reading import FILE_BYTES_MAX
from rulelang.render import render_text, summary
from rulelang.syntax import Span
from services.cli.files import read_file, write_whole
from services.cli.rulefiles import cannot_use
from services.cli.terminal import FAILED, WELL, Terminal

SUMMARY = "lay out rule files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a rule file or a folder of them")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a file would change")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    paths, unusable = find_files(map(Path, arguments.paths))
    if unusable:
        cannot_use(unusable)
    changed = failed = 0
    for number, path in enumerate(sorted(paths), start=1):
        terminal.progress(f"{number}/{len(paths)} {path}")
        shown = _shown(path)
        data = read_file(path)
        formatted, text, errors = _format(shown, data)
        if formatted is None:
            terminal.say(render_text(errors, {shown: text}, colour=terminal.err_colour))
            terminal.say(f"{shown}: left as it is: {summary(errors)}")
            failed += 1
        elif formatted != data:
            if not arguments.check:
                write_whole(path, formatted)
            terminal.write(f"{shown}: {'would be laid out anew' if arguments.check else 'laid out anew'}\n")
            changed += 1
    terminal.write(_counts(len(paths), changed, failed, arguments.check))
    return FAILED if failed or (changed and arguments.check) else WELL


def _format(name: str, data: bytes) -> tuple[bytes | None, str, list[Diagnostic]]:
    """The file laid out, or None; its text; what is wrong with it."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if len(data) > FILE_BYTES_MAX:
        return None, text, [diagnostic("E503", Span(name, 0, 0), name=name, size=f"more than {FILE_BYTES_MAX}")]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        return None, text, [diagnostic("E502", Span(name, before, before + 1), name=name, offset=error.start + 1)]
    formatted, errors = format_text(name, text)
    return None if formatted is None else formatted.encode("utf-8"), text, errors


def _shown(path: Path) -> str:
    """The path as the user would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _counts(files: int, changed: int, failed: int, check: bool) -> str:
    parts = [f"{changed} {'would change' if check else 'changed'}"] if changed else []
    parts += [f"{failed} with errors"] if failed else []
    if files - changed - failed:
        parts.append(f"{files - changed - failed} as they should be" if parts else "all as they should be")
    return f"{files} file{'' if files == 1 else 's'}: {', '.join(parts)}\n"
