"""`rulelang replay` as a user runs it."""

from __future__ import annotations

import gzip
import json
import os
import pty
import random
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from tests.cli.command import BLOOD, ROOT, as_lines, objects, rulelang, write_events, write_rules
from tests.cli.test_check import on_a_terminal, read_all

PENALTIES = [
    {"id": f"p{n}", "type": "penalty", "time": f"2026-03-0{n}T10:00:00+08:00", "case": f"K{n}", "officer": "P20", "amount": 900}
    for n in (1, 2, 3)
]
EVENTS = [*BLOOD, *PENALTIES]


def replayed(folder: Path, *options: object, events: list[dict[str, object]] | None = None) -> subprocess.CompletedProcess[str]:
    given = write_events(folder / "events.jsonl", EVENTS if events is None else events)
    return rulelang("replay", write_rules(folder), "--events", given, *options)


def names(text: str) -> list[str]:
    return [item["rule"] or item["ladder"] for item in objects(text)]


# ------------------------------------------------------------------ what is written


def test_findings_are_json_lines_in_a_pipe_and_what_became_of_the_events_stands_on_standard_error(tmp_path: Path) -> None:
    done = replayed(tmp_path)
    assert done.returncode == 0
    assert [(item["rule"] or item["ladder"], item["key"]) for item in objects(done.stdout)] == [
        ("penalty_without_video", "K1"),
        ("conduct", "P20"),
        ("blood_contradicts_breath", "C1"),
        ("blood_contradicts_breath", "P17"),
        ("conduct", "P17"),
        ("many_penalties", "P20"),
        ("penalty_without_video", "K2"),
        ("conduct", "P20"),
    ]
    assert done.stderr.splitlines()[0] == "5 events: 5 accepted"


def test_a_finding_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    finding, warning, ladder = objects(replayed(tmp_path, events=BLOOD).stdout)
    assert {k: v for k, v in finding.items() if k != "id"} == {
        "kind": "finding",
        "status": "issued",
        "rule": "blood_contradicts_breath",
        "entity": "case",
        "key": "C1",
        "time": "2026-03-02T04:10:00Z",
        "about": {"officer": "P17"},
        "points": 6,
        "level": "orange",
        "events": [["", "e1"], ["lab", "e2"]],
        "message": "案件 C1：呼气 196，血检 62",
    }
    assert (warning["kind"], warning["rule"], warning["ladder"], warning["level"]) == (
        "warning",
        "blood_contradicts_breath",
        None,
        "orange",
    )
    assert (ladder["kind"], ladder["rule"], ladder["ladder"], ladder["level"]) == ("warning", None, "conduct", "yellow")
    assert {finding["id"]} == {warning["finding"], ladder["finding"]}


def test_a_terminal_gets_a_table_and_an_option_decides_otherwise(tmp_path: Path) -> None:
    given, rules = write_events(tmp_path / "events.jsonl", EVENTS), write_rules(tmp_path)
    assert b"rule or ladder" in on_a_terminal("replay", rules, "--events", given)
    assert objects(on_a_terminal("replay", rules, "--events", given, "--format", "jsonl").decode())
    assert "rule or ladder" in rulelang("replay", rules, "--events", given, "--format", "table").stdout


def test_levels_are_coloured_on_a_terminal_only(tmp_path: Path) -> None:
    given, rules = write_events(tmp_path / "events.jsonl", EVENTS), write_rules(tmp_path)
    assert b"\x1b[33m" in on_a_terminal("replay", rules, "--events", given)
    assert b"\x1b[" not in on_a_terminal("replay", rules, "--events", given, NO_COLOR="1")
    assert "\x1b" not in rulelang("replay", rules, "--events", given, "--format", "table").stdout


def test_the_output_goes_to_a_file_that_was_not_there_or_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "found.jsonl"
    target.write_text("something longer than what comes" * 1000)
    done = replayed(tmp_path, "--output", target)
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text("utf-8") == replayed(tmp_path).stdout


@pytest.mark.parametrize("target", ["nowhere/found.jsonl", "."])
def test_an_output_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path, target: str) -> None:
    done = rulelang("replay", write_rules(tmp_path), "--events", "no-such-file.jsonl", "--output", tmp_path / target)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


# ------------------------------------------------------------------ the clock


