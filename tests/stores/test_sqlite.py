"""What is particular to a store in a file: other processes, sudden ends, full disks, tampering, other files."""

from __future__ import annotations

import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.stores import make_store
from engine.stores.interface import Checkpoint, StoreCorrupt, StoreError, StoreFull, StoreLocked, StoreReadOnly, StoreVersion
from engine.stores.sqlite import PACKED_BYTES_MIN, SqliteStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(str(path))) as opened:
        opened.open("rules-1")
        yield opened


def opened(path: Path) -> SqliteStore:
    store = SqliteStore(str(path))
    store.open("rules-1")
    return store


def changed(path: Path, *statements: str) -> None:
    """What somebody does to the file while no service has it."""
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


# ---------------------------------------------------------------------- one process

OPEN = "import sys; from engine.stores.sqlite import SqliteStore; SqliteStore(sys.argv[1]).open('rules-1')"


def test_a_second_process_is_refused_with_a_reason(store: SqliteStore, path: Path) -> None:
    ended = python(OPEN, str(path))
    assert ended.returncode == 1
    assert "StoreLocked" in ended.stderr
    assert f"{path}: another process has it open; one store serves one process" in ended.stderr


def test_a_second_store_of_the_same_process_is_refused_too(store: SqliteStore, path: Path) -> None:
    with pytest.raises(StoreLocked):
        opened(path)
    store.append(b"still mine")


def test_the_store_is_free_again_when_it_was_closed(store: SqliteStore, path: Path) -> None:
    store.close()
    assert python(OPEN, str(path)).returncode == 0


def test_a_store_is_opened_once(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="open already"):
        store.open("rules-1")


def test_a_closed_store_says_so(store: SqliteStore) -> None:
    store.close()
    for use in (lambda: store.append(b""), lambda: store.load("event", ["a"]), lambda: list(store.journal()), store.applied):
        with pytest.raises(StoreError, match="not open"):
            use()


# ---------------------------------------------------------------------- durability

APPENDING = """
import sys
from engine.stores.sqlite import PACKED_BYTES_MIN, SqliteStore
store = SqliteStore(sys.argv[1])
store.open("rules-1")
while True:
    print(store.append(b"entry" * 100), flush=True)
"""


