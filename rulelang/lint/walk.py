"""Ways through the expressions of the model.

In: expressions, and what holds them.  Out: their parts; a form in which two of equal meaning are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast, get_args

from rulelang import model, syntax

_EXPRESSIONS = frozenset(get_args(model.Expression))


_NAMES: dict[type, tuple[str, ...]] = {}
_HELD: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    """The names of what a node holds, its place left out; none: it is no node."""
    found = _NAMES.get(kind)
    if found is None:
        node = is_dataclass(kind) and kind is not syntax.Span
        found = _NAMES[kind] = tuple(field.name for field in fields(kind) if field.name != "span") if node else ()
    return found


def _held(kind: type) -> tuple[str, ...]:
    """Those that may hold expressions, the last first."""
    found = _HELD.get(kind)
    if found is None:
        found = _HELD[kind] = tuple(name for name in reversed(_names(kind)) if name != "type") if kind is not model.Type else ()
    return found


def walk(node: object) -> Iterator[model.Expression]:
    """All expressions in a node of the model, the node itself first, in the order written."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, tuple):
            waiting.extend(reversed(found))
            continue
        kind = type(found)
        if kind in _EXPRESSIONS:
            yield cast(model.Expression, found)
        waiting += [getattr(found, name) for name in _held(kind)]


def parts(node: object) -> Iterator[model.Expression]:
    """The expressions that a node is made of, without those inside them."""
    waiting = [getattr(node, name) for name in _held(type(node))]
    while waiting:
        found = waiting.pop()
        if isinstance(found, tuple):
            waiting.extend(reversed(found))
        elif type(found) in _EXPRESSIONS:
            yield cast(model.Expression, found)
        else:
            waiting += [getattr(found, name) for name in _held(type(found))]


def shape(node: object) -> object:
    """The node without its places: two expressions of equal shape mean the same (in one rule)."""
    kind = type(node)
    if kind is tuple:
        return tuple(map(shape, node))  # type: ignore[call-overload]  # its type was looked up
    if kind in (bool, int, float):
        return kind.__name__, node  # 1, 1.0 and True are three things
    if kind is model.Type or not (names := _names(kind)):
        return node
    return (kind.__name__, *[shape(getattr(node, name)) for name in names])


def of_this(condition: model.Expression) -> model.Expression:
    """A condition over the current event as one over the anchor event."""
    if isinstance(condition, model.FieldValue):
        return replace(condition, of="this")
    changed: dict[str, Any] = {}
    for field in fields(condition):
        value = getattr(condition, field.name)
        if type(value) in _EXPRESSIONS:
            changed[field.name] = of_this(value)
        elif isinstance(value, tuple) and all(type(item) in _EXPRESSIONS for item in value):
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
