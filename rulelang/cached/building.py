"""Files to a program, with what was made of them before.

In: the names of rule files, what reads them, and the folder of a cache.  Out: `Building`; and in the folder, what was made anew.

Of a file that is known, only the declarations that others may name are parsed again; of its rules the heads are known, and the unit that they are in
the program. A file is made anew where its bytes have changed, where what its rules depend on has (see `rulelang.cached.interface`), and where other files
have now, or have no longer, a part in common with it that the program computes only once (see `rulelang.emit.unit.Common`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace

from rulelang import model, syntax
from rulelang.cached.entries import Entry, from_bytes, outlines, to_bytes
from rulelang.cached.folder import Folder, key_of
from rulelang.cached.interface import Interfaces, words_of
from rulelang.collector import at_rest
from rulelang.diagnostics import Diagnostic
from rulelang.effective import Outline, outline_of, rule_outline
from rulelang.emit import program
from rulelang.emit.plan import Made, layout_of, make_plan
from rulelang.emit.shape import Shapes
from rulelang.emit.unit import Survey, Unit, Writing
from rulelang.parse import parse_again, parse_file
from rulelang.reading import LANGUAGE_VERSION, Reading, as_written
from rulelang.resolve import Resolved, resolve_declared, resolve_file
from rulelang.resolve.declare import declare
from rulelang.resolve.schema import Schema


@dataclass(frozen=True, slots=True)
class Built:
    """A rule set without errors. `files`: how many there are; `anew`: the names of those that were made anew."""

    program: bytes
    outline: Outline
    files: int
    anew: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Building:
    """`built` is None where there are errors. `sources` has the text of each rule file by name.

    `folder` is what the names are relative to, as it can be opened from the current folder.
    """

    built: Built | None
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]
    folder: str = ""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")


@at_rest()
def build_files(names: Iterable[str], reading: Reading, cache: Folder) -> Building:
    """Of these files, and the CSV files that they name."""
    return _Builder(reading, cache).build(names)


class _Builder:
    """One rule set on its way to a program."""

    def __init__(self, reading: Reading, cache: Folder) -> None:
        self._reading = reading
        self._cache = cache
        self._sources: dict[str, str] = {}
        self._known: dict[str, Entry] = {}  # the files that need not be made anew

    def build(self, names: Iterable[str]) -> Building:
        files = {name: self._file(name, text) for name in names if (text := self._reading.text(name)) is not None}
        schema, problems = declare(list(files.values()), self._reading.tables(files.values()))
        interfaces = Interfaces(schema, self._sources)
        for name, entry in list(self._known.items()):
            if (entry.heads or entry.tests) and interfaces.of(entry.words, tests=entry.tests) != entry.interface:
                del self._known[name]
                files[name] = self._parsed(name)
        declared, found = resolve_declared(schema, self._reading.hash())
        problems += found
        resolved = {name: resolve_file(file, schema) for name, file in files.items() if name not in self._known}
        problems += [problem for file in resolved.values() for problem in file.problems]
        diagnostics = self._reading.all_problems(problems, files.values(), self._sources)
        sources = self._sources | self._reading.unreadable
        if any(d.severity == "error" for d in diagnostics):
            return Building(None, diagnostics, sources)
        making = _Making(declared, schema, files, self._sources)
        units = [
            making.made(name, self._known[name]) if name in self._known else making.writing(files[name], resolved[name]) for name in files
        ]
        plan, words, done = make_plan(declared, units, as_written(files.values(), self._sources))
        entities = schema.entities
        told = []
        anew = []
        for (name, file), (survey, unit) in zip(files.items(), done, strict=True):
            if name in self._known:
                entry = replace(self._known[name], survey=survey, unit=unit)
            else:
                entry = _entry(file, resolved[name], self._sources[name], interfaces, entities, survey, unit)
            if name not in self._known or self._known[name].unit is not unit:
                anew.append(name)
                self._keep(name, entry)
            told += outlines(entry)
        if anew:
            self._cache.tidy()
        built = Built(program(plan, words), outline_of(declared, told), len(files), tuple(anew))
        return Building(built, diagnostics, sources)

    # ------------------------------------------------------------------ files

    def _file(self, name: str, text: str) -> syntax.File:
        """The file as far as others may name what it declares; whole, where it is not known."""
        self._sources[name] = text
        data = self._cache.get(self._key(name))
        if data is None:
            return self._parsed(name)
        entry = self._known[name] = from_bytes(data)
        heads = tuple([syntax.RuleHead(rule, approval, syntax.Span(name, start, end)) for rule, start, end, approval in entry.heads])
        return syntax.File(name, tuple(parse_again(name, text, entry.others)), heads=heads)

    def _parsed(self, name: str) -> syntax.File:
        file, found = parse_file(name, self._sources[name])
        self._reading.problems += found
        return file

    def _key(self, name: str) -> str:
        return key_of(LANGUAGE_VERSION, name, self._reading.bytes_of(name))

    def _keep(self, name: str, entry: Entry) -> None:
        self._cache.put(self._key(name), to_bytes(entry))


class _Making:
    """Files to units, under one schema."""

    def __init__(self, declared: model.RuleSet, schema: Schema, files: dict[str, syntax.File], sources: dict[str, str]) -> None:
        self._declared = declared
        self._schema = schema
        self._sources = sources
        self._layout = layout_of(declared)
        self._shapes = Shapes(lasting=True)

    def writing(self, file: syntax.File, resolved: Resolved) -> Writing:
        texts = as_written((file,), self._sources)
        return Writing(resolved.rules, self._declared.events, self._schema.entities, self._layout, self._shapes, texts)

    def made(self, name: str, entry: Entry) -> Made:
        def anew() -> Writing:
            file, _ = parse_file(name, self._sources[name])
            return self.writing(file, resolve_file(file, self._schema))

        return Made(entry.survey, entry.unit, anew)


def _entry(
    file: syntax.File,
    resolved: Resolved,
    text: str,
    interfaces: Interfaces,
    entities: Mapping[str, model.Entity],
    survey: Survey,
    unit: Unit,
) -> Entry:
    """What is kept of a file without errors."""
    others = tuple([d for d in file.declarations if not isinstance(d, syntax.Rule | syntax.Test)])
    places = tuple([(d.span.start, d.span.end) for d in others])
    assert tuple(parse_again(file.name, text, places)) == others, "a declaration means the same when it is read by itself"
    heads = [
        (rule.name, rule.name_span.start, rule.name_span.end, rule.approval) for rule in file.declarations if isinstance(rule, syntax.Rule)
    ]
    words = words_of(text)
    tests = any(isinstance(d, syntax.Test) for d in file.declarations)
    outlined = tuple([astuple(rule_outline(rule, entities)) for rule in resolved.rules])
    return Entry(words, tests, interfaces.of(words, tests=tests), places, tuple(heads), outlined, survey, unit)
