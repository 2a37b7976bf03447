"""Files that the verbs read and write.

In: paths of the command line.  Out: bytes, or `CannotUse`. What is written appears whole or not at all.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from services.cli.terminal import CannotUse


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotUse(f"{path}: cannot be read: {error.strerror}") from error


def check_writable(path: Path) -> None:
    """Said before long work begins, not after it."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise CannotUse(f"{path}: cannot be written: there is no folder {folder}")
    if not os.access(path if path.exists() and not path.is_file() else folder, os.W_OK):
        raise CannotUse(f"{path}: cannot be written: no permission")
    if path.is_dir():
        raise CannotUse(f"{path}: cannot be written: it is a folder")


def write_whole(path: Path, data: bytes) -> None:
    """The file is this, or what it was before."""
    try:
        with whole(path) as file:
            file.write(data)
    except OSError as error:
        raise CannotUse(f"{path}: cannot be written: {error.strerror}") from error


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Written beside and moved into place at the end: whoever reads the file sees the old content or the new; after an error, the old.

    The file's mode stays as it was. Raises OSError.
    """
    if path.exists() and not path.is_file():  # a device, a pipe: nothing that could be moved over
        with path.open("wb") as file:
            yield file
        return
    target = path.resolve()  # a link stays a link
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
