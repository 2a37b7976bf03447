"""The secret of the spot checks' draw, where a service is given none: it makes one, once, and keeps it beside its store.

In: a store's URL.  Out: the secret. An auditor who recomputes draws is given the file.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from engine.stores.copying import sync

SECRET_BYTES_MIN = 16
"""A shorter one could be guessed by those who may be drawn."""


class SecretError(Exception):
    """The secret cannot be read or kept; the text says where and why."""


def beside(store: str) -> Path | None:
    """Where the secret of this store is; None: nowhere, the store is no file."""
    scheme, _, path = store.partition(":")
    return Path(f"{path}.secret") if scheme == "sqlite" and path else None


def own_secret(store: str) -> bytes | None:
    """The one beside the store, or a new one, which is then kept there; for `memory:` one for as long as the process lives. None: the store serves several,
    which must be given the same."""
    path = beside(store)
    if path is None:
        return secrets.token_hex().encode() if store == "memory:" else None
    try:
        if not path.exists():
            _make(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SecretError(f"{path}: the secret of the spot checks cannot be kept there: {error.strerror}") from error
    if len(secret) < SECRET_BYTES_MIN:
        raise SecretError(
            f"{path}: the secret of the spot checks has less than {SECRET_BYTES_MIN} bytes; put it back from a copy, or remove the file"
        )
    return secret


def _make(path: Path) -> None:
    """Whole, on disk and for its owner only; where another process was faster, its secret stays."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, secrets.token_hex().encode() + b"\n")
        os.fsync(descriptor)
        os.link(part, path)
        sync(path.parent)
    except FileExistsError:
        pass
    finally:
        os.close(descriptor)
        part.unlink()
