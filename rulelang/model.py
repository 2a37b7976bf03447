"""The resolved rule set: every name bound, every expression typed, nothing left to guess.

In: built by `rulelang.resolve` from syntax trees.  Out: read by the linter, the emitter, the
explainer and (in tests/) the reference evaluator.  All nodes are frozen; values in constants are

    number float · integer int · text str · boolean bool · time int (UTC microseconds since 1970)
    duration int (microseconds) · date int (local days since 1970-01-01) · key str (normalised)

How an expression is read.  It is evaluated in a context of three things: the *current* event (in a
`where`, an `on … where`, a gap: the event that is tested), *this* (the anchor event; for a deadline
the event that set it; none for an end of a period) and the *moment* looked at.  Directly in a rule's
condition there is no current event: parts outside any scope read *this*.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rulelang.syntax import Span


class Kind(Enum):
    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"
    DURATION = "duration"
    DATE = "date"  # a whole local day: date literals and date(…); no field has this type
    KEY = "key"  # a key of `Type.entity`


@dataclass(frozen=True, slots=True)
class Type:
    kind: Kind
    unit: str | None = None
    entity: str | None = None


# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Constant:
    """`value` None is missing."""

    value: bool | int | float | str | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of the current event (`of` "current") or of the anchor event ("this").

    `events` are the event types that declare it under this name with this type; for an event of
    another type, or where there is no such event, it is missing. `name` may be time, source or id
    (then `events` is every type). `spelling`: the raw text of a key, as it was sent.
    """

    of: str
    name: str
    events: tuple[str, ...]
    spelling: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Moment:
    """Bare `time` in a scope: the moment looked at."""

    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """Three-valued `and` / `or` (`op`) of two operands or more."""

    op: str
    operands: tuple[Expression, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """`op`: == != < <= > >=. Both sides have one kind, or integer with number, or date with time
    (then the time is taken as its local day); a key meets a key or a normalised text."""

    op: str
    left: Expression
    right: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class In:
    """Membership, as `==` with each item joined by `or` (a missing item counts as unknown)."""

    operand: Expression
    items: tuple[Expression, ...]
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """`low <= operand and operand <= high`."""

    operand: Expression
    low: Expression
    high: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class TextTest:
    """`op`: like, matches, starts with, ends with, contains. `pattern` of like and matches is constant and was validated."""

    op: str
    operand: Expression
    pattern: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """Never unknown."""

    operand: Expression
    missing: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class CalendarTest:
    operand: Expression
    calendar: str
    inside: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`op`: + - * / mod. `type` says what comes out; integer op integer is integer but for `/`.

    time - time = duration; time ± duration = time; duration ± duration; duration * number;
    duration / number = duration; duration / duration = number; duration mod duration = duration;
    date - date = duration (24 h a day). Integer and duration overflow, division by zero and NaN
    or infinity are missing.
    """

    op: str
    left: Expression
    right: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class OrElse:
    operand: Expression
    default: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function: abs round floor ceil min max length lower upper trim hour minute weekday date day
    month year seconds minutes hours days canonical. (`spelling(F)` is a FieldValue or an aggregate of one.)

    Missing in, missing out. abs floor ceil round of an integer is that integer's type; of a number: number
    (round half away from zero). hour … year are integers of the local clock. seconds … days of a duration
    are numbers. canonical(text): the text normalised like a key of an entity without lookalike; canonical(key): the key.
    """

    function: str
    arguments: tuple[Expression, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Normalise:
    """A text as a key of `entity`, so that it can be compared with one. Constants are normalised at check time."""

    entity: str
    operand: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class TableLookup:
    """`at` gives the time whose local day chooses the row: the current event's time, or the moment."""

    table: str
    arguments: tuple[Expression, ...]
    at: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Taken:
    """What an aggregate takes up of one event type.

    An event is taken up where `where` is true (None: always) and `value` is present (None: always).
    Both read the event as *current* and may read *this*. For `share`, `where` is the `among` part and
    `value` the boolean that is shared.
    """

    event: str
    where: Expression | None
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`kind`: count sum avg min max first latest distinct share, over the events of a scope's window.

    `scope` indexes `Rule.scopes`. `bare`: it was written as a bare field (kind latest).
    `uses_this`: some part reads the anchor event, so its value may differ between anchors of one moment.
    """

    kind: str
    scope: int
    taken: tuple[Taken, ...]
    previous: bool
    at_least: int | None
    bare: bool
    uses_this: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Side:
    event: str
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class PatternTest:
    """`kind`: "followed by", "preceded by", "not preceded by", "not followed by"; never unknown.

    A side's event counts where its `where` is true. It is looked at on the right side's event for
    "followed by", on the left's for "preceded by" and "not preceded by" (at any other anchor it is
    false), and for "not followed by" at the left event's deadline.  In the `where` of the side that is
    not looked at, *this* is the event looked at.
    """

    kind: str
    scope: int
    left: Side
    right: Side
    type: Type
    span: Span


Expression = (
    Constant
    | FieldValue
    | Moment
    | Not
    | Logic
    | Compare
    | In
    | Between
    | TextTest
    | Presence
    | CalendarTest
    | Arithmetic
    | Negate
    | OrElse
    | Call
    | Normalise
    | TableLookup
    | Aggregate
    | PatternTest
)

# ------------------------------------------------------------------ scopes, windows, gaps


@dataclass(frozen=True, slots=True)
class ScopeKey:
    """An entity, and the field that `by` names (None: the field that the event type's default says)."""

    entity: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """`kind`:
    "sliding"   (t - length_us, t]
    "retained"  the same, length_us being what the scope's entities retain (the least of a pair)
    "period"    the local `period` (day week month quarter year) that contains t, up to t
    "open"      beside or in a pattern: `over … of CALENDAR`: events from which fewer than `gap` lies up to t (deadline(e) > t)
    """

    kind: str
    length_us: int
    period: str | None
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Gap:
    """From an event's time to a moment. `kind`:
    "duration"  `amount` is a duration expression over the event (current); missing, negative or longer than retained: no moment
    "open_time" `amount` of open time of `calendar`
    "open_days" the last closing time of the `days`-th open day after the event's local day
    "period"    the last microsecond of the local `period` that contains the event
    """

    kind: str
    amount: Expression | None
    days: int
    calendar: str | None
    period: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """`has_pattern`: the window bounds a pattern's gap (both ends included) as well as the fields beside it."""

    keys: tuple[ScopeKey, ...]
    window: Window
    has_pattern: bool
    span: Span


# ------------------------------------------------------------------ anchors


@dataclass(frozen=True, slots=True)
class AnchorEvent:
    """An event type that may be an anchor, and what must be true of it (`on EVENT where c`; reads *current*)."""

    event: str
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Anchors:
    """`kind`:
    "events"    unscoped, or scoped with `on`: the events listed (for a scope: those in the key's history)
    "givers"    scoped without `on`: events of the types listed that give something to the first scope,
                that is are taken up by one of its aggregates in the condition (as `Taken` says, *this* being the event itself;
                windows play no part in it) or are the event on which one of its patterns is looked at (its where true)
    "deadlines" the moment `gap` after each event listed (`on … after`, or the left side of `not followed by`)
    "ends"      the last microsecond of each local `period`
    """

    kind: str
    events: tuple[AnchorEvent, ...]
    gap: Gap | None
    period: str | None


# ------------------------------------------------------------------ declarations


@dataclass(frozen=True, slots=True)
class Hours:
    start_minute: int
    end_minute: int  # at or below start_minute: the next day


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekly[0]` are Monday's hours; `closed` and `working` by local day number (days since 1970-01-01)."""

    name: str
    weekly: tuple[tuple[Hours, ...], ...]
    closed: frozenset[int]
    working: tuple[tuple[int, tuple[Hours, ...]], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entity:
    """`sources`: the event types after `from` (empty: any that carries both)."""

    name: str
    parent: str | None
    sources: tuple[str, ...]
    retain_us: int
    lookalike: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    title: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Event:
    """`derived`: which no upstream may send. Their schema:

    finding          rule text, category text, points number, level text, then a key field for each entity, named like it
    warning          ladder text, rule text, level text, points number, then a key field for each entity
    event_conflict   event text, event_id text, then a key field for each entity
    warning_step     warning text, ladder text, rule text, level text, step text, result text, actor text, role text, overdue boolean, then keys
    warning_overdue  warning text, ladder text, rule text, level text, step text, then a key field for each entity
    """

    name: str
    title: str | None
    fields: tuple[Field, ...]
    derived: bool
    span: Span

    def key_field(self, key: ScopeKey) -> Field | None:
        """The field by which an event of this type belongs to the history of `key`; None: to no such history."""
        if key.by is not None:
            return next((f for f in self.fields if f.name == key.by and f.type.entity == key.entity), None)
        candidates = [f for f in self.fields if f.type.entity == key.entity]
        if len(candidates) == 1:
            return candidates[0]
        return next((f for f in candidates if f.name == key.entity), None)


@dataclass(frozen=True, slots=True)
class TableRow:
    """Local day numbers, both included; None: open."""

    keys: tuple[bool | int | float | str, ...]
    value: bool | int | float | str
    since_day: int | None
    until_day: int | None


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    parameters: tuple[Type, ...]
    type: Type
    rows: tuple[TableRow, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class About:
    """Where the key of `entity` is read: the event types and fields that may carry it."""

    entity: str
    fields: tuple[tuple[str, str], ...]  # (event, field)
    span: Span


@dataclass(frozen=True, slots=True)
class Repeat:
    """`kind`: "always"; "span" (a later anchor joins where its time is less than the opening's + span_us);
    "period" (joins within the opening's local `period`). On an unscoped rule: per key of the first `about`; no key: always."""

    kind: str
    span_us: int
    period: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """Kept where HMAC-SHA-256(secret, UTF-8 of "rule\\nkey\\nYYYY-MM-DD"), its first 8 bytes as a big-endian
    integer, is below `fraction` times 2**64. The key: of the anchor event, `fields` as in About (text for another field)."""

    fraction: float
    fields: tuple[tuple[str, str], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Except:
    """Holds at anchors whose local day is `until_day` or before."""

    condition: Expression
    until_day: int
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """`scopes[0]` is the rule's scope (none: unscoped). `layer`: 0 over received events, 1 over `finding`, 2 over `warning`.

    `message` alternates texts and expressions; they, `points` and `about` are read at the opening anchor,
    bare fields and aggregates in them belonging to the first scope (unscoped: to the event).
    """

    name: str
    title: str | None
    category: str | None
    scopes: tuple[Scope, ...]
    condition: Expression
    anchors: Anchors
    about: tuple[About, ...]
    points: Expression | None
    level: str | None
    message: tuple[str | Expression, ...]
    repeat: Repeat
    sample: Sample | None
    excepts: tuple[Except, ...]
    approval: bool
    reference: str | None
    owner: str | None
    state: str
    since_day: int | None
    until_day: int | None
    layer: int
    span: Span


@dataclass(frozen=True, slots=True)
class Rung:
    level: str
    at: float
    action: str | None
    deadline: Gap | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ladder:
    name: str
    entity: str
    window: Window
    rungs: tuple[Rung, ...]
    categories: tuple[str, ...]
    weight: float
    span: Span


@dataclass(frozen=True, slots=True)
class ProcedureStep:
    """What is to be done about a warning. `level`: from this one on (None: at all); `others`: who did those steps may not do this one;
    `refutes`: whether it may say that the warning is unfounded."""

    name: str
    roles: tuple[str, ...]
    deadline: Gap | None
    level: str | None
    others: tuple[str, ...]
    refutes: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Procedure:
    """The life cycle of warnings. `of`: the ladders and rules whose warnings they are; none: of all that no other procedure names.
    `release`: before all steps, where its level is reached or the rule needs approval; `decision`: when what a warning rests on is withdrawn."""

    name: str
    of: tuple[str, ...]
    release: ProcedureStep | None
    steps: tuple[ProcedureStep, ...]
    decision: ProcedureStep
    span: Span


# ------------------------------------------------------------------ tests in the language


@dataclass(frozen=True, slots=True)
class EventStep:
    """`event` is the event as JSON (see docs), its time as UTC microseconds under "time"."""

    event: dict[str, object]
    late: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ClockStep:
    time_us: int
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectFinding:
    rule: str
    scope: tuple[tuple[str, str], ...]
    about: tuple[tuple[str, str], ...]
    level: str | None
    points: float | None
    time_us: int | None
    message: str | None
    withdrawn: bool
    absent: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectLevel:
    entity: str
    key: str
    level: str | None
    ladder: str | None
    points: float | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectNone:
    other: bool
    what: str
    span: Span


Step = EventStep | ClockStep | ExpectFinding | ExpectLevel | ExpectNone


@dataclass(frozen=True, slots=True)
class Test:
    name: str
    steps: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RuleSet:
    """`hash`: SHA-256 (hex) over the names and bytes of all files it was made of, tables included, and the language version."""

    timezone: str
    calendars: tuple[Calendar, ...]
    entities: tuple[Entity, ...]
    events: tuple[Event, ...]
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...]
    ladders: tuple[Ladder, ...]
    procedures: tuple[Procedure, ...]
    tests: tuple[Test, ...]
    hash: str
