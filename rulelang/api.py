"""The rule language from outside: check, load and compile rule files.

In: paths of files and folders, or texts.  Out: diagnostics, `model.RuleSet`, or the bytes of a compiled program.
This is the only module of the package that reads files.

A file's name is its path from the folder that all given paths lie in, in Unicode form NFC and with `/`. The hash of a rule set covers the
version of the language and the name and bytes of each file, tables included, in order of their names: neither where the folder stands
nor in which order its files are found makes a difference.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rulelang import model, syntax
from rulelang.collector import at_rest
from rulelang.diagnostics import Diagnostic, RuleErrors, in_order
from rulelang.followups import without_followups
from rulelang.messages import diagnostic
from rulelang.parse import parse_file
from rulelang.resolve import resolve_files

LANGUAGE_VERSION = "1"
SUFFIX = ".rules"
FILE_BYTES_MAX = 16 * 1024 * 1024
SET_BYTES_MAX = 64 * 1024 * 1024

Paths = str | Path | Iterable[str | Path]

# Gives the bytes of a file by its name; None: it is not there. Raises OSError.
Open = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """`ruleset` is None where there are errors; `sources` has the text of each rule file by name, `files` its syntax tree.

    `folder` is what the names are relative to, as it can be opened from the current folder.
    """

    ruleset: model.RuleSet | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    files: tuple[syntax.File, ...]
    folder: str = ""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")


def check(paths: Paths) -> Checked:
    """Reads and checks one rule set: the files given, and all rule files in the folders given. Hidden files are passed over."""
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    found, problems = find_files(given)
    base = Path(os.path.commonpath([_folder(path) for path in given])) if given else Path()
    on_disk = {_name(path, base): path for path in found}

    def open_file(name: str) -> bytes | None:
        path = on_disk.get(name, base / name)
        return _read_bounded(path) if path.is_file() else None

    return replace(_check(sorted(on_disk), open_file, problems), folder=_as_seen(base))


def check_files(files: Mapping[str, bytes]) -> Checked:
    """Checks files that are held in memory: rule files, and the CSV files that they name, by name."""
    return _check(sorted(name for name in files if name.endswith(SUFFIX)), files.get, [])


def check_text(text: str, name: str = "rules.rules") -> Checked:
    """Checks one text. It cannot take tables from files."""
    return check_files({name: text.encode("utf-8")})


def load(paths: Paths) -> model.RuleSet:
    """The rule set; raises `RuleErrors` with all that is wrong."""
    return _whole(check(paths))


def load_text(text: str, name: str = "rules.rules") -> model.RuleSet:
    """Like `load`, of one text."""
    return _whole(check_text(text, name))


def compile(paths: Paths) -> bytes:
    """The program of a rule set; raises `RuleErrors` with all that is wrong."""
    return compile_checked(check(paths))


def compile_text(text: str, name: str = "rules.rules") -> bytes:
    """Like `compile`, of one text."""
    return compile_checked(check_text(text, name))


def compile_checked(checked: Checked) -> bytes:
    """The program of what was checked; raises `RuleErrors` where there were errors."""
    ruleset = _whole(checked)
    from rulelang.emit import emit  # who only checks does not need it

    with at_rest():
        return emit(ruleset, _texts(checked))


def _texts(checked: Checked) -> dict[tuple[str, str], str]:
    """Rules and ladders as they were written."""
    return {
        ("rule" if isinstance(declared, syntax.Rule) else "ladder", declared.name): checked.sources[file.name][
            declared.span.start : declared.span.end
        ]
        for file in checked.files
        for declared in file.declarations
        if isinstance(declared, syntax.Rule | syntax.Ladder)
    }


def _whole(checked: Checked) -> model.RuleSet:
    if checked.ruleset is None:
        raise RuleErrors(checked.diagnostics, dict(checked.sources))
    return checked.ruleset


# ------------------------------------------------------------------ finding files


def find_files(given: Iterable[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """All rule files that the paths mean, each once."""
    found: dict[Path, None] = {}
    problems = []
    for path in given:
        place = syntax.Span(str(path), 0, 0)
        if path.is_dir():
            inside = [p for p in path.rglob(f"*{SUFFIX}") if p.is_file() and not _hidden(p.relative_to(path))]
            if not inside:
                problems.append(diagnostic("E501", place, name=path))
            found |= dict.fromkeys(_absolute(p) for p in inside)
        elif not path.exists():
            problems.append(diagnostic("E500", place, name=path))
        elif path.suffix != SUFFIX:
            problems.append(diagnostic("E508", place, name=path))
        else:
            found[_absolute(path)] = None
    return list(found), problems


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _folder(path: Path) -> Path:
    return _absolute(path) if path.is_dir() else _absolute(path).parent


def _as_seen(base: Path) -> str:
    """The folder from the current one, where it lies in that; else from the root."""
    here = Path.cwd()
    return base.relative_to(here).as_posix() if base.is_relative_to(here) else base.as_posix()


def _name(path: Path, base: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(base).as_posix())


def _read_bounded(path: Path) -> bytes:
    """The bytes, one more than a file may have at most, so that no more is read than it takes to refuse it."""
    with path.open("rb") as file:
        return file.read(FILE_BYTES_MAX + 1)


# ------------------------------------------------------------------ reading and checking


@at_rest()
def _check(names: Iterable[str], open_file: Open, problems: list[Diagnostic]) -> Checked:
    reading = _Reading(open_file, problems)
    sources: dict[str, str] = {}
    files = []
    for name in names:
        text = reading.text(name, syntax.Span(name, 0, 0))
        if text is not None:
            sources[name] = text
            file, found = parse_file(name, text)
            reading.problems += found
            files.append(file)
    tables = {mention: reading.mentioned(*mention) for mention in _mentions(files)}

    def read(file: str, span: syntax.Span) -> tuple[str | None, list[Diagnostic]]:
        text, found = tables[span.file, file]
        return text, [Diagnostic(d.code, d.severity, d.message, span, d.remedy) for d in found]

    ruleset, found = resolve_files(files, read, reading.hash())
    if broken := frozenset(word for file in files for word in file.broken):
        found = without_followups(found, sources, broken)
    diagnostics = tuple(in_order(reading.problems + found))
    whole = not any(d.severity == "error" for d in diagnostics)
    return Checked(ruleset if whole else None, diagnostics, sources | reading.unreadable, tuple(files))


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


class _Reading:
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

    def text(self, name: str, span: syntax.Span) -> str | None:
        """The text of a rule file; None where it cannot be read, which is reported."""
        text, found = self._read(name, span)
        self.problems += found
        return text

    def mentioned(self, by: str, file: str) -> tuple[str | None, list[Diagnostic]]:
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
