"""The grammar as a parser: the file grammar.lark, with the words of keywords.py put in as its terminals.

In: a text with ASCII punctuation.  Out: what a transformer makes of it, or Lark's tree with every token of the text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark

from rulelang import keywords

NAME = rf"(?!{keywords.RESERVED})[^\W\d][{keywords.IN_NAME}]*+"
TEXT = r'"(?:\\.|[^"\\\n])*"'
MESSAGE = r'"(?:\\.|\{(?:[^{}"\n]|"[^"\n]*+")*+\}|[^"\\\n])*+"'
"""Like a text, but inside its braces texts have quotes of their own."""
GAP = r"(?:[\s\ufeff]|#[^\n]*+)"
"""What may stand between two words."""

STARTS = ("start", "expr", "calendar_lines", "fields", "rows", "clauses", "ladder_items", "procedure_items", "steps")
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
    words = keywords.WORDS
    at = keywords.pattern(words["AT"])
    moment = rf"{GAP}++{at}{GAP}*+[-+0-9]"
    every = keywords.pattern(tuple(form for forms in words.values() for form in forms))
    periods = keywords.pattern((*keywords.PERIODS, *keywords.PERIODS.values()))
    after = {
        # Else they are names: a field called `previous`, an event called `期末`.
        "PREVIOUS": rf"(?={GAP}++(?!{every}){NAME}(?!{GAP}++{at}))",
        "END_OF": rf"(?={GAP}++{periods})",
        "CLOCK": rf"(?={GAP}*+[-+0-9])",
        "EXPECT": rf"(?={GAP}++{NAME})",
        "OTHER": rf"(?={GAP}++{keywords.pattern((*words['FINDING'], *words['WARNING']))})",
    }
    weekdays = keywords.pattern((*keywords.WEEKDAYS, *keywords.WEEKDAYS.values()))
    lines = []
    for name, forms in words.items():
        priority = 4 if any(" " in form for form in forms) else 3  # `or else` before `or`
        lines.append(f"{name}.{priority}: /{keywords.pattern(forms)}{after.get(name, '')}/")
    days = keywords.pattern((*words["SINCE"], *words["UNTIL"]))
    lines += [
        f"STRING.2: /{TEXT}/",
        f"MESSAGE_TEXT.3: /{MESSAGE}/",
        # In a field's or table's type a text is a unit, unless a row of the table begins with it.
        rf"UNIT.3: /{TEXT}(?!{GAP}*+(?:[:,]|{days}{GAP}++[0-9]))/",
        rf"PERIOD.3: /{periods}(?!{GAP}*+[(.])/",
        f"WEEKDAY.3: /{weekdays}/",
        rf"FIELD_NAME.5: /{NAME}(?={GAP}*+:)/",
        # An event type may be called like what begins a declaration or an expectation: `rule at +1h` is a step.
        rf"STEP_NAME.4: /{NAME}(?={moment})/",
        rf"RUNG_NAME.2: /{NAME}(?={GAP}++{at})/",
        rf'KEY_OF.4: /{NAME}(?={GAP}++(?:{TEXT}|[^\s"#]+){GAP}++{at}{GAP}++[^\W\d])/',
        rf'ASSIGNMENT.6: /{NAME}\s*=(?!=)\s*(?:{TEXT}|[^\s"#,()=]++)(?!\s*=)/',
        rf'KEY.1: /{TEXT}|[^\s"#,]+/',
        f"NAME.1: /{NAME}/",
    ]
    return "\n".join(lines) + "\n"
