"""What a rule need not be looked at for is seen by nobody: the same is found, and left undecided, as where every rule is looked at on every event."""

from __future__ import annotations

import random
from typing import Any

import pytest

import engine
import rulelang
from engine.texts import time_text

START_US = 1_767_225_600_000_000
COMPARED = (">", ">=", "==", "<", "<=", "!=")
WINDOWS = ("30s", "2m", "10m", "1h", "day")


def aggregate(made: random.Random) -> str:
    """A question about what an officer does, whose answer changes every now and then."""
    few, many, sign = made.randrange(1, 6), made.randrange(1, 30), made.choice(COMPARED[:2] * 4 + COMPARED)
    return made.choice(
        (
            f"count(act) {sign} {many}",
            f"previous count(act) {sign} {many}",
            f"count(act where amount > {made.randrange(60, 100)}) {sign} {few}",
            f"count(act where night) {sign} {few}",
            f"distinct(act.vehicle) {sign} {many}",
            f"sum(act.points) {sign} {made.randrange(5, 300)}",
            f"sum(act.amount) {sign} {made.uniform(50, 3_000):.2f}",
            f"sum(act.amount where night) {sign} {made.uniform(50, 1_000):.2f}",
            f"avg(act.amount) {sign} {made.randrange(100)}",
            f"max(act.amount) {sign} {made.randrange(50, 120)}",
            f"min(act.points) {sign} {made.randrange(-3, 13)}",
            f"latest(act.amount) {sign} {made.randrange(100)}",
            f"share(act where night at least {many}) {made.choice(COMPARED[:2])} {made.randrange(10, 90)}%",
            f"share(act where amount > 50 among night at least {few}) {made.choice(COMPARED[:2])} {made.randrange(10, 90)}%",
        )
    )


def pattern(made: random.Random) -> str:
    """Two acts, of which one says what the other must be like."""
    kind, field = made.choice(("followed by", "not followed by", "preceded by", "not preceded by")), made.choice(("amount", "points"))
    comparison = f"{field} {made.choice(('>', '>=', '<', '<='))} {made.choice((0.5, 2, 9))} * this.{field}"
    there, here = made.choice((comparison, comparison, "night")), "points > 8"
    return f"act where {there} {kind} act where {here}" if kind == "followed by" else f"act where {here} {kind} act where {there}"


def rules(made: random.Random) -> str:
    """Rules with one question or two, some of which a later anchor joins."""
    lines = [
        "entity officer",
        "event act",
        "    officer: officer",
        "    vehicle: text",
        "    amount: number",
        "    points: integer",
        "    night: boolean",
    ]
    for number in range(24):
        if made.random() < 0.2:
            when, window = pattern(made), made.choice(WINDOWS[:-1])
        else:
            when, window = " and ".join(aggregate(made) for _ in range(made.choice((1, 1, 2)))), made.choice(WINDOWS)
        lines += [
            f"rule r{number}",
            f"    when {when} within officer over {window}",
            f"    repeat {made.choice(('always', 'after 2m', 'after 1h'))}",
        ]
    return "\n".join(lines) + "\n"


def acts(made: random.Random) -> list[dict[str, Any]]:
    """Of two officers; some late, some at one moment, some without all that they could say. Amounts grow as time goes by, and may be below nothing."""
    told: list[dict[str, Any]] = []
    now, lacking, below = START_US, made.choice((0, 0, 0.02)), made.choice((0, 0, 0.02))
    for number in range(made.choice((30, 200, 500))):
        now += made.choice((0, 1, 1_000_000, 5_000_000, 5_000_000, 20_000_000, 90_000_000 if number % 50 == 0 else 1_000_000))
        late = made.randrange(300_000_000) if made.random() < 0.03 else 0
        said = {
            "vehicle": f"AB{made.randrange(40)}",
            "amount": round(made.uniform(0, 100 if number < 100 else 130), 2) * (-1 if made.random() < below else 1),
            "points": made.randrange(13) * (-1 if made.random() < below else 1),
            "night": made.random() < 0.3,
        }
        told.append(
            {
                "id": f"e{number}",
                "source": "s",
                "type": "act",
                "time": time_text(now - late),
                "officer": f"P{made.randrange(2)}",
                **{name: value for name, value in said.items() if made.random() >= lacking},
            }
        )
    return told


@pytest.mark.seeds(25)
def test_rules_that_rest_miss_nothing(seed: int) -> None:
    made = random.Random(seed)
    text, told = rules(made), acts(made)
    program = rulelang.compile_text(text)
    glancing = engine.Engine(program)
    looking = engine.Engine(program, on_looked=lambda *_: None)
    answers = [[eng.evaluate_batch([event])[0] for event in told] for eng in (glancing, looking)]
    assert answers[0] == answers[1], f"seed {seed}"
    assert glancing.standing() == looking.standing(), f"seed {seed}"
    assert glancing.undecided == looking.undecided, f"seed {seed}"


def test_a_window_of_one_question_is_not_that_of_the_next() -> None:
    """Four acts half a minute ago, and now one: the first part is read at a glance by nothing, the second by the window before this one."""
    program = rulelang.compile_text(
        "entity officer\nevent act\n    officer: officer\n    vehicle: text\n"
        "rule busy_before\n    when distinct(act.vehicle) <= 26 and previous count(act) >= 4 within officer over 30s\n"
    )
    eng = engine.Engine(program)
    for number, second in enumerate((0, 1, 2, 3, 33)):
        time = time_text(START_US + second * 1_000_000)
        eng.evaluate({"id": f"e{number}", "source": "s", "type": "act", "time": time, "officer": "P1", "vehicle": "AB1"})
    assert [shown["rule"] for shown in eng.standing()] == ["busy_before"]
