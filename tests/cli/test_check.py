"""`rulelang check`, and what all verbs have in common: exit codes, colours, pipes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import MISSPELT, ROOT, RULES, TESTS, rulelang, write_rules

QUESTIONABLE = RULES + TESTS + "\nlet unused = 3\n"


def test_rules_without_errors_check_well(tmp_path: Path) -> None:
    done = rulelang("check", write_rules(tmp_path))
    assert done.returncode == 0
    assert "1 file (4 rules, 1 ladder, 1 test)" in done.stdout


def test_an_error_is_shown_with_its_place_and_what_would_be_right(tmp_path: Path) -> None:
    done = rulelang("check", write_rules(tmp_path, MISSPELT))
    assert done.returncode == 1
    assert "first.rules:2:13: error E201: unknown field 'alcohol_feild' - did you mean 'alcohol_field'?" in done.stdout
    assert "            ^^^^^^^^^^^^^" in done.stdout


def test_a_warning_fails_the_check_only_where_it_is_strict(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, QUESTIONABLE)
    assert rulelang("check", rules).returncode == 0
    strict = rulelang("check", "--strict", rules)
    assert strict.returncode == 1
    assert "L003" in strict.stdout


def test_every_format_says_the_same(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, MISSPELT)
    found = json.loads(rulelang("check", rules, "--format", "json").stdout)["diagnostics"]
    assert "E201" in [d["code"] for d in found]
    assert next((d["line"], d["column"]) for d in found if d["code"] == "E201") == (2, 13)
    sarif = json.loads(rulelang("check", rules, "--format", "sarif").stdout)
    assert [r["ruleId"] for r in sarif["runs"][0]["results"]] == [d["code"] for d in found]
    assert rulelang("check", rules, "--format", "github").stdout.count("::error ") == sum(d["severity"] == "error" for d in found)
    suite = ElementTree.fromstring(rulelang("check", rules, "--format", "junit").stdout)
    assert suite.find("testsuite").attrib["failures"] == "1"  # type: ignore[union-attr]


def test_sarif_has_what_code_scanning_asks_for(tmp_path: Path) -> None:
    """The properties that GitHub's documentation of SARIF calls required, for errors and for lint."""
    for text in (MISSPELT, QUESTIONABLE):
        document = json.loads(rulelang("check", write_rules(tmp_path, text), "--format", "sarif").stdout)
        assert document["$schema"].endswith("sarif-2.1.0.json")
        assert document["version"] == "2.1.0"
        (run,) = document["runs"]
        driver = run["tool"]["driver"]
        assert driver["name"] == "rulelang"
        for rule in driver["rules"]:
            assert rule["id"]
            for part in ("shortDescription", "fullDescription", "help"):
                assert rule[part]["text"]
                assert "{" not in rule["shortDescription"]["text"]
        assert run["results"]
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in ("error", "warning", "note")
            assert result["message"]["text"]
            (location,) = result["locations"]
            region = location["physicalLocation"]["region"]
            assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("first.rules")
            assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"])


def test_effective_says_what_the_defaults_come_to(tmp_path: Path) -> None:
    done = rulelang("check", "--effective", write_rules(tmp_path))
    assert "reported again: 400d after the finding before" in done.stdout
    assert "counts for: conduct" in done.stdout


@pytest.mark.parametrize("path", ["nowhere", "nowhere.rules", "pyproject.toml"])
def test_a_path_that_is_no_rule_file_is_wrong_usage(path: str) -> None:
    done = rulelang("check", path)
    assert done.returncode == 2
    assert path in done.stderr
    assert done.stdout == ""


def test_a_folder_without_rule_files_is_wrong_usage(tmp_path: Path) -> None:
    assert rulelang("check", tmp_path).returncode == 2


