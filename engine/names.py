"""Which names of events are known, with what content, and what was answered.

In: events and what became of them; a store that keeps them.  Out: for a name, what it stands for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from engine.fold import HeldNames, SavedNames
from engine.machine import Machine
from engine.outcome import Outcome
from engine.texts import canonical, canonical_bytes
from engine.values import Event

Name = tuple[str, str]
"""Source and id."""
Load = Callable[[str, Sequence[str]], Mapping[str, bytes]]
"""Gives of a kind the items under some keys, those that exist."""

LIKE_A_CONFLICT = re.compile(r"#[0-9a-f]{12}\Z")
"""How the ids of conflicts end. No event may be sent under one, or whoever knows the hash could keep a conflict from being recorded."""


def conflict_id(event: Event) -> str:
    """The id under which a refused content is recorded: `ID#` and the first 12 hex digits of the content's hash."""
    return f"{event.id}#{event.digest.hex()[:12]}"


def block_key(entry: int, block: int) -> str:
    """Under which a store keeps a block of the records of events: by the entry of the journal that has the events, and the block's number in it."""
    return f"{entry:016}.{block:07}"


def place_of_block(key: str) -> tuple[int, int]:
    """The entry and the number."""
    entry, block = key.split(".")
    return int(entry), int(block)


FOREVER = 2**63 - 1
LOOKS_MAX = 32
"""So often at most each name is looked at, whether it is free."""


class Names:
    """The names of one engine. `known_for`: by event type, for how long after its time the name of an event is known, in microseconds."""

    def __init__(self, machine: Machine, known_for: Sequence[int]) -> None:
        self._machine = machine
        self.known_for = list(known_for)
        self.held = HeldNames(self.known_for)
        """Those in memory, also some that are free by now."""
        self.saved = SavedNames(self.known_for)
        """Where the store keeps the events of those that are not."""
        self._asks = True
        self.forgotten: int | None = None
        """The names that were free by this moment are gone; None: none are."""

    def __len__(self) -> int:
        """How many are in memory."""
        return len(self.held)

    def get(self, name: Name, now: int | None) -> int | None:
        """By what `held` knows the name, until the next one is kept; None where it is new, or free again at this time of the service's clock.

        `now`: None where events are the clock."""
        return self.held.get(*name, now)

    def until(self, event: Event) -> int:
        """The moment from which on the event's name is free again."""
        return event.time + self.known_for[event.type]

    def keep(self, event: Event, answer: Outcome | Event | None) -> None:
        """From here on the event's name is known. `answer`: what was answered; the event: that it was accepted, and what follows from it alone;
        None: that it was accepted, and no more."""
        self.held.keep(event, answer)

    def answer_item(self, event: Event, outcome: Outcome) -> bytes:
        """What was answered to an event, as an item of the kind `answer`."""
        said = {part: getattr(outcome, part) for part in Outcome.__slots__}  # asdict would copy every finding
        return canonical_bytes({"digest": event.digest.hex(), "until": self.until(event), **said})

    def keep_answers(self, answers: Mapping[str, bytes]) -> None:
        """From here on the names of these items of the kind `answer` are known."""
        for name, item in answers.items():
            answer = json.loads(item)
            digest, until = bytes.fromhex(answer.pop("digest")), answer.pop("until", FOREVER)  # a version before did not say
            source, id_ = json.loads(name)
            before = self.held.get(source, id_, None)
            if before is None or self.held.until(before) <= until:  # else the name was free, and stands for something else
                self.held.keep_answer(source, id_, digest, Outcome(**answer), until)

    def forget(self, moment: int) -> None:
        """Drop the names that were free by then. To look at all of them is worth it now and then."""
        if self.forgotten is not None and moment - self.forgotten < max(self.known_for) // LOOKS_MAX:
            return
        self.forgotten = moment
        self.held.forget(moment)
        self.saved.forget(moment)

    # ------------------------------------------------------------------ those that a store has

    def stay_in_memory(self) -> None:
        """The store cannot be asked: it is shared, and may have gone on by then."""
        self._asks = False
        self.saved.forget(FOREVER)

    def place(self, events: list[Event], entry: int, block: int) -> None:
        """The store will have the events of a block, in this order."""
        if self._asks:
            self.saved.add_block(events, entry, block)

    def leave_to_store(self) -> None:
        """The store has them all, and can be asked."""
        self.held.clear()

    def look_up(self, rows: list[Event], load: Load) -> None:
        """Learn what is known to the store alone of the names of these events, and of their contents."""
        unheld, known = self.saved.among(rows, self.held)
        self.learn([(row.source, row.id) for row in unheld], load)
        known += filter(self.held.is_held, unheld)
        self.learn([(row.source, conflict_id(row)) for row in known], load)

    def learn(self, names: Sequence[Name], load: Load) -> None:
        """Learn what is known to the store alone of some names."""
        places = {name: self.saved.find(*name) for name in names if self.held.get(*name, None) is None}
        asked = {name: found for name, found in places.items() if found}
        if not asked:
            return
        keys = {block_key(entry, block) for found in asked.values() for entry, block, _ in found}
        blocks = {place_of_block(key): self._machine.decode_block(block) for key, block in load("events", sorted(keys)).items()}
        for name, found in asked.items():
            for entry, block, place in found:  # a block of which nothing is needed any more is gone
                event, accepted = blocks[entry, block][place] if (entry, block) in blocks else (None, False)
                if event is not None and (event.source, event.id) == name:
                    if accepted:
                        self.keep(event, event)
                    break
        self.keep_answers(load("answer", [canonical(list(name)) for name in asked]))
