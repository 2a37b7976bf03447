"""Texts that a program knows: names of fields and constants, found among whatever is sent."""

from __future__ import annotations

import random

import pytest

import rulelang
from engine.machine import Frame, Machine
from engine.program import load
from tests.machine.programs import Maker

LONG = "a text that is longer than a word of the processor"


def some_text(dice: random.Random) -> str:
    letters = dice.choice(["ab", "ab", "aé", "a湘", "a\U0001f600", "\x00a"])
    text = "".join(dice.choice(letters) for _ in range(dice.choice([0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 40])))
    if dice.random() < 0.2:
        at = dice.randrange(len(LONG))
        return LONG[:at] + text[:1] + LONG[at + 1 :]
    return text


class Other(str):
    """A text of a subclass."""


@pytest.mark.seeds(10)
def test_a_text_is_in_a_set_or_not_whatever_its_letters(seed: int) -> None:
    dice = random.Random(f"texts {seed}")
    known = {some_text(dice) for _ in range(dice.choice([0, 1, 2, 50, 300]))}
    maker = Maker({"e": {"t": "text"}}, sets=[{"kind": "text", "values": sorted(known)}])
    code = maker.code(".t, IN_SET 0")
    machine = maker.machine()
    frame = Frame()
    for text in [*known, *(some_text(dice) for _ in range(300))]:
        for sent in (text, "".join(list(text)), Other(text)):
            frame.current = machine.decode({"id": "1", "type": "e", "time": "2026-01-01T00:00Z", "t": sent})
            assert machine.evaluate(code, frame) is (text in known), (text, known)


@pytest.mark.seeds(10)
def test_fields_are_found_whatever_their_names(seed: int) -> None:
    dice = random.Random(f"names {seed}")
    names = [name for name in {some_text(dice) for _ in range(60)} if name not in ("id", "type", "time", "source")]
    machine = Maker({"e": dict.fromkeys(names, "integer")}).machine()
    for _ in range(20):
        sent = {name: number for number, name in enumerate(names) if dice.random() < 0.7}
        items = [*sent.items(), ("id", "1"), ("type", "e"), ("time", "2026-01-01T00:00Z"), *((some_text(dice), "x") for _ in range(3))]
        items = [item for item in items if item[1] != "x" or item[0] not in names]
        dice.shuffle(items)
        found = machine.decode(dict(items))
        assert found.values()[3:] == [sent.get(name) for name in names]
        assert found.ignored == len(dict(items)) - len(sent) - 3


def test_rules_that_name_more_texts_than_all_bitmaps_are_kept_for() -> None:
    named = [f"device {number}" for number in range(34_000)]
    rules = [
        f"rule {name}\n    on e\n    when t in ({', '.join(map(repr, texts))})\n".replace("'", '"')
        for name, texts in (("first", named[:17_000]), ("second", named[17_000:]), ("other", ["device 7", "x"]))
    ]
    machine = Machine(load(rulelang.compile_text("event e\n    t: text\n" + "".join(rules))))
    sent = {"id": "1", "type": "e", "time": "2026-01-01T00:00Z"}
    assert machine.matches({**sent, "t": "device 7"}) == ["first", "other"]
    assert machine.matches({**sent, "t": "device 17000"}) == ["second"]
    assert machine.matches({**sent, "t": "device 34000"}) == []
    assert machine.matches({**sent, "t": "x"}) == ["other"]
    assert machine.matches(sent) == []
