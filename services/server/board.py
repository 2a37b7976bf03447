"""All warnings as the event loop reads them: whoever lists or watches asks nothing of the engine and holds nobody up.

In: what the engine's thread posts after each piece of work, the new lines of the feed with their dossiers.  Out: pages, dossiers, and the feed from
a cursor on. Watchers keep a place in the one feed and no queue of their own, so that a slow one costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.warnings.dossier import Dossier, Key, Line
from services.server.errors import CursorUnknown, WrongRequest

Wanted = Callable[[Dossier], bool]


@dataclass(frozen=True, slots=True)
class News:
    """New lines of the feed, in order; `evidence` of warnings that were issued. `anew`: the engine was opened again, and these are all there are."""

    lines: Sequence[tuple[str, Line]]
    dossiers: dict[str, Dossier]
    evidence: dict[str, bytes]
    anew: bool


class Board:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self._clear()
        self._news = asyncio.Event()

    def _clear(self) -> None:
        self._dossiers: dict[str, Dossier] = {}
        self._evidence: dict[str, bytes] = {}
        self._feed: list[tuple[str, Line]] = []
        self._issued: list[str] = []  # in the order in which they were issued
        self._by_place: dict[Key, list[str]] = {}

    def post(self, news: News) -> None:
        if news.anew:
            self._clear()
        for name, line in news.lines:
            if name not in self._dossiers:
                self._issued.append(name)
                for place in news.dossiers[name].places:
                    self._by_place.setdefault(place, []).append(name)
                self._dossiers[name] = news.dossiers[name]
            self._feed.append((name, line))
        self._dossiers.update(news.dossiers)
        self._evidence.update(news.evidence)
        if news.lines or news.anew:
            self._news.set()
            self._news = asyncio.Event()

    def get(self, name: str) -> Dossier | None:
        return self._dossiers.get(name)

    def evidence(self, name: str) -> bytes:
        return self._evidence.get(name, b"")

    def page(self, place: Key | None, wanted: Wanted, size: int, token: str) -> tuple[list[Dossier], str]:
        """So many of those that are wanted, the latest issued first; and where the next page begins, if there may be one."""
        names = self._issued if place is None else self._by_place.get(place, [])
        end = len(names)
        if token:
            if not token.isascii() or not token.isdigit() or int(token) > end:
                raise WrongRequest(f"{token!r} is no page_token of an answer to the same request", field="page_token")
            end = int(token)
        found: list[Dossier] = []
        while end and len(found) < size:
            end -= 1
            dossier = self._dossiers[names[end]]
            if wanted(dossier):
                found.append(dossier)
        return found, str(end) if end else ""

    # ------------------------------------------------------------------ watching

    def place_of(self, cursor: str) -> int:
        """How many lines lie before what a cursor waits for. Raises CursorUnknown where the feed no longer is the one that it was given for."""
        number, _, chain = cursor.partition(".")
        if not number.isascii() or not number.isdigit():
            raise CursorUnknown(cursor)
        place = int(number)
        if place > len(self._feed) or (self._feed[place - 1][1].chain if place else "") != chain:
            raise CursorUnknown(cursor)
        return place

    def cursor(self, place: int) -> str:
        """By which it is gone on from there."""
        return f"{place}.{self._feed[place - 1][1].chain if place else ''}"

    @property
    def end(self) -> int:
        return len(self._feed)

    def lines(self, place: int, most: int) -> Iterator[tuple[int, Dossier, Line]]:
        """Up to so many lines after a place; with each the place behind it."""
        for number, (name, line) in enumerate(self._feed[place : place + most], start=place + 1):
            yield number, self._dossiers[name], line

    @property
    def news(self) -> asyncio.Event:
        """Set at the next post that brings something. To be taken before looking, so that nothing is missed between."""
        return self._news
