"""Operators: which kinds of values go together, and what comes out.

In: resolved operands.  Out: the node, or None after a report. Units are checked here.
"""

from __future__ import annotations

from rulelang import model
from rulelang.model import Kind, Type
from rulelang.normalise import key
from rulelang.resolve.context import Work
from rulelang.syntax import Span

BOOLEAN = Type(Kind.BOOLEAN)
NUMERIC = (Kind.NUMBER, Kind.INTEGER)
ORDERED = (*NUMERIC, Kind.TEXT, Kind.TIME, Kind.DURATION, Kind.DATE, Kind.KEY)

NAMES = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "an integer",
    Kind.TEXT: "a text",
    Kind.BOOLEAN: "a condition",
    Kind.TIME: "a time",
    Kind.DURATION: "a duration",
    Kind.DATE: "a date",
    Kind.KEY: "a key",
}


def type_name(type_: Type) -> str:
    """A type in a message: `a number in yuan`, `a key of officer`."""
    if type_.kind is Kind.KEY:
        return f"a key of {type_.entity}"
    return NAMES[type_.kind] + (f" in {type_.unit}" if type_.unit else "")


def same_unit(work: Work, left: Type, right: Type, span: Span) -> bool:
    """Whether the units fit; a value without one fits any."""
    if left.unit is None or right.unit is None or left.unit == right.unit:
        return True
    work.report("E302", span, left=left.unit, right=right.unit)
    return False


def as_day(operand: model.Expression) -> model.Expression:
    """A time as its local day."""
    if operand.type.kind is Kind.TIME:
        return model.Call("date", (operand,), Type(Kind.DATE), operand.span)
    return operand


def as_key(work: Work, entity: str, operand: model.Expression) -> model.Expression:
    """A text as a key of the entity; constants now, others when they are known."""
    type_ = Type(Kind.KEY, entity=entity)
    if operand.type.kind is Kind.KEY:
        return operand
    if isinstance(operand, model.Constant):
        value = None if operand.value is None else key(work.schema.entities[entity], str(operand.value))
        return model.Constant(value, type_, operand.span)
    return model.Normalise(entity, operand, type_, operand.span)


def alike(work: Work, left: model.Expression, right: model.Expression, span: Span) -> tuple[model.Expression, model.Expression] | None:
    """The two operands made comparable; None after a report."""
    a, b = left.type, right.type
    if a.kind in NUMERIC and b.kind in NUMERIC:
        return (left, right) if same_unit(work, a, b, span) else None
    if Kind.KEY in (a.kind, b.kind) and {a.kind, b.kind} <= {Kind.KEY, Kind.TEXT}:
        if a.kind is b.kind and a.entity != b.entity:
            work.report("E304", span, left=a.entity, right=b.entity)
            return None
        entity = a.entity or b.entity
        assert entity is not None
        return as_key(work, entity, left), as_key(work, entity, right)
    if {a.kind, b.kind} == {Kind.DATE, Kind.TIME}:
        return as_day(left), as_day(right)
    if a.kind is b.kind:
        return left, right
    work.report("E301", span, left=type_name(a), right=type_name(b), remedy=_how_to_compare(left, right))
    return None


def _how_to_compare(left: model.Expression, right: model.Expression) -> str:
    """What may have been meant where two values cannot be compared."""
    kinds = {left.type.kind, right.type.kind}
    if Kind.DURATION in kinds and kinds & set(NUMERIC):
        return "write the number as a duration, as in 30d, or make a number of the duration with hours(…) or days(…)"
    texts = [side for side in (left, right) if side.type.kind is Kind.TEXT and isinstance(side, model.Constant)]
    if Kind.BOOLEAN in kinds and texts:
        return "true and false are written without quotes; a condition stands by itself, as in: not …"
    if texts and str(texts[0].value)[:1].isdigit():
        return "numbers, durations and times are written without quotes"
    if Kind.DATE in kinds and kinds & set(NUMERIC):
        return "write the date as 2026-03-31; year(…), month(…) and day(…) are numbers"
    return "compare values of one type"


def compare(work: Work, op: str, left: model.Expression | None, right: model.Expression | None, span: Span) -> model.Expression | None:
    """`left op right`."""
    if left is None or right is None:
        return None
    pair = alike(work, left, right, span)
    if pair is None:
        return None
    if op not in ("==", "!=") and pair[0].type.kind not in ORDERED:
        work.report("E303", span, op=op, what=type_name(pair[0].type))
        return None
    return model.Compare(op, pair[0], pair[1], BOOLEAN, span)


def between(
    work: Work, operand: model.Expression | None, low: model.Expression | None, high: model.Expression | None, span: Span
) -> model.Expression | None:
    """`operand between low and high`; bounds of different kinds (a date and a time) are compared one by one."""
    if operand is None or low is None or high is None:
        return None
    first, second = alike(work, operand, low, span), alike(work, operand, high, span)
    if first is None or second is None:
        return None
    if first[0].type.kind not in ORDERED:
        work.report("E303", span, op="between", what=type_name(first[0].type))
        return None
    if first[0] == second[0]:
        return model.Between(first[0], first[1], second[1], BOOLEAN, span)
    parts = (model.Compare(">=", *first, BOOLEAN, span), model.Compare("<=", *second, BOOLEAN, span))
    return model.Logic("and", parts, BOOLEAN, span)


