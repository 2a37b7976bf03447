"""The machine against the reference evaluator: every kind of expression, over generated values.

The rule files are written by `expressions`, compiled as anybody's are, and read on generated events by both. Every part of every expression must have
the same value and kind, and `matches` must name the rules that the reference finds true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import pytest

import rulelang
from engine.machine import EventError, Frame, Machine
from engine.program import load
from engine.values import Event
from rulelang import model
from rulelang.emit import emit
from rulelang.model import Kind
from tests.machine import expressions
from tests.reference import events as slow_events
from tests.reference.values import At, Names, evaluate, holds

EVENTS = 24
CLOSELY = 6
"""Of so many events one, on which every part of an expression is looked at."""
TAGS = {Kind.KEY: "text"}

Span = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule file as both see it."""

    text: str
    rules: dict[str, model.Rule]
    names: Names
    machine: Machine
    decoder: slow_events.Decoder


@dataclass(frozen=True, slots=True)
class Pair:
    """One event as both see it."""

    sent: dict[str, object]
    fast: Event
    slow: slow_events.Event


@lru_cache(maxsize=32)
def compiled(text: str) -> Compiled:
    checked = rulelang.check_text(text, "x.rules")
    assert not checked.errors, [(d.code, d.message, text[d.span.start : d.span.end]) for d in checked.errors]
    assert checked.ruleset is not None
    names = Names(checked.ruleset)
    decoder = slow_events.Decoder(checked.ruleset, names.clock)
    return Compiled(text, {rule.name: rule for rule in checked.ruleset.rules}, names, Machine(load(emit(checked.ruleset))), decoder)


def decoded(it: Compiled, sent: dict[str, object]) -> Pair | None:
    """The event, whose values are the same for both; None: both refuse it."""
    try:
        slow = it.decoder.decode(sent)
    except slow_events.Refused:
        slow = None
    try:
        fast = it.machine.decode(sent)
    except EventError:
        fast = None
    assert (fast is None) == (slow is None), sent
    if fast is None or slow is None:
        return None
    declared = next(t for t in it.machine.plan["types"] if t["name"] == sent["type"])
    assert fast.time == slow.time, sent
    for field in declared["fields"]:
        assert same(fast.value(field["slot"]), slow.values.get(field["name"])), (field["name"], sent)
        if field["raw_slot"] >= 0:
            assert fast.value(field["raw_slot"]) == slow.spellings.get(field["name"]), (field["name"], sent)
    return Pair(sent, fast, slow)


def same(fast: object, slow: object) -> bool:
    return fast == slow and type(fast) is type(slow)


@dataclass(frozen=True, slots=True)
class Asked:
    """Code and the expression that it was made of. `nodes`: its parts by their places, of which several may have one."""

    code: int
    node: model.Expression
    nodes: dict[Span, list[model.Expression]]
    as_kind: Kind | None = None


def asked(code: int, node: model.Expression, as_kind: Kind | None = None) -> Asked:
    found: dict[Span, list[model.Expression]] = {}
    for part in parts(node):
        here = found.setdefault((part.span.file, part.span.start, part.span.end), [])
        if part not in here:  # a let is written out wherever it is used
            here.append(part)
    return Asked(code, node, found, as_kind)


def parts(node: object) -> Iterator[model.Expression]:
    if isinstance(node, tuple):
        for item in node:
            yield from parts(item)
    elif isinstance(node, model.Expression):
        yield node
        for one in fields(node):
            yield from parts(getattr(node, one.name))


def tag(value: object, kind: Kind) -> str:
    return "missing" if value is None else TAGS.get(kind, kind.value)


def compare(it: Compiled, one: Asked, frame: Frame, at: At, closely: bool) -> None:
    """The whole, with jumps taken; then, where they differ or `closely`, every part of it, parts before wholes."""
    whole, found = evaluate(one.node, at), it.machine.evaluate(one.code, frame)
    if one.as_kind is Kind.NUMBER and whole is not None:
        whole = float(whole)
    # Equal conditions about one event share code, whose places are those of the first.
    place = it.machine.plan["codes"][one.code]["span"]
    if same(found, whole) and (not closely or place != [one.node.span.file, one.node.span.start, one.node.span.end]):
        return
    told = it.machine.trace(one.code, frame)
    for span, kind, value in told:
        meant = [(tag(v, part.type.kind), v) for part in one.nodes[span] for v in [evaluate(part, at)]]
        # A constant is put into the program as what it is used as.
        meant += [("number", float(v)) for k, v in meant if k == "integer" and isinstance(v, int) and is_constant(one.nodes[span])]
        assert any(kind == k and same(value, v) for k, v in meant), differs(it, span, (kind, value), meant, frame)
    untold = [span for span in one.nodes.keys() - {span for span, _, _ in told} if not is_constant(one.nodes[span])]
    assert not untold, [it.text[start:end] for _, start, end in untold]
    assert same(found, whole), differs(it, ("", one.node.span.start, one.node.span.end), found, whole, frame)


