"""Findings and warnings as the JSON objects of the contract.

In: `Finding` and `Warning_` of the fold.  Out: dictionaries whose keys stand in the order in which they are written. Those of findings are made
in compiled code: `engine.fold.finding_object`.
"""

from __future__ import annotations

import json
from typing import Any

from engine.fold import Finding, Fold, Warning_
from engine.texts import number, time_text


def warning_object(fold: Fold, warning: Warning_) -> dict[str, Any]:
    """One warning, as `replay` writes it."""
    return {
        "kind": "warning",
        "status": "issued" if warning.reason is None else "withdrawn",
        "id": warning.id,
        "ladder": warning.ladder,
        "rule": warning.rule,
        "entity": fold.entity_name(warning.entity),
        "key": warning.key,
        "level": warning.level,
        "points": None if warning.points is None else number(warning.points),
        "time": time_text(warning.time),
        "finding": warning.finding,
        **dict(warning.extra),
    }


def with_version(shown: dict[str, Any], thing: Finding | Warning_) -> dict[str, Any]:
    """The same with what depends on the order of arrival: the version, and why it was withdrawn."""
    shown["version"] = thing.version
    if thing.reason is not None:
        shown["reason"] = thing.reason
    return shown


def order(shown: dict[str, Any]) -> tuple[Any, ...]:
    """By time, kind, rule or ladder, entity, key, id; nothing before a text, a text before a list."""

    def rank(value: object) -> tuple[int, object]:
        if value is None:
            return (0, "")
        return (2, value) if isinstance(value, list) else (1, value)

    # `Z` sorts after the fraction's point, so the text is not compared as it stands.
    time = shown["time"].removesuffix("Z")
    name = shown["rule"] if shown["kind"] == "finding" else shown["ladder"] or shown["rule"]
    return (time, shown["kind"], name, rank(shown["entity"]), rank(shown["key"]), shown["id"])


def line(shown: dict[str, Any]) -> str:
    """One line of JSON Lines."""
    return json.dumps(shown, ensure_ascii=False)
