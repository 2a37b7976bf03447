"""From the columns of a table to the fields of events.

In: a mapping (TOML), the rule set's event types, and rows.  Out: events as upstream systems would send them.

    [fields]                                             # field = where it comes from
    id = "row_id"                                        # the column of this name
    id = { columns = ["citation", "line"], join = "-" }  # several columns
    type = { constant = "citation" }                     # the same for every row
    type = { column = "kind", values = { W = "warning", C = "citation" } }
    time = { column = "when", format = "%d/%m/%Y %H:%M" }
    speed = { column = "speed", missing = ["0", "UNK"] } # besides the empty cell

    [csv]
    delimiter = ";"
    encoding = "gb18030"

A value becomes what the rule set declares the field to be. Without a mapping, columns are fields of their name.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.texts import time_text
from rulelang import model
from rulelang.model import Kind
from services.replay.rows import CannotRead, CsvDialect, Row
from services.toml import read_toml

TRUE = ("true", "yes", "y", "1", "t")
FALSE = ("false", "no", "n", "0", "f")
# Times as numbers: how many of them a second has.
UNIX_FORMATS = {"unix": 1, "unix_ms": 1_000, "unix_us": 1_000_000}
_COMMON = {"id": model.Type(Kind.TEXT), "source": model.Type(Kind.TEXT), "type": model.Type(Kind.TEXT), "time": model.Type(Kind.TIME)}


class WrongValue(Exception):
    """A cell cannot be what the rule set declares the field to be."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field comes from: the columns joined, or a constant."""

    columns: tuple[str, ...] = ()
    join: str = "-"
    constant: Any = None
    missing: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`origins` None: columns are fields of their name."""

    origins: Mapping[str, Origin] | None
    dialect: CsvDialect


PLAIN = ColumnMapping(None, CsvDialect())


# ------------------------------------------------------------------ reading a mapping


def read_mapping(path: Path) -> ColumnMapping:
    """The mapping in a TOML file; raises `CannotRead`."""
    document = read_toml(path, CannotRead)
    _know(document, ("fields", "csv"), str(path))
    fields = document.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise CannotRead(f"{path}: the table [fields] is missing, which says where each field comes from")
    for name in ("id", "type", "time"):
        if name not in fields:
            raise CannotRead(f"{path}: fields.{name} is missing; every event needs it")
    origins = {name: _origin(given, f"{path}: fields.{name}") for name, given in fields.items()}
    return ColumnMapping(origins, _dialect(document.get("csv", {}), str(path)))


def _origin(given: object, where: str) -> Origin:
    if isinstance(given, str):
        return Origin((given,))
    if not isinstance(given, dict):
        raise CannotRead(f"{where}: must be the name of a column, or a table with column, columns or constant")
    _know(given, ("column", "columns", "join", "constant", "missing", "values", "format"), where)
    if sum(name in given for name in ("column", "columns", "constant")) != 1:
        raise CannotRead(f"{where}: needs one of column, columns and constant")
    columns = [given["column"]] if "column" in given else given.get("columns", [])
    missing, values = given.get("missing", []), given.get("values", {})
    for name, texts in (("columns", columns), ("missing", missing)):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise CannotRead(f"{where}.{name}: must be texts")
    if not isinstance(values, dict):
        raise CannotRead(f'{where}.values: must be a table, as {{ W = "warning" }}')
    for name in ("join", "format"):
        if not isinstance(given.get(name, ""), str):
            raise CannotRead(f"{where}.{name}: must be a text")
    return Origin(tuple(columns), given.get("join", "-"), given.get("constant"), tuple(missing), values, given.get("format"))


def _dialect(given: object, where: str) -> CsvDialect:
    if not isinstance(given, dict):
        raise CannotRead(f"{where}: csv must be a table")
    _know(given, ("delimiter", "encoding"), f"{where}: csv")
    delimiter, encoding = given.get("delimiter", ","), given.get("encoding", "utf-8")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise CannotRead(f"{where}: csv.delimiter: must be one character")
    try:
        "".encode(encoding)
    except (LookupError, TypeError):
        raise CannotRead(f"{where}: csv.encoding: there is no encoding {encoding!r}") from None
    return CsvDialect(delimiter, encoding)


def _know(given: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            guess = f" - did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            raise CannotRead(f"{where}: nothing is known about {name!r}{guess}")


# ------------------------------------------------------------------ applying it


class Mapper:
    """Rows of one file to events. `typed`: the cells are texts (CSV) or the mapping is used, so values become what the field is."""

    def __init__(self, mapping: ColumnMapping, events: Iterable[model.Event], typed: bool) -> None:
        self._origins = mapping.origins
        self._types = {event.name: {f.name: f.type for f in event.fields} for event in events if not event.derived}
        self._typed = typed or mapping.origins is not None
        self._columns: set[str] | None = None

    def event(self, row: Row) -> dict[str, Any]:
        """The event that a row says; raises `WrongValue` naming the field, `CannotRead` where the file lacks a column."""
        if not self._typed:
            return row.values
        origins = self._origins
        if origins is None:
            origins = {name: Origin((name,)) for name in row.values}
        elif self._columns is None:
            self._look_for_columns(row, origins)
        cells = {name: _cell(origin, row.values) for name, origin in origins.items()}
        declared = self._types.get(str(cells.get("type")), {}) | _COMMON
        event = {}
        for name, cell in cells.items():
            if cell is not None:
                try:
                    event[name] = _converted(cell, declared.get(name), origins[name].format)
                except ValueError as error:
                    raise WrongValue(f"{name}: {error}") from None
        return event

    def _look_for_columns(self, row: Row, origins: Mapping[str, Origin]) -> None:
        self._columns = set(row.values)
        for name, origin in origins.items():
            for column in origin.columns:
                if column not in self._columns:
                    near = difflib.get_close_matches(column, self._columns, 1)
                    guess = f" - did you mean {near[0]!r}?" if near else ""
                    raise CannotRead(f"{row.where.split(':')[0]}: there is no column {column!r} for the field {name}{guess}")


def _cell(origin: Origin, values: Mapping[str, Any]) -> Any:
    """What the columns say; None: missing."""
    if not origin.columns:
        return origin.constant
    parts = [_present(values.get(column), origin.missing) for column in origin.columns]
    if any(part is None for part in parts):
        return None
    cell = parts[0] if len(parts) == 1 else origin.join.join(map(_text, parts))
    return origin.values.get(str(cell), cell) if origin.values else cell


def _present(cell: Any, missing: tuple[str, ...]) -> Any:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        return None if not cell.strip() or cell.strip() in missing else cell
    return None if str(cell) in missing else cell


def _converted(cell: Any, type_: model.Type | None, time_format: str | None) -> Any:
    """The cell as JSON of the field's type; raises ValueError in words. A field that is not declared stays as it is."""
    if type_ is None:
        return cell if isinstance(cell, str | bool | int | float) else str(cell)
    match type_.kind:
        case Kind.NUMBER | Kind.INTEGER | Kind.DURATION:
            return _number(cell, type_.kind)
        case Kind.BOOLEAN:
            return _boolean(cell)
        case Kind.TIME:
            return _time(cell, time_format)
    return _text(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():  # whole numbers with gaps come as 17.0
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def _number(cell: Any, kind: Kind) -> int | float:
    if isinstance(cell, bool):
        raise ValueError(f"must be a number, not {cell}")
    if isinstance(cell, int):
        return cell
    try:
        if isinstance(cell, str) and kind is not Kind.NUMBER:
            try:
                return int(cell.strip())
            except ValueError:
                pass  # 12.0 is whole as well
        value = float(cell) if isinstance(cell, float | Decimal) else float(str(cell).strip())
    except ValueError:
        raise ValueError(f"must be a number, not {str(cell)!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"must be a number, not {str(cell)!r}")
    return int(value) if kind is Kind.INTEGER and value.is_integer() else value


def _boolean(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = _text(cell).strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f"must be yes or no, not {str(cell)!r}")


def _time(cell: Any, time_format: str | None) -> str:
    """ISO 8601; without an offset where the cell has none, for then it is in the rule set's time zone."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00"
    if time_format in UNIX_FORMATS:
        return _since_1970(cell, UNIX_FORMATS[time_format])
    if time_format is None:
        return _text(cell).strip()
    try:
        return datetime.strptime(_text(cell).strip(), time_format).isoformat()
    except ValueError:
        raise ValueError(f"{str(cell)!r} is not a time as {time_format!r}") from None


def _since_1970(cell: Any, per_second: int) -> str:
    try:
        moment_us = int(Decimal(str(cell).strip()) * 1_000_000 / per_second)
        return time_text(moment_us)
    except (ArithmeticError, ValueError):
        raise ValueError(f"must be a number since 1970, not {str(cell)!r}") from None
