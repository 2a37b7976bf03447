"""Findings: anchors, episodes, and what is said at an opening.

In: the events that a rule may see, the clock.  Out: the findings of the rule that stand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

from rulelang import model
from tests.reference import texts
from tests.reference.events import Event, Value
from tests.reference.history import Anchor, Key, Sight, is_side, key_in, log_of, looked_at, moment_after, parts, retain_us, taken_up
from tests.reference.values import At, Names, evaluate, holds

EVIDENCE_MAX = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """`key`: null, a text, or a list for a pair; `about`: by entity, None where nobody was found."""

    rule: model.Rule
    id: str
    entity: object
    key: object
    time: int
    anchor: Anchor
    about: dict[str, str | None]
    points: float | None
    events: list[list[str]]
    message: str | None
    note: str | None


def findings_of(names: Names, rule: model.Rule, events: Sequence[Event], now: int, secret: bytes) -> list[Finding]:
    """All findings of a rule. `events`: those that it may see, in order."""
    if rule.state == "disabled":
        return []
    found = []
    if rule.scopes:
        keys = rule.scopes[0].keys
        for key in dict.fromkeys(key for event in events if (key := key_in(names, keys, event)) is not None):
            log = log_of(names, keys, key, events)
            found += [say(names, rule, key, log, events, opening) for opening in openings(names, rule, key, log, events, now)]
    else:
        for opening in openings_by_key(names, rule, events, now):
            found.append(say(names, rule, (), [], events, opening))
    return [finding for finding in found if drawn(names, rule, finding, secret)]


# ------------------------------------------------------------------ anchors


def anchors(names: Names, rule: model.Rule, log: Sequence[Event], now: int) -> list[Anchor]:
    """The anchors of a rule in a history (unscoped: among all events), in order."""
    chosen = rule.anchors
    if chosen.kind == "ends":
        found = ends_of_periods(names, rule, log, now)
    elif chosen.kind == "givers":
        found = [Anchor("event", event.time, event) for event in log if gives(names, rule, event)]
    elif chosen.kind == "events":
        found = [Anchor("event", event.time, event) for event in log if is_named(names, chosen, event)]
    else:
        found = deadlines(names, rule, log, now)
    return [anchor for anchor in found if in_force(names, rule, anchor)]


def is_named(names: Names, chosen: model.Anchors, event: Event) -> bool:
    """'The clause `on` names the anchors instead: `on EVENT [where c], …` those events.'"""
    return any(one.event == event.type and holds(one.where, At(names, event, None, event.time)) for one in chosen.events)


def gives(names: Names, rule: model.Rule, event: Event) -> bool:
    """'Each event of the key's history that gives something to it: it carries a bare field that is used, or is taken up by an aggregate
    (its `where` true, its value present), or completes a pattern.'"""
    if event.type not in [one.event for one in rule.anchors.events]:
        return False
    for node in parts(rule.condition):
        if isinstance(node, model.Aggregate) and node.scope == 0 and taken_up(names, node, event, event, event.time) is not None:
            return True
        if isinstance(node, model.PatternTest) and node.scope == 0 and is_side(names, looked_at(node), event, event):
            return True
    return False


def deadlines(names: Names, rule: model.Rule, log: Sequence[Event], now: int) -> list[Anchor]:
    """'The moment GAP after each, once *now* has reached it.' 'Ordered by moment, then by the order of the events that set them.'"""
    gap = rule.anchors.gap
    assert gap is not None
    longest_us = retain_us(names, rule.scopes[0].keys if rule.scopes else ())
    found = []
    for event in log:
        if is_named(names, rule.anchors, event):
            moment = moment_after(names, gap, event, longest_us)
            if moment is not None and moment <= now:
                found.append(Anchor("deadline", moment, event))
    return sorted(found, key=lambda anchor: anchor.moment)  # stable: those of one moment stay in the order of their events


