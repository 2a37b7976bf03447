"""The clauses beside the condition: about, points, level, repeat, sample, except, dates. (The message has a file of its own.)

In: a rule as written, its anchors and scopes.  Out: parts of `model.Rule`; what is wrong is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rulelang import model, syntax
from rulelang.model import Kind
from rulelang.resolve import folding, operators, scopes
from rulelang.resolve.context import Context, OpenScope, Work, listed
from rulelang.resolve.literals import day_number
from rulelang.resolve.messages import braces
from rulelang.resolve.names import unknown_event
from rulelang.resolve.schema import ACTS, LEVELS
from rulelang.resolve.suggest import hint

_NUMBER = (Kind.NUMBER, Kind.INTEGER)
_TEXTS = (Kind.KEY, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clause stands; `opened` is the rule's scope, if it has one."""

    context: Context
    opened: OpenScope | None

    def resolve(self, work: Work, written: syntax.Expression) -> model.Expression | None:
        """The expression, read in the rule's scope."""
        if self.opened is None:
            return work.resolve(work, written, self.context)
        work.opened.append(self.opened)
        found = work.resolve(work, written, self.context)
        work.opened.pop()
        if self.opened.previous is not None and not scopes.fits(work, self.opened):
            return None
        return found


def points(work: Work, rule: syntax.Rule, place: Place) -> model.Expression | None:
    """A number, or an expression that gives one."""
    if rule.points is None:
        return None
    work.clause = "points"
    found = place.resolve(work, rule.points)
    if found is not None and found.type.kind not in _NUMBER:
        work.report("E328", rule.points.span, what=operators.type_name(found.type))
        return None
    return None if found is None else folding.fold(found) or found


def message(work: Work, rule: syntax.Rule, place: Place) -> tuple[str | model.Expression, ...]:
    """The message, its texts and the values between them."""
    if rule.message is None:
        return ()
    work.clause = "message"
    parts: list[str | model.Expression] = []
    written, problems = braces(rule.message)
    work.problems += problems
    for part in written:
        if isinstance(part, str):
            parts.append(part)
        elif (found := place.resolve(work, part)) is not None:
            parts.append(found)
    return tuple(parts)


def level(work: Work, rule: syntax.Rule) -> str | None:
    """One of the four levels."""
    if rule.level is None:
        return None
    if rule.level.value not in LEVELS:
        work.report("E420", rule.level.span, name=rule.level.value, hint=hint(rule.level.value, LEVELS))
    return rule.level.value


def days(work: Work, rule: syntax.Rule) -> tuple[int | None, int | None]:
    """The first and last day of the rule."""
    if rule.since is not None and rule.until is not None and rule.until < rule.since:
        work.report("E429", rule.name_span, since=rule.since, until=rule.until)
    return tuple(None if day is None else day_number(day) for day in (rule.since, rule.until))  # type: ignore[return-value]  # two of two


def excepts(work: Work, rule: syntax.Rule, events: tuple[str, ...], anchors: model.Anchors | None) -> tuple[model.Except, ...]:
    """Exceptions, read like parts of the condition outside of its scopes."""
    work.clause = "except"
    this = None if anchors is not None and anchors.kind == "ends" else events
    context = Context("this", events, events or tuple(work.schema.events), None, this)
    found = []
    for written in rule.excepts:
        condition = operators.condition(work, work.resolve(work, written.condition, context))
        if written.until is None or written.because is None:
            work.report("E430", written.span)
        elif condition is not None:
            found.append(model.Except(condition, day_number(written.until), written.because, written.span))
    work.uses.clear()
    return tuple(found)


def repeat(work: Work, rule: syntax.Rule, anchors: model.Anchors | None, first: OpenScope | None) -> model.Repeat | None:
    """When the same is reported again; where nothing is said, after the window of the rule's scope."""
    always = model.Repeat("always", 0, None)
    written = rule.repeat
    if written is not None and written.after is None:
        return always
    if written is not None and written.after is not None:
        if first is None and not rule.about and not work.scopes:
            work.report("E426", written.span)
            return None
        if isinstance(written.after, syntax.Period):
            return model.Repeat("period", 0, written.after.name)
        span_us = folding.positive_duration(work, written.after)
        return None if span_us is None else model.Repeat("span", span_us, None)
    if first is None or first.window is None or (anchors is not None and anchors.kind in ("deadlines", "ends")):
        return always
    if first.window.kind == "period":
        return model.Repeat("period", 0, first.window.period)
    return model.Repeat("span", scopes.length_us(first.window, work.schema.zone), None)


