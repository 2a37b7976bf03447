"""The command `rulelang`: finds the verb, runs it, and turns what happened into an exit code.

In: the words of a command line.  Out: 0 well, 1 errors in rules or failing tests, 2 wrong usage or unreadable input, 3 a fault of the program.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pkgutil import iter_modules
from types import ModuleType
from typing import NoReturn

from services.cli import verbs
from services.cli.terminal import FAILED, FAULT, UNUSABLE, WELL, CannotUse, Failed, Terminal, standard_terminal

INTERRUPTED = 128 + signal.SIGINT
"""As shells report a command that was ended from the keyboard."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    terminal = standard_terminal()
    try:
        code = _run(words, terminal)
        terminal.finish()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Failed:
        terminal.finish()
        return FAILED
    except CannotUse as error:
        terminal.say(f"rulelang: {error}")
        return UNUSABLE
    except Exception:
        terminal.say(traceback.format_exc().rstrip())
        terminal.say("rulelang: this is a fault of the program, not of the rules or events; please report what is written above")
        return FAULT


def _run(words: list[str], terminal: Terminal) -> int:
    names = verb_names()
    # Only the verb that is meant is imported, so that checking a file need not wait for the service's libraries.
    chosen = words[0] if words and words[0] in names else None
    parser = _Parser(prog="rulelang", description="Rules for the supervision of traffic enforcement.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=_version())
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True, title="verbs")
    loaded: dict[str, ModuleType] = {}
    for name in [chosen] if chosen else names:
        verb = loaded[name] = verb_module(name)
        verb.add_arguments(
            subparsers.add_parser(name, help=verb.SUMMARY, description=verb.__doc__, allow_abbrev=False, formatter_class=_Help)
        )
    try:
        parsed = parser.parse_args(words)
    except SystemExit as done:
        return WELL if done.code in (None, 0) else UNUSABLE
    code: int = loaded[parsed.verb].run(parsed, terminal)
    return code


class _Parser(argparse.ArgumentParser):
    """Says more where argparse leaves somebody wondering."""

    def error(self, message: str) -> NoReturn:
        """`--events` takes all names that follow it, a rule file too."""
        if "required: PATH" in message and "--events" in self.format_usage():
            message += "; name them before --events"
        super().error(message)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Descriptions as they stand in the verbs' files."""


def verb_names() -> list[str]:
    """The files in `services.cli.verbs`, written as on the command line."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(verbs.__path__))


def verb_module(name: str) -> ModuleType:
    """The file of a verb."""
    return import_module(f"{verbs.__name__}.{name.replace('-', '_')}")


def _version() -> str:
    try:
        return f"rulelang {version('rulelang')}"
    except PackageNotFoundError:
        return "rulelang (not installed)"


if __name__ == "__main__":
    sys.exit(main())
