"""Serve the shipped rules, send them a day of events as upstream systems would, and show what is found.

The day is generated, with misconduct planted a known number of times; at the end, what was planted stands beside what was found.
Nothing is left behind. Exit code 1: something else was found than what was planted.
"""

from __future__ import annotations

import argparse

from services.cli.terminal import Terminal
from services.demo import run as demo

SUMMARY = "the shipped rules at work on a day of events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    demo.add_arguments(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    return demo.run(arguments, terminal)
