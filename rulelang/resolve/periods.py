"""How long local periods can be.

In: the name of a period and a time zone.  Out: microseconds.
"""

from __future__ import annotations

from rulelang.syntax import UNIT_US
from rulelang.timezones import Zone

_DAYS_MAX = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_RECENT_US = 946_684_800 * UNIT_US["s"]  # 2000-01-01: zones that left their clocks alone since then are taken to go on so


def longest_us(period: str, zone: Zone) -> int:
    """The longest that the period can be, an hour of summer time included where the zone has such."""
    length_us = _DAYS_MAX[period] * UNIT_US["d"]
    changes = any(start_us > _RECENT_US for start_us, _ in zone.transitions[-2:])
    return length_us + UNIT_US["h"] if changes and period != "year" else length_us
