"""All rules and ladders over all events: layers, points, levels, warnings.

In: a rule set and events in the order of arrival.  Out: the findings and warnings that stand, as the JSON objects of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rulelang import model
from tests.reference.events import ACTS, Arrivals, Decoder, Event, Json, derived
from tests.reference.findings import Finding, findings_of, identity
from tests.reference.history import key_in, within_window
from tests.reference.texts import number, time_text
from tests.reference.values import Names

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Level:
    """How a key stands on a ladder; `level` None: below the first rung."""

    ladder: str
    level: str | None
    points: float


@dataclass(frozen=True, slots=True)
class Warning_:
    """`ladder` None: of a rule with a level; `rule` None: of a ladder. `rungs`: levels jumped over, rising."""

    id: str
    ladder: str | None
    rule: str | None
    entity: str
    key: str
    level: str
    points: float | None
    time: int
    finding: str
    jumped: tuple[str, ...] = ()
    action: str | None = None
    approval: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """Points of a finding on a ladder, for a key."""

    finding: Finding
    key: str
    points: Fraction


class World:
    """What follows from the events, the clock and the rule set. 'Findings and warnings are a pure function of (E, now, rule set).'"""

    def __init__(
        self,
        ruleset: model.RuleSet,
        events: Iterable[Json] | Arrivals,
        now: int | None = None,
        secret: bytes = b"",
        mark: Callable[[Json], str] | None = None,
    ) -> None:
        """`events`: in the order of their arrival, or what became of them. `now` None: the time of the latest event. `mark`: see `Decoder`."""
        self.ruleset = ruleset
        self.names = Names(ruleset)
        self.secret = secret
        self.arrivals = events if isinstance(events, Arrivals) else Decoder(ruleset, self.names.clock, mark).arrive(events)
        self.received = sorted(self.arrivals.accepted, key=lambda event: event.order)
        self.now = max((event.time for event in self.received), default=0) if now is None else now
        # 'Rules over `finding` see the findings of rules that are not themselves over `finding` or `warning`.'
        first = self._findings(0, self.received)
        seen = [self._finding_event(finding) for finding in first if finding.rule.state == "enabled"]
        with_findings = in_order([*self.received, *seen])
        second = self._findings(1, with_findings)
        # 'Rules over `warning` see those of ladders and of all rules that are not over `warning`, and give no points.'
        self.credited = [finding for finding in (*first, *second) if finding.rule.state == "enabled" and finding.points]
        warnings = [warning for ladder in ruleset.ladders for warning in self._ladder_warnings(ladder)]
        warnings += [warning for finding in (*first, *second) for warning in rule_warnings(finding)]
        with_warnings = in_order([*with_findings, *map(warning_event, warnings)])
        third = self._findings(2, with_warnings)
        self.findings = [*first, *second, *third]
        self.warnings = warnings + [warning for finding in third for warning in rule_warnings(finding)]

    def standing(self) -> list[Object]:
        """'What stands at the end, ordered by time, kind, rule or ladder, entity, key, id.'"""
        ordered = [(order(f.time, "finding", f.rule.name, f.entity, f.key, f.id), finding_object(f)) for f in self.findings]
        ordered += [(order(w.time, "warning", w.ladder or w.rule or "", w.entity, w.key, w.id), warning_object(w)) for w in self.warnings]
        return [shown for _, shown in sorted(ordered, key=lambda pair: pair[0])]

    def levels(self, entity: str, key: str, at: int) -> list[Level]:
        """How a key stands on the ladders of its entity. 'Levels fall as points leave the window, without a warning.'"""
        found = []
        for ladder in self.ruleset.ladders:
            if ladder.entity == entity:
                total = self._total(ladder, self.credits_of(ladder, key), at, with_moment=True)
                reached = rung_at(ladder, total)
                found.append(Level(ladder.name, ladder.rungs[reached].level if reached >= 0 else None, total))
        return found

    def credits_of(self, ladder: model.Ladder, key: str) -> list[Credit]:
        """The points that a ladder counts for a key, whenever."""
        return [credit for credit in self._credits(ladder) if credit.key == key]

    def _findings(self, layer: int, events: Sequence[Event]) -> list[Finding]:
        rules = [rule for rule in self.ruleset.rules if rule.layer == layer]
        return [finding for rule in rules for finding in findings_of(self.names, rule, events, self.now, self.secret)]

    def _finding_event(self, finding: Finding) -> Event:
        """'`finding` (source `rulelang`, at the finding's time), with rule, category, points, level, and by entity name the about keys, else
        the scope's, else those that the anchor event carries.'"""
        rule = finding.rule
        keys: dict[str, str | None] = {}
        for entity in self.names.entities:
            scope = key_of_entity(finding, entity)
            carried = key_in(self.names, (model.ScopeKey(entity, None),), finding.anchor.event)
            keys[entity] = finding.about.get(entity) or scope or (carried[0] if carried else None)
        said = {"rule": rule.name, "category": rule.category, "points": finding.points, "level": rule.level, **keys}
        return derived("finding", finding.time, finding.id, rule.name, finding.key, said)

    # -------------------------------------------------------------- ladders

    def _credits(self, ladder: model.Ladder) -> list[Credit]:
        """'A finding about an officer counts for the officer's ladders and, through `in`, for those of the unit and above, times the ladder's
        `weight` (once per ladder key; direct beats rolled up).'"""
        found = []
        for finding in self.credited:
            if ladder.categories and not any((finding.rule.category or "").startswith(prefix) for prefix in ladder.categories):
                continue
            points = Fraction(finding.points or 0)
            weights: dict[str, Fraction] = {}
            for entity, key in finding.about.items():
                above = self._above(entity, key, finding.time)
                for rolled_entity, rolled_key in above:
                    if rolled_entity == ladder.entity:
                        weights.setdefault(rolled_key, Fraction(ladder.weight))
            for entity, key in finding.about.items():
                if entity == ladder.entity and key is not None:
                    weights[key] = Fraction(1)
            found += [Credit(finding, key, points * weight) for key, weight in weights.items() if points * weight > 0]
        return found

    def _above(self, entity: str, key: str | None, time_us: int) -> list[tuple[str, str]]:
        """What an entity's key belongs to, and what that belongs to, at a time."""
        found = []
        while key is not None and (parent := self.names.entities[entity].parent) is not None:
            key = self._parent_key(entity, parent, key, time_us)
            entity = parent
            if key is not None:
                found.append((entity, key))
        return found

    def _parent_key(self, entity: str, parent: str, key: str, time_us: int) -> str | None:
        """'The unit is the one in the latest event (of the types after `from`, if given), up to the finding's time, that carries both.'"""
        sources = self.names.entities[entity].sources
        own, above = (model.ScopeKey(entity, None),), (model.ScopeKey(parent, None),)
        for event in reversed(self.received):
            if event.type in ACTS:  # 'which carry the keys that were right when their warning was issued'
                continue
            if event.time <= time_us and (not sources or event.type in sources) and key_in(self.names, own, event) == (key,):
                unit = key_in(self.names, above, event)
                if unit is not None:
                    return unit[0]
        return None

    def _total(self, ladder: model.Ladder, credits: Sequence[Credit], at: int, *, with_moment: bool) -> float:
        """'Points accumulate over its window `(t - w, t]` by the finding's time.' 'Summed exactly and rounded once.'"""
        total = Fraction(0)
        for credit in credits:
            stand_in = Event("", credit.finding.time, "", "", {}, {}, (0, "", ""))
            counts = within_window(self.names, ladder.window, 0, stand_in, at)
            if counts and (with_moment or credit.finding.time != at):
                total += credit.points
        return float(total)

    def _ladder_warnings(self, ladder: model.Ladder) -> list[Warning_]:
        """'Findings of one time count together: where they lift the level above what the window holds at that time without them, one warning
        of the new level is issued (also after it had fallen in between; a rung jumped over is named in it).'"""
        found = []
        credits = self._credits(ladder)
        for key in dict.fromkeys(credit.key for credit in credits):
            own = [credit for credit in credits if credit.key == key]
            for time_us in dict.fromkeys(credit.finding.time for credit in own):
                total = self._total(ladder, own, time_us, with_moment=True)
                before = rung_at(ladder, self._total(ladder, own, time_us, with_moment=False))
                after = rung_at(ladder, total)
                if after <= before:
                    continue
                rung = ladder.rungs[after]
                # 'A ladder warning's `finding` is the last, in order (rule, key), of those at its time that gave points.'
                at_once = [credit.finding for credit in own if credit.finding.time == time_us]
                last = max(at_once, key=lambda finding: (finding.rule.name, ranked(finding.key), finding.id))
                found.append(
                    Warning_(
                        id=identity(["ladder", ladder.name, key, time_us, rung.level]),
                        ladder=ladder.name,
                        rule=None,
                        entity=ladder.entity,
                        key=key,
                        level=rung.level,
                        points=total,
                        time=time_us,
                        finding=last.id,
                        jumped=tuple(jumped.level for jumped in ladder.rungs[before + 1 : after]),
                        action=rung.action,
                    )
                )
        return found


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events in the order of the language."""
    return sorted(events, key=lambda event: event.order)


def key_of_entity(finding: Finding, entity: str) -> str | None:
    """The component of the scope's key that is of the entity."""
    keys = finding.rule.scopes[0].keys if finding.rule.scopes else ()
    values = finding.key if isinstance(finding.key, list) else [finding.key]
    return next((value for key, value in zip(keys, values, strict=False) if key.entity == entity), None)


