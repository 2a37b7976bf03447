"""Text to syntax tree.

In: the text of one rule file.  Out: its declarations, and every syntax error found in it; declarations that have one are left out.
A file without errors is parsed in one go. Where that fails, it is cut at the words that begin declarations, and a broken declaration
at the words that begin its clauses, so that each error is found once and hides no other.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from rulelang import keywords, syntax
from rulelang.build import Build, WrongLiteral
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.messages.syntax import EXPECTED
from rulelang.syntax import Span

NESTING_MAX = 64
"""Parentheses within parentheses. The passes after the parser recurse over the tree."""
CHAIN_MAX = 2000
"""Operators, `not`s and minuses in one declaration, for the same reason."""
ERRORS_MAX = 100
"""Syntax errors reported of one file."""

_NAME = rf"(?!{keywords.RESERVED})[^\W\d]\w*"
_TEXT = r'"(?:\\.|[^"\\\n])*"'


def _terminals() -> str:
    """The terminals of words, and those that look ahead to tell a name from a word."""
    after = {
        "PREVIOUS": r"(?=\s+[^\W\d])",
        "CLOCK": r"(?=\s*[-+\d])",
        "EXPECT": r"(?=\s+[^\W\d])",
        "IN": "",
    }
    lines = []
    for name, words in keywords.WORDS.items():
        lines.append(f"{name}.3: /{keywords.pattern(words)}{after.get(name, '')}/")
    at = keywords.pattern(keywords.WORDS["AT"])
    periods = keywords.pattern((*keywords.PERIODS, *keywords.PERIODS.values()))
    weekdays = keywords.pattern((*keywords.WEEKDAYS, *keywords.WEEKDAYS.values()))
    lines += [
        rf"PERIOD.3: /{periods}(?!\s*[(.])/",
        f"WEEKDAY.3: /{weekdays}/",
        rf"FIELD_NAME.5: /{_NAME}(?=\s*:)/",
        rf"BEFORE_AT.2: /{_NAME}(?=\s+{at})/",
        rf'KEY_OF.4: /{_NAME}(?=\s+(?:{_TEXT}|[^\s"#]+)\s+{at}\s+[^\W\d])/',
        rf'ASSIGNMENT.6: /{_NAME}\s*=(?!=)\s*(?:{_TEXT}|[^\s"#,()=]+)/',
        rf'KEY.1: /{_TEXT}|[^\s"#,]+/',
        f"NAME.1: /{_NAME}/",
    ]
    return "\n".join(lines) + "\n"


@cache
def _parser(start: str) -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar + _terminals(), parser="lalr", lexer="contextual", start=start, maybe_placeholders=False, keep_all_tokens=True)


# ------------------------------------------------------------------ full-width punctuation

_TWINS = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum() and chr(code) != "＿"}
_TWINS.update({"，": ",", "。": ".", "、": ",", "；": ";", "～": "~"})
_OPENS = re.compile(
    rf'(?P<message>(?<!\w){keywords.pattern(keywords.CLAUSES["MESSAGE"])}\s*)?(?P<quote>["＂])|(?P<comment>[#＃])',
)
_REST_OF_MESSAGE = re.compile(r'(?:\\.|\{(?:[^{}"＂\n]|["＂][^"＂\n]*["＂])*\}|[^"＂\\\n])*["＂]')
_REST_OF_TEXT = re.compile(r'(?:\\.|[^"＂\\\n])*["＂]')
_PUNCTUATION = str.maketrans(_TWINS)


@dataclass(frozen=True, slots=True)
class _Clean:
    """The text with ASCII punctuation outside of texts and comments (and as their quotes), as long as the original."""

    text: str
    unterminated: tuple[int, ...]  # offsets of quotes that nothing closes on their line


def _clean(text: str) -> _Clean:
    parts: list[str] = []
    unterminated: list[int] = []
    at = 0
    while (found := _OPENS.search(text, at)) is not None:
        if found["comment"]:
            parts.append(text[at : found.start()].translate(_PUNCTUATION))
            end = text.find("\n", found.start())
            end = len(text) if end < 0 else end
            parts.append("#" + text[found.start() + 1 : end])
            at = end
            continue
        quote = found.start("quote")
        parts.append(text[at:quote].translate(_PUNCTUATION))
        rest = (_REST_OF_MESSAGE if found["message"] else _REST_OF_TEXT).match(text, quote + 1)
        if rest is None:
            unterminated.append(quote)
            end = text.find("\n", quote)
            at = len(text) if end < 0 else end
            # Closed at the end of the line, so that what follows can still be read.
            parts.append(
                '"' + text[quote + 1 : at][:-1].replace("\\", "/").replace('"', "'").replace("＂", "'") + '"' if at - quote > 1 else "#"
            )
            continue
        inside = text[quote + 1 : rest.end() - 1]
        parts.append('"' + (inside.replace("＂", '"') if found["message"] else inside) + '"')
        at = rest.end()
    parts.append(text[at:].translate(_PUNCTUATION))
    return _Clean("".join(parts), tuple(unterminated))


# ------------------------------------------------------------------ parsing


def parse_file(name: str, text: str) -> tuple[syntax.File, list[Diagnostic]]:
    """The declarations of a file, and its syntax errors."""
    clean = _clean(text)
    errors = [diagnostic("E101", Span(name, at, _line_end(text, at))) for at in clean.unterminated]
    errors += _too_deep(name, clean.text)
    if not errors:
        try:
            return syntax.File(name, tuple(_parse(name, clean.text, 0, "start"))), []
        except (UnexpectedInput, WrongLiteral):
            pass
    declarations, found = _parse_in_pieces(name, clean.text, tuple(e.span for e in errors))
    return syntax.File(name, tuple(declarations)), [*errors, *found][:ERRORS_MAX]


def parse_expression(file: str, text: str, offset: int) -> tuple[syntax.Expression | None, list[Diagnostic]]:
    """An expression inside a message's braces; `offset` is where it begins in the file."""
    clean = _clean(text)
    errors = [diagnostic("E101", Span(file, offset + at, offset + len(text))) for at in clean.unterminated]
    errors += [
        Diagnostic(e.code, e.severity, e.message, Span(file, e.span.start + offset, e.span.end + offset), e.remedy)
        for e in _too_deep(file, clean.text)
    ]
    if errors:
        return None, errors
    if not clean.text.strip():
        return None, [diagnostic("E111", Span(file, max(offset - 1, 0), offset + len(text) + 1))]
    try:
        expression: syntax.Expression = _parse(file, clean.text, offset, "expr")
    except (UnexpectedInput, WrongLiteral) as error:
        return None, [_explain(error, file, clean.text, offset)]
    return expression, []


