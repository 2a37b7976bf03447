"""The stores `redis://…`, `redis+sentinel://…`, `redis+cluster://…` and the same over TLS: for several services at a time, on Redis 7.0 or Valkey.

In and out: see `engine.stores.interface.Store`; the URL: `engine.stores.redis_url`.  On the server, under `rulelang:{NAME}:`, so in one slot:

    journal            stream  an entry each: its number and the moment of acceptance (ms) are the ID; digest, writer's mark, content (zlib)
    notes              string  JSON: whose items there are, in which lists, up to which entry they are true, from where on the journal is kept
    items:GENERATION:KIND  stream  what each checkpoint changed (zlib); read from the first to the last, the last one counts
    aside:NAME         string  what was set aside; replaced only where it is what was read
    mark               string  written where a WAIT needs something to wait for
    queue              list    where several write at once: who came too late and goes next; a courtesy that expires, nothing depends on it

Every step can be repeated without harm, and is, until it is known to be done or patience ends: an entry is added only directly after the one that it is
chained to, and its writer's mark tells whether it was this very entry that was added before; notes are replaced only where they are what was read.
So a lost reply is resolved by asking again, and the client's own repeating of commands is switched off.

One connection. Used by one thread at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from redis import exceptions
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.crc import key_slot
from redis.retry import Retry

from engine.stores import redis_url
from engine.stores.interface import (
    Checkpoint,
    Item,
    Passing,
    StoreAway,
    StoreBehind,
    StoreCorrupt,
    StoreError,
    StoreForked,
    StoreFull,
    StoreReadOnly,
    StoreVersion,
    nothing,
)
from engine.stores.packing import Damaged, pack, unpack
from engine.stores.redis_items import as_bytes, as_text, packed, unpacked
from engine.stores.redis_url import Where

T = TypeVar("T")
Command = Sequence[str | bytes | int | float]

START = bytes(32)
"""What the first entry of a journal is chained to."""
FORMAT = 3
"""Format 1 had no passing items, and up to format 2 each event had an item of its own; both are read too, and become this one with the next checkpoint."""
SERVER_MIN = (7, 0)
LIBRARY = "rulelang1"
FUNCTIONS = Path(__file__).with_name("redis_functions.lua")

PAGE_ENTRIES, PAGE_PARTS = 32, 4
"""Entries of the journal, and parts of items, that are read in one reply."""
GARBAGE_MIN = 1_000
"""Items that are no longer true, or no longer there, are cleared away once they are more than those that are, and than this."""
UNFINISHED_S, READ_S = 86_400, 3_600
"""How long lists are kept that no notes name: not yet, or no longer, for those who are still reading them. Guards against leaks only: lists that are
missing when notes are to name them are written again, and whoever reads looks at the end whether the notes still name what was read."""
TRIM_S = 600
"""How often at most it is looked for old entries."""
PAUSE_S, PAUSE_MAX_S = 0.01, 0.25
TURN_S, TURN_PAUSE_S = 1.0, 0.002
"""Where several write without a pause, who came too late is let go first, for so long at most."""

# What an error reply begins with, where waiting helps: a failover, a start, a move of slots, a script that runs too long.
WAITING = (
    "READONLY",
    "LOADING",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "TRYAGAIN",
    "BUSY",
    "NOREPLICAS",
    "UNBLOCKED",
    "ERR max number of clients reached",
)

FORBIDDEN_INSIDE = ("ACL failure in script", "The user executing the script can't run this command")
"""What servers say where the user may call a function, but not a command within."""


class _NotNow(Exception):
    """The server cannot serve now, or it is the wrong one; another try may be luckier."""


class _Elsewhere(_NotNow):
    """The cluster says which node is the right one."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"the slot has moved to {host}:{port}")
        self.address = host, port


@dataclass(frozen=True, slots=True)
class Notes:
    """`mark`: differs with each writing. `cut`: entries up to this number may be gone; the next one is chained to `cut_digest`."""

    mark: str = ""
    format: int = FORMAT
    items_of: str | None = None
    generation: str = ""
    kinds: tuple[str, ...] = ()
    applied: int = 0
    saves: int = 0
    forgotten: int | None = None
    cut: int = 0
    cut_digest: str = START.hex()

    def text(self) -> bytes:
        return json.dumps(asdict(self)).encode()


# ---------------------------------------------------------------------- servers