def rung_at(ladder: model.Ladder, total: float) -> int:
    """'The level is the highest rung reached'; -1: none."""
    return max((index for index, rung in enumerate(ladder.rungs) if total >= rung.at), default=-1)


def rule_warnings(finding: Finding) -> list[Warning_]:
    """'A rule with `level` issues a warning of that level for each finding and each key it is about, besides the ladders. A `shadow` rule's
    findings give no warnings.'"""
    rule = finding.rule
    if rule.level is None or rule.state != "enabled":
        return []
    return [
        Warning_(
            id=identity(["rule", finding.id, entity, key]),
            ladder=None,
            rule=rule.name,
            entity=entity,
            key=key,
            level=rule.level,
            points=finding.points,
            time=finding.time,
            finding=finding.id,
            approval=rule.approval,
        )
        for entity, key in finding.about.items()
        if key is not None
    ]


def warning_event(warning: Warning_) -> Event:
    """'`warning` events carry `rule` (null for ladders) and `ladder` (null for rules), level, points, and the key of the one entity.'"""
    said = {"ladder": warning.ladder, "rule": warning.rule, "level": warning.level, "points": warning.points, warning.entity: warning.key}
    return derived("warning", warning.time, warning.id, warning.ladder or warning.rule or "", warning.key, said)


