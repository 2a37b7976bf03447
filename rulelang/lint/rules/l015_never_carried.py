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
event absence "Somebody does not come"
    officer: officer
    reason: text
rule long_shift
    on shift
    when shift.hours > 12
    except absence.reason == "storm" until 2026-12-31 because "the typhoon"
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    absence at +1d officer=P1 reason="storm"
    expect long_shift about officer P1
""",
    good="""
entity officer
event shift "A shift ends"
    officer: officer
    hours: number
    reason: text
rule long_shift
    on shift
    when shift.hours > 12
    except shift.reason == "storm" until 2026-12-31 because "the typhoon"
    about shift.officer
test "a long shift"
    shift at 2026-03-02T10:00 officer=P1 hours=13
    expect long_shift about officer P1
""",
    find=find,
)
