"""What a rule comes to once the defaults are filled in: when it is looked at, over which window, when it is reported again.

In: a rule of the model and its rule set.  Out: lines of text, for `check --effective`; what is told of a rule set to those who run it; and how far back its
rules look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rulelang import model
from rulelang.lengths import length_text

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_HOUR_US = 3_600_000_000
_PERIODS_US = {
    period: (days * 24 + 1) * _HOUR_US for period, days in (("day", 1), ("week", 7), ("month", 31), ("quarter", 92), ("year", 366))
}
"""The longest that a local period can be: it may hold the hour that is put back in autumn."""


def describe(rule: model.Rule, ruleset: model.RuleSet) -> list[str]:
    """The lines of one rule, its name first."""
    lines = [f"rule {rule.name}" + ("" if rule.state == "enabled" else f" ({rule.state})")]
    lines += [f"    looked at: {text}" for text in _anchors(rule)]
    for index, scope in enumerate(rule.scopes):
        name = "window" if index == 0 else "beside it"
        lines.append(f"    {name}: {keys_text(scope.keys)}, {window_text(scope.window)}")
    lines.append(f"    reported again: {_repeat(rule)}")
    lines.append(f"    about: {_about(rule)}")
    lines.append(f"    counts for: {', '.join(ladders_of(rule, ruleset)) or 'no ladder'}")
    if rule.since_day is not None or rule.until_day is not None:
        lines.append(f"    days: {_days(rule)}")
    lines += [f"    except: until {day_text(e.until_day)}, because {e.because}" for e in rule.excepts]
    if rule.layer:
        lines.append(f"    sees: {'findings' if rule.layer == 1 else 'findings and warnings'} of other rules")
    return lines


@dataclass(frozen=True, slots=True)
class RuleOutline:
    """What is told of a rule to those who run it. `reach_us`: how far its own windows reach back; `credited`: the entities that it is about."""

    name: str
    title: str | None
    category: str | None
    state: str
    level: str | None
    reference: str | None
    owner: str | None
    layer: int
    reach_us: int
    credited: tuple[str, ...]
    gives_points: bool
    sampled: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """What is told of a rule set to those who run it: all but what its rules are made of."""

    hash: str
    timezone: str
    rules: tuple[RuleOutline, ...]
    ladders: tuple[model.Ladder, ...]
    procedures: tuple[model.Procedure, ...]
    entities: tuple[model.Entity, ...]
    events: tuple[model.Event, ...]


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far before the moment looked at an event may lie that counts for it, in microseconds, by name; 0: single events only."""

    rules: Mapping[str, int]
    ladders: Mapping[str, int]


def look_back(outline: Outline) -> LookBack:
    """At most: a window of open time reaches as far as its entities retain. A rule over findings or warnings reaches as much further as those it may see,
    and a ladder as those whose points stand on it."""
    retained = {entity.name: entity.retain_us for entity in outline.entities}
    rules: dict[str, int] = {}

    def add(layer: int, below: int) -> None:
        rules.update({rule.name: rule.reach_us + below for rule in outline.rules if rule.layer == layer})

    add(0, 0)
    add(1, max(rules.values(), default=0))
    ladders = {}
    for ladder in outline.ladders:
        feeding = [rules[rule.name] for rule in outline.rules if ladder.name in ladders_fed(rule, outline.entities, outline.ladders)]
        ladders[ladder.name] = _reach_us(ladder.window, retained[ladder.entity]) + max(feeding, default=0)
    add(2, max([*rules.values(), *ladders.values()], default=0))
    return LookBack(rules, ladders)


def rule_outline(rule: model.Rule, entities: Mapping[str, model.Entity]) -> RuleOutline:
    """What is told of a rule."""
    reach = (_reach_us(scope.window, min(entities[key.entity].retain_us for key in scope.keys)) for scope in rule.scopes)
    return RuleOutline(
        rule.name,
        rule.title,
        rule.category,
        rule.state,
        rule.level,
        rule.reference,
        rule.owner,
        rule.layer,
        max(reach, default=0),
        tuple([about.entity for about in rule.about] or [key.entity for scope in rule.scopes[:1] for key in scope.keys]),
        rule.points is not None,
        rule.sample is not None,
    )


def outline(ruleset: model.RuleSet) -> Outline:
    """What is told of a rule set."""
    entities = {entity.name: entity for entity in ruleset.entities}
    return outline_of(ruleset, [rule_outline(rule, entities) for rule in ruleset.rules])


