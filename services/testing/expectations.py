"""Whether an expectation of a test holds.

In: an expectation, and what the engine says: what stands, what was withdrawn, the levels.  Out: None, or what is wrong, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.texts import number, time_text
from rulelang import model

Json = dict[str, Any]
SHOWN_MAX = 5
DECIMALS = 9
"""Points are the same that agree to so many decimals: a fifth of 12 points is 2.4, whatever the binary fraction nearest to it is."""


@dataclass(frozen=True, slots=True)
class View:
    """What an engine says at one moment. `levels(entity, key)` gives level and points by ladder."""

    standing: Sequence[Json]
    withdrawn: Sequence[Json]
    levels: Callable[[str, str], dict[str, Json]]


def failure(expectation: model.Step, view: View, expected: Sequence[model.ExpectFinding]) -> str | None:
    """What is wrong; None where it holds. `expected`: the findings that the whole test expects, for `no other finding`."""
    match expectation:
        case model.ExpectFinding():
            return _finding(expectation, view)
        case model.ExpectLevel():
            return _level(expectation, view)
        case model.ExpectNone():
            return _none(expectation, view, expected)
    raise AssertionError(expectation)


def matches(expectation: model.ExpectFinding, finding: Json) -> bool:
    """Whether a finding is one that is meant."""
    return (
        finding["kind"] == "finding"
        and finding["rule"] == expectation.rule
        and all(item in _scope(finding) for item in expectation.scope)
        and all(finding["about"].get(entity) == key for entity, key in expectation.about)
        and expectation.level in (None, finding["level"])
        and _gives(expectation.points, finding["points"])
        and (expectation.time_us is None or time_text(expectation.time_us) == finding["time"])
        and expectation.message in (None, finding["message"])
    )


def told(finding: Json) -> str:
    """A finding or warning in a line."""
    if finding["kind"] == "warning":
        return f"{finding['ladder'] or finding['rule']}: {finding['entity']} {finding['key']} at {finding['level']}, {finding['time']}"
    parts = [finding["rule"]]
    parts += [f"for {entity} {key}" for entity, key in _scope(finding)]
    parts += [f"about {entity} {key}" for entity, key in finding["about"].items()]
    if finding["level"] is not None:
        parts.append(f"level {finding['level']}")
    if finding["points"] is not None:
        parts.append(f"points {_points(finding['points'])}")
    parts.append(f"at {finding['time']}")
    if finding["message"] is not None:
        parts.append(f'message "{finding["message"]}"')
    return " ".join(parts)


def _points(value: float) -> float:
    """As they are shown."""
    shown: float = number(round(value, DECIMALS))
    return shown


def _gives(expected: float | None, points: float | None) -> bool:
    """Whether the points are those expected; None: any are."""
    return expected is None or (points is not None and _points(points) == _points(expected))


def _scope(finding: Json) -> list[tuple[str, str]]:
    entity, key = finding["entity"], finding["key"]
    if entity is None:
        return []
    return list(zip(entity, key, strict=True)) if isinstance(entity, list) else [(entity, key)]


def _finding(expectation: model.ExpectFinding, view: View) -> str | None:
    standing = [f for f in view.standing if matches(expectation, f)]
    if expectation.absent:
        return f"there should be none, but there is{_listed(standing)}" if standing else None
    if expectation.withdrawn:
        if any(matches(expectation, f) for f in view.withdrawn):
            return f"it should have been withdrawn, but it stands{_listed(standing)}" if standing else None
        return "there is no such finding that was withdrawn" + _instead(expectation, [*view.withdrawn, *view.standing])
    return None if standing else "there is no such finding" + _instead(expectation, view.standing)


def _instead(expectation: model.ExpectFinding, findings: Iterable[Json]) -> str:
    of_rule = [f for f in findings if f["kind"] == "finding" and f["rule"] == expectation.rule]
    return f"; of this rule there is{_listed(of_rule)}" if of_rule else "; the rule has found nothing"


def _level(expectation: model.ExpectLevel, view: View) -> str | None:
    levels = view.levels(expectation.entity, expectation.key)
    meant = [levels[expectation.ladder]] if expectation.ladder is not None else list(levels.values())
    right = [s for s in meant if s["level"] == expectation.level and _gives(expectation.points, s["points"])]
    if right and (expectation.level is not None or len(right) == len(meant)):
        return None
    said = ", ".join(f"{state['level'] or 'none'} with {_points(state['points'])} points on {name}" for name, state in levels.items())
    return f"{expectation.entity} {expectation.key} is at {said}"


def _none(expectation: model.ExpectNone, view: View, expected: Sequence[model.ExpectFinding]) -> str | None:
    found = [f for f in view.standing if f["kind"] == expectation.what]
    if expectation.other and expectation.what == "finding":
        found = [f for f in found if not any(matches(e, f) for e in expected)]
    return f"there is{_listed(found)}" if found else None


def _listed(findings: Sequence[Json]) -> str:
    shown = [f"\n    {told(f)}" for f in findings[:SHOWN_MAX]]
    more = len(findings) - len(shown)
    return ":" + "".join(shown) + (f"\n    and {more} more" if more else "")
