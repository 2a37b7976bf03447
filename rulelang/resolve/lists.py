"""Lists and membership: `x in (a, b)`.

In: the operand and the list as written.  Out: `model.In`, or None after a report.
"""

from __future__ import annotations

from rulelang import model, syntax
from rulelang.model import Kind
from rulelang.resolve import operators
from rulelang.resolve.context import Context, Work


def misplaced(work: Work, written: syntax.ListLiteral, context: Context) -> None:
    """A list stands only to the right of `in`."""
    work.report("E308", written.span)


def member_of(work: Work, written: syntax.Compare, context: Context) -> model.Expression | None:
    """`x in (a, b)`, `x not in (a, b)`; what stands on the right without a comma is a list of one."""
    operand = work.resolve(work, written.left, context)
    lets = list(work.lets)
    found = _items(work, written.right)
    resolved = [work.resolve(work, item, context) for item in found]
    work.lets[:] = lets
    items = [item for item in resolved if item is not None]
    if operand is None or len(items) < len(resolved) or not _one_type(work, items):
        return None
    pairs = []
    for item in items:
        pair = operators.alike(work, operand, item, written.span)
        if pair is None:
            return None
        pairs.append(pair)

    if all(pair[0] == pairs[0][0] for pair in pairs):
        return model.In(pairs[0][0], tuple(pair[1] for pair in pairs), written.op == "not in", operators.BOOLEAN, written.span)
    # Days and times in one list: each is compared in its own way.
    same = tuple(model.Compare("==", *pair, operators.BOOLEAN, written.span) for pair in pairs)
    either = model.Logic("or", same, operators.BOOLEAN, written.span)
    return model.Not(either, operators.BOOLEAN, written.span) if written.op == "not in" else either


def _items(work: Work, written: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """The items of a list that is written here or in a let; the lets on the way stay opened."""
    while isinstance(written, syntax.Name) and written.text in work.schema.lets and written.text not in work.lets:
        value = work.schema.lets[written.text].value
        if not isinstance(value, syntax.ListLiteral | syntax.Name):
            break
        work.lets.append(written.text)
        written = value
    return written.items if isinstance(written, syntax.ListLiteral) else (written,)


def _one_type(work: Work, items: list[model.Expression]) -> bool:
    """Whether all items are of one type: integers are numbers, and days may stand beside times."""
    for item in items[1:]:
        first, other = items[0].type, item.type
        if first.kind in operators.NUMERIC and other.kind in operators.NUMERIC:
            if not operators.same_unit(work, first, other, item.span):
                return False
        elif {first.kind, other.kind} <= {Kind.DATE, Kind.TIME} or {first.kind, other.kind} == {Kind.TEXT, Kind.KEY}:
            continue
        elif first.kind is not other.kind or first.entity != other.entity:
            work.report("E309", item.span, first=operators.type_name(first), other=operators.type_name(other))
            return False
    return True