def sample(work: Work, rule: syntax.Rule, events: tuple[str, ...], anchors: model.Anchors | None) -> model.Sample | None:
    """Which part of the findings is kept, and by which key it is drawn."""
    written = rule.sample
    if written is None:
        return None
    if anchors is not None and anchors.kind == "ends":
        work.report("E427", written.span)
        return None
    fraction = folding.constant(work, written.fraction)
    fields = _carried(work, written.by, events, "sample")
    if fraction is None or not fields:
        return None
    if fraction.type.kind not in _NUMBER or not isinstance(fraction.value, int | float) or not 0 < fraction.value <= 1:
        work.report("E428", written.fraction.span)
        return None
    return model.Sample(float(fraction.value), fields, written.span)


def about(work: Work, rule: syntax.Rule, events: tuple[str, ...], layer: int) -> tuple[model.About, ...]:
    """Whom findings are credited to. Nothing: the scope's key, or, without a scope, nobody."""
    looked_at = dict.fromkeys(events)  # in order, each once
    for scope in work.closed:
        # Acts carry the keys that were right when the warning was issued: they say whom they are about only where the rule speaks of them.
        seen = (event for event in scope.carriers if event not in ACTS or event in work.mentioned)
        looked_at.update(dict.fromkeys(event for event in seen if _layer(event) <= layer))
    in_order = tuple(sorted(looked_at, key=lambda event: work.schema.events[event].derived))
    found: dict[str, model.About] = {}
    for written in rule.about:
        fields = _carried(work, written, in_order, "about")
        if not fields:
            continue
        entity = work.schema.lookups.fields(fields[0][0])[fields[0][1]].entity
        assert entity is not None
        if entity in found:
            work.report("E435", written.span, entity=entity)
            continue
        found[entity] = model.About(entity, fields, written.span)
    return tuple(found.values())


def _layer(event: str) -> int:
    return {"finding": 1, "warning": 2}.get(event, 0)


def _carried(work: Work, written: syntax.Name | syntax.Member, events: tuple[str, ...], clause: str) -> tuple[tuple[str, str], ...]:
    """The event types and fields that carry what `about` or `sample` names; nothing after a report."""
    lookups = work.schema.lookups
    fields: tuple[tuple[str, str], ...]
    if isinstance(written, syntax.Member):
        if written.owner not in work.schema.events:
            unknown_event(work, written.owner, written.span)
            return ()
        fields = ((written.owner, written.field),)
        if lookups.type_of(*fields[0]) is None:
            known = lookups.fields(written.owner)
            near = hint(written.field, known)
            work.report("E203", written.span, event=written.owner, name=written.field, hint=near, fields=", ".join(known) or "none")
            return ()
        if written.owner not in events:
            work.report("E436", written.span, what=f"events of '{written.owner}'", clause=clause, events=listed(events))
            return ()
    elif written.text in work.schema.entities:
        key = model.ScopeKey(written.text, None)
        keyed = ((event, work.schema.events[event].key_field(key)) for event in events)
        fields = tuple((event, field.name) for event, field in keyed if field is not None)
        if not any(_layer(event) or not work.schema.events[event].derived for event, _ in fields):
            shown = [event for event in events if not work.schema.events[event].derived]
            work.report("E434", written.span, entity=written.text, events=listed(shown))
            return ()
    else:
        fields = tuple((event, written.text) for event in lookups.declared(events).get(written.text, ()))
        if not fields:
            known_names = [*work.schema.entities, *lookups.declared(events)]
            remedy = f"the rule looks at {listed(events, last='and')}"
            if written.text in work.schema.events:
                remedy = f"name a field of it, as in: {written.text}.{next(iter(lookups.fields(written.text)), 'FIELD')}"
            work.report("E214", written.span, name=written.text, hint=hint(written.text, known_names), remedy=remedy)
            return ()
    return fields if _fitting(work, written, fields, clause) else ()


def _fitting(work: Work, written: syntax.Name | syntax.Member, fields: Iterable[tuple[str, str]], clause: str) -> bool:
    """Whether the fields are keys of one entity (for a sample: or texts); else reports."""
    types = {work.schema.lookups.type_of(*field) for field in fields}
    first = next(iter(types))
    assert first is not None
    name = written.text if isinstance(written, syntax.Name) else f"{written.owner}.{written.field}"
    strange = next((t for t in types if t is not None and t.kind not in (_TEXTS if clause == "sample" else (Kind.KEY,))), None)
    if strange is not None:
        code = "E325" if clause == "sample" else "E324"
        work.report(code, written.span, name=name, what=operators.type_name(strange))
        return False
    if len({(t.kind, t.entity) for t in types if t is not None}) > 1:
        work.report("E202", written.span, name=name, events=listed([e for e, _ in fields], last="and"), remedy=_forms(fields))
        return False
    return True


def _forms(fields: Iterable[tuple[str, str]]) -> str:
    return "write " + " or ".join(f"{event}.{field}" for event, field in fields)
