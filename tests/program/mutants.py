"""Programs that somebody damaged or forged: each seed changes one of the golden programs, makes its checksum right again, and runs it.

In: seeds.  Out: for each a line `SEED what became of it`. It is run as a process of its own, so that a crash is seen:

    python -m tests.program.mutants FIRST COUNT

`load` either refuses with ProgramError, or what it accepts can be listed, built into an engine and fed events and clocks: whatever the program says,
nothing raises and nothing crashes. Any other exception ends the process with its traceback, after the seed's line has begun.
"""

from __future__ import annotations

import copy
import faulthandler
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

from engine.disassemble import disassemble
from engine.engine import Engine
from engine.instructions import INSTRUCTIONS
from engine.machine import Machine
from engine.program import HEAD, Program, ProgramError, load
from tests.program.building import RULE_FILES, apart, golden, sealed, together, unsealed

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

Path = tuple[Any, ...]


# ------------------------------------------------------------------ mutations


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value in a plan."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield from places(item, (*path, name))


def at(plan: Any, path: Path) -> Any:
    for name in path:
        plan = plan[name]
    return plan


class Mutation:
    """Changes to one program, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.name = self.random.choice(RULE_FILES).stem
        self.original = golden(self.name)

    def program(self) -> bytes:
        r = self.random
        if r.random() < 0.04:
            return self.bytes_changed()
        plan, words = apart(self.original)
        # Parts with many items would otherwise draw nearly all changes to them.
        by_part: dict[str, list[Path]] = {}
        for path in places(plan):
            by_part.setdefault(path[0], []).append(path)
        for _ in range(r.choice((1, 1, 1, 2, 2, 3, 5))):
            if r.random() < 0.35:
                self.change_words(plan, words)
            else:
                self.change_plan(plan, by_part[r.choice([name for name, count in by_part.items() if count])])
        return together(plan, words)

    def bytes_changed(self) -> bytes:
        """Bytes altered, cut off or put in, with a checksum that fits."""
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

    def change_plan(self, plan: Any, paths: list[Path]) -> None:
        """One value of the plan becomes another, goes, comes twice, or changes places."""
        r = self.random
        path = r.choice(paths)
        try:
            holder, name = at(plan, path[:-1]), path[-1]
            value = holder[name]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change took it away
        if isinstance(holder, str):
            return  # an earlier change put a text there
        choice = r.randrange(10)
        if choice < 4:
            holder[name] = self.another(plan, value, path)
        elif choice < 7:
            # What stands at a place of the same name: a value that fits in its form.
            like = [p for p in paths if p[-1] == name or (isinstance(name, int) and isinstance(p[-1], int) and p[-2:-1] == path[-2:-1])]
            try:
                holder[name] = copy.deepcopy(at(plan, r.choice(like)))
            except (KeyError, IndexError, TypeError):
                return
        elif choice == 7:
            del holder[name]
        elif isinstance(holder, list):
            if choice == 8:
                holder.insert(r.randrange(len(holder) + 1), copy.deepcopy(value))
            else:
                other = r.randrange(len(holder))
                holder[name], holder[other] = holder[other], holder[name]
        else:
            holder[r.choice(("name", "kind", "extra"))] = value

    def another(self, plan: Any, value: Any, path: Path) -> Any:
        r = self.random
        if r.random() < 0.25:
            return copy.deepcopy(r.choice(OTHERS))
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            near = value + r.choice((-2, -1, 1, 2))
            lists = [
                len(plan[part])
                for part in ("codes", "types", "histories", "aggregates", "rules", "constants")
                if isinstance(plan.get(part), list)
            ]
            return r.choice((near, near, r.choice(WHOLES), r.choice(lists or [0]) + r.choice((-1, 0)), float(r.randrange(5))))
        if isinstance(value, float):
            return r.choice((r.choice(REALS), value + 1, -value, r.choice(WHOLES)))
        if isinstance(value, str):
            words = [w for p in places(plan) if p[-1] == path[-1] and isinstance(w := at(plan, p), str)]
            return r.choice((r.choice(TEXTS), r.choice(words or TEXTS), value + "x", value[:-1]))
        return r.choice((r.choice(WHOLES), r.choice(TEXTS), None))

    def change_words(self, plan: Any, words: list[int]) -> None:
        """One word of the code becomes another; or a stretch is moved, or swapped with one as long."""
        r = self.random
        if not words:
            return
        where = r.randrange(len(words))
        match r.randrange(6):
            case 0:
                words[where] = r.choice((r.randrange(len(INSTRUCTIONS)), r.randrange(-1, 12), r.choice(WHOLES[2:17])))
            case 1:
                words[where] += r.choice((-1, 1, -2, 2))
            case 2:
                words[where] = words[r.randrange(len(words))]
            case 3:
                # An instruction becomes another of the same length.
                length = len(INSTRUCTIONS[words[where]].operands) if 0 <= words[where] < len(INSTRUCTIONS) else 0
                words[where] = r.choice([i.number for i in INSTRUCTIONS if len(i.operands) == length])
            case 4:
                length = r.randrange(1, 4)
                other = r.randrange(len(words))
                words[where : where + length], words[other : other + length] = words[other : other + length], words[where : where + length]
            case 5:
                if r.random() < 0.5:
                    del words[where]
                else:
                    words.insert(where, r.randrange(len(INSTRUCTIONS)))
        words[:] = [min(max(word, -(2**31)), 2**31 - 1) for word in words]


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


def main(first: int, count: int) -> None:
    faulthandler.enable()
    for seed in range(first, first + count):
        print(seed, end=" ", flush=True)
        faulthandler.dump_traceback_later(SECONDS_MAX, exit=True)
        print(one(seed), flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
