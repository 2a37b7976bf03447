"""Rule sets: rules of every shape that the language has, and ladders.

In: a seeded random generator and a schema.  Out: `Part`, of which the text compiles.
"""

from __future__ import annotations

from random import Random

import rulelang
from tests.generated.conditions import EVENTS_KEYS, NAMES, SCOPES, Scope, Writer
from tests.generated.schema import DAY_US, ENTITIES, EVENTS, RECEIVED, Schema, carriers, key_field, length
from tests.generated.writing import NOTHING, Part, joined, part
from tests.reference.texts import day_text

CATEGORIES = ("work", "work.rate", "worker", "seal")
PERIODS = ("day", "week", "month", "quarter", "year")


def make_rules(rng: Random, schema: Schema) -> Part:
    """A rule set that compiles: what the checker does not accept is left out."""
    rules = [_rule(rng, schema, f"r{number}", layer) for number, layer in enumerate(_layers(rng))]
    ladders = [_ladder(rng, schema, f"l{number}") for number in range(rng.choice((0, 1, 2)))]
    whole = joined("file", [schema.head, *rules, *ladders], "\n\n")
    while wrong := _wrong(whole):
        whole = joined("file", [one for index, one in enumerate(whole.parts) if index not in wrong], "\n\n")
    return whole


def _layers(rng: Random) -> list[int]:
    layers = [0] * rng.randint(1, 5)
    if rng.random() < 0.5:
        layers += [1] * rng.randint(1, 2)
    if rng.random() < 0.4:
        layers += [2] * rng.randint(1, 2)
    return layers


def _wrong(whole: Part) -> set[int]:
    """Which parts of the file the checker reports errors in."""
    errors = rulelang.check_text(str(whole)).errors
    ends: list[int] = []
    at = 0
    for one in whole.parts:
        at += len(str(one)) + len("\n\n")
        ends.append(at)
    wrong = {next(index for index, end in enumerate(ends) if error.span.start < end) for error in errors}
    assert 0 not in wrong, f"the head is wrong: {errors}\n{whole.parts[0]}"
    return wrong


# ------------------------------------------------------------------ rules


def _rule(rng: Random, schema: Schema, name: str, layer: int) -> Part:
    writer = Writer(rng, schema, layer)
    shape = rng.random()
    clauses = _unscoped(rng, writer) if shape < 0.2 else _scoped(rng, writer, several=shape > 0.65)
    clauses += _common(rng, schema)
    return part("rule", "\n    ".join("@" for _ in range(len(clauses) + 1)), f"rule {name}", *clauses, optional=True)


def _unscoped(rng: Random, writer: Writer) -> list[Part]:
    """A rule about single events."""
    event = _named_event(rng, writer, list(writer.schema.common))
    clauses = []
    on = rng.random()
    if writer.layer or on < 0.4:
        clauses.append(_on_events(rng, writer, [event], later=on < 0.25))
    clauses.append(part("when", "when @", writer.test(event, 2)))
    keys = [name for name, kind in EVENTS[event].items() if kind in EVENTS_KEYS]
    if keys and rng.random() < 0.7:
        name = rng.choice(keys)
        clauses.append(part("about", f"about {rng.choice((name, f'{event}.{name}'))}", optional=True))
        if rng.random() < 0.5:
            clauses.append(_repeat(rng, writer))
        if rng.random() < 0.3:
            clauses.append(part("sample", f"sample 50% by {event}.{name}", optional=True))
    clauses.append(_points(rng, NOTHING, event))
    if rng.random() < 0.3:
        clauses.append(_message(rng, [f"{event}.{name}" for name in EVENTS[event]]))
    if rng.random() < 0.2:
        clauses.append(_exception(rng, writer, event))
    return clauses


def _named_event(rng: Random, writer: Writer, events: list[str]) -> str:
    """An event type of the writer's layer."""
    if writer.layer:
        return ("finding", "warning")[writer.layer - 1]
    return rng.choice([*events, "event_conflict"] if rng.random() < 0.1 else events)


