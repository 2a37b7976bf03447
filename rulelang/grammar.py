"""The grammar as a parser: the file grammar.lark, with the words of keywords.py put in as its terminals.

In: a text with ASCII punctuation.  Out: what a transformer makes of it, or Lark's tree with every token of the text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark

from rulelang import keywords

NAME = rf"(?!{keywords.RESERVED})[^\W\d]\w*"
TEXT = r'"(?:\\.|[^"\\\n])*"'

STARTS = ("start", "expr", "clause", "step", "field", "calendar_line", "ladder_item", "row")
"""What can be parsed by itself: a file, the braces of a message, and the parts of declarations, for finding every error."""


def source() -> str:
    """The whole grammar."""
    return Path(__file__).with_name("grammar.lark").read_text("utf-8") + "\n" + _terminals()


def parser(transformer: Any = None) -> Lark:
    """A parser that calls `transformer` while it reads; none: it gives the tree."""
    return Lark(
        source(),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        maybe_placeholders=False,
        keep_all_tokens=True,
        propagate_positions=False,  # every token knows its place, and all tokens are kept
        transformer=transformer,
    )


@cache
def tree_parser() -> Lark:
    """The parser that gives trees."""
    return parser()


def _terminals() -> str:
    """The terminals of words, and those that look ahead to tell a name from a word."""
    after = {
        "PREVIOUS": r"(?=\s+[^\W\d])",
        "CLOCK": r"(?=\s*[-+\d])",
        "EXPECT": r"(?=\s+[^\W\d])",
    }
    lines = [f"{name}.3: /{keywords.pattern(words)}{after.get(name, '')}/" for name, words in keywords.WORDS.items()]
    at = keywords.pattern(keywords.WORDS["AT"])
    periods = keywords.pattern((*keywords.PERIODS, *keywords.PERIODS.values()))
    weekdays = keywords.pattern((*keywords.WEEKDAYS, *keywords.WEEKDAYS.values()))
    lines += [
        rf"PERIOD.3: /{periods}(?!\s*[(.])/",
        f"WEEKDAY.3: /{weekdays}/",
        rf"FIELD_NAME.5: /{NAME}(?=\s*:)/",
        rf"BEFORE_AT.2: /{NAME}(?=\s+{at})/",
        rf'KEY_OF.4: /{NAME}(?=\s+(?:{TEXT}|[^\s"#]+)\s+{at}\s+[^\W\d])/',
        rf'ASSIGNMENT.6: /{NAME}\s*=(?!=)\s*(?:{TEXT}|[^\s"#,()=]+)/',
        rf'KEY.1: /{TEXT}|[^\s"#,]+/',
        f"NAME.1: /{NAME}/",
    ]
    return "\n".join(lines) + "\n"
