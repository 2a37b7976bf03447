"""Programs that somebody damaged or forged: each seed changes one of the golden programs, makes its checksum right again, and runs it.

In: seeds.  Out: for each a line `SEED what became of it`. It is run as a process of its own, so that a crash is seen:

    python -m tests.program.mutants FIRST COUNT
    python -m tests.program.mutants NAME COUNT          a golden program as it is

`load` either refuses with ProgramError, or what it accepts can be listed, built into an engine and fed events and clocks: whatever the program says,
nothing raises and nothing crashes. Any other exception ends the process with its traceback, after the seed's line has begun.
"""

from __future__ import annotations

import copy
import faulthandler
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from engine.disassemble import disassemble
from engine.engine import Engine
from engine.instructions import INSTRUCTIONS
from engine.machine import Machine
from engine.program import HEAD, Program, ProgramError, load
from engine.verifying.code import LISTS, STEPS
from engine.verifying.plan import PLAN
from engine.verifying.shapes import Anything, Either, Entries, Items, Maybe, Number, Real, Record, Row, Shape, Text, Truth, Whole, Word
from tests.program.building import RULE_FILES, apart, golden, sealed, together, unsealed

NAMES = tuple(path.stem for path in RULE_FILES)
SECONDS_MAX = 120
"""After so long a seed is taken to hang."""
EVENTS = 30
WHOLES = [
    -(2**63) - 1,
    -(2**63),
    -(2**31),
    -2,
    -1,
    0,
    1,
    2,
    3,
    7,
    63,
    64,
    255,
    256,
    1441,
    2**31 - 1,
    2**31,
    2**60,
    2**60 + 1,
    2**63 - 1,
    2**63,
    2**70,
]
REALS = [-1.5, -0.0, 0.0, 0.5, 1.0, 1e6, 5e-324]
TEXTS = [
    "",
    "a",
    "湘A1",
    "text",
    "key",
    "number",
    "period",
    "open",
    "events",
    "ends",
    "givers",
    "deadlines",
    "[",
    "(a+)+b",
    "\0",
    "x" * 300,
]
OTHERS: list[Any] = [None, True, False, [], {}, [[]], {"aggregate": 0}, {"pattern": 0}, {"code": 0}]

