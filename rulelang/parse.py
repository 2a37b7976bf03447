"""Text to syntax tree.

In: the text of one rule file.  Out: its declarations, and every syntax error found in it; declarations that have one are left out.
A file without errors is parsed in one go. Where that fails, it is cut at the words that begin declarations, and a broken declaration
at what begins its clauses, fields, lines, rows or steps, so that each error is found once and hides no other.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from threading import Lock
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from rulelang import grammar, keywords, syntax
from rulelang.build import Build
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.messages.syntax import EXPECTED
from rulelang.punctuation import as_ascii, line_end
from rulelang.syntax import Span

NESTING_MAX = 64
"""Parentheses within parentheses. The passes after the parser recurse over the tree."""
CHAIN_MAX = 2000
"""Operators, `not`s and minuses in one declaration, for the same reason."""
ERRORS_MAX = 100
"""Syntax errors reported of one file."""


# ------------------------------------------------------------------ parsing


def parse_file(name: str, text: str) -> tuple[syntax.File, list[Diagnostic]]:
    """The declarations of a file, and its syntax errors."""
    clean = as_ascii(text)
    errors = [diagnostic("E101", Span(name, at, line_end(text, at))) for at in clean.unterminated]
    errors += _too_deep(name, clean.text)
    if not errors:
        try:
            declarations, found = _parse(name, clean.text, 0, "start")
            return syntax.File(name, tuple(_whole(declarations, found))), found[:ERRORS_MAX]
        except UnexpectedInput:
            pass
    declarations, found = _parse_in_pieces(name, clean.text, tuple(e.span for e in errors))
    return syntax.File(name, tuple(declarations)), [*errors, *found][:ERRORS_MAX]


def parse_expression(file: str, text: str, offset: int) -> tuple[syntax.Expression | None, list[Diagnostic]]:
    """An expression inside a message's braces; `offset` is where it begins in the file."""
    clean = as_ascii(text)
    errors = [diagnostic("E101", Span(file, offset + at, offset + len(text))) for at in clean.unterminated]
    errors += [replace(e, span=Span(file, e.span.start + offset, e.span.end + offset)) for e in _too_deep(file, clean.text)]
    if errors:
        return None, errors
    if not clean.text.strip():
        return None, [diagnostic("E111", Span(file, max(offset - 1, 0), offset + len(text) + 1))]
    try:
        expression, errors = _parse(file, clean.text, offset, "expr")
    except UnexpectedInput as error:
        return None, [_explain(error, file, clean.text, offset)]
    return (None if errors else expression), errors


_ONE_AT_A_TIME = Lock()


@cache
def _builder() -> tuple[Build, Lark]:
    build = Build()
    return build, grammar.parser(build)


def _parse(name: str, text: str, offset: int, start: str) -> tuple[Any, list[Diagnostic]]:
    """What the start symbol makes of the text, and what is wrong with its literals; raises `UnexpectedInput`."""
    with _ONE_AT_A_TIME:
        build, parser = _builder()
        build.begin(name, offset)
        made = parser.parse(text, start=start)
        return made, build.errors


def _whole(declarations: Sequence[syntax.Declaration], errors: Sequence[Diagnostic]) -> list[syntax.Declaration]:
    """Those without an error in them."""
    places = [error.span.start for error in errors]
    return [d for d in declarations if not any(d.span.start <= place < d.span.end for place in places)]


# ------------------------------------------------------------------ bounds

_ANY = re.compile(rf"{grammar.TEXT}|#[^\n]*|[()]")
_CHAINING = re.compile(rf"(?<!\w){keywords.pattern(('and', 'or', 'not', 'mod', '并且', '且', '或者', '或', '非'))}|[-+*/]")


def _too_deep(name: str, text: str) -> list[Diagnostic]:
    depth = 0
    for found in _ANY.finditer(text):
        if found[0] == "(":
            depth += 1
            if depth > NESTING_MAX:
                return [diagnostic("E110", Span(name, found.start(), found.end()), most=NESTING_MAX)]
        elif found[0] == ")":
            depth = max(depth - 1, 0)
    starts = [*(found.start() for found in _DECLARATION.finditer(text)), len(text)]
    begin = 0
    for end in starts:
        if end - begin > 2 * CHAIN_MAX and sum(1 for _ in _CHAINING.finditer(text, begin, end)) > CHAIN_MAX:
            return [diagnostic("E112", Span(name, begin, min(begin + 1, len(text))), most=CHAIN_MAX)]
        begin = end
    return []


# ------------------------------------------------------------------ finding every error


def _beginnings(words: Sequence[str], following: str = "") -> re.Pattern[str]:
    return re.compile(rf"^[ \t\ufeff]*(?P<word>{keywords.pattern(tuple(words))}){following}", re.MULTILINE)


def _forms(table: dict[str, tuple[str, ...]]) -> list[str]:
    return [form for forms in table.values() for form in forms]


_WORDS = keywords.WORDS
_AT = keywords.pattern(_WORDS["AT"])
_DECLARATION = _beginnings(_forms(keywords.DECLARATIONS), r'[ \t]+["\w]')

