"""Items of a checkpoint as bytes: in columns, which compress well and are cheap to make and to read.

In: items by kind and key.  Out: parts of a few megabytes, and back.
"""

from __future__ import annotations

import array
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

PART_BYTES = 4 * 2**20
"""Items are cut into parts of about this length."""


def packed(items: Mapping[tuple[str, str], bytes | None]) -> Iterator[tuple[str, bytes]]:
    """The items by kind, in parts: how many there are, the lengths of the keys, those of the values (-1: removed), the keys, the values."""
    by_kind: dict[str, list[tuple[bytes, bytes | None]]] = {}
    for (kind, name), value in items.items():
        by_kind.setdefault(kind, []).append((as_bytes(name), value))
    for kind, pairs in by_kind.items():
        start = size = 0
        for end, (key, value) in enumerate(pairs, start=1):
            size += len(key) + len(value or b"") + 8
            if size >= PART_BYTES or end == len(pairs):
                yield kind, _part(pairs[start:end])
                start, size = end, 0


def _part(pairs: Sequence[tuple[bytes, bytes | None]]) -> bytes:
    keys = _numbers(len(key) for key, _ in pairs)
    values = _numbers(-1 if value is None else len(value) for _, value in pairs)
    return b"".join((_numbers([len(pairs)]), keys, values, *(key for key, _ in pairs), *(value for _, value in pairs if value)))


def unpacked(part: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    (count,) = _read_numbers(part[:4])
    keys, values = _read_numbers(part[4 : 4 + 4 * count]), _read_numbers(part[4 + 4 * count : 4 + 8 * count])
    at_key = 4 + 8 * count
    at_value = at_key + sum(keys)
    for key_length, value_length in zip(keys, values, strict=True):
        key = part[at_key : at_key + key_length]
        at_key += key_length
        if value_length < 0:
            yield key, None
        else:
            yield key, part[at_value : at_value + value_length]
            at_value += value_length


def _numbers(numbers: Iterable[int]) -> bytes:
    """32 bits each, little-endian."""
    made = array.array("i", numbers)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def _read_numbers(data: bytes) -> array.array[int]:
    read = array.array("i", data)
    if sys.byteorder == "big":
        read.byteswap()
    return read


def as_bytes(key: str) -> bytes:
    """As in SQLite: order of code points, and no character is special."""
    return key.encode("utf-8", "surrogatepass")


def as_text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
