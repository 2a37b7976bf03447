"""Whatever is written, the checker answers: with a rule, or with what is wrong with it. It never breaks."""

from __future__ import annotations

import random
import re

import pytest

import rulelang
from engine import Engine
from rulelang import syntax
from rulelang.effective import describe
from rulelang.lint import lint_with_fixes
from rulelang.parse import parse_file
from rulelang.render import render_text
from rulelang.resolve.declare import declare
from rulelang.resolve.rules import resolve_rule
from rulelang.resolve.schema import Schema
from tests.language.resolving import DECLARATIONS
from tests.language.test_resolve_errors import EXAMPLES

PIECES = re.compile(r'"[^"]*"|\w+(?:\.\w+)?|[^\s\w]+')
LETS = """
let high = alcohol > 80
let term = 3d
let grave = ("a", "b")
let busy = count(settlement) > 3 within officer over 30d
let a = b + 1
let b = a + 1
"""


def conditions() -> list[str]:
    """The examples of errors and other conditions, without their marks."""
    wrong = [text.replace("«", "").replace("»", "") for texts in EXAMPLES.values() for text in texts if len(text) < 300]
    return [
        *(text for text in wrong if not text.startswith(("let ", "table "))),
        "detention followed by ruling where amount > this.amount and count(ruling) > 1 within case over 3d",
        "share(settlement where booked among points > 3 at least 20) > 30% within officer over 90d",
        "(count(settlement) within officer over 30d) > 3 * (distinct(settlement.officer) within licence over 30d)",
        "high within case or busy",
        "alcohol > fine_floor(machine, canonical(officer)) and time during working_hours",
        "due between 2026-01-01 and 2026-03-01T00:00 and limit or else term > 2 * term",
        "rule r on detention after due - time when count(ruling) == 0 within case about officer points alcohol sample 2% by case",
    ]


def rules_of(text: str) -> list[tuple[syntax.Rule, Schema]]:
    """The rules of a text, with what they are over; none where it cannot be read."""
    file, errors = parse_file("x.rules", DECLARATIONS + LETS + text)
    if errors:
        return []
    schema, _ = declare([file], lambda name, span: (None, []))
    return [(rule, schema) for rule in schema.rules.values()]


@pytest.mark.parametrize("seed", range(4))
def test_a_rule_made_of_parts_of_others_is_answered(seed: int) -> None:
    rng = random.Random(seed)
    texts = conditions()
    words = [word for text in texts for word in PIECES.findall(text)]
    checked = 0
    for _ in range(100):
        parts = PIECES.findall(rng.choice(texts))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(parts))
            parts[place : place + rng.randint(0, 1)] = rng.choice([[rng.choice(words)], [rng.choice(words)], []])
            parts = parts or ["true"]
        text = " ".join(parts)
        for written, schema in rules_of(text if text.startswith("rule ") else f"rule r when {text}"):
            rule, problems = resolve_rule(written, schema)
            assert (rule is None) == bool(problems)
            checked += 1
    assert checked > 5


# ------------------------------------------------------------------ whole rule sets

WORLD = """
rule breath when alcohol > drunk_at(time) or else 80 about officer points 1
rule both when alcohol > 80 and result < 80 within case over 30d about breath_test.officer points max(1, alcohol / 10) level red
rule held when detention where limit > 1d not followed by ruling where amount > 3 within case over 3d of working_hours
rule due on detention after detention.due - detention.time when count(ruling) == 0 within case about case
rule many on end of month when count(settlement) > 2 * previous count(settlement) within officer over month points count(settlement)
rule ratio when (count(settlement) within officer over 30d) > 3 * (count(settlement) / distinct(settlement.officer) within licence over 30d)
rule pair when sum(settlement.points where amount > this.amount) > 3 within officer, licence over 30d repeat after 7d
rule sharing when share(settlement where booked among grade > 1 at least 20) > 30% within officer over 90d
rule twins when distinct(spelling(login.account)) > 1 within account message "{account} {first(login.place)} {time}"
rule aimed when count(reset where account != target) > 1 within account by target sample 10% by account
rule kept when officer in ("P1", "P2") and place like "湘*" or spelling(officer) starts with " " about officer
rule answered when ruling preceded by detention where limit > 1h within case except mild until 2026-12-31 because "trial"
rule seen when count(finding where finding.points > 1) > 2 within officer over 90d about finding.officer level orange approval
rule warned when count(warning where warning.level == "red") > 0 within officer since 2026-01-01 until 2026-12-31
rule shift on posting when shifts(unit) > 7h and hour(time) between 6 and 22 and time during working_hours repeat always shadow
rule low when ruling.amount < fine_floor(canonical(ruling.case), "R") or fine_floor("A", "R") > ruling.amount within case
ladder conduct within officer over 365d weight 20% blue at 1 yellow at 2.5 action "talk" deadline 3d of working_hours
ladder teams within unit over quarter categories breath blue at 3 red at 9
test "t"
    posting at 2026-03-01T10:00 officer=P1 unit=U1
    breath_test at +1d officer=P1 case=C1 alcohol=90
    expect breath about officer P1 points 1
    expect officer P1 at blue of conduct
"""
TABLE = """
table drunk_at(at: time): number "mg/100ml"
    2026-01-01T00:00: 80
"""

