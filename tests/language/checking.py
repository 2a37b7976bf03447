"""What tests of the checker share: a text checked, and its diagnostics in short."""

from __future__ import annotations

import rulelang
from rulelang import model


def meant(text: str, **tables: str) -> model.RuleSet:
    """The rule set of a text that has no errors; `tables` are CSV files by name without their ending."""
    checked = checked_with(text, **tables)
    assert not checked.errors, [f"{d.code} {d.message}" for d in checked.errors]
    assert checked.ruleset is not None
    return checked.ruleset


def checked_with(text: str, **tables: str) -> rulelang.Checked:
    files = {"x.rules": text.encode()} | {f"{name}.csv": content.encode() for name, content in tables.items()}
    return rulelang.check_files(files)


def errors(text: str, **tables: str) -> list[tuple[str, str]]:
    """Code of each error and the text that it points at, in the order of the file."""
    found = checked_with(text, **tables).errors
    return [(d.code, text[d.span.start : d.span.end]) for d in found]


def messages(text: str, **tables: str) -> list[str]:
    return [d.message for d in checked_with(text, **tables).errors]
