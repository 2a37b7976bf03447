"""`rulelang draws` and `rulelang verify-sample`: what was drawn, and the same recomputed by somebody who trusts nobody."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import objects, rulelang, write_events, write_rules

SECRET = "a secret of sixteen bytes and more"
RULES = """
timezone "Asia/Shanghai"
entity officer
entity case
event fine
    officer: officer
    case: case
    amount: number
rule called_back
    on fine
    when amount > 0
    about fine.officer
    sample 30% by fine.officer
rule looked_into
    on fine
    when count(fine) >= 1 within officer
    repeat after day
    sample 50% by fine.case
rule followed_up
    on finding
    when count(finding where finding.rule == "called_back") >= 1 within officer over 1d
    repeat always
    sample 50% by finding.officer
"""
DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in range(20)]
FINES: list[dict[str, Any]] = [
    {
        "id": f"f{day.day}-{officer}",
        "type": "fine",
        "time": f"{day}T{hour}:00:00+08:00",
        "officer": officer,
        "case": f"案{day.day}",
        "amount": 1,
    }
    for day in DAYS
    for officer, hour in (("P１", "00"), ("P2", "23"))
]


def drawn(rule: str, key: str, day: date, share: float) -> bool:
    """The formula of the language reference."""
    digest = hmac.digest(SECRET.encode(), f"{rule}\n{key}\n{day}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") < share * 2**64


class Place:
    """A folder with rules, events and the secret."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rules = write_rules(folder, RULES)
        self.events = write_events(folder / "fines.jsonl", FINES)
        self.secret = folder / "secret"
        self.secret.write_text(SECRET + "\n")
        self.list = folder / "draws.csv"

    def draws(self, *options: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return rulelang("draws", self.rules, "--events", self.events, "--secret-file", self.secret, *options, **environment)

    def verify(self, *options: object, events: bool = True) -> subprocess.CompletedProcess[str]:
        given = ("--events", self.events) if events else ()
        return rulelang("verify-sample", self.rules, *given, "--draws", self.list, "--secret-file", self.secret, *options)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    assert made.draws("--day", "all", "--output", made.list).returncode == 0
    return made


def test_the_list_is_what_the_formula_draws(place: Place) -> None:
    lines = [line.split(",")[:4] for line in place.list.read_text("utf-8").splitlines()]
    assert lines[0] == ["day", "rule", "key", "share"]
    assert [line for line in lines if line[1] == "called_back"] == [
        [str(day), "called_back", key, "0.3"] for day in DAYS for key in ("P1", "P2") if drawn("called_back", key, day, 0.3)
    ]
    assert [line for line in lines if line[1] == "looked_into"] == [
        [str(day), "looked_into", f"案{day.day}", "0.5"] for day in DAYS if drawn("looked_into", f"案{day.day}", day, 0.5)
    ]
    followed = [line for line in lines if line[1] == "followed_up"]
    assert [line for line in lines if line[1] == "called_back" and drawn("followed_up", line[2], date.fromisoformat(line[0]), 0.5)] == [
        [day, "called_back", key, "0.3"] for day, _, key, _ in followed
    ]
    assert 1 < len(followed) < len(lines)


def test_by_default_it_is_the_list_of_the_day_of_the_clock(place: Place) -> None:
    days = {draw["day"] for draw in objects(place.draws("--format", "jsonl", "--until", "2026-03-04").stdout)}
    every = {draw["day"] for draw in objects(place.draws("--format", "jsonl", "--day", "all").stdout)}
    assert days == every & {"2026-03-04"}
    assert len(every) > 5
    assert {d["day"] for d in objects(place.draws("--format", "jsonl", "--day", max(every)).stdout)} == {max(every)}


def test_the_secret_may_come_from_the_environment_and_is_written_nowhere(place: Place) -> None:
    done = rulelang("draws", place.rules, "--events", place.events, "--day", "all", RULELANG_SECRET=SECRET)
    assert done.stdout == place.list.read_text("utf-8")
    assert SECRET not in done.stdout + done.stderr + place.verify().stdout + place.verify().stderr


@pytest.mark.parametrize("verb", ["draws", "verify-sample"])
def test_without_a_secret_nothing_is_said(place: Place, verb: str) -> None:
    options = ("--draws", place.list) if verb == "verify-sample" else ()
    done = rulelang(verb, place.rules, "--events", place.events, *options)
    assert done.returncode == 2
    assert "the secret of the draw is needed, in a file or in the variable RULELANG_SECRET" in done.stderr


def test_an_untouched_list_is_right(place: Place) -> None:
    done = place.verify()
    assert (done.returncode, done.stdout) == (0, "")
    count = len(place.list.read_text("utf-8").splitlines()) - 1
    assert f"{count} draws recomputed, of " in done.stderr
    assert "all is right" in done.stderr


def test_the_list_may_be_json_lines(place: Place) -> None:
    place.list.write_text(place.draws("--day", "all", "--format", "jsonl").stdout, "utf-8")
    assert place.verify().returncode == 0


def test_who_was_taken_off_the_list_is_found(place: Place) -> None:
    lines = place.list.read_text("utf-8").splitlines(keepends=True)
    day, rule, key, *_ = lines[3].split(",")
    place.list.write_text("".join(lines[:3] + lines[4:]), "utf-8")
    done = place.verify()
    assert (done.returncode, done.stdout) == (1, f"not in the list: {rule} drew '{key}' on {day}\n")
    assert place.verify(events=False).returncode == 0  # the list by itself cannot show it


def test_who_was_put_on_the_list_is_found(place: Place) -> None:
    day = next(day for day in DAYS if not drawn("called_back", "P2", day, 0.3))
    with place.list.open("a", encoding="utf-8") as file:
        file.write(f"{day},called_back,P2,0.3,\n")
    line = len(place.list.read_text("utf-8").splitlines())
    for done in (place.verify(), place.verify(events=False)):
        assert (done.returncode, done.stdout) == (1, f"{place.list}:{line}: called_back did not draw 'P2' on {day}\n")


def test_a_draw_from_nothing_is_found(place: Place) -> None:
    number = next(n for n in range(100) if drawn("called_back", f"X{n}", DAYS[0], 0.3))
    with place.list.open("a", encoding="utf-8") as file:
        file.write(f"{DAYS[0]},called_back,X{number},0.3,\n")
    done = place.verify("--day", DAYS[0])
    assert done.returncode == 1
    assert f"by these events called_back had nothing to draw from for 'X{number}' on {DAYS[0]}" in done.stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-03-01,no_such_rule,P1,,\n", "the rules have no spot check 'no_such_rule'"),
        ("2026-03-01,called_back,P1,0.9,\n", "called_back draws 0.3 of all keys, not 0.9"),
    ],
)
def test_a_line_that_does_not_fit_the_rules_is_found(place: Place, written: str, said: str) -> None:
    place.list.write_text("day,rule,key,share,findings\n" + written)
    done = place.verify(events=False)
    assert done.returncode == 1
    assert said in done.stdout


def test_a_line_that_stands_there_twice_is_found(place: Place) -> None:
    lines = place.list.read_text("utf-8").splitlines(keepends=True)
    place.list.write_text("".join([*lines, lines[1]]), "utf-8")
    assert f"stands there twice, first in {place.list}:2" in place.verify().stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"day,rule\n2026-03-01,called_back\n", "there is no key"),
        (b'{"day": "2026-03-01", "rule": 1, "key": "x"}\n', ":1: day, rule and key must be texts"),
        (b'{"day": \n', ":1: is not a JSON object"),
        (b"day,rule,key,share\n2026-03-01,called_back,P1,much\n", "the share must be a number, not 'much'"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_list_that_cannot_be_read_is_said(place: Place, written: bytes, said: str) -> None:
    place.list.write_bytes(written)
    done = place.verify(events=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_another_secret_does_not_verify(place: Place) -> None:
    place.secret.write_text("another secret, of other bytes")
    assert place.verify().returncode == 1


@pytest.mark.parametrize("day", ["yesterday", "2026-03-32", "2026-03-01T10:00"])
def test_a_day_must_be_one(place: Place, day: str) -> None:
    done = place.draws("--day", day)
    assert done.returncode == 2
    assert "--day" in done.stderr