ALIKE = (
    ("number", "integer", "text", "boolean", "time", "duration", "officer", "case", "unit", "licence", "account"),
    (
        "posting",
        "breath_test",
        "blood_test",
        "detention",
        "ruling",
        "settlement",
        "login",
        "reset",
        "swap",
        "heartbeat",
        "finding",
        "warning",
    ),
    ("alcohol", "result", "due", "limit", "amount", "mild", "points", "booked", "grade", "account", "target", "place", "machine", "time"),
    ("count", "sum", "avg", "min", "max", "first", "latest", "distinct", "share", "round", "abs", "hour", "hours", "length", "spelling"),
    ("case", "officer", "licence", "unit", "account", "ghost", "case, officer", "officer by giver"),
    ("1d", "30d", "90d", "365d", "400d", "90m", "0s", "3w", "day", "month", "year"),
    ("and", "or"),
    ("followed by", "preceded by", "not followed by", "not preceded by"),
    (">", "<", "==", "!=", ">=", "in", "like"),
    ("0", "1", "2.5", "80", "80%", "-3", "1e300"),
    ("about officer", "about case", "level red", "points 3", "repeat always", "sample 2% by officer", "on ruling", "shadow", ""),
    ("3d of working_hours", "36h of working_hours", "3d", "month"),
)
"""Words that stand in the same places: one is put for another."""


def some_of(rng: random.Random, world: str) -> str:
    """Some of the rules, and all else."""
    return "\n".join(
        line for line in world.split("\n") if not line.startswith("rule ") or line.startswith("rule breath ") or rng.random() < 0.3
    )


def changed(rng: random.Random, text: str) -> str:
    """The text with a word put for another of its kind, everywhere or once, or with a line left out, doubled or moved."""
    if rng.random() < 0.2:
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        kept = [] if rng.random() < 0.5 else [lines[at], lines[at]]
        lines[at : at + 1] = kept
        return "\n".join(lines)
    for _ in range(20):
        words = rng.choice(ALIKE)
        old, new = rng.choice(words), rng.choice(words)
        places = [found.start() for found in re.finditer(rf"(?<![\w.]){re.escape(old)}(?!\w)", text)] if old else []
        if places and old != new:
            chosen = places if rng.random() < 0.2 else [rng.choice(places)]
            for place in reversed(chosen):
                text = text[:place] + new + text[place + len(old) :]
            return text
    return text


@pytest.mark.parametrize("seed", range(10))
def test_a_rule_set_in_which_types_and_names_are_swapped_is_answered_or_runs(seed: int) -> None:
    rng = random.Random(seed)
    whole, broken = 0, 0
    for _ in range(100):
        text = DECLARATIONS + TABLE + some_of(rng, WORLD)
        for _ in range(rng.randint(0, 4)):
            text = changed(rng, text)
        checked = rulelang.check_text(text)
        assert render_text(checked.diagnostics, checked.sources, colour=False) or not checked.diagnostics
        if checked.ruleset is None:
            assert checked.errors
            broken += 1
            continue
        whole += 1
        for linted in lint_with_fixes(checked):
            assert linted.diagnostic.span.end <= len(text)
        for rule in checked.ruleset.rules:
            assert describe(rule, checked.ruleset)
        Engine(rulelang.compile_checked(checked), store="memory:").evaluate({"id": "1", "type": "heartbeat", "time": 0})
    assert whole
    assert broken
