"""Receivers of webhooks, on loopback, that behave as receivers do: well, slowly, or not at all.

In: for each request, what to do.  Out: what was received, in order, with its signature verified by the specification's own recipe, written anew here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.service.inside import WAIT_S

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, so").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"an older one of the same length.").decode()


@dataclass(frozen=True, slots=True)
class Got:
    """One request. `body`: as JSON; `began_s`: by `time.monotonic`."""

    id: str
    attempt: int
    stamp: int
    signatures: tuple[str, ...]
    raw: bytes
    headers: dict[str, str]
    began_s: float

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def warning(self) -> str:
        return str(self.body["id"])

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.body["happened"]["kinds"])

    def signed_with(self, secret: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{self.id}.{self.stamp}.".encode() + self.raw, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode() in self.signatures


@dataclass(frozen=True, slots=True)
class Reply:
    """What is done about a request: a status, with headers; `hang`: nothing for so long; `drop`: the connection ends without an answer, once all was read."""

    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    told: bytes = b""
    hang_s: float = 0.0
    drop: bool = False


WELL, DROPPED = Reply(), Reply(drop=True)


@dataclass
class Receiver:
    """`reply` decides about each request, in the receiver's threads; `got`: all that came, also what was answered badly; `taken`: what was answered 2xx."""

    reply: Callable[[Got], Reply] = lambda got: WELL
    got: list[Got] = field(default_factory=list)
    taken: list[Got] = field(default_factory=list)
    url: str = ""
    at_work: int = 0
    at_work_max: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def until(self, condition: Callable[[], bool], told: str = "what is expected came") -> None:
        end = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < end, f"not in time: {told}\n" + "\n".join(f"{got.id} #{got.attempt}" for got in self.got)
            time.sleep(0.01)

    def until_taken(self, count: int) -> list[Got]:
        self.until(lambda: len(self.taken) >= count, f"{count} deliveries")
        return list(self.taken)

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        began_s = time.monotonic()
        raw = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        signatures = tuple(headers["webhook-signature"].split(" "))
        got = Got(
            headers["webhook-id"], int(headers["webhook-attempt"]), int(headers["webhook-timestamp"]), signatures, raw, headers, began_s
        )
        with self._lock:
            self.got.append(got)
            self.at_work += 1
            self.at_work_max = max(self.at_work_max, self.at_work)
            reply = self.reply(got)
        if reply.hang_s:
            time.sleep(reply.hang_s)
        with self._lock:
            self.at_work -= 1
            if not reply.drop and 200 <= reply.status < 300:
                self.taken.append(got)
        if reply.drop:
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(reply.status)
        for name, value in (*reply.headers, ("Content-Length", str(len(reply.told)))):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply.told)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked has gone, as when a service is killed."""


@contextmanager
def receiver(reply: Callable[[Got], Reply] = lambda got: WELL, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    receiving = Receiver(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiving.handle(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiving.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/warnings?of=all"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiving
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_channels(folder: Path, text: str, **secrets: str) -> Path:
    """A settings file, and files of secrets beside it."""
    for name, content in {"hook": SECRET, **secrets}.items():
        (folder / f"{name}.secret").write_text(content + "\n", encoding="utf-8")
    file = folder / "channels.toml"
    file.write_text(text, encoding="utf-8")
    return file


def webhook(url: str, name: str = "hook", route: str = "", **more: object) -> str:
    """A channel with a route of its own; `more`: its other settings, as TOML has them."""
    settings = {"first_pause_s": 0.05, "longest_pause_s": 0.2, "timeout_s": 60, **more}
    lines = [f"[webhook.{name}]", f'url = "{url}"', 'secret_file = "hook.secret"', *(f"{key} = {value}" for key, value in settings.items())]
    return "\n".join([*lines, "[[route]]", f'to = ["{name}"]', route, ""])