def test_deadlines_after_the_last_event_wait_for_until(tmp_path: Path) -> None:
    assert names(replayed(tmp_path).stdout).count("penalty_without_video") == 2
    assert names(replayed(tmp_path, "--until", "2026-03-04T09:59").stdout).count("penalty_without_video") == 2
    assert names(replayed(tmp_path, "--until", "2026-03-04T10:00").stdout).count("penalty_without_video") == 3
    assert names(replayed(tmp_path, "--until", "2026-03-04T02:00:00Z").stdout).count("penalty_without_video") == 3
    assert names(replayed(tmp_path, "--until", "2026-03-04").stdout).count("penalty_without_video") == 3


def test_events_after_until_are_left_out_and_counted(tmp_path: Path) -> None:
    done = replayed(tmp_path, "--until", "2026-03-02T10:00")
    assert done.stderr.splitlines()[0] == "5 events: 3 accepted, 2 after --until left out"
    assert "blood_contradicts_breath" not in names(done.stdout)


@pytest.mark.parametrize("until", ["yesterday", "2026-02-30", "2026-03-04T25:00", ""])
def test_a_moment_that_is_none_is_wrong_usage(tmp_path: Path, until: str) -> None:
    done = replayed(tmp_path, "--until", until)
    assert done.returncode == 2
    assert "--until" in done.stderr


def test_a_store_whose_clock_is_further_says_so(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path}/state.db"
    replayed(tmp_path, "--store", store)
    done = replayed(tmp_path, "--store", store, "--until", "2026-03-01")
    assert "the store's clock was beyond --until already: 2026-03-03T02:00:00Z" in done.stderr


# ------------------------------------------------------------------ events that are not taken


def test_a_bad_event_is_refused_by_itself_and_named(tmp_path: Path) -> None:
    bad = [
        {"id": "b1", "type": "breath_tst", "time": "2026-03-01T10:00"},
        {"id": "b2", "type": "penalty", "time": "2026-03-01T10:00", "amount": "much"},
        {"type": "penalty", "time": "2026-03-01T10:00"},
        {"id": "b4", "type": "penalty", "time": "1 March"},
        {"id": "b5", "source": "rulelang", "type": "penalty", "time": "2026-03-01T10:00"},
    ]
    done = replayed(tmp_path, events=[*bad, *BLOOD])
    assert done.returncode == 0
    assert len(objects(done.stdout)) == 3
    first, *rest = done.stderr.splitlines()
    refused = [line for line in rest if line.startswith("  refused: ")]
    assert first == "7 events: 2 accepted, 5 refused"
    for line, (number, field) in zip(refused, enumerate(("type", "amount", "id", "time", "source"), start=1), strict=True):
        assert f"events.jsonl:{number}: {field}: " in line


def test_only_some_refused_events_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    done = replayed(tmp_path, events=[{"id": f"b{n}", "type": "nothing", "time": "2026-03-01T10:00"} for n in range(13)])
    assert done.stderr.splitlines()[0] == "13 events: 0 accepted, 13 refused"
    assert done.stderr.splitlines()[-1] == "  refused: and 3 more"


def test_a_conflicting_content_is_said_and_the_first_line_stands(tmp_path: Path) -> None:
    done = replayed(tmp_path, events=[*BLOOD, BLOOD[0] | {"alcohol_field": 20}])
    assert len(objects(done.stdout)) == 3
    assert "1 in conflict with another of the same name" in done.stderr
    assert "events.jsonl:3: an event with the id 'e1'" in done.stderr


def test_undeclared_fields_are_ignored_and_counted(tmp_path: Path) -> None:
    assert "1 undeclared field ignored" in replayed(tmp_path, events=[BLOOD[0] | {"weather": "rain"}, BLOOD[1]]).stderr


# ------------------------------------------------------------------ files of events


def test_several_files_are_one_history_however_they_are_named(tmp_path: Path) -> None:
    rules = write_rules(tmp_path)
    first, second = write_events(tmp_path / "a.jsonl", EVENTS[:2]), write_events(tmp_path / "b.jsonl", EVENTS[2:])
    whole = replayed(tmp_path).stdout
    assert rulelang("replay", rules, "--events", second, first).stdout == whole
    assert rulelang("replay", rules, "--events", second, "--events", first).stdout == whole


