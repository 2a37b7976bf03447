"""How a key is written before it is compared: one person, one spelling.

In: text as it was sent.  Out: the same text for all spellings that are meant to be one; "" where nothing remains, which is missing.

1. Unicode NFKC: full-width letters become plain ones.
2. White space (the Unicode property, so tabs and line ends too) folded to one space, and trimmed.
3. Control (Cc), format (Cf) and default-ignorable characters removed.

Each step can make work for the one before (two spaces with an invisible character between them, a combining mark that
moves next to its letter), so the three are repeated until nothing changes: whoever sends an invisible character gains nothing by it.

For an entity declared `lookalike`, then: case folded, each character of the form NFD replaced by its prototype in Unicode's
table of confusables (UTS #39), and normalised again; repeated likewise, as `0` looks like `O`, which is folded to `o`.
A key that is normalised once more is therefore the same key.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rulelang import model
from rulelang.confusables import PROTOTYPES

_WHITE_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
# Default_Ignorable_Code_Point, as far as it is not of category Cf.
_IGNORABLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]+")


def normalise(text: str) -> str:
    """The text as a key of an entity that is not `lookalike`."""
    while True:
        folded = _WHITE_SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip(" ")
        if not folded.isascii() or not folded.isprintable():
            folded = _IGNORABLE.sub("", "".join(c for c in folded if unicodedata.category(c) not in ("Cc", "Cf")))
        if folded == text:
            return text
        text = folded


def skeleton(text: str) -> str:
    """What a normalised text looks like: equal for two that could be mistaken for each other, whatever their case."""
    prototypes = confusables_table()
    while True:
        folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
        seen = normalise("".join(prototypes.get(c, c) for c in folded))
        if seen == text:
            return text
        text = seen


def key(entity: model.Entity, text: str) -> str | None:
    """The text as a key of `entity`; None where nothing remains of it."""
    plain = normalise(text)
    if entity.lookalike:
        plain = skeleton(plain)
    return plain or None


@lru_cache(maxsize=1)
def confusables_table() -> dict[str, str]:
    """The prototype of each character that has one."""
    return {source: target for target, sources in PROTOTYPES.items() for source in sources}
