"""Events and rule sets for the benchmarks, all from a seed, each condition rendered for ours and for its twins.

In: sizes and seeds.  Out: events (dicts of 24 fields), conditions (small trees), and their texts in the
rule language, in Python and in Cython over typed rows.

A condition is a tree: ("and", [..]) ("or", [..]) ("not", c) ("cmp", op, a, b) ("in", field, [texts])
("flag", field) ("prefix", field, text); operands are ("field", name) ("value", v) ("op", sign, a, b).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

Tree = tuple[Any, ...]
Event = dict[str, Any]

KINDS = [
    "breath_test",
    "blood_test",
    "capture",
    "settlement",
    "registration",
    "inspection",
    "patrol",
    "login",
    "edit",
    "payment",
    "upload",
    "ruling",
]
REGIONS = [f"R{i:02d}" for i in range(31)]
MODELS = [f"M{i:03d}" for i in range(200)]
CHANNELS = ["web", "mobile", "handheld", "counter", "api"]
UNITS = [f"U{i:02d}" for i in range(40)]
FIELDS = {
    "kind": "text",
    "case_no": "text",
    "officer_no": "text",
    "unit_no": "text",
    "licence_no": "text",
    "plate": "text",
    "breath": "number",
    "blood": "number",
    "score": "integer",
    "fine": "number",
    "hour_of_day": "integer",
    "day_of_week": "integer",
    "speed": "number",
    "limit": "number",
    "auxiliary": "boolean",
    "video": "boolean",
    "channel": "text",
    "device_no": "text",
    "region": "text",
    "held_days": "integer",
    "documents": "integer",
    "failures": "integer",
    "model": "text",
    "amount": "number",
}


def events(count: int, seed: int = 1) -> list[Event]:
    """Each event's texts are objects of its own, as they are when they have just been read from a wire."""
    r = random.Random(seed)
    made: list[Event] = []
    for i in range(count):
        fields = {
            "kind": r.choice(KINDS),
            "case_no": f"C{r.randrange(10**8):08d}",
            "officer_no": f"P{r.randrange(4000):05d}",
            "unit_no": r.choice(UNITS),
            "licence_no": f"L{r.randrange(10**10):010d}",
            "plate": r.choice("ABCDEFGH") + r.choice("ABCDEFGH") + f"{r.randrange(10**5):05d}",
            "breath": round(r.uniform(0, 200), 2),
            "blood": round(r.uniform(0, 200), 2),
            "score": r.randrange(13),
            "fine": round(r.uniform(0, 3000), 2),
            "hour_of_day": r.randrange(24),
            "day_of_week": r.randrange(7),
            "speed": round(r.uniform(0, 180), 2),
            "limit": float(r.choice([30, 40, 60, 80, 100, 120])),
            "auxiliary": r.random() < 0.3,
            "video": r.random() < 0.7,
            "channel": r.choice(CHANNELS),
            "device_no": f"D{r.randrange(3000):04d}",
            "region": r.choice(REGIONS),
            "held_days": r.randrange(60),
            "documents": r.randrange(12),
            "failures": min(int(r.expovariate(0.7)), 20),
            "model": r.choice(MODELS),
            "amount": round(r.uniform(0, 50000), 2),
        }
        made.append({"id": f"e{i}", "source": "bench", "type": "record", "time": "2026-03-01T08:00:00Z", **fields})
    return [json.loads(json.dumps(e)) for e in made]


# ------------------------------------------------------------------ conditions


def compare(field: str, op: str, value: Any) -> Tree:
    return ("cmp", op, ("field", field), ("value", value))


def _leaf(r: random.Random, used: str) -> Tree:
    """One test of a field; `used` says which families may occur."""
    family = r.choice(used)
    if family == "e":
        field, values = r.choice([("kind", KINDS), ("region", REGIONS), ("channel", CHANNELS), ("model", MODELS), ("unit_no", UNITS)])
        return compare(field, "==", r.choice(values))
    if family == "i":
        field, values = r.choice([("kind", KINDS), ("region", REGIONS), ("unit_no", UNITS), ("model", MODELS)])
        return ("in", field, sorted(r.sample(values, r.randint(2, 4))))
    if family == "r":
        field, top = r.choice([("breath", 200), ("blood", 200), ("fine", 3000), ("speed", 180), ("amount", 50000)])
        return compare(field, r.choice(["<", ">", "<=", ">="]), round(r.uniform(0.1, 0.9) * top, 1))
    if family == "n":
        field, top = r.choice([("score", 12), ("hour_of_day", 23), ("held_days", 59), ("documents", 11), ("failures", 8)])
        return compare(field, r.choice(["<", ">", "<=", ">="]), r.randint(1, top - 1))
    if family == "a":
        a, b, top = r.choice([("speed", "limit", 3.0), ("fine", "amount", 0.5), ("breath", "blood", 2.0)])
        return ("cmp", ">", ("op", "/", ("field", a), ("field", b)), ("value", round(r.uniform(0.3, 1.0) * top, 2)))
    if family == "p":
        return ("prefix", "plate", r.choice("ABCDEFGH") + r.choice("ABCDEFGH"))
    return ("flag", r.choice(["auxiliary", "video"]))


