"""Compile rule files into one program file, which the engine loads without the rule files and `rulelang disasm` shows."""

from __future__ import annotations

import argparse
from pathlib import Path

from services.cli.files import write_whole
from services.cli.rulefiles import add_paths, build_files, load_files
from services.cli.terminal import WELL, Terminal, several

SUMMARY = "make a program file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the program file to be written")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="a folder of your own that keeps what was compiled: only files that changed are compiled again",
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.cache is not None:
        built = build_files(arguments.paths, arguments.cache, terminal)
        program, rule_set = built.program, built.outline.hash
        anew = f"; {len(built.anew)} of {several(built.files, 'file')} compiled anew"
    else:
        loaded = load_files(arguments.paths, terminal)
        program, rule_set, anew = loaded.program, loaded.ruleset.hash, ""
    write_whole(arguments.output, program)
    terminal.say(f"{arguments.output}: {len(program)} bytes, rule set {rule_set}{anew}")
    return WELL
