"""Rules: condition, anchors and clauses.

In: a rule as written.  Out: `model.Rule`, and everything that is wrong with it.
"""

from __future__ import annotations

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.resolve import clauses, operators
from rulelang.resolve.anchors import anchors, on_events
from rulelang.resolve.context import Context, OpenScope, Work
from rulelang.resolve.expressions import resolve
from rulelang.resolve.schema import Schema
from rulelang.resolve.walk import written_out

LAYERS = {"finding": 1, "warning": 2}


def resolve_rule(rule: syntax.Rule, schema: Schema) -> tuple[model.Rule | None, list[Diagnostic]]:
    """The rule; None where something is wrong with it."""
    work = Work(schema, resolve)
    if rule.when is None:
        work.report("E421", rule.name_span, name=rule.name)
        return None, work.problems
    parts = tuple(written_out(rule.when, schema.lets))
    work.mentioned = frozenset(_mentioned(parts, rule))
    if rule.on is not None and rule.on.end_of is not None and not any(isinstance(part, syntax.Within) for part in parts):
        work.report("E424", rule.on.span, period=rule.on.end_of.name)
        return None, work.problems
    named = _named(work, rule)
    if named is None:
        return None, work.problems
    context = _outside(work, rule, parts, named)
    condition = operators.condition(work, resolve(work, rule.when, context))
    outside, work.uses = tuple(work.uses), []
    first = work.closed[0] if work.closed else None
    found = anchors(work, rule, named, outside, first) if condition is not None and None not in work.scopes else None
    if first is None and any(isinstance(part, syntax.Within) for part in parts):
        return None, work.problems  # the scope is wrong: what the clauses mean depends on it
    events = tuple(anchor.event for anchor in found.events) if found is not None else context.events
    known = len(work.problems)
    clause = _clause_context(work, events, found, context, first)
    excepts = clauses.excepts(work, rule, events, found)
    points = clauses.points(work, rule, clause)
    message = clauses.message(work, rule, clause)
    layer = max((LAYERS.get(event, 0) for event in work.named), default=0)
    about = clauses.about(work, rule, events, layer)
    repeat = clauses.repeat(work, rule, found, first)
    sample = clauses.sample(work, rule, events, found)
    level = clauses.level(work, rule)
    since, until = clauses.days(work, rule)
    if found is None:
        # Of which events the clauses are is not known: what seems unclear in them may be clear once the condition is right.
        work.problems[known:] = [problem for problem in work.problems[known:] if problem.code != "E202"]
    if work.problems or condition is None or found is None or repeat is None:
        assert work.problems, "nothing is left out without a word"
        return None, work.problems
    return model.Rule(
        rule.name,
        _text(rule.title),
        _text(rule.category),
        tuple(scope for scope in work.scopes if scope is not None),
        condition,
        found,
        about,
        points,
        level,
        message,
        repeat,
        sample,
        excepts,
        rule.approval,
        _text(rule.reference),
        _text(rule.owner),
        rule.state,
        since,
        until,
        layer,
        rule.name_span,
    ), []


def _text(written: syntax.Text | None) -> str | None:
    return None if written is None else written.value


def _mentioned(parts: tuple[syntax.Expression, ...], rule: syntax.Rule) -> set[str]:
    """Names in the condition and in `on` that may be names of event types."""
    names = set() if rule.on is None else {item.event for item in rule.on.items}
    for part in parts:
        match part:
            case syntax.Member(owner=owner):
                names.add(owner)
            case syntax.Name(text=text):
                names.add(text)
            case syntax.Pattern(left=left, right=right):
                names.update((left.event, right.event))
    return names


def _named(work: Work, rule: syntax.Rule) -> tuple[model.AnchorEvent, ...] | None:
    """What `on` names; None where it is wrong."""
    if rule.on is None:
        return ()
    work.has_on = True
    work.clause = "on"
    named = on_events(work, rule.on)
    work.clause = "when"
    return named


def _outside(work: Work, rule: syntax.Rule, parts: tuple[syntax.Expression, ...], named: tuple[model.AnchorEvent, ...]) -> Context:
    """Where the parts of the condition stand that are outside of any scope: they are about the anchor event."""
    lookups = work.schema.lookups
    if rule.on is not None and rule.on.end_of is not None:
        return Context("this", lookups.received, tuple(work.schema.events), None, None)
    if rule.on is not None:
        events = tuple(anchor.event for anchor in named)
        return Context("this", events, events, None, events)
    every = tuple(work.schema.events)
    scope = next((part for part in parts if isinstance(part, syntax.Within)), None)
    deadline = next((part.left.event for part in parts if isinstance(part, syntax.Pattern) and part.kind == "not followed by"), None)
    if scope is None:
        return Context("this", lookups.received, every, None, every)
    if deadline in work.schema.events:
        assert deadline is not None
        return Context("this", lookups.received, every, None, (deadline,))
    keys = tuple(model.ScopeKey(key.entity, key.by) for key in scope.keys)
    carriers = tuple(e for e in lookups.carriers(keys) if not work.schema.events[e].derived or e in work.mentioned)
    return Context("this", lookups.received, every, None, carriers or every)


def _clause_context(
    work: Work, events: tuple[str, ...], found: model.Anchors | None, context: Context, first: OpenScope | None
) -> clauses.Place:
    """Where points and message stand: in the rule's scope, or, without one, about the one event."""
    this = events if found is None or found.kind != "ends" else None
    if first is None:
        return clauses.Place(Context("this", events, events, None, this), None)
    received = tuple(event for event in first.carriers if not work.schema.events[event].derived)
    opened = OpenScope(first.keys, first.carriers, first.window, first.over, first.patterns, None, written=False)
    return clauses.Place(Context(None, received, first.carriers, 0, this), opened)
