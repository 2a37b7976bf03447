"""`check --fix` makes the changes that lint rules offer, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import rulelang

RULES = """entity officer
event door
    officer: officer
    grade: text
    place: text

rule opened_by_others  # lint: allow L006 because it was here once
    when grade != "keeper"
    about door.officer

rule opened_somewhere
    when place in ("R1", "R2", "R1") and place not in ("R3")  # both
    about door.officer
"""
FIXED = """entity officer
event door
    officer: officer
    grade: text
    place: text

rule opened_by_others
    when (grade is missing or grade != "keeper")
    about door.officer

rule opened_somewhere
    when place in ("R1", "R2") and place not in ("R3")  # both
    about door.officer
"""


def test_what_can_be_mended_is_mended_and_the_rest_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "doors.rules"
    file.write_text(RULES, "utf-8")
    before = rulelang("check", file, "--strict")
    assert (before.returncode, before.stdout.count("L005"), before.stdout.count("L017")) == (1, 1, 1)
    assert file.read_text("utf-8") == RULES
    done = rulelang("check", file, "--fix")
    assert f"{file}: 3 places changed: read what the rules say now" in done.stderr
    assert file.read_text("utf-8") == FIXED
    assert "L005" not in done.stdout
    assert "L013" in done.stdout


def test_where_nothing_can_be_mended_the_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "doors.rules"
    file.write_text(FIXED, "utf-8")
    written = file.stat().st_mtime_ns
    assert "changed" not in rulelang("check", file, "--fix").stderr
    assert file.stat().st_mtime_ns == written


def test_a_byte_order_mark_and_the_ends_of_lines_stay(tmp_path: Path) -> None:
    file = tmp_path / "doors.rules"
    file.write_bytes(b"\xef\xbb\xbf" + RULES.replace("\n", "\r\n").encode())
    rulelang("check", file, "--fix")
    assert file.read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()


def test_a_file_with_errors_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "doors.rules"
    file.write_text(RULES + "rule broken\n    when nothing_here > 3\n", "utf-8")
    assert rulelang("check", file, "--fix").returncode == 1
    assert file.read_text("utf-8").startswith(RULES)
