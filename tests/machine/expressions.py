"""Rule files full of expressions, and events to read them on, all from a seed.

In: a seed.  Out: the text of a rule file in which every operator and function of the language may stand, over fields of every type; and
events as they would be sent, whose values are those that the expressions are written with, or next to them.

An expression is written for a *place*: the condition of a rule without a scope (its event is *this*), or the `where` of an aggregate (the event that
is tested is the current one, *this* the anchor).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
    "America/Sao_Paulo",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

INTEGERS = [
    0,
    1,
    -1,
    2,
    3,
    7,
    -7,
    10,
    100,
    2**31,
    2**53 - 1,
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    2**62,
    2**63 - 2,
    2**63 - 1,
    -(2**63) + 1,
    -(2**63),
]
SMALL = [0, 1, -1, 2, 3, 5, 7, -7, 10, 12, 80, 100]
NUMBERS = [
    *(0.0, -0.0, 0.5, -0.5, 1.0, 1.5, 2.5, -2.5, 0.1, 0.2, 0.3, 0.30000000000000004, 80.0, 99.99, 1e15 + 0.5),
    *(2.0**52 + 0.5, 2.0**53, 2.0**53 + 2, -(2.0**53), 2.0**63, -(2.0**63), 2.0**64, 9.2e18, 1e300, -1e300, 1.7976931348623157e308),
    *(5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, 0.49999999999999994),
]
ORDINARY = [0.0, 0.5, 1.0, 1.5, 2.5, -2.5, 7.0, 79.99, 80.0, 80.01, 100.0]
TEXTS = [
    *(
        "",
        " ",
        "a",
        "A",
        "ab",
        "abc",
        "aB",
        "P17",
        "Ｐ17",
        " P17 ",
        "P\t17",
        "admin",
        "аdmin",
        "ADMIN ",
        "adm1n",
        "ß",
        "SS",
        "ss",
        "İ",
        "ǆ",
        "ﬁ",
    ),
    *(
        "é",
        "e\u0301",
        "湘A12345",
        "湘A",
        "湘",
        "𝒜",
        "😀x",
        "\U0001f468\u200d\U0001f469",
        "\x00",
        "a\x00b",
        "\x1f",
        "\x1fa\x1c",
        "\x85a\x85",
    ),
    *(
        "\u3000x\u3000",
        "\u200bx",
        "\xa0",
        "a.b",
        "a*b",
        "a?b",
        "[a]",
        "a\\b",
        'say "x"',
        "{n}",
        "x" * 300,
        "\ufeffx",
        "\ud7ff",
        "\ue000",
        "\uffff",
    ),
]
GLOBS = ["*", "?", "", "a*", "*b", "a?c", "湘A*", "*A*", "??", "P17", "p17*", "a\\*b", "[a]", "*\x00*", "𝒜", "* *", " "]
REGEXES = [
    "",
    "a",
    "^a",
    "b$",
    "^$",
    "[A-Z]{2,}",
    "(?i)admin",
    r"\d+",
    "湘.",
    "^.$",
    r"\s",
    "a|b",
    r"\x00",
    "x{3}",
    r"\pL",
    r"(a|b)*c",
    ".",
]
SECONDS = [
    0,
    1,
    -1,
    0.5,
    0.0000004,
    0.0000005,
    0.0000015,
    -0.0000015,
    59.999999,
    60,
    90,
    3600,
    86_400,
    -86_400,
    1.1,
    86_400 * 30,
    4.6e12,
    9e12,
]
SECONDS += [9_223_372_036_854, -9_223_372_036_854, 2**53 / 1e6, 1e-9]
DURATIONS = ["0s", "1s", "90s", "0.5s", "0.000001s", "15m", "1h", "1.5h", "36h", "1d", "30d", "2w", "106751991d", "100000000d"]
MOMENTS = [
    *("2026-03-29T00:59:59.999999", "2026-03-29T01:00", "2026-03-29T01:59:59", "2026-03-29T02:00", "2026-03-29T02:30", "2026-03-29T03:00"),
    *(
        "2026-10-25T01:00",
        "2026-10-25T02:30",
        "2026-10-25T03:00",
        "2026-03-08T02:30",
        "2026-11-01T01:30",
        "2026-04-05T01:45",
        "2018-11-04T00:00",
    ),
    *("1969-12-31T23:59:59.999999", "1970-01-01T00:00", "1969-12-31T00:00", "1900-01-01T00:00", "1883-11-18T12:00", "0001-01-01T00:00"),
    *("0001-01-02T03:04:05", "9999-12-31T23:59:59.999999", "2100-12-31T23:59", "2262-04-11T23:47:16.854775", "2024-02-29T12:00"),
    *("2026-03-02T08:59:59.999999", "2026-03-02T09:00", "2026-03-02T12:00", "2026-03-02T13:30", "2026-03-07T23:30", "2026-03-08T00:30"),
    *("2026-03-28T10:00", "2026-03-31T23:59:59.999999", "2026-04-01T00:00", "2011-12-30T12:00", "2026-05-01T22:00", "2026-05-02T05:59:59"),
]
OFFSETS = ["", "", "Z", "+08:00", "-03:30", "+14:00", "-12:00"]
DATES = [
    "2026-03-29",
    "2026-03-31",
    "2026-10-25",
    "1970-01-01",
    "1969-12-31",
    "0001-01-01",
    "9999-12-31",
    "2024-02-29",
    "2026-03-02",
    "2011-12-30",
]

KINDS = {
    "n": "number",
    "u": 'number "mg"',
    "i": "integer",
    "j": 'integer "mg"',
    "t": "text",
    "文": "text",
    "b": "boolean",
    "w": "time",
    "d": "duration",
}
KEYS = {"officer": "officer", "account": "account"}

DECLARED = """
calendar office
    open mon..fri 09:00..12:00, 13:30..17:30
    open sat 23:00..01:00
    closed 2026-03-02, 1969-12-30..1970-01-02
    working 2026-03-28, 2026-03-08