# ------------------------------------------------------------------ mutations


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a plan: where it is kept, and what may stand there. `place` is the same for all items of a list."""

    place: str
    shape: Shape
    holder: Any
    name: Any

    @property
    def value(self) -> Any:
        return self.holder[self.name]


def spots(shape: Shape, holder: Any, name: Any, place: str) -> Iterator[Spot]:
    """Every value of a plan that has its shape."""
    yield Spot(place, shape, holder, name)
    value = holder[name]
    while isinstance(shape, Maybe) and value is not None:
        shape = shape.shape
    match shape:
        case Record(fields=fields):
            for inner, of in fields.items():
                yield from spots(of, value, inner, f"{place}.{inner}")
        case Items(shape=of):
            for index in range(len(value)):
                yield from spots(of, value, index, f"{place}[]")
        case Row(shapes=shapes):
            for index, of in enumerate(shapes):
                yield from spots(of, value, index, f"{place}[{index}]")
        case Entries(shape=of):
            for inner in value:
                yield from spots(of, value, inner, f"{place}[]")
        case Either(name=None, second=second) if not isinstance(value, str):
            yield from spots(second, holder, name, f"{place}(code)")
        case Either(name=str(inner), first=first, second=second):
            yield from spots(first if inner in value else second, holder, name, f"{place}({'first' if inner in value else 'second'})")


class Mutation:
    """Changes to one program, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.name = self.random.choice(RULE_FILES).stem
        self.original = golden(self.name)

    def program(self) -> bytes:
        """A program that is not the original."""
        while True:
            made = self.bytes_changed() if self.random.random() < 0.03 else self.parts_changed()
            if made != self.original:
                return made

    def bytes_changed(self) -> bytes:
        """Bytes altered, cut off or put in, mostly with a checksum that fits."""
        r, body = self.random, bytearray(unsealed(self.original))
        for _ in range(r.choice((1, 1, 3))):
            where = r.randrange(len(body)) if r.random() < 0.5 else r.randrange(min(len(body), HEAD.size + 20))
            match r.randrange(3):
                case 0:
                    body[where] = r.randrange(256)
                case 1:
                    del body[where : where + r.choice((1, 4, len(body)))]
                case 2:
                    body[where:where] = r.randbytes(r.choice((1, 4)))
            if not body:
                break
        return sealed(bytes(body)) if r.random() < 0.9 else bytes(body)

    def parts_changed(self) -> bytes:
        """Values of the plan, and words of the code, changed: most into what might stand there, some into anything."""
        r = self.random
        plan, words = apart(self.original)
        if plan["confusables"] and r.random() < 0.95:
            plan["confusables"] = dict(list(plan["confusables"].items())[:20])
        by_place: dict[str, list[Spot]] = {}
        for spot in spots(PLAN, [plan], 0, "plan"):
            by_place.setdefault(spot.place, []).append(spot)
        for _ in range(r.choice((1, 1, 2, 2, 3, 4))):
            if r.random() < 0.35:
                self.change_code(plan, words)
            else:
                # Each place is as likely as any other, however many values stand there.
                like = by_place[r.choice(list(by_place))]
                self.change(plan, r.choice(like), like)
        return together(plan, words)

    def change(self, plan: Any, spot: Spot, like: Sequence[Spot]) -> None:
        r = self.random
        if spot.name not in spot.holder if isinstance(spot.holder, dict) else spot.name >= len(spot.holder):
            return  # an earlier change took it away
        choice = r.random()
        if choice < 0.08:
            spot.holder[spot.name] = copy.deepcopy(r.choice((*WHOLES, *REALS, *TEXTS, *OTHERS)))
        elif choice < 0.10:
            del spot.holder[spot.name]
        elif choice < 0.35:
            other = r.choice(like)
            if other.name in other.holder if isinstance(other.holder, dict) else other.name < len(other.holder):
                spot.holder[spot.name] = copy.deepcopy(other.value)
        else:
            spot.holder[spot.name] = self.fitting(plan, spot.shape, spot.value)

    def fitting(self, plan: Any, shape: Shape, value: Any) -> Any:
        """Another value of the shape, more or less."""
        r = self.random
        match shape:
            case Maybe(shape=inner):
                return None if value is not None and r.random() < 0.5 else self.fitting(plan, inner, value)
            case Word(words=words):
                return r.choice(sorted(words))
            case Truth():
                return r.random() < 0.5
            case Number(of=of, or_none=or_none):
                return r.randrange(-1 if or_none else 0, max(len(plan[of]), 1))
            case Whole(low=low):
                near = [value + step for step in (-2, -1, 1, 2)] if type(value) is int else [low]
                return r.choice((r.choice(near), max(low, r.choice(WHOLES)), r.randrange(12)))
            case Real():
                return r.choice((*REALS, 2, 1e300 if r.random() < 0.1 else 3.5))
            case Text():
                return r.choice(TEXTS)
            case Items() if isinstance(value, list) and value:
                changed = list(value)
                where = r.randrange(len(changed))
                match r.randrange(4):
                    case 0:
                        del changed[where]
                    case 1:
                        changed.insert(where, copy.deepcopy(r.choice(changed)))
                    case 2:
                        r.shuffle(changed)
                    case 3:
                        changed = changed[: where + 1]
                return changed
            case Anything():
                return r.choice((value, r.choice(WHOLES), r.choice(REALS), r.choice(TEXTS), None, True))
        return value

    def change_code(self, plan: Any, words: list[int]) -> None:
        """An instruction, an operand or a jump becomes another; some words become anything, are moved, go or come."""
        r = self.random
        begins = []
        at = 0
        while at < len(words) and words[at] in STEPS:
            begins.append(at)
            at += STEPS[words[at]][0]
        if not begins or r.random() < 0.15:
            self.spoil_words(words)
            return
        at = r.choice(begins)
        instruction = INSTRUCTIONS[words[at]]
        if at + len(instruction.operands) >= len(words):
            return
        if not instruction.operands or r.random() < 0.4:
            words[at] = r.choice([i.number for i in INSTRUCTIONS if len(i.operands) == len(instruction.operands)])
            return
        number = r.randrange(len(instruction.operands))
        words[at + 1 + number] = self.operand(plan, instruction.operands[number], begins)

    def operand(self, plan: Any, kind: str, begins: Sequence[int]) -> int:
        """Another operand that there is."""
        r = self.random
        match kind:
            case "jump":
                return r.choice(begins)
            case "kind":
                return r.randrange(1, 8)
            case "memo":
                return r.randrange(2)
            case "entity":
                return r.randrange(-1, 3)
        return r.randrange(max(len(plan[LISTS[kind]]), 1) if isinstance(plan.get(LISTS[kind]), list) else 1)

    def spoil_words(self, words: list[int]) -> None:
        r = self.random
        if not words:
            return
        where, other, length = r.randrange(len(words)), r.randrange(len(words)), r.randrange(1, 4)
        match r.randrange(5):
            case 0:
                words[where] = r.choice((r.randrange(len(INSTRUCTIONS)), r.randrange(-1, 12), -(2**31), 2**31 - 1))
            case 1:
                words[where] = min(max(words[where] + r.choice((-1, 1, -2, 2)), -(2**31)), 2**31 - 1)
            case 2:
                words[where : where + length], words[other : other + length] = words[other : other + length], words[where : where + length]
            case 3:
                del words[where : where + length]
            case 4:
                words[where:where] = words[other : other + length]


