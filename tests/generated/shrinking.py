"""Makes a case that fails as small as it stays failing.

In: rules, a play, and what is asked of them.  Out: the same, smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import rulelang
from tests.generated.acts import Act, OtherRules, Play, Send
from tests.generated.playing import Ruled, ruled
from tests.generated.writing import Part, smaller

Fails = Callable[[Ruled, Play], bool]
TRIES = 3_000


_ruled = lru_cache(maxsize=8)(ruled)


class Shrinker:
    """Tries smaller cases until none of them fails, or the tries are used up."""

    def __init__(self, fails: Fails, tries: int = TRIES) -> None:
        self._fails = fails
        self._left = tries

    def shrink(self, rules: Part, play: Play) -> tuple[Part, Play]:
        """The smallest case found."""
        before: object = None
        while before != (rules, play) and self._left > 0:
            before = (rules, play)
            play = self._events(rules, play)
            rules = self._rules(rules, play)
        return rules, play

    def _rules(self, rules: Part, play: Play) -> Part:
        found = True
        while found:
            found = False
            for candidate in smaller(rules):
                if self._still_fails(candidate, play):
                    rules, found = candidate, True
                    break
        return rules

    def _events(self, rules: Part, play: Play) -> Play:
        found = True
        while found:
            found = False
            for candidate in _fewer(play):
                if self._still_fails(rules, candidate):
                    play, found = candidate, True
                    break
        return play

    def _still_fails(self, rules: Part, play: Play) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        try:
            return self._fails(_ruled(str(rules)), play)
        except rulelang.RuleErrors:
            return False


def _fewer(play: Play) -> Iterator[Play]:
    """Everything that is a little less: without some acts, without some events, without some fields; large steps first."""
    acts = play.acts
    size = len(acts) // 2
    while size:
        for start in range(0, len(acts), size):
            yield replace(play, acts=acts[:start] + acts[start + size :])
        size //= 2
    if play.store == "sqlite":
        yield replace(play, store="durable")
    for number, act in enumerate(acts):
        for less in _less(act):
            yield replace(play, acts=(*acts[:number], *less, *acts[number + 1 :]))


def _less(act: Act) -> Iterator[tuple[Act, ...]]:
    if not isinstance(act, Send | OtherRules):
        return
    events = act.events
    if isinstance(act, Send) and len(events) > 1:
        yield tuple(Send((event,)) for event in events)
    if isinstance(act, OtherRules) or len(events) > 1:
        for number in range(len(events)):
            yield (replace(act, events=events[:number] + events[number + 1 :]),)
    for number, event in enumerate(events):
        for name in event:
            if name not in ("id", "type", "time"):
                fewer = {key: value for key, value in event.items() if key != name}
                yield (replace(act, events=(*events[:number], fewer, *events[number + 1 :])),)
