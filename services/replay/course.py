"""How somebody stands on a ladder, in lines for people: the level, how it came about, and what could become of it.

In: what `Engine.level_history` and `Engine.forecast` say, and the findings by id.  Out: lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.texts import local_time_text, time_us
from rulelang.timezones import Zone
from services.points import points_phrase, points_text

Json = dict[str, Any]
FINDINGS_SHOWN = 5
STEPS_SHOWN = 3


def course_lines(ladder: str, told: Json, history: Sequence[Json], findings: Mapping[str, Json], zone: Zone) -> Iterator[str]:
    """One ladder. `told`: the forecast."""
    yield f"{ladder}: {told['level'] or 'no level'}, {points_phrase(told['points'])}"
    for change in history:
        yield f"  {_moment(change['time'], zone)}  {_change(change)}: {_why(change, findings)}"
    for rise in told["rises"]:
        yield f"  {rise['level']} {'; '.join(rise_phrases(rise['steps'], zone))}"
    for fall in told["falls"]:
        yield f"  {fall_phrase(fall, zone)}"


def _change(change: Json) -> str:
    """`rose to yellow, 6 points`."""
    points = points_phrase(change["points"])
    if change["level"] == change["was"]:
        return f"{change['level']} again, {points}"
    if change["warning"] is not None:
        return f"rose to {change['level']}, {points}"
    if change["level"] is None:
        return f"fell below all levels, {points}"
    # Where points came and went at one time, the level may be another without a warning only if it is lower.
    return f"fell to {change['level']}, {points}"


def _why(change: Json, findings: Mapping[str, Json]) -> str:
    """The findings that came, or those that left."""
    parts = []
    for word, ids in (("with", change["came"]), ("without", change["left"])):
        if ids:
            names = [f"{findings[name]['rule']} of {findings[name]['time'][:10]}" for name in ids[:FINDINGS_SHOWN]]
            more = f" and {len(ids) - FINDINGS_SHOWN} more" if len(ids) > FINDINGS_SHOWN else ""
            parts.append(f"{word} {', '.join(names)}{more}")
    return ", ".join(parts)


def rise_phrases(steps: Sequence[Json], zone: Zone) -> list[str]:
    """`with 1 more point before 2026-06-14 22:10:00`, `with 7 more before …`, `with 12 after that`. Of many steps the first few and the last."""
    shown = steps if len(steps) <= STEPS_SHOWN + 1 else [*steps[:STEPS_SHOWN], steps[-1]]
    phrases = []
    for place, step in enumerate(shown):
        points = points_text(step["points"])
        more = f"with {points} more point{'' if step['points'] == 1 else 's'}" if place == 0 else f"with {points}"
        if step["before"] is not None:
            phrases.append(f"{more} before {_moment(step['before'], zone)}")
        else:
            phrases.append(more if place == 0 else f"{more} after that")
    return phrases


def fall_phrase(fall: Json, zone: Zone) -> str:
    """`back to blue on 2026-07-03 12:10:00, when 6 points leave the window`."""
    where = f"back to {fall['level']}" if fall["level"] is not None else "below all levels"
    return f"{where} on {_moment(fall['time'], zone)}, when {points_phrase(fall['leaving'])} leave{'s' if fall['leaving'] == 1 else ''} the window"


def _moment(text: str, zone: Zone) -> str:
    return local_time_text(zone.local_us(time_us(text)))
