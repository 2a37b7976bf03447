"""A program file, read and verified once, and trusted from then on.

In: the bytes that `rulelang compile` writes (docs/program.md says what is in them).  Out: `Program`, or `ProgramError`.

What is made of bytes by `load` cannot harm the machine, whoever wrote them; a `Program` made in another way is nobody's business but its maker's.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.collector import at_rest
from engine.instructions import SET_HASH
from engine.limits import PROGRAM, ProgramLimits
from engine.verifying import Misfit, verify
from engine.verifying.shapes import shown

MAGIC = b"RULEPROG"
VERSION = 1
FORMAT = 1
"""The version of the plan that is understood."""
HEAD = struct.Struct("<8sI32sII")
VERSION_END = 12
DIGEST_BYTES = 32

_COMPILE = "compile the rules again with this version of rulelang"
_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


class ProgramError(ValueError):
    """The bytes are no program that this engine can run; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """`plan`: what the rule set declares; `code`: the words of its expressions."""

    plan: dict[str, Any]
    code: bytes


def load(data: bytes, limits: ProgramLimits = PROGRAM) -> Program:
    """The program. Raises `ProgramError` where the bytes are not one, or not one of this version."""
    if len(data) > limits.bytes_max:
        raise ProgramError(f"the program has {len(data)} bytes, and limits.bytes_max allows {limits.bytes_max}: split the rule set")
    text, code = _parts(data)
    with at_rest():
        plan = _plan(text)
        words = list(struct.unpack(f"<{len(code) // 4}i", code))
        try:
            verify(plan, words, limits)
        except Misfit as misfit:
            raise ProgramError(f"the program does not fit this engine: {misfit}; {_COMPILE}") from misfit
        _fold_away(plan)
    return Program(plan, code)


class Folded(Sequence[Any]):
    """A list that is seldom read, as bytes: a tenth of the memory, and made anew whenever it is read."""

    __slots__ = ("_bytes",)

    def __init__(self, values: list[Any]) -> None:
        self._bytes = marshal.dumps(values)

    def __len__(self) -> int:
        return len(marshal.loads(self._bytes))

    def __getitem__(self, at: Any) -> Any:
        return marshal.loads(self._bytes)[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(marshal.loads(self._bytes))


def _fold_away(plan: dict[str, Any]) -> None:
    """Make a plan that is verified smaller: what the machine reads once, or only who explains, is folded; what rules have alike is one object."""
    for name in ("index", "constants"):
        plan[name] = Folded(plan[name])
    for code in plan["codes"]:
        code["marks"] = Folded(code["marks"])
    known: dict[Any, Any] = {}
    for rule in plan["rules"]:
        for name, value in rule.items():
            if isinstance(value, list | dict):
                rule[name] = _shared(value, known)


def _shared(value: Any, known: dict[Any, Any]) -> Any:
    """The first value that was equal to this one. Values of the plan are never changed."""
    if isinstance(value, list):
        value = [_shared(part, known) for part in value]
        return known.setdefault((list, *map(id, value)), value)
    if isinstance(value, dict):
        value = {name: _shared(part, known) for name, part in value.items()}
        return known.setdefault((dict, *value, *map(id, value.values())), value)
    return known.setdefault((type(value), repr(value) if isinstance(value, float) else value), value)  # there are two zeros


def _parts(data: bytes) -> tuple[bytes, bytes]:
    """The plan's text and the code of a file that is whole and of this version."""
    if data[: len(MAGIC)] != MAGIC:
        raise ProgramError("this is no program: it does not begin with RULEPROG; make one of rule files with `rulelang compile`")
    if len(data) < VERSION_END:
        _cut_off(data)
    version = int.from_bytes(data[len(MAGIC) : VERSION_END], "little")
    if version != VERSION:
        than = "a newer" if version > VERSION else "an older"
        raise ProgramError(
            f"the program is a file of version {version}, made by {than} version of rulelang than this one, which reads {VERSION}; {_COMPILE}"
        )
    if len(data) < HEAD.size + DIGEST_BYTES:
        _cut_off(data)
    _, _, set_hash, plan_bytes, words = HEAD.unpack_from(data)
    if set_hash.hex() != SET_HASH:
        raise ProgramError(
            f"the program was made for another set of instructions ({set_hash.hex()[:12]}, here {SET_HASH[:12]}); {_COMPILE}"
        )
    end = HEAD.size + plan_bytes + 4 * words
    if len(data) != end + DIGEST_BYTES:
        raise ProgramError(
            f"the program has {len(data)} bytes, and says that they are {end + DIGEST_BYTES}: it was cut off or added to; {_COMPILE}"
        )
    if hashlib.sha256(memoryview(data)[:end]).digest() != data[end:]:
        raise ProgramError(f"the program is damaged: its checksum does not fit what is in it; copy it again, or {_COMPILE}")
    return data[HEAD.size : HEAD.size + plan_bytes], data[HEAD.size + plan_bytes : end]


def _cut_off(data: bytes) -> NoReturn:
    raise ProgramError(f"the program has {len(data)} bytes, fewer than any: it was cut off; copy it again, or {_COMPILE}")


def _plan(encoded: bytes) -> Any:
    """The plan as JSON gives it, its format being the one that is understood."""
    try:
        text = encoded.decode("utf-8")
        plan = json.loads(text, parse_constant=_no_number)
        if _HALF_A_PAIR.search(text):
            json.dumps(plan, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ProgramError(f"the program's plan cannot be read: {error}; {_COMPILE}") from error
    found = plan.get("format") if isinstance(plan, dict) else None
    if type(found) is not int or found != FORMAT:
        than = "a newer" if type(found) is int and found > FORMAT else "another"
        raise ProgramError(
            f"the program's plan has the format {shown(found)}, made by {than} version of rulelang than this one, which reads {FORMAT}; {_COMPILE}"
        )
    return plan


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
