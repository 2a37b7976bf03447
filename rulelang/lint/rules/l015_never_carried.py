"""L015: a field that no event looked at can carry."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        anchors = {anchor.event for anchor in rule.anchors.events}
        if rule.anchors.kind == "ends" or not anchors:
            continue
        for part in walk((rule.condition, rule.points, rule.message, rule.excepts)):
            if isinstance(part, model.FieldValue) and part.of == "this" and not anchors & set(part.events):
                events = " or ".join(f"'{name}'" for name in part.events)
                looked_at = ", ".join(sorted(anchors))
                message = f"'{part.name}' is a field of {events}, and the rule looks at {looked_at} only: it is always missing"
                yield Found(part.span, message, "name an event type that carries it after 'on', or take the field of another")


RULE = LintRule(
    code="L015",
    name="never carried",
    severity="warning",
    reason="A field of an event that the rule never looks at is always missing: what depends on it is never known.",
    bad="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
event duty "The longest shift of an officer is set"
    officer: officer
    longest: number
rule shift_longer_than_set
    when count(shift where shift.hours > this.longest) > 0 within officer over 30d
test "a long shift"
    duty at 2026-03-01T08:00 officer=P1 longest=12
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect no shift_longer_than_set
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
event duty "The longest shift of an officer is set"
    officer: officer
    longest: number
rule shift_longer_than_set
    on shift
    when shift.hours > duty.longest within officer over 30d
test "a long shift"
    duty at 2026-03-01T08:00 officer=P1 longest=12
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect shift_longer_than_set for officer P1
""",
    find=find,
)