def _parse(name: str, text: str, offset: int, start: str):  # type: ignore[no-untyped-def]  # what a start symbol gives
    return Build(name, offset).transform(_parser(start).parse(text))


_ANY = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|[()]')
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


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


# ------------------------------------------------------------------ finding every error


def _beginnings(words: dict[str, tuple[str, ...]], following: str = "") -> re.Pattern[str]:
    every = keywords.pattern(tuple(word for forms in words.values() for word in forms))
    return re.compile(rf"^[ \t\ufeff]*(?P<word>{every}){following}", re.MULTILINE)


_DECLARATION = _beginnings(keywords.DECLARATIONS, r'[ \t]+["\w]')
_CLAUSE = _beginnings(keywords.CLAUSES)
_STEP = re.compile(
    rf"^[ \t]*(?:{_NAME}\s+{keywords.pattern(keywords.WORDS['AT'])}|{keywords.pattern((*keywords.WORDS['CLOCK'], *keywords.WORDS['EXPECT']))})",
    re.MULTILINE,
)


def _parse_in_pieces(name: str, text: str, known: tuple[Span, ...]) -> tuple[list[syntax.Declaration], list[Diagnostic]]:
    """Each declaration by itself. `known`: places whose errors are reported already."""
    starts = [found.start("word") for found in _DECLARATION.finditer(text)]
    cuts = [0, *starts, len(text)]
    declarations: list[syntax.Declaration] = []
    errors: list[Diagnostic] = []
    for begin, end in zip(cuts, cuts[1:], strict=False):
        piece = text[begin:end]
        if not _ANY.sub(_without_comment, piece).strip(" \t\r\n\ufeff"):
            continue
        broken = any(begin <= span.start < end for span in known)
        try:
            parsed = _parse(name, piece, begin, "start")
        except (UnexpectedInput, WrongLiteral) as error:
            if not broken:
                errors += _errors_of(name, piece, begin, error)
        else:
            if not broken:
                declarations += parsed
    return declarations, errors


def _without_comment(found: re.Match[str]) -> str:
    return "" if found[0].startswith("#") else found[0]


def _errors_of(name: str, piece: str, begin: int, error: UnexpectedInput | WrongLiteral) -> list[Diagnostic]:
    """All errors of one broken declaration: of its clauses or steps, each read by itself."""
    first = _explain(error, name, piece, begin)
    for kind, pattern, start in (("RULE", _CLAUSE, "clause"), ("TEST", _STEP, "step")):
        head = re.match(keywords.pattern(keywords.DECLARATIONS[kind]), piece)
        if head is None:
            continue
        cuts = [*(found.start() for found in pattern.finditer(piece)), len(piece)]
        found = []
        for at, end in zip(cuts, cuts[1:], strict=False):
            try:
                _parse(name, piece[at:end], begin + at, start)
            except (UnexpectedInput, WrongLiteral) as inner:
                found.append(_explain(inner, name, piece[at:end], begin + at))
        # Where every clause reads well by itself, the trouble is before them or between them.
        return found if found and (not cuts[:-1] or first.span.start >= begin + cuts[0]) else [first, *found]
    return [first]


# ------------------------------------------------------------------ saying what is wrong


def _explain(error: UnexpectedInput | WrongLiteral, name: str, text: str, offset: int) -> Diagnostic:
    if isinstance(error, WrongLiteral):
        return diagnostic(error.code, error.span, **error.words)
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
