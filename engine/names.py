"""Which names of events are known, with what content, and what was answered.

In: events and what became of them; a store that knows names from before.  Out: for a name, the digest of its content and the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from engine.fold import SeenNames
from engine.machine import Machine
from engine.outcome import Outcome
from engine.stores.interface import Store
from engine.texts import canonical
from engine.values import Event

Name = tuple[str, str]
"""Source and id."""

LIKE_A_CONFLICT = re.compile(r"#[0-9a-f]{12}\Z")
"""How the ids of conflicts end. No event may be sent under one, or whoever knows the hash could keep a conflict from being recorded."""


def conflict_id(event: Event) -> str:
    """The id under which a refused content is recorded: `ID#` and the first 12 hex digits of the content's hash."""
    return f"{event.id}#{event.digest.hex()[:12]}"


class Names:
    """The names of one engine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.known: dict[Name, tuple[bytes, Outcome | Event | None]] = {}
        """Those in memory, with what `get` gives for each."""
        self._ask_of_all = False  # whether the store knows names from before it was opened
        self._saved = SeenNames()  # of the names that it has learned since

    def __len__(self) -> int:
        """How many are in memory."""
        return len(self.known)

    def get(self, name: Name) -> tuple[bytes, Outcome | Event | None] | None:
        """The digest of the content and what was answered (the event: that it was accepted, and what follows from it alone; None: that it was accepted,
        and no more); None where the name is new."""
        return self.known.get(name)

    def has(self, event: Event) -> bool:
        """Whether this very content is known."""
        known = self.known.get((event.source, event.id))
        return known is not None and known[0] == event.digest

    def keep(self, event: Event, answer: Outcome | Event | None) -> None:
        """From here on the event's name is known. `answer`: as `get` gives it."""
        assert event.digest is not None, "the event was decoded to be kept"
        self.known[event.source, event.id] = (event.digest, answer)

    def keep_answers(self, answers: Mapping[str, bytes]) -> None:
        """The same, of items of the kind `answer`."""
        for name, item in answers.items():
            answer = json.loads(item)
            digest = bytes.fromhex(answer.pop("digest"))
            source, id_ = json.loads(name)
            self.known[source, id_] = (digest, Outcome(**answer))

    def ask_of_all(self) -> None:
        """The store may know any name."""
        self._ask_of_all = True

    def leave_to_store(self) -> None:
        """The store has them all, and can be asked."""
        for name in self.known:
            self._saved.add(name)
        self.known.clear()

    def look_up(self, rows: Sequence[Event], store: Store) -> None:
        """Learn the names that are known to the store alone, as far as these events ask for them."""
        asked: set[str] = set()
        for row in rows:
            # The name, and that under which conflicting contents are kept.
            for id_ in (row.id, conflict_id(row)) if self._ask_of_all or (row.source, row.id) in self._saved else ():
                if (row.source, id_) not in self.known:
                    asked.add(canonical([row.source, id_]))
        if not asked:
            return
        answers = store.load("answer", list(asked))
        events = store.load("event", [name for name in asked if name not in answers])
        self.keep_answers(answers)
        for item in events.values():
            event = self._machine.decode_record(item)
            if (event.source, event.id) not in self.known:
                self.keep(event, event)
