"""Recorded events as they are read: JSON Lines, CSV and Parquet, and columns that become fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

import rulelang
from rulelang import model
from services.replay.mapping import PLAIN, Mapper, WrongValue, read_mapping
from services.replay.rows import LINE_BYTES_MAX, CannotRead, CsvDialect, Row, format_of, read_rows

RULES = """
entity case
entity officer
event stop
    case: case
    officer: officer
    speed: number "mph"
    year: integer
    searched: boolean
    seen: time
    took: duration
    note: text
rule r when speed > 1
test "t"
    stop at 2026-01-01 speed=2
    expect r
"""


def events() -> tuple[model.Event, ...]:
    return rulelang.load_text(RULES).events


def rows(path: Path, kind: str, dialect: CsvDialect = CsvDialect()) -> list[Row]:  # noqa: B008  frozen
    return list(read_rows(str(path), kind, dialect))


def written(tmp_path: Path, data: bytes | str, name: str = "events.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def mapped(tmp_path: Path, mapping: str, values: dict[str, Any]) -> dict[str, Any]:
    return Mapper(read_mapping(written(tmp_path, mapping, "map.toml")), events(), True).event(Row("x.csv:2", values))


# ------------------------------------------------------------------ JSON Lines


def test_each_line_is_an_event_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "一"}\n\n  \n{"id": "b"}')
    assert [(row.where, row.values) for row in rows(path, "jsonl")] == [(f"{path}:1", {"id": "一"}), (f"{path}:4", {"id": "b"})]


def test_a_byte_order_mark_is_not_part_of_the_first_event(tmp_path: Path) -> None:
    assert rows(written(tmp_path, b'\xef\xbb\xbf{"id": "a"}\n'), "jsonl")[0].values == {"id": "a"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"id": "a"', "is not JSON"),
        (b"[1, 2]", "is not a JSON object"),
        (b'{"speed": NaN}', "NaN is not a number"),
        (b'{"id": "a", "id": "b"}', "'id' is there twice"),
        ("{'案件'}".encode("gb18030"), "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"id": "' + b"a" * LINE_BYTES_MAX + b'"}', "longer than"),
    ],
)
def test_a_line_that_is_no_event_makes_the_file_unreadable_and_is_named(tmp_path: Path, line: bytes, says: str) -> None:
    path = written(tmp_path, b'{"id": "a"}\n' + line + b"\n")
    with pytest.raises(CannotRead, match=f":2: .*{says}"):
        rows(path, "jsonl")


def test_the_longest_line_that_is_allowed_is_read(tmp_path: Path) -> None:
    head, tail = b'{"id": "', b'"}'
    assert len(rows(written(tmp_path, head + b"a" * (LINE_BYTES_MAX - len(head) - len(tail)) + tail), "jsonl")) == 1


# ------------------------------------------------------------------ CSV


def test_cells_stand_under_their_column(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffid,案件\r\n1,"C,\n1"\r\n2,C2\r\n', "events.csv")
    assert [(row.where, row.values) for row in rows(path, "csv")] == [
        (f"{path}:2", {"id": "1", "案件": "C,\n1"}),
        (f"{path}:4", {"id": "2", "案件": "C2"}),
    ]


def test_a_row_with_too_few_cells_is_refused_by_itself(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "id,case\n1\n2,C2\n", "events.csv"), "csv")
    assert [row.error for row in found] == ["the row has 1 cells, the first line 2", None]


def test_another_delimiter_and_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "id;案件\n1;甲\n".encode("gb18030"), "events.csv")
    assert rows(path, "csv", CsvDialect(";", "gb18030"))[0].values == {"id": "1", "案件": "甲"}
    with pytest.raises(CannotRead, match="is not utf-8"):
        rows(path, "csv")


@pytest.mark.parametrize(("text", "says"), [("", "is empty"), ("a,b,a\n", "'a' is there twice"), ('a,b\n1,"2\n', "is not CSV")])
def test_a_table_that_is_none_is_unreadable(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CannotRead, match=says):
        rows(written(tmp_path, text, "events.csv"), "csv")


# ------------------------------------------------------------------ Parquet


def test_a_parquet_file_says_the_same_as_the_csv_file(tmp_path: Path) -> None:
    columns = {
        "id": ["1", "2"],
        "type": ["stop", "stop"],
        "time": [datetime(2026, 3, 2, 4, 10, tzinfo=UTC)] * 2,
        "speed": [45.5, None],
        "year": [2015.0, None],
        "searched": [True, False],
        "case": [17, 18],
    }
    path = tmp_path / "events.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    csv = written(
        tmp_path,
        "id,type,time,speed,year,searched,case\n"
        "1,stop,2026-03-02T04:10:00+00:00,45.5,2015,true,17\n"
        "2,stop,2026-03-02T04:10:00+00:00,,,false,18\n",
        "events.csv",
    )
    mapper = Mapper(PLAIN, events(), True)
    assert [mapper.event(row) for row in rows(path, "parquet")] == [mapper.event(row) for row in rows(csv, "csv")]


def test_what_is_no_parquet_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="is not a Parquet file"):
        rows(written(tmp_path, b"PAR1 not really", "events.parquet"), "parquet")


# ------------------------------------------------------------------ which format


@pytest.mark.parametrize(
    ("path", "kind"), [("a.jsonl", "jsonl"), ("a.NDJSON", "jsonl"), ("a.csv", "csv"), ("a.b.parquet", "parquet"), ("-", "jsonl")]
)
def test_the_name_says_what_is_in_a_file(path: str, kind: str) -> None:
    assert format_of(path, None) == kind
    assert format_of(path, "csv") == "csv"


def test_a_name_that_says_nothing_is_asked_about() -> None:
    with pytest.raises(CannotRead, match="--input-format"):
        format_of("events.txt", None)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="cannot be read"):
        rows(tmp_path / "nothing.jsonl", "jsonl")


# ------------------------------------------------------------------ columns to fields

MAPPING = """
[fields]
id = { columns = ["citation", "line"], join = "/" }
source = { constant = "boston" }
type = { column = "what", values = { S = "stop" } }
time = { column = "when", format = "%d/%m/%Y %H:%M" }
case = "citation"
speed = { column = "mph", missing = ["0", "UNK"] }
year = "year"
searched = "searched"
took = "took"
"""
CELLS = {
    "citation": "T1",
    "line": "2",
    "what": "S",
    "when": "02/03/2026 12:10",
    "mph": "45",
    "year": "2015.0",
    "searched": "Y",
    "took": "90",
}


def test_columns_become_fields_of_the_declared_type(tmp_path: Path) -> None:
    assert mapped(tmp_path, MAPPING, CELLS) == {
        "id": "T1/2",
        "source": "boston",
        "type": "stop",
        "time": "2026-03-02T12:10:00",
        "case": "T1",
        "speed": 45.0,
        "year": 2015,
        "searched": True,
        "took": 90.0,
    }


@pytest.mark.parametrize("cell", ["", "  ", "0", "UNK", " UNK "])
def test_an_empty_cell_and_what_stands_for_one_is_missing(tmp_path: Path, cell: str) -> None:
    assert "speed" not in mapped(tmp_path, MAPPING, CELLS | {"mph": cell})


def test_an_id_of_several_columns_is_missing_where_one_is(tmp_path: Path) -> None:
    assert "id" not in mapped(tmp_path, MAPPING, CELLS | {"line": ""})


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("mph", "fast", "speed: must be a number, not 'fast'"),
        ("mph", "nan", "speed: must be a number, not 'nan'"),
        ("mph", "inf", "speed: must be a number, not 'inf'"),
        ("searched", "perhaps", "searched: must be yes or no, not 'perhaps'"),
        ("when", "2026-03-02", "time: '2026-03-02' is not a time as '%d/%m/%Y %H:%M'"),
    ],
)
def test_a_cell_that_cannot_be_what_the_field_is_is_named(tmp_path: Path, column: str, cell: str, says: str) -> None:
    with pytest.raises(WrongValue) as error:
        mapped(tmp_path, MAPPING, CELLS | {column: cell})
    assert str(error.value) == says


def test_an_integer_too_large_for_a_double_keeps_its_digits(tmp_path: Path) -> None:
    assert mapped(tmp_path, MAPPING, CELLS | {"year": "9007199254740993"})["year"] == 9007199254740993


@pytest.mark.parametrize(
    ("unit", "cell"),
    [
        ("unix", "1772424600.5"),
        ("unix_ms", "1772424600500"),
        ("unix_us", "1772424600500000"),
        ("unix", 1772424600.5),
        ("unix", Decimal("1772424600.5")),
    ],
)
def test_times_as_numbers_since_1970(tmp_path: Path, unit: str, cell: object) -> None:
    mapping = f'[fields]\nid = "id"\ntype = "type"\ntime = {{ column = "t", format = "{unit}" }}\n'
    assert mapped(tmp_path, mapping, {"id": "1", "type": "stop", "t": cell})["time"] == "2026-03-02T04:10:00.5Z"


def test_a_column_that_is_not_there_is_an_error_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="there is no column 'citation' for the field id - did you mean 'citations'"):
        mapped(tmp_path, MAPPING, {("citations" if k == "citation" else k): v for k, v in CELLS.items()})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("[fields]", "[field]"), "nothing is known about 'field' - did you mean fields"),
        (lambda t: t.replace("time =", "tim ="), "fields.time is missing"),
        (lambda t: t.replace("missing =", "mising ="), "did you mean missing"),
        (lambda t: t.replace("constant", "column = 'x', constant"), "needs one of column, columns and constant"),
        (lambda t: t + "[csv]\ndelimiter = ';;'\n", "csv.delimiter: must be one character"),
        (lambda t: t + "[csv]\nencoding = 'klingon'\n", "there is no encoding 'klingon'"),
        (lambda t: t + "year = 3\n", "is not a TOML file"),
        (lambda t: t.replace('year = "year"', "year = 3"), "fields.year: must be the name of a column"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path: Path, change: Callable[[str], str], says: str) -> None:
    with pytest.raises(CannotRead, match=says):
        read_mapping(written(tmp_path, change(MAPPING), "map.toml"))


def test_without_a_mapping_columns_are_fields_of_their_name() -> None:
    event = Mapper(PLAIN, events(), True).event(
        Row("x.csv:2", {"id": "1", "type": "stop", "time": "2026-03-02", "speed": "45", "other": "x"})
    )
    assert event == {"id": "1", "type": "stop", "time": "2026-03-02", "speed": 45.0, "other": "x"}


def test_json_is_taken_as_it_is_unless_there_is_a_mapping() -> None:
    values = json.loads('{"id": "1", "speed": "45"}')
    assert Mapper(PLAIN, events(), False).event(Row("x.jsonl:1", values)) == values
