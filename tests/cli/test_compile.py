"""`rulelang compile` and `rulelang disasm`: the program as a file, and its listing."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from tests.cli.command import BLOOD, MISSPELT, rulelang, write_rules


def compiled(folder: Path) -> Path:
    target = folder / "first.program"
    done = rulelang("compile", write_rules(folder), "-o", target)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"first.program: {target.stat().st_size} bytes, rule set " in done.stderr
    return target


def test_a_program_file_is_what_the_engine_runs(tmp_path: Path) -> None:
    eng = engine.Engine(compiled(tmp_path).read_bytes())
    found = [finding["rule"] for outcome in eng.evaluate_batch(BLOOD) for finding in outcome.findings]
    assert found == ["blood_contradicts_breath"]


def test_the_same_rules_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert compiled(tmp_path / "a").read_bytes() == compiled(tmp_path / "b").read_bytes()


def test_rules_with_errors_write_no_program(tmp_path: Path) -> None:
    done = rulelang("compile", write_rules(tmp_path, MISSPELT), "-o", tmp_path / "first.program")
    assert (done.returncode, done.stdout) == (1, "")
    assert "E201" in done.stderr
    assert not (tmp_path / "first.program").exists()


def test_with_a_cache_only_what_changed_is_compiled_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    rules, target, cache = write_rules(tmp_path), tmp_path / "second.program", tmp_path / "cache"
    for anew in ("1 of 1 file", "0 of 1 file"):
        done = rulelang("compile", rules, "-o", target, "--cache", cache)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert f"; {anew} compiled anew" in done.stderr
        assert target.read_bytes() == compiled(tmp_path).read_bytes()


def test_with_a_cache_errors_are_shown_as_without(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, MISSPELT)
    with_it, without = (rulelang("compile", rules, "-o", tmp_path / "x", *more) for more in (("--cache", tmp_path / "cache"), ()))
    assert (with_it.returncode, with_it.stdout, with_it.stderr) == (without.returncode, without.stdout, without.stderr)
    assert with_it.returncode == 1


def test_a_cache_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    done = rulelang("compile", write_rules(tmp_path), "-o", tmp_path / "x", "--cache", tmp_path / "cache")
    assert done.returncode == 2
    assert "others may write" in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_program_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = rulelang("compile", write_rules(tmp_path), "-o", tmp_path / "nowhere" / "first.program")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_compile_needs_to_know_where_to(tmp_path: Path) -> None:
    done = rulelang("compile", write_rules(tmp_path))
    assert done.returncode == 2
    assert "-o" in done.stderr


def test_the_listing_names_rules_events_and_instructions(tmp_path: Path) -> None:
    done = rulelang("disasm", compiled(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("timezone Asia/Shanghai", "event breath_test", "rule 0 ", "blood_contradicts_breath", "RETURN"):
        assert word in done.stdout


@pytest.mark.parametrize("change", [lambda b: b[:100], lambda b: b"", lambda b: b"x" + b[1:], lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_a_file_that_is_no_program_is_unreadable(tmp_path: Path, change: object) -> None:
    target = compiled(tmp_path)
    target.write_bytes(change(target.read_bytes()))  # type: ignore[operator]
    done = rulelang("disasm", target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "first.program: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    done = rulelang("disasm", tmp_path / "none.program")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
