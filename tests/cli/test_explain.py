"""`rulelang explain`: each look at a rule, with what came of it, the values it saw and where they stand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import BLOOD, RULES, rulelang, write_events, write_rules

MORE = """
event door "A room is opened"
    room: room
    officer: officer

entity room

rule twice_in_a_day
    when count(door) > 1 within room, officer over 1d
    points 1

rule silent_month
    on end of month
    when count(penalty) == 0 within officer over month

rule large_but_excepted
    when amount > 5000
    about penalty.officer
    repeat after 1d
    except officer == "P99" until 2026-12-31 because "a trial"
"""


def explained(folder: Path, rule: str, *options: object, events: list[dict[str, object]]) -> subprocess.CompletedProcess[str]:
    given = write_events(folder / "events.jsonl", events)
    return rulelang("explain", write_rules(folder, RULES + MORE), "--events", given, "--rule", rule, *options)


def penalty(name: str, time: str, **fields: object) -> dict[str, object]:
    return {"id": name, "type": "penalty", "time": f"{time}+08:00", "case": f"K-{name}", "officer": "P20", "amount": 900} | fields


def door(name: str, time: str, room: str, officer: str) -> dict[str, object]:
    return {"id": name, "source": "door", "type": "door", "time": f"{time}+08:00", "room": room, "officer": officer}


def test_a_scoped_rule_that_holds_shows_each_operand_with_its_value_and_line(tmp_path: Path) -> None:
    done = explained(tmp_path, "blood_contradicts_breath", "--key", "C1", events=BLOOD)
    assert done.returncode == 0
    blocks = re.split(r"\n(?=\d)", done.stdout.strip())
    first, second = (block.splitlines() for block in blocks)
    line = RULES[: RULES.index("when alcohol_field")].count("\n") + 1
    assert first[0] == "2026-03-01 22:10:00  case C1, breath_test e1: cannot be decided"
    assert re.fullmatch(rf" +blood_result += missing   \S*rules/first.rules:{line}", first[-1])
    assert second[0].startswith("2026-03-02 12:10:00  case C1, blood_test e2 from lab: holds: finding ")
    assert re.fullmatch(rf" +alcohol_field += 196   \S*first.rules:{line}", second[3])
    assert second[-2:] == ["    says: 案件 C1：呼气 196，血检 62", "    rests on: e1, e2 from lab"]
    assert done.stderr.splitlines() == [
        "2 events: 2 accepted",
        "blood_contradicts_breath was looked at 2 times for 'C1': held once, undecided once",
    ]


def test_an_unscoped_rule_is_explained_by_event(tmp_path: Path) -> None:
    done = explained(
        tmp_path,
        "large_penalty",
        events=[penalty("a", "2026-03-01T10:00:00", amount=1000), penalty("b", "2026-03-02T10:00:00", amount=1001)],
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "2026-03-01 10:00:00  officer P20, penalty a: does not hold"
    assert "2026-03-02 10:00:00  officer P20, penalty b: holds: finding" in done.stdout
    assert re.search(r"^ +amount += 1001   ", done.stdout, re.MULTILINE)
    assert done.stderr.splitlines()[-1] == "large_penalty was looked at 2 times: held once"


@pytest.mark.parametrize(
    ("key", "found"), [("P20", True), (" P20\u3000", True), ("Ｐ20", True), ("P\u200b20", True), ("p20", False), ("P21", False)]
)
@pytest.mark.parametrize("rule", ["large_penalty", "many_penalties"])
def test_a_key_is_normalised_as_in_events(tmp_path: Path, rule: str, key: str, found: bool) -> None:
    done = explained(tmp_path, rule, "--key", key, events=[penalty("a", "2026-03-01T10:00:00")])
    assert bool(done.stdout) == found
    assert ("was not looked at for" in done.stderr) != found


def test_a_key_with_spaces_inside_is_one_key(tmp_path: Path) -> None:
    events = [penalty("a", "2026-03-01T10:00:00", officer="Li  Wei"), penalty("b", "2026-03-01T10:00:00", officer="Li")]
    done = explained(tmp_path, "many_penalties", "--key", "Li Wei", events=events)
    assert done.stdout.startswith("2026-03-01 10:00:00  officer Li Wei, penalty a: does not hold\n")
    assert "penalty b" not in done.stdout


def test_a_deadline_is_explained_at_its_time_and_waits_for_the_clock(tmp_path: Path) -> None:
    events = [penalty("a", "2026-03-01T10:00:00")]
    waiting = explained(tmp_path, "penalty_without_video", events=events)
    assert waiting.stdout == "2026-03-02 10:00:00  case K-a, penalty a: is looked at when the clock gets there (--until)\n"
    assert waiting.stderr.splitlines()[-1].endswith("1 looks lie after the clock, which --until moves")
    reached = explained(tmp_path, "penalty_without_video", "--until", "2026-03-02T10:00", events=events)
    assert "2026-03-02 10:00:00  case K-a, penalty a: holds: finding" in reached.stdout
    assert "rests on: a" in reached.stdout


def test_a_pair_takes_two_keys_in_the_order_of_the_scope(tmp_path: Path) -> None:
    events = [
        door("d1", "2026-03-01T10:00:00", "R1", "P1"),
        door("d2", "2026-03-01T11:00:00", "R1", "P1"),
        door("d3", "2026-03-01T12:00:00", "R1", "P2"),
    ]
    done = explained(tmp_path, "twice_in_a_day", "--key", "R1", "--key", "P1", "--only", "holds", events=events)
    assert done.stdout.startswith("2026-03-01 11:00:00  room R1, officer P1, door d2 from door: holds: finding ")
    assert "rests on: d1 from door, d2 from door" in done.stdout
    assert "P2" not in done.stdout
    every = explained(tmp_path, "twice_in_a_day", events=events)
    assert "room R1, officer P2" in every.stdout


def test_the_end_of_a_period_has_no_event(tmp_path: Path) -> None:
    events = [penalty("a", "2026-03-10T10:00:00"), penalty("b", "2026-05-10T10:00:00")]
    done = explained(tmp_path, "silent_month", "--key", "P20", events=events)
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads[0] == "2026-03-31 23:59:59.999999  officer P20, the end of the month: does not hold"
    assert "2026-04-30 23:59:59.999999  officer P20, the end of the month: holds: finding" in heads[1]


def test_what_joins_a_finding_and_what_an_exception_left_out_say_so(tmp_path: Path) -> None:
    events = [
        penalty("a", "2026-03-01T10:00:00", amount=6000),
        penalty("b", "2026-03-01T11:00:00", amount=7000),
        penalty("c", "2026-03-02T10:00:00", amount=8000),
        penalty("d", "2026-03-02T11:00:00", amount=9000, officer="P99"),
    ]
    done = explained(tmp_path, "large_but_excepted", events=events)
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert ["joins" if "belongs to the finding before" in head else "left out" if "left it out" in head else "opens" for head in heads] == [
        "opens",
        "joins",
        "opens",
        "left out",
    ]


@pytest.mark.parametrize(("only", "events_shown"), [("holds", ["e2"]), ("undecided", ["e1"])])
def test_only_shows_one_outcome_and_all_are_counted(tmp_path: Path, only: str, events_shown: list[str]) -> None:
    done = explained(tmp_path, "blood_contradicts_breath", "--only", only, events=BLOOD)
    assert re.findall(r"^\d.*?_test (e\d)", done.stdout, re.MULTILINE) == events_shown
    assert "held once, undecided once" in done.stderr


def test_a_rule_that_nothing_gave_rise_to_says_so(tmp_path: Path) -> None:
    done = explained(tmp_path, "large_penalty", events=BLOOD)
    assert (done.returncode, done.stdout) == (0, "")
    assert "large_penalty was not looked at: none of these events gave rise to it" in done.stderr


def test_every_finding_of_a_replay_is_explained(tmp_path: Path) -> None:
    events = [*BLOOD, *(penalty(f"p{n}", f"2026-03-0{n}T10:00:00", amount=1500) for n in (1, 2, 3))]
    until = ("--until", "2026-03-31")
    given = write_events(tmp_path / "events.jsonl", events)
    replayed = rulelang("replay", write_rules(tmp_path, RULES + MORE), "--events", given, *until).stdout
    found = re.findall(r'"kind": "finding".*?"id": "(\w+)", "rule": "(\w+)"', replayed)
    assert len({rule for _, rule in found}) == 5
    for name, rule in found:
        assert f"finding {name}\n" in explained(tmp_path, rule, "--only", "holds", *until, events=events).stdout


@pytest.mark.parametrize(
    ("rule", "options", "says"),
    [
        ("blood_contradict_breath", [], "did you mean 'blood_contradicts_breath'?"),
        ("twice_in_a_day", ["--key", "R1"], "the keys of twice_in_a_day are of room and officer: give it twice, in this order"),
        ("large_penalty", ["--key", "P1", "--key", "P2"], "the keys of large_penalty are of officer: give it once"),
        ("large_penalty", ["--key", " "], "--key: must not be empty"),
    ],
)
def test_a_wrong_name_or_key_is_wrong_usage(tmp_path: Path, rule: str, options: list[str], says: str) -> None:
    done = explained(tmp_path, rule, *options, events=[])
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_rule_about_nobody_has_no_keys_and_a_disabled_one_is_not_looked_at(tmp_path: Path) -> None:
    text = "event e\n    x: number\nrule plain\n    when x > 1\nrule off\n    when x > 2\n    disabled\n"
    given = write_events(tmp_path / "events.jsonl", [])
    rules = write_rules(tmp_path, text)
    assert "so it has no keys" in rulelang("explain", rules, "--events", given, "--rule", "plain", "--key", "x").stderr
    assert "is disabled" in rulelang("explain", rules, "--events", given, "--rule", "off").stderr
