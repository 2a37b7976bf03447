"""Files of recorded events, row by row.

In: a path, or `-` for standard input.  Out: rows: where each stands, and what it says. A file that cannot be read as what it claims
to be raises `CannotRead`; it is not half read in silence.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

LINE_BYTES_MAX = 1024 * 1024
FORMATS = ("jsonl", "csv", "parquet")
_BY_SUFFIX = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_PACKED = ".gz"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CannotRead(Exception):
    """The file cannot be read; the text names it, the line, and what would be right."""


@dataclass(frozen=True, slots=True)
class Row:
    """`where` is as `events.csv:17`. `error`: why the row says nothing; then it has no values."""

    where: str
    values: dict[str, Any]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CsvDialect:
    delimiter: str = ","
    encoding: str = "utf-8"


def format_of(path: str, given: str | None) -> str:
    """The format that was asked for, else what the file's name says; standard input is JSON Lines."""
    if given is not None:
        return given
    if path == "-":
        return "jsonl"
    name = path.lower().removesuffix(_PACKED)
    known = _BY_SUFFIX.get(Path(name).suffix)
    if known is None:
        raise CannotRead(
            f"{path}: what is in it? The name should end in {', '.join(_BY_SUFFIX)} (or that and {_PACKED}), or say --input-format"
        )
    return known


def read_rows(path: str, kind: str, dialect: CsvDialect) -> Iterator[Row]:
    """The rows of one file; one whose name ends in .gz is unpacked."""
    if path == "-":
        yield from _read(sys.stdin.buffer, "standard input", kind, dialect)
        return
    try:
        with open(path, "rb") as file:
            if path.lower().endswith(_PACKED):
                with gzip.open(file) as unpacked:
                    yield from _read(unpacked, path, kind, dialect)
            else:
                yield from _read(file, path, kind, dialect)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise CannotRead(f"{path}: cannot be unpacked: {error}") from error
    except OSError as error:
        raise CannotRead(f"{path}: cannot be read: {error.strerror}") from error


def _read(file: BinaryIO | gzip.GzipFile, name: str, kind: str, dialect: CsvDialect) -> Iterator[Row]:
    match kind:
        case "jsonl":
            return _json_lines(file, name)
        case "csv":
            return _csv_rows(file, name, dialect)
        case "parquet":
            return _parquet_rows(file, name)
    raise AssertionError(kind)


# ------------------------------------------------------------------ JSON Lines


def _json_lines(file: BinaryIO | gzip.GzipFile, name: str) -> Iterator[Row]:
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > LINE_BYTES_MAX:
            raise CannotRead(f"{where}: the line is longer than {LINE_BYTES_MAX} bytes; one event belongs on one line")
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if line.strip():
            yield Row(where, _json_object(line, where))


def _json_object(line: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except UnicodeDecodeError as error:
        raise CannotRead(f"{where}: byte {error.start + 1} of the line is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise CannotRead(f"{where}: is not JSON: {error.msg} at column {error.colno}; an event is one JSON object on one line") from error
    except RecursionError:
        raise CannotRead(f"{where}: is nested too deeply; an event is one flat JSON object") from None
    except ValueError as error:
        raise CannotRead(f"{where}: is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise CannotRead(f"{where}: is not a JSON object; an event is one flat object on one line")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON knows")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise ValueError(f"the field {twice!r} is there twice")
    return found


# ------------------------------------------------------------------ CSV


def _csv_rows(file: BinaryIO | gzip.GzipFile, name: str, dialect: CsvDialect) -> Iterator[Row]:
    encoding = "utf-8-sig" if dialect.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else dialect.encoding
    text = TextIOWrapper(file, encoding=encoding, newline="")
    csv.field_size_limit(LINE_BYTES_MAX)
    reader = csv.reader(text, delimiter=dialect.delimiter, strict=True)
    try:
        yield from _csv_table(reader, name)
    except UnicodeDecodeError as error:
        raise CannotRead(
            f"{name}: after line {reader.line_num}: is not {dialect.encoding}; the mapping can name another encoding"
        ) from error
    except csv.Error as error:
        raise CannotRead(f"{name}:{reader.line_num}: is not CSV: {error}") from error
    finally:
        text.detach()  # the file is closed by whoever opened it


def _csv_table(reader: Any, name: str) -> Iterator[Row]:
    header: list[str] = next(reader, [])
    if not header:
        raise CannotRead(f"{name}: is empty; its first line names the columns")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise CannotRead(f"{name}:1: the column {twice[0]!r} is there twice")
    line = reader.line_num + 1
    for cells in reader:
        where, line = f"{name}:{line}", reader.line_num + 1
        if len(cells) == len(header):
            yield Row(where, dict(zip(header, cells, strict=True)))
        elif cells:
            yield Row(where, {}, f"the row has {len(cells)} cells, the first line {len(header)}")


# ------------------------------------------------------------------ Parquet


def _parquet_rows(file: BinaryIO | gzip.GzipFile, name: str) -> Iterator[Row]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise CannotRead(f"{name}: reading Parquet needs the package pyarrow: pip install 'rulelang[parquet]'") from None
    try:
        source = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(file.read()) if name == "standard input" else file)
        number = 0
        for batch in source.iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(f"{name}: row {number}", values)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, pyarrow.ArrowTypeError) as error:
        raise CannotRead(f"{name}: is not a Parquet file that can be read: {error}") from error
