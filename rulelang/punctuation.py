"""Full-width punctuation read as its ASCII twin.

In: a text as written.  Out: one of the same length, in which punctuation outside of texts and comments is ASCII, with the
quotes around texts; and the texts that nothing closes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rulelang import keywords

_TWINS = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum()}
_TWINS.update({"，": ",", "。": ".", "、": ",", "；": ";", "～": "~"})
_PUNCTUATION = str.maketrans(_TWINS)

_OPENS = re.compile(
    rf'(?P<message>(?<!\w){keywords.pattern(keywords.CLAUSES["MESSAGE"])}\s*)?(?P<quote>["＂])|(?P<comment>[#＃])',
)
# Inside the braces of a message texts have quotes of their own. The plus after the star: what was read is not read again in other ways.
_BRACES = r'\{(?:[^{}"＂\n]|["＂][^"＂\n]*+["＂])*+\}'
_IN_BRACES = re.compile(rf"\\.|{_BRACES}")


def _rest(closing: str, braces: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?:\\.|{braces}[^{closing}\\\n])*+[{closing}]")


# A text ends with the quote that it began with; one that began with a full-width quote ends with the plain one too.
_REST_OF_TEXT = {'"': _rest('"'), "＂": _rest('"＂')}
_REST_OF_MESSAGE = {'"': _rest('"', _BRACES + "|"), "＂": _rest('"＂', _BRACES + "|")}


@dataclass(frozen=True, slots=True)
class AsciiText:
    """As long as the original. Texts that nothing closes are closed at the end of their line, so that what follows can be read."""

    text: str
    unterminated: tuple[int, ...]  # offsets of quotes that nothing closes on their line


def with_ascii_punctuation(text: str) -> str:
    """The text with ASCII punctuation everywhere, in texts and comments too."""
    return text.translate(_PUNCTUATION)


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
        rest = (_REST_OF_MESSAGE if found["message"] else _REST_OF_TEXT)[text[quote]].match(text, quote + 1)
        if rest is None:
            unterminated.append(quote)
            at = line_end(text, quote)
            parts.append(_closed(text[quote:at]))
            continue
        inside = text[quote + 1 : rest.end() - 1]
        parts.append('"' + (_IN_BRACES.sub(_plain_quotes, inside) if found["message"] else inside) + '"')
        at = rest.end()
    parts.append(text[at:].translate(_PUNCTUATION))
    return AsciiText("".join(parts), tuple(unterminated))


def _plain_quotes(found: re.Match[str]) -> str:
    return found[0].replace("＂", '"') if found[0].startswith("{") else found[0]


def line_end(text: str, at: int) -> int:
    """Where the line of an offset ends."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


_SPECIAL_IN_TEXT = str.maketrans('"＂\\{}', "     ")


def _closed(text: str) -> str:
    """A text without its closing quote, as one with it; a lone quote as a comment."""
    return '"' + text[1:-1].translate(_SPECIAL_IN_TEXT) + '"' if len(text) > 1 else "#"
