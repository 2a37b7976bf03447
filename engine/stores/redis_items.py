"""Items of a checkpoint as bytes: in columns, which compress well and are cheap to make and to read.

In: items by kind and key.  Out: parts of a few megabytes, and back.
"""

from __future__ import annotations

import array
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from engine.stores.interface import Item, Passing

PART_BYTES = 4 * 2**20
"""Items are cut into parts of about this length."""
NO_MOMENT = 2**63 - 1
"""In place of the moment of an item that does not pass."""


def packed(items: Mapping[tuple[str, str], Item]) -> Iterator[tuple[str, bytes]]:
    """The items by kind, in parts: how many there are (negative: some are passing), the lengths of the keys, those of the values (-1: removed), where some
    are passing the moments, the keys, the values."""
    by_kind: dict[str, list[tuple[bytes, Item]]] = {}
    for (kind, name), value in items.items():
        by_kind.setdefault(kind, []).append((as_bytes(name), value))
    for kind, pairs in by_kind.items():
        start = size = 0
        for end, (key, value) in enumerate(pairs, start=1):
            size += len(key) + len(_content(value) or b"") + 16
            if size >= PART_BYTES or end == len(pairs):
                yield kind, _part(pairs[start:end])
                start, size = end, 0


def _content(item: Item) -> bytes | None:
    return item.value if isinstance(item, Passing) else item


def _part(pairs: Sequence[tuple[bytes, Item]]) -> bytes:
    passing = any(isinstance(item, Passing) for _, item in pairs)
    contents = [_content(item) for _, item in pairs]
    keys = _numbers(len(key) for key, _ in pairs)
    values = _numbers(-1 if value is None else len(value) for value in contents)
    moments = _numbers((item.until if isinstance(item, Passing) else NO_MOMENT for _, item in pairs), "q") if passing else b""
    count = _numbers([-len(pairs) if passing else len(pairs)])
    return b"".join((count, keys, values, moments, *(key for key, _ in pairs), *filter(None, contents)))


def unpacked(part: bytes) -> Iterator[tuple[bytes, Item]]:
    (said,) = _read_numbers(part[:4])
    count = abs(said)
    keys, values = _read_numbers(part[4 : 4 + 4 * count]), _read_numbers(part[4 + 4 * count : 4 + 8 * count])
    at_key = 4 + 8 * count
    moments: Iterable[int] = repeat(NO_MOMENT, count)
    if said < 0:
        moments = _read_numbers(part[at_key : at_key + 8 * count], "q")
        at_key += 8 * count
    at_value = at_key + sum(keys)
    for key_length, value_length, until in zip(keys, values, moments, strict=True):
        key = part[at_key : at_key + key_length]
        at_key += key_length
        if value_length < 0:
            yield key, None
        else:
            value = part[at_value : at_value + value_length]
            yield key, value if until == NO_MOMENT else Passing(value, until)
            at_value += value_length


def _numbers(numbers: Iterable[int], kind: str = "i") -> bytes:
    """32 bits each ("q": 64), little-endian."""
    made = array.array(kind, numbers)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def _read_numbers(data: bytes, kind: str = "i") -> array.array[int]:
    read = array.array(kind, data)
    if sys.byteorder == "big":
        read.byteswap()
    return read


def as_bytes(key: str) -> bytes:
    """As in SQLite: order of code points, and no character is special."""
    return key.encode("utf-8", "surrogatepass")


def as_text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
