"""What the linter claims of conditions is held against all values that they can be given: a claim is never wrong.

Conditions are generated over small sets of values that contain each number written in them, the next ones and those between, and are
evaluated by the reference evaluator for every choice of these values, missing among them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from rulelang import model
from rulelang.lint.conditions import FALSE, NOT_FALSE, NOT_TRUE, TRUE, impossible
from rulelang.lint.framework import Subject
from rulelang.lint.rules.l002_always_true import RULE as SAYS_NOTHING
from rulelang.lint.walk import shape, walk
from tests.language.checking import checked_with
from tests.reference.events import Event, Value
from tests.reference.values import At, Names, evaluate

SCHEMA = """
timezone "Asia/Shanghai"
entity k
event e
    k: k
    n: integer
    m: integer
    x: number
    t: text
    b: boolean
    d: duration
"""

VALUES: dict[str, tuple[Value, ...]] = {
    "n": (None, -2, -1, 0, 1, 2, 3, 4),
    "m": (None, 0, 1, 2),
    "x": (None, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
    "t": (None, "", "a", "A", "b", " a", "ab"),
    "b": (None, False, True),
    "d": (None, 0, 1_000_000, 2_000_000, 3_000_000),
    "k": (None, "K"),
}
COUNTS: tuple[Value, ...] = (0, 1, 2, 3)

OUTCOMES = {
    TRUE: lambda value: value is True,
    FALSE: lambda value: value is False,
    NOT_TRUE: lambda value: value is not True,
    NOT_FALSE: lambda value: value is not False,
}


# ------------------------------------------------------------------ generating


def atom(rng: random.Random, names: str, scoped: bool) -> str:
    """A condition over one of the fields, or two, that is neither `and`, `or` nor `not`."""
    whole, op = str(rng.randint(-1, 3)), rng.choice(["==", "!=", "<", "<=", ">", ">="])
    number, seconds = rng.choice(["-0.5", "0", "0.5", "1", "2", "2.5"]), f"{rng.randint(0, 2)}s"
    text = rng.choice(['"a"', '"A"', '"b"', '" a"', '""'])
    texts = ", ".join(rng.sample(['"a"', '"A"', '"b"'], 2))
    forms = {
        "n": [
            f"n {op} {whole}",
            f"n {op} {number}",
            f"{whole} {op} n",
            f"n in ({whole}, 1)",
            f"n not in ({whole}, 0)",
            f"n between {whole} and 2",
            f"n is {rng.choice(['missing', 'present'])}",
            f"(n or else 1) {op} {whole}",
            f"abs(n) {op} {whole}",
            f"n mod 2 {op} {whole}",
            f"max(n, 1) {op} {whole}",
            f"min(n, 1) {op} {whole}",
            f"(n is missing) == {rng.choice(['true', 'false'])}",
        ],
        "m": [
            f"n {op} m",
            f"m {op} n",
            f"m between {whole} and n",
            f"n in (m, {whole})",
            "n not in (m, 1)",
            f"m {op} m",
            f"m {op} {whole}",
        ],
        "x": [
            f"x {op} {number}",
            f"{number} {op} x",
            f"x between {number} and 2",
            f"round(x) {op} {number}",
            f"x {op} n",
            f"x in ({number}, 1)",
        ],
        "t": [
            f"t {op} {text}",
            f"t in ({texts})",
            f"t not in ({texts})",
            f"lower(t) {rng.choice(['==', '!='])} {text}",
            f"upper(t) == {text}",
            f"trim(t) == {text}",
            f"length(t) {op} {whole}",
            f't like "{rng.choice("ab")}*"',
            "t is missing",
        ],
        "b": ["b", "not b", "b == true", "b != false", "(b or else true)", "b is present"],
        "d": [f"d {op} {seconds}", f"d between {seconds} and 2s", f"seconds(d) {op} {number}"],
        "k": ['k == "K"', 'k != " "', 'k == " "', 'k in ("K", "")', 'k not in ("K", "")', "k is missing"],
    }
    counted = [
        f"count(e) {op} {whole}",
        f"distinct(e.b) {op} {whole}",
        f"distinct(e.n) {op} {whole}",
        f"share(e where b at least 20) {op} {number}",
        f"max(e.n) {op} {whole}",
        f"sum(abs(e.n)) {op} {whole}",
        f"count(e) {op} distinct(e.n)",
        f"count(e) is {rng.choice(['missing', 'present'])}",
        "e followed by e",
    ]
    return rng.choice(counted if scoped and rng.random() < 0.4 else forms[rng.choice(names)])


def condition(rng: random.Random, depth: int, names: str, scoped: bool) -> str:
    if depth == 0 or rng.random() < 0.2:
        return atom(rng, names, scoped)
    if rng.random() < 0.25:
        return f"not ({condition(rng, depth - 1, names, scoped)})"
    op = rng.choice([" and ", " or "])
    return op.join(f"({condition(rng, depth - 1, names, scoped)})" for _ in range(rng.randint(2, 3)))


def generated(rng: random.Random, count: int, names: str = "nmxtbdk", *, scoped: bool = False) -> tuple[model.RuleSet, Subject]:
    """Rules with generated conditions, and what is linted."""
    within = " within k over 1d" if scoped else ""
    rules: list[str] = []
    while len(rules) < count:
        text = condition(rng, rng.randint(1, 3), names, scoped)
        if not (scoped and "not (e followed by e" in text):
            rules.append(f"rule r{len(rules)} on e when ({text}){within}\n")
    # What the resolver refuses (`not` before a pattern, however deep) is left out, and the rest is read again.
    while True:
        checked = checked_with(SCHEMA + "".join(rules))
        if checked.ruleset is not None:
            return checked.ruleset, Subject(checked.ruleset, checked.files, checked.sources)
        text = checked.sources["x.rules"]
        wrong = {text[: d.span.start].count("\n") - SCHEMA.count("\n") for d in checked.errors}
        assert {d.code for d in checked.errors} <= {"E410"}, checked.errors
        rules = [rule for i, rule in enumerate(rules) if i not in wrong]


# ------------------------------------------------------------------ evaluating


@dataclass(frozen=True, slots=True)
class Chosen:
    """What aggregates and patterns come to, by their shape."""

    values: dict[object, Value]

    def aggregate(self, node: model.Aggregate) -> Value:
        return self.values[shape(node)]

    def pattern(self, node: model.PatternTest) -> bool | None:
        value = self.values[shape(node)]
        assert value is None or isinstance(value, bool)
        return value


def choices(node: model.Expression) -> dict[object, tuple[Value, ...]]:
    """The values that the fields, aggregates and patterns in a condition may have."""
    found: dict[object, tuple[Value, ...]] = {}
    for part in outermost(node):
        match part:
            case model.FieldValue(name=name):
                found[name] = VALUES[name]
            case model.Aggregate(kind="count"):
                found[shape(part)] = COUNTS
            case model.Aggregate(kind="distinct", taken=taken):
                boolean = taken[0].value is not None and taken[0].value.type.kind is model.Kind.BOOLEAN
                found[shape(part)] = COUNTS[:3] if boolean else COUNTS
            case model.Aggregate(kind="share"):
                found[shape(part)] = (None, 0.0, 0.5, 1.0)
            case model.Aggregate(kind="sum"):
                found[shape(part)] = (None, 0, 1, 2, 3)
            case model.Aggregate(taken=taken):
                assert isinstance(taken[0].value, model.FieldValue)
                found[shape(part)] = VALUES[taken[0].value.name]
            case model.PatternTest():
                found[shape(part)] = (False, True)
    return found


def outermost(node: object) -> Iterator[model.Expression]:
    """Fields, aggregates and patterns, not those inside aggregates and patterns."""
    if isinstance(node, model.FieldValue | model.Aggregate | model.PatternTest):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from outermost(item)
    else:
        for name in getattr(node, "__dataclass_fields__", ()):
            yield from outermost(getattr(node, name))


@cache
def names_of(schema: str) -> Names:
    ruleset = checked_with(schema).ruleset
    assert ruleset is not None
    return Names(ruleset)


def outcomes(*nodes: model.Expression) -> Iterator[tuple[Value, ...]]:
    """What the conditions come to for every choice of values."""
    free: dict[object, tuple[Value, ...]] = {}
    for node in nodes:
        free |= choices(node)
    for chosen in itertools.product(*free.values()):
        values = dict(zip(free, chosen, strict=True))
        event = Event("e", 0, "", "1", {name: v for name, v in values.items() if isinstance(name, str) and v is not None}, {}, (0, "", "1"))
        at = At(names_of(SCHEMA), event, event, 0, Chosen(values))
        yield tuple(evaluate(node, at) for node in nodes)


# ------------------------------------------------------------------ the claims


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scoped", [False, True], ids=["one event", "a scope"])
def test_what_is_said_never_to_come_out_never_does(seed: int, scoped: bool) -> None:
    rng = random.Random(seed)
    ruleset, _ = generated(rng, 150, scoped=scoped)
    claims = 0
    for rule in ruleset.rules:
        for part in walk(rule.condition):
            if part.type.kind is not model.Kind.BOOLEAN:
                continue
            never = [outcome for outcome in OUTCOMES if impossible(part, outcome)]
            if never and len(choices(part)) <= 4:
                claims += len(never)
                for (value,) in outcomes(part):
                    assert not [o for o in never if OUTCOMES[o](value)], (seed, rule.condition)
    assert claims > 20


@pytest.mark.parametrize("seed", range(6))
def test_over_one_number_the_claim_is_made_wherever_it_is_right(seed: int) -> None:
    rng = random.Random(seed)
    texts = [one_number(rng, rng.randint(0, 3)) for _ in range(200)]
    ruleset = checked_with(SCHEMA + "".join(f"rule r{i} on e when {text}\n" for i, text in enumerate(texts))).ruleset
    assert ruleset is not None
    never = 0
    for rule, text in zip(ruleset.rules, texts, strict=True):
        seen = [value for (value,) in outcomes(rule.condition)]
        for outcome, holds in OUTCOMES.items():
            assert impossible(rule.condition, outcome) is not any(map(holds, seen)), (seed, outcome, text)
        never += True not in seen
    assert never > 10


def one_number(rng: random.Random, depth: int) -> str:
    """A condition over the integer `n` alone, read directly."""
    if depth == 0:
        op, number = rng.choice(["==", "!=", "<", "<=", ">", ">="]), rng.choice(["-1", "0", "0.5", "1", "2", "2.5", "3"])
        return rng.choice(
            [
                f"n {op} {number}",
                f"{number} {op} n",
                f"n in ({number}, 1)",
                f"n not in ({number}, 1)",
                f"n between 0 and {number}",
                "n is missing",
                "n is present",
            ]
        )
    if rng.random() < 0.25:
        return f"not ({one_number(rng, depth - 1)})"
    return rng.choice([" and ", " or "]).join(f"({one_number(rng, depth - 1)})" for _ in range(2))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_said_to_say_nothing_changes_nothing_when_left_out(seed: int) -> None:
    rng = random.Random(seed)
    ruleset, subject = generated(rng, 400, "nmxb")
    checked = 0
    by_rule = {rule.span: rule for rule in ruleset.rules}
    for rule in by_rule.values():
        one = Subject(replace(ruleset, rules=(rule,)), subject.files, subject.sources)
        spans = [f.span for f in SAYS_NOTHING.find(one) if f.message.startswith("this says nothing")]
        for span in spans[:1]:
            shorter = without(rule.condition, span)
            if len(choices(rule.condition)) <= 4:
                checked += 1
                assert all((a is True) == (b is True) for a, b in outcomes(rule.condition, shorter)), (
                    seed,
                    subject.text(span),
                    subject.text(rule.condition.span),
                )
    assert checked > 10


def without(node: model.Expression, span: object) -> model.Expression:
    """The condition without the part at a place."""
    match node:
        case model.Not(operand=operand):
            return replace(node, operand=without(operand, span))
        case model.Logic(operands=operands):
            rest = tuple(without(o, span) for o in operands if o.span != span)
            return rest[0] if len(rest) == 1 else replace(node, operands=rest)
    return node
