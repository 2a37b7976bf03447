"""What is handed over, and what becomes of it.

In and out: plain values between a channel's desk and the ways by which it sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One happening as it is sent. `name`: the same as its delivery's id; `recipients`: of mail."""

    name: str
    shown: Json
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery. `id`: the same however often it is tried, by whatever replica; `attempt`: counts from 1; `now_us`: when this attempt begins.

    `body`: what is told, the same at each attempt; `told`: the happenings in it, one, or of a digest some; `only`: recipients that are left; none: all."""

    id: str
    attempt: int
    now_us: int
    body: Json
    told: tuple[Told, ...]
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt. `why`: in words, where it is not done.

    `refused`: the receiver said no to what was sent, and would again; `final`: it also said to stop trying. `after_s`: when it wants to be asked again.
    `left`: recipients that may have it later, where others are done; `lost`: recipients that will never take it, with what was said."""

    done: bool
    why: str = ""
    refused: bool = False
    final: bool = False
    after_s: float | None = None
    left: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()


DONE = Outcome(True)


class Way(Protocol):
    """By which a channel sends. Used by the event loop."""

    async def send(self, parcel: Parcel) -> Outcome:
        """One attempt, which ends within the channel's `timeout_s`. Only faults of the program are raised."""

    async def close(self) -> None:
        """Let connections go. Harmless when repeated."""
