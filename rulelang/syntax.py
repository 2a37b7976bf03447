"""The syntax tree: what an analyst wrote, with the place of every part.

In: nothing (plain data).  Out: frozen nodes that the parser makes and the resolver reads.
Nothing in a tree is ever changed; later passes add tables beside it (see `rulelang.model`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source file: code-point offsets, `start` included, `end` not."""

    file: str
    start: int
    end: int


# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name: a field, a `let`, or `time`. `text` is NFC."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """`event.field`, or `this.field` (then `owner` is "this")."""

    owner: str
    field: str
    span: Span


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """`80` (int), `80.5` (float), `80%` (0.8, a float)."""

    value: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class TextLiteral:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class BooleanLiteral:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class DurationLiteral:
    """`30d`, `36h`: `amount` in `unit` (one of w d h m s). The unit is kept, as `of CALENDAR` reads it."""

    amount: int | float
    unit: str
    span: Span

    @property
    def microseconds(self) -> int:
        return round(self.amount * UNIT_US[self.unit])


UNIT_US = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}


@dataclass(frozen=True, slots=True)
class DateLiteral:
    value: date
    span: Span


@dataclass(frozen=True, slots=True)
class TimeLiteral:
    """A local date and time, microseconds since 1970-01-01 of its own clock; `offset_s` where one was written."""

    local_us: int
    offset_s: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`op` is "-" or "not"."""

    op: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`op` is one of + - * / mod, or "or else"."""

    op: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """`op` is "and" or "or"; two operands or more, in the order written (`a and b and c` is one node)."""

    op: str
    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """`op`: == != < <= > >= in, not in, like, matches, starts with, ends with, contains."""

    op: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    operand: Expression
    low: Expression
    high: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """`is missing` (missing=True) or `is present`."""

    operand: Expression
    missing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class CalendarTest:
    """`TIME during CALENDAR` or `TIME outside CALENDAR` (inside=False)."""

    operand: Expression
    calendar: str
    inside: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function, table or aggregate: `round(x)`, `fine_floor(a, b)`, `count(E where c)`, `share(E where c among d at least 20)`."""

    name: str
    arguments: tuple[Expression, ...]
    where: Expression | None
    among: Expression | None
    at_least: int | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Previous:
    """`previous A`: the aggregate over the window just before."""

    aggregate: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class PatternSide:
    event: str
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pattern:
    """`kind`: "followed by", "preceded by", "not preceded by", "not followed by"."""

    kind: str
    left: PatternSide
    right: PatternSide
    span: Span


@dataclass(frozen=True, slots=True)
class ScopeKey:
    """One entity of a scope, with the field that `by` names."""

    entity: str
    by: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Period:
    """day, week, month, quarter or year."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Over:
    """`over 30d`, `over month`, `over 36h of CALENDAR`."""

    amount: Expression | Period
    calendar: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Within:
    body: Expression
    keys: tuple[ScopeKey, ...]
    over: Over | None
    span: Span


Expression = (
    Name
    | Member
    | NumberLiteral
    | TextLiteral
    | BooleanLiteral
    | DurationLiteral
    | DateLiteral
    | TimeLiteral
    | ListLiteral
    | Unary
    | Binary
    | Logic
    | Compare
    | Between
    | Presence
    | CalendarTest
    | Call
    | Previous
    | Pattern
    | Within
)

# ------------------------------------------------------------------ declarations


