"""What a condition demands: what must be so of an event for the condition to be true of it.

In: a condition about one event.  Out: rows, any of which must be met: `alcohol > 80 and (a == 1 or b == 2)` gives two. A row says of some
features (a field, or something computed from the event) in which stretches their values must lie. Demands are necessary, not
sufficient: who meets them is looked at, who does not need not be.

A stretch is half-open, `[low, high)`, None being no bound; of doubles or of texts (by code points). `> x` begins at the double after x, or at
the text x with U+0000 appended, which comes right after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rulelang import model
from rulelang.emit.shape import Shapes
from rulelang.model import Kind

ROWS_MAX = 8
"""Rows of one condition. One with more alternatives is kept as one row that demands what all of them demand."""
EXACT = 2**53
"""Up to here doubles and integers are the same."""

Bound = Any  # float or str; None: no bound
Stretch = tuple[Bound, Bound]


@dataclass(frozen=True, slots=True)
class Demand:
    """The stretches in which a value must lie, in order and apart; and whether it may be missing instead."""

    stretches: tuple[Stretch, ...]
    missing: bool = False


Row = dict[int, Demand]  # by shape of the feature
ANYTHING: list[Row] = [{}]
PRESENT = Demand(((None, None),))

_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TEXTS = (Kind.TEXT, Kind.KEY)


class Demands:
    """Finds demands. `features` has each feature that was met, by its shape."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.features: dict[int, model.Expression] = {}

    def rows(self, node: model.Expression, truth: bool = True) -> list[Row]:
        """The rows of a condition that must come out as `truth`; none: it never does."""
        match node:
            case model.Constant(value=value):
                return ANYTHING if value is truth else []
            case model.Not(operand=operand):
                return self.rows(operand, not truth)
            case model.Logic(op=op, operands=operands):
                parts = [self.rows(operand, truth) for operand in operands]
                return _all_of(parts) if (op == "and") == truth else _any_of(parts)
            case model.Compare(op=op, left=left, right=model.Constant() as right):
                return self._compared(op if truth else _NEGATED[op], left, right)
            case model.Compare(op=op, left=model.Constant() as left, right=right):
                return self._compared(_MIRRORED[op] if truth else _NEGATED[_MIRRORED[op]], right, left)
            case model.In(operand=operand, items=items, negated=negated):
                return self._in(operand, items, negated != truth)
            case model.Between(operand=operand, low=model.Constant() as low, high=model.Constant() as high):
                parts = [self._compared(">=" if truth else "<", operand, low), self._compared("<=" if truth else ">", operand, high)]
                return _all_of(parts) if truth else _any_of(parts)
            case model.TextTest(op="starts with" | "like", operand=operand, pattern=model.Constant(value=str() as pattern)) if truth:
                prefix = pattern if node.op == "starts with" else _before_wildcards(pattern)
                return self._row(operand, [(prefix, _after_prefix(prefix))]) if prefix else ANYTHING
            case model.Presence(operand=operand, missing=missing):
                return [{self._feature(operand): Demand((), missing=True) if missing == truth else PRESENT}]
            case model.FieldValue(type=model.Type(kind=Kind.BOOLEAN)):
                return self._row(node, [(float(truth), math.nextafter(float(truth), math.inf))])
        return ANYTHING

    def _feature(self, node: model.Expression) -> int:
        shape = self._shapes.of(node)
        self.features.setdefault(shape, node)
        return shape

    def _row(self, feature: model.Expression, stretches: list[Stretch]) -> list[Row]:
        return [{self._feature(feature): Demand(tuple(stretches))}]

    def _compared(self, op: str, feature: model.Expression, constant: model.Constant) -> list[Row]:
        if constant.value is None:
            return []
        if not _comparable(feature.type.kind, constant.type.kind):
            return ANYTHING
        return self._row(feature, _stretches(op, constant))

    def _in(self, feature: model.Expression, items: tuple[model.Expression, ...], inside: bool) -> list[Row]:
        constants = [item for item in items if isinstance(item, model.Constant) and item.value is not None]
        if len(constants) < len(items) or not all(_comparable(feature.type.kind, item.type.kind) for item in constants):
            return ANYTHING
        if not inside:
            # Few are left out: what is demanded is only that there is a value.
            return [{self._feature(feature): PRESENT}]
        return self._row(feature, _union([stretch for item in constants for stretch in _stretches("==", item)]))


