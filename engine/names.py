"""Which names of events are known, with what content, and what was answered.

In: events and what became of them; a store that knows names from before.  Out: for a name, the digest of its content and the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.fold import SeenNames
from engine.machine import Machine
from engine.outcome import Outcome
from engine.stores.interface import Store
from engine.texts import canonical, canonical_bytes
from engine.values import Event

Name = tuple[str, str]
"""Source and id."""

LIKE_A_CONFLICT = re.compile(r"#[0-9a-f]{12}\Z")
"""How the ids of conflicts end. No event may be sent under one, or whoever knows the hash could keep a conflict from being recorded."""


def conflict_id(event: Event) -> str:
    """The id under which a refused content is recorded: `ID#` and the first 12 hex digits of the content's hash."""
    return f"{event.id}#{event.digest.hex()[:12]}"


FOREVER = 2**63 - 1
LOOKS_MAX = 32
"""So often at most each name is looked at, whether it is free."""
GENERATIONS = 4
"""In so many parts of the time for which the longest is known, the names that the store has learned are put aside, to be forgotten together."""


Known = tuple[bytes, Outcome | Event | None, int]
"""What a name stands for: the digest of the content; what was answered (the event: that it was accepted, and what follows from it alone; None: that it
was accepted, and no more); and the moment from which on the name is free."""


@dataclass(slots=True)
class _Generation:
    """Names that the store has learned; `until`: from when on all of them are free."""

    began: int
    names: SeenNames = field(default_factory=SeenNames)
    until: int = -FOREVER


class Names:
    """The names of one engine. `known_for`: by event type, for how long after its time the name of an event is known, in microseconds."""

    def __init__(self, machine: Machine, known_for: Sequence[int]) -> None:
        self._machine = machine
        self._known_for = known_for
        self.known: dict[Name, Known] = {}
        """Those in memory, also some that are free by now."""
        self._ask_of_all = False  # whether the store knows names from before it was opened
        self._saved = [_Generation(-FOREVER)]  # what it has learned since
        self.forgotten: int | None = None
        """The names that were free by this moment are gone; None: none are."""

    def __len__(self) -> int:
        """How many are in memory."""
        return len(self.known)

    def get(self, name: Name, now: int | None) -> Known | None:
        """What the name stands for at this time of the service's clock; None where it is new, or free again. `now`: None where events are the clock."""
        known = self.known.get(name)
        return known if known is None or now is None or known[2] > now else None

    def has(self, event: Event, now: int | None) -> bool:
        """Whether this very content is known."""
        known = self.get((event.source, event.id), now)
        return known is not None and known[0] == event.digest

    def until(self, event: Event) -> int:
        """The moment from which on the event's name is free again."""
        return event.time + self._known_for[event.type]

    def keep(self, event: Event, answer: Outcome | Event | None) -> None:
        """From here on the event's name is known. `answer`: as in `Known`."""
        assert event.digest is not None, "the event was decoded to be kept"
        self.known[event.source, event.id] = event.digest, answer, self.until(event)

    def answer_item(self, event: Event, outcome: Outcome) -> bytes:
        """What was answered to an event, as an item of the kind `answer`."""
        assert event.digest is not None, "the event was decoded to be kept"
        said = {part: getattr(outcome, part) for part in Outcome.__slots__}  # asdict would copy every finding
        return canonical_bytes({"digest": event.digest.hex(), "until": self.until(event), **said})

    def keep_answers(self, answers: Mapping[str, bytes]) -> None:
        """From here on the names of these items of the kind `answer` are known."""
        for name, item in answers.items():
            answer = json.loads(item)
            digest, until = bytes.fromhex(answer.pop("digest")), answer.pop("until", FOREVER)  # a version before did not say
            source, id_ = json.loads(name)
            before = self.known.get((source, id_))
            if before is None or before[2] <= until:  # else the name was free, and stands for something else
                self.known[source, id_] = digest, Outcome(**answer), until

    def forget(self, moment: int) -> None:
        """Drop the names that were free by then. To look at all of them is worth it now and then."""
        if self.forgotten is not None and moment - self.forgotten < max(self._known_for) // LOOKS_MAX:
            return
        self.forgotten = moment
        for name in [name for name, known in self.known.items() if known[2] <= moment]:
            del self.known[name]
        self._saved = [generation for generation in self._saved if generation.until > moment or generation is self._saved[-1]]
        if moment - self._saved[-1].began >= max(self._known_for) // GENERATIONS:
            self._saved.append(_Generation(moment))

    def ask_of_all(self) -> None:
        """The store may know any name."""
        self._ask_of_all = True

    def leave_to_store(self) -> None:
        """The store has them all, and can be asked."""
        generation = self._saved[-1]
        for name, known in self.known.items():
            generation.names.add(name)
            generation.until = max(generation.until, known[2])
        self.known.clear()

    def look_up(self, rows: Sequence[Event], store: Store) -> None:
        """Learn the names that are known to the store alone, as far as these events ask for them."""
        asked: set[str] = set()
        for row in rows:
            # The name, and that under which conflicting contents are kept.
            for id_ in (row.id, conflict_id(row)) if self._store_may_know((row.source, row.id)) else ():
                if (row.source, id_) not in self.known:
                    asked.add(canonical([row.source, id_]))
        if not asked:
            return
        for item in store.load("event", list(asked)).values():
            event = self._machine.decode_record(item)
            self.keep(event, event)
        self.keep_answers(store.load("answer", list(asked)))

    def _store_may_know(self, name: Name) -> bool:
        return self._ask_of_all or any(name in generation.names for generation in self._saved)
