"""Whatever is done to them in whatever order, all stores give the same answers as `memory:`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.stores.interface import Checkpoint
from engine.stores.memory import MemoryStore
from tests.stores.places import PLACE_NAMES, place

KINDS = st.sampled_from(["event", "finding"])
KEYS = st.text(st.sampled_from("ab\x00é京\ud800"), max_size=2)


class Agreement(RuleBasedStateMachine):
    """One store and its twin. `at` is set by the test below."""

    at: str

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._place = place(self.at, Path(self._folder.name))
        self._twin = MemoryStore(durable=True)
        self._store = self._place()
        self._program = "rules-1"
        assert self._store.open("rules-1") == self._twin.open("rules-1")

    @rule(entry=st.binary(max_size=50))
    def append(self, entry: bytes) -> None:
        assert self._store.append(entry) == self._twin.append(entry)

    @rule(items=st.dictionaries(st.tuples(KINDS, KEYS), st.none() | st.binary(max_size=4), max_size=5), data=st.data())
    def checkpoint(self, items: dict[tuple[str, str], bytes | None], data: st.DataObject) -> None:
        checkpoint = Checkpoint(items, data.draw(st.integers(self._twin.applied(), self._twin.verify())))
        self._store.checkpoint(checkpoint)
        self._twin.checkpoint(checkpoint)

    @rule(program=st.sampled_from(["rules-1", "rules-2"]))
    def open_again(self, program: str) -> None:
        self._store.close()
        self._twin.close()
        self._store = self._place()
        assert self._store.open(program) == self._twin.open(program)

    @rule(kind=KINDS, keys=st.lists(KEYS, max_size=4))
    def load(self, kind: str, keys: list[str]) -> None:
        assert self._store.load(kind, keys) == self._twin.load(kind, keys)

    @rule(name=st.sampled_from(["one", "other"]), value=st.binary(min_size=1, max_size=2), fits=st.booleans())
    def set_aside(self, name: str, value: bytes, fits: bool) -> None:
        there = self._twin.aside(name)
        if value == there:
            return  # no value is ever set twice
        before = there if fits else b"another"
        assert self._store.set_aside(name, value, before) == self._twin.set_aside(name, value, before) == fits

    @rule(after=st.integers(0, 10))
    def read_the_journal(self, after: int) -> None:
        assert list(self._store.journal(after)) == list(self._twin.journal(after))

    @invariant()
    def they_agree(self) -> None:
        assert self._store.applied() == self._twin.applied()
        assert self._store.head() == self._twin.head()
        assert self._store.verify() == self._twin.verify()
        for kind in ("event", "finding"):
            assert list(self._store.items(kind)) == list(self._twin.items(kind))
        for name in ("one", "other"):
            assert self._store.aside(name) == self._twin.aside(name)

    def teardown(self) -> None:
        self._store.close()
        self._folder.cleanup()


@pytest.mark.parametrize("at", [name for name in PLACE_NAMES if not name.startswith("rediss")])
def test_a_store_agrees_with_memory(at: str) -> None:
    machine = type("Agreement", (Agreement,), {"at": at})
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    machine.TestCase("runTest").runTest()
