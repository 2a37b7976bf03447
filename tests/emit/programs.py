"""What tests of the emitter share: a rule file compiled, and its code as instructions.

In: the text of a rule file.  Out: the plan, and the instructions of each expression.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import rulelang
from engine.instructions import BY_NAME, INSTRUCTIONS, Instruction
from engine.machine import Frame, Machine
from engine.program import Program, load

Step = tuple[Instruction, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Made:
    """A rule file, and what was made of it."""

    text: str
    program: Program

    @property
    def plan(self) -> dict[str, Any]:
        return self.program.plan

    @property
    def words(self) -> list[int]:
        return list(struct.unpack(f"<{len(self.program.code) // 4}i", self.program.code))

    def rule(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(rule for rule in self.plan["rules"] if rule["name"] == name)
        return found

    def steps(self, code: int) -> dict[int, Step]:
        """The instructions of an expression with their operands, by the index of their first word."""
        words, at = self.words, self.plan["codes"][code]["start"]
        found: dict[int, Step] = {}
        while True:
            instruction = INSTRUCTIONS[words[at]]
            end = at + 1 + len(instruction.operands)
            found[at] = instruction, tuple(words[at + 1 : end])
            if instruction.ends:
                return found
            at = end

    def listing(self, code: int) -> list[str]:
        """The same as text: names and operands."""
        return [" ".join([instruction.name, *map(str, operands)]) for instruction, operands in self.steps(code).values()]

    def traced(self, code: int, sent: dict[str, object]) -> list[tuple[str, object]]:
        """Each part of an expression, as it is written, with its value on an event."""
        machine = Machine(self.program)
        frame = Frame()
        frame.this = frame.current = machine.decode(sent)
        frame.moment = frame.this.time
        return [(self.text[start:end], value) for (_, start, end), _, value in machine.trace(code, frame)]


def made(text: str) -> Made:
    return Made(text, load(rulelang.compile_text(text, "x.rules")))


def with_words(of: Made, words: list[int]) -> Program:
    """The program with other words in its code."""
    return Program(of.plan, struct.pack(f"<{len(words)}i", *words))


def number(name: str) -> int:
    return BY_NAME[name].number
