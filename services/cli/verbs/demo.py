"""Serve the shipped rules and send them a day of events, as upstream systems would."""

from __future__ import annotations

import argparse

from services.cli.terminal import Terminal
from services.demo import run as demo

SUMMARY = "the shipped rules at work on a day of events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    demo.add_arguments(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    return demo.run(arguments)
