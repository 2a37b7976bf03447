"""What a bulletin says, gathered from an engine.

In: an engine that holds events and perhaps the life cycle of warnings, a rule set, a period.  Out: `Bulletin`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine import Engine
from engine.texts import time_us
from engine.warnings import procedure
from engine.warnings.dossier import OPEN, OVERDUE, STEP, Dossier
from engine.warnings.procedure import RELEASE
from rulelang import model
from rulelang.effective import Outline
from rulelang.timezones import Zone
from services.report.period import Period, day_of, start_us
from services.report.score import Conduct, regularity

Json = dict[str, Any]
LEVELS = procedure.LEVELS[::-1]
"""The gravest first."""
GRAVE = LEVELS[:2]
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class New:
    """A warning of the period. `name`: its ladder or rule; `action`: what its rung says; `status`: where it stands, None: not known."""

    time_us: int
    level: str
    entity: str
    key: str
    unit: str | None
    name: str
    title: str | None
    category: str | None
    points: float | None
    action: str | None
    message: str | None
    awaits: str | None
    withdrawn: bool
    id: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A deadline that passed in the period. `done`: the step was done by now, late."""

    due_us: int
    level: str
    entity: str
    key: str
    unit: str | None
    step: str
    name: str
    done: bool
    id: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    unit: str
    conduct: Conduct
    score: float


@dataclass(frozen=True, slots=True)
class RuleRow:
    name: str
    title: str | None
    findings: int
    before: int


@dataclass(frozen=True, slots=True)
class UndecidedRow:
    """`looks` None: how often the rule was looked at is not known."""

    name: str
    title: str | None
    undecided: int
    looks: int | None