calendar night
    open mon..sun 22:00..06:00
    closed 2026-05-02
calendar never
    closed 2026-03-02
entity officer
entity account lookalike
table floor_of(a: text): number "mg"
    "a": 0.5 until 2026-03-28
    "a": 80 since 2026-03-29
    "湘A": 100 since 1970-01-01 until 2026-03-31
    "": -1
table limit(n: number, i: integer): integer
    0, 0: 7
    80, 1: 9223372036854775807 until 2026-10-25
    -0.5, -1: -9223372036854775807
    9007199254740992, 9007199254740993: 1
table named(k: officer): text
    "P17": "seventeen"
    "湘 A": "plate" since 2026-01-01
table looks(k: account, b: boolean): duration
    "admin", true: 36h
    "ss", false: 0.5s until 2026-03-29
table since_when(d: duration): time
    90s: 2026-03-29T02:30
    1d: 1969-12-31T23:59:59.999999Z
table flag(w: time): boolean
    2026-03-29T02:30 : true
    1970-01-01T00:00Z : false
table today(): integer
    1 until 1969-12-31
    2 since 1970-01-01 until 2026-03-28
    3 since 2026-03-29
"""


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number_text(value: float) -> str:
    """A number as the language writes it; the sign is an operator."""
    text = repr(abs(value)).removesuffix(".0") if abs(value) < 1e15 else repr(abs(value))
    if "e" not in text and "." not in text:
        text += ".0"
    return ("-" if math.copysign(1, value) < 0 else "") + text


@dataclass(slots=True)
class Author:
    """Writes expressions. `fields`: by kind, names that can be read here."""

    dice: random.Random
    fields: dict[str, list[str]]
    lets: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)

    def write(self, kind: str, depth: int) -> str:
        """An expression of a kind: `any` number or integer is `numeric`. Sometimes one that was written before."""
        dice, seen = self.dice, self.seen.setdefault(kind, [])
        if seen and depth > 1 and dice.random() < 0.15:
            return dice.choice(seen)
        text = getattr(self, kind)(depth)
        if depth > 0:
            seen.append(text)
        return str(text)

    def one_of(self, depth: int, leaves: list[Callable[[], str]], inner: list[Callable[[int], str]]) -> str:
        if depth <= 0 or self.dice.random() < 0.12:
            return self.dice.choice(leaves)()
        return self.dice.choice(inner)(depth - 1)

    def known(self, kind: str) -> str:
        """A field, or a let, of the kind."""
        return self.dice.choice(self.fields[kind] + self.lets.get(kind, []))

    def two(self, kind: str, depth: int, op: str, other: str | None = None) -> str:
        return f"({self.write(kind, depth)} {op} {self.write(other or kind, depth)})"

    def default(self, kind: str, depth: int, other: str | None = None) -> str:
        return f"({self.write(kind, depth)} or else {self.atom(self.write(other or kind, depth))})"

    @staticmethod
    def atom(text: str) -> str:
        return text if text.startswith("(") else f"({text})"

    def extreme(self, kind: str, depth: int, *more: str) -> str:
        parts = [self.write(k, depth) for k in (kind, *more)] + [self.write(kind, depth) for _ in range(self.dice.randrange(1, 3))]
        self.dice.shuffle(parts)
        return f"{self.dice.choice(['min', 'max'])}({', '.join(parts)})"

    # ------------------------------------------------------------------ numbers

    def numeric(self, depth: int) -> str:
        return self.write(self.dice.choice(["number", "integer"]), depth)

    def number(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [
                lambda: self.known("number"),
                lambda: self.known("number"),
                lambda: self.constant("number"),
                lambda: f"{dice.choice(['80', '0.5', '150', '0', '33.3'])}%",
            ],
            [
                lambda d: self.two("number", d, dice.choice(["+", "-", "*", "/", "mod"]), "numeric"),
                lambda d: self.two("numeric", d, dice.choice(["+", "-", "*", "/", "mod"]), "number"),
                lambda d: self.two("integer", d, "/"),
                lambda d: f"-{self.atom(self.write('number', d))}",
                lambda d: f"{dice.choice(['abs', 'round', 'floor', 'ceil'])}({self.write('number', d)})",
                lambda d: f"{dice.choice(['seconds', 'minutes', 'hours', 'days'])}({self.write('duration', d)})",
                lambda d: self.two("duration", d, "/"),
                lambda d: self.extreme("number", d, "integer"),
                lambda d: self.default("number", d, "numeric"),
                lambda d: f"({self.write('number', d)} or else {self.atom(self.constant('number'))})",
                lambda d: self.default("integer", d, "number"),
                lambda d: f"floor_of({self.write('text', d)})",
            ],
        )

    def integer(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [
                lambda: self.known("integer"),
                lambda: self.known("integer"),
                lambda: self.constant("integer"),
            ],
            [
                lambda d: self.two("integer", d, dice.choice(["+", "-", "*", "mod"])),
                lambda d: f"-{self.atom(self.write('integer', d))}",
                lambda d: f"{dice.choice(['abs', 'round', 'floor', 'ceil'])}({self.write('integer', d)})",
                lambda d: f"length({self.write('text', d)})",
                lambda d: f"length({self.key(dice.choice(list(KEYS)), d)})",
                lambda d: f"{dice.choice(['hour', 'minute', 'weekday', 'day', 'month', 'year'])}({self.write('time', d)})",
                lambda d: f"{dice.choice(['weekday', 'day', 'month', 'year'])}({self.write('date', d)})",
                lambda d: self.extreme("integer", d),
                lambda d: self.default("integer", d),
                lambda d: f"({self.write('integer', d)} or else {self.atom(self.constant('integer'))})",
                lambda d: f"limit({self.write('numeric', d)}, {self.write('integer', d)})",
                lambda d: "today()",
            ],
        )

    # ------------------------------------------------------------------ texts and keys

    def text(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [
                lambda: self.known("text"),
                lambda: self.known("text"),
                lambda: quoted(dice.choice(TEXTS)),
                lambda: f"spelling({dice.choice(self.fields['officer'] + self.fields['account'])})",
            ],
            [
                lambda d: f"{dice.choice(['lower', 'upper', 'trim', 'canonical'])}({self.write('text', d)})",
                lambda d: f"{dice.choice(['lower', 'upper', 'trim', 'canonical'])}({self.key(dice.choice(list(KEYS)), d)})",
                lambda d: self.extreme("text", d),
                lambda d: self.default("text", d),
                lambda d: f"named({self.write(dice.choice(['text', 'officer']), d)})",
            ],
        )

    def officer(self, depth: int) -> str:
        return self.key("officer", depth)

    def account(self, depth: int) -> str:
        return self.key("account", depth)

    def key(self, entity: str, depth: int) -> str:
        if depth > 0 and self.dice.random() < 0.3:
            return f"({self.key(entity, depth - 1)} or else {self.atom(self.write(self.dice.choice([entity, 'text']), depth - 1))})"
        return self.dice.choice(self.fields[entity])

    # ------------------------------------------------------------------ times

    def time(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [lambda: self.known("time"), lambda: self.known("time"), lambda: dice.choice(MOMENTS) + dice.choice(OFFSETS)],
            [
                lambda d: self.two("time", d, dice.choice(["+", "-"]), "duration"),
                lambda d: self.two("duration", d, "+", "time"),
                lambda d: self.extreme("time", d),
                lambda d: self.default("time", d),
                lambda d: f"({self.write('time', d)} or else time)",
                lambda d: f"since_when({self.write('duration', d)})",
            ],
        )

    def date(self, depth: int) -> str:
        return self.one_of(
            depth,
            [lambda: self.dice.choice(DATES)],
            [
                lambda d: f"date({self.write('time', d)})",
                lambda d: f"date({self.write('date', d)})",
                lambda d: self.extreme("date", d),
                lambda d: self.default("date", d),
            ],
        )

    def duration(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [lambda: self.known("duration"), lambda: dice.choice(DURATIONS), lambda: f"-{dice.choice(DURATIONS)}"],
            [
                lambda d: self.two("duration", d, dice.choice(["+", "-", "mod"])),
                lambda d: self.two("time", d, "-"),
                lambda d: self.two("date", d, "-"),
                lambda d: self.two("duration", d, dice.choice(["*", "/"]), "numeric"),
                lambda d: self.two("numeric", d, "*", "duration"),
                lambda d: f"-{self.atom(self.write('duration', d))}",
                lambda d: f"abs({self.write('duration', d)})",
                lambda d: self.extreme("duration", d),
                lambda d: self.default("duration", d),
                lambda d: f"({self.write('duration', d)} or else 90s)",
                lambda d: f"looks({self.write(dice.choice(['text', 'account']), d)}, {self.write('boolean', d)})",
            ],
        )

    # ------------------------------------------------------------------ conditions

    def boolean(self, depth: int) -> str:
        dice = self.dice
        return self.one_of(
            depth,
            [lambda: self.known("boolean"), lambda: self.known("boolean"), lambda: dice.choice(["true", "false"])],
            [
                lambda d: "(" + f" {dice.choice(['and', 'or'])} ".join(self.write("boolean", d) for _ in range(dice.randrange(2, 5))) + ")",
                lambda d: self.two("boolean", d, dice.choice(["and", "or"])),
                lambda d: f"(not {self.write('boolean', d)})",
                self.comparison,
                self.comparison,
                self.comparison,
                self.membership,
                self.range,
                self.text_test,
                lambda d: f"({self.write(self.any_kind(), d)} is {dice.choice(['missing', 'present'])})",
                lambda d: f"({self.write('time', d)} {dice.choice(['during', 'outside'])} {dice.choice(['office', 'night', 'never'])})",
                lambda d: self.default("boolean", d),
                lambda d: f"flag({self.write('time', d)})",
            ],
        )

    def any_kind(self) -> str:
        return self.dice.choice(["number", "integer", "text", "officer", "account", "time", "date", "duration", "boolean"])

    def pair(self) -> tuple[str, str]:
        """Two kinds that can be compared."""
        return self.dice.choice(
            [
                *(("number", "number"), ("integer", "integer"), ("numeric", "numeric"), ("integer", "number"), ("text", "text")),
                *(("officer", "text"), ("text", "account"), ("account", "account"), ("officer", "officer")),
                *(("time", "time"), ("time", "date"), ("date", "time"), ("date", "date"), ("duration", "duration")),
            ]
        )

    def comparison(self, depth: int) -> str:
        if self.dice.random() < 0.08:
            return self.two("boolean", depth, self.dice.choice(["==", "!="]))
        left, right = self.pair()
        return self.two(left, depth, self.dice.choice(["==", "!=", "<", "<=", ">", ">="]), right)

    def membership(self, depth: int) -> str:
        dice = self.dice
        op = dice.choice(["in", "not in"])
        left, right = ("boolean", "boolean") if dice.random() < 0.1 else self.pair()
        depth = depth if dice.random() < 0.4 else 0
        if depth == 0 and dice.random() < 0.6:
            items = [self.constant(right) for _ in range(dice.randrange(1, 6))]
        else:
            items = [self.write(right, depth) for _ in range(dice.randrange(1, 4))]
        return f"({self.write(left, depth)} {op} ({', '.join(items)}{',' if len(items) == 1 else ''}))"

    def constant(self, kind: str) -> str:
        dice = self.dice
        match kind:
            case "number":
                return number_text(dice.choice(ORDINARY if dice.random() < 0.5 else NUMBERS))
            case "integer":
                return str(dice.choice(SMALL) if dice.random() < 0.6 else max(dice.choice(INTEGERS), -(2**63) + 1))
            case "numeric":
                return self.constant(dice.choice(["number", "integer"]))
            case "time":
                return dice.choice(MOMENTS) + dice.choice(OFFSETS)
            case "date":
                return dice.choice(DATES)
            case "duration":
                return dice.choice(["", "-"]) + dice.choice(DURATIONS)
            case "boolean":
                return dice.choice(["true", "false"])
        return quoted(dice.choice(TEXTS))

    def range(self, depth: int) -> str:
        left, right = self.pair()
        other = right
        if {left, right} <= {"time", "date"}:
            other = self.dice.choice(["time", "date"])
        elif {left, right} <= {"number", "integer", "numeric"}:
            other = "numeric"
        return f"({self.write(left, depth)} between {self.write(right, depth)} and {self.write(other, depth)})"

    def text_test(self, depth: int) -> str:
        dice = self.dice
        kinds = ["text", "text", "officer", "account"]
        left = self.write(dice.choice(kinds), depth)
        op = dice.choice(["like", "matches", "starts with", "ends with", "contains"])
        if op == "like":
            return f"({left} like {quoted(dice.choice(GLOBS))})"
        if op == "matches":
            return f"({left} matches {quoted(dice.choice(REGEXES))})"
        return f"({left} {op} {self.write(dice.choice(kinds), depth)})"


def _fields(author_of: Callable[[str], list[str]], common: list[str]) -> dict[str, list[str]]:
    """Names by kind."""
    found: dict[str, list[str]] = {kind: [] for kind in ("number", "integer", "text", "boolean", "time", "duration", *KEYS)}
    for name, kind in {**KINDS, **KEYS}.items():
        found[kind.split()[0]] += author_of(name)
    for name in common:
        found["time" if name.endswith("time") else "text"].append(name)
    return found


@dataclass(frozen=True, slots=True)
class Written:
    """`lone`: rules without a scope; `scoped`: rules whose aggregate has a `where` (`count`) or takes up a value (the others)."""

    text: str
    lone: tuple[str, ...]
    scoped: tuple[str, ...]


def rule_file(seed: int, lone: int = 40, scoped: int = 12, depth: int = 4) -> Written:
    """A rule file."""
    dice = random.Random(f"rules {seed}")
    lines = [f'timezone "{dice.choice(ZONES)}"', DECLARED]
    for event, mark in (("e", ""), ("f", "2")):
        lines += [f"event {event}", *(f"    {name}{mark}: {kind}" for name, kind in KINDS.items()), *(f"    {key}: {key}" for key in KEYS)]
    here = _fields(
        lambda n: [n, f"e.{n}", f"f.{n}2", f"this.{n}2"] if n in KINDS else [n, f"e.{n}", f"this.{n}"],
        ["time", "source", "id", "e.time", "this.id"],
    )
    author = Author(dice, here)
    anchor = Author(dice, _fields(lambda n: [n, f"e.{n}"], ["time", "id", "e.source"]))
    for number in range(8):
        kind = author.any_kind()
        if kind not in KEYS and kind != "date":
            text = author.write(kind, 2)
            lines.append(f"let shared_{number} = {text}")
            author.lets.setdefault(kind, []).append(f"shared_{number}")
    names = []
    for number in range(lone):
        name = f"lone_{number}"
        names.append(name)
        said = [author.any_kind() for _ in range(2)]
        for part, kind in enumerate(said):
            lines.append(f"let said_{number}_{part} = {author.write(kind, depth)}")
        where = f" where {anchor.write('boolean', 2)}" if dice.random() < 0.2 else ""
        lines += ["", f"rule {name}", f"    on e{where}, f", f"    when {author.write('boolean', depth)}"]
        if dice.random() < 0.5:
            lines.append(f"    points {author.write('numeric', depth)}")
        lines.append(f'    message "{{said_{number}_0}} and {{said_{number}_1}}"')
        if dice.random() < 0.15:
            lines.append(f'    except {author.write("boolean", 2)} until {dice.choice(DATES)} because "x"')
        if dice.random() < 0.15:
            lines.append(f"    since {dice.choice(['1900-01-01', '2026-03-02', '2026-03-29'])}")
        if dice.random() < 0.15:
            lines.append(f"    until {dice.choice(['2026-03-29', '2026-10-25', '9999-12-31'])}")
    tested = _fields(
        lambda n: [f"{n}2", f"f.{n}2", f"this.{n}"] if n in KINDS else [n, f"f.{n}", f"this.{n}"],
        ["time", "source", "f.time", "this.time", "this.source"],
    )
    inner = Author(dice, tested)
    scoped_names = []
    for number in range(scoped):
        name = f"scoped_{number}"
        scoped_names.append(name)
        entity = dice.choice(list(KEYS))
        condition = inner.write("boolean", depth - 1)
        function, kind = dice.choice(
            [("sum", "numeric"), ("latest", inner.any_kind()), ("distinct", inner.any_kind()), ("max", "time"), ("avg", "duration")]
        )
        taken = inner.write(kind, depth - 1)
        # An aggregate takes up fields of one event type, and its value says which.
        asked = f"{function}({taken} where {condition})" if "f." in taken else f"count(f where {condition})"
        lines += ["", f"rule {name}", "    on e", f"    when {asked} is present within {entity}"]
    lines += ["", "rule moment", "    on e", "    when hour(time) > 3 and time during office within officer over 1d", ""]
    return Written("\n".join(lines), tuple(names), tuple(scoped_names))


def events(seed: int, count: int) -> list[dict[str, object]]:
    """Events of both types, as they would be sent; some fields are missing, all values are of the right type."""
    dice = random.Random(f"events {seed}")
    made = []
    for number in range(count):
        event = dice.choice(["e", "e", "f"])
        mark = "2" if event == "f" else ""
        sent: dict[str, object] = {
            "id": dice.choice(["1", "a", "湘A", "P17 ", "e\u0301"]) + str(number % 3),
            "type": event,
            "time": _time(dice),
        }
        if dice.random() < 0.6:
            sent["source"] = dice.choice(["", "a", "P17", "湘", "\x1f"])
        some = dice.choice([0.3, 0.85, 0.95, 1.0])
        for name, kind in KINDS.items():
            if dice.random() < some:
                sent[f"{name}{mark}"] = value(dice, kind.split()[0])
        for key in KEYS:
            if dice.random() < some:
                sent[key] = dice.choice(TEXTS)
        made.append(sent)
    return made


def value(dice: random.Random, kind: str) -> object:
    """A value as JSON would have it."""
    match kind:
        case "number":
            chosen = dice.choice(ORDINARY if dice.random() < 0.4 else NUMBERS)
            if dice.random() < 0.2:
                return dice.choice([dice.uniform(-200, 200), math.nextafter(chosen, math.inf if chosen < 1 else 0), dice.choice(INTEGERS)])
            return chosen
        case "integer":
            return dice.choice(SMALL if dice.random() < 0.5 else INTEGERS)
        case "text":
            return dice.choice(TEXTS)
        case "boolean":
            return dice.random() < 0.5
        case "time":
            return _time(dice)
        case "duration":
            return dice.choice(SECONDS) if dice.random() < 0.8 else round(dice.uniform(-1e6, 1e6), 6)
    raise ValueError(kind)


def _time(dice: random.Random) -> str:
    """One of the moments, or a microsecond beside it."""
    text = dice.choice(MOMENTS)
    if dice.random() < 0.2 and not text.startswith(("0001", "9999")):
        moment = datetime.fromisoformat(text) + timedelta(microseconds=dice.choice([-1, 1]))
        text = moment.isoformat()
    offset = dice.choice(OFFSETS)
    return text if text.startswith(("0001", "9999")) else text + offset