def _unit_of_product(left: Type, right: Type) -> str | None:
    if left.unit is None or right.unit is None:
        return left.unit or right.unit
    return None


def _unit_of_quotient(left: Type, right: Type) -> str | None:
    return left.unit if right.unit is None else None


def arithmetic(work: Work, op: str, left: model.Expression | None, right: model.Expression | None, span: Span) -> model.Expression | None:
    """`left op right`; see `model.Arithmetic` for what goes with what."""
    if left is None or right is None:
        return None
    a, b = left.type, right.type
    result: Type | None = None
    if a.kind in NUMERIC and b.kind in NUMERIC:
        whole = a.kind is b.kind is Kind.INTEGER and op != "/"
        kind = Kind.INTEGER if whole else Kind.NUMBER
        if op in ("+", "-", "mod"):
            if not same_unit(work, a, b, span):
                return None
            result = Type(kind, a.unit or b.unit)
        else:
            result = Type(kind, _unit_of_product(a, b) if op == "*" else _unit_of_quotient(a, b))
    else:
        out = _TIMES.get((op, a.kind, b.kind))
        if out is None and op in ("*", "/") and a.kind is Kind.DURATION and b.kind in NUMERIC:
            out = Kind.DURATION
        if out is None and op == "*" and a.kind in NUMERIC and b.kind is Kind.DURATION:
            out = Kind.DURATION
        result = Type(out) if out is not None else None
    if result is None:
        work.report("E305", span, op=op, left=type_name(a), right=type_name(b), remedy=_what_goes(op, a.kind, b.kind))
        return None
    return model.Arithmetic(op, left, right, result, span)


def _what_goes(op: str, left: Kind, right: Kind) -> str:
    """What may have been meant where two values do not go together."""
    kinds = {left, right}
    if Kind.DURATION in kinds and kinds & set(NUMERIC):
        return "write the number as a duration, as in 30d, or make a number of the duration with hours(…) or days(…)"
    if Kind.DATE in kinds and Kind.DURATION in kinds:
        return "add the duration to the time, as in: date(time + 1d)"
    if Kind.TEXT in kinds or Kind.KEY in kinds:
        return "texts are compared, not calculated with"
    if Kind.TIME in kinds:
        return "a time less a time is a duration; a time and a duration are a time"
    return f"'{op}' goes with numbers and durations"


_TIMES = {
    ("-", Kind.TIME, Kind.TIME): Kind.DURATION,
    ("-", Kind.DATE, Kind.DATE): Kind.DURATION,
    ("+", Kind.TIME, Kind.DURATION): Kind.TIME,
    ("+", Kind.DURATION, Kind.TIME): Kind.TIME,
    ("-", Kind.TIME, Kind.DURATION): Kind.TIME,
    ("+", Kind.DURATION, Kind.DURATION): Kind.DURATION,
    ("-", Kind.DURATION, Kind.DURATION): Kind.DURATION,
    ("/", Kind.DURATION, Kind.DURATION): Kind.NUMBER,
    ("mod", Kind.DURATION, Kind.DURATION): Kind.DURATION,
}


def negate(work: Work, operand: model.Expression | None, span: Span) -> model.Expression | None:
    """`-operand`; of a constant the constant."""
    if operand is None:
        return None
    if operand.type.kind not in (*NUMERIC, Kind.DURATION):
        work.report("E306", span, op="-", wanted="a number or a duration", what=type_name(operand.type))
        return None
    if isinstance(operand, model.Constant) and isinstance(operand.value, int | float):
        return model.Constant(-operand.value, operand.type, span)
    return model.Negate(operand, operand.type, span)


def or_else(work: Work, operand: model.Expression | None, default: model.Expression | None, span: Span) -> model.Expression | None:
    """`operand or else default`: both of one type."""
    if operand is None or default is None:
        return None
    a, b = operand.type, default.type
    if a.kind is Kind.KEY and b.kind is Kind.TEXT and a.entity is not None:
        default = as_key(work, a.entity, default)
    elif a.kind in NUMERIC and b.kind in NUMERIC:
        if not same_unit(work, a, b, span):
            return None
    elif a.kind is not b.kind or a.entity != b.entity:
        work.report("E329", default.span, left=type_name(a), right=type_name(b))
        return None
    kind = a.kind if a.kind is b.kind or a.kind is Kind.KEY else Kind.NUMBER
    return model.OrElse(operand, default, Type(kind, a.unit or b.unit, a.entity), span)


def condition(work: Work, operand: model.Expression | None) -> model.Expression | None:
    """The operand, which must be something that holds or does not."""
    if operand is not None and operand.type.kind is not Kind.BOOLEAN:
        work.report("E307", operand.span, what=type_name(operand.type))
        return None
    return operand
