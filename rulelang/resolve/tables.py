"""Tables: values by key, each with the days on which it holds.

In: the tables as written, and the CSV files that they name.  Out: `model.Table`, its rows in order of keys and days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.resolve.calendars import day_text
from rulelang.resolve.constants import constant
from rulelang.resolve.csvfiles import Cell, Read, Row, read_rows
from rulelang.resolve.literals import day_number, read_cell, read_date, wanted
from rulelang.resolve.schema import Schema

_BEGINNING, _END = -(2**31), 2**31


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with where it stands: the span to point at, and the file and line of a row from CSV."""

    row: model.TableRow
    span: syntax.Span
    place: str | None
    line: int


def declare_table(
    written: syntax.Table, parameters: tuple[model.Type, ...], type_: model.Type, schema: Schema, read: Read
) -> tuple[model.Table, list[Diagnostic]]:
    """The table with the rows that can be read, and what is wrong with the others."""
    problems: list[Diagnostic] = []
    if written.file is None:
        placed = _rows_in_place(written, parameters, type_, schema, problems)
    else:
        placed = _rows_of_file(written, written.file, parameters, type_, schema, read, problems)
    problems += _overlaps(placed)
    rows = tuple(p.row for p in _in_order(placed))
    return model.Table(written.name, parameters, type_, rows, written.span), problems


def _rows_in_place(
    written: syntax.Table, parameters: tuple[model.Type, ...], type_: model.Type, schema: Schema, problems: list[Diagnostic]
) -> list[_Placed]:
    placed = []
    for row in written.rows:
        if len(row.keys) != len(parameters):
            problems.append(diagnostic("E458", row.span, got=_keys(len(row.keys)), wanted=_keys(len(parameters))))
            continue
        values: list[bool | int | float | str] = []
        for expression, expected in zip([*row.keys, row.value], [*parameters, type_], strict=True):
            found, wrong = constant(expression, schema, expected)
            problems += wrong
            if found is None:
                continue
            if found.value is None:
                problems.append(diagnostic("E459", expression.span))
            else:
                values.append(found.value)
        since, until = (None if day is None else day_number(day) for day in (row.since, row.until))
        if since is not None and until is not None and until < since:
            problems.append(diagnostic("E454", row.span))
        elif len(values) == len(parameters) + 1:
            placed.append(_Placed(model.TableRow(tuple(values[:-1]), values[-1], since, until), row.span, None, row.span.start))
    return placed


def _keys(count: int) -> str:
    return {0: "no key", 1: "one key"}.get(count, f"{count} keys")


def _rows_of_file(
    written: syntax.Table,
    file: str,
    parameters: tuple[model.Type, ...],
    type_: model.Type,
    schema: Schema,
    read: Read,
    problems: list[Diagnostic],
) -> list[_Placed]:
    """The columns are the names in the parentheses and `value`; `since` and `until` may be there too."""
    names = [p.name for p in written.parameters]
    rows, found = read_rows(file, written.span, read, required=[*names, "value"], optional=("since", "until"))
    problems += found
    placed = []
    for row in rows:
        values = [
            _value(row.cells[name], t, schema, written.span, problems)
            for name, t in zip([*names, "value"], [*parameters, type_], strict=True)
        ]
        known, since, until = _days(row, written.span, problems)
        whole = [value for value in values if value is not None]
        if known and len(whole) == len(values):
            placed.append(_Placed(model.TableRow(tuple(whole[:-1]), whole[-1], since, until), written.span, row.place, row.line))
    return placed


def _value(cell: Cell, type_: model.Type, schema: Schema, span: syntax.Span, problems: list[Diagnostic]) -> bool | int | float | str | None:
    value = read_cell(cell.text, type_, schema.zone, schema.entities)
    if value is None or (value == "" and type_.kind is not model.Kind.TEXT):
        problems.append(cell.wrong(span, *wanted(type_)))
        return None
    return value


def _days(row: Row, span: syntax.Span, problems: list[Diagnostic]) -> tuple[bool, int | None, int | None]:
    """Whether the days of the row can be told, and which they are."""
    days: list[int | None] = []
    known = True
    for column in ("since", "until"):
        cell = row.cells.get(column)
        day = None
        if cell is not None and cell.text.strip():
            date = read_date(cell.text.strip())
            if date is None:
                problems.append(cell.wrong(span, "a date", "write it as 2026-03-02, or leave it empty"))
                known = False
            else:
                day = day_number(date)
        days.append(day)
    since, until = days
    if since is not None and until is not None and until < since:
        problems.append(diagnostic("E516", span, place=row.place))
        known = False
    return known, since, until


def _first_day(row: model.TableRow) -> int:
    return _BEGINNING if row.since_day is None else row.since_day


def _last_day(row: model.TableRow) -> int:
    return _END if row.until_day is None else row.until_day


def _in_order(placed: Iterable[_Placed]) -> list[_Placed]:
    # Keys of one column have one kind, so they compare.
    return sorted(placed, key=lambda p: (p.row.keys, _first_day(p.row), p.line))


def _overlaps(placed: list[_Placed]) -> list[Diagnostic]:
    """Rows that give one key two values on one day, also where the values are equal: one of them is not meant."""
    problems = []
    longest: dict[tuple[object, ...], _Placed] = {}  # of the rows of a key so far, the one that ends last
    for placed_row in _in_order(placed):
        row = placed_row.row
        before = longest.get(row.keys)
        if before is not None and _first_day(row) <= _last_day(before.row):
            later, earlier = (placed_row, before) if placed_row.line > before.line else (before, placed_row)
            day = _shared_day(row)
            if later.place is not None:
                problems.append(diagnostic("E517", later.span, place=later.place, day=day, line=earlier.line))
            else:
                problems.append(diagnostic("E457", later.span, related=(Related("the other row", earlier.span),), day=day))
        if before is None or _last_day(row) > _last_day(before.row):
            longest[row.keys] = placed_row
    return problems


def _shared_day(row: model.TableRow) -> str:
    """The first day of a row that overlaps one that begins no later."""
    if row.since_day is not None:
        return day_text(row.since_day)
    return "every day" if row.until_day is None else f"{day_text(row.until_day)} and before"
