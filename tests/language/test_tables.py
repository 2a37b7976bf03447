"""Tables: rows in place and from CSV, their days, and rows that contradict each other."""

from __future__ import annotations

from datetime import date

import pytest

from rulelang import model
from tests.language.checking import checked_with, errors, meant, messages


def rows(text: str, **tables: str) -> list[tuple[object, ...]]:
    (table,) = meant(text, **tables).tables
    return [(*row.keys, row.value, row.since_day, row.until_day) for row in table.rows]


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


FLOOR = 'table fine_floor(article: text, region: text): number "yuan"'


def test_rows_in_place_have_keys_a_value_and_days() -> None:
    text = FLOOR + '\n    "90", "长沙": 150 until 2025-12-31\n    "90", "长沙": 200 since 2026-01-01\n    "90", "株洲": 100\n'
    assert rows(text) == [
        ("90", "株洲", 100.0, None, None),
        ("90", "长沙", 150.0, None, day("2025-12-31")),
        ("90", "长沙", 200.0, day("2026-01-01"), None),
    ]


def test_a_table_without_keys_has_a_value_by_day() -> None:
    assert rows("table drunk(): number\n    80 since 2011-05-01\n") == [(80.0, day("2011-05-01"), None)]


def test_rows_from_csv_are_read_by_the_names_of_the_columns() -> None:
    text = FLOOR + ' from "floor.csv"'
    csv = 'value,region,article,until\n200,"长沙","90, 2",2025-12-31\n\n100.5,株洲,90,\n'
    assert rows(text, floor=csv) == [("90", "株洲", 100.5, None, None), ("90, 2", "长沙", 200.0, None, day("2025-12-31"))]


@pytest.mark.parametrize("name", ["remark", "备注"])
def test_a_column_of_remarks_is_for_people(name: str) -> None:
    for remark in ("since the spring", "", "7"):
        assert rows('table t(k: text): number from "t.csv"', t=f"{name},k,value\n{remark},a,1\n") == [("a", 1.0, None, None)]


def test_a_key_that_is_called_remark_is_a_key() -> None:
    assert rows('table t(remark: text): number from "t.csv"', t="remark,value\na,1\n") == [("a", 1.0, None, None)]
    assert [code for code, _ in errors('table t(remark: text): number from "t.csv"', t="备注,value\na,1\n")] == ["E510"]


def test_keys_of_entities_are_normalised_in_place_and_in_csv() -> None:
    text = 'entity device\ntable exempt(device: device): text\n    "Ｄ９ ": "test"\n'
    assert rows(text) == [("D9", "test", None, None)]
    assert rows('entity device\ntable exempt(device: device): text from "x.csv"', x="device,value\n Ｄ９,test\n") == [
        ("D9", "test", None, None)
    ]


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("integer", "-12", -12),
        ("number", "1e3", 1000.0),
        ("boolean", "true", True),
        ("duration", "1.5h", 5_400_000_000),
        ("time", "1970-01-02T00:00", 57_600_000_000),
        ("time", "1970-01-01T00:00:01Z", 1_000_000),
        ("text", " as it stands ", " as it stands "),
        ("text", '"two ""quoted"" lines\nof text"', 'two "quoted" lines\nof text'),
    ],
)
def test_cells_are_read_as_the_type_says(type_: str, cell: str, value: object) -> None:
    text = f'timezone "Asia/Shanghai"\ntable t(): {type_} from "t.csv"'
    assert rows(text, t=f"value\n{cell}\n") == [(value, None, None)]


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        ("integer", "1.5"),
        ("integer", "9223372036854775808"),
        ("number", "1,5"[:1] + "_5"),
        ("number", "nan"),
        ("number", "1e999"),
        ("boolean", "yes"),
        ("duration", "30"),
        ("time", "yesterday"),
        ("time", "2026-02-30T10:00"),
    ],
)
def test_a_cell_of_another_type_is_reported_with_its_line_and_column(type_: str, cell: str) -> None:
    (found,) = checked_with(f'table t(): {type_} from "t.csv"', t=f"value\n{cell}\n").errors
    assert found.code == "E514"
    assert found.message.startswith(f"t.csv, line 2: '{cell}' in column 'value' is not ")


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ("", "", True),
        ("until 2026-01-01", "since 2026-01-01", True),
        ("until 2026-01-01", "since 2026-01-02", False),
        ("since 2026-01-01 until 2026-12-31", "since 2026-06-01 until 2026-06-30", True),
        ("since 2026-01-01", "until 2025-12-31", False),
        ("", "since 2030-01-01", True),
    ],
)
def test_two_values_for_one_key_and_day_are_an_error(first: str, second: str, contradict: bool) -> None:
    in_place = f'table t(k: text): number\n    "a": 1 {first}\n    "a": 2 {second}\n    "b": 3\n'
    assert [code for code, _ in errors(in_place)] == (["E457"] if contradict else [])
    cells = [{"since": "", "until": ""} | dict(zip(days.split()[::2], days.split()[1::2], strict=True)) for days in (first, second)]
    csv = "k,value,since,until\n" + "".join(f"a,{i},{c['since']},{c['until']}\n" for i, c in enumerate(cells))
    assert [code for code, _ in errors('table t(k: text): number from "t.csv"', t=csv)] == (["E517"] if contradict else [])


