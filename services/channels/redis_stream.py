"""Deliveries as entries of a Redis stream, for systems that read at their own pace.

In: a parcel.  Out: an entry with the fields `id` (the same however often it is added), `attempt` and `data`, the body as JSON. What is older than `length_max`
entries is cut off by the server, about.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.channels.outcome import DONE, Outcome, Parcel

_URL = re.compile(r"(rediss?)://(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]?#]+)(?::([0-9]{1,5}))?(?:/([0-9]{1,5}))?")
PORT = 6379


@dataclass(frozen=True, slots=True)
class Stream:
    """Settings of a channel. `length_max`: None: nothing is ever cut off."""

    tls: bool
    host: str
    port: int
    database: int
    stream: str
    length_max: int | None
    timeout_s: float
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


class StreamWay:
    """See `Way`. One connection, made anew after anything that fails; nothing is sent twice by itself."""

    def __init__(self, settings: Stream) -> None:
        self._settings = settings
        self._client: Redis | None = None

    async def send(self, parcel: Parcel) -> Outcome:
        settings = self._settings
        data = json.dumps(parcel.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        fields: dict[Any, Any] = {"id": parcel.id, "attempt": parcel.attempt, "data": data}
        if self._client is None:
            self._client = self._made()
        try:
            async with asyncio.timeout(settings.timeout_s):
                await self._client.xadd(settings.stream, fields, maxlen=settings.length_max, approximate=True)
        except TimeoutError:
            await self.close()
            return Outcome(False, f"no answer within {settings.timeout_s:g} s")
        except (RedisError, OSError) as error:
            await self.close()
            return Outcome(False, str(error) or type(error).__name__)
        return DONE

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose(close_connection_pool=True)

    def _made(self) -> Redis:
        settings = self._settings
        secured: dict[str, Any] = {}
        if settings.tls:
            secured = {"ssl_ca_certs": settings.ca, "ssl_certfile": settings.certificate, "ssl_keyfile": settings.key}
        pool = ConnectionPool(
            SSLConnection if settings.tls else Connection,
            max_connections=1,
            host=settings.host,
            port=settings.port,
            db=settings.database,
            username=settings.user,
            password=settings.password,
            retry=Retry(NoBackoff(), 0),
            client_name="rulelang-channel",
            **secured,
        )
        return Redis.from_pool(pool)


def read_url(text: str) -> tuple[bool, str, int, int]:
    """Whether TLS, host, port, database. Raises ValueError."""
    found = _URL.fullmatch(text)
    if found is None or not 0 < int(found[3] or PORT) < 65_536:
        raise ValueError(
            f"must be redis://HOST:PORT or rediss://HOST:PORT, with /DATABASE where it is not 0, and without a password, not {text!r}"
        )
    return found[1] == "rediss", found[2].strip("[]"), int(found[3] or PORT), int(found[4] or 0)
