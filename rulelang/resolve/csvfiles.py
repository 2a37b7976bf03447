"""CSV files of tables and calendars: a first line that names the columns, then rows. A column of remarks is for people.

In: a file's name, and what reads it.  Out: the rows by column, each cell with its place; what is wrong, at the place that names the file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO

from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.syntax import Span

ROWS_MAX = 200_000
REMARKS = ("remark", "备注")
"""The column that says to people why a row is there. What stands in it is not read, unless a key of the table is called so."""

Read = Callable[[str, Span], tuple[str | None, list[Diagnostic]]]


@dataclass(frozen=True, slots=True)
class Cell:
    """`place` is the file and line, for messages."""

    text: str
    column: str
    place: str

    def wrong(self, span: Span, wanted: str, remedy: str) -> Diagnostic:
        """That the cell is empty, or not what is wanted."""
        if not self.text.strip():
            return diagnostic("E515", span, place=self.place, column=self.column)
        return diagnostic("E514", span, place=self.place, value=self.text, column=self.column, wanted=wanted, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Row:
    cells: dict[str, Cell]
    line: int
    place: str


def read_rows(file: str, span: Span, read: Read, *, required: Sequence[str], optional: Sequence[str]) -> tuple[list[Row], list[Diagnostic]]:
    """All rows of the file; those that do not have a cell for each column are reported and left out. Empty lines are passed over."""
    text, problems = read(file, span)
    if text is None:
        return [], problems
    columns = ", ".join([*required, *(f"{name} (may be left out)" for name in (*optional, REMARKS[0]))])
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    rows: list[Row] = []
    try:
        for written in reader:
            place = f"{file}, line {reader.line_num}"
            if not any(cell.strip() for cell in written):
                continue
            if header is None:
                header = [name.strip() for name in written]
                problems = problems + _header_problems(header, place, span, required, optional, columns)
                if problems:
                    return [], problems
            elif len(written) != len(header):
                problems.append(diagnostic("E513", span, place=place, got=len(written), wanted=len(header)))
            elif len(rows) == ROWS_MAX:
                return rows, [*problems, diagnostic("E520", span, name=file, limit=ROWS_MAX)]
            else:
                cells = {name: Cell(value, name, place) for name, value in zip(header, written, strict=True)}
                rows.append(Row(cells, reader.line_num, place))
    except csv.Error as error:
        problems.append(diagnostic("E518", span, place=f"{file}, line {reader.line_num}", reason=error))
    if header is None and not problems:
        problems.append(diagnostic("E519", span, name=file, columns=columns))
    return rows, problems


def _header_problems(
    header: list[str], place: str, span: Span, required: Sequence[str], optional: Sequence[str], columns: str
) -> list[Diagnostic]:
    problems = [diagnostic("E510", span, place=place, column=name, columns=columns) for name in required if name not in header]
    for index, name in enumerate(header):
        if name in header[:index]:
            problems.append(diagnostic("E512", span, place=place, column=name))
        elif name not in required and name not in optional and name not in REMARKS:
            problems.append(diagnostic("E511", span, place=place, column=name, columns=columns))
    return problems
