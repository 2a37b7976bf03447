"""L016: local days and hours without a time zone."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model, syntax
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk

_LOCAL = frozenset({"hour", "minute", "weekday", "date", "day", "month", "year"})


def find(subject: Subject) -> Iterable[Found]:
    if any(isinstance(d, syntax.Timezone) for file in subject.files for d in file.declarations):
        return
    for rule in subject.rules:
        local = [
            part.span
            for part in walk(rule)
            if isinstance(part, model.CalendarTest) or (isinstance(part, model.Call) and part.function in _LOCAL)
        ]
        local += [scope.span for scope in rule.scopes if scope.window.kind in ("period", "open")]
        gap = rule.anchors.gap
        if rule.anchors.kind == "ends" or (gap is not None and gap.kind != "duration") or rule.repeat.kind == "period":
            local.append(rule.span)
        if local:
            message = f"days and hours are read in UTC: the rule set says no time zone ({rule.name})"
            yield Found(local[0], message, 'write in one of the files, as in: timezone "Asia/Shanghai"')


RULE = LintRule(
    code="L016",
    name="no time zone",
    severity="warning",
    reason="Without a time zone, midnight is midnight in Greenwich, eight in the morning in Beijing.",
    bad="""
entity officer
event door "A door is opened"
    officer: officer
rule at_night
    on door
    when hour(time) < 6
    about door.officer
test "at night"
    door at 2026-03-02T03:00 officer=P1
    expect at_night about officer P1
""",
    good="""
timezone "Asia/Shanghai"
entity officer
event door "A door is opened"
    officer: officer
rule at_night
    on door
    when hour(time) < 6
    about door.officer
test "at night"
    door at 2026-03-02T03:00 officer=P1
    expect at_night about officer P1
""",
    find=find,
)
