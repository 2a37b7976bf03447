"""From what was written to what is meant: names bound, types known, nothing left to guess.

In: the syntax trees of one rule set, and what reads the CSV files that they name.  Out: `model.RuleSet`, or None where
something is wrong; and everything that is wrong, of all files.

First all that the files declare makes one schema (`declare`); then rules and tests are resolved file by file, and ladders and procedures of
all files. A rule depends on nothing but its own file and the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related, in_order
from rulelang.messages import diagnostic
from rulelang.resolve.csvfiles import Read
from rulelang.resolve.schema import Schema


def resolve_files(files: Sequence[syntax.File], read: Read, hash: str) -> tuple[model.RuleSet | None, list[Diagnostic]]:
    """The rule set of these files, in whatever order they come; `hash` is carried through."""
    from rulelang.resolve.declare import declare

    schema, problems = declare(files, read)
    declared, found = resolve_declared(schema, hash)
    problems += found
    resolved = [resolve_file(file, schema) for file in sorted(files, key=lambda f: f.name)]
    problems += [problem for file in resolved for problem in file.problems]
    if any(problem.severity == "error" for problem in problems):
        return None, in_order(problems)
    rules = tuple([rule for file in resolved for rule in file.rules])
    tests = tuple([test for file in resolved for test in file.tests])
    return replace(declared, rules=rules, tests=tests), in_order(problems)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one file means, but for what is wrong with it."""

    rules: tuple[model.Rule, ...]
    tests: tuple[model.Test, ...]
    problems: tuple[Diagnostic, ...]


def resolve_file(file: syntax.File, schema: Schema) -> Resolved:
    """The rules and tests of a file. Of rules of one name, only the first of all files is meant."""
    from rulelang.resolve.rules import resolve_rule
    from rulelang.resolve.tests import resolve_test

    problems: list[Diagnostic] = []
    rules = []
    for written in file.declarations:
        if isinstance(written, syntax.Rule) and schema.rules[written.name].name_span == written.name_span:
            rule, found = resolve_rule(written, schema)
            problems += found
            if rule is not None:
                rules.append(rule)
    tests = []
    first: dict[str, syntax.Test] = {}  # a test is told by its file and name
    for written_test in file.declarations:
        if not isinstance(written_test, syntax.Test):
            continue
        before = first.setdefault(written_test.name, written_test)
        if before is not written_test:
            there = Related("first declared here", before.span)
            problems.append(diagnostic("E250", written_test.span, related=(there,), what="the test", name=written_test.name))
        test, found = resolve_test(written_test, schema)
        problems += found
        if test is not None:
            tests.append(test)
    return Resolved(tuple(rules), tuple(tests), tuple(problems))


def resolve_declared(schema: Schema, hash: str) -> tuple[model.RuleSet, list[Diagnostic]]:
    """All that is declared besides rules and tests, of which the rule set has none yet."""
    from rulelang.resolve.ladders import resolve_ladder
    from rulelang.resolve.procedures import resolve_procedures

    problems: list[Diagnostic] = []
    ladders = []
    for written in schema.ladders.values():
        ladder, found = resolve_ladder(written, schema)
        problems += found
        if ladder is not None:
            ladders.append(ladder)
    procedures, found = resolve_procedures(schema)
    problems += found
    return model.RuleSet(
        schema.zone.name,
        tuple(schema.calendars.values()),
        tuple(schema.entities.values()),
        tuple(schema.events.values()),
        tuple(schema.tables.values()),
        (),
        tuple(ladders),
        procedures,
        (),
        hash,
    ), problems
