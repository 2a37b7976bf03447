"""A changed rule folder put to work while the service runs.

In: SIGHUP.  Out: the new rule set at work on the whole history of the store, once its windows are filled from the journal; until then, and where
something is wrong, the old one as before. The log says which.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import rulelang
from proto.rulelang.v1 import rulesets_pb2
from rulelang.api import Checked
from rulelang.cached.building import Building
from rulelang.cached.folder import CacheError, Folder
from rulelang.effective import Outline, outline
from rulelang.render.places import Places
from services.logs import LISTED_MAX, logger
from services.server.backfill import Backfill, Warming
from services.server.engine_thread import EngineThread, RuleSet
from services.server.rulesets import diagnostics
from services.server.stamps import timestamp


class CannotServe(Exception):
    """A rule set that checks, but that this service cannot run; the text says why."""


@dataclass(frozen=True, slots=True)
class _Read:
    checked: Checked | Building
    rules: RuleSet | None


class Reloading:
    """One reload at a time; `last` tells how the last one ended, `warming` how far one is that is on its way."""

    def __init__(self, paths: list[str], cache: Path | None, engine: EngineThread, check: Callable[[Outline], None]) -> None:
        self._paths = paths
        self._cache = cache
        self._engine = engine
        self._check = check
        self._backfill: Backfill | None = None
        self.last: rulesets_pb2.Reload | None = None

    @property
    def warming(self) -> Warming | None:
        return None if self._backfill is None else self._backfill.warming

    async def reload(self) -> None:
        began = time.time()
        told = rulesets_pb2.Reload(time=timestamp(round(began * 1_000_000)))
        try:
            read = await asyncio.to_thread(self._read)
            told.diagnostics.extend(diagnostics(read.checked.errors, read.checked))
            if read.rules is None:
                self._say_errors(read.checked)
            else:
                told.hash = read.rules.declared.hash
                await self.replace(read.rules)
                told.accepted = True
        except Exception as error:
            told.error = f"{type(error).__name__}: {error}"
            logger().error("reload refused", rule_set=told.hash or None, exc_info=error, goes_on_with=self._at_work())
        self.last = told

    def _at_work(self) -> str:
        assert self._engine.seen is not None
        return self._engine.seen.rules.declared.hash

    async def replace(self, rules: RuleSet) -> None:
        """Put another rule set to work, made ready beside the one at work; or raise, and that one goes on."""
        self._check(rules.declared)
        began, before = time.monotonic(), self._at_work()
        if rules.declared.hash == before:
            logger().info("reload: nothing has changed", rule_set=before)
            return
        await self._back_filled(rules)
        took_s = round(time.monotonic() - began, 3)
        logger().info("reloaded", rule_set=rules.declared.hash, before=before, rules=len(rules.declared.rules), took_s=took_s)

    async def _back_filled(self, rules: RuleSet) -> None:
        self._backfill = Backfill(rules, self._engine)
        running = asyncio.create_task(asyncio.to_thread(self._backfill.run))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:  # the service ends
            self._backfill.abandon()
            await asyncio.gather(running, return_exceptions=True)
            raise
        finally:
            self._backfill = None

    def _read(self) -> _Read:
        cache = self._folder()
        if cache is not None:
            building = rulelang.compile_with_cache(self._paths, cache)
            if building.built is None:
                return _Read(building, None)
            logger().info("compiled", files=building.built.files, anew=len(building.built.anew))
            return _Read(building, RuleSet(building.built.outline, building.built.program))
        checked = rulelang.check(self._paths)
        if checked.ruleset is None:
            return _Read(checked, None)
        return _Read(checked, RuleSet(outline(checked.ruleset), rulelang.compile_checked(checked)))

    def _folder(self) -> Folder | None:
        """What keeps what was compiled. Where it cannot be used, everything is compiled: a reload never waits for it."""
        if self._cache is None:
            return None
        try:
            return Folder(self._cache, lambda text: logger().warning("cache", said=text))
        except CacheError as error:
            logger().warning("cache", said=str(error))
            return None

    def _say_errors(self, checked: Checked | Building) -> None:
        places = Places(checked.sources, checked.folder)
        errors = []
        for d in checked.errors[:LISTED_MAX]:
            place = places.place(d.span)
            errors.append(f"{place.path}:{place.line}:{place.column}: {d.code} {d.message}")
        logger().error("reload refused", errors=errors, errors_count=len(checked.errors), goes_on_with=self._at_work())
