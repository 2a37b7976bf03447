"""Rule texts from a seed: every construct of the grammar, English and Chinese, with white space and comments in odd places.

They can be read by the parser; what they mean is not looked at.
"""

from __future__ import annotations

import random

from lark import Token, Tree

from rulelang import grammar, keywords
from rulelang.punctuation import as_ascii

# Of each symbol its alternatives, the shortest first. In them a word in capitals is a keyword of that terminal, `x?` may be left out, `x*` comes
# any number of times, `~` leaves no space; what is no symbol stands for itself.
PRODUCTIONS: dict[str, list[str]] = {
    "declaration": ["timezone", "calendar", "entity", "event", "table", "let", "rule", "rule", "ladder", "procedure", "test"],
    "timezone": ["TIMEZONE text"],
    "calendar": ["CALENDAR name calendar_line*"],
    "calendar_line": ["OPEN weekdays hours", "CLOSED dates", "WORKING dates hours?", "WORKING FROM text", "CLOSED FROM text"],
    "weekdays": ["weekday", "weekday ~..~ weekday", "weekday ~, weekdays"],
    "hours": ["09:00..12:00", "22:00..06:00 ~, hours"],
    "dates": ["date", "date ~..~ date", "date ~, dates", "date ~..~ date ~, date ~, date ~, date ~, date ~, dates"],
    "entity": ["ENTITY name parent? retain? LOOKALIKE?", "ENTITY name LOOKALIKE? parent?"],
    "parent": ["IN name", "IN name FROM names"],
    "retain": ["RETAIN 400d", "RETAIN value"],
    "event": ["EVENT name text? field*"],
    "field": ["name ~: type"],
    "type": ["name", "typename", 'number "mg/100ml"', 'number "mg" text', "(text)"],
    "table": [
        "TABLE name ~() ~: number row0*",
        "TABLE name ~( ~ parameter ~) ~: typename FROM text",
        "TABLE name ~( ~ parameter ~, parameter ~) ~: name row2*",
    ],
    "parameter": ["name ~: name"],
    "row0": ["3 SINCE date", "-2.5 since? until?"],
    "row2": ["constant ~, constant ~: constant since? until?"],
    "constant": ["3", "-3.5", '"k"', "TRUE", "30d", "-2h", "date", "date ~T22:10", "80%"],
    "since": ["SINCE date"],
    "until": ["UNTIL date"],
    "let": ["LET name = condition"],
    "rule": [
        "RULE name clause*",
        "RULE name WHEN scoped",
        "RULE name title? on? WHEN condition about? points? message? except*",
        "RULE name WHEN scoped except*",
    ],
    "title": ["TITLE text"],
    "repeat": ["REPEAT ALWAYS", "REPEAT AFTER 7d", "REPEAT AFTER period"],
    "state": ["ENABLED", "SHADOW", "DISABLED"],
    "on": ["ON END_OF period", "ON on_items", "ON on_items AFTER value", "ON on_items AFTER 3d OF name"],
    "on_items": ["name", "name WHERE condition", "name WHERE condition ~, on_items"],
    "about": ["ABOUT names", "ABOUT name ~.~ name ~, name"],
    "points": ["POINTS value"],
    "message": ["MESSAGE braces"],
    "except": ["EXCEPT condition UNTIL date BECAUSE text"],
    "ladder": ["LADDER name ladder_scope rung*", "LADDER name ladder_scope WEIGHT 20% CATEGORIES category ~, category rung*"],
    "rung": ["level AT value", "level AT 3 ACTION text", "level AT 3 ACTION text deadline?", "level AT 3 deadline ACTION text"],
    "deadline": ["DEADLINE 10d", "DEADLINE 10d OF name"],
    "procedure": ["PROCEDURE name release step_of* DECISION roles deadline?", "PROCEDURE name FOR names step_of*"],
    "step_of": ["STEP name roles deadline?", "STEP name deadline? others MAY_REFUTE roles"],
    "release": ["RELEASE roles FROM level", "RELEASE roles deadline? FROM level"],
    "roles": ["BY name", "BY names"],
    "others": ["OTHER_THAN names"],
    "category": ["name", "name ~.~ name ~.~ name", "text"],
    "test": ["TEST text step*"],
    "step": [
        "name AT moment assignment* LATE?",
        "CLOCK moment",
        "EXPECT some_rule expectations",
        "EXPECT key AT level of?",
        "EXPECT NO nothing",
    ],
    "nothing": ["FINDING", "OTHER FINDING", "WARNING", "OTHER WARNING", "some_rule for?"],
    "of": ["OF name", "OF name POINTS 3", "POINTS -3"],
    "expectations": [
        "for? ABOUT keys LEVEL level POINTS 6 AT moment MESSAGE text",
        "about_keys? for?",
        "WITHDRAWN for?",
        "AT moment about_keys?",
    ],
    "for": ["FOR keys"],
    "about_keys": ["ABOUT keys"],
    "keys": ["key", "key ~, keys", "key key"],
    "key": ["entity_1 C1", "entity_2 P-17", "entity_3 张三", 'entity_4 "a key"', "entity_5 (x)"],
    "assignment": ["name ~=~ assigned", "name = assigned", "name ~＝~ assigned"],
    "assigned": ["C1", "3", "-2.5", "80%", '"a b"', "true", "30d", "2026-03-01", "missing", "张三", "真", "2026-03-01T22:10+08:00"],
    "moment": ["+14h", "-1d", "+1.5h", "date", "date ~T22:10", "date ~T22:10:05.25+08:00"],
    "scope": ["WITHIN name", "WITHIN name over?", "WITHIN name ~, name over?", "WITHIN name BY name over?"],
    "ladder_scope": ["WITHIN name over?", "WITHIN name BY name over?"],
    "over": ["OVER 30d", "OVER period", "OVER 36h OF name", "OVER value"],
    "scoped": ["condition scope"],
    "condition": [
        "name",
        "value compares value",
        "condition AND condition",
        "condition AND condition AND condition AND condition",
        "condition OR condition",
        "condition OR condition AND condition OR condition",
        "NOT name",
        "NOT ( ~ condition ~)",
        "( ~ condition ~)",
        "( ~ scoped ~)",
        "side pattern side",
        "value IN ( ~ value ~,)",
        "value NOT_IN ( ~ value ~, value ~, value ~, value ~, value ~, value ~)",
        "value test_of_text text",
        "value BETWEEN value AND value",
        "value IS_MISSING",
        "value IS_PRESENT",
        "value DURING name",
        "value OUTSIDE name",
    ],
    "side": ["name", "name WHERE ( ~ condition ~)", "name WHERE NOT name", "name WHERE name compares value"],
    "pattern": ["FOLLOWED_BY", "PRECEDED_BY", "NOT_FOLLOWED_BY", "NOT_PRECEDED_BY"],
    "compares": ["==", "!=", "<", "<=", ">", ">=", "＝＝", "＞"],
    "test_of_text": ["LIKE", "MATCHES", "STARTS_WITH", "ENDS_WITH", "CONTAINS"],
    "value": [
        "name",
        "80",
        "0.5",
        "30d",
        "80%",
        "text",
        "date",
        "name ~.~ name",
        "value operator value",
        "value operator value operator value operator value",
        "TRUE",
        "FALSE",
        "- ~ name",
        "- ~ ( ~ value ~)",
        "( ~ value ~)",
        "( ~ scoped ~)",
        "name ~()",
        "name ~( ~ value ~)",
        "name ~( ~ value ~, value ~, value ~)",
        "aggregate",
        "PREVIOUS aggregate",
        "function ~( ~ name WHERE condition AMONG condition AT_LEAST 20 ~)",
    ],
    "operator": ["+", "-", "*", "/", "MOD", "OR_ELSE", "＋"],
    "aggregate": ["function ~( ~ name ~)", "function ~( ~ value WHERE condition ~)"],
    "name": [
        "a",
        "case",
        "officer",
        "points",
        "time",
        "previous",
        "呼气",
        "血检结果",
        "when",
        "über",
        "x1",
        "long_name_of_a_field_or_an_event",
    ],
    "names": ["name", "name ~, names"],
    "text": [
        '"x"',
        '""',
        '"湘A*"',
        r'"a \"b\" \\"',
        '"# 没有，（注释）"',
        "＂全角，文本＂",
        '"a text that is rather long, as titles and reasons are"',
    ],
    "braces": ['"{a} and {count(b where c == "x")}"', '"no braces"', "＂{甲}，{计数（乙 其中 丙＝＝＂丁＂）}＂"],
    "date": ["2026-03-01", "2026-12-31", "2026-10-07"],
    "period": [*keywords.PERIODS, *keywords.PERIODS.values()],
    "weekday": [*keywords.WEEKDAYS, *keywords.WEEKDAYS.values()],
    "level": [*keywords.LEVELS, *keywords.LEVELS.values()],
    "typename": [*keywords.TYPES, *keywords.TYPES.values()],
    "function": [*keywords.FUNCTIONS, *keywords.FUNCTIONS.values()],
}
RECURSIVE = ("condition", "value", "dates", "hours", "weekdays", "on_items", "names", "keys")
LITERAL = ("name", "text", "braces", "date", "period", "weekday", "level", "typename", "function", "assigned", "compares")
CLAUSES = ["title", "CATEGORY category", "on", "about", "points", "LEVEL level", "message", "repeat", "SAMPLE 2% BY name", "APPROVAL"]
CLAUSES += ["REFERENCE text", "OWNER text", "state", "SINCE date", "UNTIL date"]
DEPTH = 5

