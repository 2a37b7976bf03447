"""The program of a rule set: what it declares, with every name a number, as JSON, and the code that this refers to.

In: `model.RuleSet` but for its rules, and these file by file: as they are (`Writing`) or as they were made before (`Made`).  Out: the plan as JSON
(docs/program.md says what is in it), and the words of its code.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rulelang import model
from rulelang.emit.index import Index
from rulelang.emit.link import Linker
from rulelang.emit.memos import several
from rulelang.emit.pool import Layout
from rulelang.emit.templates import dumped
from rulelang.emit.unit import Common, Plan, Survey, Texts, Unit, Writing, gap_plan, history_text, told
from rulelang.normalise import confusables_table
from rulelang.resolve.procedures import procedure_of
from rulelang.timezones import Zone

FORMAT = 1
"""The version of the plan. One that changes what an older engine would read differently gets a new number."""


@dataclass(frozen=True, slots=True)
class Made:
    """The rules of a file as they were made before. `anew`: the same rules as they are, for where they no longer fit what all units have in common."""

    survey: Survey
    unit: Unit
    anew: Callable[[], Writing]


def make_plan(declared: model.RuleSet, files: Sequence[Writing | Made], texts: Texts) -> tuple[str, array[int], list[tuple[Survey, Unit]]]:
    """The plan, the words of its code, and the unit of each file. `declared`: the rule set; its rules are not looked at."""
    surveys = [file.survey for file in files]
    index = Index([survey.wanted for survey in surveys])
    common = Common(several(survey.dear for survey in surveys), index.computed)
    units = [_unit(file, common) for file in files]
    layout = layout_of(declared)
    entities = {entity.name: entity for entity in declared.entities}
    calendars = {calendar.name: number for number, calendar in enumerate(declared.calendars)}
    # Membership is read from the history of the entity, whether or not a rule looks at it.
    members = [(model.ScopeKey(entity.name, None),) for entity in declared.entities if entity.parent is not None]
    linker = Linker(
        map(dumped, calendars),
        [dumped(table.name) for table in declared.tables],
        [history_text(keys, declared.events, entities, layout) for keys in members],
        lambda name: procedure_of(name, declared.procedures),
    )
    firsts = []
    count = 0
    for survey, unit in zip(surveys, units, strict=True):
        firsts.append(count)
        count += survey.rules
        linker.put(unit)
    others = _Declarations(declared, layout, calendars, texts)
    indexed = index.text(firsts, linker.code)
    parts = {
        "format": dumped(FORMAT),
        "hash": dumped(declared.hash),
        "timezone": dumped({"name": declared.timezone, "transitions": [list(pair) for pair in Zone(declared.timezone).transitions]}),
        "calendars": dumped([_calendar(calendar) for calendar in declared.calendars]),
        "entities": dumped([others.entity(entity) for entity in declared.entities]),
        "confusables": dumped(confusables_table() if any(entity.lookalike for entity in declared.entities) else {}),
        "types": dumped(layout.declared),
        "tables": dumped([_table(table) for table in declared.tables]),
        "histories": linker.histories.text(),
        "aggregates": linker.aggregates.text(),
        "patterns": linker.patterns.text(),
        "rules": f"[{','.join(linker.rules)}]",
        "ladders": dumped([others.ladder(ladder) for ladder in declared.ladders]),
        "procedures": dumped([others.procedure(procedure) for procedure in declared.procedures]),
        "index": indexed,
        "codes": f"[{','.join(linker.entries)}]",
        "constants": linker.pools["constant"].text(),
        "sets": linker.pools["set"].text(),
        "globs": linker.pools["glob"].text(),
        "regexes": linker.pools["regex"].text(),
        "accesses": linker.pools["access"].text(),
        "memos": dumped(len(linker.memos)),
    }
    text = ",".join([f'"{name}":{part}' for name, part in parts.items()])
    return f"{{{text}}}", linker.words, list(zip(surveys, units, strict=True))


def layout_of(declared: model.RuleSet) -> Layout:
    return Layout(declared.events, {entity.name: number for number, entity in enumerate(declared.entities)})


def _unit(file: Writing | Made, common: Common) -> Unit:
    if isinstance(file, Writing):
        return file.unit(common)
    return file.unit if told(file.survey, common) == file.unit.told else file.anew().unit(common)


class _Declarations:
    """What is declared besides rules, on its way to the plan."""

    def __init__(self, declared: model.RuleSet, layout: Layout, calendars: dict[str, int], texts: Texts) -> None:
        self._declared = declared
        self._entities = {entity.name: number for number, entity in enumerate(declared.entities)}
        self._layout = layout
        self._calendars = calendars
        self._texts = texts

    def entity(self, entity: model.Entity) -> Plan:
        return {
            "name": entity.name,
            "parent": -1 if entity.parent is None else self._entities[entity.parent],
            "from": [self._layout.numbers[event] for event in entity.sources],
            "retain_us": entity.retain_us,
            "lookalike": entity.lookalike,
        }

    def ladder(self, ladder: model.Ladder) -> Plan:
        window = ladder.window
        return {
            "name": ladder.name,
            "entity": self._entities[ladder.entity],
            "window": {"kind": window.kind, "length_us": window.length_us, "period": window.period, "gap": self._gap(window.gap)},
            "rungs": [
                {"level": rung.level, "at": rung.at, "action": rung.action, "deadline": self._gap(rung.deadline)} for rung in ladder.rungs
            ],
            "categories": list(ladder.categories),
            "weight": ladder.weight,
            "procedure": procedure_of(ladder.name, self._declared.procedures),
            "text": self._texts.get(("ladder", ladder.name), ""),
        }

    def procedure(self, procedure: model.Procedure) -> Plan:
        return {
            "name": procedure.name,
            "release": None if procedure.release is None else self._step(procedure.release),
            "steps": [self._step(step) for step in procedure.steps],
            "decision": self._step(procedure.decision),
        }

    def _step(self, step: model.ProcedureStep) -> Plan:
        return {
            "name": step.name,
            "roles": list(step.roles),
            "deadline": self._gap(step.deadline),
            "level": step.level,
            "others": list(step.others),
            "refutes": step.refutes,
        }

    def _gap(self, gap: model.Gap | None) -> Plan | None:
        """Of ladders and procedures, which is known beforehand."""
        if gap is None:
            return None
        assert gap.amount is None or isinstance(gap.amount, model.Constant)
        return gap_plan(gap, calendar=-1 if gap.calendar is None else self._calendars[gap.calendar])


def _calendar(calendar: model.Calendar) -> Plan:
    return {
        "name": calendar.name,
        "weekly": [_hours(hours) for hours in calendar.weekly],
        "closed": sorted(calendar.closed),
        "working": [[day, _hours(hours)] for day, hours in calendar.working],
    }


def _hours(hours: tuple[model.Hours, ...]) -> list[list[int]]:
    return [[stretch.start_minute, stretch.end_minute] for stretch in hours]


def _table(table: model.Table) -> Plan:
    rows: list[dict[str, Any]] = [
        {"keys": list(row.keys), "value": row.value, "since": row.since_day, "until": row.until_day} for row in table.rows
    ]
    return {
        "name": table.name,
        "params": [parameter.kind.value for parameter in table.parameters],
        "kind": table.type.kind.value,
        "rows": rows,
    }
