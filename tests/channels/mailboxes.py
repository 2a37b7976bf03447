"""A mail server on loopback: it speaks as much SMTP as clients need, with STARTTLS, TLS and AUTH, and refuses what it is told to.

In: for each recipient, and each letter, what is answered.  Out: the letters that it took, as their recipients read them.
"""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from tests.service.inside import WAIT_S

WELL = "250 well"


@dataclass(frozen=True, slots=True)
class Letter:
    """As it came: the envelope's recipients; `secured`: over TLS; `user`: who the client said it was."""

    to: tuple[str, ...]
    raw: bytes
    secured: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, email.message_from_bytes(self.raw, policy=email.policy.default))

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return str(self.message.get_content())

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class MailServer:
    """`recipient`: what is answered to RCPT; `data`: to a whole letter (None: nothing, and the connection ends). `letters`: those that were taken."""

    recipient: Callable[[str], str] = lambda address: WELL
    data: Callable[[Letter], str | None] = lambda letter: WELL
    tls: ssl.SSLContext | None = None
    password: str = ""
    greet_s: float = 0.0
    letters: list[Letter] = field(default_factory=list)
    offered: list[Letter] = field(default_factory=list)
    address: str = ""

    def until_letters(self, count: int) -> list[Letter]:
        end = time.monotonic() + WAIT_S
        while len(self.letters) < count:
            assert time.monotonic() < end, f"{len(self.letters)} letters instead of {count}"
            time.sleep(0.01)
        return list(self.letters)


class _Conversation(socketserver.StreamRequestHandler):
    ours: MailServer
    from_the_start = False

    def setup(self) -> None:
        self.secured = False
        if self.from_the_start:
            self._secure()
        super().setup()

    def _secure(self) -> None:
        assert self.ours.tls is not None
        self.request = self.ours.tls.wrap_socket(self.request, server_side=True)
        self.secured = True

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        ours, to, user = self.ours, [], None
        time.sleep(ours.greet_s)
        self._say("220 here")
        while words := self.rfile.readline().decode("ascii").strip():
            verb, _, rest = words.partition(" ")
            match verb.upper():
                case "EHLO":
                    more = ["STARTTLS"] if ours.tls is not None and not self.secured else []
                    more += ["AUTH PLAIN"] if ours.password and self.secured else []
                    lines = ["here", "8BITMIME", *more]
                    for line in lines[:-1]:
                        self._say(f"250-{line}")
                    self._say(f"250 {lines[-1]}")
                case "STARTTLS":
                    self._say("220 go on")
                    self._secure()
                    super().setup()
                case "AUTH":
                    _, name, password = base64.b64decode(rest.split(" ")[1]).decode().split("\0")
                    user = name if password == ours.password else None
                    self._say("235 well" if user else "535 wrong password")
                case "MAIL":
                    to = []
                    self._say(WELL if user or not ours.password else "530 who are you?")
                case "RCPT":
                    address = rest[rest.index("<") + 1 : rest.index(">")]
                    answer = ours.recipient(address)
                    if answer == WELL:
                        to.append(address)
                    self._say(answer)
                case "DATA":
                    self._say("354 go on")
                    raw = b""
                    while (line := self.rfile.readline()) != b".\r\n":
                        raw += line.removeprefix(b".") if line.startswith(b"..") else line
                    letter = Letter(tuple(to), raw, self.secured, user)
                    ours.offered.append(letter)
                    reply = ours.data(letter)
                    if reply is None:
                        return
                    if reply == WELL:
                        ours.letters.append(letter)
                    self._say(reply)
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say(WELL)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who sent has gone."""


@contextmanager
def mail_server(from_the_start: bool = False, **how: Any) -> Iterator[MailServer]:
    """`from_the_start`: it speaks TLS only."""
    ours = MailServer(**how)
    conversation = type("Conversation", (_Conversation,), {"ours": ours, "from_the_start": from_the_start})
    server = _Server(("127.0.0.1", 0), conversation)
    ours.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