@pytest.mark.parametrize(
    "words", [[], ["chek", "rules"], ["check"], ["check", "--nonsense", "rules"], ["check", "--format", "xml", "rules"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    done = rulelang(*words)
    assert done.returncode == 2
    assert "usage: rulelang" in done.stderr


def test_help_lists_every_verb() -> None:
    done = rulelang("--help")
    assert done.returncode == 0
    for verb in ("check", "fmt", "test", "replay", "explain", "serve", "compile", "disasm", "demo"):
        assert f"\n    {verb} " in done.stdout


def test_a_file_that_is_not_utf_8_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.rules"
    path.write_bytes("entity case # 案件".encode("gb18030"))
    done = rulelang("check", path)
    assert done.returncode == 1
    assert "E502" in done.stdout


def test_several_paths_are_one_rule_set(tmp_path: Path) -> None:
    first, second = tmp_path / "a.rules", tmp_path / "b.rules"
    first.write_text("entity case\nevent a\n    case: case\n    x: number\n", "utf-8")
    second.write_text('rule r when x > 1\ntest "t"\n    a at 2026-01-01 case=C1 x=2\n    expect r\n', "utf-8")
    assert rulelang("check", first, second).returncode == 0
    assert rulelang("check", second).returncode == 1


# ------------------------------------------------------------------ terminals and pipes


def on_a_terminal(*words: object, **environment: str) -> bytes:
    """What a command writes when standard output is a terminal."""
    ours, theirs = pty.openpty()
    usual = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", *map(str, words)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=usual | {"TERM": "xterm"} | environment,
    )
    os.close(theirs)
    written = read_all(ours)
    process.wait(timeout=60)
    return written


def read_all(terminal: int) -> bytes:
    """What is written to a terminal until nobody has it open any more; then it is closed."""
    written = b""
    try:
        while piece := os.read(terminal, 65536):
            written += piece
    except OSError:  # how a terminal says that nobody writes to it
        pass
    finally:
        os.close(terminal)
    return written


def test_colours_are_for_terminals_only(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, MISSPELT)
    assert b"\x1b[31m" in on_a_terminal("check", rules)
    assert "\x1b" not in rulelang("check", rules).stdout


def test_no_color_and_a_dumb_terminal_are_honoured(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, MISSPELT)
    assert b"\x1b[" not in on_a_terminal("check", rules, NO_COLOR="1")
    assert b"\x1b[" not in on_a_terminal("check", rules, TERM="dumb")


def test_a_reader_that_goes_away_is_no_error_and_changes_no_exit_code(tmp_path: Path) -> None:
    many = "\n".join(f"rule r{n} when nothing_{n} > 1" for n in range(3000))
    rules = write_rules(tmp_path, f"entity case event a case: case\n{many}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "check", str(rules)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


def test_chinese_is_written_whatever_the_locale(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, "实体 案件\n事件 检测\n    案件: 案件\n    酒精: 数值\n规则 超标 当 酒精含量 > 80\n")
    done = rulelang("check", rules, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", PYTHONIOENCODING="")
    assert "'酒精含量'" in done.stdout


# ------------------------------------------------------------------ a verb is one file


def run_with_verb(folder: Path, source: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "wave.py").write_text(source, "utf-8")
    script = f"import sys, services.cli.verbs as v, services.cli.main as m; v.__path__.append({str(folder)!r}); sys.exit(m.main({list(words)!r}))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", timeout=60, cwd=ROOT)


WAVE = (
    '"""Wave."""\nSUMMARY = "wave a hand"\ndef add_arguments(parser):\n    parser.add_argument("name")\ndef run(arguments, terminal):\n    '
)


def test_a_file_in_the_folder_of_verbs_is_a_verb(tmp_path: Path) -> None:
    done = run_with_verb(tmp_path, WAVE + 'terminal.write(f"hello {arguments.name}\\n")\n    return 0\n', "wave", "世界")
    assert (done.returncode, done.stdout) == (0, "hello 世界\n")


def test_a_fault_of_the_program_is_exit_code_3_and_says_so(tmp_path: Path) -> None:
    done = run_with_verb(tmp_path, WAVE + "return 1 // 0\n", "wave", "x")
    assert done.returncode == 3
    assert "ZeroDivisionError" in done.stderr
    assert "fault of the program" in done.stderr


def test_an_interrupt_is_quiet(tmp_path: Path) -> None:
    done = run_with_verb(tmp_path, WAVE + "raise KeyboardInterrupt\n", "wave", "x")
    assert (done.returncode, done.stderr) == (130, "")
