"""The grammar has no conflicts, each of its rules is built, and its words mean one thing each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from lark import Lark
from lark.exceptions import GrammarError
from lark.lexer import Lexer, Token

from rulelang import grammar, keywords
from rulelang.build import Build


class NoLexer(Lexer):
    """Only the grammar is looked at."""

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        raise AssertionError("nothing is parsed")


def analyse(source: str) -> Lark:
    """Raises where LALR(1) would have to choose between shifting and reducing, or between two reductions.

    Lark's strict mode also compares the terminals with each other, by a package that makes every start of the parser take seconds once it
    is installed, and that passes over patterns that look ahead. What it says of these terminals (nothing) was looked at by hand; the test
    below asks it in another way.
    """
    return Lark(source, parser="lalr", lexer=NoLexer, start=list(grammar.STARTS), strict=True, maybe_placeholders=False)


def test_the_grammar_is_lalr_without_conflicts() -> None:
    analyse(grammar.source())


@pytest.mark.parametrize(
    ("as_it_is", "with_a_conflict"),
    [
        ("LPAR alternatives COMMA RPAR", "LPAR expr COMMA RPAR"),  # `(x within a, b)`: a list, or a pair of entities
        ("arguments: comparison", "arguments: pattern"),  # `count(e where c)`: a filter, or a pattern's side
    ],
)
def test_a_conflict_would_be_found(as_it_is: str, with_a_conflict: str) -> None:
    changed = grammar.source().replace(as_it_is, with_a_conflict)
    assert changed != grammar.source()
    with pytest.raises(GrammarError):
        analyse(changed)


SAMPLES = [
    *(form for forms in keywords.WORDS.values() for form in forms),
    *(f"{word} at +1h" for word in ("rule", "event", "clock", "expect", "late", "level", "points", "about", "at", "login", "事件")),
    *(f"{word}: text" for word in ("event", "rule", "level", "time", "字段")),
    *(f"{word} = 3 " for word in ("event", "late", "level", "case")),
    *("officer P17 at yellow", "officer 'P 17' at yellow", "previous count(x)", "previous > 3", "other finding", "clock +3d"),
    *(*keywords.PERIODS, *keywords.WEEKDAYS, "day(time)", "month.x"),
    *("80", "80.5", "1e9", "80%", "30d", "-3d", "+14h", "2026-03-01", "2026-03-01T22:10", "2026-03-01T22:10:05.5+08:00", "09:00", "C1"),
    *('"mg"', '"mg": 3', '"a", 3', '"{x} {y == "z"}"', '""', "==", "<=", "<", "=", "..", ".", ",", ":", "(", ")", "+", "-", "*", "/"),
    *("  ", "# a comment", "呼气", "é", "\ufeff"),
]


def test_in_no_place_do_two_terminals_of_one_priority_read_the_same_text() -> None:
    lexers = grammar.parser().parser.lexer.lexers.values()  # type: ignore[attr-defined]  # of the contextual lexer
    unclear = set()
    for lexer in lexers:
        patterns = [(t.priority, t.name, re.compile(t.pattern.to_regexp())) for t in lexer.terminals if t.pattern.type == "re"]
        for sample in SAMPLES:
            matching = [(priority, name) for priority, name, pattern in patterns if pattern.match(sample)]
            best = max((priority for priority, _ in matching), default=0)
            names = sorted(name for priority, name in matching if priority == best)
            if len(names) > 1:
                unclear.add((sample, *names))
    assert not unclear


# What a rule passes on unless it has something to add.
PASSED_ON = {
    "declaration",
    "literal",
    "atom",
    "constant",
    "expr",
    "alternatives",
    "conjunction",
    "negation",
    "pattern",
    "comparison",
    "arith",
}
PASSED_ON |= {"term", "default", "unary", "side_where", "calendar_line", "ladder_item", "rung_option", "clause", "step", "level_option"}
PASSED_ON |= {"entity_option", "expectation", "signed", "procedure_item", "step_option"}


def test_every_rule_of_the_grammar_is_built_and_nothing_else() -> None:
    made = {str(rule.alias or rule.origin.name) for rule in grammar.parser().rules}
    made = {name for name in made if not name.startswith("_")}
    methods = {name for name in vars(Build) if not name.startswith("_")} - {"begin"}
    assert made - methods <= PASSED_ON
    assert methods <= made


def test_no_word_means_two_things() -> None:
    counted = Counter(form for forms in keywords.WORDS.values() for form in forms)
    assert [form for form, times in counted.items() if times > 1] == []


def test_every_word_has_an_english_and_a_chinese_form() -> None:
    for name, forms in keywords.WORDS.items():
        assert forms[0].isascii(), name
        assert len(forms) > 1, name
        assert all(re.fullmatch("[\u4e00-\u9fff]+", form) for form in forms[1:]), name


def test_the_words_that_the_language_promises_are_there() -> None:
    promised = {"AND": "并且", "OR": "或者", "NOT": "非", "WITHIN": "同一", "OVER": "近"}
    assert all(form in keywords.WORDS[name] for name, form in promised.items())


def test_only_operator_words_are_reserved() -> None:
    pattern = re.compile(grammar.NAME)
    operators = {form for forms in keywords.OPERATORS.values() for form in forms if " " not in form} | {
        "is",
        "followed",
        "preceded",
        "else",
    }
    assert not [word for word in operators if pattern.fullmatch(word)]
    others = {part for forms in keywords.WORDS.values() for form in forms for part in form.split()} - operators
    others |= {
        word for table in (keywords.PERIODS, keywords.LEVELS, keywords.TYPES, keywords.FUNCTIONS, keywords.SPECIAL) for word in table
    }
    assert not [word for word in others if not pattern.fullmatch(word)]