def test_rules_named_after_the_events_are_asked_for_before_them(tmp_path: Path) -> None:
    done = rulelang("replay", "--events", write_events(tmp_path / "events.jsonl", EVENTS), write_rules(tmp_path))
    assert done.returncode == 2
    assert "the following arguments are required: PATH; name them before --events" in done.stderr


def test_standard_input_is_a_file_too(tmp_path: Path) -> None:
    done = rulelang("replay", write_rules(tmp_path), "--events", "-", given=as_lines(EVENTS))
    assert done.stdout == replayed(tmp_path).stdout


def test_standard_input_can_be_csv(tmp_path: Path) -> None:
    table = "id,type,time,case,officer,amount\n" + "".join(f"{e['id']},penalty,{e['time']},{e['case']},P20,900\n" for e in PENALTIES)
    done = rulelang("replay", write_rules(tmp_path), "--events", "-", "--input-format", "csv", given=table)
    assert done.stdout == replayed(tmp_path, events=PENALTIES).stdout


def test_a_packed_file_says_the_same(tmp_path: Path) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(gzip.compress(as_lines(EVENTS).encode()))
    assert rulelang("replay", write_rules(tmp_path), "--events", packed).stdout == replayed(tmp_path).stdout


@pytest.mark.parametrize("data", [gzip.compress(b'{"id": "1"}\n' * 100)[:40], b'{"id": "1"}\n'], ids=["cut off", "not packed"])
def test_a_packed_file_that_cannot_be_unpacked_is_unreadable(tmp_path: Path, data: bytes) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(data)
    done = rulelang("replay", write_rules(tmp_path), "--events", packed)
    assert done.returncode == 2
    assert "cannot be unpacked" in done.stderr


def test_a_parquet_file_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(PENALTIES), path)
    assert rulelang("replay", write_rules(tmp_path), "--events", path).stdout == replayed(tmp_path, events=PENALTIES).stdout


def test_without_pyarrow_a_parquet_file_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(PENALTIES), path)
    script = f"import sys; sys.modules['pyarrow'] = None; from services.cli.main import main; sys.exit(main(['replay', {str(write_rules(tmp_path))!r}, '--events', {str(path)!r}]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=ROOT, timeout=60)
    assert done.returncode == 2
    assert "pip install 'rulelang[parquet]'" in done.stderr


def test_a_mapping_makes_events_of_columns(tmp_path: Path) -> None:
    table = tmp_path / "fines.csv"
    table.write_text("No;When;By;Yuan\n1;01.03.2026 10:00;P20;900\n2;02.03.2026 10:00;P20;1.200\n3;03.03.2026 10:00;P20;1300\n", "utf-8")
    mapping = tmp_path / "fines.toml"
    mapping.write_text(
        '[csv]\ndelimiter = ";"\n[fields]\nid = "No"\nofficer = "By"\namount = "Yuan"\ntype = { constant = "penalty" }\n'
        'time = { column = "When", format = "%d.%m.%Y %H:%M" }\n',
        "utf-8",
    )
    done = rulelang("replay", write_rules(tmp_path), "--events", table, "--map", mapping)
    assert [(f["rule"], f["key"]) for f in objects(done.stdout) if f["kind"] == "finding"] == [
        ("large_penalty", "P20"),
        ("many_penalties", "P20"),
    ]


