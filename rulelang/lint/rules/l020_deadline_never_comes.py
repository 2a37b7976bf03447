"""L020: a deadline that lies beyond what is kept."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lengths import length_text
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.resolve.entities import DEFAULT_RETAIN_US
from rulelang.syntax import UNIT_US, Span


def find(subject: Subject) -> Iterable[Found]:
    retained = {entity.name: entity.retain_us for entity in subject.ruleset.entities}
    for rule in subject.rules:
        gap = rule.anchors.gap
        if gap is None or (length_us := _least_us(gap)) is None:
            continue
        keys = rule.scopes[0].keys if rule.scopes else ()
        kept_us = min((retained[key.entity] for key in keys), default=DEFAULT_RETAIN_US)
        if length_us > kept_us:
            of = f" of '{min(keys, key=lambda k: retained[k.entity]).entity}'" if keys else ""
            message = f"this deadline never comes: it is {length_text(length_us)} away, and only {length_text(kept_us)}{of} are kept"
            yield Found(_place(gap, rule), message, "keep more (entity … retain …), or look for a number that is wrong")


def _least_us(gap: model.Gap) -> int | None:
    """The least that the gap can be; None: it is computed from the event."""
    if gap.kind == "open_days":
        return gap.days * UNIT_US["d"]
    amount = gap.amount
    return amount.value if isinstance(amount, model.Constant) and isinstance(amount.value, int) else None


def _place(gap: model.Gap, rule: model.Rule) -> Span:
    return gap.amount.span if gap.amount is not None else rule.span


RULE = LintRule(
    code="L020",
    name="deadline never comes",
    severity="error",
    reason="An event is kept as long as its entity says. Where its deadline lies beyond that, it is forgotten before, and the rule never looks.",
    bad="""
entity case retain 90d
event measure "A measure is taken"
    case: case
event ruling "The decision that ends it"
    case: case
rule no_ruling
    on measure after 120d
    when count(ruling) == 0 within case
test "no ruling"
    measure at 2026-03-02T10:00 case=C1
    clock +130d
    expect no no_ruling
""",
    good="""
entity case retain 120d
event measure "A measure is taken"
    case: case
event ruling "The decision that ends it"
    case: case
rule no_ruling
    on measure after 120d
    when count(ruling) == 0 within case
test "no ruling"
    measure at 2026-03-02T10:00 case=C1
    clock +130d
    expect no_ruling for case C1
""",
    find=find,
)
