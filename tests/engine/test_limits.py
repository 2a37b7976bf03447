"""Every bound of `engine.limits`: at it, and one past it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from engine.limits import DAY_US, DEFAULT, Limits
from tests.engine.scene import Scene, us

CASES = "rule any when count(fine) >= 1 within case\n"


def limited(rules: str, **bounds: int) -> Scene:
    return Scene(rules, limits=replace(DEFAULT, **bounds))


def test_every_bound_is_tested_here() -> None:
    tested = {"batch_events_max", "records_max", "keys_max", "message_characters_max", "evidence_max", "future_us"}
    of_warnings = {"frozen_findings_max", "frozen_events_max", "dossier_lines_max"}  # tests/warnings/test_limits.py
    of_warnings |= {"note_characters_max", "attachments_max", "name_characters_max"}
    assert {field.name for field in fields(Limits)} == tested | of_warnings | {"unsaved_events_max", "unscoped_gap_us"}


@pytest.mark.parametrize(("events", "fits"), [(3, True), (4, False)])
def test_events_in_a_batch(events: int, fits: bool) -> None:
    scene = limited(CASES, batch_events_max=3)
    batch = [scene.event("fine", "02T10:00", case="K1") for _ in range(events)]
    if fits:
        assert [outcome.status for outcome in scene.engine.evaluate_batch(batch)] == ["accepted"] * events
    else:
        with pytest.raises(ValueError, match=r"4 events in one batch; limits.batch_events_max allows 3"):
            scene.engine.evaluate_batch(batch)
        assert scene.engine.standing() == []


def test_events_that_one_question_about_one_key_holds() -> None:
    scene = limited(CASES, records_max=3)
    for _ in range(3):
        assert scene.send("fine", "02T10:00", case="K1").status == "accepted"
    refused = scene.send("fine", "02T09:00", case="K1", id="more")
    assert refused.status == "refused"
    assert refused.error == "the history of case 'K1' holds 3 events of one kind, the most that limits.records_max allows"
    assert scene.send("fine", "02T10:00", case="K2").status == "accepted"
    assert scene.found() == ["any K1 02T10:00", "any K2 02T10:00"]
    assert scene.send("fine", "02T09:00", case="K1", id="more").status == "refused", "it was not remembered as accepted"


def test_an_event_that_no_full_track_takes_up_is_accepted() -> None:
    scene = limited("rule any when count(fine where amount > 1) >= 1 within case repeat always", records_max=2)
    for amount in (2, 2, 1, 1, 1):
        assert scene.send("fine", "02T10:00", case="K1", amount=amount).status == "accepted"
    assert scene.send("fine", "02T10:00", case="K1", amount=2).status == "refused"


def test_records_of_rules_without_a_scope_that_count_repeats() -> None:
    scene = limited("rule once when amount > 0 about fine.officer repeat after 1d", records_max=2)
    for at in ("02T10:00", "02T11:00"):
        assert scene.send("fine", at, officer="P1", amount=1).status == "accepted"
    assert scene.send("fine", "02T12:00", officer="P1", amount=0).status == "accepted"
    assert scene.send("fine", "02T12:00", officer="P1", amount=1).status == "refused"
    assert scene.send("fine", "02T12:00", officer="P2", amount=1).status == "accepted"


def test_keys_of_all_histories_together() -> None:
    scene = limited(CASES + "rule by when count(login) >= 1 within account", keys_max=2)
    assert scene.send("fine", "02T10:00", case="K1").status == "accepted"
    assert scene.send("login", "02T10:00", account="anna").status == "accepted"
    refused = scene.send("fine", "02T10:00", case="K2")
    assert (refused.status, refused.error) == ("refused", "2 keys have a history, the most that limits.keys_max allows")
    assert scene.send("fine", "02T11:00", case="K1").status == "accepted"
    assert scene.engine.describe()["keys"] == 2


def test_an_event_that_opens_several_histories_opens_all_or_none() -> None:
    scene = limited(CASES + "rule by when count(fine) >= 1 within officer", keys_max=1)
    assert scene.send("fine", "02T10:00", case="K1", officer="P1").status == "refused"
    assert scene.engine.describe()["keys"] == 0
    assert scene.send("fine", "02T10:00", case="K1").status == "accepted"


def test_keys_of_rules_without_a_scope_that_count_repeats() -> None:
    scene = limited("rule once when amount > 0 about fine.officer repeat after 1d", keys_max=2)
    for officer in ("P1", "P2", "P1"):
        assert scene.send("fine", "02T10:00", officer=officer, amount=1).status == "accepted"
    assert scene.send("fine", "02T10:00", officer="P3", amount=0).status == "accepted"
    assert scene.send("fine", "02T10:00", officer="P3", amount=1).status == "refused"


def test_keys_that_only_findings_have_are_bounded_by_what_they_come_from() -> None:
    scene = limited("rule one when amount > 0 about fine.officer\nrule two when count(finding) >= 1 within officer", keys_max=1)
    for officer in ("P1", "P2", "P3"):
        assert scene.send("fine", "02T10:00", officer=officer, amount=1).status == "accepted"
    assert len(scene.found("two")) == 3


@pytest.mark.parametrize(("length", "said"), [(10, "x" * 10), (11, "x" * 9 + "…")])
def test_characters_of_a_message(length: int, said: str) -> None:
    scene = limited('rule r when amount > 0 about fine.officer message "{fine.note}"', message_characters_max=10)
    scene.send("fine", "02T10:00", officer="P1", amount=1, note="x" * length)
    assert scene.standing("finding")[0]["message"] == said


@pytest.mark.parametrize(("events", "listed"), [(3, ["e1", "e2", "e3"]), (4, ["e1", "e2", "e3"])])
def test_events_that_a_finding_lists_the_oldest_first(events: int, listed: list[str]) -> None:
    scene = limited("rule r on ruling when count(fine) >= 2 within case", evidence_max=3)
    for _ in range(events - 1):
        scene.send("fine", "02T10:00", case="K1")
    scene.send("ruling", "02T10:00", case="K1")
    assert [name for _, name in scene.standing("finding")[0]["events"]] == listed


def test_a_finding_whose_unlisted_events_change_has_a_higher_version() -> None:
    scene = limited("rule r on ruling when count(fine) >= 2 within case", evidence_max=2)
    for _ in range(3):
        scene.send("fine", "02T10:00", case="K1")
    scene.send("ruling", "02T12:00", case="K1")
    (finding,) = scene.send("fine", "02T11:00", case="K1").findings
    assert finding["version"] == 2


@pytest.mark.parametrize(("ahead", "status"), [("02T10:00:10", "accepted"), ("02T10:00:10.000001", "refused")])
def test_how_far_an_event_may_lie_ahead_of_the_clock(ahead: str, status: str) -> None:
    scene = Scene(CASES, clock="system", wall_clock=lambda: us("02T10:00"), limits=replace(DEFAULT, future_us=10_000_000))
    assert scene.send("fine", ahead, case="K1").status == status


@pytest.mark.parametrize(("events", "saved"), [(2, False), (3, True)])
def test_events_after_which_a_checkpoint_is_written(events: int, saved: bool) -> None:
    from engine.stores.memory import MemoryStore

    store = MemoryStore(durable=True)
    scene = Scene(CASES, store=store, limits=replace(DEFAULT, unsaved_events_max=3))
    for _ in range(events):
        scene.send("fine", "02T10:00", case="K1")
    assert (store.applied() == events) is saved


@pytest.mark.parametrize(("wait", "found"), [(2 * 86_400, 1), (2 * 86_400 + 0.000001, 0)])
def test_the_longest_gap_of_a_rule_without_a_scope(wait: float, found: int) -> None:
    scene = Scene("rule later on fine after fine.wait when amount > 0", limits=replace(DEFAULT, unscoped_gap_us=2 * DAY_US))
    scene.send("fine", "02T10:00", amount=1, wait=wait)
    scene.clock("20T10:00")
    assert len(scene.found()) == found
