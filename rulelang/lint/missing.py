"""What may be missing, and whether a rule cares for that.

In: rules of the model.  Out: the operands that it says something about where they are missing.
"""

from __future__ import annotations

from rulelang import model
from rulelang.lint.walk import shape, walk


def may_be_missing(operand: model.Expression) -> bool:
    """A field that an upstream system may leave out, directly or as the last value of a scope."""
    match operand:
        case model.FieldValue(name=name):
            return name not in ("time", "source", "id")
        case model.Aggregate(kind="latest" | "first"):
            return True
        case model.Normalise(operand=inner):
            return may_be_missing(inner)
    return False


def handled(rule: model.Rule) -> set[object]:
    """The shapes of operands that the rule tests for presence, or gives a default."""
    found: set[object] = set()
    for part in walk(rule):
        if isinstance(part, model.Presence | model.OrElse):
            found.update(shape(inner) for inner in walk(part.operand))
    return found
