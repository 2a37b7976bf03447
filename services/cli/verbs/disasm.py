"""Show a program file: the plan in words, the code as a listing."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.disassemble import disassemble
from engine.program import ProgramError, load
from services.cli.files import read_file
from services.cli.terminal import WELL, CannotUse, Terminal

SUMMARY = "show a program file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a program file, as `rulelang compile` writes it")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        program = load(read_file(arguments.file))
    except ProgramError as error:
        raise CannotUse(f"{arguments.file}: {error}") from error
    terminal.write(disassemble(program))
    return WELL
