"""Rule sets on disk: which files belong to one, what they are called, and the hash that names them all."""

from __future__ import annotations

import gc
import shutil
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import rulelang
from rulelang import api, reading
from rulelang.collector import at_rest

SCHEMA = b'entity device\ntable exempt(device: device): text from "exempt.csv"\n'
EVENTS = b"event reading\n    device: device\n"
EXEMPT = b"device,value\nD9,test\n"


def write(folder: Path, **files: bytes) -> Path:
    """Files by name; two underscores stand for a folder, a last one for the dot."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def rule_set(folder: Path) -> Path:
    return write(folder, schema__x_rules=SCHEMA, schema__exempt_csv=EXEMPT, events_rules=EVENTS)


def codes(checked: rulelang.Checked) -> list[str]:
    return [d.code for d in checked.diagnostics]


def test_a_folder_is_one_rule_set_with_the_folders_below_it(tmp_path: Path) -> None:
    checked = rulelang.check(rule_set(tmp_path))
    assert not checked.diagnostics
    assert sorted(checked.sources) == ["events.rules", "schema/x.rules"]
    assert checked.ruleset is not None
    assert [e.name for e in checked.ruleset.events if not e.derived] == ["reading"]


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write(rule_set(tmp_path), _git__x_rules=b"nonsense", notes_txt=b"nonsense")
    assert not rulelang.check(tmp_path).diagnostics


def test_the_hash_does_not_depend_on_where_the_folder_is_or_how_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = rule_set(tmp_path / "one")
    two = tmp_path / "elsewhere" / "two"
    shutil.copytree(one, two)
    monkeypatch.chdir(one)
    hashes = {rulelang.load(p).hash for p in (one, two, str(two), ".", [one], [one / "events.rules", one / "schema"])}
    assert len(hashes) == 1


def test_the_hash_does_not_depend_on_the_order_in_which_files_are_given(tmp_path: Path) -> None:
    rule_set(tmp_path)
    files = [tmp_path / "events.rules", tmp_path / "schema" / "x.rules"]
    assert rulelang.load(files).hash == rulelang.load(files[::-1]).hash == rulelang.load([tmp_path, *files]).hash


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "events.rules").write_bytes(EVENTS + b"\n"),
        lambda folder: (folder / "schema" / "exempt.csv").write_bytes(EXEMPT + b"D8,test\n"),
        lambda folder: (folder / "events.rules").rename(folder / "other.rules"),
        lambda folder: (folder / "more.rules").write_bytes(b""),
    ],
    ids=["a byte", "a row of a table", "a name", "an empty file"],
)
def test_the_hash_changes_with(change: object, tmp_path: Path) -> None:
    before = rulelang.load(rule_set(tmp_path)).hash
    change(tmp_path)  # type: ignore[operator]
    assert rulelang.load(tmp_path).hash != before


def test_the_hash_changes_with_the_version_of_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rulelang.load(rule_set(tmp_path)).hash
    monkeypatch.setattr(reading, "LANGUAGE_VERSION", "2")
    assert rulelang.load(tmp_path).hash != before


def test_what_stands_in_two_files_cannot_be_moved_between_them_unseen() -> None:
    one = rulelang.check_files({"a.rules": b"entity a\n", "b.rules": b"entity b\n"})
    two = rulelang.check_files({"a.rules": b"entity a\nentity b\n", "b.rules": b""})
    assert one.ruleset is not None
    assert two.ruleset is not None
    assert one.ruleset.hash != two.ruleset.hash


def test_names_are_in_unicode_form_nfc(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "é.rules")
    (tmp_path / name).write_bytes(b"entity a\n")
    assert list(rulelang.check(tmp_path).sources) == ["é.rules"]


def test_a_byte_order_mark_is_passed_over() -> None:
    checked = rulelang.check_files({"x.rules": b"\xef\xbb\xbfentity a b\n"})
    assert checked.sources["x.rules"] == "entity a b\n"
    assert checked.errors[0].span.start > 0


def test_a_file_that_is_not_utf_8_is_reported_at_its_place_and_the_others_are_checked() -> None:
    checked = rulelang.check_files({"a.rules": "entity 交警\n".encode("gbk"), "b.rules": b"entity b in c\n"})
    assert codes(checked) == ["E502", "E251"]
    assert (checked.diagnostics[0].span.start, checked.diagnostics[0].span.end) == (7, 8)
    assert checked.sources["a.rules"].startswith("entity \ufffd")


def test_a_table_that_is_not_utf_8_is_reported_where_it_is_named(tmp_path: Path) -> None:
    write(rule_set(tmp_path), schema__exempt_csv="device,value\nD9,测试\n".encode("gbk"))
    (found,) = rulelang.check(tmp_path).diagnostics
    assert (found.code, found.span.file) == ("E502", "schema/x.rules")


def test_paths_that_mean_nothing_are_reported(tmp_path: Path) -> None:
    write(tmp_path, x_txt=b"", empty__y_txt=b"")
    found = rulelang.check([tmp_path / "nowhere", tmp_path / "x.txt", tmp_path / "empty"])
    assert sorted(codes(found)) == ["E500", "E501", "E508"]
    assert found.ruleset is None


def test_no_path_is_an_empty_rule_set_of_no_files() -> None:
    assert rulelang.check([]).sources == {}


def test_a_file_has_a_size_up_to_which_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FILE_BYTES_MAX", 20)
    write(tmp_path, a_rules=b"#" * 19 + b"\n")
    assert not rulelang.check(tmp_path).diagnostics
    write(tmp_path, a_rules=b"#" * 20 + b"\n")
    assert codes(rulelang.check(tmp_path)) == ["E503"]


def test_a_rule_set_has_a_size_up_to_which_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SET_BYTES_MAX", 20)
    assert not rulelang.check_files({"a.rules": b"#" * 10, "b.rules": b"#" * 10}).diagnostics
    assert codes(rulelang.check_files({"a.rules": b"#" * 10, "b.rules": b"#" * 11})) == ["E504"]


@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "a/../../x.csv", "a\\x.csv"])
def test_tables_lie_inside_the_folder_of_the_rule_set(name: str, tmp_path: Path) -> None:
    write(tmp_path, inside__x_rules=f'table t(): text from "{name}"\n'.replace("\\", "\\\\").encode(), x_csv=b"value\na\n")
    assert codes(rulelang.check(tmp_path / "inside")) == ["E507"]


def test_a_table_may_lie_in_another_folder_of_the_rule_set(tmp_path: Path) -> None:
    write(tmp_path, inside__x_rules=b'table t(): text from "../tables/x.csv"\n', tables__x_csv=b"value\na\n", y_rules=b"")
    assert not rulelang.check(tmp_path).diagnostics


def test_a_file_that_cannot_be_read_is_reported() -> None:
    def fail(name: str) -> bytes | None:
        raise PermissionError(13, "Permission denied")

    checked = api._check(["a.rules"], reading.Reading(fail, []))
    assert [d.message for d in checked.diagnostics] == ["'a.rules' cannot be read: Permission denied"]


def test_load_and_compile_raise_all_errors_of_all_files_with_their_texts() -> None:
    text = "entity a in b\nevent e\n    f: nothing\n"
    for function in (rulelang.load_text, rulelang.compile_text):
        with pytest.raises(rulelang.RuleErrors) as raised:
            function(text, "x.rules")
        assert [d.code for d in raised.value.diagnostics] == ["E251", "E253"]
        assert raised.value.sources == {"x.rules": text}


def test_the_folder_is_given_as_it_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule_set(tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    assert rulelang.check("rules").folder == "rules"
    assert rulelang.check(tmp_path / "rules" / "events.rules").folder == "rules"
    monkeypatch.chdir(tmp_path / "rules" / "schema")
    assert rulelang.check("..").folder == (tmp_path / "rules").as_posix()


def test_the_collector_rests_while_rules_are_read_and_then_goes_on_as_before() -> None:
    assert gc.isenabled()
    seen = []
    with at_rest(), at_rest():
        seen.append(gc.isenabled())
    rulelang.check_text("rule r when =")
    assert gc.isenabled()
    gc.disable()
    try:
        rulelang.check_text("entity a")
        seen.append(gc.isenabled())
    finally:
        gc.enable()
    assert seen == [False, False]


def test_threads_may_read_rules_at_once() -> None:
    texts = [f"let a{n} = {n}\nlet b = =\n" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(rulelang.check_text, texts * 5))
    assert all([d.code for d in checked.errors] == ["E102"] for checked in found)
    assert [checked.files[0].declarations[0].name for checked in found] == [f"a{n}" for n in range(20)] * 5  # type: ignore[union-attr]
    assert gc.isenabled()
