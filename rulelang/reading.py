"""The files of one rule set as they are read.

In: what opens files.  Out: their texts, the hash of all of them, and what is wrong with them.
"""

from __future__ import annotations

import hashlib
import posixpath
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from rulelang import syntax
from rulelang.diagnostics import Diagnostic, in_order
from rulelang.followups import without_followups
from rulelang.messages import diagnostic
from rulelang.resolve.csvfiles import Read

LANGUAGE_VERSION = "1"
FILE_BYTES_MAX = 16 * 1024 * 1024
SET_BYTES_MAX = 64 * 1024 * 1024

# Gives the bytes of a file by its name; None: it is not there. Raises OSError.
Open = Callable[[str], bytes | None]


def as_written(files: Iterable[syntax.File], sources: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Rules and ladders as they were written, by ("rule" or "ladder", name)."""
    return {
        ("rule" if isinstance(declared, syntax.Rule) else "ladder", declared.name): sources[file.name][
            declared.span.start : declared.span.end
        ]
        for file in files
        for declared in file.declarations
        if isinstance(declared, syntax.Rule | syntax.Ladder)
    }


def _mentions(files: Iterable[syntax.File]) -> list[tuple[str, str]]:
    """The CSV files that the rule files name, each with the file that names it."""
    found: dict[tuple[str, str], None] = {}
    for file in files:
        for declaration in file.declarations:
            if isinstance(declaration, syntax.Table) and declaration.file is not None:
                found[file.name, declaration.file] = None
            elif isinstance(declaration, syntax.Calendar):
                found |= {(file.name, line.file): None for line in declaration.dated_lines if line.file is not None}
    return list(found)


class Reading:
    """The files of one rule set as they are read: their bytes by name, within bounds, and what is wrong with them."""

    def __init__(self, open_file: Open, problems: list[Diagnostic]) -> None:
        self.open = open_file
        self.problems = problems
        self.unreadable: dict[str, str] = {}  # what can be shown of files that are not UTF-8
        self._bytes: dict[str, bytes] = {}
        self._size = 0

    def hash(self) -> str:
        """SHA-256 over the version of the language and the name and bytes of every file read, each with its length before it."""
        digest = hashlib.sha256()
        for part in (LANGUAGE_VERSION.encode(), *(p for name, data in sorted(self._bytes.items()) for p in (name.encode(), data))):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def bytes_of(self, name: str) -> bytes:
        """Of a file that was read."""
        return self._bytes[name]

    def text(self, name: str) -> str | None:
        """The text of a rule file; None where it cannot be read, which is reported."""
        text, found = self._read(name, syntax.Span(name, 0, 0))
        self.problems += found
        return text

    def tables(self, files: Iterable[syntax.File]) -> Read:
        """What gives the texts of the CSV files that the rule files name, all of which are read now."""
        texts = {mention: self._mentioned(*mention) for mention in _mentions(files)}

        def read(file: str, span: syntax.Span) -> tuple[str | None, list[Diagnostic]]:
            text, found = texts[span.file, file]
            return text, [Diagnostic(d.code, d.severity, d.message, span, d.remedy) for d in found]

        return read

    def all_problems(self, found: list[Diagnostic], files: Iterable[syntax.File], sources: Mapping[str, str]) -> tuple[Diagnostic, ...]:
        """All that is wrong, in order: besides what was reported already, what the resolver `found`, but for what only follows from syntax errors."""
        if broken := frozenset(word for file in files for word in file.broken):
            found = without_followups(found, sources, broken)
        return tuple(in_order(self.problems + found))

    def _mentioned(self, by: str, file: str) -> tuple[str | None, list[Diagnostic]]:
        """The text of a CSV file that the rule file `by` names, from that file's folder."""
        span = syntax.Span(by, 0, 0)
        name = posixpath.normpath(posixpath.join(posixpath.dirname(by), unicodedata.normalize("NFC", file)))
        if name.startswith(("../", "/")) or name == ".." or "\\" in name or "\0" in name:
            return None, [diagnostic("E507", span, name=file)]
        return self._read(name, span, missing="E506")

    def _read(self, name: str, span: syntax.Span, missing: str = "E500") -> tuple[str | None, list[Diagnostic]]:
        if name not in self._bytes:
            try:
                data = self.open(name)
            except OSError as error:
                return None, [diagnostic("E505", span, name=name, reason=error.strerror)]
            if data is None:
                return None, [diagnostic(missing, span, name=name)]
            if len(data) > FILE_BYTES_MAX:
                return None, [diagnostic("E503", span, name=name, size=f"more than {FILE_BYTES_MAX}")]
            if self._size + len(data) > SET_BYTES_MAX:
                return None, [diagnostic("E504", span, size=f"more than {SET_BYTES_MAX}")]
            self._size += len(data)
            self._bytes[name] = data
        data = self._bytes[name]
        try:
            return data.decode("utf-8").removeprefix("\ufeff"), []
        except UnicodeDecodeError as error:
            place = span
            if span.file == name:
                before = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
                place = syntax.Span(name, before, before + 1)
                self.unreadable[name] = data.decode("utf-8", "replace").removeprefix("\ufeff")
            return None, [diagnostic("E502", place, name=name, offset=error.start + 1)]
