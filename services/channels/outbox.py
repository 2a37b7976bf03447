"""All channels of a service: their desks, each at work for itself.

In: the channels of the settings file, the board, the store.  Out: whoever is to be told of warnings is, until the service stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from engine.stores.interface import Store
from services.channels.declared import Channel, Channels
from services.channels.desk import Desk, World, zone_of
from services.channels.mail import Mail, MailWay
from services.channels.outcome import Way
from services.channels.redis_stream import Stream, StreamWay
from services.channels.state import GivenUp, State, aside_name, read_requests, requests, unpacked
from services.channels.state import requests_name as requests_name_of
from services.channels.webhook import WebhookWay
from services.logs import logger

T = TypeVar("T")

FAULT_PAUSE_S = 10.0
"""After a fault of the program at one desk, it begins again from what was kept; the other channels and the service go on."""


class StoreAsides:
    """See `Asides`: those of the store that the engine's thread owns."""

    def __init__(self, ask: Callable[[Callable[[Store], T]], asyncio.Future[T]], shared: bool) -> None:
        self._ask = ask
        self.shared = shared

    async def read(self, name: str) -> bytes | None:
        return await self._ask(lambda store: store.aside(name))  # type: ignore[arg-type, return-value]

    async def write(self, name: str, value: bytes, before: bytes | None) -> bool:
        return await self._ask(lambda store: store.set_aside(name, value, before))  # type: ignore[arg-type, return-value]


def way_of(channel: Channel, world: World) -> Way:
    """By which the channel sends."""
    if isinstance(channel.way, Mail):
        return MailWay(channel.way, channel.parallel, lambda: zone_of(channel.zone or world.zone()), world.unit)
    if isinstance(channel.way, Stream):
        return StreamWay(channel.way)
    return WebhookWay(channel.way)


class Outbox:
    """Belongs to the event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._channels = Channels()
        self._desks: dict[str, tuple[Desk, asyncio.Task[None]]] = {}
        self._news: asyncio.Task[None] | None = None

    async def change(self, channels: Channels) -> None:
        """Go on with these; what is the same goes on undisturbed."""
        same = (
            {channel.name for channel in channels.channels if channel in self._channels.channels}
            if channels.routes == self._channels.routes
            else set()
        )
        await self._stop([name for name in self._desks if name not in same])
        self._channels = channels
        for channel in channels.channels:
            if channel.name not in self._desks:
                desk = Desk(channel, channels.routes, way_of(channel, self._world), self._world)
                self._desks[channel.name] = desk, asyncio.ensure_future(self._run(desk))
        if self._desks and self._news is None:
            self._news = asyncio.ensure_future(self._tell_news())

    async def states(self) -> list[tuple[Channel, State | None]]:
        """Every channel, and how far it is, whoever delivers for it; None: nobody has begun yet. Raises StoreError."""
        return [(channel, await self._state(channel.name)) for channel in self._channels.channels]

    async def given_up(self, name: str) -> Sequence[GivenUp]:
        """Of a channel. Raises KeyError where there is no such channel, StoreError."""
        if name not in self._desks:
            raise KeyError(name)
        state = await self._state(name)
        return [] if state is None else state.given_up

    async def send_again(self, name: str, ids: Iterable[str]) -> list[str]:
        """Have these, or if there are none all, made again by whoever delivers. Gives those that had been given up. Raises as above."""
        asides, requests_name = self._world.asides, requests_name_of(aside_name(name))
        wanted = set(ids)
        found = list(dict.fromkeys(one.id for one in await self.given_up(name) if not wanted or one.id in wanted))
        while found:
            kept = await asides.read(requests_name)
            if await asides.write(requests_name, requests(read_requests(kept) | set(found)), kept):
                break
        if name in self._desks:
            self._desks[name][0].requested()
        return found

    async def _state(self, name: str) -> State | None:
        kept = await self._world.asides.read(aside_name(name))
        return None if kept is None else unpacked(kept)

    async def stop(self) -> None:
        """Let deliveries under way end, for a moment, and give the channels up."""
        if self._news is not None:
            self._news.cancel()
            await asyncio.gather(self._news, return_exceptions=True)
            self._news = None
        await self._stop(list(self._desks))

    async def _stop(self, names: list[str]) -> None:
        stopped = [self._desks.pop(name) for name in names]
        for desk, _ in stopped:
            desk.stop()
        await asyncio.gather(*(task for _, task in stopped))

    async def _run(self, desk: Desk) -> None:
        while True:
            try:
                await desk.run()
                return
            except Exception as error:
                logger().critical("a fault of the program: the channel begins again", channel=desk.channel.name, exc_info=error)
            if desk.stopping:
                return
            await asyncio.sleep(FAULT_PAUSE_S)

    async def _tell_news(self) -> None:
        while True:
            await self._world.board.news.wait()
            for desk, _ in self._desks.values():
                desk.wake()
