"""Generated histories: events, clocks and commands of many people, taken by one engine or by several on one store, against the slow model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

import rulelang
from engine import Engine
from engine.limits import Limits
from engine.stores.interface import Store
from engine.texts import time_text
from engine.warnings.dossier import Command
from rulelang import model
from tests.stores.places import PLACES
from tests.warnings.model import Model
from tests.warnings.scene import RULES, compiled, moment

LENGTH = 60
HOUR_US = 3_600_000_000
ACTORS = {
    "zhang": ("duty_officer", "supervisor"),
    "li": ("unit_head", "reviewer"),
    "deng": ("deputy", "unit_head"),
    "wang": ("reviewer", "discipline", "clerk"),
    "chen": ("supervisor", "reviewer", "unit_head"),
}
OWN = {"deng": (("officer", "P1"),), "chen": (("unit", "U2"),)}
PLACE_NAMES = ["memory", "sqlite", *[name for name in PLACES if name.startswith("redis on")][:1]]


@dataclass(slots=True)
class Game:
    """Both sides of one history."""

    rng: Random
    place: Callable[[], Store]
    twin: Model
    engines: list[Engine] = field(default_factory=list)
    sent: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    now: int = moment("2026-01-05T09:00")

    def engine(self) -> Engine:
        """One of the replicas, which has seen what the others wrote."""
        engine = self.rng.choice(self.engines)
        engine.follow()
        return engine

    def open(self) -> Engine:
        return Engine(
            compiled(RULES), store=self.place(), limits=Limits(unsaved_events_max=self.rng.choice((3, 10, 1000))), life_cycle=True
        )

    # ------------------------------------------------------------------ what may happen

    def say(self) -> None:
        rng = self.rng
        if self.sent and rng.random() < 0.1:
            event, _ = rng.choice(self.sent)
            assert self.engine().evaluate(event).status == "duplicate"
            return
        self.now += rng.choice((1, 5, 30)) * HOUR_US
        time_us = self.now if rng.random() < 0.7 else self.now - rng.randint(1, 200) * HOUR_US
        kind = rng.choice(("complaint", "complaint", "complaint", "withdrawal", "withdrawal", "posting"))
        event: dict[str, Any] = {"id": f"e{len(self.sent)}", "type": kind, "time": time_text(time_us)}
        if kind == "complaint":
            event |= {"case": f"K{rng.randint(1, 4)}", "officer": f"P{rng.randint(1, 2)}", "grade": rng.choice((1, 3, 3, 6, 95))}
        elif kind == "withdrawal":
            event |= {"case": f"K{rng.randint(1, 4)}"}
        else:
            event |= {"officer": f"P{rng.randint(1, 2)}", "unit": f"U{rng.randint(1, 2)}"}
        self.sent.append((event, time_us))
        assert self.engine().evaluate(event).status == "accepted"
        self.now = max(self.now, time_us)
        self.twin.event(event, time_us)

    def tick(self) -> None:
        self.now += self.rng.choice((2, 20, 60, 150)) * HOUR_US
        self.engine().advance(self.now)
        self.twin.move(self.now)

    def act(self) -> None:
        rng = self.rng
        if not self.twin.matters:
            return
        if self.commands and rng.random() < 0.1:
            command = rng.choice(self.commands)
        else:
            name = rng.choice(list(self.twin.matters))
            matter = self.twin.matters[name]
            step = matter.awaits if rng.random() < 0.95 and matter.awaits else rng.choice(("release", "review", "filing", "decision"))
            actor = rng.choice(list(ACTORS))
            results = (
                ("upheld", "revoked") if step == "decision" and rng.random() < 0.9 else ("done", "done", "done", "refuted", "returned")
            )
            declared = [*matter.steps, matter.decision]
            roles = next((one.roles for one in declared if one.name == step), ()) if rng.random() < 0.9 else ACTORS[actor]
            version = len(matter.lines) if rng.random() < 0.95 else rng.randint(0, 9)
            note = "because" if rng.random() < 0.9 else ""
            number = len(self.commands) if rng.random() < 0.95 else 0
            role = rng.choice(roles or ("clerk",))
            command = Command(f"c{number}", name, version, step, rng.choice(results), actor, role, OWN.get(actor, ()), note)
        self.commands.append(command)
        answer = self.engine().act(command)
        said = answer.status if answer.refusal is None else answer.refusal.reason
        assert said == self.twin.command({**{n: getattr(command, n) for n in Command.__slots__}})

    def restart(self) -> None:
        """An engine is closed, or its process is gone; another takes its place."""
        at = self.rng.randrange(len(self.engines))
        if self.rng.random() < 0.5:
            self.engines[at].close()
        else:
            self.engines[at]._store.close()
        self.engines[at] = self.open()

    # ------------------------------------------------------------------ whether they agree

    def check(self) -> None:
        for engine in self.engines:
            engine.follow()
            found = {name: [self.told(line) for line in dossier.lines] for name, dossier in engine.dossiers.items()}
            assert found == {name: matter.lines for name, matter in self.twin.matters.items()}
            for name, matter in self.twin.matters.items():
                dossier = engine.dossiers[name]
                assert (dossier.stands, set(dossier.shaken), dossier.refuting) == (matter.stands, matter.fallen, matter.refuting)
                assert (list(dossier.places), set(dossier.about), dossier.closing_us) == (matter.places, matter.about, matter.closing)
            assert [line.number for _, line in engine.feed] == list(range(1, len(engine.feed) + 1))
        feeds = [[(name, astuple(line)) for name, line in engine.feed] for engine in self.engines]
        assert all(feed == feeds[0] for feed in feeds)

    @staticmethod
    def told(line: Any) -> tuple[Any, ...]:
        return (line.kind, line.step, line.result, line.actor, line.overdue, line.time_us, line.status, line.awaits, line.deadline_us)


@cache
def declared() -> model.RuleSet:
    return rulelang.load_text(RULES)


def play(seed: int, place: Callable[[], Store], replicas: int) -> Game:
    rng = Random(seed)
    game = Game(rng, place, Model(declared()))
    game.engines.append(game.open())
    game.engines += [game.open() for _ in range(replicas - 1)]
    try:
        for number in range(LENGTH):
            does = rng.choices((game.say, game.tick, game.act, game.restart), (5, 2, 10, 1))[0]
            try:
                does()
                if number % 10 == 9:
                    game.check()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, act {number}, {does.__name__}: {error}") from error
        game.check()
    finally:
        for engine in game.engines:
            engine._store.close()
    return game


@pytest.mark.seeds(8)
@pytest.mark.parametrize("name", PLACE_NAMES)
def test_a_generated_history_is_as_the_model_says(seed: int, name: str, tmp_path: Path) -> None:
    play(seed, PLACES[name](tmp_path), 3 if name.startswith("redis") else 1)


def test_generated_histories_meet_everything_that_may_happen(tmp_path: Path) -> None:
    kinds, answers = set(), set()
    for seed in range(100, 112):
        game = play(seed, PLACES["memory"](tmp_path), 1)
        for matter in game.twin.matters.values():
            kinds |= {(line[0], line[2]) for line in matter.lines}
            answers.add(matter.status)
    assert {"issued", "changed", "withdrawn", "finding withdrawn", "overdue", "step"} <= {kind for kind, _ in kinds}
    assert {"done", "refuted", "returned", "upheld", "revoked"} <= {result for _, result in kinds}
    assert answers >= {"open", "closed", "revoked"}