def ends_of_periods(names: Names, rule: model.Rule, log: Sequence[Event], now: int) -> list[Anchor]:
    """'`on end of …` the last microsecond of each local period, for every key that has events in its retained history then.'"""
    period = rule.anchors.period
    assert period is not None
    longest_us = retain_us(names, rule.scopes[0].keys)
    found: list[Anchor] = []
    for event in log:
        end = names.clock.period_end(period, event.time)
        while end <= now and end - event.time < longest_us:
            found.append(Anchor("end", end, None))
            end = names.clock.period_end(period, end + 1)
    return sorted(set(found), key=lambda anchor: anchor.moment)


def in_force(names: Names, rule: model.Rule, anchor: Anchor) -> bool:
    """'The rule's `since` and `until` are whole local days and cut anchors, not history.'"""
    day = names.clock.day(anchor.moment)
    return (rule.since_day is None or rule.since_day <= day) and (rule.until_day is None or day <= rule.until_day)


def condition_holds(names: Names, rule: model.Rule, anchor: Anchor, at: At) -> bool:
    """'`except` is looked at like a part of the rule's condition (unknown: no exception)'; its `until` is a whole local day."""
    for excepted in rule.excepts:
        if names.clock.day(anchor.moment) <= excepted.until_day and holds(excepted.condition, at):
            return False
    return holds(rule.condition, at)


# ------------------------------------------------------------------ episodes


def joins(names: Names, rule: model.Rule, anchor: Anchor, opening: Anchor) -> bool:
    """'Those less than the `repeat after` span later than the opening join it.'"""
    match rule.repeat.kind:
        case "span":
            return anchor.moment - opening.moment < rule.repeat.span_us
        case "period":
            assert rule.repeat.period is not None
            return anchor.moment <= names.clock.period_end(rule.repeat.period, opening.moment)
    return False


def openings(names: Names, rule: model.Rule, key: Key, log: Sequence[Event], events: Sequence[Event], now: int) -> list[Anchor]:
    """'Anchors at which the condition holds are cut, from the left, into episodes: the first opens one; …; the next opens another.'"""
    found: list[Anchor] = []
    for anchor in anchors(names, rule, log, now):
        if found and joins(names, rule, anchor, found[-1]):
            continue
        if condition_holds(names, rule, anchor, Sight(names, rule, key, events, anchor).at):
            found.append(anchor)
    return found


def openings_by_key(names: Names, rule: model.Rule, events: Sequence[Event], now: int) -> list[Anchor]:
    """Of an unscoped rule. '`repeat after` on an unscoped rule counts per key that it is about; anchors whose key is missing are findings each.'"""
    found: list[Anchor] = []
    last: dict[str, Anchor] = {}
    for anchor in anchors(names, rule, events, now):
        assert anchor.event is not None
        key = carried(rule.about[0], [anchor.event]) if rule.about else None
        if key is not None and key in last and joins(names, rule, anchor, last[key]):
            continue
        if condition_holds(names, rule, anchor, At(names, None, anchor.event, anchor.moment)):
            found.append(anchor)
            if key is not None:
                last[key] = anchor
    return found


# ------------------------------------------------------------------ what is said


def say(names: Names, rule: model.Rule, key: Key, log: Sequence[Event], events: Sequence[Event], opening: Anchor) -> Finding:
    """The finding of an episode: '(rule, key, opening anchor), at the opening anchor's time'."""
    if rule.scopes:
        sight = Sight(names, rule, key, events, opening)
        evidence, at = sight.evidence(), sight.at
    else:
        assert opening.event is not None
        evidence, at = [opening.event], At(names, None, opening.event, opening.moment)
    notes: list[str] = []
    points = points_of(rule, at, notes)
    about = about_of(names, rule, key, log, evidence, opening, notes)
    entities = [one.entity for one in rule.scopes[0].keys] if rule.scopes else list(about)[:1]
    shown = list(key) if rule.scopes else list(about.values())[:1]
    shown_key = None if not shown else shown[0] if len(shown) == 1 else shown
    return Finding(
        rule=rule,
        id=identity([rule.name, shown_key, anchor_name(opening)]),
        entity=None if not entities else entities[0] if len(entities) == 1 else entities,
        key=shown_key,
        time=opening.moment,
        anchor=opening,
        about=about,
        points=points,
        events=[[event.source, event.id] for event in evidence][:EVIDENCE_MAX],
        message=message_of(names, rule, at),
        note="; ".join(notes) or None,
    )


