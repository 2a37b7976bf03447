"""Calendars: the hours of each weekday, and the days that are closed or worked instead.

In: the calendars as written, and the CSV files that they name.  Out: `model.Calendar`.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.resolve.csvfiles import Cell, Read, read_rows
from rulelang.resolve.literals import day_number, read_date

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
STRETCH_DAYS_MAX = 3660

_Dated = tuple[int, int, tuple[model.Hours, ...], syntax.Span]


def declare_calendar(written: syntax.Calendar, read: Read) -> tuple[model.Calendar, list[Diagnostic]]:
    """The calendar, as far as it can be told, and what is wrong with it."""
    problems = _overlaps(written)
    weekly: list[list[model.Hours]] = [[] for _ in range(7)]
    for opening in written.open_lines:
        for weekday in opening.weekdays:
            weekly[weekday - 1] += _hours(opening.hours)
    usual = _hours(written.open_lines[0].hours) if written.open_lines else ()
    closed: set[int] = set()
    working: dict[int, tuple[tuple[model.Hours, ...], syntax.Span]] = {}
    for line in written.dated_lines:
        stretches, found = _stretches(line, read)
        problems += found
        for first, last, said, span in stretches:
            if line.kind == "closed":
                closed.update(range(first, last + 1))
                continue
            hours = said or usual
            if not hours:
                problems.append(diagnostic("E451", span, name=written.name))
            for day in range(first, last + 1):
                if day in working and working[day][0] != hours:
                    there = Related("first said here", working[day][1])
                    problems.append(diagnostic("E453", span, related=(there,), day=day_text(day)))
                    break
                working[day] = hours, span
    return model.Calendar(
        written.name,
        tuple(tuple(sorted(hours, key=lambda h: h.start_minute)) for hours in weekly),
        frozenset(closed),
        tuple((day, hours) for day, (hours, _) in sorted(working.items())),
        written.span,
    ), problems


def _hours(written: tuple[syntax.Hours, ...]) -> tuple[model.Hours, ...]:
    return tuple(sorted((model.Hours(h.start_minute, h.end_minute) for h in written), key=lambda h: h.start_minute))


def _overlaps(written: syntax.Calendar) -> list[Diagnostic]:
    """Hours of the week that two lines, or two parts of one, both open: they would be counted twice."""
    stretches = []
    for line in written.open_lines:
        for weekday in line.weekdays:
            for hours in line.hours:
                start = (weekday - 1) * DAY_MINUTES + hours.start_minute
                length = (hours.end_minute - hours.start_minute) % DAY_MINUTES or DAY_MINUTES
                stretches.append((start, start + length, line.span))
    stretches.sort(key=lambda stretch: stretch[:2])
    if stretches:  # the week closes on itself
        start, end, span = stretches[0]
        stretches.append((start + WEEK_MINUTES, end + WEEK_MINUTES, span))
    problems = [diagnostic("E452", later[2]) for earlier, later in pairwise(stretches) if later[0] < earlier[1]]
    problems += [
        diagnostic("E452", line.span)
        for line in written.dated_lines
        if any(a.end_minute > b.start_minute or a.end_minute <= a.start_minute for a, b in pairwise(_hours(line.hours)))
    ]
    return list(dict.fromkeys(problems))


def _stretches(line: syntax.DatedLine, read: Read) -> tuple[list[_Dated], list[Diagnostic]]:
    """The days of a line: first, last, the hours said with them, and where they are said."""
    if line.file is not None:
        return _from_file(line, line.file, read)
    assert line.first is not None
    first = day_number(line.first)
    last = first if line.last is None else day_number(line.last)
    if last < first:
        return [], [diagnostic("E454", line.span)]
    if last - first >= STRETCH_DAYS_MAX:
        return [], [diagnostic("E455", line.span, days=last - first + 1, limit=STRETCH_DAYS_MAX)]
    return [(first, last, _hours(line.hours), line.span)], []


def _from_file(line: syntax.DatedLine, file: str, read: Read) -> tuple[list[_Dated], list[Diagnostic]]:
    """A CSV file with the columns `date`, and where needed `until` (the last day of a stretch) and `hours`."""
    optional = ("until", "hours") if line.kind == "working" else ("until",)
    rows, problems = read_rows(file, line.span, read, required=("date",), optional=optional)
    found: list[_Dated] = []
    for row in rows:
        start, until = row.cells["date"], row.cells.get("until")
        first = _read_day(start, line.span, problems)
        last = _read_day(until, line.span, problems) if until is not None and until.text.strip() else first
        hours = _read_hours(row.cells.get("hours"), line, problems)
        if first is None or last is None or hours is None:
            continue
        if last < first:
            problems.append(diagnostic("E516", line.span, place=start.place))
        elif last - first >= STRETCH_DAYS_MAX:
            problems.append(diagnostic("E455", line.span, days=last - first + 1, limit=STRETCH_DAYS_MAX))
        else:
            found.append((first, last, hours, line.span))
    return found, problems


def _read_day(cell: Cell, span: syntax.Span, problems: list[Diagnostic]) -> int | None:
    day = read_date(cell.text.strip())
    if day is None:
        problems.append(cell.wrong(span, "a date", "write it as 2026-10-01"))
        return None
    return day_number(day)


_STRETCH = re.compile(r"(\d\d):(\d\d)\.\.(\d\d):(\d\d)", re.ASCII)


def _read_hours(cell: Cell | None, line: syntax.DatedLine, problems: list[Diagnostic]) -> tuple[model.Hours, ...] | None:
    """`09:00..12:00, 13:30..17:30`; nothing where nothing is said."""
    if cell is None or not cell.text.strip():
        return _hours(line.hours)
    found = []
    for part in cell.text.split(","):
        written = _STRETCH.fullmatch(part.strip())
        numbers = [int(n) for n in written.groups()] if written else []
        if not numbers or any(h > 24 or m > 59 or h * 60 + m > DAY_MINUTES for h, m in (numbers[:2], numbers[2:])):
            problems.append(cell.wrong(line.span, "hours", "write them as 09:00..12:00, 13:30..17:30, in double quotes"))
            return None
        found.append(model.Hours(numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]))
    found.sort(key=lambda h: h.start_minute)
    if any(a.end_minute > b.start_minute or a.end_minute <= a.start_minute for a, b in pairwise(found)):
        problems.append(diagnostic("E452", line.span))
    return tuple(found)


def day_text(day: int) -> str:
    """A local day as `2026-10-01`."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()
