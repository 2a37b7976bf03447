"""How far a channel is: what it has looked at, what waits, what was given up. Set aside in the store after everything that changes it.

In and out: JSON, and cursors of the feed (`NUMBER.CHAIN`). What is in it never runs ahead of what was done: after a crash something is sent again, nothing
is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
MARKS_MAX = 48
"""Places that are remembered, the denser the later: where the store was put back to an older state, the channel goes on from the last one that both share."""

RED, OTHERS = "red", "others"
"""The lanes of a channel: quiet hours hold the second only, so each is read at its own pace."""
LANES = (RED, OTHERS)


@dataclass(slots=True)
class Waiting:
    """One delivery that is not done: line `number` of the feed; of a digest: what was routed of the lines after `since`, up to `number`, and `cut_us`, the moment
    that it was due. `tries`: attempts that failed, `why`: the last; `first_us`: when the first one was made. `only`: recipients that are left; none: all."""

    number: int
    tries: int = 0
    first_us: int | None = None
    why: str = ""
    only: tuple[str, ...] = ()
    since: int = 0
    cut_us: int = 0


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A delivery that was given up, at `time_us`; `id` is its own, `warning` whose it is (of a digest: nobody's)."""

    id: str
    warning: str
    time_us: int
    tries: int
    why: str
    number: int
    only: tuple[str, ...] = ()
    since: int = 0
    cut_us: int = 0


@dataclass(slots=True)
class Lane:
    """`cursor`: up to where the feed was looked at; `waiting`: by number of the line, in order."""

    cursor: str
    waiting: dict[int, Waiting] = field(default_factory=dict)

    def add(self, waiting: Waiting) -> None:
        """In its place: what was given up and is to be sent again lies before what waits."""
        after = [number for number in self.waiting if number > waiting.number]
        self.waiting[waiting.number] = waiting
        for number in after:
            self.waiting[number] = self.waiting.pop(number)


@dataclass(slots=True)
class State:
    """`holder`: who delivers, a mark of its own; empty: nobody. `beat`: rises with each writing, so that no state is written twice. `cut_us`: of the last digest.

    `delivered`: how many were; `failing_us`: since when the last attempt of any delivery failed, and `why`; None: it did not."""

    lanes: dict[str, Lane]
    holder: str = ""
    beat: int = 0
    marks: list[str] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)
    cut_us: int = 0
    delivered: int = 0
    delivered_us: int | None = None
    failing_us: int | None = None
    why: str = ""

    @property
    def waits(self) -> int:
        return sum(len(lane.waiting) for lane in self.lanes.values())

    def passed(self) -> None:
        """Remember where the lane is that is behind."""
        cursor = min((lane.cursor for lane in self.lanes.values()), key=place)
        if not self.marks or place(cursor) > place(self.marks[-1]):
            self.marks = thinned([*self.marks, cursor])

    def packed(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def begun_at(cursor: str, now_us: int) -> State:
    """Of a new channel."""
    return State({name: Lane(cursor) for name in LANES}, cut_us=now_us)


def unpacked(kept: bytes) -> State:
    """What `packed` gave. Raises ValueError where it is of another format."""
    given: dict[str, Any] = json.loads(kept.decode("utf-8", "surrogatepass"))
    if given.pop("format", None) != FORMAT:
        raise ValueError(f"a channel's state is of another format than {FORMAT}")
    lanes = {
        name: Lane(lane["cursor"], {int(number): Waiting(**_tuples(waiting)) for number, waiting in lane["waiting"].items()})
        for name, lane in given["lanes"].items()
    }
    return State(**{**given, "lanes": lanes, "given_up": [GivenUp(**_tuples(one)) for one in given["given_up"]]})


def aside_name(channel: str) -> str:
    """Under which a channel's state is set aside."""
    return f"channel:{channel}"


def requests_name(aside: str) -> str:
    """Under which stands what is to be sent again: written by whoever is asked, and by the one that delivers."""
    return f"{aside}:again"


def requests(ids: Iterable[str]) -> bytes:
    """Different each time."""
    return json.dumps({"mark": os.urandom(8).hex(), "ids": sorted(ids)}).encode()


def read_requests(kept: bytes | None) -> set[str]:
    """What `requests` gave."""
    return set() if kept is None else set(json.loads(kept)["ids"])


def again(given_up: GivenUp) -> Waiting:
    """What was given up, to be sent as if it had never been tried."""
    return Waiting(given_up.number, only=given_up.only, since=given_up.since, cut_us=given_up.cut_us)


def place(cursor: str) -> int:
    """The number in a cursor."""
    return int(cursor.partition(".")[0])


def thinned(marks: list[str]) -> list[str]:
    """Of places in order those that lie about twice as far back each as the one after it; at most `MARKS_MAX`."""
    kept: list[str] = []
    last = place(marks[-1])
    for mark in reversed(marks):
        if not kept or last - place(mark) >= 2 * (last - place(kept[-1])):
            kept.append(mark)
    return kept[:MARKS_MAX][::-1]


def latest_fitting(marks: Iterable[str], fits: Callable[[str], bool]) -> str:
    """The last of these places that fits; else the beginning."""
    return next((mark for mark in reversed(list(marks)) if fits(mark)), "0.")


def _tuples(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "only": tuple(given["only"])}
