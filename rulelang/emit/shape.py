"""Which expressions are equal, wherever they stand; and what expressions are made of.

In: expressions of the model.  Out: numbers; equal numbers mean equal but for the place in the file. And names, which may outlast the process.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any, get_args

from rulelang import model

Part = model.Expression | model.Taken | model.Side

DIGEST_BYTES = 16
"""Of a name that lasts: two shapes are never called the same."""

_HOLDS_ONE = ("Expression", "Expression | None", "Side")
_HOLDS_MANY = ("tuple[Expression, ...]", "tuple[Taken, ...]")


def _names(kind: type, of: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.type in of)


_KINDS: tuple[type, ...] = (*get_args(model.Expression), model.Taken, model.Side)
_ONE = {kind: _names(kind, _HOLDS_ONE) for kind in _KINDS}
_MANY = {kind: _names(kind, _HOLDS_MANY) for kind in _KINDS}


def _plain(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """What gives all that a part says besides its place and what it is made of, as values that are quickly compared."""
    names = [field.name for field in fields(kind) if field.name != "span" and field.name not in (*_ONE[kind], *_MANY[kind])]
    said = [part for name in names for part in (_OF_TYPE if name == "type" else (name,))]
    get = attrgetter(*said)
    if kind is model.Constant:
        # 1, 1.0 and True are equal in Python, as are 0.0 and -0.0; here they are not.
        return lambda node: (repr(node.value), *get(node))
    return get if len(said) > 1 else lambda node: (get(node),)


_OF_TYPE = ("type.kind._value_", "type.unit", "type.entity")
_PLAIN = {kind: _plain(kind) for kind in _KINDS}


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
    """Numbers of shapes. The expressions asked about live as long as this: another one in the place of one that is gone would be taken for it."""

    def __init__(self, *, lasting: bool = False) -> None:
        """`lasting`: names mean the same to every other `Shapes`; else only to this one."""
        self._lasting = lasting
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._keys: list[tuple[Any, ...]] = []
        self._names: dict[int, bytes] = {}
        self._of: dict[int, int] = {}
        self._asked: list[Part] = []

    def of(self, node: Part) -> int:
        """The number of the part's shape."""
        found = self._of.get(id(node))
        if found is None:
            kind = type(node)
            # Flat, as what is nested takes longer to compare.
            key = (
                kind,
                *_PLAIN[kind](node),
                *[None if (part := getattr(node, name)) is None else self.of(part) for name in _ONE[kind]],
                *[tuple([self.of(part) for part in getattr(node, name)]) for name in _MANY[kind]],
            )
            found = self._numbers.get(key)
            if found is None:
                found = self._numbers[key] = len(self._keys)
                self._keys.append(key)
            self._of[id(node)] = found
            self._asked.append(node)
        return found

    def name(self, shape: int) -> Hashable:
        """What the shape is called: equal names mean equal shapes."""
        return self._digest(shape) if self._lasting else shape

    def _digest(self, shape: int) -> bytes:
        """Made of all that the shape is made of."""
        found = self._names.get(shape)
        if found is None:
            kind, *rest = self._keys[shape]
            cut = len(rest) - len(_MANY[kind])
            many = [[self._digest(part) for part in of] for of in rest[cut:]]
            ones = [None if of is None else self._digest(of) for of in rest[cut - len(_ONE[kind]) : cut]]
            said = repr((kind.__name__, rest[: cut - len(_ONE[kind])], ones, many))
            found = self._names[shape] = blake2b(said.encode(), digest_size=DIGEST_BYTES).digest()
        return found