def test_a_row_that_outlasts_its_successors_contradicts_them_all() -> None:
    text = "table t(): number\n    1 since 2026-01-01\n    2 since 2026-02-01 until 2026-02-10\n    3 since 2026-03-01 until 2026-03-10\n"
    found = checked_with(text).errors
    assert [d.message for d in found] == [
        "table rows overlap: this key already has a value on 2026-02-01",
        "table rows overlap: this key already has a value on 2026-03-01",
    ]
    assert all(text[d.related[0].span.start :].startswith("1 since") for d in found)


def test_keys_that_normalise_to_one_contradict_each_other() -> None:
    text = 'entity device\ntable t(device: device): number\n    "D9": 1\n    "Ｄ９": 2\n'
    assert [code for code, _ in errors(text)] == ["E457"]


@pytest.mark.parametrize(
    ("rows_", "code"),
    [
        ('    "a", "b": 1', "E458"),
        ("    1", "E458"),
        ('    "a": "b"', "E352"),
        ("    1: 1", "E352"),
        ('    "a": 1 since 2026-02-01 until 2026-01-01', "E454"),
    ],
)
def test_a_row_in_place_that_does_not_fit_is_reported(rows_: str, code: str) -> None:
    assert [found for found, _ in errors(f"table t(k: text): number\n{rows_}\n")] == [code]


def test_an_empty_key_is_reported() -> None:
    assert [code for code, _ in errors('entity d\ntable t(k: d): number\n    "​ ": 1\n')] == ["E459"]
    assert [code for code, _ in errors('entity d\ntable t(k: d): number from "t.csv"', t="k,value\n ,1\n")] == ["E515"]


@pytest.mark.parametrize(
    ("csv", "code", "words"),
    [
        ("", "E519", "is empty"),
        ("k\na\n", "E510", "'value' is missing"),
        ("k,value,valu\na,1,2\n", "E511", "'valu'"),
        ("k,value,remarks\na,1,x\n", "E511", "'remarks'"),
        ("k,k,value\na,a,1\n", "E512", "'k' is there twice"),
        ("k,value,remark,remark\na,1,x,y\n", "E512", "'remark' is there twice"),
        ("k,value\na,1,2\n", "E513", "t.csv, line 2: the row has 3 cells, the first line 2"),
        ("k,value,since\na,1,01.02.2026\n", "E514", "'01.02.2026' in column 'since' is not a date"),
        ("k,value\na,\n", "E515", "column 'value' is empty"),
        ("k,value,since,until\na,1,2026-02-01,2026-01-01\n", "E516", "line 2"),
        ('k,value\n"a,1\n', "E518", "cannot be read as CSV"),
    ],
)
def test_a_csv_file_that_does_not_fit_is_reported_with_its_place(csv: str, code: str, words: str) -> None:
    (found,) = checked_with('table t(k: text): number from "t.csv"', t=csv).errors
    assert found.code == code
    assert words in found.message


def test_all_wrong_cells_of_a_file_are_reported_at_once() -> None:
    found = messages('table t(k: text): number from "t.csv"', t="k,value\na,x\nb,1\nc,y\n")
    assert [m.split(":")[0] for m in found] == ["t.csv, line 2", "t.csv, line 4"]


def test_a_csv_file_may_begin_with_a_byte_order_mark_and_have_windows_line_ends() -> None:
    assert rows('table t(k: text): number from "t.csv"', t="\ufeffk,value\r\na,1\r\n") == [("a", 1.0, None, None)]


def test_a_file_that_is_not_there_is_reported_where_it_is_named() -> None:
    assert [code for code, _ in errors('table t(): number from "t.csv"')] == ["E506"]


def test_a_value_carries_the_unit_of_its_table() -> None:
    (table,) = meant('table t(): number "yuan"\n    1\n').tables
    assert table.type == model.Type(model.Kind.NUMBER, "yuan")
