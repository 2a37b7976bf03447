"""Expressions: each kind of node of the syntax tree to its meaning.

In: an expression and where it stands.  Out: the typed expression, or None after a report; None stands for anything, so that
one error does not bring forth others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.keywords import OTHERS
from rulelang.model import Kind
from rulelang.resolve import aggregates, folding, functions, lists, names, operators, patterns, scopes, texts
from rulelang.resolve.context import Context, Work
from rulelang.resolve.literals import literal
from rulelang.resolve.schema import Schema
from rulelang.resolve.suggest import hint

Resolved = model.Expression | None


DEPTH_MAX = 100
"""Expressions within expressions, lets written out. The passes after this one recurse over them too."""
SIZE_MAX = 20_000
"""Expressions of one rule, lets written out: a let that uses another one twice doubles it."""


PREVIOUS = OTHERS["PREVIOUS"]
"""The word before an aggregate; with parentheses around that, it is written like a function."""
BUILT_IN = (*functions.FUNCTIONS, *functions.EXTREMES, *aggregates.AGGREGATES, "spelling")
"""Names that are called like functions."""


def resolve(work: Work, written: syntax.Expression, context: Context) -> Resolved:
    """The meaning of an expression."""
    work.size += 1
    if work.depth == DEPTH_MAX or work.size > SIZE_MAX:
        if not work.too_large:
            work.report("E492", written.span, depth=DEPTH_MAX, size=SIZE_MAX)
        work.too_large = True
        return None
    work.depth += 1
    found = _BY_KIND[type(written)](work, written, context)
    work.depth -= 1
    return found


def resolve_constant(
    expression: syntax.Expression, schema: Schema, expected: model.Type | None
) -> tuple[model.Constant | None, list[Diagnostic]]:
    """A value that must be known before anything happens. `expected` is the type that its place asks for, if it asks for one."""
    work = Work(schema, resolve)
    found = folding.constant(work, expression)
    if found is not None and expected is not None and not work.problems:
        found = folding.as_type(work, found, expected)
    return (None if work.problems else found), work.problems


def condition(work: Work, written: syntax.Expression, context: Context) -> Resolved:
    """An expression that must hold or not."""
    return operators.condition(work, resolve(work, written, context))


def _literal(work: Work, written: syntax.Expression, context: Context) -> Resolved:
    found, problems = literal(written, work.schema.zone)
    work.problems += problems
    return found


def _unary(work: Work, written: syntax.Unary, context: Context) -> Resolved:
    if written.op == "-":
        return operators.negate(work, resolve(work, written.operand, context), written.span)
    inner = condition(work, written.operand, context)
    if patterns.denies_following(work, inner, written.span):
        return None
    return None if inner is None else model.Not(inner, operators.BOOLEAN, written.span)


def _binary(work: Work, written: syntax.Binary, context: Context) -> Resolved:
    left, right = resolve(work, written.left, context), resolve(work, written.right, context)
    if written.op == "or else":
        return operators.or_else(work, left, right, written.span)
    return operators.arithmetic(work, written.op, left, right, written.span)


def _logic(work: Work, written: syntax.Logic, context: Context) -> Resolved:
    operands = [condition(work, operand, context) for operand in written.operands]
    known = tuple(operand for operand in operands if operand is not None)
    return model.Logic(written.op, known, operators.BOOLEAN, written.span) if len(known) == len(operands) else None


def _compare(work: Work, written: syntax.Compare, context: Context) -> Resolved:
    if written.op in ("in", "not in"):
        return lists.member_of(work, written, context)
    left, right = resolve(work, written.left, context), resolve(work, written.right, context)
    if any(patterns.denies_following(work, side, written.span) for side in (left, right)):
        return None
    if written.op in texts.OPERATORS:
        return texts.test(work, written.op, left, right, written)
    return operators.compare(work, written.op, left, right, written.span)


def _between(work: Work, written: syntax.Between, context: Context) -> Resolved:
    operand, low, high = (resolve(work, part, context) for part in (written.operand, written.low, written.high))
    return operators.between(work, operand, low, high, written.span)


def _presence(work: Work, written: syntax.Presence, context: Context) -> Resolved:
    operand = resolve(work, written.operand, context)
    return None if operand is None else model.Presence(operand, written.missing, operators.BOOLEAN, written.span)


def _calendar_test(work: Work, written: syntax.CalendarTest, context: Context) -> Resolved:
    operand = resolve(work, written.operand, context)
    if written.calendar not in work.schema.calendars:
        scopes.unknown_calendar(work, written.calendar, written.span)
        return None
    if operand is None:
        return None
    if operand.type.kind is not Kind.TIME:
        op = "during" if written.inside else "outside"
        work.report("E316", written.operand.span, op=op, what=operators.type_name(operand.type))
        return None
    return model.CalendarTest(operand, written.calendar, written.inside, operators.BOOLEAN, written.span)


def _call(work: Work, written: syntax.Call, context: Context) -> Resolved:
    several = len(written.arguments) > 1
    if written.name in aggregates.AGGREGATES and not (several and written.name in functions.EXTREMES):
        return aggregates.aggregate(work, written, context, written.span, previous=False)
    if written.where is not None or written.among is not None or written.at_least is not None:
        part = written.where or written.among
        work.report("E323", part.span if part is not None else written.name_span, name=written.name)
        return None
    if written.name == "spelling":
        return texts.spelling(work, written, context)
    if written.name in PREVIOUS and written.name not in work.schema.tables and len(written.arguments) == 1:
        return _previous(work, syntax.Previous(written.arguments[0], written.span), context)
    known = written.name in functions.FUNCTIONS or written.name in functions.EXTREMES or written.name in work.schema.tables
    if not known:
        _unknown_function(work, written)
        return None
    arguments = [resolve(work, argument, context) for argument in written.arguments]
    if any(argument is None for argument in arguments):
        return None
    given = tuple(argument for argument in arguments if argument is not None)
    if written.name in work.schema.tables:
        return functions.lookup(work, written.name, given, names.moment(work, context, written.span), written.span)
    if written.name in functions.EXTREMES:
        return functions.extreme(work, written.name, given, written.span)
    return functions.call(work, written.name, given, written.span)


def _unknown_function(work: Work, written: syntax.Call) -> None:
    if written.name in work.schema.lets:
        work.report("E215", written.name_span, name=written.name)
        return
    meant = functions.OTHER_NAMES.get(written.name)
    near = "" if meant else hint(written.name, [*BUILT_IN, *work.schema.tables])
    remedy = f"here it is written: {meant}" if meant else "correct the name, or declare a table of that name"
    work.report("E207", written.name_span, name=written.name, hint=near, remedy=remedy)


def _previous(work: Work, written: syntax.Previous, context: Context) -> Resolved:
    inner = written.aggregate
    if not isinstance(inner, syntax.Call) or inner.name not in aggregates.AGGREGATES:
        field = names.written_text(inner)
        work.report("E437", written.span, example=f"previous latest({field})" if field else "previous count(EVENT)")
        return None
    return aggregates.aggregate(work, inner, context, written.span, previous=True)


_BY_KIND: Mapping[type, Callable[[Work, Any, Context], Resolved]] = {
    syntax.Name: names.name,
    syntax.Member: names.member,
    syntax.NumberLiteral: _literal,
    syntax.TextLiteral: _literal,
    syntax.BooleanLiteral: _literal,
    syntax.DurationLiteral: _literal,
    syntax.DateLiteral: _literal,
    syntax.TimeLiteral: _literal,
    syntax.ListLiteral: lists.misplaced,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Logic: _logic,
    syntax.Compare: _compare,
    syntax.Between: _between,
    syntax.Presence: _presence,
    syntax.CalendarTest: _calendar_test,
    syntax.Call: _call,
    syntax.Previous: _previous,
    syntax.Pattern: patterns.pattern,
    syntax.Within: scopes.within,
}
