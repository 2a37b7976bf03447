"""What a lint rule is, and what it is given.

In: nothing (plain data).  Out: the values that lint rules are made of, and what they find.

A lint rule is one file in `rulelang/lint/rules` with one `RULE`. Its bad example is found by it, its good example by no lint
rule at all; both are run as tests and stand in docs/lint.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.syntax import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """The text at `span` is replaced."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a lint rule has something to say, in whole words. `severity` None: that of the rule. `fix`: edits that mend it."""

    span: Span
    message: str
    remedy: str
    related: tuple[Related, ...] = ()
    fix: tuple[Edit, ...] = ()
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class LintRule:
    """`code` is stable. `severity`: an error is never meant; a warning is worth a look; a note is for knowing.

    `reason` says why this misleads. `bad` and `good` are whole rule files.
    """

    code: str
    name: str
    severity: str
    reason: str
    bad: str
    good: str
    find: Callable[[Subject], Iterable[Found]]


class Subject:
    """What is linted: the rule set that was meant, and the declarations as they were written."""

    def __init__(self, ruleset: model.RuleSet, files: Iterable[syntax.File], sources: Mapping[str, str]) -> None:
        self.ruleset = ruleset
        self.files = tuple(files)
        self.sources = sources

    @cached_property
    def written_rules(self) -> dict[str, syntax.Rule]:
        return {d.name: d for file in self.files for d in file.declarations if isinstance(d, syntax.Rule)}

    @cached_property
    def events(self) -> dict[str, model.Event]:
        return {event.name: event for event in self.ruleset.events}

    @cached_property
    def rules(self) -> tuple[model.Rule, ...]:
        """The rules that look at anything: a disabled one misleads nobody."""
        return tuple(rule for rule in self.ruleset.rules if rule.state != "disabled")

    def text(self, span: Span) -> str:
        """What stands in the file."""
        return self.sources[span.file][span.start : span.end]


@dataclass(frozen=True, slots=True)
class Linted:
    """A diagnostic of a lint rule, with the edits that mend it."""

    diagnostic: Diagnostic
    fix: tuple[Edit, ...]
