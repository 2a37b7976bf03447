"""The folder of a cache: only what is whole and ours is used, and nothing in it is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rulelang.cached.building import Building
from rulelang.cached.folder import CacheError, Folder, key_of
from tests.cached.same import Files, anew, built, folder, same

FILES: Files = {
    "schema.rules": "event e\n    n: integer\n    m: integer\n",
    "one.rules": "rule one\n    when n * 2 > m + 1\n",
    "two.rules": "rule two\n    when n * 2 > m + 1 and n < 5\n",
}


def entries(path: Path) -> list[Path]:
    return sorted(path.glob("*.rulecache"))


def told(path: Path, files: Files = FILES) -> tuple[Building, list[str]]:
    """What is built, and what is said meanwhile."""
    said: list[str] = []
    return built(files, Folder(path, said.append)), said


def test_a_second_time_nothing_is_made_anew(tmp_path: Path) -> None:
    assert anew(FILES, folder(tmp_path / "c")) == ("one.rules", "schema.rules", "two.rules")
    assert anew(FILES, folder(tmp_path / "c")) == ()
    assert len(entries(tmp_path / "c")) == 3


def test_nobody_else_can_read_or_write_what_is_kept(tmp_path: Path) -> None:
    same(FILES, folder(tmp_path / "c"))
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in entries(tmp_path / "c")} == {0o600}


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_to_which_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    same(FILES, folder(tmp_path / "c"))
    (tmp_path / "c").chmod(mode)
    with pytest.raises(CacheError, match="others may write"):
        folder(tmp_path / "c")


def test_a_folder_that_others_may_read_is_used(tmp_path: Path) -> None:
    same(FILES, folder(tmp_path / "c"))
    (tmp_path / "c").chmod(0o755)
    assert anew(FILES, folder(tmp_path / "c")) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_belongs_to_somebody_else_is_not_used(tmp_path: Path) -> None:
    same(FILES, folder(tmp_path / "c"))
    os.chown(entries(tmp_path / "c")[0], 12345, 12345)
    found, said = told(tmp_path / "c")
    assert found.built is not None
    assert len(found.built.anew) == 1
    assert len(said) == 1
    assert "others may write to it" in said[0]
    os.chown(tmp_path / "c", 12345, 12345)
    with pytest.raises(CacheError, match="somebody else's"):
        folder(tmp_path / "c")


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"")
    with pytest.raises(CacheError, match="cannot be used"):
        folder(tmp_path / "c")


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[:-1],
    "cut off in its head": lambda data: data[:20],
    "longer": lambda data: data + b"\0",
    "of another kind": lambda data: _flipped(data, 0),
    "of another digest": lambda data: _flipped(data, 20),
    "changed at its beginning": lambda data: _flipped(data, 50),
    "changed at its end": lambda data: _flipped(data, -1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_told_and_made_anew(tmp_path: Path, damage: str) -> None:
    same(FILES, folder(tmp_path / "c"))
    for path in entries(tmp_path / "c"):
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    found, said = told(tmp_path / "c")
    assert found.built is not None
    assert len(found.built.anew) == 3
    assert len(said) == 3
    assert all("damaged" in text for text in said)
    assert anew(FILES, folder(tmp_path / "c")) == ()


def test_what_was_kept_for_another_file_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """The same rules under another name are other rules: places are told by names."""
    same(FILES, folder(tmp_path / "c"))
    moved = {"schema.rules": FILES["schema.rules"], "two.rules": FILES["two.rules"], "other.rules": FILES["one.rules"]}
    assert anew(moved, folder(tmp_path / "c")) == ("other.rules",)
    assert key_of("1", "a", b"bc") != key_of("1", "ab", b"c") != key_of("2", "ab", b"c")


def test_a_link_in_an_entrys_place_is_not_followed(tmp_path: Path) -> None:
    same(FILES, folder(tmp_path / "c"))
    first = entries(tmp_path / "c")[0]
    first.rename(tmp_path / "elsewhere")
    first.symlink_to(tmp_path / "elsewhere")
    found, said = told(tmp_path / "c")
    assert found.built is not None
    assert len(found.built.anew) == 1
    assert len(said) == 1
    assert "not used" in said[0]


def test_an_entry_to_which_others_may_write_is_not_used(tmp_path: Path) -> None:
    same(FILES, folder(tmp_path / "c"))
    entries(tmp_path / "c")[0].chmod(0o620)
    found, said = told(tmp_path / "c")
    assert found.built is not None
    assert len(found.built.anew) == 1
    assert len(said) == 1
    assert "others may write to it" in said[0]


def test_what_cannot_be_kept_is_told_and_the_program_is_made(tmp_path: Path) -> None:
    said: list[str] = []
    cache = Folder(tmp_path / "c", said.append)
    (tmp_path / "c").rmdir()
    found = cache.get("0" * 64)
    cache.put("0" * 64, b"x")
    assert found is None
    assert len(said) == 1
    assert "cannot keep" in said[0]


def test_a_folder_keeps_no_more_than_it_may(tmp_path: Path) -> None:
    """What was used last stays: at the bound all of it, one byte below not the oldest."""

    def put(cache: Folder) -> None:
        for number, key in enumerate(("a", "b", "c")):
            cache.put(key, bytes(1000))
            os.utime(tmp_path / "c" / f"{key}.rulecache", (number, number))
        assert cache.get("a") == bytes(1000)  # and so used last

    put(Folder(tmp_path / "c", pytest.fail))
    size = sum(path.stat().st_size for path in entries(tmp_path / "c"))
    Folder(tmp_path / "c", pytest.fail, size).tidy()
    assert len(entries(tmp_path / "c")) == 3
    Folder(tmp_path / "c", pytest.fail, size - 1).tidy()
    assert [path.stem for path in entries(tmp_path / "c")] == ["a", "c"]


def test_what_was_half_written_goes_like_the_rest(tmp_path: Path) -> None:
    cache = Folder(tmp_path / "c", pytest.fail, 10)
    (tmp_path / "c" / "x.rulecache-half").write_bytes(bytes(11))
    (tmp_path / "c" / "README").write_bytes(bytes(11))
    cache.tidy()
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["README"]
