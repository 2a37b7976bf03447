"""Procedures: what is to be done about a warning, by whom and until when.

In: the procedures as written.  Out: `model.Procedure`, the one that holds where none is written among them, and what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.resolve.ladders import deadline_gap
from rulelang.resolve.schema import LEVELS, Schema
from rulelang.resolve.suggest import hint

RESERVED = ("release", "decision", "closing")
"""What steps may not be called: the two that have keywords, and the deadline of a rung's action."""

_NOWHERE = syntax.Span("", 0, 0)
_DAY_US = syntax.UNIT_US["d"]


def _days(number: int) -> model.Gap:
    return model.Gap("duration", model.Constant(number * _DAY_US, model.Type(model.Kind.DURATION), _NOWHERE), 0, None, None)


def _default_step(
    name: str, role: str, days: int, level: str | None = None, others: tuple[str, ...] = (), refutes: bool = False
) -> model.ProcedureStep:
    return model.ProcedureStep(name, (role,), _days(days), level, others, refutes, _NOWHERE)


DEFAULT = model.Procedure(
    "default",
    (),
    _default_step("release", "supervisor", 1, "orange"),
    (
        _default_step("notification", "duty_officer", 1),
        _default_step("verification", "unit_head", 3, refutes=True),
        _default_step("review", "reviewer", 5, others=("verification",), refutes=True),
        _default_step("rectification", "unit_head", 30, "yellow"),
        _default_step("accountability", "discipline", 60, "orange", ("rectification",)),
    ),
    _default_step("decision", "reviewer", 5),
    _NOWHERE,
)
"""What holds for warnings that no procedure is written for. docs/language/procedures.md says the same."""


def resolve_procedures(schema: Schema) -> tuple[tuple[model.Procedure, ...], list[Diagnostic]]:
    """All procedures; where not every warning has one, the default is the last."""
    problems: list[Diagnostic] = []
    found = [procedure for w in schema.procedures.values() if (procedure := _procedure(w, schema, problems)) is not None]
    _check_one_each(schema, problems)
    if all(procedure.of for procedure in found):
        found.append(DEFAULT)
    _check_approvals(schema, problems)
    return tuple(found), problems


def procedure_of(name: str, procedures: tuple[model.Procedure, ...]) -> int:
    """The number of the procedure of a ladder's or rule's warnings."""
    named = next((number for number, procedure in enumerate(procedures) if name in procedure.of), None)
    return named if named is not None else next(number for number, procedure in enumerate(procedures) if not procedure.of)


def _procedure(written: syntax.Procedure, schema: Schema, problems: list[Diagnostic]) -> model.Procedure | None:
    before = len(problems)
    known = {**schema.ladders, **schema.rules}
    for name in written.of:
        if name.value not in known:
            problems.append(diagnostic("E461", name.span, name=name.value, hint=hint(name.value, known)))
    release = None if written.release is None else _step(written.release, {}, schema, problems)
    earlier: dict[str, model.ProcedureStep] = {}
    for step in written.steps:
        if step.name in RESERVED:
            problems.append(diagnostic("E464", step.name_span, name=step.name))
        elif step.name in earlier:
            there = Related("first declared here", earlier[step.name].span)
            problems.append(diagnostic("E250", step.name_span, related=(there,), what="the step", name=step.name))
        made = _step(step, earlier, schema, problems)
        earlier.setdefault(step.name, made)
    if not written.steps:
        problems.append(diagnostic("E466", written.name_span))
    refuting = [step for step in earlier.values() if step.refutes]
    if refuting and not refuting[-1].others:
        problems.append(diagnostic("E469", refuting[-1].span, name=refuting[-1].name))
    if len(problems) > before:
        return None
    steps = tuple(earlier.values())
    decider = refuting[-1] if refuting else steps[-1]
    decision = model.ProcedureStep("decision", decider.roles, None, None, (), False, decider.span)
    if written.decision is not None:
        decision = _step(written.decision, {}, schema, problems)
    if len(problems) > before:
        return None
    return model.Procedure(written.name, tuple(name.value for name in written.of), release, steps, decision, written.name_span)


def _step(
    written: syntax.ProcedureStep, earlier: Mapping[str, model.ProcedureStep], schema: Schema, problems: list[Diagnostic]
) -> model.ProcedureStep:
    if not written.roles:
        problems.append(diagnostic("E463", written.name_span, name=written.name))
    deadline = None
    if written.deadline is not None:
        deadline = deadline_gap(written.deadline, written.deadline_calendar, schema, problems)
    if written.level is not None and written.level.value not in LEVELS:
        problems.append(diagnostic("E420", written.level.span, name=written.level.value, hint=hint(written.level.value, LEVELS)))
    for other in written.others:
        if other.value not in earlier:
            problems.append(diagnostic("E465", other.span, name=other.value, step=written.name, hint=hint(other.value, earlier)))
    if written.name in ("release", "decision") and (written.refutes or (written.name == "decision" and written.level is not None)):
        problems.append(diagnostic("E468", written.span, name=written.name))
    return model.ProcedureStep(
        written.name,
        tuple(role.value for role in written.roles),
        deadline,
        None if written.level is None else written.level.value,
        tuple(other.value for other in written.others),
        written.refutes,
        written.name_span,
    )


def _check_one_each(schema: Schema, problems: list[Diagnostic]) -> None:
    """No ladder or rule has two procedures, and only one procedure is for all the others."""
    first: dict[str | None, syntax.Span] = {}
    for written in schema.procedures.values():
        places: list[tuple[str | None, syntax.Span]] = [(text.value, text.span) for text in written.of]
        for name, place in places or [(None, written.name_span)]:
            if name in first:
                what = "all other warnings" if name is None else f"the warnings of '{name}'"
                problems.append(diagnostic("E462", place, related=(Related("the first one", first[name]),), what=what))
            first.setdefault(name, place)


def _check_approvals(schema: Schema, problems: list[Diagnostic]) -> None:
    """Where a rule needs approval, its procedure says who releases its warnings."""
    general = next((written for written in schema.procedures.values() if not written.of), None)
    for rule in schema.rules.values():
        if not rule.approval:
            continue
        named = next((w for w in schema.procedures.values() if any(name.value == rule.name for name in w.of)), general)
        if named is not None and named.release is None:
            there = Related("its procedure", named.name_span)
            problems.append(diagnostic("E467", rule.name_span, related=(there,), rule=rule.name, procedure=named.name))
