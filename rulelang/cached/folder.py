"""The folder in which what was made of files is kept.

In: keys and bytes.  Out: the bytes, if they are there, whole, and ours.

Nothing in the folder is needed: what is not there, or cannot be trusted, is made anew. What is there decides what a program does, so it is used only where
nobody but the user who runs this can have written it: the folder and the files are that user's, and no group and nobody else may write to them. Each file has
a digest of what is in it, against damage. Files are written beside and moved into place, and several processes may use one folder.

A key is made of everything that an entry was made by but the interface: the versions of language, compiler, Python and libraries, the file's name and its bytes.
"""

from __future__ import annotations

import os
import platform
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

BYTES_MAX = 256 * 2**20
"""In one folder. What was not used for the longest time goes first."""
SUFFIX, HALF = ".rulecache", ".rulecache-half"
"""Of files that are whole, and of those that are being written: or were, when the process ended."""
MAGIC = b"RULECACHE1\n"
DIGEST_BYTES = 32
FILE_MODE, FOLDER_MODE = 0o600, 0o700

_LIBRARIES = ("lark", "google-re2", "tzdata")
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class CacheError(Exception):
    """The folder cannot be used; the text says why, and what to do."""


class Folder:
    """A folder that is there and only ours. `say`: is told of entries that cannot be used, and of what cannot be written."""

    def __init__(self, path: str | Path, say: Callable[[str], None], bytes_max: int = BYTES_MAX) -> None:
        """Makes the folder where it is not there. Raises `CacheError`."""
        self.path = Path(path)
        self._say = say
        self._bytes_max = bytes_max
        try:
            self.path.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            status = self.path.stat()
        except OSError as error:
            raise CacheError(f"{self.path}: cannot be used to keep what was compiled: {error.strerror}") from error
        if not stat.S_ISDIR(status.st_mode):
            raise CacheError(f"{self.path}: is no folder")
        if not _only_ours(status):
            raise CacheError(
                f"{self.path}: others may write to this folder, or it is somebody else's: what is in it decides what rules find; "
                f"give a folder of your own, or: chmod go-w {self.path}"
            )

    def get(self, key: str) -> bytes | None:
        """What was put under the key; None: nothing, or nothing that can be used."""
        path = self.path / (key + SUFFIX)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._say(f"{path}: not used: {error.strerror}")
            return None
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not _only_ours(status):
                self._say(f"{path}: not used: others may write to it")
                return None
            data = file.read()
        body = memoryview(data)[len(MAGIC) + DIGEST_BYTES :]
        if data[: len(MAGIC)] != MAGIC or sha256(body).digest() != data[len(MAGIC) : len(MAGIC) + DIGEST_BYTES]:
            self._say(f"{path}: damaged, and not used")
            return None
        with suppress(OSError):  # only for who goes first
            os.utime(path)
        return bytes(body)

    def put(self, key: str, body: bytes) -> None:
        """Keeps something under the key."""
        try:
            handle, name = tempfile.mkstemp(dir=self.path, suffix=HALF)
            try:
                with os.fdopen(handle, "wb") as file:
                    os.fchmod(file.fileno(), FILE_MODE)
                    file.write(MAGIC + sha256(body).digest() + body)
                os.replace(name, self.path / (key + SUFFIX))
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            self._say(f"{self.path}: cannot keep what was compiled: {error.strerror}")

    def tidy(self) -> None:
        """Removes what was not used for the longest time, until the rest fits."""
        found = sorted(self._files(), key=lambda one: -one[0])
        kept = 0
        for _, size, path in found:
            kept += size
            if kept > self._bytes_max:
                with suppress(OSError):  # another process was quicker
                    path.unlink()

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.endswith((SUFFIX, HALF)) and stat.S_ISREG(status.st_mode):
                        yield status.st_mtime, status.st_size, Path(entry.path)


def _only_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY_WRITE


def key_of(language: str, name: str, data: bytes) -> str:
    """The key of a file."""
    digest = sha256(made_by())
    for part in (language.encode(), name.encode(), data):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@cache
def made_by() -> bytes:
    """A digest of all that makes entries: the sources of this package, the interpreter and its tables, the libraries."""
    root = Path(__file__).resolve().parents[1]
    digest = sha256(repr((platform.python_implementation(), sys.version, sys.byteorder, [version(name) for name in _LIBRARIES])).encode())
    for path in sorted(path for pattern in ("*.py", "*.lark") for path in root.rglob(pattern)):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.digest()
