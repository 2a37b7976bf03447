"""The ground truth of a simulated city, as JSON Lines.

In: what was planted.  Out: a first line about the city, then one line for each piece of misconduct (`"kind": "misconduct"`) and for each
piece of honest behaviour that looks like it (`"kind": "lookalike"`, with `honest`: what it was) or that only comes close, so that rules must
leave it alone (`"kind": "harmless"`, with `honest` too); and the same read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.texts import time_us
from services.simulate.city import City
from services.simulate.scene import LOCAL, Planted

Key = tuple[str, ...]
"""The keys of a scope, in its order; empty for nobody."""
MISCONDUCT, LOOKALIKE, HARMLESS = "misconduct", "lookalike", "harmless"


class CannotReadTruth(Exception):
    """The text names the file and line, and what would be right."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what a rule must find, or where `honest` says what it was, may find; or must not, where it is `spared`. Moments in microseconds since 1970."""

    practice: str
    rule: str
    key: Key
    began_us: int
    known_us: int
    events: frozenset[tuple[str, str]]
    honest: str
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """`end_us`: the first moment after the city's last day, if the file says so."""

    rows: tuple[Row, ...]
    end_us: int | None


def city_line(city: City) -> str:
    end = datetime.combine(city.end, datetime.min.time(), LOCAL)
    about = {"seed": city.seed, "officers": city.officers, "first_day": f"{city.first_day}", "days": city.days, "times": city.times}
    return _line({"kind": "city", **about, "end": end.isoformat()})


def planted_line(planted: Planted) -> str:
    return _line(
        {
            "kind": HARMLESS if planted.spared else LOOKALIKE if planted.honest else MISCONDUCT,
            "practice": planted.practice,
            "rule": planted.rule,
            "entity": planted.entity,
            "key": planted.key,
            "began": planted.began.isoformat(),
            "known": planted.known.isoformat(),
            "events": planted.events,
            **({"honest": planted.honest} if planted.honest else {}),
        }
    )


def _line(item: Mapping[str, object]) -> str:
    return json.dumps(item, ensure_ascii=False) + "\n"


def read_truth(path: Path) -> Truth:
    """Raises CannotReadTruth."""
    rows, end_us = [], None
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    item = json.loads(line)
                    if item["kind"] == "city":
                        end_us = time_us(item["end"])
                    else:
                        rows.append(_row(item))
                except (ValueError, KeyError, TypeError) as error:
                    raise CannotReadTruth(f"{path}:{number}: is no line of a ground truth: {type(error).__name__}: {error}") from error
    except OSError as error:
        raise CannotReadTruth(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CannotReadTruth(f"{path}: is not UTF-8") from error
    return Truth(tuple(rows), end_us)


def _row(item: Mapping[str, Any]) -> Row:
    kind = item["kind"]
    if kind not in (MISCONDUCT, LOOKALIKE, HARMLESS):
        raise ValueError(f"kind: {kind!r} is none of city, {MISCONDUCT}, {LOOKALIKE}, {HARMLESS}")
    events = frozenset((source, name) for source, name in item["events"])
    honest = "" if kind == MISCONDUCT else item["honest"]
    began_us, known_us = time_us(item["began"]), time_us(item["known"])
    return Row(item["practice"], item["rule"], key_of(item["key"]), began_us, known_us, events, honest, kind == HARMLESS)


def key_of(key: str | list[str] | None) -> Key:
    """As findings and the ground truth have it: a text, a list for a pair, null for nobody."""
    return () if key is None else (key,) if isinstance(key, str) else tuple(key)