GAPS = [" ", " ", " ", " ", "\n", "\n    ", "\t", "\u3000", "\r\n", "\n\n", "\n\n\n\n  "]
COMMENTS = ["#", "# a comment", "#注释，（全角）", '# with a "quote', "# tab\tand  spaces  ", "＃ 全角"]
WITH_COMMENT = ["  {}\n", "\n{}\n", "\n    {}\n", "\n\n{}\n\n", " {}\n    {}\n{}\n"]


def rule_text(rng: random.Random, declarations: int = 4) -> str:
    """Some declarations, as they might be written."""
    return "\n".join(_expand("declaration", rng, DEPTH).replace(" ~ ", "").replace(" ~", "").replace("~ ", "") for _ in range(declarations))


def _expand(symbol: str, rng: random.Random, depth: int) -> str:
    if symbol in keywords.WORDS:
        return rng.choice(keywords.WORDS[symbol])
    if symbol not in PRODUCTIONS:
        return symbol
    alternatives = PRODUCTIONS[symbol]
    if symbol in LITERAL:
        return rng.choice(alternatives)
    if symbol in RECURSIVE:
        depth -= 1
        alternatives = alternatives if depth > 0 else alternatives[:1]
    return _sequence(rng.choice(alternatives), rng, depth)


def _sequence(items: str, rng: random.Random, depth: int) -> str:
    parts = []
    for item in items.split(" "):
        if item == "clause*":
            parts += ["\n    " + _sequence(clause, rng, depth) for clause in rng.sample(CLAUSES, rng.randint(0, 5))]
        elif item.endswith("*") and len(item) > 1:
            parts += ["\n    " + _expand(item[:-1], rng, depth) for _ in range(rng.randint(0, 4))]
        elif not item.endswith("?"):
            parts.append(_expand(item, rng, depth))
        elif rng.random() < 0.4:
            parts.append(_expand(item[:-1], rng, depth))
    return " ".join(parts)


def scattered(text: str, rng: random.Random, comments: bool = True) -> str:
    """The words of a text with other white space and with comments between them."""
    clean = as_ascii(text).text
    chance = rng.choice([0.0, 0.03, 0.3]) if comments else 0.0
    parts, end = [_gap(rng, chance)], 0
    for index, token in enumerate(tokens(clean)):
        start = token.start_pos or 0
        if index:
            parts.append("" if start == end and rng.random() < 0.7 else _gap(rng, chance))
        end = token.end_pos or 0
        parts.append(text[start:end])
    return "".join([*parts, _gap(rng, chance)])


def _gap(rng: random.Random, chance: float) -> str:
    if rng.random() >= chance:
        return rng.choice(GAPS)
    return rng.choice(WITH_COMMENT).format(*(rng.choice(COMMENTS) for _ in range(3)))


def tokens(clean: str) -> list[Token]:
    """The words of a text with plain punctuation, in order."""
    found: list[Token] = []
    waiting: list[object] = [grammar.tree_parser().parse(clean, start="start")]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Token):
            found.append(part)
        elif isinstance(part, Tree):
            waiting += part.children
    return sorted(found, key=lambda token: token.start_pos or 0)
