"""Equal parts of conditions about one event, which are computed once for each event.

In: the conditions of rules that are looked at on single events.  Out: for a part that stands in several places, the number of its memo.
A part that is no dearer than the memo's own two instructions has none.
"""

from __future__ import annotations

from collections import Counter

from rulelang import model
from rulelang.emit.shape import Part, Shapes, parts

DEAR_FROM = 4
"""Nodes of a part from which on it is worth remembering: a field compared with a constant is three."""
_CHEAP = (model.Constant, model.FieldValue)


class Memos:
    """Numbers of memos by shape."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._times: Counter[int] = Counter()
        self._sizes: dict[int, int] = {}
        self._numbers: dict[int, int] = {}

    def count(self, condition: Part) -> None:
        """Take note of a condition; all of them, before the first `memo`."""
        shape = self._shapes.of(condition)
        self._times[shape] += 1
        # What a remembered part is made of is computed with it, so it counts once.
        if self._times[shape] == 1:
            for part in parts(condition):
                self.count(part)

    def memo(self, node: model.Expression) -> int | None:
        """The memo of a part; None: it has none."""
        if isinstance(node, _CHEAP):
            return None
        shape = self._shapes.of(node)
        if self._times[shape] < 2 or self._size(node, shape) < DEAR_FROM:
            return None
        return self._numbers.setdefault(shape, len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def _size(self, node: Part, shape: int) -> int:
        found = self._sizes.get(shape)
        if found is None:
            found = self._sizes[shape] = 1 + sum(self._size(part, self._shapes.of(part)) for part in parts(node))
        return found
