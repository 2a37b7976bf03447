"""The parts of a condition that coverage counts.

In: a condition.  Out: what of it can be true or false by itself, and the thresholds in that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rulelang import model
from rulelang.syntax import Span

Scalar = bool | int | float | str | None
Place = tuple[str, int, int]
# A part of a condition with its value; None: missing.
Part = tuple[Place, str, Scalar]

TRUE, FALSE, UNDECIDED, EQUAL = "true", "false", "undecided", "equal"
_ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Threshold:
    """Two operands that are compared by size; a test stands on the threshold where they are equal, as the condition `equal` says."""

    span: Span
    left: Place
    right: Place
    equal: model.Expression


def place(span: Span) -> Place:
    """A span as the machine names it."""
    return span.file, span.start, span.end


def joined(condition: model.Expression) -> Iterator[model.Expression]:
    """What is joined by `and`, `or` and `not`."""
    match condition:
        case model.Logic(operands=operands):
            for operand in operands:
                yield from joined(operand)
        case model.Not(operand=operand):
            yield from joined(operand)
        case model.Constant():
            return
        case _:
            yield condition


def thresholds(part: model.Expression) -> Iterator[Threshold]:
    match part:
        case model.Compare(op=op, left=left, right=right) if op in _ORDERED:
            yield _threshold(part, left, right, part.span)
        case model.Between(operand=operand, low=low, high=high):
            yield _threshold(part, operand, low, low.span)
            yield _threshold(part, operand, high, high.span)


def _threshold(part: model.Expression, left: model.Expression, right: model.Expression, span: Span) -> Threshold:
    return Threshold(span, place(left.span), place(right.span), model.Compare("==", left, right, part.type, span))
