"""The command as a user runs it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

RULES = """
timezone "Asia/Shanghai"

entity case
entity officer
entity licence

event breath_test "Roadside breath test"
    case: case
    officer: officer
    alcohol_field: number "mg/100ml"

event blood_test "Laboratory result"
    case: case
    blood_result: number "mg/100ml"

event penalty "A penalty is imposed"
    case: case
    officer: officer
    amount: number "yuan"

event video "The video of a case is stored"
    case: case

rule blood_contradicts_breath
    title "血检与呼气检测矛盾"
    category enforcement.alcohol
    when alcohol_field > 80 and blood_result < 80 within case
    about breath_test.officer
    points 6
    level orange
    message "案件 {case}：呼气 {alcohol_field}，血检 {blood_result}"

rule large_penalty
    when amount > 1000
    about penalty.officer

rule penalty_without_video
    when penalty not followed by video within case over 24h
    about penalty.officer
    points 3

rule many_penalties
    when sum(penalty.amount) > 2000 within officer over 30d
    points 1

ladder conduct within officer over 365d
    blue at 3      action "Written reminder"
    yellow at 6    action "Talk with the unit head"
"""

TESTS = """
test "a blood result far below the breath test is found"
    breath_test at 2026-03-01T22:10 case=C1 officer=P17 alcohol_field=196
    blood_test at +14h case=C1 blood_result=62
    expect blood_contradicts_breath about officer P17 level orange
    expect officer P17 at yellow
    expect no other finding
"""

MISSPELT = 'entity case event a case: case alcohol_field: number\nrule r when alcohol_feild > 80 level red test "t" a at 2026-01-01 case=C1 expect r'

BLOOD = [
    {"id": "e1", "type": "breath_test", "time": "2026-03-01T22:10:00+08:00", "case": "C1", "officer": "P17", "alcohol_field": 196},
    {"id": "e2", "source": "lab", "type": "blood_test", "time": "2026-03-02T12:10:00+08:00", "case": "C1", "blood_result": 62},
]


def rulelang(*arguments: object, given: str | bytes | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a verb; standard input is `given`."""
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *map(str, arguments)],
        input=data if data is not None else b"",
        capture_output=True,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def write_rules(folder: Path, text: str = RULES + TESTS) -> Path:
    path = folder / "rules"
    path.mkdir(exist_ok=True)
    (path / "first.rules").write_text(text, "utf-8")
    return path


def write_events(path: Path, events: list[dict[str, Any]]) -> Path:
    path.write_text(as_lines(events), "utf-8")
    return path


def as_lines(events: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