@dataclass(frozen=True, slots=True)
class Timezone:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Hours:
    """`09:00..12:00` as minutes after midnight; an `end` at or before `start` passes midnight."""

    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class OpenLine:
    """`open mon..fri 09:00..12:00, 13:30..17:30`: ISO weekdays (1 = Monday) and hours."""

    weekdays: tuple[int, ...]
    hours: tuple[Hours, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DatedLine:
    """`closed` or `working`: both days included; `hours` only with `working`; or dates `from "FILE.csv"`."""

    kind: str
    first: date | None
    last: date | None
    hours: tuple[Hours, ...]
    file: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Calendar:
    name: str
    open_lines: tuple[OpenLine, ...]
    dated_lines: tuple[DatedLine, ...]
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Entity:
    """`entity officer in unit from posting retain 400d lookalike`."""

    name: str
    parent: str | None
    sources: tuple[str, ...]
    retain: Expression | None
    lookalike: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """`number "mg/100ml"`: the name of a type or entity, with its unit; `is_list` for `(text)`."""

    name: str
    unit: str | None
    is_list: bool
    span: Span


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    name: str
    type: TypeName
    title: str | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    title: str | None
    fields: tuple[FieldDeclaration, ...]
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class TableRow:
    """`"A", "REG01": 200 since 2011-05-01 until 2020-01-01` (no key: `80 since 2011-05-01`); both days included."""

    keys: tuple[Expression, ...]
    value: Expression
    since: date | None
    until: date | None
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    parameters: tuple[FieldDeclaration, ...]
    type: TypeName
    file: str | None
    rows: tuple[TableRow, ...]
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    value: Expression
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class OnItem:
    """`EVENT [where c]`."""

    event: str
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class On:
    """The clause `on`: events; or events `after GAP [of CALENDAR]`; or `end of PERIOD` (then `items` is empty)."""

    items: tuple[OnItem, ...]
    after: Expression | None
    calendar: str | None
    end_of: Period | None
    span: Span


@dataclass(frozen=True, slots=True)
class Repeat:
    """`repeat always` (both None), `repeat after 7d`, `repeat after month`."""

    after: Expression | Period | None
    span: Span


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample 2% by NAME`; `fraction` from 0 to 1."""

    fraction: Expression
    by: Name | Member
    span: Span


@dataclass(frozen=True, slots=True)
class Except:
    condition: Expression
    until: date | None
    because: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A text clause's value with its place: title, category, message, owner, reference."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """Clauses written twice are reported by the parser; missing ones are None."""

    name: str
    title: Text | None
    category: Text | None
    on: On | None
    when: Expression | None
    about: tuple[Name | Member, ...]
    points: Expression | None
    level: Text | None
    message: Text | None
    repeat: Repeat | None
    sample: Sample | None
    excepts: tuple[Except, ...]
    approval: bool
    reference: Text | None
    owner: Text | None
    state: str  # "enabled", "shadow" or "disabled"
    since: date | None
    until: date | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class RuleHead:
    """A rule of which no more is known than what others ask of it: what it says was made into a program before."""

    name: str
    approval: bool
    name_span: Span


@dataclass(frozen=True, slots=True)
class Rung:
    """`orange at 9 action "…" deadline 10d [of CALENDAR]`."""

    level: str
    at: Expression
    action: str | None
    deadline: Expression | None
    deadline_calendar: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ladder:
    name: str
    entity: ScopeKey
    over: Over | None
    rungs: tuple[Rung, ...]
    categories: tuple[str, ...]
    weight: Expression | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class ProcedureStep:
    """`step review by inspector deadline 5d of office from orange other than verification may refute`; `release …` and `decision …` are named so."""

    name: str
    roles: tuple[Text, ...]
    deadline: Expression | None
    deadline_calendar: Text | None
    level: Text | None
    others: tuple[Text, ...]
    refutes: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Procedure:
    """`of`: the ladders and rules after `for`. `release` and `decision` stand beside the steps, wherever they were written."""

    name: str
    of: tuple[Text, ...]
    release: ProcedureStep | None
    steps: tuple[ProcedureStep, ...]
    decision: ProcedureStep | None
    span: Span
    name_span: Span


# ------------------------------------------------------------------ tests in the language


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in a test: absolute (TimeLiteral or DateLiteral), or relative to the previous step (DurationLiteral, may be negative)."""

    value: TimeLiteral | DateLiteral | DurationLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """`case=C1`: a literal, a bare word (Name), or `missing` (None)."""

    name: str
    value: Expression | None
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class EventStep:
    event: str
    at: Moment
    assignments: tuple[Assignment, ...]
    late: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class ClockStep:
    """`clock +30d` or `clock 2026-04-01T00:00`."""

    to: Moment
    span: Span


@dataclass(frozen=True, slots=True)
class KeyReference:
    """`officer P17`: an entity and a key."""

    entity: str
    key: str
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectFinding:
    """`expect RULE [for case C1 …] [about officer P17 …] [level orange] [points 6] [at TIME] [message "…"]`.

    `withdrawn`: `expect RULE … withdrawn`. `absent`: `expect no RULE …`.
    """

    rule: str
    scope: tuple[KeyReference, ...]
    about: tuple[KeyReference, ...]
    level: str | None
    points: Expression | None
    at: Moment | None
    message: str | None
    withdrawn: bool
    absent: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class ExpectLevel:
    """`expect officer P17 at yellow [of LADDER] [points 6]`; `level` None for `at none`."""

    key: KeyReference
    level: str | None
    ladder: str | None
    points: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectNone:
    """`expect no finding` (other=False) or `expect no other finding`; `what` is "finding" or "warning"."""

    other: bool
    what: str
    span: Span


Step = EventStep | ClockStep | ExpectFinding | ExpectLevel | ExpectNone


@dataclass(frozen=True, slots=True)
class Test:
    name: str
    steps: tuple[Step, ...]
    span: Span


Declaration = Timezone | Calendar | Entity | Event | Table | Let | Rule | Ladder | Procedure | Test


@dataclass(frozen=True, slots=True)
class File:
    """One file's declarations, in the order written; declarations with syntax errors are left out.

    `broken`: the words that stand in those, among them what they declare. `heads`: rules that are known by their heads only, then all of the file's.
    """

    name: str
    declarations: tuple[Declaration, ...]
    broken: frozenset[str] = frozenset()
    heads: tuple[RuleHead, ...] = ()