class _Link:
    """A connection to one server. `ask` sends commands at once and gives their replies; nothing is ever sent twice by itself."""

    def __init__(self, where: Where, host: str, port: int, sentinel: bool = False) -> None:
        self.address = host, port
        self._where = where
        self._asked: dict[tuple[str, int], _Link] = {}
        identity = (where.sentinel_user, where.sentinel_password) if sentinel else (where.user, where.password)
        secured: dict[str, Any] = {}
        if where.tls:
            secured = {"ssl_ca_certs": where.ca, "ssl_certfile": where.certificate, "ssl_keyfile": where.key}
        self._connection = (SSLConnection if where.tls else Connection)(
            host=host,
            port=port,
            username=identity[0],
            password=identity[1],
            db=0 if sentinel else where.database,
            socket_connect_timeout=where.connect_s,
            socket_timeout=where.reply_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            client_name=None if sentinel else "rulelang",
            driver_info=None,
            **secured,
        )
        self._connection.connect()  # type: ignore[no-untyped-call]

    def ask(
        self,
        *commands: Command,
        longer_s: float = 0.0,
        asking: bool = False,
        loaded: bool = False,
        meanwhile: Callable[[], object] = nothing,
    ) -> list[Any]:
        """The replies; raises the first that is an error. `longer_s`: how much longer than usual they may take. `loaded`: our functions are there.
        `meanwhile`: what to do while the commands are under way."""
        replies = self._replies(commands, longer_s, asking, meanwhile)
        for reply in replies:
            if isinstance(reply, exceptions.MovedError):
                raise _Elsewhere(reply.host or self.address[0], reply.port)
            if isinstance(reply, exceptions.AskError):  # the keys are on their way, and these are there already
                if asking:
                    raise _NotNow("a slot is on its way")
                return self._at(reply.host or self.address[0], reply.port).ask(*commands, longer_s=longer_s, asking=True)
            if isinstance(reply, exceptions.ResponseError):
                if "Function not found" in str(reply) and not loaded:  # nothing was done: there was nothing that could
                    self.load_functions()  # or another replica has, since
                    return self.ask(*commands, longer_s=longer_s, asking=asking, loaded=True)
                raise reply
        return replies

    def load_functions(self) -> None:
        """See that our functions are on the server. Raises StoreError where we may not put them there, or others are there under our name."""
        code = FUNCTIONS.read_bytes()
        there, *_ = self._replies([("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY, "WITHCODE")])
        if isinstance(there, list) and there:
            if code in _flat(there):
                return
            raise StoreVersion(
                f"{self}: under the name {LIBRARY} the server has other functions than this program's; "
                f"when no other version is at work: redis-cli -x FUNCTION LOAD REPLACE < {FUNCTIONS.name}"
            )
        (reply,) = self._replies([("FUNCTION", "LOAD", code)])
        if isinstance(reply, exceptions.ResponseError) and "already exists" not in str(reply):  # another replica was faster
            if _passes(reply):
                raise reply
            raise self.refused(reply, f"; the functions of {FUNCTIONS.name} are loaded by a user who may, or by whoever runs the server")

    def refused(self, error: Exception, more: str = "") -> StoreError:
        """What the server said no to, as an error of a store."""
        text = str(error)
        code = str(getattr(error, "status_code", None) or text.split(" ")[0])
        if code == "OOM":
            return StoreFull(f"{self}: the server's memory is full (maxmemory); give it more, or the journal a bound (keep_journal_days)")
        if code == "MISCONF" and ("No space" in text or "File too large" in text):
            return StoreFull(f"{self}: the server's disk is full; make room and send again ({text})")
        if code == "MISCONF":
            return StoreReadOnly(f"{self}: the server cannot write to its disk, and takes no writes until it can ({text})")
        if code == "NOPERM" or any(told in text for told in FORBIDDEN_INSIDE):
            return StoreError(f"{self}: the user may not do all that is needed; see docs/operations/redis.acl ({text}){more}")
        if isinstance(error, exceptions.AuthenticationError):
            return StoreError(f"{self}: the server does not accept the user or the password ({text})")
        return StoreError(f"{self}: {text}{more}")

    def close(self) -> None:
        for link in self._asked.values():
            link.close()
        self._connection.disconnect()  # type: ignore[no-untyped-call]

    def __str__(self) -> str:
        return f"{self._where.shown} at {self.address[0]}:{self.address[1]}"

    def _replies(
        self, commands: Sequence[Command], longer_s: float = 0.0, asking: bool = False, meanwhile: Callable[[], object] = nothing
    ) -> list[Any]:
        """Errors stand in their places; what ends the connection is raised."""
        connection = self._connection
        if not connection.is_connected:  # or it would connect by itself, to whatever server is there now
            raise exceptions.ConnectionError("the connection was lost")
        sent = [part for command in commands for part in (("ASKING",), command)] if asking else commands
        connection.send_packed_command(connection.pack_commands(sent))  # type: ignore[no-untyped-call]
        try:
            meanwhile()
        except BaseException:
            self.close()  # its replies would be taken for those to what is asked next
            raise
        replies: list[Any] = []
        for _ in sent:
            try:
                replies.append(connection.read_response(timeout=self._where.reply_s + longer_s))
            except exceptions.ResponseError as error:
                replies.append(error)
        return replies[1::2] if asking else replies

    def _at(self, host: str, port: int) -> _Link:
        if (host, port) not in self._asked:
            self._asked[host, port] = _Link(self._where, host, port)
        return self._asked[host, port]


class _Servers:
    """Which server to talk to, and the connection to it, kept until it fails."""

    def __init__(self, where: Where, slot: int) -> None:
        self._where = where
        self._slot = slot
        self._link: _Link | None = None
        self._nodes: list[tuple[str, int]] = []
        self.info: dict[str, str] = {}

    def patiently(self, work: Callable[[_Link], T]) -> T:
        """Do the work, which may be repeated without harm: again after each failure that may pass, until patience ends. Raises StoreError."""
        started = time.monotonic()
        pause = PAUSE_S
        while True:
            try:
                if self._link is None:
                    self._link = self._found()
                return work(self._link)
            except exceptions.AuthenticationError as error:
                self.drop()
                raise StoreError(f"{self._where.shown}: the server does not accept the user or the password ({error})") from error
            except exceptions.ResponseError as error:
                if not _passes(error):
                    raise self._refused(error) from error
                failure: Exception = error
            except (exceptions.RedisError, OSError, _NotNow) as error:
                failure = error
            self.drop()
            if isinstance(failure, _Elsewhere):
                self._nodes.insert(0, failure.address)
            if time.monotonic() - started + pause > self._where.patience_s:
                raise StoreAway(f"{self._where.shown}: Redis is away ({failure})") from failure
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, PAUSE_MAX_S)

    def drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _refused(self, error: exceptions.ResponseError) -> StoreError:
        return StoreError(f"{self._where.shown}: {error}") if self._link is None else self._link.refused(error)

    # ------------------------------------------------------------------ finding it

    def _found(self) -> _Link:
        if self._where.form == "sentinel":
            return self._checked(_Link(self._where, *self._master()))
        if self._where.form == "cluster":
            return self._checked(self._owner())
        return self._checked(_Link(self._where, *self._where.nodes[0]))

    def _checked(self, link: _Link) -> _Link:
        """The link, if the server is one that can be relied on."""
        try:
            self.info = _check(link, self._where.form)
        except exceptions.ResponseError as error:
            link.close()
            raise (error if _passes(error) else link.refused(error)) from error
        except BaseException:
            link.close()
            raise
        return link

    def _master(self) -> tuple[str, int]:
        """Ask one Sentinel after the other."""
        failure: Exception = _NotNow("no Sentinel answers")
        for host, port in self._where.nodes:
            try:
                link = _Link(self._where, host, port, sentinel=True)
                try:
                    (found,) = link.ask(("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._where.master))
                finally:
                    link.close()
            except (exceptions.RedisError, OSError) as error:
                failure = error
                continue
            if found is not None:
                return found[0].decode(), int(found[1])
            failure = _NotNow(f"the Sentinel at {host}:{port} knows no master {self._where.master!r}")
        raise failure

    def _owner(self) -> _Link:
        """Ask one node after the other which one has our slot; those it names are asked the next time, too."""
        failure: Exception = _NotNow("no node answers")
        for address in dict.fromkeys([*self._nodes, *self._where.nodes]):
            try:
                link = _Link(self._where, *address)
            except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
                failure = error
                continue
            try:
                (ranges,) = link.ask(("CLUSTER", "SLOTS"))
            except exceptions.ResponseError as error:
                link.close()
                raise link.refused(error) from error
            except (exceptions.RedisError, OSError) as error:
                link.close()
                failure = error
                continue
            self._nodes = [_address(node, link) for _, _, *nodes in ranges for node in nodes]
            owners = [_address(nodes[0], link) for first, last, *nodes in ranges if first <= self._slot <= last]
            if owners == [link.address]:
                return link
            link.close()
            if owners:
                return _Link(self._where, *owners[0])
            failure = _NotNow(f"no node of the cluster has the slot {self._slot}")
        raise failure


def _passes(error: exceptions.ResponseError) -> bool:
    return f"{error.status_code or ''} {error}".strip().startswith(WAITING)


def _address(node: Sequence[Any], link: _Link) -> tuple[str, int]:
    """Of a node as CLUSTER SLOTS tells it: one that does not know its own name is where we reached it."""
    return (node[0].decode() if node[0] else link.address[0]), int(node[1])


def _check(link: _Link, form: str) -> dict[str, str]:
    """What the server says of itself; raises StoreError where it must not be used, _NotNow where not now."""
    (said,) = link.ask(("INFO",))
    info = dict(line.split(":", 1) for line in said.decode().splitlines() if ":" in line)
    version = info.get("valkey_version") or info["redis_version"]
    if tuple(int(part) for part in version.split(".")[:2]) < SERVER_MIN:
        raise StoreVersion(f"{link}: the server is of version {version}; Redis 7.0, Valkey 7.2 or later is needed")
    if info["maxmemory_policy"] != "noeviction":
        raise StoreError(
            f"{link}: the server may throw away what it was given (maxmemory-policy is {info['maxmemory_policy']}); "
            "set maxmemory-policy to noeviction, and start again"
        )
    clustered = "cluster" in (info.get("server_mode"), info.get("redis_mode"))
    if clustered and form != "cluster":
        raise StoreError(f"{link}: the server is a node of a cluster; the URL for that is redis+cluster://…")
    if form == "cluster" and not clustered:
        raise StoreError(f"{link}: the server is no node of a cluster; the URL for that is redis://…")
    if info["role"] != "master":
        raise _NotNow(f"{link.address[0]}:{link.address[1]} is a replica, which takes no writes")
    return info


# ---------------------------------------------------------------------- the store


class RedisStore:
    """See `engine.stores.interface.Store`."""

    durable = True
    shared = True

    def __init__(self, scheme: str, rest: str, *, reading: bool = False) -> None:
        """`reading`: it is only read. Then opening writes nothing either, and what is not there is refused."""
        self._where = redis_url.parse(scheme, rest)
        self._reading = reading
        self._prefix = f"rulelang:{{{self._where.name}}}:"
        self._journal = self._prefix + "journal"
        self._queue = self._prefix + "queue"
        self._notes_key = self._prefix + "notes"
        self._servers = _Servers(self._where, key_slot(self._journal.encode()))
        self._is_open = False
        self._program = ""
        self._found_other = ""
        self._writer = _mark()
        self._queues = False
        self._notes = Notes()
        self._position, self._digest = 0, START
        self._confirmed = 0
        self._read_live = self._read_garbage = 0
        self._next_trim = 0.0
        self._appendfsync = "not told"

    # ------------------------------------------------------------------ opening and closing

    def open(self, program: str) -> bool:
        if self._is_open:
            raise StoreError(f"{self._where.shown}: this store is open already")
        self._program = program
        try:
            ours = self._servers.patiently(self._take_up)
        except BaseException:
            self._servers.drop()
            raise
        self._is_open = True
        return ours

    def _take_up(self, link: _Link) -> bool:
        if not self._reading:
            link.load_functions()
        try:
            self._appendfsync = link.ask(("CONFIG", "GET", "appendfsync"))[0][1].decode()
        except exceptions.ResponseError as error:
            if _passes(error):
                raise
            self._appendfsync = "not told"  # the user may not ask, or nobody may
        text, last = link.ask(("GET", self._notes_key), ("XREVRANGE", self._journal, "+", "-", "COUNT", 1))
        if text is None:
            if self._reading:
                raise StoreError(f"{self._where.shown}: nothing is kept there under the name {self._where.name}")
            self._notes = Notes(mark=_mark())
            link.ask(_call("save", [self._notes_key], "", self._notes.text(), "-"))
            (text,) = link.ask(("GET", self._notes_key))
        self._notes = self._read_notes(text)
        entries = _number(last[0]) if last else self._notes.cut
        if self._notes.applied > entries:
            raise StoreCorrupt(
                f"{self._where.shown}: the items are of journal entry {self._notes.applied}, but the last one is {entries}; "
                "the journal has lost entries: restore it from a copy"
            )
        ours = self._notes.items_of in (None, self._program)
        self._found_other = "" if ours else self._notes.generation
        self._position, self._digest = self._notes.cut, bytes.fromhex(self._notes.cut_digest)
        self._confirmed = 0
        self._read_live = self._read_garbage = 0
        return ours

    def close(self) -> None:
        self._is_open = False
        self._servers.drop()

    def about(self) -> Mapping[str, str | int | bool]:
        info = self._servers.info
        kind = "Valkey" if "valkey_version" in info else "Redis"
        appendonly = info.get("aof_enabled") == "1"
        return {
            "store": self._where.shown,
            "name": self._where.name,
            "server": f"{kind} {info.get('valkey_version', info.get('redis_version'))}",
            "durable": appendonly,
            "appendonly": "yes" if appendonly else "no",
            "appendfsync": self._appendfsync,
            "wait_replicas": self._where.wait_replicas,
        }

    # ------------------------------------------------------------------ the journal

    def append(self, entry: bytes, after: int | None = None, meanwhile: Callable[[], object] = nothing) -> int:
        packed, mark = pack(entry), os.urandom(8)
        while True:
            try:
                return self._patiently(lambda link: self._append(link, entry, packed, mark, after, meanwhile))
            except StoreBehind:
                if after is not None:
                    raise

    def _append(self, link: _Link, entry: bytes, packed: bytes, mark: bytes, after: int | None, meanwhile: Callable[[], object]) -> int:
        before, before_digest = self._end_of(link, after)
        digest = hashlib.sha256(before_digest + entry).digest()
        number = before + 1
        id_ = f"{number}-{time.time_ns() // 1_000_000}"
        patient_until = time.monotonic() + TURN_S
        while True:
            patient = int(time.monotonic() < patient_until)
            turn = (self._writer, patient, round(TURN_S * 1000))
            command = _call("append", [self._journal, self._queue], before_digest, id_, digest, mark, packed, number, PAGE_ENTRIES, *turn)
            longer_s = self._where.wait_s if self._where.wait_replicas else 0
            reply, *replicas = link.ask(command, *self._wait(), longer_s=longer_s, meanwhile=meanwhile)
            if reply != b"QUEUE":
                break
            time.sleep(TURN_PAUSE_S)
        if reply == b"OK":
            self._queues = False
            self._position, self._digest = number, digest
            self._check_confirmed(replicas)
            return number
        if not reply or _number(reply[0]) != number:
            raise self._forked(f"entry {before} is not in its journal, or not the same")
        if _mark_of(reply[0]) == mark:  # it was added by an earlier try, whose reply was lost
            self._position, self._digest = number, digest
            self._confirm(link)
            return number
        entries: list[tuple[int, bytes]] = []
        for row in reply:
            try:
                entries.append((number + len(entries), self._chained(row, number + len(entries), before_digest)))
            except StoreCorrupt:
                if not entries:
                    self._check_still_there(link, before, before_digest)
                raise
            before_digest = _digest_of(row)
        self._position, self._digest = entries[-1][0], before_digest
        self._queues = True
        raise StoreBehind(entries)

    def _check_still_there(self, link: _Link, number: int, digest: bytes) -> None:
        (rows,) = link.ask(("XRANGE", self._journal, number, number))
        if rows and _digest_of(rows[0]) != digest:
            raise self._forked(f"its entry {number} is another one than before")

    def _end_of(self, link: _Link, after: int | None) -> tuple[int, bytes]:
        """The entry to be followed: its number and digest."""
        if after is None or after == self._position:
            return self._position, self._digest
        return after, self._digest_at(link, after)

    def _digest_at(self, link: _Link, number: int) -> bytes:
        if number == self._position:
            return self._digest
        if number == self._notes.cut:
            return bytes.fromhex(self._notes.cut_digest)
        (rows,) = link.ask(("XRANGE", self._journal, number, number))
        if not rows:
            raise self._forked(f"entry {number} is not in its journal")
        return _digest_of(rows[0])

    def confirm(self) -> None:
        if self._queues:  # it came too late, and had nothing to add any more
            self._asked("LREM", self._queue, 1, self._writer)
            self._queues = False
        if self._where.wait_replicas and self._confirmed < self._position:
            self._patiently(self._confirm)

    def _confirm(self, link: _Link) -> None:
        """WAIT looks at what its own connection has written, so it writes something."""
        if self._where.wait_replicas:
            _, *replicas = link.ask(("SET", self._prefix + "mark", self._position), *self._wait(), longer_s=self._where.wait_s)
            self._check_confirmed(replicas)

    def _wait(self) -> list[Command]:
        return [("WAIT", self._where.wait_replicas, round(self._where.wait_s * 1000))] if self._where.wait_replicas else []

    def _check_confirmed(self, replicas: Sequence[int]) -> None:
        if replicas and replicas[0] < self._where.wait_replicas:
            raise StoreAway(
                f"{self._where.shown}: {replicas[0]} of the server's replicas have what was written, {self._where.wait_replicas} are asked for; "
                "it is there, but not acknowledged"
            )
        self._confirmed = self._position

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        expected, before = after + 1, self._patiently(lambda link: self._before(link, after))
        while before is not None:
            rows = self._asked("XRANGE", self._journal, expected, "+", "COUNT", PAGE_ENTRIES)[0]
            for row in rows:
                entry = self._chained(row, expected, before)
                before = _digest_of(row)
                self._position, self._digest = expected, before
                expected += 1
                yield expected - 1, entry
            if len(rows) < PAGE_ENTRIES:
                return

    def _before(self, link: _Link, after: int) -> bytes | None:
        """The digest of entry `after`, which the next one is chained to; None: there is no such entry yet, nor a next one."""
        if after < self._notes.cut:
            raise StoreError(
                f"{self._where.shown}: the journal begins with entry {self._notes.cut + 1}, those before were given up (keep_journal_days). What another "
                "rule set finds cannot be told from the rest: put back a copy that has them, or begin anew under another name"
            )
        if after == self._notes.cut:
            return bytes.fromhex(self._notes.cut_digest)
        (rows,) = link.ask(("XRANGE", self._journal, after, "+", "COUNT", 1))
        if rows and _number(rows[0]) == after:
            if after == self._position and _digest_of(rows[0]) != self._digest:
                raise self._forked(f"its entry {after} is another one than before")
            return _digest_of(rows[0])
        if after == self._position:
            raise self._forked(f"entry {after} is not in its journal any more")
        if rows:
            raise StoreCorrupt(f"{self._where.shown}: journal entry {after} is missing")
        return None

    def _chained(self, row: Sequence[Any], expected: int, before: bytes) -> bytes:
        """The content of an entry, if it is the one expected and fits the one before it."""
        if _number(row) != expected:
            raise StoreCorrupt(f"{self._where.shown}: journal entry {expected} is missing")
        try:
            entry = unpack(_content_of(row))
        except Damaged as error:
            raise StoreCorrupt(f"{self._where.shown}: journal entry {expected} is damaged") from error
        if hashlib.sha256(before + entry).digest() != _digest_of(row):
            raise StoreCorrupt(f"{self._where.shown}: journal entry {expected} does not fit the one before it")
        return entry

    def verify(self) -> int:
        last = self._notes.cut
        for number, _ in self.journal(last):
            last = number
        return last

    def head(self) -> str:
        (last,) = self._asked("XREVRANGE", self._journal, "+", "-", "COUNT", 1)
        return (_digest_of(last[0]) if last else bytes.fromhex(self._notes.cut_digest)).hex()

    def _forked(self, what: str) -> StoreForked:
        return StoreForked(
            f"{self._where.shown}: the server holds another history than it did ({what}); opened anew, the service goes on from what it holds"
        )

    # ------------------------------------------------------------------ the items

    def applied(self) -> int:
        self._check_open()
        return self._notes.applied if self._notes.items_of in (None, self._program) else 0

    def saved(self) -> int:
        (text,) = self._asked("GET", self._notes_key)
        notes = self._read_notes(text)
        return notes.applied if notes.items_of == self._program else 0

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        asked = {as_bytes(key) for key in keys}
        found: dict[bytes, Item] = {}
        for part in self._parts(kind, newest_first=True):
            for key, value in unpacked(part):
                if key in asked:
                    found[key] = value
            asked -= found.keys()
            if not asked:
                break
        return {as_text(key): content for key, item in found.items() if (content := self._not_passed(item)) is not None}

    def _not_passed(self, item: Item) -> bytes | None:
        """What an item says; None: nothing any more."""
        if not isinstance(item, Passing):
            return item
        forgotten = self._notes.forgotten
        return item.value if forgotten is None or item.until > forgotten else None

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        found = self._read(kind)
        return ((key, item.value if isinstance(item, Passing) else item) for key, item in found.items())

    def _read(self, kind: str) -> dict[str, bytes | Passing]:
        """All items of a kind that say anything, in order."""
        found: dict[bytes, bytes | Passing] = {}
        written = 0
        for part in self._parts(kind):
            for key, item in unpacked(part):
                written += 1
                if item is None or self._not_passed(item) is None:
                    found.pop(key, None)
                else:
                    found[key] = item
        self._read_live += len(found)
        self._read_garbage += written - len(found)
        return {as_text(key): found[key] for key in sorted(found)}

    def _parts(self, kind: str, newest_first: bool = False) -> Iterator[bytes]:
        """What checkpoints wrote, up to the one that was the last when the store was opened or written by us."""
        self._check_open()
        notes = self._notes
        if kind not in notes.kinds:
            return
        key = self._list(notes.generation, kind)
        low, high = "-", str(notes.saves)
        page: Command
        while True:
            page = ("XREVRANGE", key, high, low) if newest_first else ("XRANGE", key, low, high)
            rows, text = self._patiently(lambda link, page=page: link.ask((*page, "COUNT", PAGE_PARTS), ("GET", self._notes_key)))  # type: ignore[misc]
            if text is None or self._read_notes(text).generation != notes.generation:
                raise self._forked("its items were replaced while they were read")
            for row in rows:
                try:
                    yield unpack(row[1][1])
                except Damaged as error:
                    raise StoreCorrupt(f"{self._where.shown}: the items of the kind {kind} are damaged") from error
            if len(rows) < PAGE_PARTS:
                return
            edge = "(" + rows[-1][0].decode()
            low, high = (low, edge) if newest_first else (edge, high)

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        if self._notes.items_of == self._program and self._read_garbage > max(self._read_live, GARBAGE_MIN):
            self._clear_garbage()
        parts, mark = _parts(checkpoint.items), _mark()
        kept = self._patiently(lambda link: self._save(link, checkpoint, parts, mark))
        if self._where.keep_journal_days is not None and kept and time.monotonic() >= self._next_trim:
            self._next_trim = time.monotonic() + TRIM_S
            self._patiently(self._trim)
        return kept

    def _save(self, link: _Link, checkpoint: Checkpoint, parts: Sequence[tuple[str, bytes]], mark: str) -> bool:
        since, applied = checkpoint.since, checkpoint.applied
        while True:
            text, *rows = link.ask(("GET", self._notes_key), ("XRANGE", self._journal, applied, applied))
            notes = self._read_notes(text)
            if notes.mark == mark:  # an earlier try, whose reply was lost
                break
            self._check_true_of(applied, rows[0], notes)
            ours = notes.items_of in (None, self._program)
            if not ours and since:
                return True
            if ours and not since <= notes.applied <= applied:
                return False
            if ours and self._found_other and notes.generation != self._found_other:
                return False  # a replica was faster, and this one has not begun with what that one made of the other rule set's
            # What is kept of the same rule set is added to; another's is replaced by all that there is.
            notes = replace(notes, forgotten=checkpoint.forgotten)
            saved = self._add(link, text, notes, applied, parts, mark) if ours else self._replace(link, text, notes, applied, parts, mark)
            if saved is not None:
                notes = saved
                break
        self._notes = notes
        self._found_other = ""
        self._confirm(link)
        return True

    def _check_true_of(self, applied: int, rows: Sequence[Any], notes: Notes) -> None:
        if applied <= notes.cut and applied in (0, notes.cut):
            return
        if not rows:
            if applied == self._position:
                raise self._forked(f"entry {applied} is not in its journal any more")
            raise StoreError(f"{self._where.shown}: items of journal entry {applied} cannot be kept, there is no such entry")
        if applied == self._position and _digest_of(rows[0]) != self._digest:
            raise self._forked(f"its entry {applied} is another one than before")

    def _add(self, link: _Link, text: bytes, notes: Notes, applied: int, parts: Sequence[tuple[str, bytes]], mark: str) -> Notes | None:
        """None: somebody has written in between."""
        new = replace(
            notes,
            mark=mark,
            items_of=self._program,
            generation=notes.generation or mark,
            kinds=tuple(sorted({*notes.kinds, *(kind for kind, _ in parts)})),
            applied=applied,
            saves=notes.saves + 1,
        )
        lists = [self._list(new.generation, kind) for kind, _ in parts]
        command = _call("save", [self._notes_key, *lists], text, new.text(), f"{new.saves}-*", *(part for _, part in parts))
        return new if link.ask(command) == [b"OK"] else None

    def _replace(self, link: _Link, text: bytes, notes: Notes, applied: int, parts: Sequence[tuple[str, bytes]], mark: str) -> Notes | None:
        """Under a new generation, which counts from the moment on at which the notes name it. None: as above."""
        new = replace(
            notes,
            mark=mark,
            items_of=self._program,
            generation=_mark(),
            kinds=tuple(sorted({kind for kind, _ in parts})),
            applied=applied,
            saves=notes.saves + 1,
        )
        for kind, part in parts:
            key = self._list(new.generation, kind)
            link.ask(("XADD", key, f"{new.saves}-*", "c", part), ("EXPIRE", key, UNFINISHED_S))
        lists = [(self._list(new.generation, kind), "keep") for kind in new.kinds]
        lists += [(self._list(notes.generation, kind), str(READ_S)) for kind in notes.kinds]
        command = _call("turn", [self._notes_key, *(key for key, _ in lists)], text, new.text(), *(todo for _, todo in lists))
        return new if link.ask(command) == [b"OK"] else None

    def _clear_garbage(self) -> None:
        """Write the items anew as they were when the store was opened, unless somebody has written since."""
        self._read_live = self._read_garbage = 0
        parts, mark = _parts({(kind, key): item for kind in self._notes.kinds for key, item in self._read(kind).items()}), _mark()

        def rewrite(link: _Link) -> Notes | None:
            (text,) = link.ask(("GET", self._notes_key))
            notes = self._read_notes(text)
            if notes.mark == mark:  # an earlier try, whose reply was lost
                return notes
            return self._replace(link, text, notes, notes.applied, parts, mark) if notes.mark == self._notes.mark else None

        self._notes = self._patiently(rewrite) or self._notes
        self._read_live = self._read_garbage = 0

    def _trim(self, link: _Link) -> None:
        """Give up entries older than asked for, up to the one of the checkpoint, which stays: the next one is chained to it."""
        assert self._where.keep_journal_days is not None
        oldest_ms = (time.time() - self._where.keep_journal_days * 86_400) * 1000
        (text,) = link.ask(("GET", self._notes_key))
        notes = self._read_notes(text)

        def at(number: int) -> Any:
            return link.ask(("XRANGE", self._journal, number, number))[0][0]

        kept, first = notes.applied, notes.cut + 1  # the first entry to be kept lies in first…kept
        while first < kept:
            middle = (first + kept) // 2
            if int(at(middle)[0].split(b"-")[1]) < oldest_ms:
                first = middle + 1
            else:
                kept = middle
        if first > notes.cut + 1:
            new = replace(notes, mark=_mark(), cut=first - 1, cut_digest=_digest_of(at(first - 1)).hex())
            if link.ask(_call("save", [self._notes_key], text, new.text(), "-")) != [b"OK"]:
                return  # somebody else is at it; the next time
            notes = new
        self._notes = replace(self._notes, mark=notes.mark, cut=notes.cut, cut_digest=notes.cut_digest)
        link.ask(("XTRIM", self._journal, "MINID", notes.cut + 1))

    # ------------------------------------------------------------------ asides

    def aside(self, name: str) -> bytes | None:
        (value,) = self._asked("GET", self._aside(name))
        return None if value is None else bytes(value)

    def set_aside(self, name: str, value: bytes, before: bytes | None) -> bool:
        return self._patiently(lambda link: self._set_aside(link, self._aside(name), value, before or b""))

    def _set_aside(self, link: _Link, key: str, value: bytes, before: bytes) -> bool:
        if link.ask(_call("save", [key], before, value, "-")) != [b"OK"] and link.ask(("GET", key)) != [value]:
            return False  # it was not set by an earlier try, whose reply was lost, either
        self._confirm(link)
        return True

    # ------------------------------------------------------------------ helpers

    def _aside(self, name: str) -> str:
        return f"{self._prefix}aside:{name}"

    def _list(self, generation: str, kind: str) -> str:
        return f"{self._prefix}items:{generation}:{kind}"

    def _read_notes(self, text: bytes | None) -> Notes:
        if text is None:
            raise self._forked("its notes are gone")
        notes = json.loads(text)
        if notes["format"] not in (1, 2, FORMAT):
            raise StoreVersion(
                f"{self._where.shown}: the store has format {notes['format']}, this program reads and writes format {FORMAT}"
            )
        return Notes(**{**notes, "format": FORMAT, "kinds": tuple(notes["kinds"])})

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreError(f"{self._where.shown}: the store is not open")

    def _asked(self, *command: str | bytes | int) -> list[Any]:
        return self._patiently(lambda link: link.ask(command))

    def _patiently(self, work: Callable[[_Link], T]) -> T:
        self._check_open()
        return self._servers.patiently(work)


# ---------------------------------------------------------------------- commands and replies


def _call(function: str, keys: Sequence[str], *arguments: str | bytes | int) -> Command:
    return "FCALL", f"{LIBRARY}_{function}", len(keys), *keys, *arguments


def _parts(items: Mapping[tuple[str, str], Item]) -> list[tuple[str, bytes]]:
    return [(kind, pack(part)) for kind, part in packed(items)]


def _number(row: Sequence[Any]) -> int:
    return int(row[0].split(b"-")[0])


def _digest_of(row: Sequence[Any]) -> bytes:
    digest: bytes = row[1][1]
    return digest


def _mark_of(row: Sequence[Any]) -> bytes:
    mark: bytes = row[1][3]
    return mark


def _content_of(row: Sequence[Any]) -> bytes:
    content: bytes = row[1][5]
    return content


def _mark() -> str:
    return os.urandom(8).hex()


def _flat(reply: object) -> Iterator[object]:
    for part in reply if isinstance(reply, list) else []:
        yield part
        yield from _flat(part)
