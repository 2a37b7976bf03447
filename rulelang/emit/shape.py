"""Which expressions are equal, wherever they stand; and what expressions are made of.

In: expressions of the model.  Out: numbers; equal numbers mean equal but for the place in the file.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import fields
from typing import Any, get_args

from rulelang import model

Part = model.Expression | model.Taken | model.Side

_HOLDS_ONE = ("Expression", "Expression | None", "Side")
_HOLDS_MANY = ("tuple[Expression, ...]", "tuple[Taken, ...]")


def _names(kind: type, of: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.type in of)


_KINDS: tuple[type, ...] = (*get_args(model.Expression), model.Taken, model.Side)
_ONE = {kind: _names(kind, _HOLDS_ONE) for kind in _KINDS}
_MANY = {kind: _names(kind, _HOLDS_MANY) for kind in _KINDS}
_PLAIN = {
    kind: tuple(field.name for field in fields(kind) if field.name != "span" and field.name not in (*_ONE[kind], *_MANY[kind]))
    for kind in _KINDS
}


def parts(node: Part) -> Iterator[Part]:
    """What a part is directly made of, in the order written."""
    kind = type(node)
    for name in _ONE[kind]:
        part = getattr(node, name)
        if part is not None:
            yield part
    for name in _MANY[kind]:
        yield from getattr(node, name)


def scan(node: Part) -> Iterator[Part]:
    """A part and all that it is made of."""
    yield node
    for part in parts(node):
        yield from scan(part)


class Shapes:
    """Numbers of shapes. The expressions asked about must live as long as this."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._of: dict[int, int] = {}

    def of(self, node: Part) -> int:
        """The number of the part's shape."""
        found = self._of.get(id(node))
        if found is None:
            kind = type(node)
            # 1, 1.0 and True are equal in Python, as are 0.0 and -0.0; here they are not.
            plain: list[Any] = [repr(node.value)] if isinstance(node, model.Constant) else []
            plain += [getattr(node, name) for name in _PLAIN[kind]]
            ones = [None if (part := getattr(node, name)) is None else self.of(part) for name in _ONE[kind]]
            many = [tuple([self.of(part) for part in getattr(node, name)]) for name in _MANY[kind]]
            found = self._of[id(node)] = self._numbers.setdefault((kind, *plain, *ones, *many), len(self._numbers))
        return found
