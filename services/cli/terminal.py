"""Where a verb writes: results to standard output, all else to standard error.

In: text.  Out: the same on a terminal in colours and with progress, in a pipe bare; nothing at all once the reader has gone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import IO

WELL, FAILED, UNUSABLE, FAULT = 0, 1, 2, 3
"""Exit codes: well; errors in rules or failing tests; wrong usage or unreadable input; a fault of the program."""

PROGRESS_EVERY_S = 0.2
_CLEAR = "\r\x1b[K"
_STYLES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "blue": "34", "orange": "38;5;208", "grey": "2"}


class CannotUse(Exception):
    """What was given cannot be used: wrong usage, or input that cannot be read. The text says what would be right."""


class Failed(Exception):
    """There are errors in the rules, and they have been shown."""


class Terminal:
    """Standard output and standard error of one command."""

    def __init__(self, out: IO[str], err: IO[str], environment: Mapping[str, str]) -> None:
        plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        self.colour = out.isatty() and not plain
        self.err_colour = err.isatty() and not plain
        self._out, self._err = out, err
        self._shows_progress = err.isatty() and environment.get("TERM") != "dumb"
        self._progress_at = 0.0
        self._progress_shown = False
        self.reader_gone = False

    def write(self, text: str) -> None:
        """To standard output. A reader that has seen enough (`| head`) is no error, and changes no exit code."""
        self._clear_progress()
        if self.reader_gone or not text:
            return
        try:
            self._out.write(text)
        except BrokenPipeError:
            self._lose_reader()

    def say(self, text: str) -> None:
        """A line to standard error."""
        self._clear_progress()
        self._err.write(text + "\n")

    def progress(self, text: str) -> None:
        """Where long work stands: shown on a terminal, and only now and then."""
        if not self._shows_progress or time.monotonic() - self._progress_at < PROGRESS_EVERY_S:
            return
        self._progress_at = time.monotonic()
        self._progress_shown = True
        self._err.write(_CLEAR + text)
        self._err.flush()

    def styled(self, text: str, style: str) -> str:
        """The text in a style, where standard output shows colours."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style in _STYLES else text

    def finish(self) -> None:
        """Everything written is on its way."""
        self._clear_progress()
        if self.reader_gone:
            return
        try:
            self._out.flush()
        except BrokenPipeError:
            self._lose_reader()

    def _clear_progress(self) -> None:
        if self._progress_shown:
            self._err.write(_CLEAR)
            self._err.flush()  # before what is written to standard output, which is the same terminal
            self._progress_shown = False

    def _lose_reader(self) -> None:
        """The interpreter flushes standard output once more when it ends, which must find somewhere to go."""
        self.reader_gone = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._out.fileno())
        os.close(nowhere)


def several(count: int, word: str) -> str:
    """`1 event`, `2 events`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def standard_terminal() -> Terminal:
    """UTF-8 whatever the locale; what no text can say is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    return Terminal(sys.stdout, sys.stderr, os.environ)
