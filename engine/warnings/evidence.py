"""What a warning rests on, frozen when it is issued: the findings, their events with all their fields, and the rules as they were written.

In: a warning of the fold.  Out: its dossier, and its evidence as it is kept (JSON, compressed), which nothing changes afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.fold import Finding, Fold, Warning_, finding_object
from engine.limits import Limits
from engine.machine import Machine
from engine.stores.packing import pack, unpack
from engine.texts import time_text
from engine.values import Event
from engine.views import warning_object, with_version
from engine.warnings.dossier import Dossier, Key
from engine.warnings.procedure import route_of

Json = dict[str, Any]


class Freezer:
    """Opens dossiers of one program."""

    def __init__(self, machine: Machine, fold: Fold, plan: Json, limits: Limits) -> None:
        self._machine = machine
        self._fold = fold
        self._plan = plan
        self._limits = limits
        self._ladders = {ladder["name"]: ladder for ladder in plan["ladders"]}
        self._rules = {rule["name"]: rule for rule in plan["rules"]}

    def opened(self, warning: Warning_, now_us: int) -> tuple[Dossier, bytes]:
        """The dossier of a warning that is issued now, without lines; and its evidence."""
        fold = self._fold
        grounds = fold.grounds(warning)
        entity = fold.entity_name(warning.entity)
        ladder = self._ladders.get(warning.ladder or "")
        rule = self._rules.get(warning.rule or "")
        rung = None if ladder is None else next(rung for rung in ladder["rungs"] if rung["level"] == warning.level)
        extra = dict(warning.extra)
        declared: Json = ladder or rule or {}
        dossier = Dossier(
            id=warning.id,
            ladder=warning.ladder,
            rule=warning.rule,
            title=declared.get("title") or declared["name"],
            category=declared.get("category") or "",
            entity=entity,
            key=warning.key,
            level=warning.level,
            points=warning.points,
            time_us=warning.time,
            action=None if rung is None else rung["action"],
            rule_set=self._plan["hash"],
            issued_us=now_us,
            about=self._concerned(warning, [finding for finding, _ in grounds]),
            places=tuple((fold.entity_name(of), key) for of, key in fold.belongs(warning.entity, warning.key, warning.time)),
            grounds=tuple(finding.id for finding, _ in grounds),
            route=route_of(self._plan, declared["procedure"], warning.level, bool(extra.get("approval")), rung),
        )
        return dossier, packed(self._evidence(warning, grounds, ladder, now_us))

    def _concerned(self, warning: Warning_, findings: list[Finding]) -> tuple[Key, ...]:
        """Whom the warning is about, and whom the findings are about that it rests on."""
        fold = self._fold
        keys = {(fold.entity_name(warning.entity), warning.key): None}
        for finding in findings:
            keys.update({(fold.entity_name(of), key): None for of, key in finding.about if key is not None})
        return tuple(keys)

    def _evidence(self, warning: Warning_, grounds: list[tuple[Finding, float | None]], ladder: Json | None, now_us: int) -> Json:
        fold = self._fold
        kept = grounds[-self._limits.frozen_findings_max :]
        events: dict[tuple[str, str, int], Json] = {}
        left_out = 0
        findings = []
        for finding, points in reversed(kept):
            findings.append({**with_version(finding_object(fold, finding), finding), "counted": points})
            for event in fold.evidence(finding):
                name = (event.source, event.id, event.rank)
                if name in events:
                    continue
                if len(events) >= self._limits.frozen_events_max:
                    left_out += 1
                else:
                    events[name] = self._event(event)
        rules = [self._rules[name] for name in dict.fromkeys(finding.rule.name for finding, _ in kept)]
        return {
            "rule_set": self._plan["hash"],
            "frozen": time_text(now_us),
            "warning": with_version(warning_object(fold, warning), warning),
            "ladder": None if ladder is None else {"name": ladder["name"], "text": ladder["text"]},
            "rules": [{name: rule[name] for name in ("name", "title", "category", "reference", "text")} for rule in rules],
            "findings": findings[::-1],
            "findings_left_out": len(grounds) - len(kept),
            "events": sorted(events.values(), key=lambda event: (event["time"], event["source"], event["id"])),
            "events_left_out": left_out,
        }

    def _event(self, event: Event) -> Json:
        """An event with all its fields, keys as they were spelled."""
        declared = self._plan["types"][event.type]
        shown: Json = {"type": declared["name"], "source": event.source, "id": event.id, "time": time_text(event.time)}
        for field in declared["fields"]:
            value = event.value(field["raw_slot"] if field["raw_slot"] >= 0 else field["slot"])
            if value is not None:
                shown[field["name"]] = _shown(field["kind"], value)
        return shown


def _shown(kind: str, value: Any) -> object:
    """A value as an event has it in JSON."""
    if kind == "time":
        return time_text(value)
    if kind == "duration":
        return value / 1_000_000
    return value


def packed(evidence: Mapping[str, Any]) -> bytes:
    """As it is kept."""
    return pack(json.dumps(evidence, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def unpacked(kept: bytes) -> Json:
    """What `packed` was given; nothing where nothing is kept."""
    found: Json = json.loads(unpack(kept)) if kept else {}
    return found