def _comparable(left: Kind, right: Kind) -> bool:
    """Whether values of the kinds are compared as they stand, or as doubles."""
    return left is right or {left, right} <= {Kind.NUMBER, Kind.INTEGER} or (left in _TEXTS and right in _TEXTS)


def _stretches(op: str, constant: model.Constant) -> list[Stretch]:
    value = constant.value
    assert value is not None
    if isinstance(value, str):
        at: Bound = value
        after: Bound = value + "\0"
    else:
        at, after = float(value), math.nextafter(float(value), math.inf)
        if isinstance(value, int) and abs(value) >= EXACT:
            # Integers on either side of the constant may be the same double as it: it is as good as equal to them.
            at = math.nextafter(at, -math.inf)
            op = {"<": "<=", ">": ">="}.get(op, op)
            if op == "!=":
                return [(None, None)]
    match op:
        case "==":
            return [(at, after)]
        case "!=":
            return [(None, at), (after, None)]
        case "<":
            return [(None, at)]
        case "<=":
            return [(None, after)]
        case ">":
            return [(after, None)]
    return [(at, None)]


def _before_wildcards(glob: str) -> str:
    return glob[: min((at for at in (glob.find("*"), glob.find("?")) if at >= 0), default=len(glob))]


def _after_prefix(prefix: str) -> str | None:
    """The first text after all that begin with the prefix; None: there is none."""
    while prefix and prefix[-1] == "\U0010ffff":
        prefix = prefix[:-1]
    # Half of a pair of UTF-16 is no character: after U+D7FF comes U+E000.
    return prefix[:-1] + ("\ue000" if prefix[-1] == "\ud7ff" else chr(ord(prefix[-1]) + 1)) if prefix else None


# ------------------------------------------------------------------ rows together


def _any_of(parts: list[list[Row]]) -> list[Row]:
    rows = [row for part in parts for row in part]
    return rows if len(rows) <= ROWS_MAX else [_common(rows)]


def _all_of(parts: list[list[Row]]) -> list[Row]:
    rows: list[Row] = [{}]
    for part in parts:
        if len(rows) * len(part) > ROWS_MAX:
            part = [_common(part)] if len(part) > 1 else part
            if len(rows) * len(part) > ROWS_MAX:
                rows = [_common(rows)]
        rows = [both for row in rows for other in part if (both := _both(row, other)) is not None]
    return rows


def _both(row: Row, other: Row) -> Row | None:
    """What meets both rows; None: nothing can."""
    met = dict(row)
    for feature, demand in other.items():
        if feature in met:
            demand = _intersection(met[feature], demand)
        if not demand.stretches and not demand.missing:
            return None
        met[feature] = demand
    return met


def _common(rows: list[Row]) -> Row:
    """What all rows demand: of the features that each of them mentions, the stretches of any."""
    met = {}
    for feature, demand in rows[0].items():
        if all(feature in row for row in rows):
            demands = [row[feature] for row in rows]
            stretches = _union([stretch for demand in demands for stretch in demand.stretches])
            met[feature] = Demand(tuple(stretches), any(demand.missing for demand in demands))
    return met


def _union(stretches: list[Stretch]) -> list[Stretch]:
    """The same values in stretches that are in order and apart."""
    joined: list[Stretch] = []
    for low, high in sorted(stretches, key=lambda s: (s[0] is not None, s[0])):
        if joined and (joined[-1][1] is None or (low is None or low <= joined[-1][1])):
            last_low, last_high = joined[-1]
            joined[-1] = (last_low, None if last_high is None or high is None else max(last_high, high))
        else:
            joined.append((low, high))
    return joined


def _intersection(a: Demand, b: Demand) -> Demand:
    met = []
    for low, high in a.stretches:
        for other_low, other_high in b.stretches:
            begin = other_low if low is None else low if other_low is None else max(low, other_low)
            end = other_high if high is None else high if other_high is None else min(high, other_high)
            if begin is None or end is None or begin < end:
                met.append((begin, end))
    return Demand(tuple(met), a.missing and b.missing)
