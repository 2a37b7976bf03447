"""What is wrong, where, and what would be right: one value for every pass.

In: made by parser, resolver, checker and lint rules.  Out: sorted and given to a renderer.
The words are kept in `rulelang.messages`, by code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rulelang.syntax import Span

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with it: `first declared here`."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`code` is stable: E1xx syntax, E2xx names, E3xx types and units, E4xx meaning (scopes, anchors, …), E5xx files, L… lint."""

    code: str
    severity: str
    message: str
    span: Span
    remedy: str | None = None
    related: tuple[Related, ...] = ()


class RuleErrors(Exception):
    """The rules do not check. `diagnostics` has all findings of all files, sorted; `sources` the text of each file by name."""

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: dict[str, str]) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = sources
        errors = [d for d in self.diagnostics if d.severity == "error"]
        super().__init__(f"{len(errors)} error(s) in the rules: " + "; ".join(f"{d.code} {d.message}" for d in errors[:5]))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, place, severity and code; each once."""
    return sorted(set(diagnostics), key=lambda d: (d.span.file, d.span.start, d.span.end, SEVERITIES.index(d.severity), d.code, d.message))
