"""Times as they are given on the command line.

In: `2026-03-31`, `2026-03-31T18:00`, `2026-03-31T18:00:00+08:00`.  Out: microseconds since 1970, UTC. Without an offset it is a local time
of the rule set; a day stands for the whole day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from rulelang.timezones import Zone
from services.cli.terminal import CannotUse

_EPOCH = datetime(1970, 1, 1)
_US = timedelta(microseconds=1)


def last_moment_us(text: str, zone: Zone, option: str) -> int:
    """The moment, or the last one of the day."""
    try:
        if len(text) == len("2026-03-31"):
            day = (date.fromisoformat(text) - _EPOCH.date()).days
            return zone.start_of_day_us(day + 1) - 1
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotUse(f"{option}: {text!r} is not a time; write 2026-03-31, 2026-03-31T18:00 or 2026-03-31T18:00:00+08:00") from None
    if moment.tzinfo is None:
        return zone.to_utc_us((moment - _EPOCH) // _US)
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _US
