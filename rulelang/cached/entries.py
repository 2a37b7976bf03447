"""What is kept of a file, as bytes.

In: an `Entry`.  Out: bytes of plain data (`marshal`), and the entry again. They are read by the same version of everything that wrote them, or not at
all: see `rulelang.cached.folder`.
"""

from __future__ import annotations

import marshal
from dataclasses import dataclass, fields
from typing import Any

from rulelang.effective import RuleOutline
from rulelang.emit.index import Feature, Wanted
from rulelang.emit.memos import Dear
from rulelang.emit.templates import Template
from rulelang.emit.unit import Run, Survey, Told, Unit


@dataclass(frozen=True, slots=True)
class Entry:
    """A file whose rules and tests are well.

    `words`: all that may be a name in it; `tests`: it has some; `interface`: the fingerprint of what else they depend on (see `rulelang.cached.interface`).
    `others`: where its other declarations stand. `heads`: of each rule the name, where that stands, and whether it needs approval.
    """

    words: frozenset[str]
    tests: bool
    interface: bytes
    others: tuple[tuple[int, int], ...]
    heads: tuple[tuple[str, int, int, bool], ...]
    outlines: tuple[tuple[Any, ...], ...]
    survey: Survey
    unit: Unit


def outlines(entry: Entry) -> list[RuleOutline]:
    return [RuleOutline(*outline) for outline in entry.outlines]


def to_bytes(entry: Entry) -> bytes:
    survey, unit = entry.survey, entry.unit
    dear, wanted = survey.dear, survey.wanted
    data: Any = (
        (entry.words, entry.tests, entry.interface, entry.others, entry.heads, entry.outlines),
        (survey.rules, dear.names, dear.conditions, dear.made_of),
        (tuple([(feature.name, feature.kind, feature.slots) for feature in wanted.features]), wanted.rows, wanted.types),
        (unit.told.dear, unit.told.features),
        (
            unit.pools,
            unit.memos,
            unit.histories,
            tuple(map(_of_template, unit.aggregates)),
            tuple(map(_of_template, unit.patterns)),
            unit.named,
        ),
        tuple([tuple([getattr(run, name) for name in _OF_RUN]) for run in unit.runs]),
        _of_template(unit.rules),
    )
    return marshal.dumps(data)


def from_bytes(data: bytes) -> Entry:
    own, (rules, *dear), (features, rows, types), told, pools, runs, text = marshal.loads(data)
    words, tests, interface, others, heads, outlined = own
    survey = Survey(rules, Dear(*dear), Wanted(tuple([Feature(*feature) for feature in features]), rows, types))
    of_words, memos, histories, aggregates, patterns, named = pools
    unit = Unit(
        Told(*told),
        of_words,
        memos,
        histories,
        tuple([Template(*of) for of in aggregates]),
        tuple([Template(*of) for of in patterns]),
        named,
        tuple([Run(*run) for run in runs]),
        Template(*text),
    )
    return Entry(words, tests, interface, others, heads, outlined, survey, unit)


_OF_RUN = [field.name for field in fields(Run)]


def _of_template(template: Template) -> tuple[str, str, tuple[int, ...]]:
    return template.text, template.kinds, template.numbers
