"""Keys: one person, one spelling.

In: text as it was sent.  Out: the key; None where nothing remains of it.
"""

from __future__ import annotations

import unicodedata

from rulelang import model
from rulelang.confusables import PROTOTYPES

# The Unicode property White_Space.
WHITE_SPACE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}
# The Unicode property Default_Ignorable_Code_Point, those of category Cf left out.
IGNORABLE = (
    frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0")
    | {chr(c) for c in range(0x180B, 0x1810)}
    | {chr(c) for c in range(0xFE00, 0xFE10)}
    | {chr(c) for c in range(0xFFF0, 0xFFF9)}
    | {chr(c) for c in range(0xE0000, 0xE1000)}
)
LOOKS_LIKE = {character: prototype for prototype, characters in PROTOTYPES.items() for character in characters}


def trimmed(text: str) -> str:
    """White space taken off both ends."""
    while text and text[0] in WHITE_SPACE:
        text = text[1:]
    while text and text[-1] in WHITE_SPACE:
        text = text[:-1]
    return text


def _once(text: str) -> str:
    """NFKC, white space trimmed and folded to one space, then control, format and default-ignorable characters removed."""
    folded = ""
    for character in trimmed(unicodedata.normalize("NFKC", text)):
        if character not in WHITE_SPACE:
            folded += character
        elif not folded.endswith(" "):
            folded += " "
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cf") and c not in IGNORABLE)


def normal(text: str) -> str:
    """Normalised until nothing changes."""
    while (again := _once(text)) != text:
        text = again
    return text


def skeleton(text: str) -> str:
    """Case-folded and reduced to the confusable skeleton (UTS #39), until nothing changes."""
    while True:
        folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
        again = normal("".join(LOOKS_LIKE.get(c, c) for c in folded))
        if again == text:
            return text
        text = again


def key(entity: model.Entity, text: str) -> str | None:
    """'A key is always normalised …; for an entity declared `lookalike` also case-folded and reduced to its skeleton'."""
    plain = normal(text)
    return (skeleton(plain) if entity.lookalike else plain) or None