def outline_of(declared: model.RuleSet, rules: Iterable[RuleOutline]) -> Outline:
    """What is told of a rule set with these rules. Those of `declared` are not looked at."""
    return Outline(
        declared.hash, declared.timezone, tuple(rules), declared.ladders, declared.procedures, declared.entities, declared.events
    )


def _reach_us(window: model.Window, retained_us: int) -> int:
    match window.kind:
        case "sliding" | "retained":
            return min(window.length_us, retained_us)
        case "period":
            assert window.period is not None
            return min(_PERIODS_US[window.period], retained_us)
    gap = window.gap
    if gap is not None and gap.kind == "duration" and isinstance(gap.amount, model.Constant) and isinstance(gap.amount.value, int):
        return min(gap.amount.value, retained_us)
    return retained_us


def keys_text(keys: tuple[model.ScopeKey, ...]) -> str:
    """`within account by target, officer`."""
    return "within " + ", ".join(key.entity if key.by is None else f"{key.entity} by {key.by}" for key in keys)


def window_text(window: model.Window) -> str:
    """How far back is looked, in words."""
    match window.kind:
        case "sliding":
            return f"the last {length_text(window.length_us)}"
        case "retained":
            return f"the last {length_text(window.length_us)}: all that is kept"
        case "period":
            return f"the {window.period} so far"
    assert window.gap is not None
    return f"as long as {gap_text(window.gap)} is not over"


def gap_text(gap: model.Gap) -> str:
    """A gap as it would be written."""
    match gap.kind:
        case "open_days":
            return f"{gap.days}d of {gap.calendar}"
        case "period":
            return f"the rest of the {gap.period}"
    amount = "a time computed from the event"
    if isinstance(gap.amount, model.Constant) and isinstance(gap.amount.value, int):
        amount = length_text(gap.amount.value)
    return f"{amount} of {gap.calendar}" if gap.kind == "open_time" else amount


def day_text(day: int) -> str:
    """A local day as `2026-03-02`."""
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


def _anchors(rule: model.Rule) -> Iterator[str]:
    anchors = rule.anchors
    events = ", ".join(anchor.event + (" (where a condition holds)" if anchor.where is not None else "") for anchor in anchors.events)
    match anchors.kind:
        case "events":
            yield f"each {events}" if events else "nothing: no event type can be meant"
        case "givers":
            yield f"each event of its history that gives something to it: {events}"
        case "deadlines":
            assert anchors.gap is not None
            yield f"{gap_text(anchors.gap)} after each {events}"
        case "ends":
            yield f"the end of each {anchors.period}, for every key with events in what is kept"


def _repeat(rule: model.Rule) -> str:
    match rule.repeat.kind:
        case "span":
            return f"{length_text(rule.repeat.span_us)} after the finding before"
        case "period":
            return f"in the next {rule.repeat.period}"
    return "always"


def _about(rule: model.Rule) -> str:
    if not rule.about:
        return ", ".join(key.entity for key in rule.scopes[0].keys) if rule.scopes else "nobody"
    texts = []
    for about in rule.about:
        fields = ", ".join(f"{event}.{field}" for event, field in about.fields)
        texts.append(f"{about.entity} ({fields})" if fields else f"{about.entity}")
    return "; ".join(texts)


def ladders_of(rule: model.Rule, ruleset: model.RuleSet) -> list[str]:
    """The ladders on which points of this rule can stand, of whom it is about directly or, through `in`, above."""
    entities = {entity.name: entity for entity in ruleset.entities}
    return ladders_fed(rule_outline(rule, entities), ruleset.entities, ruleset.ladders)


def ladders_fed(rule: RuleOutline, entities: Iterable[model.Entity], ladders: Iterable[model.Ladder]) -> list[str]:
    """The same of the outline of a rule."""
    if rule.state != "enabled" or rule.layer == 2 or not rule.gives_points:
        return []
    parents = {entity.name: entity.parent for entity in entities}
    reached: dict[str, None] = {}
    for entity in rule.credited:
        above: str | None = entity
        while above is not None and above not in reached:
            reached[above] = None
            above = parents[above]
    return [
        ladder.name
        for ladder in ladders
        if ladder.entity in reached and (not ladder.categories or any((rule.category or "").startswith(c) for c in ladder.categories))
    ]


def _days(rule: model.Rule) -> str:
    since = "" if rule.since_day is None else f"from {day_text(rule.since_day)}"
    until = "" if rule.until_day is None else f"to {day_text(rule.until_day)}"
    return f"{since} {until}".strip()
