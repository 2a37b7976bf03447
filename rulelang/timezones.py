"""A time zone as a list of its offsets: local clock to UTC and back, without asking the machine it runs on.

In: a name of the IANA database (read from the package `tzdata`, never from the operating system, so that one
rule set means the same everywhere).  Out: `Zone`, whose transitions the compiled program carries.

Two local times are decided here. One that the clock skips (a gap) is read with the offset before the gap: 02:30 in
a gap of one hour from 02:00 is the moment that is then called 03:30. One that the clock shows twice (an overlap) is the first of the two. So a
day begins at its first moment, also where midnight is skipped.
After 2100 the last offset stays.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
BEGINNING_US = -(2**63)
LAST_YEAR = 2100


class UnknownZone(ValueError):
    """There is no such time zone."""


class Zone:
    """`transitions`: (UTC microseconds, offset in seconds east of UTC) in order; the first is the beginning of time."""

    __slots__ = ("_ends", "_starts", "name", "transitions")

    def __init__(self, name: str) -> None:
        self.name = name
        self.transitions = read_transitions(name)
        self._starts = [utc_us for utc_us, _ in self.transitions]
        # The local clock at the end of each stretch of one offset.
        self._ends = [end_us + offset_s * SECOND_US for (_, offset_s), (end_us, _) in pairwise(self.transitions)]

    def offset_us(self, utc_us: int) -> int:
        """What the local clock is ahead of UTC at this moment."""
        return self.transitions[bisect_right(self._starts, utc_us) - 1][1] * SECOND_US

    def local_us(self, utc_us: int) -> int:
        """The local clock, as microseconds since its own 1970-01-01."""
        return utc_us + self.offset_us(utc_us)

    def to_utc_us(self, local_us: int) -> int:
        """The moment at which the local clock shows this; gaps and overlaps as the module says."""
        stretch = bisect_right(self._ends, local_us)
        start_us, offset_s = self.transitions[stretch]
        if stretch and local_us < start_us + offset_s * SECOND_US:  # skipped: between the end before and this start
            offset_s = self.transitions[stretch - 1][1]
        return local_us - offset_s * SECOND_US

    def day(self, utc_us: int) -> int:
        """The local day that contains the moment, counted from 1970-01-01."""
        return self.local_us(utc_us) // DAY_US

    def start_of_day_us(self, day: int) -> int:
        """The first moment of a local day."""
        return self.to_utc_us(day * DAY_US)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name that a zone may have."""
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=16)
def read_transitions(name: str) -> tuple[tuple[int, int], ...]:
    """The offsets of a zone with the moments from which they hold, up to the end of `LAST_YEAR`."""
    if name not in zone_names():
        raise UnknownZone(name)
    path = resources.files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        path /= part
    data = path.read_bytes()
    zone = ZoneInfo.from_file(BytesIO(data), name)
    moments = {second for second in written_transitions(data) if second > -(2**62)}
    if b"," in data.rsplit(b"\n", 2)[-2]:  # the standing rule after the last written transition changes the clock every year
        moments |= ruled_transitions(zone, max(moments, default=0))
    found = [(BEGINNING_US, offset_at(zone, min(moments, default=0) - 1))]
    for second in sorted(moments):
        offset_s = offset_at(zone, second)
        if offset_s != found[-1][1]:  # a change of the zone's abbreviation alone is none
            found.append((second * SECOND_US, offset_s))
    return tuple(found)


def written_transitions(data: bytes) -> tuple[int, ...]:
    """The seconds of all transitions that a TZif file (RFC 8536, version 2 and above) writes out."""
    header = struct.Struct(">4s c 15x 6l")

    def skip(start: int, time_size: int) -> int:
        _, _, isutc, isstd, leap, times, types, chars = header.unpack_from(data, start)
        return start + int(header.size + times * (time_size + 1) + types * 6 + chars + leap * (time_size + 4) + isstd + isutc)

    start = skip(0, 4)  # the first block has 32-bit times; the second repeats it with 64 bits
    times = header.unpack_from(data, start)[5]
    return struct.unpack_from(f">{times}q", data, start + header.size)


def ruled_transitions(zone: ZoneInfo, after: int) -> set[int]:
    """The transitions that follow from the zone's standing rule, from the last written one on."""
    last = int(datetime(LAST_YEAR, 12, 31, tzinfo=UTC).timestamp())
    found = set()
    day = 86_400
    for early in range(after, last, day):
        late = early + day
        if offset_at(zone, early) == offset_at(zone, late):
            continue
        low, high = early, late
        while high - low > 1:
            middle = (low + high) // 2
            if offset_at(zone, middle) == offset_at(zone, early):
                low = middle
            else:
                high = middle
        found.add(high)
    return found


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offset_at(zone: ZoneInfo, second: int) -> int:
    """The zone's offset in seconds at a moment in seconds since 1970."""
    offset = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
