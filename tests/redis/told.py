"""What a campaign of faults did, and how long it took to get over it."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict


class Told:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._times: dict[str, list[float]] = defaultdict(list)

    def count(self, what: str, times: int = 1) -> None:
        self._counts[what] += times

    def took(self, what: str, seconds: float) -> None:
        self._times[what].append(seconds)

    def lines(self) -> list[str]:
        lines = [f"{times:6}  {what}" for what, times in sorted(self._counts.items()) if times]
        lines.append(f"{sum(self._counts.values()):6}  faults in all")
        lines += [
            f"{what}: {len(times)} times, median {statistics.median(times):.3f} s, longest {max(times):.3f} s"
            for what, times in sorted(self._times.items())
        ]
        return lines
