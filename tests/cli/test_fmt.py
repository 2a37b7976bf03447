"""The verb `fmt`: files in place, exit codes, and what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.command import ROOT, rulelang

LOOSE = "entity   a\n\n\n\nrule r when x  # why\nlet y=1"
LAID_OUT = "entity a\n\nrule r\n    when x  # why\n\nlet y = 1\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.rules").write_text(text, "utf-8")
    return folder


def test_files_are_laid_out_in_place(tmp_path: Path) -> None:
    write(tmp_path, one=LOOSE, two=LAID_OUT)
    done = rulelang("fmt", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path}/one.rules: laid out anew\n2 files: 1 changed, 1 as they should be\n"
    assert (tmp_path / "one.rules").read_text("utf-8") == (tmp_path / "two.rules").read_text("utf-8") == LAID_OUT


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    file = write(tmp_path, one=LOOSE) / "one.rules"
    rulelang("fmt", file)
    before = file.stat()
    done = rulelang("fmt", file)
    assert (done.returncode, done.stdout) == (0, "1 file: all as they should be\n")
    assert file.stat().st_mtime_ns == before.st_mtime_ns


def test_check_names_the_files_that_would_change_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, one=LOOSE, two=LAID_OUT)
    done = rulelang("fmt", "--check", tmp_path)
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path}/one.rules: would be laid out anew\n2 files: 1 would change, 1 as they should be\n"
    assert (tmp_path / "one.rules").read_text("utf-8") == LOOSE


def test_check_is_content_where_nothing_would_change(tmp_path: Path) -> None:
    done = rulelang("fmt", "--check", write(tmp_path, one=LAID_OUT))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 file: all as they should be\n", "")


def test_a_file_with_errors_is_left_alone_and_the_others_are_laid_out(tmp_path: Path) -> None:
    write(tmp_path, broken="entity   a\nlet x = =\nlet y = 2026-02-30\n", fine=LOOSE)
    done = rulelang("fmt", tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path}/broken.rules:2:9: error E102: '=' cannot stand here" in done.stderr
    assert f"{tmp_path}/broken.rules:3:9: error E109: there is no such day: 2026-02-30" in done.stderr
    assert done.stderr.endswith("broken.rules: left as it is: 2 errors\n")
    assert done.stdout == f"{tmp_path}/fine.rules: laid out anew\n2 files: 1 changed, 1 with errors\n"
    assert (tmp_path / "broken.rules").read_text("utf-8").startswith("entity   a\n")
    assert (tmp_path / "fine.rules").read_text("utf-8") == LAID_OUT


def test_what_names_mean_is_not_looked_at(tmp_path: Path) -> None:
    done = rulelang("fmt", "--check", write(tmp_path, one="rule r\n    when no_such_field > 3\n"))
    assert done.returncode == 0


def test_a_file_that_is_not_utf_8_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "one.rules"
    file.write_bytes("# 甲\nentity   a".encode() + b"\xff\n")
    done = rulelang("fmt", file)
    assert done.returncode == 1
    assert f"{file}:2:11: error E502" in done.stderr
    assert file.read_bytes().endswith(b"\xff\n")


@pytest.mark.parametrize("path", ["nothing.rules", "text.txt", "empty"])
def test_paths_without_rules_cannot_be_used(tmp_path: Path, path: str) -> None:
    (tmp_path / "text.txt").write_text("entity a\n")
    (tmp_path / "empty").mkdir()
    done = rulelang("fmt", tmp_path / path)
    assert done.returncode == 2
    assert path in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_cannot_be_used(tmp_path: Path) -> None:
    file = write(tmp_path, one=LOOSE) / "one.rules"
    file.chmod(0)
    assert rulelang("fmt", file).returncode == 2


def test_no_path_is_wrong_usage() -> None:
    assert rulelang("fmt").returncode == 2


def test_hidden_files_are_passed_over_and_each_file_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    write(tmp_path / ".hidden", one=LOOSE)
    write(tmp_path, two=LOOSE)
    done = rulelang("fmt", tmp_path, tmp_path / "two.rules", tmp_path)
    assert done.stdout.endswith("1 file: 1 changed\n")
    assert (tmp_path / ".hidden" / "one.rules").read_text("utf-8") == LOOSE


def test_a_link_stays_a_link_and_a_mode_stays_as_it_was(tmp_path: Path) -> None:
    file = write(tmp_path, one=LOOSE) / "one.rules"
    file.chmod(0o640)
    (tmp_path / "sub").mkdir()
    link = tmp_path / "sub" / "link.rules"
    link.symlink_to(file)
    assert rulelang("fmt", link).returncode == 0
    assert link.is_symlink()
    assert file.read_text("utf-8") == LAID_OUT
    assert file.stat().st_mode & 0o777 == 0o640


def test_windows_line_ends_and_a_byte_order_mark_are_taken_out(tmp_path: Path) -> None:
    file = tmp_path / "one.rules"
    file.write_bytes(b"\xef\xbb\xbfentity a\r\n\r\nrule r\r\n    when x\r\n")
    assert rulelang("fmt", file).returncode == 0
    assert file.read_bytes() == b"entity a\n\nrule r\n    when x\n"


def test_the_shipped_rules_are_laid_out() -> None:
    done = rulelang("fmt", "--check", ROOT / "rules", ROOT / "docs" / "examples")
    assert (done.returncode, done.stderr) == (0, "")