def identity(named: list[object]) -> str:
    """The first 32 hex digits of SHA-256 over the canonical JSON."""
    return sha256(json.dumps(named, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()[:32]


def anchor_name(anchor: Anchor) -> list[object]:
    """'[time in µs, source, id] for event anchors, [moment, source, id, "after"] for deadlines and [moment] for ends of periods.'"""
    if anchor.event is None:
        return [anchor.moment]
    return [anchor.moment, anchor.event.source, anchor.event.id] + (["after"] if anchor.kind == "deadline" else [])


def points_of(rule: model.Rule, at: At, notes: list[str]) -> float | None:
    """'A number or an expression at the opening anchor; missing or negative: none, and the finding says so.'"""
    if rule.points is None:
        return None
    points = evaluate(rule.points, at)
    if points is None:
        notes.append("no points: the value is missing")
        return None
    assert isinstance(points, int | float)
    if points < 0:
        notes.append("no points: the value is negative")
        return None
    return float(points)


def about_of(
    names: Names, rule: model.Rule, key: Key, log: Sequence[Event], evidence: Sequence[Event], opening: Anchor, notes: list[str]
) -> dict[str, str | None]:
    """'Default: the scope's key. The key is the value in the last of the events that the finding rests on which carries it, else the latest
    in the retained history of the rule's key up to the opening; missing: the finding stands, credited to nobody, and says so.'"""
    if not rule.about:
        return {scope_key.entity: one for scope_key, one in zip(rule.scopes[0].keys, key, strict=True)} if rule.scopes else {}
    found = {}
    for about in rule.about:
        who = carried(about, evidence)
        if who is None and rule.scopes:
            longest_us = retain_us(names, rule.scopes[0].keys)
            who = carried(about, [event for event in log if opening.moment - longest_us < event.time <= opening.moment])
        if who is None:
            notes.append(f"about nobody: no event carries {about.entity}")
        found[about.entity] = who
    return found


def carried(about: model.About, events: Sequence[Event]) -> str | None:
    """The key in the last of the events that carries it."""
    for event in reversed(events):
        for type_, field in about.fields:
            if event.type == type_ and event.values.get(field) is not None:
                return str(event.values[field])
    return None


def message_of(names: Names, rule: model.Rule, at: At) -> str | None:
    """'Fields and aggregates in braces'; null where the rule has no message."""
    if not rule.message:
        return None
    return "".join(part if isinstance(part, str) else texts.shown(names, evaluate(part, at), part.type) for part in rule.message)


def drawn(names: Names, rule: model.Rule, finding: Finding, secret: bytes) -> bool:
    """'`sample 2% by NAME` keeps a rule's findings only for keys drawn by a keyed hash.' 'No key: not drawn.'"""
    if rule.sample is None:
        return True
    key = sampled_by(rule.sample.fields, finding.anchor.event)
    if key is None:
        return False
    text = f"{rule.name}\n{key}\n{texts.day_text(names.clock.day(finding.time))}"
    drawn_at = int.from_bytes(hmac.new(secret, text.encode(), hashlib.sha256).digest()[:8], "big")
    return drawn_at < Fraction(rule.sample.fraction) * 2**64


def sampled_by(fields: Iterable[tuple[str, str]], event: Event | None) -> Value:
    """The value of the field by which is drawn."""
    for type_, field in fields:
        if event is not None and event.type == type_:
            return event.values.get(field)
    return None
