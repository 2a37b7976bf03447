"""A program is for one version: others are refused with what to do, and the same rules always give the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rulelang
from engine.disassemble import disassemble
from engine.instructions import SET_HASH
from engine.program import FORMAT, HEAD, VERSION, ProgramError, load
from rulelang.emit import VERSION as WRITTEN
from rulelang.emit.instructions import SET_HASH as WRITTEN_SET
from rulelang.emit.plan import FORMAT as WRITTEN_FORMAT
from tests.program.building import RULE_FILES, apart, changed, golden, sealed, together, unsealed

ROOT = Path(__file__).resolve().parents[2]
REMEDY = "compile the rules again with this version of rulelang"


def refusal(data: bytes) -> str:
    with pytest.raises(ProgramError) as error:
        load(data)
    return str(error.value)


def test_both_packages_mean_the_same_version() -> None:
    assert (WRITTEN, WRITTEN_SET, WRITTEN_FORMAT) == (VERSION, SET_HASH, FORMAT)


def test_what_is_no_program_is_told_apart_from_what_was_cut_off() -> None:
    whole = golden("clauses")
    assert "this is no program" in refusal(b"")
    assert "this is no program" in refusal(b"RULEPRO")
    assert "this is no program" in refusal(b"timezone" + whole[8:])
    for length in (8, 11, HEAD.size, HEAD.size + 31):
        assert "it was cut off; copy it again, or " + REMEDY in refusal(whole[:length])
    for data in (whole[:-1], whole + b"\0", whole[: HEAD.size + 32]):
        assert "it was cut off or added to; " + REMEDY in refusal(data)


@pytest.mark.parametrize("at", [HEAD.size, HEAD.size + 500, -33, -1])
def test_a_damaged_byte_is_noticed(at: int) -> None:
    damaged = bytearray(golden("clauses"))
    damaged[at] ^= 1
    assert "is damaged: its checksum does not fit" in refusal(bytes(damaged))
    assert REMEDY in refusal(bytes(damaged))


def test_a_program_of_another_set_of_instructions_is_refused() -> None:
    data = together(*apart(golden("clauses")), set_hash="00" * 32)
    assert f"made for another set of instructions (000000000000, here {SET_HASH[:12]}); {REMEDY}" in refusal(data)


@pytest.mark.parametrize(("version", "than"), [(0, "an older"), (VERSION + 1, "a newer"), (2**32 - 1, "a newer")])
def test_a_file_of_another_version_is_refused_whatever_follows(version: int, than: str) -> None:
    for data in (together(*apart(golden("clauses")), version=version), b"RULEPROG" + version.to_bytes(4, "little") + b"all is different"):
        assert f"a file of version {version}, made by {than} version of rulelang than this one, which reads {VERSION}; {REMEDY}" in refusal(
            data
        )


@pytest.mark.parametrize(
    ("found", "than"), [(FORMAT + 1, "a newer"), (0, "another"), ("1", "another"), (None, "another"), (1.0, "another"), (True, "another")]
)
def test_a_plan_of_another_format_is_refused_before_it_is_looked_at(found: object, than: str) -> None:
    message = refusal(together({"format": found, "all": "is different"}, []))
    assert f"has the format {found!r}, made by {than} version of rulelang than this one, which reads {FORMAT}; {REMEDY}" in message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"format":1,"hash":NaN}', "NaN is no number of JSON"),
        (b'{"format":1,"hash":-Infinity}', "-Infinity is no number of JSON"),
        (b'{"format":1,"hash":"\xff"}', "can't decode byte 0xff"),
        (b'{"format":1,"hash":"\xed\xa0\x80"}', "can't decode byte 0xed"),
        (b'{"format":1,"hash":"\\ud800"}', "surrogates not allowed"),
        (b"[" * 100_000, "recursion"),
        (b'{"format":1,"hash":' + b"9" * 10_000 + b"}", "integer string conversion"),
    ],
)
def test_a_plan_that_is_no_json_is_refused(text: bytes, why: str) -> None:
    message = refusal(together(text, []))
    assert message.startswith("the program's plan cannot be read: ")
    assert why in message
    assert message.endswith(REMEDY)


def test_characters_beyond_the_first_plane_may_be_written_in_two_halves() -> None:
    data = changed("clauses", lambda plan: plan["rules"][0].update(title="\U0001f600"))
    plan, words = apart(data)
    assert load(together(json.dumps(plan).encode("ascii"), words)).plan["rules"][0]["title"] == "\U0001f600"


def test_what_does_not_fit_is_refused_with_its_place_and_the_remedy() -> None:
    message = refusal(changed("clauses", lambda plan: plan["rules"][3].update(condition=999)))
    assert message.startswith("the program does not fit this engine: rules[3].condition: must be the number of one of the ")
    assert message.endswith(f", and is 999; {REMEDY}")


@pytest.mark.parametrize("name", [path.stem for path in RULE_FILES])
def test_taken_apart_and_put_together_a_program_is_the_same(name: str) -> None:
    """What other tests change is then all that differs."""
    assert together(*apart(golden(name))) == golden(name)
    assert sealed(unsealed(golden(name))) == golden(name)


def test_the_same_rules_give_the_same_bytes_in_any_process_and_folder(tmp_path: Path) -> None:
    here = rulelang.compile(ROOT / "rules")
    elsewhere = tmp_path / "rules of another folder"
    shutil.copytree(ROOT / "rules", elsewhere)
    script = "import sys, rulelang; sys.stdout.buffer.write(rulelang.compile(sys.argv[1]))"
    for seed in ("0", "1", "4711"):
        made = subprocess.run(
            [sys.executable, "-c", script, str(elsewhere)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        assert made.stdout == here


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rules_are_compiled_into_a_file_and_shown_as_a_listing(tmp_path: Path) -> None:
    file = tmp_path / "rules.program"
    compiled = command("compile", str(ROOT / "rules"), "-o", str(file), cwd=tmp_path)
    assert compiled.returncode == 0, compiled.stderr
    shown = command("disasm", str(file), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == disassemble(load(file.read_bytes()))
    assert "rule 0 " in shown.stdout

    file.write_bytes(file.read_bytes()[:-40])
    refused = command("disasm", str(file), cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert f"{file}: the program has " in refused.stderr
    assert REMEDY in refused.stderr
