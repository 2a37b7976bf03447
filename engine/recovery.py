"""How an engine begins: with what a store keeps, with a journal, or with what another rule set has left.

In: a store, or entries of a journal.  Out: a `State` that is as if the engine had applied the whole journal itself; and what must be
saved before anything is said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.collector import at_rest
from engine.entries import read_entry
from engine.fold import restore
from engine.names import FOREVER, place_of_block
from engine.saving import RECORDS, Saving
from engine.state import State
from engine.stores.interface import Store, StoreError, StoreForked
from engine.texts import canonical_bytes
from engine.values import Event
from engine.warnings.dossier import read_dossier
from engine.warnings.register import Act

Json = dict[str, Any]

JSON = json.JSONDecoder()
SAVED_FIRST = '{"saved":'
"""What items of findings and warnings begin with, in every version."""


def saved_entry(state: bytes | None) -> int:
    """The entry of the journal up to which what was found is saved, by the item `state` `engine` of a store (None: nothing is).

    0 also where a version of this program before saved it, which did not say."""
    entry: int = 0 if state is None else json.loads(state).get("applied", 0)
    return entry


def _saved_part(item: bytes) -> Json:
    """What a finding or warning is restored from. What was shown of it comes after that, and need not be read."""
    text = item.decode()
    if not text.startswith(SAVED_FIRST):
        raise StoreError(f"an item of the store does not begin with {SAVED_FIRST}; restore the store from a copy")
    part: Json = JSON.raw_decode(text, len(SAVED_FIRST))[0]
    return part


class Recovery:
    """The beginning of one engine. `apply_entry` does what an entry of the journal says, whose number it is told, and gives how many events it holds; `take_acts` lets rules see acts."""

    def __init__(
        self, state: State, saving: Saving, apply_entry: Callable[[Json, int], int], take_acts: Callable[[Iterable[Act]], object]
    ) -> None:
        self._state = state
        self._saving = saving
        self._apply_entry = apply_entry
        self._take_acts = take_acts
        self._converted = False  # whether what the store keeps was of a version before
        self._filled = bytes(32)  # the chain over the entries that `backfill` was given

    def begin(self, store: Store, ours: bool) -> bool:
        """Take up what the store keeps: the last checkpoint, and the journal after it. A changed rule set reads the whole journal.

        On a shared store, its versions go on from what it finds there, so replicas must begin with the same: the first one saves it at once, and for any
        other it is False: it begins again, with what the first one has saved."""
        if not store.durable:
            return True
        if store.shared:
            self._state.names.stay_in_memory()
        state = store.load("state", ["engine"]).get("engine")
        before: list[Json] = []
        kept_until = self._take_up_dossiers(store, state)
        if ours and state is not None:
            with at_rest():
                self._restore(store, json.loads(state))
            self._meet(ours)
        elif state is not None:
            before = self._found_by_another(store)
            self._state.living = False  # up to where the other rule set's dossiers go
        for numbered in self._until_now(store, kept_until, ours):
            self._take_entry(*numbered)
        return self._go_on_from(store, before, ours)

    def _restore(self, store: Store, saved: Json) -> None:
        """The last checkpoint of this rule set; `saved`: its item `state` `engine`."""
        state = self._state
        state.counts = saved["counts"]
        state.began = saved.get("began")  # not known of a store that was written by a version before
        state.fold.undecided = saved["undecided"]
        state.buried = {name: json.loads(item) for name, item in store.items("gone")}
        findings = [_saved_part(item) for _, item in store.items("finding")]
        singly = {finding["id"] for finding in findings}  # these go before: a later version of what was lone
        restore(
            state.fold,
            saved["now"],
            saved.get("forgotten"),
            [*self._kept_events(store, saved), *map(state.act_event, state.register.acts())],
            {name: state.machine.decode_record(item) for name, item in store.items("anchor")},
            findings,
            [found for _, item in store.items("lone") for found in json.loads(item) if found[1]["id"] not in singly],
            [_saved_part(item) for _, item in store.items("warning")],
            {name: item["version"] for name, item in state.buried.items()},
        )
        if store.shared:
            state.names.keep_answers(dict(store.items("answer")))
        if state.fold.passed is not None:
            state.names.forget(state.fold.passed)
        state.applied = self._saving.saved = store.applied()

    def _kept_events(self, store: Store, saved: Json) -> list[Event]:
        """Those that are for themselves, and all others; these with their names."""
        members = [self._state.machine.decode_record(item) for _, item in store.items("member")]
        events = self._accepted_events(store, saved)
        if members:
            held = {(event.source, event.id, event.time) for event in members}
            events = [event for event in events if (event.source, event.id, event.time) not in held]  # the store may have them yet
        return members + events

    def _accepted_events(self, store: Store, saved: Json) -> list[Event]:
        """Those that matter, by entry. On a shared store their names are held, which are not to be had later: it may have gone on by then."""
        names, forgotten = self._state.names, saved.get("forgotten")
        events: list[Event] = []
        for key, item in store.items("events"):
            block = self._state.machine.decode_block(item)
            names.place([event for event, _ in block], *place_of_block(key))
            if forgotten is not None:  # a block is there as long as its last event matters
                block = [(event, accepted) for event, accepted in block if names.until(event) > forgotten]
            if store.shared:
                for event, _ in block:
                    names.keep(event, event if event.ignored or self._state.machine.holding(event) else None)
            events += [event for event, accepted in block if accepted]
        if saved.get("records") != RECORDS:
            events += self._convert(store)
        return events

    def _convert(self, store: Store) -> list[Event]:
        """A version before kept each event under its name, and no record of those that were too late. They are kept by entry from here on, as of none."""
        machine, names, items = self._state.machine, self._state.names, self._saving.items
        events = []
        for key, item in store.items("event"):
            events.append(machine.decode_record(item))
            items["event", key] = None
        accepted, recorded = len(events), {(event.source, event.id) for event in events}
        for key, item in store.items("answer"):
            source, id_ = json.loads(key)
            if (source, id_) not in recorded:
                # Of what type and time it was is not known, but until when its name is.
                until = json.loads(item).get("until", FOREVER)
                events.append(machine.make_event(0, until - names.known_for[0], source, id_, {}, source, id_, 0))
        self._saving.keep_events(events, set(range(accepted, len(events))), 0)
        self._converted = True
        for event in events if store.shared else ():
            names.keep(event, event if event.ignored or machine.holding(event) else None)
        return events[:accepted]

    def _take_up_dossiers(self, store: Store, state: bytes | None) -> int:
        """What became of warnings, as the items have it. Gives the entry of the journal up to which that is so."""
        if state is None:
            return 0
        dossiers = [read_dossier(json.loads(item)) for _, item in store.items("dossier")]
        if dossiers and not self._state.life_cycle:
            raise StoreError("the store keeps what became of warnings, which an engine without life_cycle would lose")
        self._state.register.restore(dossiers, list(store.items("evidence")))
        return saved_entry(state)

    def _until_now(
        self, store: Store, kept_until: int, ours: bool, enough: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, bytes]]:
        """The rest of the journal, to be applied; between its entries, and at the latest at its end, these rules meet the dossiers that were taken up."""
        for number_, item in store.journal(self._state.applied):
            if enough():
                break
            if number_ > kept_until and not self._state.living:
                self._meet(ours)
            yield number_, item
        if not self._state.living:
            self._meet(ours)
        else:  # steps of warnings that do not follow under these rules were taken from the journal as they are
            self._state.reconcile()

    def _take_entry(self, number_: int, item: bytes) -> None:
        self._saving.count(self._apply_entry(read_entry(item), number_))
        self._state.applied = number_

    def _found_by_another(self, store: Store) -> list[Json]:
        """The findings and warnings of the rule set whose items the store keeps, those that were withdrawn too."""
        lone = {shown["id"]: shown for _, item in store.items("lone") for _, shown in json.loads(item)}
        items = [json.loads(item) for kind in ("finding", "warning") for _, item in store.items(kind)]
        others = {item["shown"]["id"]: item["shown"] for item in items if item["saved"].get("drawn", True)}
        return [*(lone | others).values(), *(json.loads(item) for _, item in store.items("gone"))]

    def _go_on_from(self, store: Store, before: list[Json], ours: bool) -> bool:
        if before:
            self.take_over(before)
        # Saved before anything is said: after a crash the versions must go on from the same.
        changed = before or (not ours and self._state.register.dossiers) or (store.shared and not ours) or self._converted
        return not changed or self._saving.save(store)

    def _meet(self, ours: bool) -> None:
        """Dossiers were taken over: what they record becomes known to these rules, and they learn what follows from these rules."""
        if not self._state.life_cycle:
            return
        register = self._state.register
        if not ours:
            self._take_acts(register.acts())
            register.unsaved.update(dict.fromkeys(register.dossiers))
            register.unsaved_evidence.update(dict.fromkeys(register.evidence))
        self._state.living = True
        self._state.reconcile()

    # ------------------------------------------------------------------ made ready beside another

    def backfill(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """See `Engine.backfill`."""
        self._state.living = False  # what became of warnings is taken over
        for number_, item in entries:
            self._take_entry(number_, item)
            self._filled = hashlib.sha256(self._filled + item).digest()

    def activate(self, store: Store, ours: bool) -> bool:
        """See `Engine.activate`. `ours`: what opening the store gave."""
        head = bytes.fromhex(store.head())
        state = store.load("state", ["engine"]).get("engine")
        if ours and state is not None:
            return False
        if store.shared:
            self._state.names.stay_in_memory()
        kept_until = self._take_up_dossiers(store, state)
        if kept_until < self._state.applied:
            raise StoreForked(
                f"what was found is saved up to entry {kept_until} of the journal, but this rule set is at entry {self._state.applied}"
            )
        before = self._found_by_another(store) if state is not None else []
        self._state.living = False
        for number_, item in self._until_now(store, kept_until, ours, lambda: head == self._filled):
            self._take_entry(number_, item)
            self._filled = hashlib.sha256(self._filled + item).digest()
        if head != self._filled:
            raise StoreForked("the store holds another history than that from which this rule set was made ready")
        return self._go_on_from(store, before, ours)

    def take_over(self, before: list[Json]) -> None:
        """What another rule set found. Versions go on from its own; what this one does not find is kept, marked as withdrawn."""
        self._saving.keep_entry()
        fold = self._state.fold
        for shown in before:
            name, version = shown["id"], shown["version"]
            thing = fold.findings.get(name) or fold.warnings.get(name) or fold.gone.get(name)
            if thing is not None:
                now = {**self._state.shown(thing), "version": version, "reason": None}
                # A withdrawal is no version of its own; that something stands again is.
                same = now == {**shown, "status": "withdrawn" if thing.reason is not None else shown["status"], "reason": None}
                fold.at_least(thing, version if same else version + 1)
            else:
                if shown["status"] == "issued":
                    shown = {**shown, "status": "withdrawn", "reason": "the rule set changed"}
                self._state.buried[name] = shown
                fold.gone_versions[name] = version
                self._saving.items["gone", name] = canonical_bytes(shown)