def mixed(count: int, seed: int) -> list[Tree]:
    """Conditions like those that people write: a test of the kind, then two to four others."""
    r = random.Random(seed)
    made = []
    for _ in range(count):
        parts = [_leaf(r, "eeiirnnapf") for _ in range(r.randint(2, 3))]
        if r.random() < 0.6:
            parts.insert(0, compare("kind", "==", r.choice(KINDS)))
        if r.random() < 0.3:
            parts.append(("or", [_leaf(r, "rn"), _leaf(r, "rnf")]))
        if r.random() < 0.2:
            parts.append(("not", _leaf(r, "fe")))
        made.append(("and", parts))
    return made


def keyed(count: int, seed: int) -> list[Tree]:
    """Two equality tests each: the best case of any index."""
    r = random.Random(seed)
    return [
        (
            "and",
            [
                compare("kind", "==", r.choice(KINDS)),
                compare("region", "==", r.choice(REGIONS)),
                compare("score", ">=", r.randint(4, 12)),
                ("or", [compare("amount", ">", float(r.randrange(20000, 49000, 500))), compare("hour_of_day", "<", r.randint(1, 6))]),
            ],
        )
        for _ in range(count)
    ]


def unkeyed(count: int, seed: int) -> list[Tree]:
    """No equality test at all: ranges, `or`, prefixes and arithmetic, each rarely true."""
    r = random.Random(seed)
    made = []
    for _ in range(count):
        narrow = r.uniform(0, 49000)
        parts = [
            compare("amount", ">", round(narrow, 1)),
            compare("amount", "<", round(narrow + r.uniform(20, 400), 1)),
            ("or", [_leaf(r, "rn"), _leaf(r, "ra")]),
        ]
        if r.random() < 0.3:
            parts[0] = ("prefix", "plate", r.choice("ABCDEFGH") + r.choice("ABCDEFGH") + str(r.randrange(100)))
        if r.random() < 0.3:
            parts.append(_leaf(r, "a"))
        made.append(("and", parts))
    return made


SETS: dict[str, Callable[[], list[Tree]]] = {
    "mixed-54": lambda: mixed(54, 54),
    "keyed-1000": lambda: keyed(1000, 1000),
    "keyed-10000": lambda: keyed(10000, 10000),
    "unkeyed-10000": lambda: unkeyed(10000, 7),
}


# ------------------------------------------------------------------ renderings


def _quote(text: str) -> str:
    return f'"{text}"'


def render(tree: Tree, field: Callable[[str], str], member: Callable[[str, list[str]], str], prefix: Callable[[str, str], str]) -> str:
    """Infix text; the four languages differ only in how a field, a membership and a prefix are written."""

    def operand(x: Tree) -> str:
        if x[0] == "field":
            return field(x[1])
        if x[0] == "value":
            return _quote(x[1]) if isinstance(x[1], str) else repr(x[1])
        return f"({operand(x[2])} {x[1]} {operand(x[3])})"

    def walk(x: Tree) -> str:
        kind = x[0]
        if kind in ("and", "or"):
            return "(" + f" {kind} ".join(walk(part) for part in x[1]) + ")"
        if kind == "not":
            return f"not ({walk(x[1])})"
        if kind == "cmp":
            return f"{operand(x[2])} {x[1]} {operand(x[3])}"
        if kind == "in":
            return member(x[1], x[2])
        if kind == "flag":
            return field(x[1])
        return prefix(x[1], x[2])

    return walk(tree)


def rule_text(tree: Tree) -> str:
    return render(
        tree,
        lambda name: name,
        lambda name, items: f"{name} in ({', '.join(map(_quote, items))})",
        lambda name, text: f"{name} starts with {_quote(text)}",
    )


def python_text(tree: Tree) -> str:
    return render(
        tree,
        lambda name: f"e[{name!r}]",
        lambda name, items: f"e[{name!r}] in {tuple(items)!r}",
        lambda name, text: f"e[{name!r}].startswith({text!r})",
    )


def rule_file(trees: list[Tree], first: int = 0, schema: bool = True) -> str:
    lines = []
    if schema:
        lines += ['timezone "Asia/Shanghai"', "", "event record", *(f"    {name}: {kind}" for name, kind in FIELDS.items())]
    for number, tree in enumerate(trees, first):
        lines += ["", f"rule r{number}", "    on record", f"    when {rule_text(tree)}"]
    return "\n".join(lines) + "\n"


def oracle(trees: list[Tree]) -> Callable[[Event], list[str]]:
    """Plain Python, one function of all rules: what `matches` must answer."""
    body = "\n".join(f"    if {python_text(tree)}: out.append('r{i}')" for i, tree in enumerate(trees))
    space: dict[str, Any] = {}
    exec(f"def matches(e):\n    out = []\n{body}\n    return out\n", space)
    answer: Callable[[Event], list[str]] = space["matches"]
    return answer
