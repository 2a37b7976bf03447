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
    frozen_findings_max: int = 100
    """Findings that are kept with a warning that rests on them, the latest."""
    frozen_events_max: int = 1_000
    """Events that are kept with a warning, those of the latest findings first."""
    dossier_lines_max: int = 1_000
    """Things that happen to one warning; a step beyond it is refused. (What the service writes itself is always written.)"""
    note_characters_max: int = 4_000
    """The note of a step."""
    attachments_max: int = 20
    """Attachments of a step."""
    name_characters_max: int = 200
    """The id of a command, an actor, a role, the name of an attachment."""


DEFAULT = Limits()

DAY_MIN, DAY_MAX = -719_162, 2_932_896
"""The local days that a program may name: 0001-01-01 to 9999-12-31."""
SPAN_US_MAX = 2**60
"""The longest span that a program may retain or look back over: 36 534 years. Moments and sums of spans stay within 64 bits."""


@dataclass(frozen=True, slots=True)
class ProgramLimits:
    """How large a program may be. The defaults leave room for ten times the largest rule set that is measured (benchmarks/)."""

    bytes_max: int = 256 * 1024 * 1024
    """The file as a whole."""
    rules_max: int = 100_000
    types_max: int = 5_000
    fields_max: int = 5_000
    """Fields of one event type. (Records of events keep a slot in 16 bits.)"""
    access_slots_max: int = 50_000_000
    """Accesses to fields times event types: the machine keeps a slot for each pair."""
    entities_max: int = 1_000
    keys_max: int = 2
    """Entities of one scope."""
    calendars_max: int = 1_000
    hours_max: int = 100
    """Stretches of opening hours of one day."""
    tables_max: int = 10_000
    histories_max: int = 5_000
    questions_max: int = 200_000
    """Different aggregates; and different patterns."""
    ladders_max: int = 10_000
    procedures_max: int = 10_000
    steps_max: int = 100
    """Steps of one procedure."""
    codes_max: int = 2_000_000
    """Expressions that have code of their own."""
    stack_max: int = 10_000
    """Values on the stack of one expression."""
    memos_max: int = 1_000_000
    regexes_max: int = 10_000
    features_max: int = 256
    """Features of the index for one event type (`FEATURES_MAX` of the machine)."""
    index_rows_max: int = 800_000
    """Rows of the index for one event type."""
    skeleton_max: int = 64
    """Characters that one character may become when look-alikes are replaced."""


PROGRAM = ProgramLimits()
