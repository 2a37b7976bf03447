"""What the declarations of a rule set say, before any rule is read.

In: made by `rulelang.resolve.declare`.  Out: read by everything that resolves expressions, rules, ladders and tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulelang import model, syntax
from rulelang.resolve.lookups import Lookups
from rulelang.timezones import Zone

ACTS = ("warning_step", "warning_overdue")
"""The event types that record what became of warnings: made by the service, and given as they are in tests and replays."""
LEVELS = ("blue", "yellow", "orange", "red")
"""From light to grave."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Declarations by name. `events` has the derived types too; `lets` are kept as written, for they are read where they are used."""

    zone: Zone
    calendars: Mapping[str, model.Calendar]
    entities: Mapping[str, model.Entity]
    events: Mapping[str, model.Event]
    tables: Mapping[str, model.Table]
    lets: Mapping[str, syntax.Let]
    rules: Mapping[str, syntax.Rule | syntax.RuleHead]
    ladders: Mapping[str, syntax.Ladder]
    procedures: Mapping[str, syntax.Procedure] = field(default_factory=dict)
    lookups: Lookups = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lookups", Lookups(self.events))
