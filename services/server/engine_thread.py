"""The thread that owns the engine.

In: groups of works, the ticks of the clock, errands (another rule set, the end).  Out: answers, delivered on the event loop, and what it tells of
the store.  Works of one group go to the engine as one batch, so that one write to disk serves all of them.

When the store fails, works are answered with its error and the thread tries again at each tick: where nothing but room or permission
was missing, or a shared store was away, by writing a checkpoint, else by opening the store anew, which reads back what it really holds.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from engine import Answers, Engine, Outcome
from engine.engine import Given
from engine.machine import EventError
from engine.stores.interface import Store, StoreAway, StoreError, StoreFull, StoreReadOnly
from engine.warnings.dossier import ISSUED, Command, Line
from engine.warnings.register import Answer
from rulelang.effective import Outline
from services.logs import LISTED_MAX, logger
from services.server.board import Board, News
from services.server.collecting import Collecting
from services.server.copies import Copies
from services.server.errors import CallError, DeadlinePassed, EngineFault, WrongRequest
from services.server.events import event_dict
from services.server.waiting import Waiting, Work

T = TypeVar("T")

PAGE_ENTRIES, PAGE_BYTES = 64, 8 * 2**20
"""Of the journal, what is read in one errand for whoever makes another rule set ready."""
STILL_USABLE = (StoreFull, StoreReadOnly, StoreAway)
"""The engine goes on from where it was as soon as the store can be asked again; after any other error the store is opened anew."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set that can be run: what it declares, and its program."""

    declared: Outline
    program: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """What the thread last was at, for others to read."""

    rules: RuleSet
    since_s: float
    began_us: int | None
    clock_us: int | None
    applied: int
    counters: Mapping[str, int]


class Listener(Protocol):
    """Whoever wants to know; called on the event loop."""

    def store_failed(self, error: StoreError) -> None: ...
    def store_recovered(self) -> None: ...
    def engine_failed(self, error: BaseException) -> None: ...


