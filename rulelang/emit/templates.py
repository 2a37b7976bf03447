"""JSON that speaks of things by number before their numbers are known.

In: plain data in which references stand for numbers.  Out: a text with a `%d` for each of them, and what they refer to; filled in by the linker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Halves of pairs of UTF-16, and the second before the first: no text of a file can have them, for files are UTF-8.
_MARK = "\udfff\udbff"
_REFERENCE = re.compile(rf'"{_MARK}([a-z])(\d+)"')


def reference(kind: str, number: int) -> str:
    """Stands for the number that the linker gives to what has this one within the unit. `kind`: one letter, one for each list of things."""
    return f"{_MARK}{kind}{number}"


@dataclass(frozen=True, slots=True)
class Template:
    """`text` has a `%d` for each reference: `kinds` has their letters, `numbers` their numbers in the unit."""

    text: str
    kinds: str
    numbers: tuple[int, ...]

    def filled(self, known: Mapping[str, Sequence[int]]) -> str:
        """The text. `known`: by kind and number in the unit, the number in the program."""
        return self.text % tuple([known[kind][number] for kind, number in zip(self.kinds, self.numbers, strict=True)])


def dumped(value: Any) -> str:
    """JSON as programs have it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def template(text: str) -> Template:
    """Of JSON with references in it."""
    found = _REFERENCE.findall(text)
    parts = _REFERENCE.sub("%d", text.replace("%", "%%")) if found else text.replace("%", "%%")
    return Template(parts, "".join([kind for kind, _ in found]), tuple([int(number) for _, number in found]))
