"""The reference keeps what the rule packs and the documentation promise: every test written there holds by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rulelang
from rulelang import model
from services.testing.expectations import Json, View, failure
from services.testing.story import Arrival, Question, Tick, acts
from tests.docs.test_examples import PAGES, ROOT, blocks
from tests.reference import World
from tests.reference.texts import number

SECRET = b"the draw of spot checks in tests"


def rule_sets() -> Iterator[object]:
    yield pytest.param(None, id="rules")
    for page in PAGES:
        if blocks(page, "rules"):
            yield pytest.param(page, id=str(page.relative_to(ROOT)))


def loaded(page: Path | None) -> model.RuleSet:
    if page is None:
        return rulelang.load([ROOT / "rules"])
    files = {f"{i:02}.rules": text.encode() for i, (_, text) in enumerate(blocks(page, "rules"))}
    checked = rulelang.check_files(files | {name: text.encode() for name, text in blocks(page, "csv")})
    assert checked.ruleset is not None, checked.errors
    return checked.ruleset


def failures(ruleset: model.RuleSet, test: model.Test) -> list[str]:
    """What of a test does not hold by the reference, which is asked anew after each step."""
    events: list[dict[str, object]] = []
    times: list[int] = []
    seen: dict[str, Json] = {}
    expected = [step for step in test.steps if isinstance(step, model.ExpectFinding) and not step.absent and not step.withdrawn]
    found = []
    for act in acts(test):
        match act:
            case Arrival():
                events.append(act.event)
                times.append(act.time_us)
            case Tick():
                times.append(act.time_us)
        world = World(ruleset, events, max(times, default=0), SECRET)
        standing = world.standing()
        seen |= {thing["id"]: thing for thing in standing}
        if isinstance(act, Question):
            ids = {thing["id"] for thing in standing}
            view = View(standing, [thing for name, thing in seen.items() if name not in ids], levels_of(world))
            found += [wrong for one in act.expectations if (wrong := failure(one, view, expected)) is not None]
    return found


def levels_of(world: World):  # type: ignore[no-untyped-def]  # what View asks for
    def levels(entity: str, key: str) -> dict[str, Json]:
        return {state.ladder: {"level": state.level, "points": number(state.points)} for state in world.levels(entity, key, world.now)}

    return levels


@pytest.mark.parametrize("page", list(rule_sets()))
def test_the_tests_in_rules_and_pages_hold_by_the_reference(page: Path | None) -> None:
    ruleset = loaded(page)
    wrong = [f"{test.name}: {text}" for test in ruleset.tests for text in failures(ruleset, test)]
    assert not wrong, "\n".join(wrong)