# ------------------------------------------------------------------ as JSON


def ranked(value: object) -> tuple[int, Any]:
    """'None before text; a list compares as list, after text.'"""
    if value is None:
        return (0, "")
    return (2, value) if isinstance(value, list) else (1, value)


def order(time_us: int, kind: str, name: str, entity: object, key: object, id_: str) -> tuple[Any, ...]:
    """What `.standing()` is sorted by."""
    return (time_us, kind, name, ranked(entity), ranked(key), id_)


def finding_object(finding: Finding) -> Object:
    """A finding as `replay` writes it."""
    shown: Object = {
        "kind": "finding",
        "status": "issued",
        "id": finding.id,
        "rule": finding.rule.name,
        "entity": finding.entity,
        "key": finding.key,
        "time": time_text(finding.time),
        "about": {entity: key for entity, key in finding.about.items() if key is not None},
        "points": None if finding.points is None else number(finding.points),
        "level": finding.rule.level,
        "events": finding.events,
        "message": finding.message,
    }
    if finding.note is not None:
        shown["note"] = finding.note
    if finding.rule.state == "shadow":
        shown["shadow"] = True
    return shown


def warning_object(warning: Warning_) -> Object:
    """A warning as `replay` writes it."""
    shown: Object = {
        "kind": "warning",
        "status": "issued",
        "id": warning.id,
        "ladder": warning.ladder,
        "rule": warning.rule,
        "entity": warning.entity,
        "key": warning.key,
        "level": warning.level,
        "points": None if warning.points is None else number(warning.points),
        "time": time_text(warning.time),
        "finding": warning.finding,
    }
    if warning.jumped:
        shown["jumped"] = list(warning.jumped)
    if warning.action is not None:
        shown["action"] = warning.action
    if warning.approval:
        shown["approval"] = True
    return shown


def standing(ruleset: model.RuleSet, events: Iterable[Json], now: int | None = None, secret: bytes = b"") -> list[Object]:
    """The findings and warnings that stand."""
    return World(ruleset, events, now, secret).standing()
