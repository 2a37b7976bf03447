"""Whatever is written, the checker answers: with a rule, or with what is wrong with it. It never breaks."""

from __future__ import annotations

import random
import re

import pytest

from rulelang import syntax
from rulelang.parse import parse_file
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
