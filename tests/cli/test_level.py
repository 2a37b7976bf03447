"""`rulelang level`: how somebody stands, and what could become of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import BLOOD, RULES, rulelang, write_events, write_rules


def officer_level(folder: Path, *options: object, events: list[dict[str, Any]] = BLOOD) -> subprocess.CompletedProcess[str]:
    given = write_events(folder / "events.jsonl", events)
    return rulelang("level", write_rules(folder, RULES), "--events", given, "--entity", "officer", "--key", "P17", *options)


def penalty(name: str, time: str, **fields: object) -> dict[str, Any]:
    return {"id": name, "type": "penalty", "time": f"{time}+08:00", "case": f"K-{name}", "officer": "P17", "amount": 900} | fields


def test_it_says_the_level_how_it_came_about_and_what_could_become_of_it(tmp_path: Path) -> None:
    early = [penalty(f"p{day}", f"2025-06-0{day}T10:00:00") for day in (1, 2, 3)]
    done = officer_level(tmp_path, events=[*early, *BLOOD])
    assert done.stdout.splitlines() == [
        "conduct: yellow, 16 points",
        "  2025-06-02 10:00:00  rose to blue, 3 points: with penalty_without_video of 2025-06-02",
        "  2025-06-03 10:00:00  rose to yellow, 7 points: with many_penalties of 2025-06-03, penalty_without_video of 2025-06-03",
        "  below all levels on 2027-03-02 12:10:00, when 6 points leave the window",
    ]
    assert done.returncode == 0


def test_what_is_missing_to_a_higher_level_is_said_with_its_end(tmp_path: Path) -> None:
    done = officer_level(tmp_path, "--until", "2026-03-05", events=[penalty("p1", "2026-03-01T10:00:00")])
    assert done.stdout.splitlines() == [
        "conduct: blue, 3 points",
        "  2026-03-02 10:00:00  rose to blue, 3 points: with penalty_without_video of 2026-03-02",
        "  yellow with 3 more points before 2027-03-02 10:00:00; with 6 after that",
        "  below all levels on 2027-03-02 10:00:00, when 3 points leave the window",
    ]


def test_it_looks_at_another_moment(tmp_path: Path) -> None:
    assert officer_level(tmp_path, "--at", "2026-03-01").stdout.splitlines() == [
        "conduct: no level, 0 points",
        "  blue with 3 more points",
        "  yellow with 6 more points",
    ]


def test_as_json_it_has_all_steps_and_the_findings(tmp_path: Path) -> None:
    told = json.loads(officer_level(tmp_path, "--format", "json").stdout)
    assert (told["entity"], told["key"]) == ("officer", "P17")
    conduct = told["ladders"]["conduct"]
    assert (conduct["level"], conduct["points"]) == ("yellow", 6)
    assert conduct["falls"] == [{"level": None, "time": "2027-03-02T04:10:00Z", "points": 0, "leaving": 6}]
    assert [change["level"] for change in conduct["history"]] == ["yellow"]


def test_a_store_is_read_and_not_changed(tmp_path: Path) -> None:
    rules, events = write_rules(tmp_path, RULES), write_events(tmp_path / "events.jsonl", BLOOD)
    store = f"sqlite:{tmp_path / 'kept.db'}"
    rulelang("replay", rules, "--events", events, "--store", store)
    before = (tmp_path / "kept.db").read_bytes()
    done = rulelang("level", rules, "--store", store, "--entity", "officer", "--key", "P17")
    assert done.stdout == officer_level(tmp_path).stdout
    assert done.stderr == ""
    assert (tmp_path / "kept.db").read_bytes() == before


def test_a_store_of_other_rules_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    rules, events = write_rules(tmp_path, RULES), write_events(tmp_path / "events.jsonl", BLOOD)
    store = f"sqlite:{tmp_path / 'kept.db'}"
    rulelang("replay", rules, "--events", events, "--store", store)
    write_rules(tmp_path, RULES.replace("points 6", "points 3"))
    before = (tmp_path / "kept.db").read_bytes()
    done = rulelang("level", rules, "--store", store, "--entity", "officer", "--key", "P17")
    assert done.returncode == 2
    assert "what it holds was found by another rule set; name the rules that the service has" in done.stderr
    assert (tmp_path / "kept.db").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--entity", "oficer", "--key", "P17"), "--entity: there is no entity 'oficer' - did you mean 'officer'?"),
        (("--entity", "case", "--key", "C1"), "--entity: case has no ladder; there is one of officer"),
        (("--entity", "officer", "--key", " "), "--key: must not be empty"),
        (("--entity", "officer", "--key", "P17", "--at", "soon"), "--at: 'soon' is not a time"),
    ],
)
def test_wrong_usage_is_said(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = rulelang("level", write_rules(tmp_path, RULES), "--events", write_events(tmp_path / "e.jsonl", BLOOD), *options)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--events or --store: one of the two is needed"),
        (("--events", "e.jsonl", "--store", "memory:"), "--events or --store: one of the two is needed"),
        (("--store", "memory:", "--until", "2026-03-01"), "--until: the clock of a store is its service's"),
        (("--store", "sqlite:gone.db"), "gone.db: there is no such file"),
        (("--store", "mongo://x"), "unknown store"),
    ],
)
def test_where_to_read_from_must_be_said_once(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = rulelang("level", write_rules(tmp_path, RULES), "--entity", "officer", "--key", "P17", *options)
    assert done.returncode == 2
    assert said in done.stderr
