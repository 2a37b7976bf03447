"""What the rules of a file can depend on, besides the file itself.

In: the schema of a rule set, and the words of a file.  Out: a fingerprint; where it is the same, the file's rules and tests mean the same.

A rule is resolved from its own text, and from declarations. Of those

- the time zone, the entities and the event types bear on every rule: a bare name is looked for in all event types;
- a let, table or calendar bears only on what names it, or names a let that does. Nobody can name it without its name being a word of the file. A word
  that names nothing today will do so once it is declared: then it is in the fingerprint, which so becomes another;
- the other rules and the ladders bear on tests alone.

Of a table only its types count, of a calendar only that it is there, for neither rows nor days are looked at before the program runs. A let counts as it
is written and where, for its places become places of the program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Set
from hashlib import blake2b

from rulelang import keywords, syntax
from rulelang.punctuation import with_ascii_punctuation
from rulelang.resolve.schema import Schema

# A name is the longest stretch of what may stand in names; what may stand in names and makes none can only be beside it.
_WORDS = (re.compile(f"[{keywords.IN_NAME}]+"), re.compile(r"\w+"))
_ENGLISH = keywords.ENGLISH_TYPE | keywords.ENGLISH_FUNCTION | keywords.ENGLISH_SPECIAL | keywords.ENGLISH_LEVEL | keywords.ENGLISH_PERIOD
DIGEST_BYTES = 32


def words_of(text: str) -> frozenset[str]:
    """All that may be a name in a text: in comments and texts too, as messages have names in braces. Chinese words with the English that they stand for."""
    plain = with_ascii_punctuation(text).replace("\ufeff", " ")
    words = {unicodedata.normalize("NFC", word) for pattern in _WORDS for word in pattern.findall(plain)}
    return frozenset(words | {_ENGLISH[word] for word in words if word in _ENGLISH})


class Interfaces:
    """Fingerprints of what files depend on, under one schema."""

    def __init__(self, schema: Schema, sources: Mapping[str, str]) -> None:
        self._lets = {name: (repr(let), words_of(_text(let, sources))) for name, let in schema.lets.items()}
        self._others = {name: f"calendar {name}" for name in schema.calendars}
        for name, table in schema.tables.items():
            self._others[name] = f"{self._others.get(name, '')} table {name} {table.parameters} {table.type}"
        self._named = frozenset([*self._lets, *self._others])
        self._rules = frozenset(schema.rules)
        entities = [(e.name, e.parent, e.sources, e.retain_us, e.lookalike) for e in schema.entities.values()]
        events = [(e.name, e.derived, [(f.name, f.type) for f in e.fields]) for e in schema.events.values()]
        self._base = repr((schema.zone.name, entities, events))
        self._ladders = repr([(name, ladder.entity.entity, [r.level for r in ladder.rungs]) for name, ladder in schema.ladders.items()])

    def of(self, words: Set[str], *, tests: bool) -> bytes:
        """The fingerprint for a file of these words; `tests`: it has some."""
        named = [(name, self._lets.get(name, ("",))[0], self._others.get(name, "")) for name in sorted(self._reached(words))]
        beside = (sorted(words & self._rules), self._ladders) if tests else None
        return blake2b(repr((self._base, named, beside)).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()

    def _reached(self, words: Set[str]) -> set[str]:
        """What is named by words, and by the lets that are."""
        reached: set[str] = set()
        waiting = list(words & self._named)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                if name in self._lets:
                    waiting += self._lets[name][1] & self._named
        return reached


def _text(declared: syntax.Let, sources: Mapping[str, str]) -> str:
    return sources[declared.span.file][declared.span.start : declared.span.end]
