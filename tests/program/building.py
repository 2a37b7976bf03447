"""Program files taken apart and put together again, so that tests can change one thing in them.

In: the bytes of a program, or a plan and words.  Out: the other. The lengths and the checksum are always right.
"""

from __future__ import annotations

import copy
import hashlib
import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import rulelang
from engine.instructions import SET_HASH
from engine.program import DIGEST_BYTES, HEAD, MAGIC, VERSION

GOLDEN = Path(__file__).parent / "golden"
RULE_FILES = sorted(GOLDEN.glob("*.rules"))


@cache
def golden(name: str) -> bytes:
    """The program of a golden rule file."""
    return rulelang.compile(GOLDEN / f"{name}.rules")


def apart(program: bytes) -> tuple[Any, list[int]]:
    """The plan and the words."""
    _, _, _, plan_bytes, words = HEAD.unpack_from(program)
    end = HEAD.size + plan_bytes
    return json.loads(program[HEAD.size : end]), list(struct.unpack_from(f"<{words}i", program, end))


def together(plan: Any, words: list[int], *, version: int = VERSION, set_hash: str = SET_HASH) -> bytes:
    """The file of a plan and words; a plan that is bytes stands as it is."""
    text = plan if isinstance(plan, bytes) else json.dumps(plan, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    head = HEAD.pack(MAGIC, version, bytes.fromhex(set_hash), len(text), len(words))
    return sealed(head + text + struct.pack(f"<{len(words)}i", *words))


def sealed(body: bytes) -> bytes:
    """A file's bytes with the checksum that fits them."""
    return body + hashlib.sha256(body).digest()


def unsealed(program: bytes) -> bytes:
    return program[:-DIGEST_BYTES]


def changed(name: str, change: Callable[[Any], object]) -> bytes:
    """A golden program whose plan was changed in place."""
    plan, words = apart(golden(name))
    plan = copy.deepcopy(plan)
    change(plan)
    return together(plan, words)
