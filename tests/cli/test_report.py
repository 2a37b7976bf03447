"""`rulelang report`: the bulletin of a period, as a page and as tables."""

from __future__ import annotations

import asyncio
import csv
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from services.report.score import Conduct, regularity
from tests.cli.command import rulelang, write_events, write_rules
from tests.service.office import Office
from tests.service.office import run as in_office
from tests.warnings.scene import RULES as OFFICE_RULES

RULES = """
timezone "Asia/Shanghai"
entity unit
entity officer in unit from posting
event posting
    officer: officer
    unit: unit
event fine
    officer: officer
    amount: number
rule fined
    title "A <b>large</b> fine"
    category penalties
    when amount > 0
    about fine.officer
    points amount
    message "{officer}"
ladder conduct within officer over 10d
    blue at 3 action "A reminder"
    yellow at 6
    orange at 9
    red at 12
"""
NASTY = '<script>alert(1)</script>&"\u202e'
EVENTS: list[dict[str, Any]] = [
    {"id": "p1", "type": "posting", "time": "2026-03-01T08:00:00", "officer": "P1", "unit": "U1"},
    {"id": "p2", "type": "posting", "time": "2026-03-01T08:00:00", "officer": NASTY, "unit": "=U2"},
    {"id": "f0", "type": "fine", "time": "2026-03-01T23:59:59.999999", "officer": "P1", "amount": 3},
    {"id": "f1", "type": "fine", "time": "2026-03-02T00:00:00", "officer": "P1", "amount": 3.6},
    {"id": "f2", "type": "fine", "time": "2026-03-02T23:59:59.999999", "officer": NASTY, "amount": 12},
    {"id": "f3", "type": "fine", "time": "2026-03-02T12:00:00", "officer": "P1"},
    {"id": "f4", "type": "fine", "time": "2026-03-03T00:00:00", "officer": "P1", "amount": 9},
]


def report(folder: Path, *options: object, events: list[dict[str, Any]] = EVENTS) -> subprocess.CompletedProcess[str]:
    given = write_events(folder / "events.jsonl", events)
    return rulelang("report", write_rules(folder, RULES), "--events", given, "--output", folder / "out", *options)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "out" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Tags(HTMLParser):
    """Which elements a page has, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "href", "srcset", "data")]


def test_a_day_has_the_warnings_from_its_first_to_its_last_microsecond(tmp_path: Path) -> None:
    done = report(tmp_path, "--day", "2026-03-02")
    assert done.returncode == 0, done.stderr
    assert [(w["level"], w["points"]) for w in table(tmp_path, "warnings.csv")] == [("red", "12"), ("yellow", "6.6")]
    assert [(r["findings"], r["period_before"]) for r in table(tmp_path, "rules.csv")] == [("2", "1")]
    assert [(u["undecided"], u["looked_at"]) for u in table(tmp_path, "undecided.csv")] == [("1", "3")]


def test_what_comes_from_data_is_escaped_on_the_page_and_is_no_formula_in_tables(tmp_path: Path) -> None:
    report(tmp_path, "--day", "2026-03-02")
    text = (tmp_path / "out" / "bulletin.html").read_text("utf-8")
    page = Tags(text)
    assert not page.tags & {"script", "iframe", "link", "img"}
    assert page.fetched == []
    assert "&lt;script&gt;" in text
    assert "<b>large" not in text
    assert "\u202e" not in text
    assert "'=U2" in {u["unit"] for u in table(tmp_path, "units.csv")}


@pytest.mark.parametrize(("language", "title"), [("en", "Weekly bulletin"), ("zh", "周报")])
def test_it_is_written_in_both_languages_the_same_every_time(tmp_path: Path, language: str, title: str) -> None:
    report(tmp_path, "--week", "2026-03-04", "--language", language)
    first = (tmp_path / "out" / "bulletin.html").read_bytes()
    assert f"{title} · 2026-03-02" in first.decode()
    report(tmp_path, "--week", "2026-03-04", "--language", language, events=EVENTS[::-1])
    assert (tmp_path / "out" / "bulletin.html").read_bytes() == first


def test_a_month_may_be_read_from_a_store(tmp_path: Path) -> None:
    rules, events = write_rules(tmp_path, RULES), write_events(tmp_path / "events.jsonl", EVENTS)
    store = f"sqlite:{tmp_path / 'kept.db'}"
    rulelang("replay", rules, "--events", events, "--store", store)
    done = rulelang("report", rules, "--store", store, "--month", "2026-03", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [w["level"] for w in table(tmp_path, "warnings.csv")] == ["yellow", "blue"]
    page = (tmp_path / "out" / "bulletin.html").read_text("utf-8")
    assert "4 warnings are open, of which 0 are overdue now." in page
    assert "Warnings that await their release, of which this bulletin says no more: 2; late: 0." in page


def test_a_warning_is_in_no_bulletin_before_its_release(tmp_path: Path) -> None:
    rules = tmp_path / "rules.rules"  # the name of a text that has none
    rules.write_text(OFFICE_RULES, encoding="utf-8")

    async def bulletin(office: Office) -> str:
        await office.close()
        words = ("report", rules, "--store", f"sqlite:{office.store}", "--month", "2026-01", "--output", tmp_path / "out")
        done = await asyncio.to_thread(rulelang, *words)
        assert done.returncode == 0, done.stderr
        await office.open()
        return (tmp_path / "out" / "bulletin.html").read_text("utf-8")

    async def scenario(office: Office) -> None:
        await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
        await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
        await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=12)
        red = await office.only("chen")
        await office.move("2026-01-08T10:00")
        page = await bulletin(office)
        assert "of which this bulletin says no more: 1; late: 1." in page
        files = [path.read_text("utf-8") for path in (tmp_path / "out").iterdir()]
        assert not [text for text in files if "P17" in text]
        await office.do("chen", red, step="release", expected_version=2)
        page = await bulletin(office)
        assert "says no more" not in page
        assert "P17" in page
        assert [(w["level"], w["key"], w["awaits"]) for w in table(tmp_path, "warnings.csv")] == [("red", "P17", "notification")]

    in_office(tmp_path, scenario)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--day", "2026-02-30"), "--day: '2026-02-30' is no day; write 2026-03-02"),
        (("--month", "March"), "--month: 'March' is no month; write 2026-03"),
        (("--day", "2026-03-02", "--units", "officer"), "--units: no entity is in 'officer'; others are in unit"),
        (("--day", "2026-03-02", "--week", "2026-03-02"), "not allowed with argument"),
    ],
)
def test_wrong_usage_is_said(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = report(tmp_path, *options)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("conduct", "score"),
    [
        (Conduct({}, 10, 0, 0), 100.0),
        (Conduct({"red": 1, "blue": 2}, 10, 0, 0), 60.0),  # 80 × 10 ÷ 20 + 20
        (Conduct({}, 10, 3, 1), 95.0),
        (Conduct({"orange": 1}, 0, 0, 2), 16.0),  # one member is assumed
    ],
)
def test_the_score_is_what_its_formula_says(conduct: Conduct, score: float) -> None:
    assert regularity(conduct) == score
