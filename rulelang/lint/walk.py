"""Ways through the expressions of the model.

In: expressions, and what holds them.  Out: their parts; a form in which two of equal meaning are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args

from rulelang import model, syntax

_EXPRESSIONS: tuple[type, ...] = get_args(model.Expression)


def walk(node: object) -> Iterator[model.Expression]:
    """All expressions in a node of the model, the node itself first, in the order written."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif is_dataclass(node) and not isinstance(node, model.Type | syntax.Span):
        if isinstance(node, _EXPRESSIONS):
            yield node  # type: ignore[misc]  # isinstance with a computed tuple does not narrow
        for field in fields(node):
            yield from walk(getattr(node, field.name))


def of_rule(rule: model.Rule) -> Iterator[model.Expression]:
    """Every expression of a rule, whichever clause it stands in."""
    yield from walk(rule)


def shape(node: object) -> object:
    """The node without its places: two expressions of equal shape mean the same (in one rule)."""
    if isinstance(node, tuple):
        return tuple(shape(item) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        return (type(node).__name__, *(shape(getattr(node, field.name)) for field in fields(node) if field.name != "span"))
    if isinstance(node, bool | int | float):
        return type(node).__name__, node  # 1, 1.0 and True are three things
    return node


def written(node: syntax.Expression) -> Iterator[syntax.Expression]:
    """All expressions in an expression as it was written, itself first."""
    yield from _written(node)


def _written(node: object) -> Iterator[syntax.Expression]:
    if isinstance(node, tuple):
        for item in node:
            yield from _written(item)
    elif is_dataclass(node) and not isinstance(node, syntax.Span):
        if isinstance(node, get_args(syntax.Expression)):
            yield node
        for field in fields(node):
            yield from _written(getattr(node, field.name))
