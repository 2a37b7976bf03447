"""Changed rules that were made ready beside those at work find the dossiers as changed rules do that are opened on the store."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.stores.memory import MemoryStore
from tests.warnings.scene import RULES, Scene, compiled

CHANGED = RULES.replace("rule own_mistakes", "rule own_faults")


def scene_at_work(store: MemoryStore) -> Scene:
    scene = Scene(lambda: store)
    warning = scene.blue()
    scene.do(warning, "A", "duty_officer")
    return scene


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_what_became_of_warnings_is_taken_over(behind: int) -> None:
    plain_store, store = MemoryStore(durable=True), MemoryStore(durable=True)
    ended, at_work = scene_at_work(plain_store), scene_at_work(store)
    made = Engine(compiled(CHANGED), store=MemoryStore(durable=True), life_cycle=True)
    entries = list(store.journal())
    made.backfill(entries[: len(entries) - behind])
    for scene in (ended, at_work):  # and what is done meanwhile
        scene.do(scene.dossier("conduct", "blue").id, "B", "deputy")
        scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=3)
        scene.engine.close()
    plain = Engine(compiled(CHANGED), store=plain_store, life_cycle=True)
    assert made.activate(store)
    assert dict(made.dossiers) == dict(plain.dossiers)
    assert list(made.feed) == list(plain.feed)
    assert (made.standing(), made.history()) == (plain.standing(), plain.history())
    assert {dossier.status for dossier in made.dossiers.values()} == {"open"}
    made.close()
    again = Engine(compiled(CHANGED), store=store, life_cycle=True)
    assert dict(again.dossiers) == dict(plain.dossiers)