def test_a_mapping_of_a_column_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("number,time\n1,2026-03-01T10:00\n")
    (tmp_path / "x.toml").write_text('[fields]\nid = "numbr"\ntype = { constant = "penalty" }\ntime = "time"\n')
    done = rulelang("replay", write_rules(tmp_path), "--events", tmp_path / "x.csv", "--map", tmp_path / "x.toml")
    assert done.returncode == 2
    assert "did you mean 'number'" in done.stderr


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("events.txt", b"", "what is in it?"),
        ("events.csv", b"", "is empty"),
        ("events.csv", b"id,id\n", "is there twice"),
        ("events.jsonl", b"{]\n", "events.jsonl:1: is not JSON"),
        ("events.jsonl", b"[1]\n", "is not a JSON object"),
        ("events.parquet", b"PAR1", "is not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_exit_code_2(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    done = rulelang("replay", write_rules(tmp_path), "--events", tmp_path / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_and_a_file_that_is_not_there_are_said_so(tmp_path: Path) -> None:
    rules = write_rules(tmp_path)
    assert "is a folder" in rulelang("replay", rules, "--events", tmp_path).stderr
    assert "there is no such file" in rulelang("replay", rules, "--events", tmp_path / "no.jsonl").stderr


def test_an_empty_file_of_events_finds_nothing(tmp_path: Path) -> None:
    done = replayed(tmp_path, events=[])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 events: 0 accepted\n")


# ------------------------------------------------------------------ stores, order of arrival, what could not be decided


@pytest.mark.parametrize("store", ["redish:", "sqlite:", "sqlite:/nowhere/at/all.db"])
def test_a_store_that_cannot_be_opened_is_wrong_usage(tmp_path: Path, store: str) -> None:
    done = replayed(tmp_path, "--store", store)
    assert done.returncode == 2
    assert done.stderr.startswith("rulelang: ")


def test_as_arrived_also_writes_what_was_taken_back(tmp_path: Path) -> None:
    late = {"id": "v1", "type": "video", "time": "2026-03-01T12:00:00+08:00", "case": "K1"}
    done = replayed(tmp_path, "--as-arrived", events=[*PENALTIES, late])
    withdrawn = [item for item in objects(done.stdout) if item["status"] == "withdrawn"]
    assert ("penalty_without_video", "K1") in [(item["rule"], item["key"]) for item in withdrawn]
    assert all("v1" in item["reason"] for item in withdrawn)
    standing = [line for line in done.stdout.splitlines() if '"status": "issued"' in line]
    assert standing == replayed(tmp_path, events=[*PENALTIES, late]).stdout.splitlines()


def test_what_could_not_be_decided_is_counted_and_shown_on_request(tmp_path: Path) -> None:
    events = [*BLOOD[:1], {"id": "u1", "type": "blood_test", "time": "2026-03-02T10:00:00+08:00", "case": "C1"}]
    assert "1 rule could not decide, 1 time; --undecided says where" in replayed(tmp_path, events=events).stderr
    assert (
        "undecided: blood_contradicts_breath: 1 times; missing: blood_result (1)" in replayed(tmp_path, "--undecided", events=events).stderr
    )


def test_the_draw_of_a_spot_check_follows_the_secret(tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path,
        "entity case\nevent e\n    case: case\n    x: number\nrule drawn\n    when x > 0\n    about case\n    sample 50% by case\n",
    )
    events = [{"id": f"e{n}", "type": "e", "time": "2026-03-01T10:00:00Z", "case": f"C{n}", "x": 1} for n in range(40)]
    given = write_events(tmp_path / "events.jsonl", events)
    drawn = []
    for number, secret in enumerate(("a secret of sixteen bytes", "a secret of sixteen bytes\n", "another secret of them")):
        file = tmp_path / f"secret{number}"
        file.write_text(secret)
        drawn.append([f["key"] for f in objects(rulelang("replay", rules, "--events", given, "--secret-file", file).stdout)])
    assert drawn[0] == drawn[1] != drawn[2]
    assert 5 < len(drawn[0]) < 35


def test_the_order_of_the_lines_changes_nothing(tmp_path: Path) -> None:
    whole = replayed(tmp_path).stdout
    for seed in range(3):
        shuffled = random.Random(seed).sample(EVENTS, len(EVENTS))
        assert replayed(tmp_path, events=shuffled).stdout == whole, f"seed {seed}: {json.dumps([e['id'] for e in shuffled])}"


def test_progress_is_cleared_before_the_result_is_written(tmp_path: Path) -> None:
    """Both streams are one terminal; neither is unbuffered by a setting of Python."""
    events = [
        {"id": f"p{n}", "type": "penalty", "time": f"2026-03-01T10:00:{n % 60:02}+08:00", "case": "K", "officer": "P", "amount": 1}
        for n in range(3000)
    ]
    given, rules = write_events(tmp_path / "events.jsonl", [*events, *BLOOD]), write_rules(tmp_path)
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PYTHONUNBUFFERED")} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "services.cli.main", "replay", str(rules), "--events", str(given), "--batch", "10"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment)
    os.close(theirs)
    written = read_all(ours)
    assert process.wait(timeout=60) == 0
    assert b"events read" in written
    for line in written.split(b"\r\n"):
        shown = line.split(b"\r\x1b[K")[-1]
        assert b"events read" not in shown
        assert b"events evaluated" not in shown
    assert b"rule or ladder" in written
