"""What is wrong where the parser could not go on, in an analyst's words.

In: the parser's exception and the text that it read.  Out: a `Diagnostic` that says what may stand there.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from lark.exceptions import UnexpectedInput, UnexpectedToken

from rulelang import grammar, keywords
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.messages.syntax import EXPECTED, IMPLIED, OPERATORS_OF_OTHERS
from rulelang.syntax import Span

WANTED_MAX = 6
"""Things that a message says may stand in a place."""

_TEXT_OR_COMMENT = re.compile(rf"{grammar.TEXT}|(?P<comment>#[^\n]*)")
_WORD = re.compile(rf"{grammar.TEXT}|[{keywords.IN_NAME}]+|&&|\|\||[=!<>]=|=[<>]|\S")
_IS = re.compile(rf"is(?:\s+not)?\s+[{keywords.IN_NAME}]+")
_NO_VALUE = re.compile(rf"{grammar.NAME}\s*=(?!=)")
_WRONG_SHIFT = re.compile(r"[+-]\d[\w.]*")
_NO_PERIOD_TOLD = keywords.pattern(
    tuple(word for table in (keywords.DECLARATIONS, keywords.CLAUSES) for words in table.values() for word in words)
)
_END_OF = re.compile(
    rf"{keywords.pattern(keywords.WORDS['ON'])}{grammar.GAP}++(?P<words>{keywords.pattern(keywords.WORDS['END_OF'])})"
    rf"(?!{grammar.GAP}++{keywords.pattern((*keywords.PERIODS, *keywords.PERIODS.values()))})"
    rf"(?:{grammar.GAP}++(?!{_NO_PERIOD_TOLD})(?P<period>[{keywords.IN_NAME}]++))?+"
)
_SPACED_PERCENT = re.compile(r"(?<![\w.])[0-9.]+\s+%$")
_LITERALS = ("NUMBER", "DURATION", "PERCENT", "DATE", "TIME", "CLOCK_TIME", "SHIFT")
_QUOTES = "“”‘’'`"
_INVISIBLE = ("Cc", "Cf", "Co", "Cn", "Cs")


def explain(error: UnexpectedInput, file: str, text: str, offset: int, start: str, following: Iterable[str] = ()) -> Diagnostic:
    """`text`, which should have been a `start`, begins at `offset` in the file; the terminals `following` may stand after it."""
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    expected = _expected(text, len(text) if at_end else error.pos_in_stream or 0, start)
    if "$END" in expected:
        expected |= set(following)
    if at_end:
        end = len(_TEXT_OR_COMMENT.sub(_blank_comment, text).rstrip())
        return diagnostic("E103", Span(file, offset + max(end - 1, 0), offset + max(end, 1)), wanted=_wanted(expected))
    at = error.pos_in_stream or 0
    type_ = error.token.type if isinstance(error, UnexpectedToken) else ""
    word = str(error.token) if isinstance(error, UnexpectedToken) and type_ in (*keywords.WORDS, *_LITERALS) else _word_at(text, at)
    if text[at - 1 : at + 1] == "<>":
        at, word = at - 1, "<>"
    span = Span(file, offset + at, offset + at + len(word))
    end_of = next((found for found in _END_OF.finditer(text) if found.start() < at <= found.end()), None)
    if end_of is not None:
        part = "period" if end_of["period"] else "words"
        place = Span(file, offset + end_of.start(part), offset + end_of.end(part))
        return diagnostic("E120", place, word=end_of["period"]) if end_of["period"] else diagnostic("E121", place, words=end_of["words"])
    operand_ends = "COMPARISON" in expected
    if word == "=" and operand_ends:
        return diagnostic("E104", span)
    if word in "{};":
        return diagnostic("E106", span, mark=word)
    if word == "%" and (percent := _SPACED_PERCENT.search(text, 0, at + 1)):
        return diagnostic("E108", Span(file, offset + percent.start(), offset + percent.end()), word=percent[0])
    if " ".join(word.split()) in OPERATORS_OF_OTHERS:
        return diagnostic("E107", span, mark=word, word=OPERATORS_OF_OTHERS[" ".join(word.split())])
    if word[0] in _QUOTES or (word[0] != '"' and any(unicodedata.category(character) in _INVISIBLE for character in word)):
        return not_a_name(word, span)
    shift = _WRONG_SHIFT.match(text, at) if "SHIFT" in expected else None
    if shift is not None:
        return diagnostic("E108", Span(file, offset + at, offset + shift.end()), word=shift[0])
    if "ASSIGNMENT" in expected and _NO_VALUE.match(text, at):
        return diagnostic("E115", span, name=word)
    if word[0].isdecimal() and type_ not in _LITERALS:
        return diagnostic("E108", span, word=word)
    if type_ == "NOT" and operand_ends:
        rest = text[at + len(word) :].lstrip()
        return diagnostic("E117", span, word=word, operator=_word_at(rest, 0))
    if type_ in ("AND", "OR", "COMPARISON") and "WITHIN" in expected and "AND" not in expected:
        return diagnostic("E119", span, word=word)
    if type_ == "COMPARISON" and "AND" in expected:
        return diagnostic("E118", span, word=word)
    return diagnostic("E102", span, word=word, wanted=_wanted(expected), hint=_did_you_mean(word, expected))


def not_a_name(word: str, span: Span) -> Diagnostic:
    """What is wrong with a word that could be a name but for one of its characters."""
    index = next((i for i, character in enumerate(word) if not f"a{character}".isidentifier()), 0)
    character = word[index]
    place = Span(span.file, span.start + index, span.start + index + 1)
    if unicodedata.category(character) in _INVISIBLE:
        return diagnostic("E112", place, character=f"U+{ord(character):04X}")
    if character in OPERATORS_OF_OTHERS:
        return diagnostic("E107", place, mark=character, word=OPERATORS_OF_OTHERS[character])
    if character in _QUOTES:
        return diagnostic("E105", place, mark=character)
    return diagnostic("E116", place, name=word, character=character)


def _word_at(text: str, at: int) -> str:
    found = _IS.match(text, at) or _WORD.match(text, at)
    return found[0] if found else text[at : at + 1]


def _blank_comment(found: re.Match[str]) -> str:
    return " " * len(found[0]) if found["comment"] else found[0]


def _expected(text: str, at: int, start: str) -> set[str]:
    """The terminals that may stand at a place. The parser that failed there had already put together what only the failing token ended."""
    parsing = grammar.tree_parser().parse_interactive(text, start)
    try:
        for token in parsing.lexer_thread.lex(parsing.parser_state):  # type: ignore[no-untyped-call]
            if (token.start_pos or 0) >= at:
                break
            parsing.feed_token(token)
    except UnexpectedInput:
        pass  # this is the place
    accepted: set[str] = parsing.accepts()  # type: ignore[no-untyped-call]  # lark has no types for these two
    return accepted


def _wanted(expected: set[str]) -> str:
    """What may stand here: a few things, the most telling first."""
    phrases = [phrase for terminals, phrase in EXPECTED if expected & terminals]
    implied = {word for terminal, words in IMPLIED.items() if terminal in expected for word in words}
    told = implied.union(*(terminals for terminals, _ in EXPECTED))
    phrases += [forms[0] for name, forms in keywords.WORDS.items() if name in expected - told]
    phrases = phrases[:WANTED_MAX]
    if not phrases:
        return "nothing more"
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " or " + phrases[-1]


def _did_you_mean(word: str, expected: set[str]) -> str:
    candidates = [form for name in expected if name in keywords.WORDS for form in keywords.WORDS[name]]
    close = difflib.get_close_matches(word.lower(), sorted(candidates), 1, 0.7)
    return f" - did you mean '{close[0]}'?" if close else ""
