"""Checkpoints: what has changed since the last one, as items of a store.

In: what an engine holds, and items that it hands over.  Out: one step of the store that has them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.fold import Finding, lone_item, saved_finding, saved_warning
from engine.limits import Limits
from engine.names import block_key
from engine.state import State
from engine.stores.interface import Checkpoint, Item, Passing, Store, StoreError
from engine.texts import canonical_bytes
from engine.values import Event
from engine.warnings.dossier import dossier_json

Json = dict[str, Any]
Items = dict[tuple[str, str], Item]

RECORDS = 2
"""How the records of events are kept: 2: by entry of the journal, kind `events`. What does not say so kept each under its name, kind `event`."""
LONE_MAX = 256
"""Findings that one item holds, of those that follow from single events."""
NEVER_YET = -(2**62)
"""A fold that says of a moment that it lies before this one means none."""
UNSAVED_PARTS = 8
"""On a shared store, what is not saved yet is put aside in so many parts, each of which can be forgotten when another replica has saved it."""


class Saving:
    """What one engine has not saved yet, and when it is saved."""

    def __init__(self, state: State, limits: Limits) -> None:
        self.items: Items = {}
        """By kind and name; None: to be removed. What the fold and the register have changed comes to it when it is collected."""
        self.lone: list[Finding] = []
        """Of the entry that is being applied: the lone findings."""
        self.events: list[Event] = []
        """Of that entry the events whose names are known from here on, in order, and"""
        self.named: set[int] = set()
        """the places of those of which nothing but the name is: they were not accepted."""
        self._closed: tuple[int, list[Event], set[int], list[Finding]] | None = None
        """The entry before, where it is not among the items yet: its number, and the same of it."""
        self.saved = 0
        """The entry of the journal since which this is all that has changed."""
        self.failed: str | None = None
        """Why the last checkpoint that the engine wrote by itself could not be written."""
        self._state = state
        self._limits = limits
        self._events = 0
        self._aside: list[tuple[int, int, Items]] = []

    def save(self, store: Store) -> bool:
        """Write everything; see `Store.checkpoint` for what False means. Raises StoreError."""
        self._collect()
        self._forget_what_others_saved(store)
        items: Items = {}
        for _, _, unsaved in self._aside:
            items.update(unsaved)
        items.update(self.items)
        state = self._state
        fold = state.fold
        forgotten = None if fold.forgotten < NEVER_YET else fold.forgotten
        items["state", "engine"] = canonical_bytes(
            {
                "now": fold.now,
                "forgotten": forgotten,
                "began": state.began,
                "counts": state.counts,
                "undecided": fold.undecided,
                "applied": state.applied,
                "records": RECORDS,
            }
        )
        kept = store.checkpoint(Checkpoint(items, state.applied, self.saved, state.names.forgotten))
        if kept:
            self._aside.clear()
            self.items = {}
            self._events = 0
            self.saved = state.applied
            if not store.shared:
                state.names.leave_to_store()
        self.failed = None
        return kept

    def load(self, kind: str, keys: Sequence[str], store: Store) -> dict[str, bytes]:
        """The items of a kind under some keys, those that exist; what is not saved yet goes before what is."""
        found = {key: item for key in keys if (item := self.items.get((kind, key))) is not None}
        contents = {key: item.value if isinstance(item, Passing) else item for key, item in found.items()}
        return store.load(kind, [key for key in keys if key not in found]) | contents

    def close_entry(self, entry: int) -> None:
        """An entry of the journal was applied."""
        self.keep_entry()
        self._closed = entry, self.events, self.named, self.lone
        self.events, self.named, self.lone = [], set(), []

    def keep_entry(self) -> None:
        """Make items of the last entry that was applied, if that is not done yet. To be called before anything else is applied.

        Of its events the records are kept together, and so are its lone findings: there are many, each needs little, and hardly ever anybody asks for one
        of them. Replicas cut them alike."""
        if self._closed is None:
            return
        entry, events, named, found = self._closed
        self.keep_events(events, named, entry)
        for part, start in enumerate(range(0, len(found), LONE_MAX)):
            self.items["lone", f"{entry:016}.{part:04}"] = lone_item(self._state.fold, found, start, start + LONE_MAX)
        self._closed = None

    def keep_events(self, events: list[Event], named: set[int], entry: int) -> None:
        """Keep the records of events under an entry of the journal. `named`: the places of those of which only the names are known."""
        names, start = self._state.names, 0
        for number, (block, count) in enumerate(self._state.machine.encode_blocks(events, named)):
            part = events[start : start + count]
            self.items["events", block_key(entry, number)] = Passing(block, names.held.last_until(part))
            names.place(part, entry, number)
            start += count

    def count(self, events: int) -> None:
        """Events were applied that are saved with the next checkpoint, whenever that is."""
        self._events += events

    def count_and_save(self, events: int, store: Store) -> None:
        """Events were applied: when it is much that they changed, it is saved."""
        self._events += events
        if self._events >= self._limits.unsaved_events_max:
            self.catch_up(store)
            self._forget_what_others_saved(store)
            if self._events >= self._limits.unsaved_events_max:
                self._save_unasked(store)

    def catch_up(self, store: Store) -> None:
        """Do what need not be done before an entry is answered, but before the next one is applied: make items of it, and on a shared store, now and then
        put aside what is unsaved."""
        self.keep_entry()
        aside = sum(count for _, count, _ in self._aside)
        if store.shared and self._events - aside >= self._limits.unsaved_events_max // UNSAVED_PARTS:
            self._collect()
            self._aside.append((self._state.applied, self._events - aside, self.items))
            self.items = {}

    def _save_unasked(self, store: Store) -> None:
        """The events are in the journal, and must be answered: a checkpoint that fails is told by `describe`, and tried again after the next batch."""
        if not store.durable:
            return
        try:
            self.save(store)
        except StoreError as error:
            self.failed = str(error)

    def _forget_what_others_saved(self, store: Store) -> None:
        """Replicas change the same items in the same way: what was put aside up to the entry at which another saved, it saved too."""
        saved = store.saved() if self._aside else 0
        while self._aside and self._aside[0][0] <= saved:
            self.saved, events, _ = self._aside.pop(0)
            self._events -= events

    def _collect(self) -> None:
        """What the last entry, the fold and the register changed, as items."""
        self.keep_entry()
        state, items = self._state, self.items
        fold, register = state.fold, state.register
        for name in register.unsaved:
            items["dossier", name] = canonical_bytes(dossier_json(register.dossiers[name]))
        for name in register.unsaved_evidence:
            items["evidence", name] = register.evidence[name]
        register.unsaved.clear()
        register.unsaved_evidence.clear()
        for (kind, name), thing in fold.unsaved.items():
            if thing is None:
                items[kind, name] = None
                if kind == "gone":
                    state.buried.pop(name, None)
            elif isinstance(thing, Event):
                items[kind, name] = state.machine.encode_record(thing)
            elif kind == "gone":
                items[kind, name] = canonical_bytes(state.shown(thing))
            else:
                saved = saved_finding(fold, thing) if isinstance(thing, Finding) else saved_warning(fold, thing)
                items[kind, name] = canonical_bytes({"saved": saved, "shown": state.shown(thing)})
        fold.unsaved.clear()
