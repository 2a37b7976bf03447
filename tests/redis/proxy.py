"""A proxy between a store and its server, which does what networks do: it delays, cuts before or after a request was carried out, and repeats.

In: the server's port, and for each request a fault.  Out: the port to connect to, and a count of what was done.
A request is what the client sends before it waits for replies: one command or several.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

Fault = str
"""Of a request:
`pass`       goes through.
`delay`      goes through, a little later.
`cut before` does not get to the server; the connection ends.
`cut inside` gets there in part; the connection ends.
`cut after`  is carried out; the connection ends before a reply.
`cut reply`  is carried out; the connection ends within the reply.
`repeat`     is carried out, and then once more, on another connection.
`late`       gets lost, so it seems: the connection ends; it is carried out a little later, on another connection.
`silence`    is carried out; nothing comes back, and the connection stays.
"""
FAULTS: tuple[Fault, ...] = ("delay", "cut before", "cut inside", "cut after", "cut reply", "repeat", "late", "silence")


class Proxy:
    """`choose` is called once for each request, from several threads, with its bytes."""

    def __init__(self, port: int, choose: Callable[[bytes], Fault], listen: int = 0) -> None:
        self.target = port
        self._choose = choose
        self._listener = socket.create_server(("127.0.0.1", listen))
        self.port: int = self._listener.getsockname()[1]
        self.done: Counter[Fault] = Counter()
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or the thread would go on waiting
        self._listener.close()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.target), timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError), client, self._connect() as server:
            for request, commands in _requests(client):
                fault = self._choose(request)
                self.done[fault] += 1
                if not self._carry_out(fault, request, commands, client, server):
                    return

    def _carry_out(self, fault: Fault, request: bytes, commands: int, client: socket.socket, server: socket.socket) -> bool:
        """False: the connection ends."""
        if fault == "cut before":
            return False
        if fault == "cut inside":
            server.sendall(request[: len(request) // 2])
            return False
        if fault == "late":
            threading.Thread(target=self._later, args=(request, commands), daemon=True).start()
            return False
        if fault == "delay":
            time.sleep(0.02)
        server.sendall(request)
        reply = _replies(server, commands)
        if fault == "cut after":
            return False
        if fault == "cut reply":
            client.sendall(reply[: len(reply) // 2])
            return False
        if fault == "silence":
            client.recv(1)  # until the client has had enough
            return False
        client.sendall(reply)
        if fault == "repeat":
            self._again(request, commands)
        return True

    def _again(self, request: bytes, commands: int) -> None:
        with contextlib.suppress(OSError), self._connect() as other:
            other.sendall(request)
            _replies(other, commands)

    def _later(self, request: bytes, commands: int) -> None:
        time.sleep(0.05)
        self._again(request, commands)


def _requests(client: socket.socket) -> Iterator[tuple[bytes, int]]:
    """Whole commands that came together, and how many they are."""
    buffer = b""
    while data := client.recv(1 << 20):
        buffer += data
        commands = end = 0
        while (after := _value_end(buffer, end)) is not None:
            commands, end = commands + 1, after
        # A request may come in pieces: what is whole, but followed by a part of a command, waits for the rest.
        if commands and end == len(buffer):
            yield buffer, commands
            buffer = b""


def _replies(server: socket.socket, commands: int) -> bytes:
    buffer, found, end = b"", 0, 0
    while found < commands:
        data = server.recv(1 << 20)
        if not data:
            raise OSError("the server ended the connection")
        buffer += data
        while found < commands and (after := _value_end(buffer, end)) is not None:
            found, end = found + 1, after
    return buffer


def _value_end(data: bytes, at: int) -> int | None:
    """Where the RESP value ends that begins at `at`; None: not all of it is there."""
    line = data.find(b"\r\n", at)
    if line < 0:
        return None
    kind, rest, at = data[at : at + 1], data[at + 1 : line], line + 2
    if kind == b"$":
        end = at + int(rest) + 2 if rest != b"-1" else at
        return end if end <= len(data) else None
    if kind == b"*":
        for _ in range(max(0, int(rest))):
            after = _value_end(data, at)
            if after is None:
                return None
            at = after
    return at


@contextlib.contextmanager
def proxy(port: int, choose: Callable[[bytes], Fault], listen: int = 0) -> Iterator[Proxy]:
    made = Proxy(port, choose, listen)
    try:
        yield made
    finally:
        made.close()
