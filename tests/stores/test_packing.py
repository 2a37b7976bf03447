"""What stores keep is in the format of zlib, whatever library wrote it: stores of before are read, and replicas need not have one library."""

from __future__ import annotations

import random
import sqlite3
import zlib
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.stores.packing import Damaged, pack, unpack
from engine.stores.sqlite import SqliteStore

CONTENTS = st.binary(max_size=2000) | st.builds(lambda part, times: part * times, st.binary(max_size=40), st.integers(0, 3000))


@given(CONTENTS)
def test_what_is_packed_here_zlib_reads(content: bytes) -> None:
    assert zlib.decompress(pack(content)) == content


@given(CONTENTS, st.integers(0, 9))
def test_what_zlib_packed_is_read_here(content: bytes, level: int) -> None:
    assert unpack(zlib.compress(content, level)) == content


@pytest.mark.seeds(50)
def test_what_has_changed_since_is_refused_and_never_another_content(seed: int) -> None:
    chance = random.Random(seed)
    content = chance.randbytes(chance.randrange(1, 200)) * chance.randrange(1, 20)
    packed = bytearray(pack(content))
    if chance.random() < 0.3:
        del packed[chance.randrange(len(packed)) :]
    else:
        packed[chance.randrange(2, len(packed))] ^= 1 << chance.randrange(8)
    with suppress(Damaged):
        assert unpack(bytes(packed)) == content, "a bit that says nothing"


def test_a_journal_of_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    entries = [random.Random(n).randbytes(50) * n for n in range(1, 30)]
    with closing(SqliteStore(str(path))) as store:
        store.open("rules-1")
        for entry in entries:
            store.append(entry)
    with closing(sqlite3.connect(path)) as database, database:
        for number, entry in enumerate(entries[:20], start=1):
            database.execute("update journal set entry = ? where number = ?", (zlib.compress(entry, 1), number))
    with closing(SqliteStore(str(path))) as store:
        store.open("rules-1")
        assert [entry for _, entry in store.journal()] == entries
