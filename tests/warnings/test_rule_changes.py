"""Another rule set on the same store: what was issued and done before stays, and says what the new rules make of it."""

from __future__ import annotations

import pytest

from engine.stores.memory import MemoryStore
from tests.warnings.scene import RULES, Scene

SHORTER = RULES.replace("    step review by reviewer deadline 5d other than verification may refute\n", "").replace(
    "3d of office may refute", "3d of office"
)
RENAMED = RULES.replace("rule bad\n", "rule worse\n")
STRICTER = RULES.replace('    blue at 3 action "Talk"\n', '    blue at 5 action "Talk"\n')
EMPTY = RULES[: RULES.index("rule bad")]


def changed(scene: Scene, rules: str, *, crash: bool = False) -> Scene:
    """The engine is closed, or gone, and another begins with other rules."""
    if crash:
        scene.engine._store.close()
    else:
        scene.engine.close()
    return Scene(scene.make_store, rules=rules, sent=scene.sent)


@pytest.fixture
def scene() -> Scene:
    store = MemoryStore(durable=True)
    return Scene(lambda: store)


def test_the_procedure_that_held_at_the_issue_holds_to_the_end(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene = changed(scene, SHORTER)
    scene.do(blue, "li", "unit_head")
    assert scene.do(blue, "wang", "reviewer").status == "accepted"
    assert scene.history(blue)[-1] == "review done → closed"
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P18", grade=3)
    (other,) = [dossier for dossier in scene.engine.dossiers.values() if dossier.key == "P18"]
    assert [step.name for step in other.route.steps] == ["notification", "verification"]


def test_a_finding_of_another_name_is_another_finding(scene: Scene) -> None:
    blue = scene.blue()
    evidence = scene.engine.evidence(blue)
    scene = changed(scene, RENAMED)
    assert scene.history(blue) == ["issued → notification", "finding withdrawn → decision"]
    assert scene.engine.dossiers[blue].lines[-1].reason == "the rule set changed"
    assert scene.engine.evidence(blue) == evidence


def test_a_warning_that_does_not_follow_any_more_asks_for_a_decision_and_one_that_does_now_is_issued_now(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-06T20:00")
    scene = changed(scene, STRICTER)
    assert scene.history(blue) == ["issued → notification", "withdrawn → decision"]
    scene.do(blue, "wang", "reviewer", "revoked", note="below the new rung")
    scene = changed(scene, RULES)
    assert scene.history(blue)[2:] == ["decision revoked → revoked", "restored → decision"]


def test_what_people_did_counts_under_the_new_rules_too(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head", "refuted", note="no")
    scene = changed(scene, SHORTER)
    assert "own_mistakes" in [finding["rule"] for finding in scene.engine.standing() if finding["kind"] == "finding"]


@pytest.mark.parametrize("saved", [False, True])
def test_a_warning_that_somebody_acted_on_survives_a_crash_and_other_rules(scene: Scene, saved: bool) -> None:
    if saved:
        scene.engine.checkpoint()
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head")
    scene = changed(scene, EMPTY, crash=True)
    history = ["issued → notification", "notification done → verification", "verification done → review"]
    history += ["finding withdrawn → decision", "withdrawn → decision"]
    assert scene.history(blue) == history
    assert scene.engine.dossiers[blue].level == "blue"
    scene.restart()
    assert scene.history(blue) == history
