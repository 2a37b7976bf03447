"""TOML files that people write for this program.

In: a path.  Out: the document, or what is wrong with the file, as the error of whoever asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any


def read_toml(path: Path, error: Callable[[str], Exception], what: str = "") -> dict[str, Any]:
    """`error` makes what is raised, of a text that begins with the file, and before it with `what` the file is for."""
    file = f"{what}: {path}" if what else f"{path}:"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise error(f"{file} cannot be read: {reason.strerror}") from reason
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        raise error(f"{file} is not a TOML file: {reason}") from reason
