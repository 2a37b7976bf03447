"""Findings and warnings as the JSON objects of the contract.

In: `Finding` and `Warning_` of the fold.  Out: dictionaries whose keys stand in the order in which they are written.
"""

from __future__ import annotations

import json
from typing import Any

from engine.fold import Finding, Fold, Warning_
from engine.texts import number, time_text


def key_object(key: tuple[str, ...]) -> object:
    """A key as JSON has it: null, a text, or a list for a pair."""
    if not key:
        return None
    return key[0] if len(key) == 1 else list(key)


def finding_object(fold: Fold, finding: Finding) -> dict[str, Any]:
    """One finding, as `replay` writes it: what follows from the events and the clock alone."""
    entities = finding.rule.entities
    names = [fold.entity_name(entity) for entity in entities]
    key = key_object(finding.key)
    shown: dict[str, Any] = {
        "kind": "finding",
        "status": "issued" if finding.reason is None else "withdrawn",
        "id": finding.id,
        "rule": finding.rule.name,
        "entity": (names[0] if len(names) == 1 else names) if names else None,
        "key": key,
        "time": time_text(finding.moment),
        "about": {fold.entity_name(entity): about for entity, about in finding.about if about is not None},
        "points": None if finding.points is None else number(finding.points),
        "level": finding.rule.level,
        "events": finding.events,
        "message": finding.message,
    }
    if finding.note is not None:
        shown["note"] = finding.note
    if finding.rule.shadow:
        shown["shadow"] = True
    return shown


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
