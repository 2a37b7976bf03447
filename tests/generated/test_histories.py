"""Whatever happens, in whatever order it is told: the engine says what the reference says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from rulelang import model
from tests.generated.acts import Advance, Play, Send
from tests.generated.cases import far_plays, plays, run, shrunk, told
from tests.generated.playing import SECRET, Ruled, ruled
from tests.generated.shrinking import Shrinker
from tests.reference import World
from tests.reference.history import parts


@pytest.mark.seeds(300)  # of ten plays each
def test_the_engine_says_what_the_reference_says(seed: int) -> None:
    _, failure = run(seed)
    if failure is not None:
        pytest.fail(told(shrunk(failure)), pytrace=False)


@pytest.mark.seeds(40)  # of three plays each
def test_what_was_forgotten_matters_to_nothing(seed: int) -> None:
    _, failure = run(seed, far_plays)
    if failure is not None:
        pytest.fail(told(shrunk(failure)), pytrace=False)


# ------------------------------------------------------------------ whether there is anything to be said


def words(rule: model.Rule) -> Iterator[str]:
    """What a rule is made of."""
    yield f"anchors at {rule.anchors.kind}"
    yield f"{len(rule.scopes)} scopes"
    yield f"layer {rule.layer}"
    yield f"repeat {rule.repeat.kind}"
    yield rule.state
    for scope in rule.scopes:
        yield f"window {scope.window.kind}"
        yield "a pair" if len(scope.keys) > 1 else "one key"
    for node in parts(rule.condition):
        if isinstance(node, model.Aggregate):
            yield f"previous {node.kind}" if node.previous else node.kind
            if node.uses_this:
                yield "this"
        elif isinstance(node, model.PatternTest):
            yield node.kind
    for name in ("sample", "excepts", "message", "points", "level", "about", "approval", "since_day", "until_day"):
        if getattr(rule, name):
            yield name


WORDS = (
    *(f"anchors at {kind}" for kind in ("events", "givers", "deadlines", "ends")),
    *(f"{count} scopes" for count in range(4)),
    *(f"layer {layer}" for layer in range(3)),
    *(f"repeat {kind}" for kind in ("always", "span", "period")),
    *(f"window {kind}" for kind in ("sliding", "retained", "period", "open")),
    *("count", "sum", "avg", "min", "max", "first", "latest", "distinct", "share", "previous count", "this"),
    *("followed by", "preceded by", "not preceded by", "not followed by"),
    *("enabled", "shadow", "one key", "a pair", "sample", "excepts", "message", "points", "level", "about", "approval"),
    *("since_day", "until_day"),
)


TOLD = (*WORDS, "a warning of a rule", "a warning of a ladder", "a rung jumped over")
ENOUGH = 3


def test_every_part_of_the_language_is_in_rules_that_find_something() -> None:
    found: Counter[str] = Counter()
    for seed in range(400):
        text, made = plays(seed)
        rules = ruled(str(text))
        for play in islice(made, 0, None, 2):  # one event after the other
            found.update(what_is_found(rules, [event for act in play.acts if isinstance(act, Send) for event in act.events]))
        if all(found[word] >= ENOUGH for word in TOLD):
            return
    pytest.fail(f"hardly ever found: {[word for word in TOLD if found[word] < ENOUGH]}")


def what_is_found(rules: Ruled, events: list[dict[str, object]]) -> Iterator[str]:
    world = World(rules.ruleset, events, secret=SECRET)
    for rule in {finding.rule.name: finding.rule for finding in world.findings}.values():
        yield from words(rule)
    for warning in world.warnings:
        yield "a warning of a rule" if warning.ladder is None else "a warning of a ladder"
        if warning.jumped:
            yield "a rung jumped over"


# ------------------------------------------------------------------ making a case small


def test_a_failing_case_is_made_small() -> None:
    def fails(rules: Ruled, play: Play) -> bool:
        return any(rule.scopes for rule in rules.ruleset.rules) and any(isinstance(act, Advance) for act in play.acts)

    text, made = plays(0)
    play = next(play for play in made if fails(ruled(str(text)), play))
    small, less = Shrinker(fails).shrink(text, play)
    assert [type(act) for act in less.acts] == [Advance]
    assert len(ruled(str(small)).ruleset.rules) == 1
    assert ruled(str(small)).ruleset.ladders == ()
