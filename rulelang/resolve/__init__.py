"""From what was written to what is meant: names bound, types known, nothing left to guess.

In: the syntax trees of one rule set, and what reads the CSV files that they name.  Out: `model.RuleSet`, or None where
something is wrong; and everything that is wrong, of all files.
"""

from __future__ import annotations

from collections.abc import Sequence

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related, in_order
from rulelang.messages import diagnostic
from rulelang.resolve.csvfiles import Read


def resolve_files(files: Sequence[syntax.File], read: Read, hash: str) -> tuple[model.RuleSet | None, list[Diagnostic]]:
    """The rule set of these files, in whatever order they come; `hash` is carried through."""
    from rulelang.resolve.declare import declare
    from rulelang.resolve.ladders import resolve_ladder
    from rulelang.resolve.procedures import resolve_procedures
    from rulelang.resolve.rules import resolve_rule
    from rulelang.resolve.tests import resolve_test

    schema, problems = declare(files, read)
    rules = []
    for written_rule in schema.rules.values():
        rule, found = resolve_rule(written_rule, schema)
        problems += found
        if rule is not None:
            rules.append(rule)
    ladders = []
    for written_ladder in schema.ladders.values():
        ladder, found = resolve_ladder(written_ladder, schema)
        problems += found
        if ladder is not None:
            ladders.append(ladder)
    procedures, found = resolve_procedures(schema)
    problems += found
    tests = []
    for file in sorted(files, key=lambda f: f.name):
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
    if any(problem.severity == "error" for problem in problems):
        return None, in_order(problems)
    return model.RuleSet(
        schema.zone.name,
        tuple(schema.calendars.values()),
        tuple(schema.entities.values()),
        tuple(schema.events.values()),
        tuple(schema.tables.values()),
        tuple(rules),
        tuple(ladders),
        procedures,
        tuple(tests),
        hash,
    ), in_order(problems)