def _scoped(rng: Random, writer: Writer, *, several: bool) -> list[Part]:
    """A rule over the history of a key, or over several."""
    scope = writer.scope(open=rng.random() < 0.08)
    own = [event for event in carriers(scope.keys) if event in RECEIVED or event in scope.events]
    clauses: list[Part] = []
    on = rng.random()
    anchors = own
    if on < 0.4:
        anchors = rng.sample(list(dict.fromkeys(scope.events)), k=min(len(set(scope.events)), rng.choice((1, 1, 2))))
        writer.this = tuple(anchors)
        clauses.append(_on_events(rng, writer, anchors, later=on < 0.15))
    elif on < 0.55:
        anchors = []
        clauses.append(part("on", f"on end of {rng.choice(_periods(writer.schema))}", optional=True))
    else:
        writer.this = tuple(dict.fromkeys(scope.events))
    has_on = on < 0.55
    condition = writer.scoped("scoped", part("body", "(@)", writer.condition(scope, first=not has_on)), scope)
    if several:
        condition = _with_others(rng, writer, condition, scope, anchors)
    clauses.append(part("when", "when @", condition))
    clauses += _said(rng, writer, scope, anchors)
    if rng.random() < 0.15 and anchors:
        clauses.append(_exception(rng, writer, anchors[0]))
    return clauses


def _with_others(rng: Random, writer: Writer, condition: Part, scope: Scope, anchors: list[str]) -> Part:
    """Conditions of other scopes, of single events, and comparisons of two scopes, beside that of the rule's own."""
    parts = [part("whole", "(@)", condition)]
    for _ in range(rng.choice((1, 1, 2))):
        chance = rng.random()
        other = writer.scope(rng.choice((None, scope.keys, *SCOPES[:6])), open=rng.random() < 0.05)
        if chance < 0.6:
            body = part("body", "(@)", writer.condition(other, 1, first=False))
            parts.append(part("whole", "(@)", writer.scoped("scoped", body, other)))
        elif chance < 0.85:
            left = part("value", "(@)", writer.value())
            right = part("value", "(@)", writer.value()) if rng.random() < 0.5 else part("value", "1")
            parts.append(part("whole", f"@ {rng.choice(('>=', '>', '<', '=='))} @", left, right))
        elif anchors:
            parts.append(part("whole", "@", writer.test(rng.choice(anchors))))
    if rng.random() < 0.15:
        parts = [part("whole", "not @", one) if index else one for index, one in enumerate(parts)]
    whole = parts[0]
    for one in parts[1:]:
        whole = part("whole", f"(@ {rng.choice(('and', 'or'))} @)", whole, one)
    return whole


def _on_events(rng: Random, writer: Writer, events: list[str], *, later: bool) -> Part:
    items = ["@"] * len(events)
    named = [part("item", f"{event}@", writer.where(event, chance=0.3)) for event in events]
    return part("on", f"on {', '.join(items)}@", *named, _after(rng, writer.schema, events[0]) if later else NOTHING, optional=True)


def _after(rng: Random, schema: Schema, event: str) -> Part:
    gaps = [length(schema.step_us * rng.choice((1, 2, 3)))]
    for name, kind in EVENTS[event].items():
        if kind == "time":
            gaps += [f"{event}.{name} - {event}.time"] * 3
        elif kind == "duration":
            gaps += [f"{event}.{name}"] * 3
        elif kind == "integer":
            gaps += [f"{event}.{name} * {length(schema.step_us)}"] * 2
    gap = rng.choice(gaps)
    calendar = ""
    if rng.random() < 0.2 and schema.step_us <= DAY_US:
        gap, calendar = rng.choice((gap, "1d", "2d")), f" of {rng.choice(('duty', 'night'))}"
    return part("after", f" after {gap}{calendar}", optional=True)


