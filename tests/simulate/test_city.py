"""A simulated city: the same from the same seed, in order of arrival, never whole in memory, and true about what is planted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

import rulelang as language
from engine.texts import time_us
from services.replay.sampling import is_drawn
from services.simulate.city import ALIKE, NOISY, PRACTICES, City, Day, live
from services.simulate.draws import INSPECTOR, Draws, draws_of
from services.simulate.ordinary import FREE, NIGHT, Town
from services.simulate.reaching import reach_of
from services.simulate.scene import LOCAL, OpenDays, Planted, Scene
from services.simulate.truth import CannotReadTruth, city_line, planted_line, read_truth
from tests.cli.command import ROOT, objects, rulelang
from tests.rules.test_readmes import PRACTICES as PRACTICES_OF_THE_FIELD

DRAWS = draws_of(language.load(ROOT / "rules").rules)
SMALL = City(date(2026, 9, 28), 8, 40, seed=1, times=0.5, noise=NOISY)


def weekdays(day: date) -> bool:
    return day.weekday() < 5


WEEKDAYS = OpenDays(weekdays, weekdays)


def days_of(city: City) -> list[Day]:
    return list(live(city, WEEKDAYS))


# ------------------------------------------------------------------ the events


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    written = []
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        paths = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.truth"
        done = rulelang("simulate", "--officers", 20, "--days", 3, "--seed", seed, "--events", paths[0], "--truth", paths[1])
        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith(f"seed {seed}: 20 officers, 3 days from 2026-09-01; ")
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.truth", "b.jsonl", "b.truth", "c.jsonl", "c.truth"]


def test_events_come_in_the_order_in_which_they_arrive() -> None:
    arrivals = [told.arrives for day in days_of(SMALL) for told in day.told]
    assert arrivals == sorted(arrivals)


def test_no_event_of_a_later_day_is_needed_to_tell_a_day() -> None:
    """What is handed out on a day arrives on it: nothing had to wait for the end."""
    for day in days_of(SMALL)[:-1]:
        assert {told.arrives.astimezone(LOCAL).date() for told in day.told} <= {day.day}


def test_a_day_is_made_when_it_is_asked_for() -> None:
    long: Iterator[Day] = live(replace(SMALL, days=400, officers=2000), WEEKDAYS)
    first = next(long)
    assert first.day < SMALL.first_day


def test_late_and_repeated_events_conflicts_and_lacking_fields_are_there() -> None:
    city = replace(SMALL, noise=replace(NOISY, changed=0.01, lacking=0.05))
    told = [told for day in days_of(city) for told in day.told]
    by_name: dict[object, set[str]] = {}
    for item in told:
        by_name.setdefault(item.event["id"], set()).add(json.dumps(item.event))
    assert len(by_name) < len(told), "none was repeated"
    assert any(len(contents) > 1 for contents in by_name.values()), "no conflict"
    late = [t for t in told if (t.arrives - datetime.fromisoformat(str(t.event["time"]))).total_seconds() > 1800]
    assert 0.01 < len(late) / len(told) < 0.1
    tests = [t.event for t in told if t.event["type"] == "breath_test"]
    assert any("test_no" not in test for test in tests)
    assert any("alcohol_field" not in test for test in tests)


def test_a_field_that_lacks_and_may_be_found_is_in_the_truth_as_honest() -> None:
    days = days_of(replace(SMALL, times=0, noise=replace(NOISY, alike=0.0, lacking=0.2)))
    reasons = {planted.honest for day in days for planted in day.planted}
    assert {"breath_test without test_no", "penalty without case"} <= reasons
    assert "" not in reasons


def test_counters_rest_on_closed_days_and_the_road_does_not() -> None:
    types = Counter(
        (weekdays(datetime.fromisoformat(str(t.event["time"])).date()), t.event["type"])
        for day in days_of(replace(SMALL, times=0, noise=replace(NOISY, alike=0.0)))
        for t in day.told
        if day.day >= SMALL.first_day
    )
    assert types[True, "transaction_handled"] > 0
    assert types[False, "transaction_handled"] == 0
    assert types[False, "breath_test"] > 0


def test_each_patrol_officer_is_in_one_shift_of_a_day_and_free_on_one_day_of_four() -> None:
    town = Town(Scene(1, date(2026, 9, 1), WEEKDAYS), 100)
    free = Counter(m.officer for day in range(1, 5) for m in town.on_duty(date(2026, 9, day), FREE))
    assert set(free.values()) == {1}
    assert len(free) == len(town.patrol)
    assert town.at_moment(datetime(2026, 9, 2, 3, tzinfo=LOCAL)) == town.on_duty(date(2026, 9, 1), NIGHT)


def test_what_the_rules_draw_by_lot_is_checked_within_days_under_whatever_secret() -> None:
    """Of what two secrets draw, hardly anything is the same; what is drawn here and not checked was left on purpose."""
    checked = []
    for secret in (b"one secret of the draw", b"another secret of the draw"):
        days = list(live(replace(SMALL, officers=200), WEEKDAYS, DRAWS, secret))
        told = [t.event for day in days for t in day.told]
        done = {e.get("transaction") for e in told if e["type"] == "spot_check_done" and e["checker"] == INSPECTOR}
        drawn = {
            str(e["transaction"])
            for e in told
            if e["type"] in ("settlement", "registration")
            and "transaction" in e
            and is_drawn(secret, "transaction_drawn", str(e["transaction"]), str(e["time"])[:10], 0.02)
        }
        left = {p.key for day in days for p in day.planted if p.rule == "drawn_transaction_not_checked"}
        assert drawn - left <= done
        assert len(drawn - left) > 10
        assert not left & done
        checked.append(drawn)
    assert len(checked[0] & checked[1]) < len(checked[0]) / 4


# ------------------------------------------------------------------ the truth


def test_what_is_planted_rests_on_events_that_are_told_and_lies_between_its_moments() -> None:
    days = days_of(SMALL)
    times = {
        (str(t.event["source"]), str(t.event["id"])): datetime.fromisoformat(str(t.event["time"]))
        for day in reversed(days)
        for t in reversed(day.told)
    }
    planted = [p for day in days for p in day.planted if not p.honest]
    assert planted
    for item in planted:
        assert item.events, item.rule
        assert min(times[name] for name in item.events) == item.began
        assert item.began <= item.known < datetime.combine(SMALL.end, datetime.min.time(), LOCAL), item.rule


def test_each_practice_is_planted_as_often_as_it_was_asked_for() -> None:
    planted = [p for day in days_of(replace(SMALL, times=2)) for p in day.planted if not p.honest]
    per_day = Counter(p.rule for p in planted)
    assert per_day["account_in_two_places"] == 2 * SMALL.days


def test_honest_behaviour_is_told_of_every_practice() -> None:
    """But of A3, for which two things must come together, and of what cannot be sent."""
    scene = Scene(1, date(2026, 1, 1), WEEKDAYS, replace(NOISY, alike=3000.0), draws=Draws(DRAWS))
    town = Town(scene, 40)
    for tell in ALIKE:
        for day in (date(2026, 9, 30), date(2026, 10, 12)):
            tell(scene, town, day)
    assert {p.practice for p in scene.planted()} == {practice for practice in PRACTICES_OF_THE_FIELD if practice != "A3"}


@pytest.mark.parametrize("tell", [*PRACTICES, *ALIKE], ids=lambda tell: tell.__name__)
def test_nothing_reaches_further_back_than_it_says(tell: object) -> None:
    """An event that arrives on a day that is over raises; here on days with all kinds of weekends and holidays around them."""
    noisy = replace(NOISY, alike=5000.0)
    planted: list[Planted] = []

    def around_holidays(day: date) -> bool:
        return day.weekday() < 5 and not date(2026, 10, 1) <= day <= date(2026, 10, 8)

    for seed in range(2):
        for day in (date(2026, 9, 30), date(2026, 10, 11), date(2026, 11, 23)):
            start = day if reach_of(tell) == 0 else date.fromordinal(day.toordinal() - reach_of(tell))  # type: ignore[arg-type]
            scene = Scene(seed, start, OpenDays(around_holidays, around_holidays), noisy, draws=Draws(DRAWS))
            town = Town(scene, 40)
            if tell in ALIKE:
                tell(scene, town, day)  # type: ignore[operator]
            else:
                with scene.act():
                    tell(scene, day)  # type: ignore[operator]
            planted += scene.planted()
    assert planted


def test_the_truth_is_read_as_it_was_written(tmp_path: Path) -> None:
    planted = [p for day in days_of(replace(SMALL, times=2, noise=replace(NOISY, alike=50.0))) for p in day.planted]
    path = tmp_path / "truth.jsonl"
    path.write_text(city_line(SMALL) + "".join(map(planted_line, planted)), "utf-8")
    truth = read_truth(path)
    assert truth.end_us == time_us("2026-10-06T00:00:00+08:00")
    assert [(r.rule, r.honest, r.spared, r.events) for r in truth.rows] == [
        (p.rule, p.honest, p.spared, frozenset(p.events)) for p in planted
    ]
    assert {(bool(r.honest), r.spared) for r in truth.rows} == {(False, False), (True, False), (True, True)}
    assert objects(path.read_text("utf-8"))[0]["seed"] == SMALL.seed
    assert {len(r.key) for r in truth.rows} == {0, 1, 2}


@pytest.mark.parametrize("line", ['{"kind": "x", "events": []}', "[]", "{", '{"kind": "misconduct"}', '{"kind": "city", "end": "soon"}'])
def test_a_line_that_is_no_truth_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text(city_line(SMALL) + line + "\n", "utf-8")
    with pytest.raises(CannotReadTruth, match=r"truth\.jsonl:2"):
        read_truth(path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--officers", 19], "--officers: must be from 20 to 100000"),
        (["--officers", 100_001], "--officers: must be from 20 to 100000"),
        (["--days", 0], "--days: must be from 1 to 400"),
        (["--days", 401], "--days: must be from 1 to 400"),
        (["--misconduct", -1], "--misconduct: must be 0 or more"),
        (["--noise", "nan"], "--noise: from 0 to 10"),
        (["--first-day", "soon"], "is not a date"),
        (["--rules", "nowhere"], "the shipped rules are not there"),
        (["--rules", "docs/examples/boston/rules"], "there is no calendar working_hours"),
        (["--truth", "nowhere/truth"], "cannot be written"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_written(tmp_path: Path, options: list[object], says: str) -> None:
    done = rulelang("simulate", "--events", tmp_path / "e.jsonl", "--truth", tmp_path / "t.jsonl", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert not list(tmp_path.iterdir())


def test_events_may_go_to_standard_output(tmp_path: Path) -> None:
    done = rulelang("simulate", "--officers", 20, "--days", 1, "--events", "-", "--truth", tmp_path / "t.jsonl")
    assert done.returncode == 0
    assert {"breath_test", "login", "posting"} <= {event["type"] for event in objects(done.stdout)}


def test_a_reader_who_has_seen_enough_is_no_error_and_the_truth_is_whole(tmp_path: Path) -> None:
    truth, command = tmp_path / "t.jsonl", (sys.executable, "-m", "services.cli.main", "simulate", "--officers", "20", "--days", "1")
    with subprocess.Popen(
        [*command, "--events", "-", "--truth", truth], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
    assert (process.returncode, "Traceback" in told) == (0, False), told
    assert json.loads(first)["type"]
    assert json.loads(truth.read_text("utf-8").splitlines()[-1])["kind"] == "misconduct"


def test_what_breaks_off_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    """The disk of the events is full: the truth that was there before is not half overwritten."""
    truth = tmp_path / "t.jsonl"
    truth.write_text("before\n")
    done = rulelang("simulate", "--officers", 20, "--days", 1, "--events", "/dev/full", "--truth", truth)
    assert done.returncode == 2
    assert "--events, --truth: cannot be written: No space left on device" in done.stderr
    assert truth.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [truth]
