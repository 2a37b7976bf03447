"""Full-width punctuation read as its ASCII twin.

In: a text as written.  Out: one of the same length, in which punctuation outside of texts and comments is ASCII, with the
quotes around texts; and the texts that nothing closes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rulelang import keywords

_TWINS = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum() and chr(code) != "＿"}
_TWINS.update({"，": ",", "。": ".", "、": ",", "；": ";", "～": "~"})
_PUNCTUATION = str.maketrans(_TWINS)

_OPENS = re.compile(
    rf'(?P<message>(?<!\w){keywords.pattern(keywords.CLAUSES["MESSAGE"])}\s*)?(?P<quote>["＂])|(?P<comment>[#＃])',
)
# Inside the braces of a message texts have quotes of their own.
_REST_OF_MESSAGE = re.compile(r'(?:\\.|\{(?:[^{}"＂\n]|["＂][^"＂\n]*["＂])*\}|[^"＂\\\n])*["＂]')
_REST_OF_TEXT = re.compile(r'(?:\\.|[^"＂\\\n])*["＂]')


@dataclass(frozen=True, slots=True)
class AsciiText:
    """As long as the original. Texts that nothing closes are closed at the end of their line, so that what follows can be read."""

    text: str
    unterminated: tuple[int, ...]  # offsets of quotes that nothing closes on their line


def as_ascii(text: str) -> AsciiText:
    """The text with ASCII punctuation."""
    parts: list[str] = []
    unterminated: list[int] = []
    at = 0
    while (found := _OPENS.search(text, at)) is not None:
        if found["comment"]:
            parts.append(text[at : found.start()].translate(_PUNCTUATION))
            end = line_end(text, found.start())
            parts.append("#" + text[found.start() + 1 : end])
            at = end
            continue
        quote = found.start("quote")
        parts.append(text[at:quote].translate(_PUNCTUATION))
        rest = (_REST_OF_MESSAGE if found["message"] else _REST_OF_TEXT).match(text, quote + 1)
        if rest is None:
            unterminated.append(quote)
            at = line_end(text, quote)
            parts.append(_closed(text[quote:at]))
            continue
        inside = text[quote + 1 : rest.end() - 1]
        parts.append('"' + (inside.replace("＂", '"') if found["message"] else inside) + '"')
        at = rest.end()
    parts.append(text[at:].translate(_PUNCTUATION))
    return AsciiText("".join(parts), tuple(unterminated))


def line_end(text: str, at: int) -> int:
    """Where the line of an offset ends."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


_SPECIAL_IN_TEXT = str.maketrans('"＂\\{}', "     ")


def _closed(text: str) -> str:
    """A text without its closing quote, as one with it; a lone quote as a comment."""
    return '"' + text[1:-1].translate(_SPECIAL_IN_TEXT) + '"' if len(text) > 1 else "#"