# Of each declaration that has parts: what begins one of them on a line, and the grammar's symbol for it.
_PARTS: dict[str, tuple[re.Pattern[str], str]] = {
    "CALENDAR": (_beginnings([*_WORDS["OPEN"], *_WORDS["CLOSED"], *_WORDS["WORKING"]]), "calendar_line"),
    "EVENT": (re.compile(rf"^[ \t]*{grammar.NAME}\s*:", re.MULTILINE), "field"),
    "TABLE": (re.compile(r'^[ \t]*["\d-]', re.MULTILINE), "row"),
    "RULE": (_beginnings(_forms(keywords.CLAUSES)), "clause"),
    "LADDER": (
        re.compile(
            rf"^[ \t]*(?:{grammar.NAME}\s+{_AT}|{keywords.pattern((*_WORDS['CATEGORIES'], *_WORDS['WEIGHT']))})",
            re.MULTILINE,
        ),
        "ladder_item",
    ),
    "TEST": (
        re.compile(rf"^[ \t]*(?:{grammar.NAME}\s+{_AT}|{keywords.pattern((*_WORDS['CLOCK'], *_WORDS['EXPECT']))})", re.MULTILINE),
        "step",
    ),
}


def _parse_in_pieces(name: str, text: str, known: tuple[Span, ...]) -> tuple[list[syntax.Declaration], list[Diagnostic]]:
    """Each declaration by itself. `known`: places whose errors are reported already."""
    cuts = [0, *(found.start("word") for found in _DECLARATION.finditer(text)), len(text)]
    declarations: list[syntax.Declaration] = []
    errors: list[Diagnostic] = []
    for begin, end in pairwise(cuts):
        piece = text[begin:end]
        if not _ANY.sub(_without_comment, piece).strip(" \t\r\n\ufeff"):
            continue
        broken = any(begin <= span.start < end for span in known)
        try:
            parsed, found = _parse(name, piece, begin, "start")
        except UnexpectedInput as error:
            if not broken:
                errors += _errors_of(name, piece, begin, error)
        else:
            errors += found
            if not broken:
                declarations += _whole(parsed, found)
    return declarations, errors


def _without_comment(found: re.Match[str]) -> str:
    return "" if found[0].startswith("#") else found[0]


def _errors_of(name: str, piece: str, begin: int, error: UnexpectedInput) -> list[Diagnostic]:
    """All errors of one broken declaration: of its parts, each read by itself."""
    first = _explain(error, name, piece, begin)
    kind = next((kind for kind in _PARTS if re.match(keywords.pattern(keywords.DECLARATIONS[kind]), piece)), None)
    if kind is None:
        return [first]
    pattern, start = _PARTS[kind]
    cuts = [*(found.start() for found in pattern.finditer(piece)), len(piece)]
    errors = []
    for at, end in pairwise(cuts):
        try:
            errors += _parse(name, piece[at:end], begin + at, start)[1]
        except UnexpectedInput as inner:
            errors.append(_explain(inner, name, piece[at:end], begin + at))
    # The first error may also be before the parts or between them.
    if any(error.span.start <= first.span.start < error.span.end or error == first for error in errors):
        return errors
    return [first, *errors]


# ------------------------------------------------------------------ saying what is wrong


def _explain(error: UnexpectedInput, name: str, text: str, offset: int) -> Diagnostic:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        end = len(_ANY.sub(_blank_comment, text).rstrip())
        wanted = _wanted(set(error.accepts or ()) if isinstance(error, UnexpectedToken) else set(error.expected))
        return diagnostic("E103", Span(name, offset + max(end - 1, 0), offset + max(end, 1)), wanted=wanted)
    at = error.pos_in_stream or 0
    if isinstance(error, UnexpectedToken):
        word = str(error.token)
        expected = set(error.accepts or error.expected)
    else:
        assert isinstance(error, UnexpectedCharacters)
        found = re.compile(r'"[^"\n]*"?|\w+|[^\s]').match(text, at)
        word = found[0] if found else text[at : at + 1]
        expected = set(error.allowed or ())
    span = Span(name, offset + at, offset + at + max(len(word), 1))
    before = text[:at].rstrip()
    if word == "=" and not before.endswith("=") and ("COMPARISON" in expected or before[-1:].isalnum()) and "EQUALS" not in expected:
        return diagnostic("E104", span)
    if word[0] in "“”‘’":
        return diagnostic("E105", span, mark=word[0])
    if word[0] in "'`":
        return diagnostic("E105", span, mark=word[0])
    if word[0] in "{};":
        return diagnostic("E106", span, mark=word[0])
    if word in ("&&", "||", "&", "|", "!"):
        return diagnostic("E107", span, mark=word, word={"&": "and", "|": "or", "!": "not"}[word[0]])
    if re.match(r"\d", word):
        return diagnostic("E108", span, word=word)
    hint = _did_you_mean(word, expected)
    return diagnostic("E102", span, word=word, wanted=_wanted(expected), hint=hint)


def _blank_comment(found: re.Match[str]) -> str:
    return " " * len(found[0]) if found[0].startswith("#") else found[0]


def _wanted(expected: set[str]) -> str:
    """What may stand here, in an analyst's words: at most six of them."""
    phrases = [phrase for terminals, phrase in EXPECTED if expected & terminals]
    if not phrases:
        return "something else"
    shown = phrases[:6]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


def _did_you_mean(word: str, expected: set[str]) -> str:
    candidates = [form for name in expected if name in keywords.WORDS for form in keywords.WORDS[name]]
    close = difflib.get_close_matches(word, candidates, 1, 0.7)
    return f" - did you mean '{close[0]}'?" if close else ""
