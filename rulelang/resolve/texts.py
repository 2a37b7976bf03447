"""Tests of texts: like, matches, starts with, ends with, contains; and the raw spelling of keys.

In: resolved operands.  Out: the node, or None after a report. Patterns are constant and are checked here.
"""

from __future__ import annotations

from dataclasses import replace

import re2

from rulelang import model, syntax
from rulelang.model import Kind
from rulelang.resolve import folding, operators
from rulelang.resolve.context import Context, Work

OPERATORS = ("like", "matches", "starts with", "ends with", "contains")
_TEXTS = (Kind.TEXT, Kind.KEY)


def test(
    work: Work, op: str, left: model.Expression | None, right: model.Expression | None, written: syntax.Compare
) -> model.Expression | None:
    """`left op right`; compared with a key, the right side is normalised as one."""
    if left is None or right is None:
        return None
    for side in (left, right):
        if side.type.kind not in _TEXTS:
            work.report("E313", side.span, op=op, what=operators.type_name(side.type))
            return None
    if op in ("like", "matches"):
        folded = folding.fold(right)
        if folded is None or folded.type.kind is not Kind.TEXT or not isinstance(folded.value, str):
            work.report("E314", right.span, op=op)
            return None
        right = folded
        if op == "matches":
            wrong = _wrong_expression(folded.value)
            if wrong is not None:
                work.report("E315", right.span, reason=wrong)
                return None
    if left.type.kind is Kind.KEY and op != "matches" and right.type.kind is Kind.TEXT:
        assert left.type.entity is not None
        right = operators.as_key(work, left.type.entity, right)
    return model.TextTest(op, left, right, operators.BOOLEAN, written.span)


def _wrong_expression(pattern: str) -> str | None:
    """What is wrong with a regular expression; None: nothing."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None


def spelling(work: Work, written: syntax.Call, context: Context) -> model.Expression | None:
    """`spelling(FIELD)`: the text of a key as it was sent; of an aggregate of a key, that of the spellings."""
    if len(written.arguments) != 1:
        work.report(
            "E310", written.span, name="spelling", wanted="one value", got=len(written.arguments), remedy="as in: spelling(login.account)"
        )
        return None
    inner = written.arguments[0]
    if isinstance(inner, syntax.Call) and inner.name in ("first", "latest") and len(inner.arguments) == 1:
        return work.resolve(work, replace(inner, arguments=(replace(written, arguments=inner.arguments),)), context)
    if isinstance(inner, syntax.Name | syntax.Member):
        value = work.resolve(work, inner, context)
        if value is None:
            return None
        spelled = _spelled(value, written)
        if spelled is not None:
            return spelled
    work.report("E322", inner.span)
    return None


def _spelled(value: model.Expression, written: syntax.Call) -> model.Expression | None:
    if value.type.kind is not Kind.KEY:
        return None
    text = model.Type(Kind.TEXT)
    if isinstance(value, model.FieldValue):
        return replace(value, spelling=True, type=text, span=written.span)
    if isinstance(value, model.Aggregate) and value.bare:
        taken = tuple(
            replace(t, value=replace(t.value, spelling=True, type=text)) for t in value.taken if isinstance(t.value, model.FieldValue)
        )
        return replace(value, taken=taken, type=text, span=written.span)
    return None
