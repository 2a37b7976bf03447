"""Which expressions are equal, wherever they stand.

In: expressions of the model.  Out: numbers; equal numbers mean equal but for the place in the file.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from typing import Any, get_args

from rulelang import model

_EXPRESSIONS: frozenset[type] = frozenset(get_args(model.Expression))

PARTS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name != "span") for kind in (*_EXPRESSIONS, model.Taken, model.Side)
}
"""By class: the names of what an expression is made of, its place left out."""


class Shapes:
    """Numbers of shapes. The expressions asked about must live as long as this."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._of: dict[int, int] = {}

    def of(self, node: model.Expression) -> int:
        """The number of the expression's shape."""
        found = self._of.get(id(node))
        if found is None:
            name = (type(node), *[self._part(getattr(node, part)) for part in PARTS[type(node)]])
            found = self._of[id(node)] = self._numbers.setdefault(name, len(self._numbers))
        return found

    def _part(self, part: Any) -> Hashable:
        if type(part) in _EXPRESSIONS:
            return self.of(part)
        if isinstance(part, tuple):
            return tuple(self._part(item) for item in part)
        if isinstance(part, model.Taken | model.Side):
            return tuple(self._part(getattr(part, name)) for name in PARTS[type(part)])
        # 1, 1.0 and True are equal in Python, as are 0.0 and -0.0; here they are not.
        return (type(part), repr(part)) if isinstance(part, bool | int | float) else part
