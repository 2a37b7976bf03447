"""A changed rule folder put to work while the service runs.

In: SIGHUP.  Out: the new rule set at work on the whole history of the store, once its windows are filled from the journal; until then, and where
something is wrong, the old one as before. The log says which.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import rulelang
from proto.rulelang.v1 import rulesets_pb2
from rulelang import model
from rulelang.api import Checked
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
    checked: Checked
    rules: RuleSet | None


class Reloading:
    """One reload at a time; `last` tells how the last one ended, `warming` how far one is that is on its way."""

    def __init__(self, paths: list[str], engine: EngineThread, check: Callable[[model.RuleSet], None]) -> None:
        self._paths = paths
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
        checked = rulelang.check(self._paths)
        if checked.ruleset is None:
            return _Read(checked, None)
        return _Read(checked, RuleSet(checked.ruleset, rulelang.compile_checked(checked)))

    def _say_errors(self, checked: Checked) -> None:
        places = Places(checked.sources, checked.folder)
        errors = []
        for d in checked.errors[:LISTED_MAX]:
            place = places.place(d.span)
            errors.append(f"{place.path}:{place.line}:{place.column}: {d.code} {d.message}")
        logger().error("reload refused", errors=errors, errors_count=len(checked.errors), goes_on_with=self._at_work())
