"""Ways through expressions as they were written.

In: nodes of the syntax tree.  Out: their parts, in the order written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rulelang import syntax

_LEAVES = (
    syntax.Name,
    syntax.Member,
    syntax.NumberLiteral,
    syntax.TextLiteral,
    syntax.BooleanLiteral,
    syntax.DurationLiteral,
    syntax.DateLiteral,
    syntax.TimeLiteral,
)


def children(node: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """The expressions that an expression is made of."""
    match node:
        case syntax.ListLiteral(items=items):
            return items
        case syntax.Unary(operand=operand) | syntax.Presence(operand=operand) | syntax.CalendarTest(operand=operand):
            return (operand,)
        case syntax.Binary(left=left, right=right) | syntax.Compare(left=left, right=right):
            return left, right
        case syntax.Logic(operands=operands):
            return operands
        case syntax.Between(operand=operand, low=low, high=high):
            return operand, low, high
        case syntax.Call(arguments=arguments, where=where, among=among):
            return (*arguments, *(part for part in (where, among) if part is not None))
        case syntax.Previous(aggregate=aggregate):
            return (aggregate,)
        case syntax.Pattern(left=left_side, right=right_side):
            return tuple(side.where for side in (left_side, right_side) if side.where is not None)
        case syntax.Within(body=body):
            return (body,)
    return ()


def written_out(node: syntax.Expression, lets: Mapping[str, syntax.Let]) -> Iterator[syntax.Expression]:
    """The expression and all its parts; each let that is used is followed once."""
    followed: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, syntax.Name):
            if part.text in lets and part.text not in followed:
                followed.add(part.text)
                waiting.append(lets[part.text].value)
        elif not isinstance(part, _LEAVES):
            waiting.extend(reversed(children(part)))
