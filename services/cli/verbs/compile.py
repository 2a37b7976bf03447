"""Compile rule files into one program file, which the engine loads without the rule files and `rulelang disasm` shows."""

from __future__ import annotations

import argparse
from pathlib import Path

from services.cli.files import write_whole
from services.cli.rulefiles import add_paths, load_files
from services.cli.terminal import WELL, Terminal

SUMMARY = "make a program file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the program file to be written")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    loaded = load_files(arguments.paths, terminal)
    write_whole(arguments.output, loaded.program)
    terminal.say(f"{arguments.output}: {len(loaded.program)} bytes, rule set {loaded.ruleset.hash}")
    return WELL
