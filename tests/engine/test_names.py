"""What is known of names, in memory and of those that are no longer there."""

from __future__ import annotations

import random

import pytest

from engine import Engine
from engine.fold import HeldNames, SavedNames
from engine.machine import Machine
from engine.names import block_key, place_of_block
from engine.stores.memory import MemoryStore
from engine.values import Event, sip_hash
from rulelang import compile_text
from tests.machine.programs import Maker

RULES = "entity officer\nevent act\n    officer: officer\nrule busy\n    when count(act) >= 2 within officer over 1d\n"
ACT = {"id": "e1", "type": "act", "time": "2026-01-01T00:00:00Z", "officer": "P1"}
KNOWN_FOR = [1_000] * 10


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Maker({"e": {"n": "integer"}}).machine()


def event(machine: Machine, number: int, *, source: str = "lab", n: int = 0) -> Event:
    sent = {"id": f"e{number}", "source": source, "type": "e", "time": f"1970-01-01T00:00:00.{number % 1_000_000:06}Z", "n": n}
    return machine.decode(sent)


def test_the_hash_is_siphash_as_its_authors_publish_it() -> None:
    key = bytes(range(16))
    assert sip_hash(key, b"").hex() == "a3817f04ba25a8e66df67214c7550293"
    assert sip_hash(key, b"\0").hex() == "da87c1d86b99af44347659119b22fc45"
    assert len({sip_hash(key, bytes(range(n))) for n in range(65)}) == 65
    with pytest.raises(ValueError, match="16 bytes"):
        sip_hash(b"short", b"")


def test_a_name_that_is_held_stands_for_its_content_also_when_the_event_is_not_kept_any_more(machine: Machine) -> None:
    held, n = HeldNames(KNOWN_FOR), 40_000  # twice as many as events are kept, and some
    for number in range(n):
        held.keep(event(machine, number, n=number), None)
    assert len(held) == n
    for number in random.Random(1).sample(range(n), 2_000):
        place = held.get("lab", f"e{number}", None)
        assert place is not None
        assert held.says(place, event(machine, number, n=number))
        assert held.says(place, event(machine, number, source="court", n=number))
        assert not held.says(place, event(machine, number, n=number + 1))
        assert held.get("court", f"e{number}", None) is None


def test_a_name_is_free_from_its_moment_on_and_forgotten_after_it(machine: Machine) -> None:
    held, saved = HeldNames(KNOWN_FOR), SavedNames(KNOWN_FOR)
    for number in range(1_000):
        held.keep(event(machine, number), f"answer {number}")
        saved.add(event(machine, number), 7, 3, number % 512)
    assert held.get("lab", "e20", 1_019) is not None
    assert held.get("lab", "e20", 1_020) is None
    held.forget(1_500)
    saved.forget(1_500)
    assert len(held) == len(saved) == 499
    for number in range(1_000):
        place = held.get("lab", f"e{number}", None)
        assert (None if place is None else held.answer(place)) == (f"answer {number}" if number > 500 else None)
        assert saved.find("lab", f"e{number}") == ([(7, 3, number % 512)] if number > 500 else [])
    held.clear()
    assert len(held) == 0
    assert held.get("lab", "e999", None) is None


def test_what_came_last_under_a_name_is_found_first(machine: Machine) -> None:
    held, saved = HeldNames(KNOWN_FOR), SavedNames(KNOWN_FOR)
    one, two, three = (event(machine, number) for number in range(3))
    saved.add(one, 1, 0, 0)
    saved.add(two, 1, 0, 1)
    saved.add(one, 2**34, 2**20 - 1, 511)
    assert saved.find("lab", "e0") == [(2**34, 2**20 - 1, 511), (1, 0, 0)]
    held.keep(two, None)
    assert saved.among([one, two, three], held) == ([one], [two])
    held.keep(event(machine, 1, n=5), None)
    place = held.get("lab", "e1", None)
    assert len(held) == 1
    assert place is not None
    assert held.says(place, event(machine, 1, n=5))


@pytest.mark.parametrize("place", [(2**35, 0, 0), (1, 2**20, 0), (1, 0, 512)])
def test_a_place_that_cannot_be_told_apart_is_an_error(machine: Machine, place: tuple[int, int, int]) -> None:
    with pytest.raises(OverflowError):
        SavedNames(KNOWN_FOR).add(event(machine, 1), *place)


def test_blocks_are_bounded_and_hold_all_events_in_order(machine: Machine) -> None:
    events = [event(machine, number, source=f"s{number // 700}", n=number) for number in range(2_000)]
    blocks = machine.encode_blocks(events, set(range(1_500, 2_000)))
    assert [count for _, count in blocks] == [512, 512, 512, 464]
    read = [found for block, _ in blocks for found in machine.decode_block(block)]
    assert [accepted for _, accepted in read] == [True] * 1_500 + [False] * 500
    assert [(found.source, found.id, found.time, found.digest) for found, _ in read] == [
        (sent.source, sent.id, sent.time, sent.digest) for sent in events
    ]
    assert machine.encode_blocks([], set()) == []
    assert place_of_block(block_key(12, 3)) == (12, 3)


def test_long_records_close_a_block_early() -> None:
    machine = Maker({"e": {"t": "text"}}).machine()
    long = [machine.decode({"id": str(number), "type": "e", "time": "2026-01-01T00:00Z", "t": "x" * 4_000}) for number in range(40)]
    assert [count for _, count in machine.encode_blocks(long, set())] == [17, 17, 6]


def test_a_block_that_is_cut_or_of_another_version_is_an_error(machine: Machine) -> None:
    [(block, _)] = machine.encode_blocks([event(machine, 1), event(machine, 2)], set())
    for length in range(len(block)):
        if length not in (1, 1 + (len(block) - 1) // 2):  # between events
            with pytest.raises(ValueError, match=r"ends early|another version"):
                machine.decode_block(block[:length])
    with pytest.raises(ValueError, match="another version"):
        machine.decode_block(b"\7" + block[1:])


def test_names_leave_memory_with_a_checkpoint_and_stay_known() -> None:
    eng = Engine(compile_text(RULES), store=MemoryStore(durable=True))
    second = eng.evaluate_batch([ACT, {**ACT, "id": "e2"}])[1]
    eng.checkpoint()
    assert len(eng._names) == 0
    again, other = eng.evaluate_batch([{**ACT, "id": "e2"}, {**ACT, "officer": "P2"}])
    assert (again.status, again.findings) == ("duplicate", second.findings)
    assert other.status == "conflict"
    eng.checkpoint()
    assert eng.evaluate({**ACT, "officer": "P2"}).status == "conflict"
    assert eng.counters == {"accepted": 2, "duplicate": 1, "conflict": 2}
