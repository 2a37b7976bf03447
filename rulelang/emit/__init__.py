"""The resolved rule set to the bytes of a program file.

    magic "RULEPROG", version of the file (u32) · hash of the instruction set (32 bytes) · length of the plan (u32) · number of words (u32)
    the plan: JSON, UTF-8 · the words: 32 bits each, little-endian · SHA-256 over all that is before it

In: `model.RuleSet`.  Out: bytes, the same for the same rule set. The engine reads them (`engine.program`); nothing else connects the two packages.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from itertools import groupby

from rulelang import model
from rulelang.emit.instructions import SET_HASH
from rulelang.emit.plan import layout_of, make_plan
from rulelang.emit.shape import Shapes
from rulelang.emit.unit import Texts, Writing

MAGIC = b"RULEPROG"
VERSION = 1
HEAD = struct.Struct("<8sI32sII")


def emit(ruleset: model.RuleSet, texts: Texts | None = None) -> bytes:
    """The program of a rule set. `texts`: its rules and ladders as they were written, which are kept with what they find."""
    layout, shapes, known = layout_of(ruleset), Shapes(), texts or {}
    entities = {entity.name: entity for entity in ruleset.entities}
    files = [
        Writing(tuple(rules), ruleset.events, entities, layout, shapes, known)
        for _, rules in groupby(ruleset.rules, key=lambda rule: rule.span.file)
    ]
    plan, words, _ = make_plan(ruleset, files, known)
    return program(plan, words)


def program(plan: str, words: array[int]) -> bytes:
    """The bytes of a program file."""
    text = plan.encode("utf-8", "surrogatepass")
    if sys.byteorder == "big":
        words.byteswap()
    body = b"".join((HEAD.pack(MAGIC, VERSION, bytes.fromhex(SET_HASH), len(text), len(words)), text, words.tobytes()))
    return body + hashlib.sha256(body).digest()
