"""What the service answers, as news: what was found, warned of and taken back since the answer before.

In: outcomes of one call.  Out: `News`, and what stands by all answers so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from proto.rulelang.v1 import evaluation_pb2

STATUSES = {
    evaluation_pb2.STATUS_ACCEPTED: "accepted",
    evaluation_pb2.STATUS_DUPLICATE: "duplicate",
    evaluation_pb2.STATUS_CONFLICT: "conflict",
    evaluation_pb2.STATUS_REFUSED: "refused",
    evaluation_pb2.STATUS_TOO_LATE: "too_late",
}


@dataclass(frozen=True, slots=True)
class News:
    """Findings and warnings of the wire, by what became of them in one call. What came and went within it is no news."""

    found: list[Any]
    warned: list[Any]
    taken_back: list[Any]


@dataclass(slots=True)
class Told:
    """What stands by the answers so far: findings and warnings by id."""

    findings: dict[str, Any] = field(default_factory=dict)
    warnings: dict[str, Any] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    taken_back: int = 0

    def take(self, outcomes: Iterable[Any]) -> News:
        """Of a duplicate the answer is that of the first time, which was taken then."""
        before_findings, before_warnings = dict(self.findings), dict(self.warnings)
        withdrawn: dict[str, Any] = {}
        for outcome in outcomes:
            self.statuses[STATUSES[outcome.status]] += 1
            if outcome.status == evaluation_pb2.STATUS_DUPLICATE:
                continue
            for things, known in (
                (outcome.withdrawn, self.findings),
                (outcome.findings, self.findings),
                (outcome.warnings, self.warnings),
            ):
                for thing in things:
                    if thing.status == "withdrawn":
                        known.pop(thing.id, None)
                        withdrawn[thing.id] = thing
                    else:
                        known[thing.id] = thing
        gone = [withdrawn[name] for name in before_findings if name not in self.findings]
        gone += [withdrawn[name] for name in before_warnings if name not in self.warnings]
        self.taken_back += len(gone)
        return News(
            [f for f in self.findings.values() if f.id not in before_findings],
            [w for w in self.warnings.values() if w.id not in before_warnings],
            gone,
        )