class EngineThread:
    """`make_store` gives the service's store, not open; `make_engine` an engine that opens it and comes up to date from its journal."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        waiting: Waiting,
        tick_s: float,
        make_store: Callable[[], Store],
        make_engine: Callable[[RuleSet, Store], Engine],
        listener: Listener,
        collecting: Collecting,
        board: Board,
        copies: Copies,
    ) -> None:
        self._loop = loop
        self._waiting = waiting
        self._tick_s = tick_s
        self.make_store = make_store
        self.make_engine = make_engine
        self._listener = listener
        self._collecting = collecting
        self._board = board
        self._copies = copies
        self._shared: Sequence[tuple[str, Line]] | None = None  # the engine's feed, of which so much
        self._shared_lines = 0  # is on the board
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._failure: StoreError | None = None
        self._ended = False
        self._next_tick = 0.0
        self._forgotten_until: str | None = None
        self._counters: Counter[str] = Counter()
        self._rules: RuleSet | None = None
        self._since_s = 0.0
        self._at: tuple[int | None, int | None, int] = (None, None, 0)  # when the engine's events began, its clock, what it has applied
        self._thread = threading.Thread(target=self._run, name="engine")

    # ------------------------------------------------------------------ for the event loop

    @property
    def seen(self) -> Seen | None:
        """None: no engine has been at work yet."""
        if self._rules is None:
            return None
        began, clock, applied = self._at
        return Seen(self._rules, self._since_s, began, clock, applied, dict(self._counters))

    async def start(self, rules: RuleSet) -> None:
        """Open the engine, bring it up to date from the store's journal, and begin to take works. Raises what opening raises."""
        self._thread.start()
        await self.run(lambda: self._open(rules))

    async def stop(self) -> None:
        """Write what is behind the journal, close the store and end the thread. Raises StoreError: then a restart has more to read."""
        try:
            await self.run(self._close)
        finally:
            self._waiting.put_errand(self._end)
            await asyncio.to_thread(self._thread.join)

    def run(self, function: Callable[[], None]) -> asyncio.Future[None]:
        """Run a function on the thread, before any work that is waiting."""
        done: asyncio.Future[None] = self._loop.create_future()

        def errand() -> None:
            try:
                function()
            except Exception as error:
                self._tell(_fail, done, error)
            else:
                self._tell(_resolve, done, None)

        self._waiting.put_errand(errand)
        return done

    def act(self, command: Command, deadline: float) -> asyncio.Future[Answer]:
        """Have the engine do a step; see `ask`."""
        return self.ask(lambda engine: engine.act(command), deadline)

    def ask(self, question: Callable[[Engine], T], deadline: float) -> asyncio.Future[T]:
        """Have the engine answer something, before any work that is waiting. `deadline`: by `time.monotonic`; when it has passed, nothing is done."""
        done: asyncio.Future[T] = self._loop.create_future()

        def errand() -> None:
            engine = self._engine
            if deadline <= time.monotonic():
                self._tell(_fail, done, DeadlinePassed())
            elif engine is None or self._failure is not None:
                self._tell(_fail, done, self._failure or EngineFault("the engine is not at work"))
            elif not done.cancelled():
                self._answer(engine, question, done)

        self._waiting.put_errand(errand)
        return done

    def with_store(self, function: Callable[[Store], T]) -> asyncio.Future[T]:
        """Ask the store at work something that does not concern the engine, before any work that is waiting."""
        done: asyncio.Future[T] = self._loop.create_future()

        def errand() -> None:
            try:
                if self._failure is None and self._store is None:
                    raise EngineFault("the engine is not at work")
                found = function(self._well()[1])
            except (StoreError, EngineFault) as error:
                self._tell(_fail, done, error)
            else:
                self._tell(_resolve, done, found)

        self._waiting.put_errand(errand)
        return done

    # ------------------------------------------------------------------ for a thread that makes another rule set ready

    @property
    def applied(self) -> int:
        """The last entry of the journal that the engine at work has applied."""
        return self._at[2]

    def page(self, after: int) -> list[tuple[int, bytes]]:
        """Some entries of the journal after this one; none: there are no more. Raises what the store raises."""
        return self._wait_for(lambda: self._page(after))

    def save(self) -> None:
        """Write what the engine at work has not saved yet."""
        self._wait_for(lambda: self._well()[0].checkpoint())

    def activate(self, rules: RuleSet, engine: Engine) -> None:
        """Put to work what was back-filled, on the store of this process. Where it cannot be, the engine that was at work goes on."""
        self._wait_for(lambda: self._activate(rules, engine))

    def take(self, rules: RuleSet, engine: Engine, store: Store) -> None:
        """Put to work an engine that is active on the shared store. May be repeated where that is away."""
        self._wait_for(lambda: self._take(rules, engine, store))

    def _wait_for(self, function: Callable[[], T]) -> T:
        """Have a function run on the engine's thread, before any work that is waiting, and wait for it."""
        done: futures.Future[T] = futures.Future()

        def errand() -> None:
            try:
                done.set_result(function())
            except Exception as error:
                done.set_exception(error)

        self._waiting.put_errand(errand)
        return done.result()

    # ------------------------------------------------------------------ on the thread

    def _answer(self, engine: Engine, question: Callable[[Engine], T], done: asyncio.Future[T]) -> None:
        try:
            answer = question(engine)
        except StoreError as error:
            self._store_fails(error)
            self._tell(_fail, done, error)
        except ValueError as error:  # of what was asked; nothing was done
            self._tell(_fail, done, WrongRequest(str(error), field=str(error).partition(":")[0]))
        except CallError as error:
            self._tell(_fail, done, error)
        except Exception as error:
            self._tell(_fail, done, EngineFault(str(error)))
            raise
        else:
            self._show(engine)
            self._tell(_resolve, done, answer)

    def _run(self) -> None:
        while not self._ended:
            taken = self._waiting.take(self._next_tick - time.monotonic())
            try:
                if not isinstance(taken, list):
                    taken()
                elif taken:
                    self._evaluate(taken)
                if time.monotonic() >= self._next_tick:
                    self._next_tick = time.monotonic() + self._tick_s
                    self._tick()
            except Exception as error:
                self._give_up(error, taken if isinstance(taken, list) else [])

    def _evaluate(self, group: list[Work]) -> None:
        now = time.monotonic()
        due = []
        for work in group:
            if work.deadline <= now:
                self._tell(_fail, work.answer, DeadlinePassed())
            elif not work.answer.cancelled():
                due.append(work)
        if not due:
            return
        engine = self._engine
        if engine is None or self._failure is not None:
            self._fail_all(due, self._failure or EngineFault("the engine is not at work"))
            return
        given, refused = _read(due)
        try:
            answers = engine.answer_batch(given)
        except StoreError as error:
            self._store_fails(error)
            self._fail_all(due, error)
            return
        answers.insert(refused)
        finished = []
        position = 0
        for work in due:
            of_work = answers[position : position + len(work.events)]
            position += len(work.events)
            try:
                finished.append((work.answer, work.finish(of_work, engine.program.plan["hash"])))
            except Exception as error:  # the engine is well; the answer cannot be written
                self._tell(_fail, work.answer, error)
            self._counters.update(of_work.statuses())
            self._counters["ignored_fields"] += of_work.ignored()
        self._counters["groups"] += 1
        self._show(engine)
        self._tell(_deliver, finished)
        self._collecting.evaluated(len(given))

    def _tick(self) -> None:
        """Let the clock reach now; after a failure of the store, try it."""
        if self._failure is not None:
            self._retry_store()
        if self._failure is None and self._engine is not None:
            try:
                outcome = self._engine.advance()
            except StoreError as error:
                self._store_fails(error)
                return
            assert self._store is not None
            self._copies.tick(self._store)
            self._show(self._engine)
            self._tell_forgotten(self._engine)
            if outcome.findings or outcome.withdrawn or outcome.warnings:
                logger().info(
                    "deadlines reached",
                    rule_set=self._engine.program.plan["hash"],
                    **_line({}, [finding["id"] for finding in outcome.findings], [outcome]),
                )

    def _tell_forgotten(self, engine: Engine) -> None:
        """Say how much is held, when something was dropped because nothing can see it any more."""
        if engine.forgotten_until != self._forgotten_until:
            self._forgotten_until = engine.forgotten_until
            held = engine.holds()
            if held["forgotten"]:
                logger().info("forgotten", rule_set=engine.program.plan["hash"], **held)

    def _open(self, rules: RuleSet) -> None:
        self._open_engine(rules)
        self._next_tick = 0.0
        self._see(rules)

    def _see(self, rules: RuleSet) -> None:
        assert self._engine is not None
        engine = self._engine
        self._rules, self._since_s = rules, time.time()
        self._show(engine)

    def _open_engine(self, rules: RuleSet) -> None:
        self._store = self.make_store()
        try:
            self._engine = self.make_engine(rules, self._store)
        except BaseException:
            self._abandon()
            raise
        self._collecting.opened()
        logger().info("store opened", **self._store.about())

    def _abandon(self) -> None:
        """Let the store go without writing what is behind the journal."""
        store, self._store, self._engine = self._store, None, None
        self._collecting.abandoned()
        if store is not None:
            store.close()

    def _page(self, after: int) -> list[tuple[int, bytes]]:
        page, size = [], 0
        for number, entry in self._well()[1].journal(after):
            page.append((number, entry))
            size += len(entry)
            if len(page) >= PAGE_ENTRIES or size >= PAGE_BYTES:
                break
        return page

    def _activate(self, rules: RuleSet, engine: Engine) -> None:
        """What is at work is saved first, so that versions go on from it, and lets the store go."""
        self._well()
        before = self._rules
        assert before is not None
        try:
            self._close()
            store = self.make_store()
            try:
                activated = engine.activate(store)
                assert activated, "the items are of the rule set that was at work"
                engine.checkpoint()
            except BaseException:
                store.close()
                raise
        except Exception:
            self._return_to(before)
            raise
        self._put_to_work(rules, engine, store)

    def _take(self, rules: RuleSet, engine: Engine, store: Store) -> None:
        at_work, _ = self._well()
        engine.take_over(at_work)
        self._abandon()
        self._put_to_work(rules, engine, store)

    def _put_to_work(self, rules: RuleSet, engine: Engine, store: Store) -> None:
        self._engine, self._store = engine, store
        self._collecting.opened()
        logger().info("store opened", **store.about())
        self._see(rules)

    def _well(self) -> tuple[Engine, Store]:
        """The engine and the store at work; raises with what the store has failed."""
        if self._failure is not None:
            raise self._failure
        assert self._engine is not None
        assert self._store is not None
        return self._engine, self._store

    def _return_to(self, rules: RuleSet) -> None:
        """After a rule set that could not be put to work."""
        self._abandon()
        try:
            self._open_engine(rules)
        except StoreError as error:
            self._store_fails(error)
        except Exception as error:
            self._give_up(error, [])

    def _close(self) -> None:
        try:
            if self._engine is not None:
                self._engine.close()
        finally:
            self._abandon()

    def _end(self) -> None:
        self._ended = True

    # ------------------------------------------------------------------ the store

    def _store_fails(self, error: StoreError) -> None:
        self._counters["store_failures"] += 1
        if self._failure is None:
            self._tell(self._listener.store_failed, error)
        self._failure = error
        self._next_tick = time.monotonic() + self._tick_s

    def _retry_store(self) -> None:
        assert self._rules is not None
        try:
            if self._engine is None or not isinstance(self._failure, STILL_USABLE):
                self._abandon()
                self._open_engine(self._rules)
            assert self._engine is not None
            self._engine.checkpoint()
        except StoreError as error:
            self._store_fails(error)
        else:
            self._failure = None
            self._share(self._engine)
            self._tell(self._listener.store_recovered)

    # ------------------------------------------------------------------ telling

    def _show(self, engine: Engine) -> None:
        self._at = (engine.began, engine.now, engine.applied)
        self._share(engine)

    def _share(self, engine: Engine) -> None:
        """What is new of the warnings goes to the board."""
        feed = engine.feed
        anew = feed is not self._shared
        if anew:
            self._shared, self._shared_lines = feed, 0
        if not anew and len(feed) == self._shared_lines:
            return
        lines = feed[self._shared_lines :]
        self._shared_lines = len(feed)
        issued = {name for name, line in lines if line.kind == ISSUED}
        news = News(
            lines, {name: engine.dossiers[name] for name, _ in lines}, {name: engine.packed_evidence(name) for name in issued}, anew
        )
        self._tell(self._board.post, news)

    def _fail_all(self, works: Iterable[Work], error: Exception) -> None:
        for work in works:
            self._tell(_fail, work.answer, error)

    def _give_up(self, error: BaseException, group: list[Work]) -> None:
        """The engine failed where it may not. What it holds is no longer what its journal says, so it neither goes on nor writes any of it."""
        self._abandon()
        self._fail_all(group, EngineFault(str(error)))
        self._tell(self._listener.engine_failed, error)

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)


