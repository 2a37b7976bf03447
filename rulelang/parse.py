"""Text to syntax tree.

In: the text of one rule file.  Out: its declarations, and every syntax error found in it; declarations that have one are left out.
A file without errors is parsed in one go. Where that fails, it is cut at the words that begin declarations, and a broken declaration
at what begins its clauses, fields, lines, rows or steps, so that each error is found once and hides no other.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from threading import Lock
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from rulelang import grammar, keywords, syntax
from rulelang.build import Build
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.punctuation import as_ascii, line_end
from rulelang.straight import Straight, Stuck
from rulelang.syntax import Span
from rulelang.unexpected import explain

NESTING_MAX = 64
"""Parentheses within parentheses, so that nobody has to count them. How deep a meaning may be, the resolver bounds."""
ERRORS_MAX = 100
"""Syntax errors reported of one file: the first ones."""


# ------------------------------------------------------------------ parsing


def parse_file(name: str, text: str) -> tuple[syntax.File, list[Diagnostic]]:
    """The declarations of a file, and its syntax errors in order."""
    clean = as_ascii(text)
    errors = [diagnostic("E101", Span(name, at, line_end(text, at))) for at in clean.unterminated]
    errors += _too_deep(name, clean.text)
    whole = _parse_whole(name, clean.text) if not errors else None
    if whole is not None:
        declarations, errors = whole
    else:
        declarations = _parse_in_pieces(name, clean.text, errors)
    errors.sort(key=lambda e: (e.span.start, e.span.end))
    if not errors:
        return syntax.File(name, tuple(declarations)), []
    kept = tuple(_without(errors, declarations))
    return syntax.File(name, kept, _words_beside(kept, clean.text)), errors[:ERRORS_MAX]


def parse_again(name: str, text: str, places: Sequence[tuple[int, int]]) -> list[syntax.Declaration]:
    """The declarations at these places of a file in which there is no error."""
    clean = as_ascii(text).text if places else ""
    return [declaration for begin, end in places for declaration in _parse(name, clean[begin:end], begin, "start")[0]]


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
        return None, [explain(error, file, clean.text, offset, "expr")]
    return (None if errors else expression), errors


_ONE_AT_A_TIME = Lock()


@cache
def _builder() -> tuple[Build, Lark, Straight]:
    build = Build()
    parser = grammar.parser(build)
    return build, parser, Straight(parser)


def _parse(name: str, text: str, offset: int, start: str) -> tuple[Any, list[Diagnostic]]:
    """What the start symbol makes of the text, and what is wrong with its literals; raises `UnexpectedInput`."""
    with _ONE_AT_A_TIME:
        build, parser, straight = _builder()
        build.begin(name, offset)
        try:
            return straight.parse(text, start), build.errors
        except Stuck:
            build.begin(name, offset)
            return parser.parse(text, start=start), build.errors


def _parse_whole(name: str, text: str) -> tuple[list[syntax.Declaration], list[Diagnostic]] | None:
    try:
        return _parse(name, text, 0, "start")
    except UnexpectedInput:
        return None


def _words_beside(declarations: Sequence[syntax.Declaration], text: str) -> frozenset[str]:
    """The words that stand in none of the declarations, nor in comments and texts."""
    edges = [0, *(edge for d in declarations for edge in (d.span.start, d.span.end)), len(text)]
    words = (_NAME.findall(_SKIPPED.sub(" ", text[begin:end])) for begin, end in zip(edges[::2], edges[1::2], strict=True))
    return frozenset(unicodedata.normalize("NFC", word) for found in words for word in found)


def _without(errors: Sequence[Diagnostic], declarations: Iterable[syntax.Declaration]) -> Iterator[syntax.Declaration]:
    """The declarations in which there is none of the errors, which are in order."""
    places = [error.span.start for error in errors]
    for declaration in declarations:
        first = bisect_left(places, declaration.span.start)
        if first == len(places) or places[first] >= declaration.span.end:
            yield declaration


# ------------------------------------------------------------------ where something begins


def _at_line_begin(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^[^\S\n]*\ufeff?(?=(?P<begin>{pattern}))", re.MULTILINE)


def _words(*terminals: str) -> str:
    return keywords.pattern(tuple(form for terminal in terminals for form in keywords.WORDS[terminal]))


_GAP = grammar.GAP
_NAME = re.compile(grammar.NAME)
# A name or a text follows what begins a declaration; a field called like it is followed by other things.
_DECLARATION = _at_line_begin(rf"""{_words(*keywords.DECLARATIONS)}{_GAP}++(?:["“‘'「]|(?!{_words("AT")}){grammar.NAME})""")
_LEVEL = keywords.pattern((*keywords.LEVELS, *keywords.LEVELS.values()))
_STEP = rf"{grammar.NAME}{_GAP}++{_words('AT')}|{_words('CLOCK', 'EXPECT')}"
# Of each declaration that has parts: what begins one of them, and the grammar's symbol for it.
_PARTS: dict[str, tuple[re.Pattern[str], str]] = {
    "CALENDAR": (_at_line_begin(_words("OPEN", "CLOSED", "WORKING")), "calendar_lines"),
    "EVENT": (_at_line_begin(rf"{grammar.NAME}{_GAP}*+:"), "fields"),
    "TABLE": (_at_line_begin(r'["\d-]'), "rows"),
    "RULE": (_at_line_begin(_words(*keywords.CLAUSES)), "clauses"),
    "LADDER": (_at_line_begin(rf"{grammar.NAME}{_GAP}++{_words('AT')}|{_LEVEL}|{_words('CATEGORIES', 'WEIGHT')}"), "ladder_items"),
    "PROCEDURE": (_at_line_begin(_words("STEP", "RELEASE", "DECISION")), "procedure_items"),
    "TEST": (_at_line_begin(_STEP), "steps"),
}
_KINDS = [(re.compile(_words(kind)), parts) for kind, parts in _PARTS.items()]
_NO_PARTS = re.compile(r"(?!)(?P<begin>)"), ""


def beginnings(text: str) -> list[int]:
    """Where declarations and their parts begin, those that begin a line."""
    clean = as_ascii(text).text
    found = []
    for begin, end in pairwise(_cuts(_DECLARATION, clean)):
        pattern, _ = _parts_of(clean[begin:end])
        found += [begin, *(begin + at for at in _cuts(pattern, clean[begin:end])[:-1])]
    return found


def _parts_of(piece: str) -> tuple[re.Pattern[str], str]:
    return next((parts for beginning, parts in _KINDS if beginning.match(piece)), _NO_PARTS)


def _cuts(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where the pieces of a text begin, and where the last one ends."""
    return [*(found.start("begin") for found in pattern.finditer(text)), len(text)]


# ------------------------------------------------------------------ finding every error

_SKIPPED = re.compile(rf"{grammar.TEXT}|(?P<comment>#[^\n]*)")
_NESTING = re.compile(rf"{grammar.TEXT}|#[^\n]*|(?P<bracket>[()])")


def _too_deep(name: str, text: str) -> list[Diagnostic]:
    """The first parenthesis too many of each declaration that has too many."""
    errors = []
    for begin, end in pairwise([0, *_cuts(_DECLARATION, text)]):
        if text.count("(", begin, end) <= NESTING_MAX:
            continue
        depth = 0
        for found in _NESTING.finditer(text, begin, end):
            depth += {"(": 1, ")": -1, None: 0}[found["bracket"]]
            if depth > NESTING_MAX:
                errors.append(diagnostic("E110", Span(name, found.start(), found.end()), most=NESTING_MAX))
                break
    return errors


def _parse_in_pieces(name: str, text: str, errors: list[Diagnostic]) -> list[syntax.Declaration]:
    """Each declaration by itself. `errors` has those that are found already, each of which hides others near it; more are put to them."""
    known = sorted(error.span.start for error in errors)
    declarations: list[syntax.Declaration] = []
    for begin, end in pairwise([0, *_cuts(_DECLARATION, text)]):
        piece = text[begin:end]
        first = bisect_left(known, begin)
        if first < len(known) and known[first] < end:
            errors += _errors_of_parts(name, piece, begin, known, None)
            continue
        if not _SKIPPED.sub(_without_comment, piece).strip(" \t\r\n\ufeff"):
            continue
        try:
            parsed, found = _parse(name, piece, begin, "start")
        except UnexpectedInput as error:
            if len(errors) < ERRORS_MAX:
                errors += _errors_of_parts(name, piece, begin, known, explain(error, name, piece, begin, "start"))
        else:
            errors += found
            declarations += parsed
    return declarations


def _without_comment(found: re.Match[str]) -> str:
    return "" if found["comment"] else found[0]


def _errors_of_parts(name: str, piece: str, begin: int, known: Sequence[int], first: Diagnostic | None) -> list[Diagnostic]:
    """The errors of a declaration: the first that was met when it was read as a whole, and those of its parts, each read by itself.

    Parts that have a known error are passed over.
    """
    pattern, symbol_of_parts = _parts_of(piece)
    errors: list[Diagnostic] = []
    for at, end in pairwise([0, *_cuts(pattern, piece)]):
        next_known = bisect_left(known, begin + at)
        if next_known < len(known) and known[next_known] < begin + end:
            continue
        symbol = symbol_of_parts if at else "start"
        try:
            errors += _parse(name, piece[at:end], begin + at, symbol)[1]
        except UnexpectedInput as error:
            errors.append(explain(error, name, piece[at:end], begin + at, symbol, keywords.DECLARATIONS))
            # Where the whole could not go on, behind a part that is wrong, is no error of its own.
            if first is not None and begin + at <= first.span.start:
                first = None
        if len(errors) >= ERRORS_MAX:
            break
    return errors if first is None else [first, *errors]
