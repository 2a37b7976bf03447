"""Serve a rule set over gRPC.

Settings come from a TOML file (--config), from environment variables (RULELANG_…), and from the options here, each beating those before;
docs/service.md lists them. SIGHUP reads the rules again, SIGTERM ends the service after the calls at work.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from engine.stores.interface import StoreError
from rulelang.effective import outline
from services import settings
from services.cli.rulefiles import add_paths, build_files, load_files
from services.cli.terminal import CannotUse, Terminal

SUMMARY = "the gRPC service"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_paths(parser)
    parser.add_argument(
        "--store", metavar="URL", help="sqlite:PATH, redis://HOST:PORT and its kin, or memory: (default: sqlite:rulelang.db)"
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="port 0: any that is free, and printed (default: 127.0.0.1:50051)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        chosen = settings.load(arguments.config, os.environ, store=arguments.store, listen=arguments.listen)
    except settings.SettingsError as error:
        raise CannotUse(str(error)) from error
    if chosen.cache is not None:
        built = build_files(arguments.paths, chosen.cache, terminal)
        declared, program = built.outline, built.program
    else:
        loaded = load_files(arguments.paths, terminal)
        declared, program = outline(loaded.ruleset), loaded.program
    # Only now: who has a wrong setting or an error in a rule need not wait for gRPC to be imported.
    from services.logs import configure
    from services.server.engine_thread import RuleSet
    from services.server.reload import CannotServe
    from services.server.service import CannotListen, serve

    def listening(address: str) -> None:
        terminal.write(f"listening on {address}\n")
        terminal.finish()

    configure(chosen.log_level)
    try:
        return asyncio.run(serve(chosen, arguments.paths, RuleSet(declared, program), listening))
    except (StoreError, CannotServe, CannotListen) as error:
        raise CannotUse(str(error)) from error
