"""Rules that check, and yet may not say what their author means: found, explained, and where possible mended.

In: a checked rule set.  Out: diagnostics with codes L0xx, sorted; those that a comment silences are left out.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from rulelang.api import Checked
from rulelang.diagnostics import Diagnostic, in_order
from rulelang.lint import rules as rules_package
from rulelang.lint.framework import Edit, Linted, LintRule, Subject
from rulelang.lint.silence import Silence, silences
from rulelang.syntax import Span

NEVER_TRUE, UNREASONED, UNUSED = "L001", "L900", "L901"


@lru_cache(maxsize=1)
def lint_rules() -> tuple[LintRule, ...]:
    """All lint rules, by code: one file each."""
    names = sorted(module.name for module in iter_modules(rules_package.__path__))
    found: list[LintRule] = [import_module(f"{rules_package.__name__}.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.code))


def lint(checked: Checked) -> list[Diagnostic]:
    """What the lint rules say of a rule set that has no errors; of one that has, nothing."""
    return in_order(linted.diagnostic for linted in lint_with_fixes(checked))


def lint_with_fixes(checked: Checked) -> list[Linted]:
    """The same, each with the edits that mend it."""
    if checked.ruleset is None:
        return []
    subject = Subject(checked.ruleset, checked.files, checked.sources)
    found = []
    for rule in lint_rules():
        for place in rule.find(subject):
            diagnostic = Diagnostic(rule.code, place.severity or rule.severity, place.message, place.span, place.remedy, place.related)
            found.append(Linted(diagnostic, place.fix))
    return _silenced(_without_more_on_the_impossible(found), checked)


def _without_more_on_the_impossible(found: list[Linted]) -> list[Linted]:
    """Where something can never be true, what else is to be said of it says nothing new."""
    impossible = [linted.diagnostic.span for linted in found if linted.diagnostic.code == NEVER_TRUE]
    return [
        linted
        for linted in found
        if linted.diagnostic.code == NEVER_TRUE or not any(_within(linted.diagnostic.span, s) for s in impossible)
    ]


def _within(inner: Span, outer: Span) -> bool:
    return inner.file == outer.file and outer.start <= inner.start and inner.end <= outer.end


def _silenced(found: list[Linted], checked: Checked) -> list[Linted]:
    """Without what comments silence; and with what is to be said of the comments."""
    comments = [silence for file in checked.files for silence in silences(file, checked.sources[file.name])]
    kept = []
    used: set[Silence] = set()
    for linted in found:
        by = [c for c in comments if _covers(c, linted.diagnostic)]
        used.update(by)
        if not by:
            kept.append(linted)
    for comment in comments:
        if not comment.reasoned or not comment.codes:
            remedy = "as in: # lint: allow L012 because the upload may come days later"
            message = "a comment that silences a lint rule says which and why"
            kept.append(Linted(Diagnostic(UNREASONED, "error", message, comment.span, remedy), ()))
        elif comment not in used:
            message = f"this comment silences nothing: {', '.join(comment.codes)} would not be reported here"
            before = checked.sources[comment.span.file][: comment.span.start]
            edit = Edit(replace(comment.span, start=len(before.rstrip(" \t"))), "")
            kept.append(Linted(Diagnostic(UNUSED, "warning", message, comment.span, "remove the comment"), (edit,)))
    return kept


def _covers(comment: Silence, diagnostic: Diagnostic) -> bool:
    inside = comment.span.file == diagnostic.span.file and comment.start <= diagnostic.span.start < max(comment.end, comment.start + 1)
    return comment.reasoned and inside and diagnostic.code in comment.codes


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with the edits made. Of two that overlap the first counts."""
    done = ""
    at = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.start >= at:
            done += text[at : edit.span.start] + edit.text
            at = edit.span.end
    return done + text[at:]


__all__ = ["apply", "lint", "lint_rules", "lint_with_fixes"]
