"""The service `RuleSets`, and how a rule set and what is wrong with one are told.

In: the rule set at work; rule files as text.  Out: messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import rulelang
from proto.rulelang.v1 import rulesets_pb2, rulesets_pb2_grpc
from rulelang.api import Checked
from rulelang.cached.building import Building
from rulelang.diagnostics import Diagnostic, in_order
from rulelang.effective import Outline, look_back
from rulelang.lint import lint
from rulelang.render.places import Place, Places
from services.server.backfill import Warming
from services.server.edge import Call
from services.server.engine_thread import Seen
from services.server.errors import WrongRequest
from services.server.stamps import timestamp


class RuleSets(rulesets_pb2_grpc.RuleSetsServicer):  # type: ignore[misc]
    """Handlers; see `edge` for what they are called with. One check runs at a time, so that checks cannot take the processor from events."""

    def __init__(
        self, seen: Callable[[], Seen], last_reload: Callable[[], rulesets_pb2.Reload | None], warming: Callable[[], Warming | None]
    ) -> None:
        self._seen = seen
        self._last_reload = last_reload
        self._warming = warming
        self._checks = ThreadPoolExecutor(1, "check")

    async def Describe(self, request: rulesets_pb2.DescribeRequest, call: Call) -> rulesets_pb2.DescribeResponse:
        seen = self._seen()
        call.said.update(rule_set=seen.rules.declared.hash)
        return rulesets_pb2.DescribeResponse(
            rule_set=rule_set(seen.rules.declared, seen.began_us),
            since=timestamp(round(seen.since_s * 1_000_000)),
            last_reload=self._last_reload(),
            clock=None if seen.clock_us is None else timestamp(seen.clock_us),
            counters=seen.counters,
            history_since=None if seen.began_us is None else timestamp(seen.began_us),
            warming=_warming(self._warming(), seen.rules.declared),
        )

    async def Check(self, request: rulesets_pb2.CheckRequest, call: Call) -> rulesets_pb2.CheckResponse:
        files: dict[str, bytes] = {}
        for number, file in enumerate(request.files):
            if file.name in files:
                raise WrongRequest(f"two files are named {file.name!r}", field=f"files[{number}].name")
            files[file.name] = file.text.encode()
        call.said.update(files=len(files))
        return await asyncio.get_running_loop().run_in_executor(self._checks, check, files)

    def close(self) -> None:
        self._checks.shutdown(wait=False, cancel_futures=True)


def check(files: dict[str, bytes]) -> rulesets_pb2.CheckResponse:
    """What `rulelang check` says of the same files."""
    checked = rulelang.check_files(files)
    found = in_order([*checked.diagnostics, *lint(checked)])
    return rulesets_pb2.CheckResponse(
        accepted=checked.ruleset is not None,
        hash="" if checked.ruleset is None else checked.ruleset.hash,
        diagnostics=diagnostics(found, checked),
    )


def diagnostics(found: Iterable[Diagnostic], checked: Checked | Building) -> list[rulesets_pb2.Diagnostic]:
    """The fields of `rulelang check --format json`."""
    places = Places(checked.sources, checked.folder)
    return [
        rulesets_pb2.Diagnostic(
            code=d.code,
            severity=d.severity,
            message=d.message,
            remedy=d.remedy,
            related=[rulesets_pb2.RelatedPlace(message=r.message, **_place(places.place(r.span))) for r in d.related],
            **_place(places.place(d.span)),
        )
        for d in found
    ]


def _place(place: Place) -> dict[str, Any]:
    ends = {"line": place.line, "column": place.column, "end_line": place.end_line, "end_column": place.end_column}
    return {"file": place.path, **ends}


def _warming(warming: Warming | None, at_work: Outline) -> rulesets_pb2.Warming | None:
    if warming is None:
        return None
    known = {rule.name for rule in at_work.rules}
    return rulesets_pb2.Warming(
        hash=warming.rules.declared.hash,
        began=timestamp(round(warming.began_s * 1_000_000)),
        entries=warming.entries,
        entries_max=warming.entries_max,
        new_rules=[rule.name for rule in warming.rules.declared.rules if rule.name not in known],
    )


def rule_set(declared: Outline, began_us: int | None) -> rulesets_pb2.RuleSet:
    """What it declares, and since when its windows are whole where the first events were accepted at `began_us`. Event types that no upstream may send are left out."""
    reach = look_back(declared)

    def whole_since(reach_us: int) -> Any:
        return timestamp(began_us + reach_us) if reach_us and began_us is not None else None

    return rulesets_pb2.RuleSet(
        hash=declared.hash,
        timezone=declared.timezone,
        rules=[
            rulesets_pb2.Rule(
                name=r.name,
                title=r.title,
                category=r.category,
                state=r.state,
                level=r.level,
                reference=r.reference,
                owner=r.owner,
                whole_since=whole_since(reach.rules[r.name]),
            )
            for r in declared.rules
        ],
        ladders=[
            rulesets_pb2.Ladder(
                name=ladder.name,
                entity=ladder.entity,
                rungs=[rulesets_pb2.Rung(level=rung.level, at=rung.at, action=rung.action) for rung in ladder.rungs],
                whole_since=whole_since(reach.ladders[ladder.name]),
            )
            for ladder in declared.ladders
        ],
        entities=[rulesets_pb2.Entity(name=entity.name, parent=entity.parent) for entity in declared.entities],
        event_types=[
            rulesets_pb2.EventType(
                name=event.name,
                fields=[
                    rulesets_pb2.Field(name=f.name, kind=f.type.kind.value, entity=f.type.entity, unit=f.type.unit) for f in event.fields
                ],
            )
            for event in declared.events
            if not event.derived
        ],
    )
