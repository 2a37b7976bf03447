"""The example of a year of citations: its rules, and its mapping on rows as the data has them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import rulelang as language
from tests.cli.command import ROOT, objects, rulelang

FOLDER = ROOT / "docs" / "examples" / "boston"
RULES, MAPPING = FOLDER / "rules", FOLDER / "boston.toml"
ROW = {
    "id": "1",
    "time": "2020-03-02T10:00:00",
    "time_known": "True",
    "agency": "PD_BPG",
    "officer": "P0001",
    "citation": "T1",
    "citation_type": "CIVIL",
    "violator_type": "OPERATOR",
    "offense": "9017",
    "offense_description": "SPEEDING §17",
    "disposition": "",
    "disposition_description": "",
    "location": "Boston",
    "searched": "N",
    "crash": "N",
    "court": "",
    "licence_state": "MA",
    "vehicle_state": "MA",
    "vehicle_year": "2015.0",
    "commercial": "N",
    "amount": "105.0",
    "paid": "",
    "speed": "0.0",
    "posted_speed": "25.0",
    "viol_speed": "45.0",
    "posted": "YES",
    "radar": "",
    "clocked": "CLOCK",
    "hearing_requested": "N",
}
"""A row as the data has them."""


def replayed(folder: Path, *rows: dict[str, str]) -> list[dict[str, object]]:
    table = folder / "citations.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerows(
            ROW | {"id": f"B{day}", "citation": f"T{day}", "time": f"2020-03-{day:02}T10:00:00"} | row for day, row in enumerate(rows, 1)
        )
    done = rulelang("replay", RULES, "--map", MAPPING, "--events", table, "--until", "2020-12-31")
    assert done.returncode == 0, done.stderr
    assert f"{len(rows)} accepted" in done.stderr, done.stderr
    return [item for item in objects(done.stdout) if item["kind"] == "finding"]


def test_the_rules_check_strictly_and_pass_their_tests() -> None:
    checked = rulelang("check", "--strict", RULES)
    assert checked.returncode == 0, checked.stdout
    tested = rulelang("test", RULES)
    assert tested.returncode == 0, tested.stdout


def test_an_ordinary_citation_is_not_found(tmp_path: Path) -> None:
    assert replayed(tmp_path, {}) == []


def test_what_the_letters_and_empty_cells_of_the_data_mean(tmp_path: Path) -> None:
    found = replayed(
        tmp_path,
        {"clocked": "EST"},
        {"clocked": "EST", "citation_type": "WARN"},
        {"clocked": "UNK", "viol_speed": "0.0", "posted": "UNK"},
        {"viol_speed": "442.0"},
        {"posted": "NO"},
        {"officer": ""},
        {"viol_speed": "25.0"},
    )
    assert sorted((str(f["rule"]), dict(f["about"])["citation"]) for f in found) == [  # type: ignore[call-overload]
        ("fined_on_an_estimate", "T1"),
        ("implausible_speed", "T4"),
        ("limit_not_posted", "T5"),
        ("nobody_wrote_it", "T6"),
        ("slower_than_allowed", "T7"),
    ]


def test_times_are_local_to_the_place(tmp_path: Path) -> None:
    winter, summer = replayed(tmp_path, {"viol_speed": "442.0"}, {"viol_speed": "442.0", "time": "2020-07-02T10:00:00"})
    assert (winter["time"], summer["time"]) == ("2020-03-01T15:00:00Z", "2020-07-02T14:00:00Z")


def test_the_readme_asks_the_question_of_every_rule() -> None:
    asked = re.findall(r"^\| `(\w+)` \| .*\?", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(asked) == sorted(rule.name for rule in language.load(RULES).rules)


def test_each_finding_can_be_explained(tmp_path: Path) -> None:
    (found,) = replayed(tmp_path, {"clocked": "EST"})
    done = rulelang(
        "explain",
        RULES,
        "--map",
        MAPPING,
        "--events",
        tmp_path / "citations.csv",
        "--rule",
        found["rule"],
        "--key",
        "P0001",
        "--only",
        "holds",
    )
    assert f"finding {found['id']}" in done.stdout
    assert "says: 45 mph where 25 are allowed, estimated" in done.stdout