@dataclass(frozen=True, slots=True)
class LadderRow:
    """How many keys stand at each level: before the period, at its end, and at the end of each day."""

    name: str
    entity: str
    start: Mapping[str, int]
    end: Mapping[str, int]
    days: tuple[tuple[date, Mapping[str, int]], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody at a grave level at the end, and what the forecast says."""

    ladder: str
    entity: str
    key: str
    unit: str | None
    level: str
    points: float
    forecast: Json


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`steps_known`: what became of warnings is known. `unreleased`: warnings of the period that await their release by a person, which may not go out
    before it: they are in none of the lists, nor is who stands where they say; `unreleased_late`: those whose release is late. `units`: the name of the entity that units are; None: no entity is in another one."""

    period: Period
    zone: Zone
    rule_set: str
    now_us: int
    units: str | None
    members: str | None
    new: tuple[New, ...]
    withdrawn: int
    unreleased: int
    unreleased_late: int
    before: Mapping[str, int]
    columns: tuple[tuple[str, Mapping[str, int]], ...]
    categories: tuple[tuple[str | None, Mapping[str, int]], ...]
    by_unit: tuple[UnitRow, ...]
    nowhere: Mapping[str, int]
    steps_known: bool
    missed: tuple[Missed, ...]
    open: int
    open_overdue: int
    ladders: tuple[LadderRow, ...]
    grave: tuple[Standing, ...]
    rules: tuple[RuleRow, ...]
    undecided: tuple[UndecidedRow, ...]
    draws: tuple[Json, ...]

    def count(self, level: str) -> int:
        return sum(1 for warning in self.new if warning.level == level and not warning.withdrawn)


def unit_entity(ruleset: model.RuleSet | Outline) -> str | None:
    """The lowest entity that another one is in: units, not cities."""
    parents = {entity.parent for entity in ruleset.entities if entity.parent is not None}
    leaves = [e.parent for e in ruleset.entities if e.parent is not None and e.name not in parents]
    return leaves[0] if leaves else None


def gather(
    engine: Engine, ruleset: model.RuleSet, period: Period, units: str | None, undecided: Mapping[str, tuple[int, int]] | None
) -> Bulletin:
    """`undecided`: by rule how often it could not decide, and of how many looks; None: what the engine has counted since its store was made."""
    return _Gatherer(engine, ruleset, period, units, undecided).bulletin()


class _Gatherer:
    def __init__(
        self, engine: Engine, ruleset: model.RuleSet, period: Period, units: str | None, undecided: Mapping[str, tuple[int, int]] | None
    ) -> None:
        self.engine, self.ruleset, self.period, self.units, self.counted = engine, ruleset, period, units, undecided
        self.zone = Zone(ruleset.timezone)
        self.start_us, self.end_us = period.bounds_us(self.zone)
        self.now_us = engine.now if engine.now is not None else self.end_us - 1
        self.rules = {rule.name: rule for rule in ruleset.rules}
        self.dossiers = engine.dossiers
        self.held = {name: dossier for name, dossier in self.dossiers.items() if dossier.awaits == RELEASE}
        self.withheld = {(dossier.ladder, dossier.key, dossier.level) for dossier in self.held.values()}
        self.steps_known = engine.keeps_life_cycle
        self.members = next((e.name for e in ruleset.entities if units is not None and e.parent == units), None)

    def bulletin(self) -> Bulletin:
        things = self.engine.history()
        findings = {thing["id"]: thing for thing in things if thing["kind"] == "finding"}
        warnings = [thing for thing in things if thing["kind"] == "warning" and thing["id"] not in self.held]
        new = sorted(
            (self._new(w, findings) for w in warnings if self.start_us <= time_us(w["time"]) < self.end_us),
            key=lambda one: (LEVELS.index(one.level), one.time_us, one.id),
        )
        standing = [one for one in new if not one.withdrawn]
        before_us = self.period.before().bounds_us(self.zone)
        earlier = [w for w in warnings if w["status"] == "issued" and before_us[0] <= time_us(w["time"]) < before_us[1]]
        missed = sorted(self._missed(), key=lambda one: (LEVELS.index(one.level), one.due_us, one.id))
        last_us = min(self.end_us - 1, self.now_us)
        ladders, grave = self._ladders(last_us)
        return Bulletin(
            period=self.period,
            zone=self.zone,
            rule_set=self.ruleset.hash,
            now_us=self.now_us,
            units=self.units,
            members=self.members,
            new=tuple(standing),
            withdrawn=len(new) - len(standing),
            unreleased=sum(self.start_us <= dossier.time_us < self.end_us for dossier in self.held.values()),
            unreleased_late=sum(self.start_us <= dossier.time_us < self.end_us and dossier.overdue for dossier in self.held.values()),
            before=Counter(warning["level"] for warning in earlier),
            columns=tuple(self._columns(standing)),
            categories=tuple(_grouped(standing, lambda one: one.category)),
            by_unit=tuple(self._units(standing, missed, last_us)),
            nowhere=Counter(one.level for one in standing if one.unit is None),
            steps_known=self.steps_known,
            missed=tuple(missed),
            open=sum(dossier.status == OPEN for dossier in self.dossiers.values()),
            open_overdue=sum(dossier.status == OPEN and dossier.overdue for dossier in self.dossiers.values()),
            ladders=ladders,
            grave=grave,
            rules=tuple(self._rules(findings.values(), before_us)),
            undecided=tuple(self._undecided()),
            draws=tuple(d for d in self.engine.draws() if str(self.period.first) <= d["day"] <= str(self.period.last)),
        )

    # -------------------------------------------------------------- warnings

    def _new(self, warning: Json, findings: Mapping[str, Json]) -> New:
        finding = findings.get(warning["finding"])
        rule = self.rules.get(warning["rule"] or (finding["rule"] if finding is not None else ""))
        dossier = self.dossiers.get(warning["id"])
        moment = time_us(warning["time"])
        return New(
            time_us=moment,
            level=warning["level"],
            entity=warning["entity"],
            key=warning["key"],
            unit=self._unit(warning["entity"], warning["key"], moment),
            name=warning["ladder"] or warning["rule"],
            title=None if rule is None else rule.title,
            category=None if rule is None else rule.category,
            points=warning["points"],
            action=warning.get("action"),
            message=None if finding is None else finding["message"],
            awaits=None if dossier is None else dossier.awaits or dossier.status,
            withdrawn=warning["status"] == "withdrawn",
            id=warning["id"],
        )

    def _unit(self, entity: str, key: str, moment: int) -> str | None:
        return None if self.units is None else self.engine.belongs(entity, key, moment).get(self.units)

    def _columns(self, new: Sequence[New]) -> Iterator[tuple[str, Mapping[str, int]]]:
        """New warnings over the period: by hour of a day, else by day."""
        if self.period.kind == "day":
            by_hour: dict[int, Counter[str]] = {}
            for one in new:
                by_hour.setdefault(self.zone.local_us(one.time_us) // HOUR_US % 24, Counter())[one.level] += 1
            yield from ((f"{hour:02}", by_hour.get(hour, Counter())) for hour in range(24))
            return
        by_day: dict[date, Counter[str]] = {}
        for one in new:
            by_day.setdefault(day_of(one.time_us, self.zone), Counter())[one.level] += 1
        yield from ((str(day.day), by_day.get(day, Counter())) for day in self.period.days())

    def _missed(self) -> Iterator[Missed]:
        for dossier in self.dossiers.values():
            if dossier.id in self.held:
                continue
            for place, line in enumerate(dossier.lines):
                if line.kind == OVERDUE and line.due_us is not None and self.start_us <= line.due_us < self.end_us:
                    done = any(later.kind == STEP and later.step == line.step for later in dossier.lines[place:])
                    yield Missed(
                        due_us=line.due_us,
                        level=dossier.level,
                        entity=dossier.entity,
                        key=dossier.key,
                        unit=dict(dossier.places).get(self.units or ""),
                        step=line.step,
                        name=dossier.ladder or dossier.rule or "",
                        done=done or dossier.status != OPEN,
                        id=dossier.id,
                    )

    # -------------------------------------------------------------- units

    def _units(self, new: Sequence[New], missed: Sequence[Missed], last_us: int) -> list[UnitRow]:
        if self.units is None or self.members is None:
            return []
        members = Counter(self.engine.members(self.members, last_us).values())
        warnings: dict[str, Counter[str]] = {}
        for one in new:
            if one.unit is not None:
                warnings.setdefault(one.unit, Counter())[one.level] += 1
        in_time = Counter(unit for dossier in self.dossiers.values() for unit in self._done_in_time(dossier))
        late = Counter(one.unit for one in missed if one.unit is not None)
        rows = []
        for unit in {*members, *warnings, *in_time, *late}:
            conduct = Conduct(warnings.get(unit, Counter()), members[unit], in_time[unit], late[unit])
            rows.append(UnitRow(unit, conduct, regularity(conduct)))
        return sorted(rows, key=lambda row: (row.score, row.unit))

    def _done_in_time(self, dossier: Dossier) -> Iterator[str]:
        """The unit, for each step that was done in time in the period."""
        unit = dict(dossier.places).get(self.units or "")
        for line in dossier.lines:
            if unit is not None and line.kind == STEP and not line.overdue and self.start_us <= line.time_us < self.end_us:
                yield unit

    # -------------------------------------------------------------- levels

    def _ladders(self, last_us: int) -> tuple[tuple[LadderRow, ...], tuple[Standing, ...]]:
        days = [day for day in self.period.days() if start_us(day, self.zone) <= last_us]
        ends = [min(Period("day", day, day).bounds_us(self.zone)[1] - 1, last_us) for day in days]
        counts: dict[str, list[Counter[str]]] = {ladder.name: [Counter() for _ in range(len(ends) + 1)] for ladder in self.ruleset.ladders}
        grave = []
        for ladder, entity, key, states in self.engine.trend([self.start_us - 1, *ends]):
            for counter, (level, _) in zip(counts[ladder], states, strict=True):
                if level is not None:
                    counter[level] += 1
            level, points = states[-1]
            if level in GRAVE and (ladder, key, level) not in self.withheld:
                told = self.engine.forecast(entity, key, last_us)[ladder]
                grave.append(Standing(ladder, entity, key, self._unit(entity, key, last_us), level, points, told))
        rows = tuple(
            LadderRow(ladder.name, ladder.entity, found[0], found[-1], tuple(zip(days, found[1:], strict=True)))
            for ladder, found in ((ladder, counts[ladder.name]) for ladder in self.ruleset.ladders)
        )
        return rows, tuple(sorted(grave, key=lambda one: (LEVELS.index(one.level), -one.points, one.ladder, one.key)))

    # -------------------------------------------------------------- rules

    def _rules(self, findings: Iterable[Json], before_us: tuple[int, int]) -> list[RuleRow]:
        now: Counter[str] = Counter()
        before: Counter[str] = Counter()
        for finding in findings:
            moment = time_us(finding["time"])
            if finding["status"] == "issued" and not finding.get("shadow"):
                now[finding["rule"]] += self.start_us <= moment < self.end_us
                before[finding["rule"]] += before_us[0] <= moment < before_us[1]
        rows = [RuleRow(name, self._title(name), now[name], before[name]) for name in {*now, *before} if now[name] or before[name]]
        return sorted(rows, key=lambda row: (-row.findings, -row.before, row.name))

    def _undecided(self) -> list[UndecidedRow]:
        if self.counted is None:
            rows = [UndecidedRow(name, self._title(name), count, None) for name, count in self.engine.undecided.items()]
        else:
            rows = [UndecidedRow(name, self._title(name), count, looks) for name, (count, looks) in self.counted.items()]
        return sorted(rows, key=lambda row: (-row.undecided, row.name))

    def _title(self, rule: str) -> str | None:
        return self.rules[rule].title if rule in self.rules else None


def _grouped(new: Iterable[New], by: Any) -> list[tuple[Any, Mapping[str, int]]]:
    """Counts by level of each group, the group with the gravest first; the one without a name last."""
    groups: dict[Any, Counter[str]] = {}
    for one in new:
        groups.setdefault(by(one), Counter())[one.level] += 1
    return sorted(groups.items(), key=lambda item: (item[0] is None, tuple(-item[1][level] for level in LEVELS), item[0] or ""))
