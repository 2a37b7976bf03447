"""The rule language from outside: check, load and compile rule files.

In: paths of files and folders, or texts.  Out: diagnostics, `model.RuleSet`, or the bytes of a compiled program.
This is the only module of the package that finds and opens rule files; `rulelang.cached` has files of its own.

A file's name is its path from the folder that all given paths lie in, in Unicode form NFC and with `/`. The hash of a rule set covers the
version of the language and the name and bytes of each file, tables included, in order of their names: neither where the folder stands
nor in which order its files are found makes a difference.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rulelang import model, syntax
from rulelang.collector import at_rest
from rulelang.diagnostics import Diagnostic, RuleErrors
from rulelang.messages import diagnostic
from rulelang.parse import parse_file
from rulelang.reading import FILE_BYTES_MAX, Reading, as_written
from rulelang.resolve import resolve_files

if TYPE_CHECKING:
    from rulelang.cached.building import Building
    from rulelang.cached.folder import Folder

SUFFIX = ".rules"

Paths = str | Path | Iterable[str | Path]


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
    names, reading, folder = _on_disk(given)
    return replace(_check(names, reading), folder=folder)


def compile_with_cache(paths: Paths, cache: Folder) -> Building:
    """Checks and compiles like `check` and `compile`, with the same outcome, and makes anew only what has changed since: `cache` keeps the rest."""
    from rulelang.cached.building import build_files  # who builds without a cache does not need it

    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    names, reading, folder = _on_disk(given)
    return replace(build_files(names, reading, cache), folder=folder)


def check_files(files: Mapping[str, bytes]) -> Checked:
    """Checks files that are held in memory: rule files, and the CSV files that they name, by name."""
    return _check(sorted(name for name in files if name.endswith(SUFFIX)), Reading(files.get, []))


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
        return emit(ruleset, as_written(checked.files, checked.sources))


def _whole(checked: Checked) -> model.RuleSet:
    if checked.ruleset is None:
        raise RuleErrors(checked.diagnostics, dict(checked.sources))
    return checked.ruleset


# ------------------------------------------------------------------ finding files


def _on_disk(given: Sequence[Path]) -> tuple[list[str], Reading, str]:
    """The names of all rule files that the paths mean, in order; what reads them; and the folder that they are relative to."""
    found, problems = find_files(given)
    base = Path(os.path.commonpath([_folder(path) for path in given])) if given else Path()
    on_disk = {_name(path, base): path for path in found}

    def open_file(name: str) -> bytes | None:
        path = on_disk.get(name, base / name)
        return _read_bounded(path) if path.is_file() else None

    return sorted(on_disk), Reading(open_file, problems), _as_seen(base)


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


# ------------------------------------------------------------------ checking


@at_rest()
def _check(names: Iterable[str], reading: Reading) -> Checked:
    sources: dict[str, str] = {}
    files = []
    for name in names:
        text = reading.text(name)
        if text is not None:
            sources[name] = text
            file, found = parse_file(name, text)
            reading.problems += found
            files.append(file)
    ruleset, found = resolve_files(files, reading.tables(files), reading.hash())
    diagnostics = reading.all_problems(found, files, sources)
    whole = not any(d.severity == "error" for d in diagnostics)
    return Checked(ruleset if whole else None, diagnostics, sources | reading.unreadable, tuple(files))