def said(answers: Answers) -> dict[str, Any]:
    """What a line of the log says of answers: how many of which status, and the ids of what is worth finding again."""
    return _line(answers.statuses(), answers.found(), answers.others())


def _line(statuses: Mapping[str, int], findings: list[str], others: Iterable[Outcome]) -> dict[str, Any]:
    """`others`: the outcomes that may have more than findings."""
    names: dict[str, list[Any]] = {}
    issued: dict[str, list[str]] = {"findings": findings} if findings else {}
    for outcome in others:
        if outcome.status not in ("accepted", "duplicate", "advanced"):
            names.setdefault(f"{outcome.status}_events", []).append([outcome.source, outcome.id, outcome.wrong_field])
        if outcome.status != "duplicate":
            if outcome.withdrawn:
                issued.setdefault("withdrawn", []).extend([thing["id"] for thing in outcome.withdrawn])
            if outcome.warnings:
                issued.setdefault("warnings", []).extend([thing["id"] for thing in outcome.warnings])
    listed = {name: things[:LISTED_MAX] for name, things in (names | issued).items()}
    return {**statuses, **listed, **{f"{kind}_count": len(things) for kind, things in issued.items() if len(things) > LISTED_MAX}}


def _read(works: Iterable[Work]) -> tuple[list[Given], dict[int, Outcome]]:
    """The events of all works for the engine, in order; and by position those that cannot be read."""
    given: list[Given] = []
    refused: dict[int, Outcome] = {}
    position = 0
    for work in works:
        for event in work.events:
            if isinstance(event, bytes):
                given.append(event)
            else:
                try:
                    given.append(event_dict(event))
                except EventError as error:
                    refused[position] = Outcome("refused", event.source, event.id, error=str(error), wrong_field=error.field)
            position += 1
    return given, refused


def _resolve(answer: asyncio.Future[Any], value: object) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _deliver(answers: Iterable[tuple[asyncio.Future[Any], object]]) -> None:
    for answer, value in answers:
        _resolve(answer, value)
