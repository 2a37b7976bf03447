"""L010: a comparison with a rule, category, ladder, level or step that there is none of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk
from rulelang.resolve.procedures import RESERVED
from rulelang.resolve.schema import ACTS
from rulelang.resolve.suggest import hint

_DERIVED = {"finding", "warning", *ACTS}


def find(subject: Subject) -> Iterable[Found]:
    ruleset = subject.ruleset
    levels = {rule.level for rule in ruleset.rules if rule.level} | {rung.level for ladder in ruleset.ladders for rung in ladder.rungs}
    categories = {rule.category for rule in ruleset.rules if rule.category}
    known = {
        "rule": {r.name for r in ruleset.rules},
        "ladder": {ladder.name for ladder in ruleset.ladders},
        "level": levels,
        "category": categories,
        "step": {*RESERVED, *(step.name for procedure in ruleset.procedures for step in procedure.steps)},
    }
    for rule in subject.rules:
        for part in walk(rule):
            for field, constant in _compared(part):
                names = known[field]
                if constant.value not in names:
                    message = f"there is no {field} '{constant.value}'{hint(str(constant.value), names)}"
                    yield Found(constant.span, message, "look for a name that was changed or is misspelt")
    for ladder in ruleset.ladders:
        for prefix in ladder.categories:
            if not any(category.startswith(prefix) for category in categories):
                message = f"no rule has a category that begins with '{prefix}'{hint(prefix, categories)}"
                yield Found(ladder.span, message, "look for a category that was changed or is misspelt")


def _compared(part: model.Expression) -> Iterator[tuple[str, model.Constant]]:
    """Constants that a text field of findings or warnings is compared with, with the field's name."""
    match part:
        case model.Compare(op="==" | "!=", left=operand, right=model.Constant() as constant):
            constants = [constant]
        case model.Compare(op="==" | "!=", left=model.Constant() as constant, right=operand):
            constants = [constant]
        case model.In(operand=operand, items=items):
            constants = [item for item in items if isinstance(item, model.Constant)]
        case _:
            return
    field = _derived_field(operand)
    if field is not None:
        yield from ((field, constant) for constant in constants if isinstance(constant.value, str))


def _derived_field(operand: model.Expression) -> str | None:
    match operand:
        case model.FieldValue(name="rule" | "ladder" | "level" | "category" | "step" as name, events=events) if set(events) <= _DERIVED:
            return name
        case model.Aggregate(kind="latest" | "first", taken=taken):
            names = {_derived_field(t.value) for t in taken if t.value is not None}
            return names.pop() if len(names) == 1 else None
    return None


RULE = LintRule(
    code="L010",
    name="names no rule",
    severity="warning",
    reason="Rules over findings name other rules in text. When a rule gets another name, such a comparison goes on checking, and never holds again.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
rule many_long_shifts
    when count(finding where finding.rule == "long_shifts") >= 3 within officer over 30d
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1
    expect no many_long_shifts
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
rule long_shift
    when hours > 12
    about shift.officer
rule many_long_shifts
    when count(finding where finding.rule == "long_shift") >= 3 within officer over 30d
test "three long shifts"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    shift at +1d officer=P1 hours=13
    expect long_shift about officer P1
    expect no many_long_shifts
    shift at +1d officer=P1 hours=13
    expect many_long_shifts for officer P1
""",
    find=find,
)
