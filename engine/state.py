"""What an engine holds: all that follows from the journal up to some entry, the rule set, and the clock.

Nothing in here reads or writes a store. `engine.engine` changes it event by event, `engine.saving` writes what has changed,
`engine.recovery` begins with what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.fold import Finding, Fold, Warning_, finding_object
from engine.limits import Limits
from engine.machine import Machine
from engine.names import Names
from engine.program import Program
from engine.values import Event
from engine.views import warning_object, with_version
from engine.warnings.dossier import Dossier
from engine.warnings.evidence import Freezer
from engine.warnings.register import Act, Register

Json = dict[str, Any]

ACTS = ("warning_step", "warning_overdue")
"""The event types that record what became of warnings. An engine that keeps no life cycle takes them as they were recorded."""


class State:
    """`life_cycle`: whether it is kept what becomes of warnings."""

    def __init__(
        self, machine: Machine, program: Program, secret: bytes, limits: Limits, on_looked: Callable[..., None] | None, life_cycle: bool
    ) -> None:
        plan = program.plan
        self.machine = machine
        self.life_cycle = life_cycle
        self.fold = Fold(machine, plan, secret, limits, on_looked, life_cycle)
        self.names = Names(machine, self.fold.retention.by_type)
        self.register = Register({hours.name: hours for hours in machine.hours}, limits.dossier_lines_max)
        self.counts: dict[str, int] = {}
        """How many events had which status."""
        self.buried: dict[str, Json] = {}
        """What is withdrawn, as it was said when the engine was opened, by id."""
        self.living = life_cycle
        """Whether what follows from the rules goes into dossiers: not while those of another rule set are taken over."""
        self.applied = 0
        """The entry of the journal up to which all this is so (0: none)."""
        self.began: int | None = None
        """The clock when the first events were accepted."""
        self._freezer = Freezer(machine, self.fold, plan, limits)
        self._act_types = {kind["name"]: number for number, kind in enumerate(plan["types"]) if kind["name"] in ACTS}

    def shown(self, thing: Finding | Warning_) -> Json:
        """As callers see it, with its version."""
        view = finding_object(self.fold, thing) if isinstance(thing, Finding) else warning_object(self.fold, thing)
        return with_version(view, thing)

    def opened_dossier(self, warning: Warning_) -> tuple[Dossier, bytes]:
        """Of a warning that is issued now."""
        return self._freezer.opened(warning, self.fold.now)

    def act_event(self, act: Act) -> Event:
        """What was done with a warning, or not in time, as rules see it."""
        return self.machine.make_event(self._act_types[act.type], act.time_us, "rulelang", act.id, act.said, "rulelang", act.id, 0)

    def forgets(self, now: int) -> bool:
        """Whether something may be forgotten when the clock reaches `now`."""
        return self._may_forget() and self.fold.forgets(now)

    def forget(self, now: int) -> None:
        """The clock has reached `now` by an entry of the journal, and all that follows was settled: drop what can matter to nothing any more."""
        if self._may_forget() and self.fold.forget(now):
            passed = self.fold.passed
            assert passed is not None, "a step was taken"
            self.names.forget(passed)

    def _may_forget(self) -> bool:
        """Not before these rules have met the acts that another rule set's dossiers record: they come at the times at which they were done."""
        return self.living or not self.life_cycle

    def reconcile(self) -> None:
        """Where dossiers and what follows from the rules differ, the dossiers say so. Where the rules have not changed, nothing differs."""
        self.register.reconcile(self.fold.findings, self.fold.warnings, self.fold.now, self.opened_dossier)
