"""Histories: what the scopes of a rule give at one moment.

In: the events that a rule may see.  Out: logs of keys, windows of them, aggregates, patterns, and what these rest on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rulelang import model
from rulelang.model import Kind
from tests.reference import clock as clocks
from tests.reference.events import Event, Value, half_away
from tests.reference.values import At, Names, evaluate, fitting, holds, whole

Key = tuple[str, ...]
UNSCOPED_GAP_US = 400 * clocks.DAY_US


def key_in(names: Names, keys: Sequence[model.ScopeKey], event: Event | None) -> Key | None:
    """The key by which an event belongs to a history; None: to none.

    'An event belongs to the history of each entity that it has a field of. Where it has several fields of one entity, the one
    named like the entity is the key; `within account by target` takes the field `target`.'
    """
    found = []
    for key in keys:
        carrying = None if event is None else names.events[event.type].key_field(key)
        value = None if event is None or carrying is None else event.values.get(carrying.name)
        if value is None:
            return None
        found.append(str(value))
    return tuple(found)


def log_of(names: Names, keys: Sequence[model.ScopeKey], key: Key, events: Iterable[Event]) -> list[Event]:
    """The history of a key, in order."""
    return [event for event in events if key_in(names, keys, event) == key]


def retain_us(names: Names, keys: Sequence[model.ScopeKey]) -> int:
    """'What a pair retains is the least of its two entities.'"""
    return min((names.entities[key.entity].retain_us for key in keys), default=UNSCOPED_GAP_US)


# ------------------------------------------------------------------ gaps and windows


def moment_after(names: Names, gap: model.Gap, event: Event, longest_us: int) -> int | None:
    """The moment that a gap after an event leads to.

    'GAP may be computed from the event; missing, negative or longer than retained: none.'
    """
    moment = None
    if gap.kind == "period":
        assert gap.period is not None
        moment = names.clock.period_end(gap.period, event.time)
    elif gap.kind == "open_days":
        calendar = names.calendars[gap.calendar or ""]
        moment = clocks.after_open_days(names.clock, calendar, event.time, gap.days, event.time + longest_us)
    else:
        assert gap.amount is not None
        amount = evaluate(gap.amount, At(names, event, None, event.time))
        if amount is None or whole(amount) < 0:
            return None
        if gap.kind == "duration":
            moment = event.time + whole(amount)
        else:
            calendar = names.calendars[gap.calendar or ""]
            moment = clocks.after_open_time(names.clock, calendar, event.time, whole(amount), event.time + longest_us)
    if moment is None or moment - event.time > longest_us:
        return None
    return moment


def within_window(names: Names, window: model.Window, longest_us: int, event: Event, moment: int, *, previous: bool = False) -> bool:
    """Whether an event lies in the window that ends at the moment; `previous`: in the one just before.

    '`over 30d`: exact sliding window, left-open and right-closed, `(t - 30d, t]`. `over month`: the calendar period that contains
    t, up to t. No `over`: `(t - retain, t]`.' '`previous A`: `(t - 60d, t - 30d]`, or the whole calendar period before.'
    """
    if window.kind == "period":
        assert window.period is not None
        start = names.clock.period_start(window.period, moment)
        if previous:
            return names.clock.period_start(window.period, start - 1) <= event.time < start
        return start <= event.time <= moment
    if window.kind == "open":
        # 'Events whose gap is not yet over at the moment looked at (deadline > moment).'
        assert window.gap is not None
        deadline = moment_after(names, window.gap, event, longest_us)
        return event.time <= moment and moment - event.time < longest_us and (deadline is None or deadline > moment)
    last = moment - window.length_us if previous else moment
    return last - window.length_us < event.time <= last


def near_enough(names: Names, window: model.Window, longest_us: int, earlier: Event, later: Event) -> bool:
    """Whether the gap between two events is within the `over` of their pattern: '`over` bounds the gap, both ends included.'

    'A pattern with no `over` takes the retained window `(t - retain, t]`.' '`over month`: both events in the same period.'
    """
    if earlier.time > later.time:
        return False
    match window.kind:
        case "sliding":
            return later.time - earlier.time <= window.length_us
        case "retained":
            return later.time - earlier.time < window.length_us
        case "period":
            assert window.period is not None
            return names.clock.period_start(window.period, earlier.time) == names.clock.period_start(window.period, later.time)
    assert window.gap is not None
    deadline = moment_after(names, window.gap, earlier, longest_us)
    return later.time - earlier.time <= longest_us and (deadline is None or later.time <= deadline)


# ------------------------------------------------------------------ what a rule sees at an anchor


@dataclass(frozen=True, slots=True)
class Anchor:
    """`event`: what is looked at; for a deadline the event that set it; None at the end of a period."""

    kind: str
    moment: int
    event: Event | None


class Sight:
    """What the scopes of a rule give at one anchor of one key."""

    def __init__(self, names: Names, rule: model.Rule, key: Key, events: Sequence[Event], anchor: Anchor) -> None:
        self.names = names
        self.rule = rule
        self.anchor = anchor
        self.keys = [self._key_of(scope, key) for scope in rule.scopes]
        self.logs = [
            [] if other is None else log_of(names, scope.keys, other, events) for scope, other in zip(rule.scopes, self.keys, strict=True)
        ]
        self.at = At(names, None, anchor.event, anchor.moment, self)

    def _key_of(self, scope: model.Scope, key: Key) -> Key | None:
        """'The others are looked at, at the same moment, for the key that the anchor event itself carries.'

        'A component that the rule's own scope has too is the rule's key; any other is what the anchor event carries.'
        """
        own = dict(zip(self.rule.scopes[0].keys, key, strict=True))
        found: list[str] = []
        for component in scope.keys:
            carried = (own[component],) if component in own else key_in(self.names, (component,), self.anchor.event)
            if carried is None:
                return None
            found += carried
        return tuple(found)

    # -------------------------------------------------------------- aggregates

    def taken(self, node: model.Aggregate) -> list[tuple[Event, Value]]:
        """What an aggregate takes up of its window, with the values."""
        scope = self.rule.scopes[node.scope]
        longest_us = retain_us(self.names, scope.keys)
        found: list[tuple[Event, Value]] = []
        for event in self.logs[node.scope]:
            if within_window(self.names, scope.window, longest_us, event, self.anchor.moment, previous=node.previous):
                value = taken_up(self.names, node, event, self.anchor.event, self.anchor.moment)
                if value is not None:
                    found.append((event, value))
        return found

    def aggregate(self, node: model.Aggregate) -> Value:
        """The value of an aggregate. 'If the anchor event carries no key, all that the scope gives is missing, counts too.'"""
        if self.keys[node.scope] is None:
            return None
        return result(node, [value for _, value in self.taken(node)])

    # -------------------------------------------------------------- patterns

    def pattern(self, node: model.PatternTest) -> bool | None:
        """Whether a pattern holds here; with no key unknown."""
        if self.keys[node.scope] is None:
            return None
        event = self.anchor.event
        if event is None:  # 'At ends of periods they are not looked at: false.'
            return False
        if node.kind == "not followed by":
            return not self.followers(node, event)
        if not is_side(self.names, looked_at(node), event, event):
            return False
        return bool(self.partners(node, event)) == (node.kind != "not preceded by")

    def followers(self, node: model.PatternTest, event: Event) -> list[Event]:
        """The Bs that came after an A up to its deadline; 'an event at the same time counts as after, an event never pairs with itself.'"""
        return [
            other
            for other in self.logs[node.scope]
            if other is not event and event.time <= other.time <= self.anchor.moment and is_side(self.names, node.right, other, event)
        ]

    def partners(self, node: model.PatternTest, event: Event) -> list[Event]:
        """The events before the one looked at with which it pairs, in order."""
        scope = self.rule.scopes[node.scope]
        side = node.left if node.kind == "followed by" else node.right
        longest_us = retain_us(self.names, scope.keys)
        return [
            other
            for other in self.logs[node.scope]
            if other is not event
            and near_enough(self.names, scope.window, longest_us, other, event)
            and is_side(self.names, side, other, event)
        ]

    # -------------------------------------------------------------- evidence

    def evidence(self) -> list[Event]:
        """'What the finding rests on: for each part of the condition (whether or not it decided the outcome)', and the anchor event."""
        found = [] if self.anchor.event is None else [self.anchor.event]
        for node in parts(self.rule.condition):
            if isinstance(node, model.Aggregate) and self.keys[node.scope] is not None:
                taken = [event for event, _ in self.taken(node)]
                if node.kind == "first":
                    taken = taken[:1]
                elif node.kind == "latest":
                    taken = taken[-1:]
                found += taken
            elif isinstance(node, model.PatternTest) and node.kind in ("followed by", "preceded by") and self.pattern(node):
                assert self.anchor.event is not None
                found.append(self.partners(node, self.anchor.event)[-1])
        return sorted(dict.fromkeys(found), key=lambda event: event.order)


def taken_up(names: Names, node: model.Aggregate, event: Event, this: Event | None, moment: int) -> Value:
    """What an aggregate takes of one event, whichever window it falls in; None: nothing ('its `where` true, its value present')."""
    for taken in node.taken:
        at = At(names, event, this, moment)
        if taken.event == event.type and holds(taken.where, at):
            value = True if taken.value is None else evaluate(taken.value, at)
            if value is not None:
                return value
    return None


def result(node: model.Aggregate, values: list[Value]) -> Value:
    """'Of no values `count`, `distinct` and `sum` are 0, the others missing; missing values are left out.'"""
    match node.kind:
        case "count":
            return len(values)
        case "distinct":
            return len(set(values))
        case "sum":
            return exact(sum(map(Fraction, values), Fraction(0)), node.type)  # type: ignore[arg-type]  # numbers
        case "share":
            # 'The part, of the events with a known c, for which c holds; missing where there are fewer than 20.'
            return values.count(True) / len(values) if len(values) >= max(node.at_least or 0, 1) else None
    if not values:
        return None
    match node.kind:
        case "avg":
            return exact(sum(map(Fraction, values), Fraction(0)) / len(values), node.type)  # type: ignore[arg-type]  # numbers
        case "min":
            return min(values)  # type: ignore[type-var]  # of one kind that has an order
        case "max":
            return max(values)  # type: ignore[type-var]  # of one kind that has an order
        case "first":
            return values[0]
        case "latest":
            return values[-1]
    raise ValueError(node.kind)


def exact(total: Fraction, type_: model.Type) -> Value:
    """'`sum` and `avg` are exact and rounded once'; durations to the microsecond, half away from zero."""
    if type_.kind is not Kind.NUMBER:
        return fitting(half_away(total), type_)
    try:
        return float(total)
    except OverflowError:
        return None


def looked_at(node: model.PatternTest) -> model.Side:
    """'`A followed by B` (looked at on B) · `A preceded by B` (on A) · `A not preceded by B` (on A).'"""
    return node.right if node.kind == "followed by" else node.left


def is_side(names: Names, side: model.Side, event: Event, this: Event) -> bool:
    """Whether an event is meant by a side of a pattern; *this* is the event looked at."""
    return event.type == side.event and holds(side.where, At(names, event, this, event.time))


def parts(node: object) -> list[model.Expression]:
    """An expression and all expressions in it, but for those inside of aggregates and patterns."""
    if isinstance(node, tuple):
        return [part for one in node for part in parts(one)]
    if not isinstance(node, model.Expression):
        return []
    found = [node]
    if not isinstance(node, model.Aggregate | model.PatternTest):
        for name in node.__slots__:
            found += parts(getattr(node, name))
    return found
