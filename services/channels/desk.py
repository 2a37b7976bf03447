"""The desk of one channel: reads the feed, keeps what is for it until it is delivered, and remembers how far it is.

In: the board, routes, a way to send, asides of the store.  Out: each happening that a route leads here is delivered at least once, those of one warning in
their order; or it is among what was given up.

A state is written behind what is done, so after a crash some deliveries are made again, under their old ids. On a store of several services one of them
delivers: whoever wrote the state last, as long as it writes again now and then. A second one that wrongly thinks it is its turn does no harm but repetitions:
only one of the two can write the next state, and the other then stops.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

from engine.stores.interface import StoreError
from engine.warnings.dossier import Dossier, Line
from engine.warnings.evidence import unpacked as evidence_unpacked
from rulelang.timezones import Zone
from services.channels import state as states
from services.channels.declared import Channel
from services.channels.digests import digest_object
from services.channels.happenings import Happening, happening, happening_object
from services.channels.hours import Digest, is_quiet
from services.channels.outcome import Outcome, Parcel, Told, Way
from services.channels.routing import Case, Route, recipients
from services.channels.state import LANES, OTHERS, RED, GivenUp, State, Waiting
from services.logs import logger
from services.server.board import Board
from services.server.errors import CursorUnknown
from services.settings import Limits

LINES_AT_ONCE = 200
"""So many lines of the feed are looked at before others have their turn."""
REFUSED_TRIES = 3
"""So often is sent what the receiver refuses, which may pass while it is being set up."""
CHANNEL_PAUSE_S = 60.0
"""While nothing of a channel can be delivered, one delivery is tried so often at least."""
RETRY_AFTER_S = 86_400.0
"""The longest wait that a receiver may ask for."""
SAVE_S = 0.25
"""How often at most the state is written."""
STOP_S = 5.0
"""How long deliveries under way may take to end when the service stops; they are made again when it runs again."""
CATCH_UP_S = 30.0
"""How long a replica that has not seen what another one delivered waits to see it, before it holds that it never will."""


MADE_AT_ONCE = 20
"""So many happenings of a digest are made before others have their turn."""

zone_of = lru_cache(Zone)


def categories_of(dossier: Dossier, evidence: bytes) -> frozenset[str]:
    """Of the warning's rule; of a ladder, those of the rules under it."""
    if dossier.ladder is None:
        return frozenset((dossier.category,))
    return frozenset(rule["category"] for rule in evidence_unpacked(evidence).get("rules", ()) if rule["category"])


class Asides(Protocol):
    """The store's, for the event loop. `shared`: other services have it too."""

    shared: bool

    async def read(self, name: str) -> bytes | None: ...
    async def write(self, name: str, value: bytes, before: bytes | None) -> bool: ...


class _Lost(Exception):
    """Another service delivers now."""


@dataclass(frozen=True, slots=True)
class _Gathered:
    """For a digest: of the lines after `since`, up to `end`, so many are for the channel."""

    since: int
    end: int
    count: int


@dataclass(slots=True)
class _UnderWay:
    lane: str
    waiting: Waiting
    key: str  # the warning whose next delivery waits for this one
    id: str


@dataclass(frozen=True, slots=True)
class World:
    """What all desks share. `zone`: that of the rules; `unit`: the entity that they have units as; `clock`: microseconds since 1970, UTC."""

    board: Board
    asides: Asides
    clock: Callable[[], int]
    zone: Callable[[], str]
    unit: Callable[[], str | None]
    tick_s: float
    limits: Limits


