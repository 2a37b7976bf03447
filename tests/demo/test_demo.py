"""The demonstration runs as `tools/demo` runs it, ends by itself, and tells the truth."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

import rulelang as language
from proto.rulelang.v1 import evaluation_pb2, finding_pb2
from rulelang.effective import outline
from rulelang.source import display_width
from services.demo.generate import generate
from services.demo.news import Told
from services.demo.run import FIRST_DAY
from services.demo.serving import SECRET, DayClock, serving
from services.demo.showing import lines_of, summary
from services.demo.upstream import Upstream, message
from services.server.engine_thread import RuleSet
from services.simulate.city import open_days
from services.simulate.scene import Planted
from tests.cli.command import ROOT, objects, rulelang
from tests.cli.test_check import on_a_terminal

FAST = ("demo", "--seconds", "0")


def plain(text: str, style: str) -> str:
    return text


# ------------------------------------------------------------------ as a whole


def test_it_ends_by_itself_and_finds_exactly_what_was_planted(tmp_path: Path) -> None:
    saved = tmp_path / "day.jsonl"
    done = rulelang(*FAST, "--save", saved)
    assert (done.returncode, done.stderr) == (0, "")
    days = generate(FIRST_DAY, open_days(language.load(ROOT / "rules").calendars))
    assert f"All {len(days.planted)} that were planted were found, and nothing else." in done.stdout
    rows = re.findall(r"^([A-Z]\d?) +(\w+) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    assert Counter({(practice, rule): int(found) for practice, rule, _, found in rows}) == days.counts()
    assert len(saved.read_text("utf-8").splitlines()) == len(days.before) + len(days.events)


def test_replay_finds_the_same_in_the_events_that_were_saved(tmp_path: Path) -> None:
    saved = tmp_path / "day.jsonl"
    shown = rulelang(*FAST, "--save", saved).stdout
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    options = ("--until", f"{FIRST_DAY + timedelta(days=1)}T00:00", "--secret-file", secret)
    replayed = objects(rulelang("replay", ROOT / "rules", "--events", saved, *options).stdout)
    kinds = Counter(item["kind"] for item in replayed)
    assert f"In its store stand {kinds['finding']} findings and {kinds['warning']} warnings" in " ".join(shown.split())


def test_it_shows_findings_with_their_warnings_and_what_late_events_took_back() -> None:
    shown = rulelang(*FAST).stdout
    assert re.search(r"^(?:\d\d:\d\d|     )  lookalike_account_created  account \w+ \(officer P\d+\)  12 points$", shown, re.MULTILINE)
    assert re.search(r"^ +red warning for officer P\d+ \(12 points on officer_conduct\): Suspension and report$", shown, re.MULTILINE)
    assert "taken back: finding measure_without_ruling" in shown
    assert "?" not in shown, "a message with a value that was missing"


def test_it_says_how_to_keep_the_service_running() -> None:
    shown = rulelang(*FAST, "--times", "0").stdout
    assert "rulelang serve rules/ --store sqlite:rulelang.db" in shown
    assert "Nothing was planted, and nothing was found." in shown


@pytest.mark.parametrize("seed", [2, 3])
def test_other_days_are_told_as_truly(seed: int) -> None:
    done = rulelang(*FAST, "--seed", seed, "--times", 2)
    assert done.returncode == 0, f"seed {seed}:\n{done.stdout}"


def test_the_day_takes_as_long_as_it_was_told_to() -> None:
    started = time.monotonic()
    done = rulelang("demo", "--seconds", "3", "--times", "0")
    assert time.monotonic() - started >= 3
    assert (done.returncode, "in 3 seconds" in done.stdout) == (0, True)


def test_rules_that_find_something_else_are_found_out(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    changed = rules / "points" / "many_points.rules"
    changed.write_text(changed.read_text("utf-8").replace("when points > points_at_once()", "when points > 2 * points_at_once()"), "utf-8")
    done = rulelang(*FAST, "--rules", rules)
    assert done.returncode == 1
    assert re.search(r"^B2 +settlement_above_six_points +1 +0  differs$", done.stdout, re.MULTILINE)
    assert "planted, not found: settlement_above_six_points P" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--seconds", "-1"], "must be 0 or more"),
        (["--rules", "nowhere"], "the shipped rules are not there"),
        (["--rules", "docs/examples/boston/rules"], "are these the shipped rules?"),
        (["--save", "nowhere/day.jsonl"], "cannot be written"),
        (["--seed", "x"], "invalid int value"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_served(options: list[str], says: str) -> None:
    done = rulelang("demo", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_no_line_is_wider_than_it_is(columns: int) -> None:
    shown = on_a_terminal(*FAST, COLUMNS=str(columns)).decode()
    assert "\x1b[31m" in shown
    assert max(display_width(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in shown.splitlines()) <= columns


# ------------------------------------------------------------------ the generated day


def test_what_is_late_arrives_on_the_day_and_what_was_before_is_filled_in() -> None:
    days = generate(date(2026, 11, 23), open_days(language.load(ROOT / "rules").calendars))
    assert all(told.arrives >= days.start for told in days.told)
    arrivals = [told.arrives for told in days.told]
    assert arrivals == sorted(arrivals)
    assert any(datetime.fromisoformat(str(told.event["time"])) < days.start for told in days.told)


# ------------------------------------------------------------------ news


def finding(name: str, status: str = "issued", **fields: object) -> finding_pb2.Finding:
    return finding_pb2.Finding(id=name, rule="r", status=status, entity=["case"], key=["C1"], message="m", **fields)  # type: ignore[arg-type]


def outcome(*findings: finding_pb2.Finding, status: int = evaluation_pb2.STATUS_ACCEPTED) -> evaluation_pb2.Outcome:
    made = evaluation_pb2.Outcome(status=status)  # type: ignore[arg-type]
    for f in findings:
        (made.withdrawn if f.status == "withdrawn" else made.findings).append(f)
    return made


def test_a_finding_is_news_once_and_a_later_version_is_none() -> None:
    told = Told()
    assert [f.id for f in told.take([outcome(finding("1", version=1))]).found] == ["1"]
    assert told.take([outcome(finding("1", version=2))]).found == []
    assert told.findings["1"].version == 2


def test_what_came_and_went_in_one_call_is_no_news() -> None:
    told = Told()
    news = told.take([outcome(finding("1")), outcome(finding("1", "withdrawn"))])
    assert (news.found, news.taken_back, told.taken_back) == ([], [], 0)


def test_what_was_told_and_went_is_taken_back_with_its_reason() -> None:
    told = Told()
    told.take([outcome(finding("1"))])
    news = told.take([outcome(finding("1", "withdrawn", reason="a late event"))])
    assert list(lines_of(news, "10:00", 80, plain)) == ["10:00  taken back: finding r, case C1: a late event"]
    assert (told.findings, told.taken_back) == ({}, 1)


def test_the_answer_to_a_duplicate_is_old_news() -> None:
    told = Told()
    told.take([outcome(finding("1"))])
    told.take([outcome(finding("1", "withdrawn"))])
    assert told.take([outcome(finding("1"), status=evaluation_pb2.STATUS_DUPLICATE)]).found == []
    assert told.findings == {}
    assert told.statuses == Counter(accepted=2, duplicate=1)


def test_a_summary_names_each_difference() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    planted = [Planted("A1", "r", "case", key, moment, moment, (("", "e1"),)) for key in ("C1", "C2")]
    lines = list(summary(planted, Counter({("r", "C1"): 1, ("s", ("C1", "P1")): 2}), plain))
    assert "A1        r        2      1  differs" in lines
    assert "planted, not found: r C2" in lines
    assert "found, not planted: s ('C1', 'P1'), 2 times" in lines


# ------------------------------------------------------------------ upstream


def test_each_value_goes_over_the_wire_as_what_it_is() -> None:
    made = message({"id": "1", "source": "s", "type": "t", "time": "2026-03-01T10:00:00+08:00", "a": True, "b": 3, "c": 1.5, "d": "x"})
    assert {name: value.WhichOneof("kind") for name, value in made.fields.items()} == {
        "a": "boolean",
        "b": "integer",
        "c": "number",
        "d": "text",
    }
    assert json.loads(json.dumps(made.time_text)) == "2026-03-01T10:00:00+08:00"


def test_the_clock_goes_forward_only() -> None:
    clock = DayClock(datetime(2026, 3, 1, tzinfo=UTC))
    start = clock()
    clock.reach(datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC))
    assert clock() == start + 1_000_000
    clock.reach(datetime(2026, 2, 1, tzinfo=UTC))
    assert clock() == start + 1_000_000


RULES = "event e\n    x: number\nrule r\n    when x > 1\n"


def small_service(store: str) -> tuple[RuleSet, list[str], str, DayClock]:
    checked = language.check_text(RULES)
    assert checked.ruleset is not None
    return RuleSet(outline(checked.ruleset), language.compile_checked(checked)), [], store, DayClock(datetime(2026, 3, 1, tzinfo=UTC))


def test_a_service_serves_until_the_block_ends(tmp_path: Path) -> None:
    with serving(*small_service(f"sqlite:{tmp_path}/state.db")) as address:
        upstream = Upstream(address)
        (answer,) = upstream.send([{"id": "1", "source": "", "type": "e", "time": "2026-02-28T10:00:00Z", "x": 2}])
        assert [f.rule for f in answer.findings] == ["r"]
        assert upstream.rule_set().rules[0].name == "r"
        assert upstream.calls == 2
        upstream.close()


def test_what_goes_wrong_when_serving_is_raised(tmp_path: Path) -> None:
    from engine.stores.interface import StoreError

    with pytest.raises(StoreError), serving(*small_service(f"sqlite:{tmp_path}/nowhere/state.db")):
        pass


def test_an_upstream_system_waits_for_a_service_that_comes_up_later(tmp_path: Path) -> None:
    with serving(*small_service("memory:")) as address:
        pass
    upstream = Upstream(address)
    answers: list[object] = []
    sender = Thread(
        target=lambda: answers.extend(upstream.send([{"id": "1", "source": "", "type": "e", "time": "2026-02-28T10:00:00Z", "x": 2}]))
    )
    sender.start()
    rules, paths, store, clock = small_service("memory:")
    with serving(rules, paths, store, clock, address):
        sender.join(timeout=30)
    upstream.close()
    assert len(answers) == 1
