"""The evaluation: what was found beside what is true; and the shipped packs find all that is planted in a noisy city."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine import Outcome
from rulelang.source import display_width
from services.cli.verbs.evaluate import Issued
from services.simulate.judging import judge
from services.simulate.truth import Row
from tests.cli.command import BLOOD, ROOT, RULES, rulelang, write_events, write_rules

MINUTE_US = 60_000_000


def row(key: str = "C1", rule: str = "r", honest: str = "", event: str = "e1", known: int = 10, spared: bool = False) -> Row:
    """Something that began at minute 0 and could be known at minute `known`."""
    return Row("A1", rule, (key,), 0, known * MINUTE_US, frozenset({("", event)}), honest, spared)


def finding(key: str = "C1", rule: str = "r", event: str = "e1", minute: int = 10) -> dict[str, Any]:
    time = f"1970-01-01T00:{minute:02}:00Z"
    return {"kind": "finding", "id": f"{rule} {key} {minute}", "rule": rule, "key": key, "time": time, "events": [["", event]]}


def issued(*findings: dict[str, Any], minute: int = 15) -> dict[str, int]:
    return {item["id"]: minute * MINUTE_US for item in findings}


def test_what_was_planted_and_found_counts_with_its_delay() -> None:
    f = finding()
    judged = judge(["r"], [row()], [f], issued(f))
    assert (judged.total.recall, judged.total.precision) == (1.0, 1.0)
    assert judged.rules[0].delays_s == (300.0,)
    assert [(s.practice, s.found) for s in judged.practices] == [("A1", 1)]


def test_an_entity_counts_once_however_often_it_was_found() -> None:
    found = [finding(minute=10), finding(minute=20)]
    judged = judge(["r"], [row(), row(event="e2", known=20)], found, issued(*found))
    assert (judged.total.planted, judged.total.found) == (1, 1)


def test_what_was_not_found_is_missed_and_named() -> None:
    judged = judge(["r"], [row(), row("C2")], [f := finding()], issued(f))
    assert judged.total.recall == 0.5
    assert judged.missed == (("r", ("C2",)),)


def test_a_rule_that_is_not_there_misses_what_was_planted_for_it() -> None:
    assert judge([], [row()], [], {}).total.recall == 0.0


def test_a_finding_at_the_right_entity_for_another_reason_is_not_the_planted_one() -> None:
    """It rests on other events and lies outside the time of what was planted."""
    f = finding(event="e9", minute=30)
    judged = judge(["r"], [row()], [f], issued(f))
    assert (judged.missed, judged.unexplained) == ((("r", ("C1",)),), (("r", ("C1",)),))


def test_a_finding_that_rests_on_other_events_counts_up_to_the_moment_at_which_it_could_be_known() -> None:
    for minute, count in ((10, 1), (11, 0)):
        f = finding(event="e9", minute=minute)
        assert judge(["r"], [row()], [f], issued(f)).total.found == count


def test_honest_behaviour_that_was_found_lowers_precision_and_is_explained() -> None:
    found = [finding(), finding("C2")]
    judged = judge(["r"], [row(), row("C2", honest="a family")], found, issued(*found))
    assert (judged.total.precision, judged.total.alike, judged.unexplained) == (0.5, 1, ())
    assert judged.reasons == {("r", "a family"): 1}


def test_honest_behaviour_that_was_not_found_is_nothing() -> None:
    judged = judge(["r"], [row(honest="a family")], [], {})
    assert (judged.total.planted, judged.total.recall, judged.total.precision) == (0, None, None)


def test_what_only_comes_close_must_be_left_alone_and_is_counted_where_it_was() -> None:
    truth = [row(honest="a family", spared=True), row("C2", honest="a family", spared=True)]
    judged = judge(["r"], truth, [f := finding()], issued(f))
    assert (judged.unexplained, judged.reasons) == ((("r", ("C1",)),), {})
    assert judged.spared == {("r", "a family"): 1}


def test_what_comes_close_at_an_entity_does_not_hide_what_else_explains_a_finding() -> None:
    truth = [row(honest="a family", spared=True), row(honest="a taxi", event="e2")]
    judged = judge(["r"], truth, [f := finding(event="e2")], issued(f))
    assert (judged.unexplained, judged.reasons, judged.spared) == ((), {("r", "a taxi"): 1}, {})


def test_what_was_drawn_by_lot_is_counted_and_not_judged() -> None:
    found = [finding(rule="drawn"), finding("C2", rule="drawn"), finding()]
    judged = judge(["drawn", "r"], [row()], found, issued(*found), {"drawn"})
    assert (judged.drawn, judged.total.precision, judged.unexplained) == ({"drawn": 2}, 1.0, ())
    assert [score.rule for score in judged.rules] == ["r"]


def test_what_nothing_explains_is_named() -> None:
    f = finding("C7")
    judged = judge(["r"], [], [f], issued(f))
    assert (judged.total.precision, judged.unexplained) == (0.0, (("r", ("C7",)),))


def test_a_finding_is_issued_when_the_clock_stood_where_it_first_came() -> None:
    told = Issued()
    told.take(5, Outcome("accepted"))
    told.take(3, Outcome("accepted", findings=[{"id": "a"}]))
    told.take(9, Outcome("accepted", findings=[{"id": "a"}, {"id": "b"}]))
    assert told.moments_us == {"a": 5, "b": 9}


# ------------------------------------------------------------------ the verb


def planted_line(key: str) -> str:
    moments = {"began": "2026-03-01T22:10:00+08:00", "known": "2026-03-02T12:10:00+08:00"}
    about = {"kind": "misconduct", "practice": "A1", "rule": "blood_contradicts_breath", "entity": "case", "key": key}
    return json.dumps({**about, **moments, "events": [["", "e1"]]}) + "\n"


def test_missing_something_ends_with_exit_code_1_and_names_it(tmp_path: Path) -> None:
    rules, events, truth = write_rules(tmp_path, RULES), write_events(tmp_path / "e.jsonl", BLOOD), tmp_path / "t.jsonl"
    for key, code in (("C1", 0), ("C2", 1)):
        truth.write_text(planted_line(key), "utf-8")
        done = rulelang("evaluate", rules, "--events", events, "--truth", truth)
        assert done.returncode == code, done.stdout + done.stderr
    assert "missed: blood_contradicts_breath C2" in done.stdout
    assert "found, and nothing explains it: blood_contradicts_breath C1" in done.stdout


def test_columns_stand_below_each_other_whatever_the_names_are_written_in(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES.replace("blood_contradicts_breath", "血检与呼气矛盾"))
    events, truth = write_events(tmp_path / "e.jsonl", BLOOD), tmp_path / "t.jsonl"
    truth.write_text(planted_line("C1").replace("blood_contradicts_breath", "血检与呼气矛盾"), "utf-8")
    done = rulelang("evaluate", rules, "--events", events, "--truth", truth)
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.splitlines()[:4]
    assert "血检与呼气矛盾" in table[1]
    assert len({display_width(line) for line in table}) == 1, done.stdout


def test_a_truth_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    rules, events = write_rules(tmp_path, RULES), write_events(tmp_path / "e.jsonl", [])
    done = rulelang("evaluate", rules, "--events", events, "--truth", tmp_path / "none")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_the_shipped_rules_find_all_that_is_planted_in_a_noisy_city_and_nothing_unexplained(tmp_path: Path) -> None:
    """In memory and on the embedded store alike."""
    events, truth, seed = tmp_path / "city.jsonl", tmp_path / "truth.jsonl", 1
    options = ("--officers", 60, "--days", 10, "--misconduct", 0.3, "--noise", 8, "--first-day", "2026-09-26", "--seed", seed)
    simulated = rulelang("simulate", *options, "--events", events, "--truth", truth)
    assert simulated.returncode == 0, simulated.stderr
    judged = []
    for store in ("memory:", f"sqlite:{tmp_path}/state.db"):
        done = rulelang("evaluate", ROOT / "rules", "--events", events, "--truth", truth, "--store", store, "--format", "json")
        assert done.returncode == 0, f"seed {seed}, {store}\n{done.stdout}\n{done.stderr}"
        judged.append(json.loads(done.stdout))
    assert judged[0] == judged[1]
    total = judged[0]["total"]
    assert (total["recall"], total["unexplained"]) == (1.0, 0)
    assert total["planted"] > 50
    assert total["alike"] > 0
    assert judged[0]["left_alone"]
