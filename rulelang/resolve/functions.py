"""Functions of values: their signatures, in one table.

In: a name and resolved arguments.  Out: the call, or None after a report.
"""

from __future__ import annotations

from dataclasses import dataclass

from rulelang import model
from rulelang.model import Kind, Type
from rulelang.resolve.context import Work
from rulelang.resolve.operators import NUMERIC, alike, as_key, same_unit, type_name
from rulelang.syntax import Span

TEXTS = (Kind.TEXT, Kind.KEY)
DAYS = (Kind.TIME, Kind.DATE)


@dataclass(frozen=True, slots=True)
class Function:
    """`takes`: the kinds of its one argument; `gives`: the kind of its result, None: that of the argument."""

    takes: tuple[Kind, ...]
    gives: Kind | None
    says: str


FUNCTIONS: dict[str, Function] = {
    "abs": Function((*NUMERIC, Kind.DURATION), None, "the amount without its sign"),
    "round": Function(NUMERIC, None, "the nearest whole number, half away from zero"),
    "floor": Function(NUMERIC, None, "the next whole number below"),
    "ceil": Function(NUMERIC, None, "the next whole number above"),
    "length": Function(TEXTS, Kind.INTEGER, "how many characters a text has"),
    "lower": Function(TEXTS, Kind.TEXT, "a text in small letters"),
    "upper": Function(TEXTS, Kind.TEXT, "a text in capitals"),
    "trim": Function(TEXTS, Kind.TEXT, "a text without white space around it"),
    "canonical": Function(TEXTS, Kind.TEXT, "a text normalised as keys are"),
    "hour": Function((Kind.TIME,), Kind.INTEGER, "the local hour, 0 to 23"),
    "minute": Function((Kind.TIME,), Kind.INTEGER, "the local minute, 0 to 59"),
    "weekday": Function(DAYS, Kind.INTEGER, "the local weekday, Monday is 1"),
    "date": Function(DAYS, Kind.DATE, "the local day"),
    "day": Function(DAYS, Kind.INTEGER, "the local day of the month"),
    "month": Function(DAYS, Kind.INTEGER, "the local month, 1 to 12"),
    "year": Function(DAYS, Kind.INTEGER, "the local year"),
    "seconds": Function((Kind.DURATION,), Kind.NUMBER, "a duration in seconds"),
    "minutes": Function((Kind.DURATION,), Kind.NUMBER, "a duration in minutes"),
    "hours": Function((Kind.DURATION,), Kind.NUMBER, "a duration in hours"),
    "days": Function((Kind.DURATION,), Kind.NUMBER, "a duration in days of 24 hours"),
}
EXTREMES = ("min", "max")

# What other languages call it.
OTHER_NAMES: dict[str, str] = {
    "any": "count(EVENT where …) > 0",
    "average": "avg(FIELD)",
    "count_distinct": "distinct(FIELD)",
    "datediff": "one time less another, as in: due - time",
    "exists": "count(EVENT where …) > 0",
    "if": "two rules, or a table",
    "last": "latest(FIELD)",
    "len": "length(TEXT)",
    "mean": "avg(FIELD)",
    "now": "time",
    "substring": "starts with, ends with, contains or matches",
    "today": "date(time)",
    "unique": "distinct(FIELD)",
}


def call(work: Work, name: str, arguments: tuple[model.Expression, ...], span: Span) -> model.Expression | None:
    """A call of a function of the table."""
    function = FUNCTIONS[name]
    if len(arguments) != 1:
        work.report("E310", span, name=name, wanted="one value", got=len(arguments), remedy=f"as in: {name}(…)")
        return None
    type_ = arguments[0].type
    if type_.kind not in function.takes:
        wanted = " or ".join(type_name(Type(kind, entity="any entity")) for kind in function.takes)
        work.report("E311", arguments[0].span, name=name, wanted=wanted, what=type_name(type_), how="")
        return None
    result = type_ if function.gives is None else Type(function.gives)
    if name == "date" and type_.kind is Kind.DATE:
        return arguments[0]
    return model.Call(name, arguments, result, span)


def extreme(work: Work, name: str, arguments: tuple[model.Expression, ...], span: Span) -> model.Expression | None:
    """`min` or `max` of two values or more."""
    kinds = {argument.type.kind for argument in arguments}
    if not kinds <= set(NUMERIC) and (len(kinds) > 1 or not kinds <= {Kind.TEXT, *DAYS, Kind.DURATION}):
        work.report("E312", span, name=name)
        return None
    unit = None
    for argument in arguments[1:]:
        if alike(work, arguments[0], argument, span) is None:
            return None
    for argument in arguments:
        unit = unit or argument.type.unit
    kind = Kind.NUMBER if len(kinds) > 1 else next(iter(kinds))
    return model.Call(name, arguments, Type(kind, unit), span)


def lookup(work: Work, name: str, arguments: tuple[model.Expression, ...], at: model.Expression, span: Span) -> model.Expression | None:
    """A table, asked for the day of `at`."""
    table = work.schema.tables[name]
    if len(arguments) != len(table.parameters):
        count = len(table.parameters)
        wanted = "no value" if count == 0 else "one value" if count == 1 else f"{count} values"
        remedy = f"as in: {name}({', '.join('…' for _ in table.parameters)})"
        work.report("E310", span, name=name, wanted=wanted, got=len(arguments), remedy=remedy)
        return None
    fitted = []
    for argument, wanted_type in zip(arguments, table.parameters, strict=True):
        found = _as_key_of_table(work, name, argument, wanted_type)
        if found is None:
            return None
        fitted.append(found)
    return model.TableLookup(name, tuple(fitted), at, table.type, span)


def _as_key_of_table(work: Work, name: str, argument: model.Expression, wanted: Type) -> model.Expression | None:
    have = argument.type
    if wanted.kind is Kind.KEY and have.kind is Kind.TEXT and wanted.entity is not None:
        return as_key(work, wanted.entity, argument)
    if (have.kind is wanted.kind and have.entity == wanted.entity) or (have.kind is Kind.INTEGER and wanted.kind is Kind.NUMBER):
        if not same_unit(work, have, wanted, argument.span):
            return None
        if isinstance(argument, model.Constant) and wanted.kind is Kind.NUMBER and isinstance(argument.value, int):
            return model.Constant(float(argument.value), wanted, argument.span)
        return argument
    how = ", as in: canonical(…)" if (wanted.kind, have.kind) == (Kind.TEXT, Kind.KEY) else ""
    work.report("E311", argument.span, name=name, wanted=type_name(wanted), what=type_name(have), how=how)
    return None
