"""Values that must be known before anything happens: what is kept, rungs, weights, rows of tables.

In: an expression and the type that its place asks for.  Out: a constant of that type, or what is wrong with it.
"""

from __future__ import annotations

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.resolve.expressions import resolve_constant
from rulelang.resolve.literals import fit, literal, wanted
from rulelang.resolve.schema import Schema


def constant(expression: syntax.Expression, schema: Schema, expected: model.Type) -> tuple[model.Constant | None, list[Diagnostic]]:
    """A literal directly, all else as the expressions of rules are resolved."""
    found, problems = literal(expression, schema.zone)
    if found is None and not problems:
        found, problems = resolve_constant(expression, schema, expected)
    if found is None or problems:
        return None, problems
    fitted = fit(found, expected, schema.entities)
    if fitted is None:
        name, remedy = wanted(expected)
        return None, [diagnostic("E352", expression.span, value=said(found), wanted=name, remedy=remedy)]
    return fitted, []


def said(constant: model.Constant) -> str:
    """The constant as a message names it."""
    if constant.value is None:
        return "a value that is missing"
    name, _ = wanted(constant.type)
    if constant.type.kind in (model.Kind.NUMBER, model.Kind.INTEGER, model.Kind.TEXT):
        shown = f"'{constant.value}'" if isinstance(constant.value, str) else f"{constant.value:g}"
        return f"{shown} {constant.type.unit}" if constant.type.unit else shown
    return name


def number(expression: syntax.Expression, schema: Schema) -> tuple[float | None, list[Diagnostic]]:
    """A plain number."""
    found, problems = constant(expression, schema, model.Type(model.Kind.NUMBER))
    return (float(found.value) if found is not None and isinstance(found.value, int | float) else None), problems


def duration(expression: syntax.Expression, schema: Schema) -> tuple[int | None, list[Diagnostic]]:
    """A length of time in microseconds."""
    found, problems = constant(expression, schema, model.Type(model.Kind.DURATION))
    return (found.value if found is not None and isinstance(found.value, int) else None), problems
