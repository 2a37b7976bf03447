"""The listing of a program: golden, and complete enough to be worth it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from engine.disassemble import disassemble
from engine.instructions import INSTRUCTIONS
from engine.program import load
from engine.verifying.plan import PLAN
from engine.verifying.shapes import Either, Entries, Items, Maybe, Record, Row, Shape, Truth, Word
from tests.program.building import GOLDEN, RULE_FILES, golden
from tools.generate_listings import listings

NAMES = [path.stem for path in RULE_FILES]


def plans() -> list[Any]:
    return [load(golden(name)).plan for name in NAMES]


def instructions(name: str) -> Iterable[tuple[int, int, list[int]]]:
    """Word, number and operands of every instruction of a golden program."""
    program = load(golden(name))
    words = list(memoryview(program.code).cast("i"))
    at = 0
    while at < len(words):
        count = len(INSTRUCTIONS[words[at]].operands)
        yield at, words[at], words[at + 1 : at + 1 + count]
        at += 1 + count


@pytest.mark.parametrize("name", NAMES)
def test_the_listing_of_golden_rules_is_as_it_was(name: str) -> None:
    path = GOLDEN / f"{name}.listing"
    assert listings()[path] == path.read_text(encoding="utf-8"), "read the difference, then run python -m tools.generate_listings"


def test_the_golden_rules_use_every_instruction() -> None:
    used = {number for name in NAMES for _, number, _ in instructions(name)}
    assert [i.name for i in INSTRUCTIONS if i.number not in used] == []


def unused(shape: Shape, values: list[Any], place: str, words: dict[frozenset[str], set[str]]) -> Iterable[str]:
    """What a shape allows that none of the values at its place is. `words`: which words were used, of each choice of words."""
    match shape:
        case Record(fields=fields):
            for name, inner in fields.items():
                yield from unused(inner, [value[name] for value in values], f"{place}.{name}", words)
        case Items(shape=inner):
            yield from unused(inner, [item for value in values for item in value], f"{place}[]", words)
        case Row(shapes=shapes):
            for index, inner in enumerate(shapes):
                yield from unused(inner, [value[index] for value in values], f"{place}[{index}]", words)
        case Entries(shape=inner):
            yield from unused(inner, [item for value in values for item in value.values()], f"{place}[]", words)
        case Maybe(shape=inner):
            if None not in values:
                yield f"{place} null"
            yield from unused(inner, [value for value in values if value is not None], place, words)
        case Either(name=None, first=first, second=second):
            yield from unused(first, [value for value in values if isinstance(value, str)], place, words)
            yield from unused(second, [value for value in values if not isinstance(value, str)], place, words)
        case Either(name=str(name), first=first, second=second):
            yield from unused(first, [value for value in values if name in value], place, words)
            yield from unused(second, [value for value in values if name not in value], place, words)
        case Word(words=choice):
            words.setdefault(choice, set()).update(values)
        case Truth():
            yield from (f"{place} {truth}" for truth in (True, False) if truth not in values)
    if not values:
        yield f"{place} is never there"


def test_the_golden_rules_use_everything_that_a_plan_can_say() -> None:
    whole = plans()
    # For which no rule can be written: windows and gaps are of one form, but not each kind goes everywhere.
    not_there = (
        "plan.rules[].content[].pattern",
        "plan.rules[].content[] is never there",
        "plan.ladders[].window.gap",
        "plan.aggregates[].window.gap.us null",
        "plan.aggregates[].window.gap.period",
        "plan.patterns[].window.gap.period",
        "plan.ladders[].rungs[].deadline.period",
        # Steps are of one form, but a release and a decision have no use for all of it.
        "plan.procedures[].release.",
        "plan.procedures[].decision.",
        "plan.procedures[].steps[].deadline.period",
    )
    words: dict[frozenset[str], set[str]] = {}
    missing = [said for said in unused(PLAN, whole, "plan", words) if not said.startswith(not_there)]
    missing += [f"{word} of {sorted(of)}" for of, used in words.items() for word in of - used]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_marks_point_at_what_is_written_there(name: str) -> None:
    plan = load(golden(name)).plan
    text = (GOLDEN / f"{name}.rules").read_text(encoding="utf-8")
    places = {word: (start, end) for code in plan["codes"] for word, (_, start, end) in code["marks"]}
    checked = 0
    for at, number, operands in instructions(name):
        if at not in places:
            continue
        written = text[places[at][0] : places[at][1]]
        if INSTRUCTIONS[number].name == "CONSTANT" and plan["constants"][operands[0]][0] == "integer":
            assert int(written) == plan["constants"][operands[0]][1]
            checked += 1
        elif INSTRUCTIONS[number].name in ("FIELD", "THIS_FIELD"):
            kind, slot = plan["accesses"][operands[0]][0]
            field = {f["slot"]: f["name"] for f in plan["types"][kind]["fields"]}.get(slot, "")
            assert field in written
            checked += 1
    assert checked


def test_a_listing_shows_the_clauses_and_the_code_of_a_rule_together() -> None:
    listing = disassemble(load(golden("clauses")))
    rule = listing[listing.index("rule 0 everything") : listing.index("rule 1 ")]
    for expected in (
        "clauses.rules[",
        'title "A penalty above 20 000 yuan"',
        "looked at on penalty where code",
        "number 20000.0",
        "GREATER_NUMBER",
        "except until 2026-06-30 because",
        "repeat after 60d",
        "about officer: penalty.officer",
        "sample 0.02 by penalty.officer",
        "level orange, with approval",
        'message "Case "',
    ):
        assert expected in rule, expected


def test_every_number_of_a_plan_is_told_in_words_where_it_is_an_operand() -> None:
    listing = disassemble(load(golden("expressions")))
    for expected in (
        'text ("a", "b")',
        'LIKE                  "湘A*"',
        "MATCHES               " + json.dumps("^[A-Z]{2}\\d+$"),
        "act.word",
        "THIS_FIELD            act.officer | visit.officer",
        "spelling(account)",
        "DURING                duty",
        "LOOK_UP               floor_of",
        "NORMALISE             account",
        "NORMALISE             no entity",
        "ADD_INTEGER           time",
        "time 2026-03-02T04:00:00Z",
        "date 2026-03-31",
        "memo 0, to ",
    ):
        assert expected in listing, expected


def test_the_tool_finds_listings_that_are_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools import generate_listings

    monkeypatch.setattr(generate_listings, "ROOT", tmp_path)
    monkeypatch.setattr(generate_listings, "FOLDER", tmp_path)
    (tmp_path / "x.rules").write_text('timezone "UTC"\nevent e\n    n: number\nrule r\n    when n > 1\n', encoding="utf-8")
    (tmp_path / "gone.listing").write_text("", encoding="utf-8")
    assert generate_listings.main(["--check"]) == 1
    assert "gone.listing" in (shown := capsys.readouterr().err)
    assert "x.listing" in shown
    assert generate_listings.main([]) == 0
    assert generate_listings.main(["--check"]) == 0
    assert [path.name for path in sorted(tmp_path.glob("*.listing"))] == ["x.listing"]
