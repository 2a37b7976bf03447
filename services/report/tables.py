"""A bulletin as CSV files, for spreadsheets and other programs: everything, also what the page has no room for.

In: a `Bulletin`.  Out: texts by file name. Columns are named in English in every language, so that programs find them.

What a spreadsheet would take for a formula is written after an apostrophe, as spreadsheets themselves write text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from engine.texts import time_text
from services.report.gather import LEVELS, Bulletin

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def tables(bulletin: Bulletin) -> dict[str, str]:
    """All files."""
    return {
        "warnings.csv": _table(
            (
                "time",
                "level",
                "entity",
                "key",
                "unit",
                "ladder_or_rule",
                "title",
                "category",
                "points",
                "action",
                "message",
                "awaits",
                "id",
            ),
            (
                (
                    time_text(w.time_us),
                    w.level,
                    w.entity,
                    w.key,
                    w.unit,
                    w.name,
                    w.title,
                    w.category,
                    w.points,
                    w.action,
                    w.message,
                    w.awaits,
                    w.id,
                )
                for w in bulletin.new
            ),
        ),
        "units.csv": _table(
            ("unit", "score", "members", *LEVELS, "weight", "in_time", "missed"),
            (
                (u.unit, u.score, u.conduct.members, *(u.conduct.warnings.get(level, 0) for level in LEVELS), u.conduct.weight)
                + ((u.conduct.in_time, u.conduct.missed) if bulletin.steps_known else (None, None))
                for u in bulletin.by_unit
            ),
        ),
        "overdue.csv": _table(
            ("due", "level", "entity", "key", "unit", "step", "ladder_or_rule", "done", "warning"),
            (
                (time_text(m.due_us), m.level, m.entity, m.key, m.unit, m.step, m.name, "yes" if m.done else "no", m.id)
                for m in bulletin.missed
            ),
        ),
        "levels.csv": _table(
            ("day", "ladder", "entity", *LEVELS),
            (
                (str(day), ladder.name, ladder.entity, *(counts.get(level, 0) for level in LEVELS))
                for ladder in bulletin.ladders
                for day, counts in ladder.days
            ),
        ),
        "standing.csv": _table(
            ("ladder", "entity", "key", "unit", "level", "points"),
            ((s.ladder, s.entity, s.key, s.unit, s.level, s.points) for s in bulletin.grave),
        ),
        "rules.csv": _table(
            ("rule", "title", "findings", "period_before"), ((r.name, r.title, r.findings, r.before) for r in bulletin.rules)
        ),
        "undecided.csv": _table(
            ("rule", "title", "undecided", "looked_at"), ((r.name, r.title, r.undecided, r.looks) for r in bulletin.undecided)
        ),
        "draws.csv": _table(("day", "rule", "key"), ((d["day"], d["rule"], d["key"]) for d in bulletin.draws)),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return "" if value is None else value
