"""The service put together: the one place where classes meet, and where it starts and ends.

In: settings, the paths of the rules and the rule set read from them.  Out: it serves until SIGTERM or SIGINT (SIGHUP: the rules are read
again), and gives an exit code: 0, or 3 where the engine failed.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_NAME
from grpc_reflection.v1alpha import reflection

from engine import Engine
from engine import limits as bounds
from engine.stores import make_store
from engine.stores.interface import Store, StoreError
from engine.stores.memory import MemoryStore
from proto.rulelang.v1 import channels_pb2_grpc, rulesets_pb2_grpc, warnings_pb2_grpc
from rulelang.effective import Outline
from services.channels.declared import Channels, ChannelsError, load_channels
from services.channels.desk import World
from services.channels.outbox import Outbox, StoreAsides
from services.logs import LISTED_MAX, logger
from services.people import People, PeopleError, load_people, unmet
from services.report.gather import unit_entity
from services.secret import SecretError, beside, own_secret
from services.server.admission import Admission
from services.server.board import Board
from services.server.channels import Channels as ChannelsService
from services.server.collecting import Collecting
from services.server.copies import Copies
from services.server.deadlines import Deadlines
from services.server.edge import Edge
from services.server.engine_thread import EngineThread, RuleSet, Seen
from services.server.evaluation import Evaluation
from services.server.health import CHANNELS, EVALUATION, RULE_SETS, WARNINGS, Health
from services.server.reload import CannotServe, Reloading
from services.server.rulesets import RuleSets
from services.server.waiting import Waiting
from services.server.warnings import Warnings
from services.settings import Settings

WELL, FAULT = 0, 3
FLUSH_S = 1.0
"""How long the last answers may take to leave, once all calls have ended."""
UNSAVED_EVENTS_MAX = 2_000
UNSAVED_SHARED_EVENTS_MAX = 10_000
"""After so many events the engine writes a checkpoint, for which calls wait: often, so that they do not wait long. On a shared store other replicas
save, too, and what one has saved the others need not."""
UNCOUNTED_CALLS = 64
"""Calls beside those that are counted: health checks, reflection, and those on their way to being refused."""


class CannotListen(Exception):
    """The address cannot be listened at; the text says why."""


def system_clock() -> int:
    return time.time_ns() // 1000


class Service:
    """One service. `run` is called once; `stop` and `reload` are what the signals do."""

    def __init__(
        self, settings: Settings, paths: list[str], rules: RuleSet, wall_clock: Callable[[], int] = system_clock, *, in_charge: bool = False
    ) -> None:
        """`wall_clock`: microseconds since 1970, UTC; another clock than the machine's is for demonstrations and tests. `in_charge`: the process
        is the service's own, and its cycle collector may be set."""
        loop = asyncio.get_running_loop()
        limits = settings.limits
        self._settings = settings
        self._secret = settings.secret
        self._wall_clock = wall_clock
        self._rules = rules
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._hurry = asyncio.Event()
        self._reload_wanted = asyncio.Event()
        self._exit_code = WELL
        self.admission = Admission(limits.calls_max, limits.streams_max, limits.watchers_max)
        self.board = Board()
        self.waiting = Waiting(loop, limits.queue_events_max, limits.group_events_max)
        collecting = Collecting(in_charge)
        make_store = store_maker(settings.store)
        copies = Copies(settings.copy, settings.copy_every_s)
        self.engine = EngineThread(loop, self.waiting, settings.tick_s, make_store, self._make_engine, self, collecting, self.board, copies)
        self._health = Health()
        asides = StoreAsides(self.engine.with_store, make_store().shared)
        self._channels = self._read_channels()
        self.outbox = Outbox(World(self.board, asides, wall_clock, self._zone, self._unit, settings.tick_s, limits))
        self.reloads = Reloading(paths, settings.cache, self.engine, self._check_secret)
        self._rule_sets = RuleSets(self._seen, lambda: self.reloads.last, lambda: self.reloads.warming)
        people = self._people()
        self._server = aio.server(
            maximum_concurrent_rpcs=limits.calls_max + limits.streams_max + limits.watchers_max + UNCOUNTED_CALLS,
            options=[
                ("grpc.max_receive_message_length", limits.message_bytes_max),
                ("grpc.max_send_message_length", -1),  # an answer is as long as what was found
                ("grpc.so_reuseport", 0),  # or a second service at the same address would take half of the calls
            ],
        )
        self._edge = Edge(self._server, self.admission, Deadlines(loop), limits.deadline_s, people)
        Evaluation(self.waiting, self.admission, limits).add_to(self._edge)
        rulesets_pb2_grpc.add_RuleSetsServicer_to_server(self._rule_sets, self._edge)
        warnings = Warnings(self.board, self.engine, self.admission, limits)
        warnings_pb2_grpc.add_WarningsServicer_to_server(warnings, self._edge)
        channels_pb2_grpc.add_ChannelsServicer_to_server(ChannelsService(self.outbox, self.board), self._edge)
        health_pb2_grpc.add_HealthServicer_to_server(self._health.servicer, self._server)
        ours = (EVALUATION, RULE_SETS, WARNINGS, CHANNELS)
        reflection.enable_server_reflection((*ours, HEALTH_NAME, reflection.SERVICE_NAME), self._server)

    async def run(self, listening: Callable[[str], None]) -> int:
        """Serve until told to stop. `listening` is told the address. Raises CannotListen, CannotServe, StoreError: nothing was served."""
        self._check_secret(self._rules.declared)
        self._check_copy()
        address = self._bind()
        try:
            await self.engine.start(self._rules)
        except BaseException:
            await self._server.stop(0)
            await self.engine.stop()
            raise
        await self._health.serving()
        self._say_unmet()
        await self._server.start()
        await self.outbox.change(self._channels)
        logger().info("serving", address=address, rule_set=self._rules.declared.hash, rules=len(self._rules.declared.rules))
        listening(address)
        reloads = asyncio.create_task(self._reload_when_told())
        await self._ending.wait()
        reloads.cancel()
        await self._drain(reloads)
        return self._exit_code

    # ------------------------------------------------------------------ the engine's thread tells

    def store_failed(self, error: StoreError) -> None:
        logger().error("the store fails", error=str(error))
        self._soon(self._health.store_failed())

    def store_recovered(self) -> None:
        logger().info("the store is well again")
        self._soon(self._health.serving())

    def engine_failed(self, error: BaseException) -> None:
        logger().critical("a fault of the program: the engine failed, and the service ends", exc_info=error)
        self._exit_code = FAULT
        self._ending.set()  # calls at work end at once: the engine's thread answers each with the fault

    # ------------------------------------------------------------------ starting

    def _make_engine(self, rules: RuleSet, store: Store) -> Engine:
        tolerance_us = round(self._settings.future_tolerance_s * 1_000_000)
        return Engine(
            rules.program,
            store=store,
            clock="system",
            secret=self._secret or b"",  # none: nothing is drawn
            tolerance_us=tolerance_us,
            limits=replace(bounds.DEFAULT, unsaved_events_max=UNSAVED_SHARED_EVENTS_MAX if store.shared else UNSAVED_EVENTS_MAX),
            wall_clock=self._wall_clock,
            life_cycle=True,
        )

    def _people(self) -> People:
        """Those of the file, as it is now. Raises CannotServe."""
        try:
            return load_people(self._settings.people)
        except PeopleError as error:
            raise CannotServe(str(error)) from error

    def _say_unmet(self) -> None:
        """A role that is misspelt, in the rules or in the list of people, shows here before somebody waits for a step in vain."""
        if self._settings.people is None:
            return
        steps, roles = unmet(self._edge.people, self._seen().rules.declared.procedures)
        if steps:
            logger().warning("steps that nobody has a role for", steps=steps[:LISTED_MAX], steps_count=len(steps))
        if roles:
            logger().warning("roles that no step asks for", roles=roles[:LISTED_MAX], roles_count=len(roles))

    def _read_channels(self) -> Channels:
        """Those of the file, as it is now. Raises CannotServe."""
        try:
            return load_channels(self._settings.channels)
        except ChannelsError as error:
            raise CannotServe(str(error)) from error

    def _zone(self) -> str:
        return self._seen().rules.declared.timezone

    def _unit(self) -> str | None:
        return unit_entity(self._seen().rules.declared)

    def _check_secret(self, declared: Outline) -> None:
        drawn = [rule.name for rule in declared.rules if rule.sampled and rule.state != "disabled"]
        if not drawn or self._secret is not None:
            return
        try:
            self._secret = own_secret(self._settings.store)
        except SecretError as error:
            raise CannotServe(str(error)) from error
        if self._secret is None:
            raise CannotServe(
                f"{drawn[0]} draws a sample: give all services on this store the same secret (secret_file, RULELANG_SECRET_FILE), "
                "which those drawn must not know"
            )
        logger().info("spot checks are drawn under a secret of the service's own", file=str(beside(self._settings.store) or "in memory"))

    def _check_copy(self) -> None:
        if self._settings.copy is None:
            return
        scheme, _, path = self._settings.store.partition(":")
        if scheme != "sqlite":
            raise CannotServe("copy.file: only a SQLite store is copied by its service; others are read, and copied, beside it")
        if self._settings.copy.resolve() == Path(path).resolve():
            raise CannotServe("copy.file: is the store itself")

    def _bind(self) -> str:
        """The address, once it is ours."""
        host, _, _ = self._settings.listen.rpartition(":")
        tls = self._settings.tls
        try:
            if tls is None:
                port = self._server.add_insecure_port(self._settings.listen)
            else:
                pair = ((tls.key, tls.certificate),)
                credentials = grpc.ssl_server_credentials(pair, tls.client_ca, require_client_auth=tls.client_ca is not None)
                port = self._server.add_secure_port(self._settings.listen, credentials)
        except RuntimeError as error:
            raise CannotListen(_why_not(self._settings)) from error
        return f"{host}:{port}"

    def _seen(self) -> Seen:
        assert self.engine.seen is not None  # the server starts after the engine
        return self.engine.seen

    # ------------------------------------------------------------------ signals

    def listen_to_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        self._loop.add_signal_handler(signal.SIGHUP, self.reload)

    def stop(self) -> None:
        """Let the calls at work end, and end; told again: cut them off."""
        logger().info("told to stop", again=self._ending.is_set())
        if self._ending.is_set():
            self._hurry.set()
        self._ending.set()

    def reload(self) -> None:
        """Read the rules again; told while it does: once more."""
        self._reload_wanted.set()

    async def _reload_when_told(self) -> None:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            try:
                self._edge.people = await asyncio.to_thread(self._people)
            except CannotServe as error:
                logger().error("the list of people is left as it was", error=str(error))
            try:
                await self.outbox.change(await asyncio.to_thread(self._read_channels))
            except CannotServe as error:
                logger().error("the channels are left as they were", error=str(error))
            await self.reloads.reload()
            self._say_unmet()

    # ------------------------------------------------------------------ ending

    async def _drain(self, reloads: asyncio.Task[None]) -> None:
        """Health first; then nobody new; calls at work end; the store is closed. Told a second time, or out of time: calls are cut off."""
        await self._health.stopping()
        self.admission.stopping.set()
        hurry = asyncio.create_task(self._hurry.wait())
        emptied = asyncio.create_task(self.admission.emptied(self._settings.limits.drain_s))
        await asyncio.wait((hurry, emptied), return_when=asyncio.FIRST_COMPLETED)
        cut_off = not (emptied.done() and emptied.result())
        hurry.cancel()
        emptied.cancel()
        await self._server.stop(0 if cut_off else FLUSH_S)
        self._rule_sets.close()
        await asyncio.gather(reloads, return_exceptions=True)
        await self.outbox.stop()
        try:
            await self.engine.stop()
        except StoreError as error:
            logger().error("the store could not be brought up to date; the next start reads more of the journal", error=str(error))
        logger().info("ended", cut_off=cut_off, exit_code=self._exit_code)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def store_maker(url: str) -> Callable[[], Store]:
    """Gives the same store again and again, also where it is kept in this process: a reload goes on with what was there."""
    if url == "memory:":
        kept = MemoryStore(durable=True)
        return lambda: kept
    return lambda: make_store(url)


def _why_not(settings: Settings) -> str:
    """gRPC does not say what is wrong with an address, so it is tried again without it."""
    host, _, port = settings.listen.rpartition(":")
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as error:
        return f"listen: {settings.listen}: {error.strerror}"
    if settings.tls is not None:
        return "tls: the certificate, its key and the authorities (tls.certificate, tls.key, tls.client_ca) do not fit, or are no PEM"
    return f"listen: {settings.listen}: cannot be listened at"


async def serve(settings: Settings, paths: list[str], rules: RuleSet, listening: Callable[[str], None]) -> int:
    """Make a service and run it until a signal ends it; see `Service.run`."""
    service = Service(settings, paths, rules, in_charge=True)
    service.listen_to_signals()
    return await service.run(listening)
