"""Tests of the language: steps with times, events as JSON, expectations bound to rules, entities and ladders.

In: a test as written.  Out: `model.Test`, and what is wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.model import Kind
from rulelang.normalise import key
from rulelang.resolve.constants import constant, number
from rulelang.resolve.literals import day_number, time_us
from rulelang.resolve.schema import ACTS, LEVELS, Schema
from rulelang.resolve.suggest import hint

TEST_SOURCE = "test"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def resolve_test(written: syntax.Test, schema: Schema) -> tuple[model.Test | None, list[Diagnostic]]:
    """The test; None where something is wrong with it."""
    return _Resolving(schema).resolve(written)


class _Resolving:
    """One test: how far its time has come, and what was found wrong so far."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.problems: list[Diagnostic] = []
        self.previous_us: int | None = None  # the time of the step before
        self.latest_us: int | None = None  # the latest time of a step that is not late: the clock has been there
        self.events = 0

    def resolve(self, written: syntax.Test) -> tuple[model.Test | None, list[Diagnostic]]:
        steps: list[model.Step] = []
        for step in written.steps:
            match step:
                case syntax.EventStep():
                    found: model.Step | None = self.event_step(step)
                case syntax.ClockStep():
                    found = self.clock_step(step)
                case syntax.ExpectFinding():
                    found = self.expect_finding(step)
                case syntax.ExpectLevel():
                    found = self.expect_level(step)
                case syntax.ExpectNone():
                    found = model.ExpectNone(step.other, step.what, step.span)
            if found is not None:
                steps.append(found)
        if self.problems:
            return None, self.problems
        return model.Test(written.name, tuple(steps), written.span), []

    # -------------------------------------------------------------- steps

    def moment(self, written: syntax.Moment) -> int | None:
        """The moment in UTC microseconds; a relative one counts from the step before."""
        match written.value:
            case syntax.TimeLiteral() as time:
                return time_us(time, self.schema.zone)
            case syntax.DateLiteral() as date:
                return self.schema.zone.start_of_day_us(day_number(date.value))
            case syntax.DurationLiteral() as gap:
                if self.previous_us is None:
                    self.problems.append(diagnostic("E480", written.span))
                    return None
                return self.previous_us + gap.microseconds

    def event_step(self, step: syntax.EventStep) -> model.EventStep | None:
        at_us = self.moment(step.at)
        if at_us is not None:
            self.previous_us = at_us
            if not step.late:
                self.latest_us = max(at_us, self.latest_us or at_us)
        self.events += 1
        event = self.schema.events.get(step.event)
        if event is None:
            self.problems.append(diagnostic("E252", step.name_span, name=step.event, hint=hint(step.event, self.schema.events)))
            return None
        if event.derived and event.name not in ACTS:
            self.problems.append(diagnostic("E482", step.name_span, name=step.event))
            return None
        document: dict[str, object] = {"id": f"e{self.events}", "source": TEST_SOURCE, "type": event.name, "time": at_us}
        given: dict[str, syntax.Span] = {}
        types = {"id": model.Type(Kind.TEXT), "source": model.Type(Kind.TEXT)} | {f.name: f.type for f in event.fields}
        for assignment in step.assignments:
            name = assignment.name
            if name in given:
                there = Related("first given here", given[name])
                self.problems.append(diagnostic("E481", assignment.name_span, related=(there,), name=name))
            elif name not in types:
                fields = ", ".join(f.name for f in event.fields) or "none"
                near = hint(name, types)
                problem = diagnostic("E257", assignment.name_span, event=event.name, name=name, hint=near, fields=fields)
                self.problems.append(problem)
            elif assignment.value is not None:
                value = self.value(assignment.value, types[name])
                if value is not None:
                    document[name] = value
            given.setdefault(name, assignment.name_span)
        return model.EventStep(document, step.late, step.span)

    def value(self, written: syntax.Expression, type_: model.Type) -> object:
        """A field's value as an upstream system would send it; None where it cannot be told."""
        if type_.kind in (Kind.KEY, Kind.TEXT):
            # Keys are sent as they are written; normalising them is what is tested.
            if isinstance(written, syntax.Name):
                return written.text
            type_ = model.Type(Kind.TEXT)
        found, wrong = constant(written, self.schema, type_)
        self.problems += wrong
        if found is None or found.value is None:
            return None
        match type_.kind:
            case Kind.TIME:
                assert isinstance(found.value, int)
                return time_text(found.value)
            case Kind.DURATION:
                assert isinstance(found.value, int)
                whole, rest = divmod(found.value, 1_000_000)
                return whole if rest == 0 else found.value / 1_000_000
            case _:
                return found.value

    def clock_step(self, step: syntax.ClockStep) -> model.ClockStep | None:
        to_us = self.moment(step.to)
        if to_us is None:
            return None
        if self.latest_us is not None and to_us < self.latest_us:
            before, after = (time_text(self.schema.zone.local_us(us)).removesuffix("Z") for us in (self.latest_us, to_us))
            self.problems.append(diagnostic("E483", step.span, before=before, after=after))
        self.previous_us = self.latest_us = to_us
        return model.ClockStep(to_us, step.span)

    # -------------------------------------------------------------- expectations

    def key(self, reference: syntax.KeyReference) -> tuple[str, str] | None:
        entity = self.schema.entities.get(reference.entity)
        if entity is None:
            self.problems.append(
                diagnostic("E251", reference.span, name=reference.entity, hint=hint(reference.entity, self.schema.entities))
            )
            return None
        return entity.name, key(entity, reference.key) or ""

    def keys(self, references: tuple[syntax.KeyReference, ...]) -> tuple[tuple[str, str], ...]:
        return tuple(k for r in references if (k := self.key(r)) is not None)

    def points(self, written: syntax.Expression | None) -> float | None:
        if written is None:
            return None
        found, wrong = number(written, self.schema)
        self.problems += wrong
        return found

    def expect_finding(self, step: syntax.ExpectFinding) -> model.ExpectFinding:
        if step.rule not in self.schema.rules:
            self.problems.append(diagnostic("E255", step.name_span, name=step.rule, hint=hint(step.rule, self.schema.rules)))
        if step.level is not None and step.level not in LEVELS:
            self.problems.append(diagnostic("E420", step.span, name=step.level, hint=hint(step.level, LEVELS)))
        return model.ExpectFinding(
            step.rule,
            self.keys(step.scope),
            self.keys(step.about),
            step.level,
            self.points(step.points),
            None if step.at is None else self.moment(step.at),
            step.message,
            step.withdrawn,
            step.absent,
            step.span,
        )

    def expect_level(self, step: syntax.ExpectLevel) -> model.ExpectLevel | None:
        found = self.key(step.key)
        if found is None:
            return None
        entity, text = found
        ladders = {name: ladder for name, ladder in self.schema.ladders.items() if ladder.entity.entity == entity}
        if step.ladder is not None and step.ladder not in self.schema.ladders:
            self.problems.append(diagnostic("E256", step.span, name=step.ladder, hint=hint(step.ladder, self.schema.ladders)))
        elif step.ladder is not None and step.ladder not in ladders:
            kept = self.schema.ladders[step.ladder].entity.entity
            self.problems.append(diagnostic("E267", step.span, ladder=step.ladder, entity=kept, name=entity))
        elif not ladders:
            self.problems.append(diagnostic("E266", step.span, name=entity))
        else:
            meant = [ladders[step.ladder]] if step.ladder is not None else list(ladders.values())
            levels = [rung.level for ladder in meant for rung in ladder.rungs]
            if step.level is not None and step.level not in levels:
                known = ", ".join(dict.fromkeys(levels))
                ladder_name = step.ladder or meant[0].name
                self.problems.append(diagnostic("E263", step.span, ladder=ladder_name, level=step.level, levels=known))
        return model.ExpectLevel(entity, text, step.level, step.ladder, self.points(step.points), step.span)


def time_text(moment_us: int) -> str:
    """A moment as events carry it: ISO 8601 in UTC."""
    return (_EPOCH + timedelta(microseconds=moment_us)).isoformat().replace("+00:00", "Z")
