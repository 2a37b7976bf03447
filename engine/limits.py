"""Every bound of the engine, in one place. Reaching one is reported, never passed over.

Units are in the names: `_us` microseconds, `_bytes` bytes, `_max` a count.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine accepts. The service and the tests may set others; the defaults suit a city."""

    batch_events_max: int = 100_000
    """Events in one call of `evaluate_batch`."""
    records_max: int = 1_000_000
    """Events that one question about one key (a track) holds; an event beyond it is refused."""
    keys_max: int = 20_000_000
    """Keys of all histories together; an event that would open one more is refused."""
    message_characters_max: int = 2_000
    """Longer messages of findings are cut, and end in `…`."""
    evidence_max: int = 100
    """Events that a finding lists, the oldest first."""
    future_us: int = 300_000_000
    """How far an event may lie ahead of the service's clock."""
    unsaved_events_max: int = 50_000
    """After so many events the engine writes a checkpoint by itself."""
    unscoped_gap_us: int = 400 * DAY_US
    """The longest gap of a rule with no scope (one with a scope: what its entities retain)."""


DEFAULT = Limits()
