"""Moments as messages.

In: microseconds since 1970, UTC.  Out: a Timestamp.
"""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(time_us: int) -> Timestamp:
    seconds, micros = divmod(time_us, 1_000_000)
    return Timestamp(seconds=seconds, nanos=micros * 1000)
