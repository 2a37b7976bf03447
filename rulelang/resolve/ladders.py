"""Ladders: over which window points add up, and from where on which level is reached.

In: a ladder as written.  Out: `model.Ladder`, and what is wrong.
"""

from __future__ import annotations

from itertools import pairwise

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.lengths import length_text
from rulelang.messages import diagnostic
from rulelang.resolve.constants import duration, number
from rulelang.resolve.periods import longest_us
from rulelang.resolve.schema import LEVELS, Schema
from rulelang.resolve.suggest import hint


def resolve_ladder(written: syntax.Ladder, schema: Schema) -> tuple[model.Ladder | None, list[Diagnostic]]:
    """The ladder; None where something is wrong with it."""
    problems: list[Diagnostic] = []
    entity = schema.entities.get(written.entity.entity)
    if entity is None:
        name = written.entity.entity
        return None, [diagnostic("E251", written.entity.span, name=name, hint=hint(name, schema.entities))]
    if written.entity.by is not None:
        problems.append(diagnostic("E475", written.entity.span, name=written.entity.by))
    window = _window(written.over, entity, schema, problems)
    rungs = [rung for w in written.rungs if (rung := _rung(w, schema, problems)) is not None]
    problems += _check_rungs(written, rungs)
    weight = 1.0
    if written.weight is not None:
        found, wrong = number(written.weight, schema)
        problems += wrong
        weight = weight if found is None else found
        if weight < 0:
            problems.append(diagnostic("E474", written.weight.span))
    if problems or window is None:
        return None, problems
    return model.Ladder(written.name, entity.name, window, tuple(rungs), written.categories, weight, written.name_span), []


def _window(over: syntax.Over | None, entity: model.Entity, schema: Schema, problems: list[Diagnostic]) -> model.Window | None:
    """The window over which points add up; no `over`: what is kept of the entity."""
    if over is None:
        return model.Window("retained", entity.retain_us, None, None)
    if over.calendar is not None:
        problems.append(diagnostic("E477", over.span, name=over.calendar))
        return None
    if isinstance(over.amount, syntax.Period):
        window, length_us, said = (
            model.Window("period", 0, over.amount.name, None),
            longest_us(over.amount.name, schema.zone),
            f"a {over.amount.name}",
        )
    else:
        found, wrong = duration(over.amount, schema)
        problems += wrong
        if found is None:
            return None
        if found <= 0:
            problems.append(diagnostic("E478", over.span))
            return None
        window, length_us, said = model.Window("sliding", found, None, None), found, length_text(found)
    if length_us > entity.retain_us:
        problems.append(
            diagnostic(
                "E476", over.span, length=said, retain=length_text(entity.retain_us), entity=entity.name, remedy=length_text(length_us)
            )
        )
    return window


def _rung(written: syntax.Rung, schema: Schema, problems: list[Diagnostic]) -> model.Rung | None:
    at, wrong = number(written.at, schema)
    problems += wrong
    deadline = None
    if written.deadline is not None:
        deadline = deadline_gap(written.deadline, written.deadline_calendar, schema, problems)
    if at is None:
        return None
    if at <= 0:
        problems.append(diagnostic("E473", written.at.span))
    return model.Rung(written.level, at, written.action, deadline, written.span)


def _check_rungs(written: syntax.Ladder, rungs: list[model.Rung]) -> list[Diagnostic]:
    problems = [] if written.rungs else [diagnostic("E470", written.name_span)]
    for earlier, later in pairwise(rungs):
        if later.at <= earlier.at:
            at, limit = f"{later.at:g}", f"{earlier.at:g}"
            problems.append(diagnostic("E471", later.span, level=later.level, at=at, before=earlier.level, limit=limit))
        elif later.level in LEVELS and earlier.level in LEVELS and LEVELS.index(later.level) < LEVELS.index(earlier.level):
            problems.append(diagnostic("E484", later.span, level=later.level, at=f"{later.at:g}", before=earlier.level))
    for i, rung in enumerate(rungs):
        if rung.level not in LEVELS:
            place = syntax.Span(rung.span.file, rung.span.start, rung.span.start + len(rung.level))
            problems.append(diagnostic("E420", place, name=rung.level, hint=hint(rung.level, LEVELS)))
        elif any(rung.level == other.level for other in rungs[:i]):
            problems.append(diagnostic("E472", rung.span, level=rung.level))
    return problems


def deadline_gap(amount: syntax.Expression, of: syntax.Text | None, schema: Schema, problems: list[Diagnostic]) -> model.Gap | None:
    """From the warning, or the step before, to the moment by which something is to be done."""
    length_us, wrong = duration(amount, schema)
    problems += wrong
    if length_us is None:
        return None
    if length_us <= 0:
        problems.append(diagnostic("E479", amount.span))
        return None
    constant = model.Constant(length_us, model.Type(model.Kind.DURATION), amount.span)
    if of is None:
        return model.Gap("duration", constant, 0, None, None)
    calendar = of.value
    if calendar not in schema.calendars:
        problems.append(diagnostic("E254", of.span, name=calendar, hint=hint(calendar, schema.calendars)))
        return None
    if not isinstance(amount, syntax.DurationLiteral) or amount.unit in ("h", "m", "s"):
        return model.Gap("open_time", constant, 0, calendar, None)
    if amount.unit == "w":
        problems.append(diagnostic("E485", amount.span, name=calendar))
        return None
    if amount.amount != int(amount.amount):
        problems.append(diagnostic("E486", amount.span, name=calendar))
        return None
    return model.Gap("open_days", None, int(amount.amount), calendar, None)
