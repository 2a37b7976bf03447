"""The generated rule sets and histories of the core, each act by another of two to four replicas on one Redis: what the reference says."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from engine.limits import Limits
from engine.program import Program
from engine.stores import make_store
from engine.stores.interface import Store
from tests.generated.acts import Play, Send, make_play
from tests.generated.cases import far_play
from tests.generated.histories import make_history
from tests.generated.playing import SECRET, TOLERANCE_US, Different, Player, Ruled, ruled
from tests.generated.rulesets import make_rules
from tests.generated.schema import make_schema
from tests.redis import servers

HISTORIES = 3


class Players(Player):
    """As one engine to whoever plays; behind it are several, and another one takes each act."""

    def __init__(self, rules: Ruled, play: Play, folder: Path, url: str, rng: Random) -> None:
        self.url = url
        self.rng = rng
        self.others: list[Engine] = []
        self.left: list[Engine] = []
        super().__init__(rules, play, folder)
        self.others = [self.make(rules.program) for _ in range(rng.choice((1, 2, 3)))]

    def store(self) -> Store:
        return make_store(self.url)

    def make(self, program: Program, store: Store | None = None) -> Engine:
        return Engine(
            program,
            store=self.store() if store is None else store,
            clock="system" if self.play.system else "events",
            secret=SECRET,
            tolerance_us=TOLERANCE_US,
            wall_clock=lambda: self.wall_us,
            limits=Limits(unsaved_events_max=self.rng.choice((4, 16, 1000))),
        )

    def do(self, act: object) -> None:
        at = self.rng.randrange(len(self.others))
        self.engine, self.others[at] = self.others[at], self.engine
        if not isinstance(act, Send) or self.play.system:
            self.engine.follow()  # who reads wants to see what the others wrote
        super().do(act)

    def send(self, events: tuple[dict[str, object], ...]) -> None:
        super().send(events)
        self.engine.follow()  # where nothing was new, it did not have to

    def advance(self, to_us: int) -> None:
        super().advance(to_us)
        if self.play.system:
            self.clock_us = self.engine.now  # the clock of replicas goes on with the journal

    def crash(self) -> None:
        """The process is gone, and what it had connected; a new one takes its place."""
        self.engine._store.close()
        self.engine = self.make(self.rules.program)

    def change(self, events: tuple[dict[str, object], ...], *, like: bool) -> None:
        """All replicas go from one rule set to another, as a deployment does; and back."""
        for engine in self.others:
            engine.close()
        super().change(events, like=like)
        self.others = [self.make(self.rules.program) for _ in self.others]

    def journal(self) -> list[tuple[int, bytes]]:
        with closing(self.store()) as reader:
            reader.open("a reader")
            return list(reader.journal())

    def leave(self) -> None:
        """On a shared store the one at work is there until the next one is."""
        self.engine.checkpoint()
        self.left.append(self.engine)

    def close(self) -> None:
        for engine in (self.engine, *self.others, *self.left):
            engine._store.close()


def play_all(rules: Ruled, play: Play, url: str, rng: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        players = Players(rules, play, Path(folder), url, rng)
        try:
            for players.number, act in enumerate(play.acts):
                players.do(act)
            for engine in players.others:
                engine.follow()
                if engine.standing() != players.engine.standing():
                    raise Different("replicas differ in what stands")
                if engine.history() != players.engine.history():
                    raise Different("replicas differ in what was withdrawn, or in versions")
                held, others_held = players.holds(players.engine), players.holds(engine)
                if held != others_held:
                    raise Different(f"replicas differ in what they hold: {held} and {others_held}")
        finally:
            players.close()


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
@pytest.mark.seeds(25)
def test_replicas_say_what_the_reference_says(binary: Path, scheme: str, seed: int) -> None:
    rng = Random(seed)
    schema = make_schema(rng)
    rules = ruled(str(make_rules(rng, schema)))
    for number in range(HISTORIES):
        made = make_play(rng, schema, make_history(rng, schema))
        url = servers.new_state(binary, scheme)
        play = Play(made.acts, "redis", made.system)
        played(rules, play, url, seed, number)


@pytest.mark.seeds(8)
def test_replicas_forget_the_same_and_say_what_the_reference_says(binary: Path, seed: int) -> None:
    rng = Random(seed)
    schema = make_schema(rng, forgetful=True)
    rules = ruled(str(make_rules(rng, schema)))
    for number in range(HISTORIES):
        played(rules, far_play(rng, schema, "redis"), servers.new_state(binary, "redis"), seed, number)


def played(rules: Ruled, play: Play, url: str, seed: int, number: int) -> None:
    try:
        play_all(rules, play, url, Random(seed))
    except Different as found:
        told = "\n".join(map(str, play.acts))
        pytest.fail(f"seed {seed}, history {number}: {found}\n{rules.text}\n{told}", pytrace=False)
