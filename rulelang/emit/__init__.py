"""The resolved rule set to the bytes of a program file.

    magic "RULEPROG", version of the file (u32) · hash of the instruction set (32 bytes) · length of the plan (u32) · number of words (u32)
    the plan: JSON, UTF-8 · the words: 32 bits each, little-endian · SHA-256 over all that is before it

In: `model.RuleSet`.  Out: bytes, the same for the same rule set. The engine reads them (`engine.program`); nothing else connects the two packages.
"""

from __future__ import annotations

import hashlib
import json
import struct

from rulelang import model
from rulelang.emit.instructions import SET_HASH
from rulelang.emit.plan import Texts, make_plan

MAGIC = b"RULEPROG"
VERSION = 1
HEAD = struct.Struct("<8sI32sII")


def emit(ruleset: model.RuleSet, texts: Texts | None = None) -> bytes:
    """The program of a rule set. `texts`: its rules and ladders as they were written, which are kept with what they find."""
    plan, words = make_plan(ruleset, texts or {})
    text = json.dumps(plan, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    body = HEAD.pack(MAGIC, VERSION, bytes.fromhex(SET_HASH), len(text), len(words)) + text + struct.pack(f"<{len(words)}i", *words)
    return body + hashlib.sha256(body).digest()
