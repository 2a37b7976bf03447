"""The store `sqlite:PATH`: one file, one process, nothing to set up. What a service uses unless told otherwise.

In and out: see `engine.stores.interface.Store`.  In the file: the journal (zlib, chained by SHA-256), the items (long ones in zlib too), and
notes: whose items they are, how far they are true, and what was set aside.  It is in WAL mode with `synchronous=FULL`: a commit is on
disk when it returns.  SQLite's exclusive locking keeps every other process out, also `sqlite3` at a prompt.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.stores.copying import FileCopy
from engine.stores.interface import (
    Checkpoint,
    Passing,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreVersion,
    nothing,
)
from engine.stores.packing import Damaged, pack, unpack

START = bytes(32)
"""What the first entry of a journal is chained to."""

APPLICATION = 0x52_4C_53_31
"""`RLS1`, in the file's header: `file` and we tell by it that the database is a store."""
FORMAT = 3
"""Format 1 had no passing items. Up to format 2 no item was packed, and each event had one of its own, which the engine puts together when it opens them."""

ASIDE = "aside:"
"""What the names of asides begin with, among the notes."""

PAGE_BYTES = 8192
"""Twice SQLite's default: items are long, and a checkpoint writes many that lie together."""
CHECKPOINT_PAGES = 1000
"""How many pages the write-ahead log has when it is written into the file: SQLite's own default."""

PACKED_BYTES_MIN = 1024
"""Items of this length and longer are packed: each byte is written twice, to the write-ahead log and to the file, which takes longer than to pack it."""

ROWS = 500
"""How many rows, or names of a question, are handled at once."""

SCHEMA = """
create table journal (number integer primary key, digest blob not null, entry blob not null) strict;
create table items (
    kind text not null, key blob not null, value blob not null, until integer, packed integer not null default 0, primary key (kind, key)
) strict, without rowid;
create table notes (name text primary key, value any) strict, without rowid;
insert into notes values ('items_of', null), ('applied', 0);
"""
FROM_FORMAT = {1: "alter table items add column until integer", 2: "alter table items add column packed integer not null default 0"}
"""What makes a store of this format one of the next."""

# The primary codes of SQLite's results. What else can happen (a full memory, a broken disk) has no better name than StoreError.
ERRORS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_BUSY: (StoreLocked, "another process has it open; one store serves one process"),
    sqlite3.SQLITE_LOCKED: (StoreLocked, "another process has it open; one store serves one process"),
    sqlite3.SQLITE_FULL: (StoreFull, "the disk is full; make room and send again"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "it may not be written; the file and its folder must be writable"),
    sqlite3.SQLITE_PERM: (StoreReadOnly, "it may not be written; the file and its folder must be writable"),
    sqlite3.SQLITE_CORRUPT: (StoreCorrupt, "the file is damaged; restore it from a copy"),
    sqlite3.SQLITE_NOTADB: (StoreCorrupt, "the file is not a store, or damaged"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "it cannot be opened; the folder must exist and be writable"),
    sqlite3.SQLITE_TOOBIG: (StoreError, "the batch is too long for one entry of the journal; send smaller ones"),
}


