"""A program file, read.

In: the bytes that `rulelang compile` writes.  Out: `Program`, or `ProgramError`.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Any

from engine.instructions import SET_HASH

MAGIC = b"RULEPROG"
VERSION = 1
HEAD = struct.Struct("<8sI32sII")


class ProgramError(ValueError):
    """The bytes are no program that this engine can run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """`plan`: what the rule set declares; `code`: the words of its expressions."""

    plan: dict[str, Any]
    code: bytes


def load(data: bytes) -> Program:
    """The program."""
    magic, version, set_hash, plan_bytes, words = HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION or set_hash != bytes.fromhex(SET_HASH):
        raise ProgramError("not a program of this engine")
    if hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise ProgramError("damaged")
    at = HEAD.size
    return Program(
        json.loads(data[at : at + plan_bytes].decode("utf-8", "surrogatepass")), data[at + plan_bytes : at + plan_bytes + 4 * words]
    )
