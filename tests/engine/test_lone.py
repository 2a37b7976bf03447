"""Lone findings: those of rules about single events. They are kept together by entry of the journal, and what is answered to a duplicate is made of its event again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine import Engine, Outcome
from engine.saving import LONE_MAX
from engine.stores.interface import Store
from engine.stores.memory import MemoryStore
from engine.stores.sqlite import SqliteStore
from engine.texts import canonical_bytes, time_us
from tests.engine.scene import Scene
from tests.service.answers import written_by_the_library

RULES = """
rule dear
    on fine
    when amount > 500
    about officer
    points amount / 100
    message "{officer} 罚款 {amount} 元"
rule agreed
    on fine
    when late and amount > 300
    about case
    level yellow
rule looked
    shadow
    on fine
    when amount > 200
rule drawn
    on fine
    when amount > 100
    sample 50% by case
rule often
    when count(fine) >= 4 within officer over 1d
rule told
    on finding
    when finding.rule == "dear" and points > 8
    about officer
ladder conduct within officer over 10d
    blue at 30
"""
STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(durable=True),
    "sqlite": lambda folder: SqliteStore(str(folder / "state.db")),
}


def fines(scene: Scene, chance: Random, n: int) -> list[dict[str, Any]]:
    """Some carry no officer or no case, some a field that is not declared."""
    told = []
    for _ in range(n):
        fields: dict[str, Any] = {"amount": chance.randrange(1000), "late": chance.random() < 0.4}
        fields |= {"officer": f"P{chance.randrange(40)}"} if chance.random() < 0.9 else {}
        fields |= {"case": f"K{chance.randrange(40)}"} if chance.random() < 0.8 else {}
        fields |= {"colour": "red"} if chance.random() < 0.1 else {}
        told.append(scene.event("fine", f"0{chance.randrange(1, 10)}T1{chance.randrange(10)}:00", **fields))
    return told


def content(outcome: Outcome) -> list[object]:
    """All but the status, as JSON is written."""
    return [json.dumps(getattr(outcome, part)) for part in Outcome.__slots__ if part != "status"]


@pytest.mark.seeds(4)
@pytest.mark.parametrize("kind", STORES)
def test_a_duplicate_is_answered_as_it_was_the_first_time_at_once_saved_and_after_a_restart(kind: str, seed: int, tmp_path: Path) -> None:
    chance = Random(seed)
    store = STORES[kind](tmp_path)
    scene = Scene(RULES, store=store, secret=b"s")
    events = fines(scene, chance, 120)
    said = []
    for at in range(0, len(events), 15):
        said += [content(outcome) for outcome in scene.engine.evaluate_batch(events[at : at + 15])]
        if chance.random() < 0.3:
            scene.engine.checkpoint()
    assert any(text != "[]" for _, _, _, text, *_ in said)
    assert [content(outcome) for outcome in scene.engine.evaluate_batch(events)] == said
    scene.engine.checkpoint()
    assert [content(outcome) for outcome in scene.engine.evaluate_batch(events)] == said
    standing, history = scene.engine.standing(), scene.engine.history()
    scene.engine.close()
    again = Engine(scene.program, store=store, secret=b"s")
    assert (again.standing(), again.history()) == (standing, history)
    outcomes = again.evaluate_batch(events)
    assert {outcome.status for outcome in outcomes} == {"duplicate"}
    assert [content(outcome) for outcome in outcomes] == said
    undisturbed = Engine(scene.program, secret=b"s")
    undisturbed.evaluate_batch(events)
    assert again.standing() == undisturbed.standing()
    again.close()


def test_what_a_late_event_changes_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """Points of lone findings count on, and rules over findings go on seeing them."""
    engines = []
    for restarted in (False, True):
        store = SqliteStore(str(tmp_path / f"{restarted}.db"))
        scene = Scene(RULES, store=store, secret=b"s")
        scene.engine.evaluate_batch([scene.event("fine", f"0{day}T10:00", officer="P1", case="K1", amount=900) for day in range(5, 9)])
        if restarted:
            scene.engine.close()
            scene.engine = Engine(scene.program, store=store, secret=b"s")
        late = scene.send("fine", "04T10:00", officer="P1", case="K2", amount=990)
        assert [warning["points"] for warning in late.warnings if warning["ladder"]], "a warning says other points now"
        engines.append(scene.engine)
    assert engines[0].history() == engines[1].history()
    assert len([finding for finding in engines[1].standing() if finding.get("rule") == "told"]) == 5
    for engine in engines:
        engine.close()


@pytest.mark.seeds(20)
def test_answers_in_bytes_say_what_their_objects_say(seed: int) -> None:
    """Of all that a batch can come to: nothing, lone findings, more than that, duplicates, conflicts, refusals."""
    chance = Random(seed)
    scene = Scene(RULES, secret=b"s")
    events = fines(scene, chance, 100)
    events += [{**chance.choice(events), **change} for change in ({}, {}, {"amount": 7}, {"amount": "much"}, {"type": "no such"})]
    chance.shuffle(events)
    kinds = set()
    for at in range(0, len(events), 15):
        answers = scene.engine.answer_batch(events[at : at + 15])
        outcomes = answers.outcomes()
        assert [*answers] == outcomes == [answers[place] for place in range(len(answers))]
        assert answers.write(1) == written_by_the_library(outcomes)
        assert answers[3:9].write(1) == written_by_the_library(outcomes[3:9])
        assert answers.write(2) == b"".join(b"\x12" + written_by_the_library([outcome])[1:] for outcome in outcomes)
        assert answers.statuses() == Counter(outcome.status for outcome in outcomes)
        assert answers.ignored() == sum(outcome.ignored for outcome in outcomes)
        assert answers.found() == [found["id"] for outcome in outcomes if outcome.status != "duplicate" for found in outcome.findings]
        more = [outcome for outcome in outcomes if outcome.status != "accepted" or outcome.withdrawn or outcome.warnings]
        assert all(outcome in answers.others() for outcome in more)
        kinds |= {outcome.status for outcome in outcomes} | {len(outcome.findings) for outcome in outcomes}
    assert {"accepted", "duplicate", "conflict", "refused", 0, 1, 2} <= kinds


@pytest.mark.seeds(20)
def test_a_lone_finding_is_kept_as_it_was_shown(seed: int) -> None:
    chance = Random(seed)
    store = MemoryStore(durable=True)
    scene = Scene(RULES.replace("when amount > 200", 'when amount > 200 message "\\"{amount}\\" \u0001 {case}"'), store=store)
    answers = scene.engine.answer_batch(fines(scene, chance, 100))
    told = [found for outcome in answers if outcome not in answers.others() for found in outcome.findings]
    scene.engine.checkpoint()
    kept = [item for _, item in store.items("lone")]
    assert kept == [canonical_bytes([[time_us(found["time"]), found] for found in told])]
    assert {"note", "shadow"} <= {name for found in told for name in found}


def test_one_item_holds_so_many_and_one_more_is_in_another() -> None:
    for n, parts in ((LONE_MAX, 1), (LONE_MAX + 1, 2)):
        store = MemoryStore(durable=True)
        scene = Scene("rule any on fine when amount > 0", store=store)
        scene.engine.evaluate_batch([scene.event("fine", "02T10:00", amount=1) for _ in range(n)])
        scene.engine.checkpoint()
        assert [key for key, _ in store.items("lone")] == [f"{1:016}.{part:04}" for part in range(parts)]
        assert list(store.items("finding")) == list(store.items("answer")) == []
        assert Engine(scene.program, store=store).standing() == scene.engine.standing()


def test_versions_go_on_where_other_rules_say_something_else(tmp_path: Path) -> None:
    text = 'rule dear on fine when amount > {least} message "{word}"\nrule kept on fine when amount > 5'
    store = SqliteStore(str(tmp_path / "state.db"))
    scene = Scene(text.format(least=10, word="much"), store=store)
    scene.engine.evaluate_batch([scene.event("fine", "02T10:00", amount=amount) for amount in (11, 21)])
    scene.engine.close()
    seen = []
    for least, word in ((10, "very much"), (20, "very much"), (10, "very much")):
        scene = Scene(text.format(least=least, word=word), store=store)
        scene.engine.checkpoint()
        history = scene.engine.history()
        scene.engine.close()
        scene.engine = Engine(scene.program, store=store)
        assert scene.engine.history() == history
        scene.engine.close()
        seen.append([(thing["events"][0][1], thing["status"], thing["version"]) for thing in history if thing["rule"] == "dear"])
        assert [thing["version"] for thing in history if thing["rule"] == "kept"] == [1, 1]
    assert [sorted(states) for states in seen] == [
        [("e1", "issued", 2), ("e2", "issued", 2)],
        [("e1", "withdrawn", 2), ("e2", "issued", 2)],
        [("e1", "issued", 3), ("e2", "issued", 2)],
    ]


def test_a_finding_of_a_later_version_is_there_once_after_a_restart(tmp_path: Path) -> None:
    """It was lone, and is kept singly since another rule set has said something else of it."""
    text = 'rule dear on fine when amount > 10 about officer message "{word}"\nrule many when count(finding) >= {times} within officer'
    store = SqliteStore(str(tmp_path / "state.db"))
    fine: dict[str, object] = {}
    for word in ("much", "very much"):
        scene = Scene(text.format(word=word, times=3), store=store)
        fine = fine or scene.event("fine", "02T10:00", officer="P1", amount=11)
        scene.engine.evaluate(fine)
        scene.engine.close()
    scene.engine = Engine(scene.program, store=store)
    assert [(thing["rule"], thing["version"]) for thing in scene.engine.history()] == [("dear", 2)]
    scene.send("fine", "02T11:00", id="second", officer="P1", amount=11)
    assert scene.found("many") == []
    scene.send("fine", "02T12:00", id="third", officer="P1", amount=11)
    assert scene.found("many") == ["many P1 02T12:00"]
    scene.engine.close()