# ------------------------------------------------------------------ running what was accepted


class Events:
    """Events of the types that a program declares, few keys and values so that they meet."""

    def __init__(self, plan: Any, random: Random) -> None:
        self.random = random
        self.types = [declared for declared in plan["types"] if not declared["derived"]]

    def event(self, number: int) -> dict[str, object]:
        r = self.random
        declared = r.choice(self.types)
        event: dict[str, object] = {"id": str(r.choice((number, number, r.randrange(5)))), "type": declared["name"], "time": self.time()}
        for field in declared["fields"]:
            if r.random() < 0.85:
                event[field["name"]] = self.value(field["kind"])
        return event

    def time(self) -> str:
        r = self.random
        if r.random() < 0.02:
            return r.choice(("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"))
        return f"2026-{r.randrange(1, 13):02}-{r.randrange(1, 28):02}T{r.randrange(24):02}:00:00Z"

    def value(self, kind: str) -> object:
        r = self.random
        match kind:
            case "key":
                return r.choice(("P1", "P2", " p1", "ADMlN", "аdmin"))
            case "text":
                return r.choice(("a", "b", "x", "湘A1", "", "north", "临A"))
            case "boolean":
                return r.random() < 0.5
            case "time":
                return self.time()
            case "integer":
                return r.choice((0, 1, 2, 3, 7, -(2**63), 2**63 - 1))
            case "duration":
                return r.choice((0, 60, 3600, -90.5, 86400 * 30))
        return r.choice((0.5, 1.0, 2.0, 200.0, 25000.0, -3.5))


def run(program: Program, random: Random) -> None:
    """Everything that an engine does with a program."""
    disassemble(program)
    events = Events(program.plan, random)
    engine = Engine(program, secret=b"s")
    machine = Machine(program)
    if events.types:
        given = [events.event(number) for number in range(EVENTS)]
        engine.evaluate_batch(given[: EVENTS // 2])
        for event in given[EVENTS // 2 :]:
            engine.evaluate(event)
        engine.matches_batch(given)
        machine.matches_batch(given)
        for event in given:
            row = machine.decode(event)
            machine.decode_record(machine.encode_record(row))
    engine.advance("2030-01-01T00:00:00Z")
    engine.history()
    engine.standing()
    engine.describe()
    for entity in program.plan["entities"]:
        engine.level(entity["name"], "P1")
    for rule in program.plan["rules"]:
        if rule["history"] >= 0 and rule["state"] != "disabled":
            list(engine.explain(rule["name"]))


def one(seed: int) -> str:
    """What became of a seed's program."""
    mutation = Mutation(seed)
    try:
        program = load(mutation.program())
    except ProgramError:
        return "refused"
    run(program, mutation.random)
    return "ran"


def main(what: str, count: int) -> None:
    """So many seeds from the first, or a golden program unharmed, so many times with other events."""
    faulthandler.enable()
    for number in range(count):
        print(what if what in NAMES else int(what) + number, end=" ", flush=True)
        faulthandler.dump_traceback_later(SECONDS_MAX, exit=True)
        if what in NAMES:
            run(load(golden(what)), Random(number))
            print("ran", flush=True)
        else:
            print(one(int(what) + number), flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
