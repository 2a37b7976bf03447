"""Where rules could not decide, and which values were missing.

In: each look of a rule at an anchor.  Out: per rule how often it was undecided, and the parts that were missing, as they are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.fold import Rule
from engine.values import Event

Part = tuple[tuple[str, int, int], str, Any]


def missing(parts: Sequence[Part]) -> list[tuple[str, int, int]]:
    """The smallest parts without a value: those that have no other such part inside."""
    empty = list(dict.fromkeys(place for place, _, value in parts if value is None))
    return [place for place in empty if not any(_inside(other, place) for other in empty)]


def written(place: tuple[str, int, int], sources: Mapping[str, str]) -> str:
    """The part as it stands in the file, on one line."""
    file, start, end = place
    return " ".join(sources[file][start:end].split())


def _inside(inner: tuple[str, int, int], outer: tuple[str, int, int]) -> bool:
    return inner != outer and inner[0] == outer[0] and outer[1] <= inner[1] and inner[2] <= outer[2]


class Undecided:
    """Counts. `looked` is the engine's `on_looked`."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self.times: Counter[str] = Counter()
        self.missing: dict[str, Counter[str]] = {}

    def looked(
        self, rule: Rule, key: tuple[str, ...], moment: int, event: Event | None, truth: bool | None, parts: Callable[[], list[Part]]
    ) -> None:
        if truth is None:
            self.times[rule.name] += 1
            self.missing.setdefault(rule.name, Counter()).update(written(place, self._sources) for place in missing(parts()))

    def lines(self) -> list[str]:
        """A line for each rule that was undecided, the most often first."""
        return [
            f"{rule}: {count} times; missing: " + ", ".join(f"{text} ({n})" for text, n in self.missing[rule].most_common())
            for rule, count in sorted(self.times.items(), key=lambda item: (-item[1], item[0]))
        ]
