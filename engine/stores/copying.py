"""A file that is copied by another process, while this one goes on.

In: a file that does not change meanwhile, and where the copy is to be.  Out: the copy, on disk, in place of the one before; or OSError, and that one stays.

Another process, because this one must not open the file: when it closes a file, the system takes all its locks on that file from it, SQLite's too.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class FileCopy:
    """Begun when it is made. Raises OSError."""

    def __init__(self, original: Path, copy: Path) -> None:
        self._copy = copy
        self._part = copy.with_name(f"{copy.name}.part")
        # Made here, for its owner only.
        os.close(os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        command = ["cp", "--", str(original), str(self._part)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def done(self) -> bool:
        """Whether the copy is in its place."""
        if self._process.poll() is None:
            return False
        _, told = self._process.communicate()
        if self._process.returncode != 0:
            self._part.unlink(missing_ok=True)
            raise OSError(
                f"{self._copy}: the copy failed: {told.decode(errors='replace').strip() or f'exit code {self._process.returncode}'}"
            )
        sync(self._part)
        os.replace(self._part, self._copy)
        sync(self._copy.parent)
        return True

    def give_up(self) -> None:
        """End it; the copy before stays."""
        self._process.kill()
        self._process.communicate()
        self._part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
