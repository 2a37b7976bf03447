"""The straight way through the parser's tables comes out where Lark's own parser does, of whatever text: with the same nodes, or stuck where that fails."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from lark import Lark
from lark.exceptions import UnexpectedInput

from rulelang import grammar
from rulelang.build import Build
from rulelang.diagnostics import Diagnostic
from rulelang.parse import parse_again, parse_file
from rulelang.punctuation import as_ascii
from rulelang.straight import Straight, Stuck
from tests.language.ruletexts import rule_text, scattered
from tests.language.test_fuzz import MUTATIONS, NAMES, SHIPPED

Made = tuple[Any, list[Diagnostic]] | None


@cache
def parsers() -> tuple[Build, Lark, Straight]:
    build = Build()
    lark = grammar.parser(build)
    return build, lark, Straight(lark)


def by_lark(text: str, start: str) -> Made:
    build, lark, _ = parsers()
    build.begin("x.rules", 7)
    try:
        return lark.parse(text, start=start), build.errors
    except UnexpectedInput:
        return None


def straight(text: str, start: str) -> Made:
    build, _, way = parsers()
    build.begin("x.rules", 7)
    try:
        return way.parse(text, start), build.errors
    except Stuck:
        return None


def test_shipped_rules() -> None:
    for name in NAMES:
        text = as_ascii(SHIPPED[name].decode()).text
        found = straight(text, "start")
        assert found is not None
        assert found == by_lark(text, "start")


@pytest.mark.seeds(40)
def test_any_text(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(15):
        text = scattered(rule_text(rng), rng)
        if rng.random() < 0.6:
            text = rng.choice(MUTATIONS)(text, rng)
        clean = as_ascii(text).text
        assert straight(clean, "start") == by_lark(clean, "start"), clean
        cut = sorted(rng.randrange(len(clean) + 1) for _ in range(2))
        piece, start = clean[cut[0] : cut[1]], rng.choice(grammar.STARTS)
        assert straight(piece, start) == by_lark(piece, start), (start, piece)


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ("expr", "a"),
        ("expr", "((a))"),
        ("expr", "not a and -b * 2 > 3 or c in (1, 2,)"),
        ("expr", "a # the last word\n"),
        ("expr", "\ufeffa\ufeff > \ufeff1"),
        ("clauses", ""),
        ("clauses", " # nothing\n"),
        ("steps", "clock +1d\nexpect no finding"),
        ("fields", 'a: number "mg"\nb: (text)'),
        ("rows", '"a", 1: 2 since 2026-01-01\n-2.5'),
    ],
)
def test_parts_of_declarations(start: str, text: str) -> None:
    found = straight(text, start)
    assert found is not None
    assert found == by_lark(text, start)


@pytest.mark.parametrize(
    ("start", "text"), [("expr", ""), ("expr", "a b"), ("expr", "a >"), ("start", "rule"), ("start", "§"), ("start", "let a = 1 )")]
)
def test_what_cannot_be_read(start: str, text: str) -> None:
    assert straight(text, start) is None
    assert by_lark(text, start) is None


@pytest.mark.seeds(40)
def test_a_declaration_means_the_same_when_it_is_read_by_itself(seed: int) -> None:
    rng = random.Random(seed)
    text = scattered(rule_text(rng), rng)
    file, errors = parse_file("x.rules", text)
    assert errors == []
    assert tuple(parse_again("x.rules", text, [(d.span.start, d.span.end) for d in file.declarations])) == file.declarations
