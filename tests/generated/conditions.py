"""Conditions and values: about one event, and over a scope.

In: a seeded random generator, a schema, where the condition stands.  Out: `Part`s of the sorts "test" (about one event), "condition"
and "amount" (over a scope), "value" (with a scope of its own).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.generated.schema import DAY_US, DERIVED, ENTITIES, EVENTS, PARENTS, Schema, carriers, key_field, length
from tests.generated.writing import NOTHING, Part, part
from tests.reference.texts import day_text

Keys = tuple[tuple[str, str | None], ...]
ORDER = ("<", "<=", ">", ">=")
COMPARISONS = ("==", "!=", *ORDER)
NUMBERS = ("0", "1", "2", "3", "1.5", "0.3", "-1")
SMALL = ("0", "1", "1", "1", "2", "2", "3")
TEXTS = ('"a"', '"b"', '"ab"', '""')
NAMES = {
    "city": ('"C1"',),
    "unit": ('"U1"', '"U2"'),
    "officer": ('"P1"', '" P2"'),
    "case": ('"K1"', '"Ｋ2"'),
    "account": ('"paul"', '"PauI"', '"anna "'),
}
RULES = ('"r0"', '"r1"', '"r2"', '"r3"')
SCOPES: tuple[Keys, ...] = (
    *((("officer", None),),) * 4,
    *((("case", None),),) * 3,
    (("unit", None),),
    (("unit", None),),
    (("account", None),),
    (("account", "target"),),
    (("officer", "giver"),),
    (("officer", None), ("case", None)),
    (("case", None), ("unit", None)),
    (("officer", None), ("account", "target")),
    (("city", None),),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """`events`: those that may be named in it; `over`: as written; `open`: it counts the hours of a calendar, beside a pattern."""

    keys: Keys
    events: tuple[str, ...]
    over: str
    previous: bool
    open: bool


class Writer:
    """`layer`: 0 sees received events, 1 findings too, 2 warnings too; `this`: event types of which the anchor may be."""

    def __init__(self, rng: Random, schema: Schema, layer: int = 0) -> None:
        self.rng = rng
        self.schema = schema
        self.layer = layer
        self.this: tuple[str, ...] = ()
        self.waits = False  # there is a `not followed by` already

    # -------------------------------------------------------------- one event

    def test(self, event: str, depth: int = 1, *, this: bool = False) -> Part:
        """A condition about one event of a type."""
        rng = self.rng
        if depth and rng.random() < 0.25:
            form = rng.choice(("(@ and @)", "(@ or @)", "(@ and @)", "not @"))
            return part("test", form, *(self.test(event, depth - 1, this=this) for _ in range(form.count("@"))))
        if this and self.this and rng.random() < 0.5:
            found = self._with_this(event)
            if found is not None:
                return found
        name, kind = rng.choice([*EVENTS[event].items(), ("time", "time")])
        field = f"{event}.{name}"
        if rng.random() < 0.2:
            return part("test", f"{field} is {rng.choice(('missing', 'present', 'present', 'present'))}")
        return part("test", self._about_field(field, name, kind))

    def _about_field(self, field: str, name: str, kind: str) -> str:
        rng, step = self.rng, self.schema.step_us
        op = rng.choice(ORDER)
        if kind == "mg" and rng.random() < 0.3:
            return f"{field} {op} least({rng.choice(TEXTS)})"
        if kind in ("mg", "number", "integer"):
            return rng.choice(
                (
                    f"{field} {rng.choice(COMPARISONS)} {rng.choice(NUMBERS)}",
                    f"{field} between 1 and 2",
                    f"{field} in (0, 1, 3)",
                    f"({field} or else 1) {op} 1",
                    f"{field} mod 2 == 1",
                    f"-{field} / 2 {op} 1",
                    f"abs({field}) * 2 {op} {rng.choice(NUMBERS)}",
                )
            )
        if kind == "boolean":
            return rng.choice((field, f"not {field}", f"{field} == false"))
        if kind == "duration":
            return f"{field} {op} {length(step)}"
        if kind == "time":
            first = self.schema.clock.day(self.schema.start_us)
            return rng.choice(
                (
                    f"hour({field}) {op} {rng.choice((6, 12))}",
                    f"weekday({field}) {op} 5",
                    f"{field} {rng.choice(('during', 'outside'))} {rng.choice(('duty', 'night'))}",
                    f"{field} {op} {day_text(first + rng.randrange(4))}",
                    f"dated() {rng.choice(COMPARISONS)} 2",
                )
            )
        if kind in EVENTS_KEYS:
            return rng.choice(
                (
                    f"{field} {rng.choice(('==', '!='))} {rng.choice(NAMES[kind])}",
                    f"{field} in ({', '.join(NAMES[kind])})",
                    f"length(spelling({field})) {op} 2",
                    f"spelling({field}) starts with {rng.choice(NAMES[kind])}",
                )
            )
        known = RULES if name == "rule" else TEXTS
        if name == "level":
            known = ('"red"', '"orange"')
        return rng.choice(
            (
                f"{field} {rng.choice(('==', '!='))} {rng.choice(known)}",
                f"{field} {rng.choice(('==', '!='))} {rng.choice(known)}",
                f'{field} like "a*"',
                f'{field} matches "^[ar]"',
                f'{field} ends with "b"',
                f"{field} in ({known[0]}, {known[1]})",
            )
        )

    def _with_this(self, event: str) -> Part | None:
        rng = self.rng
        other = rng.choice(self.this)
        pairs = [(name, theirs) for name, kind in EVENTS[event].items() for theirs, same in EVENTS[other].items() if kind == same]
        pairs += [("time", "time"), ("id", "id"), ("source", "source")]
        name, theirs = rng.choice(pairs)
        kind = EVENTS[event].get(name, "text")
        op = rng.choice(("==", "!=") if kind == "boolean" or kind in EVENTS_KEYS else COMPARISONS)
        return part("test", f"{event}.{name} {op} this.{theirs}")

    def where(self, event: str, *, this: bool = False, chance: float = 0.5) -> Part:
        """` where …`, or nothing."""
        if self.rng.random() > chance * 0.7:
            return NOTHING
        return part("where", " where @", self.test(event, this=this), optional=True)

    # -------------------------------------------------------------- scopes

    def scope(self, keys: Keys | None = None, *, open: bool = False) -> Scope:
        """A scope that sees events of the writer's layer."""
        rng, schema = self.rng, self.schema
        hidden = {"finding": 1, "warning": 2}
        keys = keys or rng.choice([keys for keys in SCOPES if rng.random() < 0.05 or set(carriers(keys)) & set(schema.common)] or SCOPES)
        seen = [event for event in carriers(keys) if hidden.get(event, 0) <= self.layer]
        events = [event for event in seen if event not in DERIVED] or seen
        if rng.random() < 0.95:
            events = [event for event in events if event in schema.common] or events
        if "event_conflict" in seen and rng.random() < 0.08:
            events.append("event_conflict")
        for derived, layer in hidden.items():
            if derived in seen and layer == self.layer:
                events += [derived] * 4
        retain_us = min(schema.retain_us[entity] for entity, _ in keys)
        over, previous = self._over(retain_us, open)
        return Scope(keys, tuple(events), over, previous, open)

    def _over(self, retain_us: int, open: bool) -> tuple[str, bool]:
        rng, step = self.rng, self.schema.step_us
        if open:
            days = [f"{count}d" for count in (1, 2) if count * DAY_US <= retain_us]
            hours = [length(us) for us in (step, 3 * step) if us <= min(retain_us, 40 * DAY_US)]
            return f"{rng.choice(days + hours or ['1m'])} of {rng.choice(('duty', 'night'))}", False
        if rng.random() < 0.2:
            return "", False
        lengths = {"day": 26 * 3_600_000_000, "week": 8 * DAY_US, "month": 32 * DAY_US, "quarter": 93 * DAY_US, "year": 367 * DAY_US}
        fitting = [period for period, us in lengths.items() if us <= retain_us and us < 60 * step]
        if fitting and rng.random() < 0.4:
            period = rng.choice(fitting)
            return period, 2 * lengths[period] <= retain_us
        count = rng.choice([n for n in (1, 2, 3, 4, 6, 8) if n * step <= retain_us])
        return length(count * step), 2 * count * step <= retain_us

    def scoped(self, sort: str, body: Part, scope: Scope) -> Part:
        """`body within … over …`"""
        keys = ", ".join(entity if by is None else f"{entity} by {by}" for entity, by in scope.keys)
        over = part("over", f" over {scope.over}", optional=not scope.open) if scope.over else NOTHING
        return part(sort, f"@ within {keys}@", body, over)

    # -------------------------------------------------------------- over a scope

    def condition(self, scope: Scope, depth: int = 2, *, first: bool = True) -> Part:
        """A condition over a scope. `first`: it is the rule's, where alone `not followed by` may stand."""
        rng = self.rng
        if depth and rng.random() < 0.35:
            form = rng.choice(("(@ and @)", "(@ or @)"))
            return part("condition", form, *(self.condition(scope, depth - 1, first=first) for _ in range(2)))
        if scope.open or rng.random() < 0.3:
            return self.pattern(scope, first=first)
        if rng.random() < 0.1:
            return part("condition", "not (@)", self._comparison(scope))
        return self._comparison(scope)

    def _comparison(self, scope: Scope) -> Part:
        rng, step = self.rng, self.schema.step_us
        event = rng.choice(scope.events)
        fields = EVENTS[event]
        op = rng.choice(ORDER)
        chance = rng.random()
        if chance < 0.5:
            return part("condition", f"@ {rng.choice(('>=', '>=', '>', '==', '<', '<='))} @", self.amount(scope), rng.choice(SMALL))
        if chance < 0.58:
            return part("condition", f"@ {op} @", self.amount(scope), self.amount(scope))
        if chance < 0.66:
            form = rng.choice((f"time - {event}.time {op} {length(step)}", f"hour(time) {op} 12", "time during duty", "weekday(time) >= 4"))
            return part("condition", form) if event in form else part("condition", f"(count({event}) >= 1 and {form})")
        name, kind = rng.choice(list(fields.items()))
        if chance < 0.85 or kind in ("boolean",):
            return part(
                "condition", self._about_field(f"{event}.{name}", name, kind).replace("dated()", "(count(" + event + ") + dated())")
            )
        aggregate = rng.choice(("first", "latest", "min", "max") if kind not in ("boolean", *EVENTS_KEYS) else ("first", "latest"))
        value = part("value", f"{aggregate}({event}.{name}@)", self.where(event, this=True, chance=0.3))
        if kind == "time":
            return part("condition", f"@ {op} time", value)
        if kind == "duration":
            return part("condition", f"@ {op} {length(step)}", value)
        if kind == "mg":
            return part("condition", f"@ {op} least({rng.choice(TEXTS)})", value)
        if kind in ("number", "integer"):
            return part("condition", f"@ {op} {rng.choice(NUMBERS)}", value)
        known = NAMES.get(kind, TEXTS)
        return part("condition", f"@ {rng.choice(('==', '!='))} {rng.choice(known)}", value)

    def amount(self, scope: Scope) -> Part:
        """A number without a unit."""
        rng = self.rng
        event = rng.choice(scope.events)
        previous = "previous " if scope.previous and rng.random() < 0.2 else ""
        where = self.where(event, this=True)
        kind = rng.choice(("count", "count", "count", "distinct", "sum", "share", "best", "span"))
        integers = [name for name, kind_ in EVENTS[event].items() if kind_ in ("integer", "number")]
        if kind == "share":
            among = part("among", " among @", self.test(event, 0, this=True), optional=True) if rng.random() < 0.3 else NOTHING
            asked = self.test(event, this=True)
            return part("amount", f"{previous}share({event} where @@ at least {rng.choice((1, 2, 3))})", asked, among)
        if kind == "distinct":
            name = rng.choice([*EVENTS[event], "source"])
            field = f"spelling({event}.{name})" if EVENTS[event].get(name) in EVENTS_KEYS and rng.random() < 0.3 else f"{event}.{name}"
            return part("amount", f"{previous}distinct({field}@)", where)
        if kind == "sum" and integers:
            return part("amount", f"{previous}{rng.choice(('sum', 'avg'))}({event}.{rng.choice(integers)}@)", where)
        if kind == "best" and integers:
            return part("amount", f"{previous}{rng.choice(('min', 'max', 'first', 'latest'))}({event}.{rng.choice(integers)}@)", where)
        if kind == "span":
            durations = [name for name, kind_ in EVENTS[event].items() if kind_ == "duration"]
            if durations:
                return part("amount", f"hours({rng.choice(('sum', 'avg', 'max'))}({event}.{durations[0]}@))", where)
            values = [name for name, kind_ in EVENTS[event].items() if kind_ == "mg"]
            if values:
                of = f"{rng.choice(('sum', 'avg', 'max'))}({event}.{values[0]}@)"
                return part("amount", f"{of} / {of}", where, where)
        return part("amount", f"{previous}count({event}@)", where)

    def pattern(self, scope: Scope, *, first: bool) -> Part:
        """`A followed by B` and its like."""
        rng = self.rng
        left, right = rng.choice(scope.events), rng.choice(scope.events)
        kinds = ["followed by", "preceded by", "not preceded by"]
        if first and not self.waits and scope.over and rng.random() < 0.4:
            kinds = ["not followed by"]
            self.waits = True
        kind = rng.choice(kinds)
        looked_at = right if kind == "followed by" else left
        before, self.this = self.this, (looked_at,)
        sides = [self.where(event, this=event != looked_at or left == right, chance=0.35) for event in (left, right)]
        if left == right:  # `this` is the event looked at: on that side it would be compared with itself
            sides[1 if kind == "followed by" else 0] = self.where(looked_at, chance=0.35)
        self.this = before
        return part("condition", f"{left}@ {kind} {right}@", *sides)

    def value(self) -> Part:
        """A number with a scope of its own."""
        scope = self.scope()
        return self.scoped("value", part("body", "(@)", self.amount(scope)), scope)


EVENTS_KEYS = frozenset(ENTITIES)

__all__ = ["PARENTS", "Keys", "Scope", "Writer", "key_field"]
