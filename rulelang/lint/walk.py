"""Ways through the expressions of the model.

In: expressions, and what holds them.  Out: their parts; a form in which two of equal meaning are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

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


def parts(node: object) -> Iterator[model.Expression]:
    """The expressions that a node is made of, without those inside them."""
    if isinstance(node, tuple):
        for item in node:
            yield from _outermost(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _outermost(getattr(node, field.name))


def _outermost(node: object) -> Iterator[model.Expression]:
    if isinstance(node, _EXPRESSIONS):
        yield node  # type: ignore[misc]  # isinstance with a computed tuple does not narrow
    elif isinstance(node, tuple) or (is_dataclass(node) and not isinstance(node, model.Type | syntax.Span)):
        yield from parts(node)


def shape(node: object) -> object:
    """The node without its places: two expressions of equal shape mean the same (in one rule)."""
    if isinstance(node, tuple):
        return tuple(shape(item) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        return (type(node).__name__, *(shape(getattr(node, field.name)) for field in fields(node) if field.name != "span"))
    if isinstance(node, bool | int | float):
        return type(node).__name__, node  # 1, 1.0 and True are three things
    return node


def of_this(condition: model.Expression) -> model.Expression:
    """A condition over the current event as one over the anchor event."""
    if isinstance(condition, model.FieldValue):
        return replace(condition, of="this")
    changed: dict[str, Any] = {}
    for field in fields(condition):
        value = getattr(condition, field.name)
        if isinstance(value, _EXPRESSIONS):
            changed[field.name] = of_this(value)  # type: ignore[arg-type]  # isinstance with a computed tuple does not narrow
        elif isinstance(value, tuple) and all(isinstance(item, _EXPRESSIONS) for item in value):
            changed[field.name] = tuple(of_this(item) for item in value)
    return replace(condition, **changed)


def written(node: syntax.Expression) -> Iterator[syntax.Expression]:
    """All expressions in an expression as it was written, itself first. Not by recursion: what is never used may be nested however deep."""
    kinds = get_args(syntax.Expression)
    waiting: list[object] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting += reversed(part)
        elif is_dataclass(part) and not isinstance(part, syntax.Span):
            if isinstance(part, kinds):
                yield part
            waiting += (getattr(part, field.name) for field in reversed(fields(part)))
