"""One POST over HTTP/1.1: a connection of its own, nothing followed, nothing sent twice by itself, all within one deadline.

In: an address, headers, a body.  Out: the status, the headers and the beginning of what was answered; or `HttpError`. The standard library's clients bound
each read, not the whole: a receiver that sends a byte now and then would hold them for ever.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

HEAD_BYTES_MAX = 64 * 1024
"""Of an answer's status line and headers."""
TOLD_BYTES_MAX = 500
"""Of an answer's body, which is only read to say why something was refused."""
TOLD_S = 1.0
"""How long it is waited for it."""
INTERIM = range(100, 200)


class HttpError(Exception):
    """No answer: the receiver cannot be reached, does not answer in time, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Url:
    """Of a receiver. `host`: without brackets; `authority`: as it stands in the URL; `target`: path and query."""

    tls: bool
    host: str
    port: int
    authority: str
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    told: str


def read_url(text: str) -> Url:
    """Raises ValueError with what is wrong with it."""
    if re.search(r"[^\x21-\x7e]", text):
        raise ValueError("must be ASCII without spaces; other characters are written %XX, host names in Punycode")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with https://HOST or http://HOST")
    if "@" in parts.netloc:
        raise ValueError("must have no user and password in it: receivers know us by the signature")
    if parts.fragment:
        raise ValueError("must have no fragment (#…)")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Url(
        parts.scheme == "https", parts.hostname, port, parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    )


async def post(url: Url, headers: Mapping[str, str], body: bytes, timeout_s: float, context: ssl.SSLContext | None) -> Answer:
    """Raises HttpError. `context`: for TLS, how the receiver's certificate is verified."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _post(url, headers, body, context)
    except TimeoutError as error:
        raise HttpError(f"no answer within {timeout_s:g} s") from error
    except ssl.SSLCertVerificationError as error:
        raise HttpError(f"the receiver's certificate is not accepted: {error.verify_message}") from error
    except (OSError, EOFError, asyncio.LimitOverrunError, http.client.HTTPException) as error:
        raise HttpError(_said(error)) from error


async def _post(url: Url, headers: Mapping[str, str], body: bytes, context: ssl.SSLContext | None) -> Answer:
    reader, writer = await asyncio.open_connection(
        url.host, url.port, ssl=context, server_hostname=url.host if context is not None else None, limit=HEAD_BYTES_MAX
    )
    try:
        lines = [f"POST {url.target} HTTP/1.1", f"Host: {url.authority}", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        status, given = await _head(reader)  # a receiver may answer before it has read all, and then stop reading
        while status in INTERIM:
            status, given = await _head(reader)
        return Answer(status, given, "" if status < 300 else await _told(reader))
    finally:
        writer.transport.abort()  # what was answered is read; what was not will not be


async def _head(reader: asyncio.StreamReader) -> tuple[int, Message]:
    head = await reader.readuntil(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    found = re.fullmatch(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?", line)
    if found is None:
        raise HttpError(f"what was answered is not HTTP: {line[:100]!r}")
    return int(found[1]), http.client.parse_headers(io.BytesIO(rest))


async def _told(reader: asyncio.StreamReader) -> str:
    """The beginning of the body, for the log; what does not come soon is not waited for."""
    data = b""
    try:
        async with asyncio.timeout(TOLD_S):
            while len(data) < TOLD_BYTES_MAX and (more := await reader.read(TOLD_BYTES_MAX - len(data))):
                data += more
    except (TimeoutError, OSError):
        pass  # the status is what counts
    return " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", data.decode("utf-8", "replace")).split())


def _said(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "the connection ended before there was an answer"
    if isinstance(error, asyncio.LimitOverrunError):
        return f"the answer's headers are longer than {HEAD_BYTES_MAX} bytes"
    return str(error) or type(error).__name__