def is_constant(nodes: list[model.Expression]) -> bool:
    return all(isinstance(node, model.Constant) for node in nodes)


def differs(it: Compiled, span: Span, found: object, meant: object, frame: Frame) -> str:
    events = {name: event and event.values() for name, event in (("this", frame.this), ("current", frame.current))}
    return f"{it.text[span[1] : span[2]]}\nis {found!r}, and should be {meant!r}\non {events} at {frame.moment}"


def frame_of(this: Pair | None, current: Pair | None, moment: int) -> Frame:
    frame = Frame()
    frame.this, frame.current, frame.moment = this and this.fast, current and current.fast, moment
    return frame


@pytest.mark.seeds(24)
def test_every_part_of_every_expression_has_the_value_that_the_language_gives_it(seed: int) -> None:
    written = expressions.rule_file(seed)
    it = compiled(written.text)
    pairs = [pair for sent in expressions.events(seed, EVENTS) for pair in [decoded(it, sent)] if pair is not None]
    planned = {rule["name"]: rule for rule in it.machine.plan["rules"]}
    for name in written.lone:
        rule, plan = it.rules[name], planned[name]
        wanted = [asked(plan["condition"], rule.condition)]
        if rule.points is not None:
            wanted.append(asked(plan["points"], rule.points))
        said = [part for part in rule.message if not isinstance(part, str)]
        wanted += [
            asked(part["code"], node) for part, node in zip((p for p in plan["message"] if not isinstance(p, str)), said, strict=True)
        ]
        wanted += [asked(p["condition"], entry.condition) for p, entry in zip(plan["excepts"], rule.excepts, strict=True)]
        for number, pair in enumerate(pairs):
            frame, at = frame_of(pair, pair, pair.fast.time), At(it.names, None, pair.slow, pair.slow.time)
            for one in wanted:
                compare(it, one, frame, at, number % CLOSELY == 0)
    for name in written.scoped:
        node, plan = it.rules[name].condition, planned[name]
        assert isinstance(node, model.Presence)
        assert isinstance(node.operand, model.Aggregate)
        (number,) = [operand["aggregate"] for operand in plan["operands"]]
        for taken, meant in zip(it.machine.plan["aggregates"][number]["taken"], node.operand.taken, strict=True):
            wanted = [] if meant.where is None else [asked(taken["where"], meant.where)]
            wanted += [] if meant.value is None else [asked(taken["value"], meant.value, node.operand.type.kind)]
            for number, (this, current) in enumerate(zip(pairs, pairs[1:] + pairs[:1], strict=True)):
                frame, at = frame_of(this, current, this.fast.time), At(it.names, current.slow, this.slow, this.slow.time)
                for one in wanted:
                    compare(it, one, frame, at, number % CLOSELY == 0)
    moment = asked(planned["moment"]["condition"], it.rules["moment"].condition)
    for pair in pairs:
        compare(it, moment, frame_of(None, None, pair.fast.time), At(it.names, None, None, pair.slow.time), closely=True)


@pytest.mark.seeds(24)
def test_matches_names_the_rules_that_are_true_for_the_event(seed: int) -> None:
    written = expressions.rule_file(seed)
    it = compiled(written.text)
    for sent in expressions.events(seed, EVENTS):
        pair = decoded(it, sent)
        if pair is not None:
            expected = [name for name in written.lone if matched(it, it.rules[name], pair.slow)]
            assert it.machine.matches(sent) == expected, sent
            assert it.machine.matches(pair.fast) == expected, sent


def matched(it: Compiled, rule: model.Rule, event: slow_events.Event) -> bool:
    """'Exceptions and dates': whole local days; an exception that is unknown is none."""
    day = it.names.clock.day(event.time)
    tested, about = At(it.names, event, event, event.time), At(it.names, None, event, event.time)
    if (rule.since_day is not None and day < rule.since_day) or (rule.until_day is not None and day > rule.until_day):
        return False
    if not any(anchor.event == event.type and holds(anchor.where, tested) for anchor in rule.anchors.events):
        return False
    return holds(rule.condition, about) and not any(day <= entry.until_day and holds(entry.condition, about) for entry in rule.excepts)