class SqliteStore:
    """See `engine.stores.interface.Store`."""

    durable = True
    shared = False

    def __init__(self, path: str) -> None:
        if not path:
            raise StoreError("the store sqlite: needs the name of a file, as in sqlite:rulelang.db")
        # Absolute, so that no name has a meaning of its own to SQLite (`:memory:`, `file:…`).
        self._path = Path(path).absolute()
        self._database: sqlite3.Connection | None = None
        self._broken: str | None = None
        self._program = ""
        self._last = 0
        self._forgotten = -(2**63)
        self._digest = START
        self._copy: FileCopy | None = None

    # ------------------------------------------------------------------ opening and closing

    def open(self, program: str) -> bool:
        if self._database is not None:
            raise StoreError(f"{self._path}: this store is open already")
        self._make_private()
        with self._errors():
            self._database = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        self._broken = None
        try:
            with self._errors():
                self._take_possession(self._database)
        except BaseException:
            self.close()
            raise
        self._program = program
        return self._note("items_of") in (None, program)

    def _make_private(self) -> None:
        """The file names officers and what is held against them: it is made for its owner only. SQLite's other files follow it."""
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except PermissionError as error:
            raise StoreReadOnly(f"{self._path}: {ERRORS[sqlite3.SQLITE_READONLY][1]}") from error
        except OSError as error:
            raise StoreError(f"{self._path}: {ERRORS[sqlite3.SQLITE_CANTOPEN][1]} ({error.strerror})") from error

    def _take_possession(self, database: sqlite3.Connection) -> None:
        database.execute(f"pragma page_size = {PAGE_BYTES}")  # of a file that is new
        database.execute("pragma locking_mode = exclusive")  # before WAL is entered: then there is no shared memory to guard
        (mode,) = database.execute("pragma journal_mode = wal").fetchone()
        if mode != "wal":
            raise StoreError(f"{self._path}: this file system cannot keep a write-ahead log")
        database.execute("pragma synchronous = full")
        database.execute("begin immediate")  # the lock is held from here on, not given back by the commit
        try:
            self._make_or_know(database)
            database.execute("commit")
        except BaseException:
            if database.in_transaction:
                database.execute("rollback")
            raise
        last = database.execute("select number, digest from journal order by number desc limit 1").fetchone()
        self._last, self._digest = last if last else (0, START)
        if not 0 <= int(str(self._note("applied"))) <= self._last:
            raise StoreCorrupt(f"{self._path}: the items are of journal entry {self._note('applied')}, but the last one is {self._last}")

    def _make_or_know(self, database: sqlite3.Connection) -> None:
        (application,) = database.execute("pragma application_id").fetchone()
        (version,) = database.execute("pragma user_version").fetchone()
        (tables,) = database.execute("select count(*) from sqlite_schema").fetchone()
        if application == 0 and tables == 0:
            for statement in SCHEMA.strip().split(";\n"):
                database.execute(statement)
            database.execute(f"pragma application_id = {APPLICATION}")
            database.execute(f"pragma user_version = {FORMAT}")
        elif application != APPLICATION:
            raise StoreError(f"{self._path}: this is a database, but not a store of rulelang")
        elif version in FROM_FORMAT:
            for before in range(version, FORMAT):
                database.execute(FROM_FORMAT[before])
            database.execute(f"pragma user_version = {FORMAT}")
        elif version != FORMAT:
            raise StoreVersion(f"{self._path}: the store has format {version}, this program reads and writes format {FORMAT}")

    def close(self) -> None:
        if self._copy is not None:  # closing changes the file that is being copied
            self._copy.give_up()
            self._copy = None
        database, self._database = self._database, None
        if database is not None:
            database.close()

    # ------------------------------------------------------------------ the journal

    def append(self, entry: bytes, after: int | None = None, meanwhile: Callable[[], object] = nothing) -> int:
        meanwhile()
        number, digest = self._last + 1, hashlib.sha256(self._digest + entry).digest()
        with self._told() as database:
            database.execute("insert into journal values (?, ?, ?)", (number, digest, pack(entry)))
        self._last, self._digest = number, digest
        return number

    def confirm(self) -> None:
        """There is one writer, and what it added is on disk."""

    def journal(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        before = START
        if after:
            with self._told() as database:
                row = database.execute("select digest from journal where number = ?", (after,)).fetchone()
            if row is None:
                if after < self._last:
                    raise StoreCorrupt(f"{self._path}: journal entry {after} is missing")
                return
            (before,) = row
        with self._told() as database:
            found = database.execute("select number, digest, entry from journal where number > ? order by number", (after,))
            expected = after + 1
            while rows := found.fetchmany(ROWS):
                for number, digest, packed in rows:
                    entry = self._unpacked(f"journal entry {number}", packed)
                    if number != expected:
                        raise StoreCorrupt(f"{self._path}: journal entry {expected} is missing")
                    if hashlib.sha256(before + entry).digest() != digest:
                        raise StoreCorrupt(f"{self._path}: journal entry {number} does not fit the one before it")
                    yield number, entry
                    before, expected = digest, number + 1

    def verify(self) -> int:
        return sum(1 for _ in self.journal())

    def head(self) -> str:
        return self._digest.hex()

    def _unpacked(self, what: str, packed: bytes) -> bytes:
        try:
            return unpack(packed)
        except Damaged as error:
            raise StoreCorrupt(f"{self._path}: {what} is damaged") from error

    # ------------------------------------------------------------------ the items

    def applied(self) -> int:
        return int(str(self._note("applied"))) if self._note("items_of") in (None, self._program) else 0

    def saved(self) -> int:
        return self.applied()

    def load(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._told() as database:
            for start in range(0, len(keys), ROWS):
                part = [_bytes(key) for key in keys[start : start + ROWS]]
                marks = ",".join("?" * len(part))
                rows = database.execute(f"select key, value, packed from items where kind = ? and key in ({marks})", (kind, *part))
                found.update((_text(key), self._content(kind, key, value, packed)) for key, value, packed in rows)
        return found

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        with self._told() as database:
            found = database.execute("select key, value, packed from items where kind = ? order by key", (kind,))
            while rows := found.fetchmany(ROWS):
                for key, value, packed in rows:
                    yield _text(key), self._content(kind, key, value, packed)

    def _content(self, kind: str, key: bytes, value: bytes, packed: int) -> bytes:
        return self._unpacked(f"the item {kind} {_text(key)}", value) if packed else value

    def checkpoint(self, checkpoint: Checkpoint) -> bool:
        if not 0 <= checkpoint.applied <= self._last:
            raise StoreError(f"{self._path}: items of journal entry {checkpoint.applied} cannot be kept, the last entry is {self._last}")
        # In the order of the table, so that a page is come to once.
        changed = sorted((kind, _bytes(key), *_columns(item)) for (kind, key), item in checkpoint.items.items() if item is not None)
        removed = [(kind, _bytes(key)) for (kind, key), item in checkpoint.items.items() if item is None]
        with self._told() as database:
            database.execute("begin immediate")
            try:
                if self._note("items_of") != self._program:
                    database.execute("delete from items")
                    database.execute("update notes set value = ? where name = 'items_of'", (self._program,))
                database.executemany("delete from items where kind = ? and key = ?", removed)
                database.executemany("insert or replace into items values (?, ?, ?, ?, ?)", changed)
                if (
                    checkpoint.forgotten is not None and checkpoint.forgotten > self._forgotten
                ):  # looks at all items; it is hardly ever later
                    database.execute("delete from items where until <= ?", (checkpoint.forgotten,))
                database.execute("update notes set value = ? where name = 'applied'", (checkpoint.applied,))
                database.execute("commit")
            except BaseException:
                if database.in_transaction:  # some errors have rolled back already
                    database.execute("rollback")
                raise
        if checkpoint.forgotten is not None:
            self._forgotten = checkpoint.forgotten
        return True

    # ------------------------------------------------------------------ asides

    def aside(self, name: str) -> bytes | None:
        with self._told() as database:
            row = database.execute("select value from notes where name = ?", (ASIDE + name,)).fetchone()
        return None if row is None else row[0]

    def set_aside(self, name: str, value: bytes, before: bytes | None) -> bool:
        if self.aside(name) != before:  # there is one writer
            return False
        with self._told() as database:
            database.execute("insert or replace into notes values (?, ?)", (ASIDE + name, value))
        return True

    # ------------------------------------------------------------------ copies

    @property
    def copying(self) -> bool:
        """Whether a copy was begun and not taken yet."""
        return self._copy is not None

    def begin_copy(self, path: Path) -> None:
        """Begin to copy what is kept at this moment to a file, while the store goes on; see `copied`."""
        assert self._copy is None, "one copy at a time"
        with self._told() as database:
            database.execute("pragma wal_checkpoint(truncate)")  # all into the file itself,
            database.execute("pragma wal_autocheckpoint = 0")  # which does not change from here on
        try:
            self._copy = FileCopy(self._path, path)
        except OSError as error:
            self._end_copy()
            raise StoreError(f"{path}: the copy cannot be begun ({error.strerror})") from error

    def copied(self) -> bool:
        """Whether the copy that was begun is whole and in its place, where it replaces the one before. Raises StoreError: it is not, and that one stays."""
        assert self._copy is not None, "a copy was begun"
        try:
            if not self._copy.done():
                return False
        except OSError as error:
            self._end_copy()
            raise StoreError(str(error)) from error
        self._end_copy()
        return True

    def _end_copy(self) -> None:
        self._copy = None
        with self._told() as database:
            database.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")

    def about(self) -> Mapping[str, str | int | bool]:
        return {"store": f"sqlite:{self._path}", "durable": True}

    def _note(self, name: str) -> object:
        with self._told() as database:
            (value,) = database.execute("select value from notes where name = ?", (name,)).fetchone()
        return value

    # ------------------------------------------------------------------ errors

    @contextmanager
    def _told(self) -> Iterator[sqlite3.Connection]:
        """The database, for reading or writing, with SQLite's errors told as those of a store."""
        if self._broken is not None:
            raise StoreError(f"{self._path}: {self._broken}; start again when the disk is well")
        if self._database is None:
            raise StoreError(f"{self._path}: the store is not open")
        with self._errors():
            yield self._database

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """SQLite's errors as those of a store.

        When the disk has failed once, the system may have dropped what it could not write, and a second try would succeed without it:
        nothing more is read or written until the store has been opened, and so read, again.
        """
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", -1) & 0xFF
            kind, text = ERRORS.get(code, (StoreError, str(error)))
            if code == sqlite3.SQLITE_IOERR:
                self._broken = text = f"reading or writing failed ({error})"
            raise kind(f"{self._path}: {text}") from error


def _columns(item: bytes | Passing) -> tuple[bytes, int | None, bool]:
    """Value, until, packed: see `SCHEMA`."""
    value, until = item if isinstance(item, Passing) else (item, None)
    packed = pack(value) if len(value) >= PACKED_BYTES_MIN else value
    return (packed, until, True) if len(packed) < len(value) else (value, until, False)


def _bytes(key: str) -> bytes:
    """Keys are kept as bytes: their order is that of code points, and no character (NUL, half a surrogate pair) is special."""
    return key.encode("utf-8", "surrogatepass")


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