class Desk:
    """Belongs to the event loop. `run` ends after `stop`."""

    def __init__(self, channel: Channel, routes: Sequence[Route], way: Way, world: World) -> None:
        self.channel = channel
        self._routes = [route for route in routes if channel.name in route.to]
        self._way = way
        self._world = world
        self._log = logger().bind(channel=channel.name)
        self._me = uuid.uuid4().hex[:16]
        self._name = states.aside_name(channel.name)
        self._state = State({})
        self._kept: bytes | None = None  # the state as the store has it,
        self._tried: bytes | None = None  # or, where a writing failed, may have it
        self._dirty = False
        self._saved_s = 0.0
        self._saving: asyncio.Task[None] | None = None
        self._store_fails = False
        self._wake = asyncio.Event()
        self.stopping = False
        self._under_way: dict[asyncio.Task[Outcome | None], _UnderWay] = {}
        self._next_s: dict[int, float] = {}  # when what failed is due again, by `time.monotonic`
        self._not_before_s = 0.0
        self._failed: dict[str, None] = {}  # the warnings that failed since anything was delivered
        self._in_a_row = 0
        self._others: tuple[bytes | None, float] = (None, 0.0)  # another service's state, and since when it is the same
        self._unseen_s: float | None = None
        self._gathered: _Gathered | None = None
        self._asked, self._next_look_s = True, 0.0

    def wake(self) -> None:
        """Something may have happened that concerns it."""
        self._wake.set()

    def requested(self) -> None:
        """Somebody asked for what was given up to be sent again."""
        self._asked = True
        self.wake()

    def stop(self) -> None:
        self.stopping = True
        self.wake()

    async def run(self) -> None:
        """Deliver until told to stop."""
        try:
            while not self.stopping:
                try:
                    if await self._take():
                        await self._deliver()
                    else:
                        await self._pause(self._world.tick_s)
                except _Lost:
                    self._log.warning("another service delivers for this channel now")
                    await self._abandon()
                except StoreError as error:
                    self._tell_store_failure(error)
                    await self._abandon()
                    await self._pause(self._world.tick_s)
        finally:
            await self._abandon()
            await self._way.close()

    # ------------------------------------------------------------------ who delivers

    async def _take(self) -> bool:
        """Become the one that delivers. False: another one does, or it is not known yet how far it came."""
        kept = await self._world.asides.read(self._name)
        state = None if kept is None else states.unpacked(kept)
        if state is not None and self._world.asides.shared and state.holder not in ("", self._me):
            now_s = time.monotonic()
            if self._others[0] != kept:
                self._others = kept, now_s
            if now_s - self._others[1] < self._world.limits.channel_lease_s:
                return False
        board = self._world.board
        if state is None:
            state = states.begun_at("0." if self.channel.begins_first else board.cursor(board.end), self._world.clock())
        elif not self._caught_up(state):
            return False
        self._state, self._kept, self._tried = state, kept, None
        self._next_s.clear()
        self._gathered = None
        self._settle_places()
        await self._write(self._me)
        self._log.info("channel at work", behind=board.end - self._least(), waiting=state.waits, given_up=len(state.given_up))
        return True

    def _caught_up(self, state: State) -> bool:
        """Whether the board has come as far as the state; a replica may be behind the one that wrote it."""
        furthest = max(states.place(lane.cursor) for lane in state.lanes.values())
        if furthest <= self._world.board.end or not self._world.asides.shared:
            self._unseen_s = None
            return True
        if self._unseen_s is None:
            self._unseen_s = time.monotonic()
        return time.monotonic() - self._unseen_s >= CATCH_UP_S

    def _settle_places(self) -> bool:
        """Where the store holds another history than the one that was delivered, go on from the last place that both share. Whether that was so."""
        another = False
        for lane in self._state.lanes.values():
            if self._fits(lane.cursor):
                continue
            another, self._gathered = True, None
            before, lane.cursor = lane.cursor, states.latest_fitting(self._state.marks, self._fits)
            number = states.place(lane.cursor)
            lane.waiting = {one: waiting for one, waiting in lane.waiting.items() if one <= number}
            self._state.marks = [mark for mark in self._state.marks if self._fits(mark)]
            self._state.given_up = [one for one in self._state.given_up if one.number <= number]
            self._log.error(
                "the store holds another history than was delivered: some deliveries may be repeated",
                was_at=before,
                goes_on_from=lane.cursor,
            )
            self._dirty = True
        return another

    def _fits(self, cursor: str) -> bool:
        try:
            self._world.board.place_of(cursor)
        except CursorUnknown:
            return False
        return True

    def _least(self) -> int:
        return min(states.place(lane.cursor) for lane in self._state.lanes.values())

    # ------------------------------------------------------------------ delivering

    async def _deliver(self) -> None:
        while not self.stopping:
            self._wake.clear()
            await self._take_up_requests()
            if self._settle_places():
                await self._abandon()  # what is under way may be of the other history
                continue
            more = self._read_news()
            self._start_due()
            self._save_behind()
            if more:
                await asyncio.sleep(0)
            else:
                await self._pause(self._until_due_s())
            self._gather()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_S)
        self._gather()
        if self._saving is not None:
            await asyncio.wait({self._saving})
            self._gather_saved()
        await self._write("")

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _until_due_s(self) -> float:
        """A tick at most: quiet hours end and digests are due by the service's clock, which may be moved."""
        now_s = time.monotonic()
        due = [now_s + self._world.tick_s]
        if self._dirty and self._saving is None:
            due.append(self._saved_s + SAVE_S)
        if not self._busy():
            due += [moment_s for moment_s in (self._not_before_s, *self._next_s.values()) if moment_s > now_s]
        return min(due) - now_s

    def _busy(self) -> bool:
        return len(self._under_way) >= self.channel.parallel

    def _read_news(self) -> bool:
        """Look at what is new of the feed. Whether there is more to be looked at now."""
        if self.channel.digest is not None:
            return self._read_for_digest(self.channel.digest)
        more = False
        for name in LANES:
            lane = self._state.lanes[name]
            if name == OTHERS and self._is_quiet():
                continue
            for number, dossier, line in list(self._world.board.lines(states.place(lane.cursor), LINES_AT_ONCE)):
                if len(lane.waiting) >= self._world.limits.channel_waiting_max:
                    break
                if (dossier.level == RED) == (name == RED) and self._is_for_us(dossier, line):
                    lane.waiting[number] = Waiting(number)
                lane.cursor = f"{number}.{line.chain}"
                self._dirty = True
            else:
                more = more or states.place(lane.cursor) < self._world.board.end
        return more

    def _read_for_digest(self, digest: Digest) -> bool:
        """When a digest is due, find out up to where it goes: up to what happened before it was due, or to as much as goes into one."""
        state, board, limits = self._state, self._world.board, self._world.limits
        cut_us = digest.after(state.cut_us, self._zone())
        if self._world.clock() < cut_us or state.waits >= limits.channel_waiting_max:
            return False
        lane = state.lanes[OTHERS]
        gathered = self._gathered or _Gathered(states.place(lane.cursor), states.place(lane.cursor), 0)
        lines = list(board.lines(gathered.end, LINES_AT_ONCE))
        for number, dossier, line in lines:
            if line.time_us >= cut_us or gathered.count >= limits.digest_happenings_max:
                break
            gathered = _Gathered(gathered.since, number, gathered.count + (self._is_for_us(dossier, line)))
        else:
            if lines:
                self._gathered = gathered
                return True
        self._gathered = None
        if gathered.count:
            lane.waiting[gathered.end] = Waiting(gathered.end, since=gathered.since, cut_us=cut_us)
        if gathered.count < limits.digest_happenings_max:
            state.cut_us = cut_us  # else there may be more for this one
        for one in state.lanes.values():
            one.cursor = board.cursor(gathered.end)
        self._dirty = True
        return True

    def _is_quiet(self) -> bool:
        return bool(self.channel.quiet) and is_quiet(self.channel.quiet, self._world.clock(), self._zone())

    def _zone(self) -> Zone:
        return zone_of(self.channel.zone or self._world.zone())

    def _recipients(self, told: Happening, evidence: bytes) -> tuple[str, ...] | None:
        dossier = told.dossier
        case = Case(dossier.level, told.kinds, dossier.places, lambda: categories_of(dossier, evidence))
        return recipients(self._routes, self.channel.name, case, self.channel.recipients)

    def _is_for_us(self, dossier: Dossier, line: Line) -> bool:
        return self._recipients(happening(dossier, line), self._world.board.evidence(dossier.id)) is not None

    def _start_due(self) -> None:
        """Begin what is due, as long as there is room: of each warning only the first that waits, and first what was not tried for longest."""
        now_s = time.monotonic()
        if self._store_fails or now_s < self._not_before_s:
            return
        if self.channel.digest is not None and (self._dirty or self._saving is not None):
            return  # what is in a digest is written down before it is sent, so that it is the same when it is sent again
        due: list[tuple[float, int, str]] = []
        room = self.channel.parallel - len(self._under_way)
        for name in LANES:
            if name == OTHERS and self._is_quiet():
                continue
            taken = {under_way.key for under_way in self._under_way.values()}
            for waiting in self._state.lanes[name].waiting.values():
                if len(due) >= room and not self._next_s:
                    break  # nothing has failed, so the first are those that were not tried for longest
                key = self._key(waiting)
                if key not in taken and self._next_s.get(waiting.number, 0.0) <= now_s:
                    due.append((self._next_s.get(waiting.number, 0.0), waiting.number, name))
                taken.add(key)
        for _, number, name in sorted(due):
            if self._busy() or (len(self._failed) > 1 and self._under_way):  # nothing goes through: one after the other is tried
                return
            self._start(name, self._state.lanes[name].waiting[number])

    def _key(self, waiting: Waiting) -> str:
        """What is delivered in order: what happened to one warning; and digests."""
        if waiting.cut_us:
            return ""
        ((_, dossier, _),) = self._world.board.lines(waiting.number - 1, 1)
        return dossier.id

    def _start(self, lane: str, waiting: Waiting) -> None:
        now_us = self._world.clock()
        if waiting.first_us is None:
            waiting.first_us = now_us
        board, since = self._world.board, waiting.since if waiting.cut_us else waiting.number - 1
        lines = [(dossier, line, board.evidence(dossier.id)) for _, dossier, line in board.lines(since, waiting.number - since)]
        name = ("digest." if waiting.cut_us else "") + board.cursor(waiting.number)
        task = asyncio.ensure_future(self._attempt(waiting, lines, name, now_us))
        task.add_done_callback(lambda _: self.wake())
        self._under_way[task] = _UnderWay(lane, waiting, self._key(waiting), name)

    async def _attempt(self, waiting: Waiting, lines: Sequence[tuple[Dossier, Line, bytes]], name: str, now_us: int) -> Outcome | None:
        """None: no route leads here any more."""
        told = await self._told(lines)
        if not told:
            return None
        body = told[0].shown
        if waiting.cut_us:
            assert self.channel.digest is not None
            shown = [one.shown for one in told]
            body = digest_object(self.channel.name, self.channel.digest.kind, waiting.cut_us, shown, self._world.unit())
        return await self._way.send(Parcel(name, waiting.tries + 1, now_us, body, told, waiting.only))

    async def _told(self, lines: Sequence[tuple[Dossier, Line, bytes]]) -> tuple[Told, ...]:
        """What of these a route still leads here. The last of each is the evidence."""
        found: list[Told] = []
        for index, (dossier, line, evidence) in enumerate(lines, start=1):
            one = happening(dossier, line)
            to = self._recipients(one, evidence)
            if to is not None:
                found.append(Told(one.name, happening_object(one, evidence_unpacked(evidence)), to))
            if index % MADE_AT_ONCE == 0:
                await asyncio.sleep(0)
        return tuple(found)

    # ------------------------------------------------------------------ what became of it

    def _gather(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            under_way = self._under_way.pop(task)
            outcome = task.result()  # a fault of the program ends the desk, which then begins again
            log = self._log.bind(delivery=under_way.id, warning=under_way.key or None, attempt=under_way.waiting.tries + 1)
            if outcome is None:
                log.info("no route leads here any more")
                self._remove(under_way.lane, under_way.waiting)
                continue
            if outcome.lost:
                outcome = self._lose(under_way, outcome, log)
            if outcome.done:
                self._delivered(under_way, log)
            else:
                self._failed_again(under_way, outcome, log)
            self._dirty = True

    def _lose(self, under_way: _UnderWay, outcome: Outcome, log: Any) -> Outcome:
        """Some recipients will never take it. Where no more can be given up, they are tried on."""
        lost = tuple(one for one, _ in outcome.lost)
        why = outcome.lost[0][1]
        if len(self._state.given_up) >= self._world.limits.channel_given_up_max:
            return Outcome(False, why, left=(*outcome.left, *lost))
        log.error("given up for some recipients", recipients=list(lost), why=why)
        self._give_up(under_way, replace(under_way.waiting, tries=under_way.waiting.tries + 1, why=why, only=lost))
        return outcome

    def _delivered(self, under_way: _UnderWay, log: Any) -> None:
        log.info("delivered")
        if self._state.failing_us is not None:
            self._log.info("the channel delivers again", was_failing_since_us=self._state.failing_us)
        self._state.failing_us, self._state.why = None, ""
        self._state.delivered += 1
        self._state.delivered_us = self._world.clock()
        self._failed.clear()
        self._in_a_row, self._not_before_s = 0, 0.0
        self._remove(under_way.lane, under_way.waiting)

    def _remove(self, lane: str, waiting: Waiting) -> None:
        self._state.lanes[lane].waiting.pop(waiting.number, None)
        self._next_s.pop(waiting.number, None)
        self._dirty = True

    def _failed_again(self, under_way: _UnderWay, outcome: Outcome, log: Any) -> None:
        channel, waiting, now_us, now_s = self.channel, under_way.waiting, self._world.clock(), time.monotonic()
        waiting.tries += 1
        waiting.why = outcome.why
        if outcome.left:
            waiting.only = outcome.left
        if self._state.failing_us is None:
            self._state.failing_us = now_us
        self._state.why = outcome.why
        assert waiting.first_us is not None
        too_old = now_us - waiting.first_us >= channel.give_up_after_s * 1_000_000
        if outcome.final or too_old or (outcome.refused and waiting.tries >= REFUSED_TRIES):
            if len(self._state.given_up) < self._world.limits.channel_given_up_max:
                log.error("given up", why=outcome.why)
                self._give_up(under_way, waiting)
                self._remove(under_way.lane, waiting)
                return
            log.error("given up deliveries are as many as may be: send them again, or none is given up any more", why=outcome.why)
        pause_s = self._back_off_s(waiting.tries, channel.longest_pause_s)
        if outcome.after_s is not None:
            pause_s = max(pause_s, min(outcome.after_s, RETRY_AFTER_S))
        self._next_s[waiting.number] = now_s + pause_s
        log.warning("delivery failed", why=outcome.why, again_in_s=round(pause_s, 3))
        if not outcome.refused:
            self._failed[under_way.key] = None
            self._in_a_row += 1
            if len(self._failed) > 1:  # it is not this warning, it is the receiver
                self._not_before_s = now_s + self._back_off_s(self._in_a_row, min(CHANNEL_PAUSE_S, channel.longest_pause_s))
            if outcome.after_s is not None:
                self._not_before_s = max(self._not_before_s, now_s + min(outcome.after_s, CHANNEL_PAUSE_S))

    def _back_off_s(self, tries: int, longest_s: float) -> float:
        """Twice as long after each, less some chance, so that not all come back at once."""
        longest = min(longest_s, self.channel.first_pause_s * 2.0 ** min(tries - 1, 40))
        return longest * random.uniform(0.5, 1.0)

    def _give_up(self, under_way: _UnderWay, waiting: Waiting) -> None:
        now_us = self._world.clock()
        self._state.given_up.append(
            GivenUp(
                under_way.id, under_way.key, now_us, waiting.tries, waiting.why, waiting.number, waiting.only, waiting.since, waiting.cut_us
            )
        )

    async def _take_up_requests(self) -> None:
        """What was asked for, here or of another service, to be sent again goes back to what waits."""
        now_s, asides = time.monotonic(), self._world.asides
        if not self._asked and not (asides.shared and now_s >= self._next_look_s):
            return
        self._next_look_s = now_s + self._world.limits.channel_lease_s / 4
        name = states.requests_name(self._name)
        kept = await asides.read(name)
        asked = states.read_requests(kept)
        left = [one for one in self._state.given_up if one.id not in asked or not self._send_again(one)]
        remaining = asked & {one.id for one in left}  # those that there is no room for now
        self._asked = bool(remaining)
        if len(left) < len(self._state.given_up):
            self._state.given_up = left
            if self._saving is not None:
                await asyncio.wait({self._saving})
                self._gather_saved()
            await self._write(self._me)
        if asked != remaining and not await asides.write(name, states.requests(remaining), kept):
            self._asked = True  # somebody has asked for more

    def _level(self, warning: str) -> str:
        dossier = self._world.board.get(warning)
        return "" if dossier is None else dossier.level

    def _send_again(self, one: GivenUp) -> bool:
        lane = self._state.lanes[RED if not one.cut_us and self._level(one.warning) == RED else OTHERS]
        if one.number in lane.waiting or len(lane.waiting) >= self._world.limits.channel_waiting_max:
            return False
        lane.add(states.again(one))
        self._log.info("sent again on request", delivery=one.id, warning=one.warning or None)
        return True

    # ------------------------------------------------------------------ the state

    def _save_behind(self) -> None:
        """Write the state, if it is time, while deliveries go on."""
        if self._saving is not None:
            if not self._saving.done():
                return
            self._gather_saved()
        now_s = time.monotonic()
        renew = self._world.asides.shared and now_s - self._saved_s > self._world.limits.channel_lease_s / 4
        if (self._dirty or renew) and now_s - self._saved_s >= SAVE_S:
            self._saving = asyncio.ensure_future(self._write(self._me))
            self._saving.add_done_callback(lambda _: self.wake())

    def _gather_saved(self) -> None:
        saving, self._saving = self._saving, None
        assert saving is not None
        try:
            saving.result()
        except StoreError as error:
            self._dirty = True
            self._tell_store_failure(error)

    async def _write(self, holder: str) -> None:
        asides = self._world.asides
        self._saved_s = time.monotonic()
        self._state.holder = holder
        self._state.beat += 1
        self._state.passed()
        self._dirty = False
        before, value = self._tried, self._state.packed()
        if before is not None and await asides.read(self._name) == before:
            self._kept = before  # the writing before was done, though it failed
        self._tried = value
        if not await asides.write(self._name, value, self._kept):
            raise _Lost
        self._kept, self._tried = value, None
        if self._store_fails:
            self._store_fails = False
            self._log.info("the state of the channel can be kept again")

    def _tell_store_failure(self, error: StoreError) -> None:
        if not self._store_fails:
            self._log.error("the state of the channel cannot be kept; it delivers nothing until it can", error=str(error))
        self._store_fails = True

    async def _abandon(self) -> None:
        """Let go what is under way: whoever delivers next does it again."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()
        if self._saving is not None:
            await asyncio.gather(self._saving, return_exceptions=True)
            self._saving = None