def _periods(schema: Schema) -> list[str]:
    """Periods of which there are a few in a history."""
    lengths = (1, 7, 31, 92, 366)
    fitting = [period for period, days in zip(PERIODS, lengths, strict=True) if schema.step_us // 8 < days * DAY_US < 60 * schema.step_us]
    return fitting or ["day"]


# ------------------------------------------------------------------ clauses


def _said(rng: Random, writer: Writer, scope: Scope, anchors: list[str]) -> list[Part]:
    clauses = []
    keys = [f"{event}.{name}" for event in dict.fromkeys(scope.events) for name, kind in EVENTS[event].items() if kind in EVENTS_KEYS]
    if rng.random() < 0.5:
        named = rng.sample(sorted({*ENTITIES, *keys}), k=rng.choice((1, 1, 1, 2)))
        clauses.append(part("about", f"about {', '.join(named)}", optional=True))
    if rng.random() < 0.6:
        clauses.append(_repeat(rng, writer))
    clauses.append(_points(rng, writer.amount(Scope(scope.keys, scope.events, "", False, False)), anchors[0] if anchors else None))
    fields = [f"{event}.{name}" for event in dict.fromkeys(scope.events) for name in EVENTS[event]]
    if rng.random() < 0.3:
        told = [*rng.sample(fields, k=min(2, len(fields))), "time", str(writer.amount(Scope(scope.keys, scope.events, "", False, False)))]
        clauses.append(_message(rng, told))
    by = [f"{event}.{name}" for event in anchors for name, kind in EVENTS[event].items() if kind in EVENTS_KEYS or kind == "text"]
    if by and rng.random() < 0.1:
        clauses.append(part("sample", f"sample {rng.choice(('50%', '30%'))} by {rng.choice(by)}", optional=True))
    return clauses


def _repeat(rng: Random, writer: Writer) -> Part:
    step_us = writer.schema.step_us
    spans = [f"after {length(step_us * rng.choice((1, 2, 3, 5)))}"] * 3 + ["always", f"after {rng.choice(_periods(writer.schema))}"]
    return part("repeat", f"repeat {rng.choice(spans)}", optional=True)


def _points(rng: Random, counted: Part, event: str | None) -> Part:
    if rng.random() < 0.15:
        return NOTHING
    numbers = ["1", "1", "2", "2", "0.1", "3", "0", "-1", "1.5"]
    numbers += [f"{event}.{name}" for name, kind in EVENTS.get(event or "", {}).items() if kind in ("integer", "number")] * 2
    if counted is not NOTHING and rng.random() < 0.4:
        return part("points", "points @", counted, optional=True)
    return part("points", f"points {rng.choice(numbers)}", optional=True)


def _message(rng: Random, told: list[str]) -> Part:
    braces = [part("brace", f" {{{one}}}", optional=True) for one in told if '"' not in one]
    return part("message", 'message "said' + "@" * len(braces) + '"', *braces, optional=True)


def _exception(rng: Random, writer: Writer, event: str) -> Part:
    until = day_text(writer.schema.clock.day(writer.schema.start_us + rng.randrange(12) * writer.schema.step_us))
    excepted = writer.test(event)
    if rng.random() < 0.3:
        scope = writer.scope()
        excepted = writer.scoped("scoped", part("body", "(@)", writer.condition(scope, 0, first=False)), scope)
    return part("except", f'except @ until {until} because "agreed"', excepted, optional=True)


def _common(rng: Random, schema: Schema) -> list[Part]:
    clauses = []
    if rng.random() < 0.4:
        clauses.append(part("category", f"category {rng.choice(CATEGORIES)}", optional=True))
    if rng.random() < 0.45:
        clauses.append(part("level", f"level {rng.choice(('blue', 'yellow', 'orange', 'red'))}", optional=True))
        if rng.random() < 0.3:
            clauses.append(part("approval", "approval", optional=True))
    if rng.random() < 0.1:
        clauses.append(part("state", rng.choice(("shadow", "shadow", "disabled")), optional=True))
    if rng.random() < 0.12:
        day = schema.clock.day(schema.start_us + rng.randrange(12) * schema.step_us)
        clauses.append(part("since", f"{rng.choice(('since', 'until'))} {day_text(day)}", optional=True))
    return clauses


def _ladder(rng: Random, schema: Schema, name: str) -> Part:
    entity = rng.choice(("officer", "officer", "unit", "unit", "city", "case", "account"))
    windows = [length(schema.step_us * count) for count in (1, 2, 4, 6) if schema.step_us * count <= schema.retain_us[entity]]
    over = rng.choice([*windows, *windows, *_periods(schema)])
    lines = [part("word", f"ladder {name} within {entity} over {over}")]
    rungs = sorted(rng.sample((0.3, 1, 1.1, 2, 3, 4, 6, 9), k=rng.randint(2, 4)))
    for level, at in zip(("blue", "yellow", "orange", "red"), rungs, strict=False):
        action = rng.choice(("", ' action "a talk"', ' action "a talk" deadline 2d of duty'))
        lines.append(part("rung", f"{level} at {at}{action}", optional=True))
    if rng.random() < 0.3:
        lines.append(part("categories", f"categories {', '.join(rng.sample(CATEGORIES, k=rng.choice((1, 2))))}", optional=True))
    if rng.random() < 0.4:
        lines.append(part("weight", f"weight {rng.choice(('50%', '0.1', '2', '0'))}", optional=True))
    return part("ladder", "\n    ".join("@" for _ in lines), *lines, optional=True)


__all__ = ["NAMES", "key_field", "make_rules"]