def test_what_was_appended_survives_a_sudden_end_of_the_process(path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", APPENDING, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 50:
            process.kill()
            break
    told = max([50, *(int(line) for line in process.stdout.read().splitlines() if line)])
    process.wait()
    process.stdout.close()
    with closing(opened(path)) as store:
        assert store.verify() in (told, told + 1)


def test_a_commit_is_on_disk_when_it_returns(store: SqliteStore) -> None:
    with store._told() as database:
        assert database.execute("pragma synchronous").fetchone() == (2,)
        assert database.execute("pragma journal_mode").fetchone() == ("wal",)


def test_the_file_is_its_owners_alone(store: SqliteStore, path: Path) -> None:
    store.append(b"entry")
    files = list(path.parent.glob("store.db*"))
    assert len(files) >= 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_journal_is_compressed(store: SqliteStore, path: Path) -> None:
    store.append(b'{"id":"e1","type":"breath_test"}' * 10_000)
    store.close()
    assert path.stat().st_size < 60_000


def test_long_items_are_packed_and_come_back_as_they_were(store: SqliteStore, path: Path) -> None:
    items = {f"{length}": b"[" + b"x" * (length - 1) for length in (1, PACKED_BYTES_MIN - 1, PACKED_BYTES_MIN, 100_000)}
    items["chance"] = random.Random(1).randbytes(PACKED_BYTES_MIN)  # which nothing makes shorter
    store.append(b"entry")
    store.checkpoint(Checkpoint({("event", key): item for key, item in items.items()}, 1))
    assert dict(store.items("event")) == store.load("event", list(items)) == items
    store.close()
    with closing(sqlite3.connect(path)) as database:
        packed = dict(database.execute("select cast(key as text), packed from items"))
    assert packed == {"1": 0, f"{PACKED_BYTES_MIN - 1}": 0, f"{PACKED_BYTES_MIN}": 1, "100000": 1, "chance": 0}
    assert path.stat().st_size < 60_000


def test_a_damaged_item_is_named(store: SqliteStore, path: Path) -> None:
    store.append(b"entry")
    store.checkpoint(Checkpoint({("event", "e1"): bytes(PACKED_BYTES_MIN)}, 1))
    store.close()
    changed(path, "update items set value = x'7801'")
    with closing(opened(path)) as again:
        for read in (lambda: list(again.items("event")), lambda: again.load("event", ["e1"])):
            with pytest.raises(StoreCorrupt, match="the item event e1 is damaged"):
                read()


@pytest.mark.parametrize("version", [1, 2])
def test_a_store_of_an_earlier_format_is_made_one_of_this(path: Path, version: int) -> None:
    columns = ", until integer" if version == 2 else ""
    changed(
        path,
        "create table journal (number integer primary key, digest blob not null, entry blob not null) strict",
        f"create table items (kind text not null, key blob not null, value blob not null{columns}, primary key (kind, key)) strict, without rowid",
        "create table notes (name text primary key, value any) strict, without rowid",
        "insert into notes values ('items_of', 'rules-1'), ('applied', 0)",
        f"insert into items values ('event', cast('a' as blob), cast('long {'x' * PACKED_BYTES_MIN}' as blob){', 5' if version == 2 else ''})",
        "pragma application_id = 0x524C5331",
        f"pragma user_version = {version}",
    )
    with closing(opened(path)) as store:
        store.append(b"entry")
        assert dict(store.items("event")) == {"a": b"long " + b"x" * PACKED_BYTES_MIN}
        store.checkpoint(Checkpoint({("event", "b"): bytes(PACKED_BYTES_MIN)}, 1, forgotten=5))
        assert set(store.load("event", ["a", "b"])) == ({"b"} if version == 2 else {"a", "b"})
    opened(path).close()


# ---------------------------------------------------------------------- errors


def test_a_full_disk_refuses_the_entry_and_loses_nothing(store: SqliteStore) -> None:
    store.append(b"before")
    with store._told() as database:
        database.execute("pragma max_page_count = 1")  # SQLite takes the present size for the least there can be
    with pytest.raises(StoreFull, match="the disk is full; make room and send again"):
        store.append(random.Random(1).randbytes(100_000))
    with store._told() as database:
        database.execute("pragma max_page_count = 100000")
    assert store.append(b"after") == 2
    assert [entry for _, entry in store.journal()] == [b"before", b"after"]
    assert store.verify() == 2


def test_a_checkpoint_that_does_not_fit_leaves_all_items_as_they_were(store: SqliteStore) -> None:
    store.append(b"entry")
    store.checkpoint(Checkpoint({("event", "a"): b"1"}, 0))
    with store._told() as database:
        database.execute("pragma max_page_count = 1")
    with pytest.raises(StoreFull):
        store.checkpoint(Checkpoint({("event", "a"): None, ("event", "b"): random.Random(1).randbytes(200_000)}, 1))
    assert dict(store.items("event")) == {"a": b"1"}
    assert store.applied() == 0


def test_a_store_that_may_not_be_written_says_so(store: SqliteStore) -> None:
    with store._told() as database:
        database.execute("pragma query_only = on")
    with pytest.raises(StoreReadOnly, match="the file and its folder must be writable"):
        store.append(b"entry")


def test_after_a_failure_of_the_disk_nothing_more_is_written(store: SqliteStore, path: Path) -> None:
    store.append(b"before")
    failure = sqlite3.OperationalError("disk I/O error")
    failure.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(StoreError, match="disk I/O error"), store._told():
        raise failure
    with pytest.raises(StoreError, match="start again when the disk is well"):
        store.append(b"lost?")
    store.close()
    with closing(opened(path)) as again:
        assert again.append(b"after") == 2


def test_items_cannot_be_true_of_entries_that_do_not_exist(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="the last entry is 0"):
        store.checkpoint(Checkpoint({}, 1))


# ---------------------------------------------------------------------- tampering


def filled(store: SqliteStore) -> None:
    for entry in (b"first", b"second", b"third"):
        store.append(entry)
    store.checkpoint(Checkpoint({}, 3))
    store.close()


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("update journal set entry = (select entry from journal where number = 1) where number = 2", "journal entry 2 does not fit"),
        ("update journal set entry = x'00' where number = 2", "journal entry 2 is damaged"),
        ("delete from journal where number = 2", "journal entry 2 is missing"),
        ("delete from journal where number = 1", "journal entry 1 is missing"),
        ("update journal set digest = zeroblob(32) where number = 1", "journal entry 1 does not fit"),
    ],
)
def test_tampering_with_the_journal_shows(store: SqliteStore, path: Path, done: str, told: str) -> None:
    filled(store)
    changed(path, done)
    with closing(opened(path)) as again, pytest.raises(StoreCorrupt, match=told):
        again.verify()


def test_tampering_shows_when_only_the_tail_is_read(store: SqliteStore, path: Path) -> None:
    filled(store)
    changed(path, "update journal set entry = (select entry from journal where number = 1) where number = 3")
    with closing(opened(path)) as again, pytest.raises(StoreCorrupt, match="journal entry 3 does not fit"):
        list(again.journal(2))


def test_a_journal_cut_behind_the_items_is_not_opened(store: SqliteStore, path: Path) -> None:
    filled(store)
    changed(path, "delete from journal where number = 3")
    with pytest.raises(StoreCorrupt, match="the items are of journal entry 3, but the last one is 2"):
        opened(path)


# ---------------------------------------------------------------------- other files


def test_a_database_of_somebody_else_is_left_alone(path: Path) -> None:
    changed(path, "create table theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of rulelang"):
        opened(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select name from sqlite_schema").fetchall() == [("theirs",)]
    assert len(path.read_bytes()) == len(before)


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"the minutes of the meeting\n" * 100)
    with pytest.raises(StoreCorrupt, match="not a store, or damaged"):
        opened(path)
    assert path.read_bytes() == b"the minutes of the meeting\n" * 100


def test_a_store_of_another_format_is_not_opened(store: SqliteStore, path: Path) -> None:
    store.close()
    changed(path, "pragma user_version = 4")
    with pytest.raises(StoreVersion, match="format 4, this program reads and writes format 3"):
        opened(path)


@pytest.mark.parametrize("name", ["missing/store.db", "."])
def test_a_place_where_no_file_can_be_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="the folder must exist"):
        opened(tmp_path / name)


def test_names_that_sqlite_would_take_for_something_else_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory"):
        with closing(make_store(f"sqlite:{name}")) as store:
            store.open("rules-1")
            store.append(b"entry")
        assert (tmp_path / name).is_file()
