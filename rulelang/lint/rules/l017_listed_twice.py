"""L017: one value twice in a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rulelang import model
from rulelang.diagnostics import Related
from rulelang.lint.framework import Edit, Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for part in walk(rule):
            if isinstance(part, model.In):
                yield from _twice(part, subject)


def _twice(test: model.In, subject: Subject) -> Iterable[Found]:
    first: dict[object, model.Constant] = {}
    for number, item in enumerate(test.items):
        if isinstance(item, model.Constant):
            before = first.setdefault(item.value, item)
            if before is not item:
                same = subject.text(item.span) == subject.text(before.span)
                how = "is listed already" if same else f"is the same key as {subject.text(before.span)}, which is listed already"
                there = Related("first listed here", before.span)
                comma = replace(item.span, start=test.items[number - 1].span.end)
                remedy = "leave it out, or look for the value that was meant"
                yield Found(item.span, f"{subject.text(item.span)} {how}", remedy, (there,), fix=(Edit(comma, ""),))


RULE = LintRule(
    code="L017",
    name="listed twice",
    severity="warning",
    reason="A value that stands twice in a list is mostly one that should have been another.",
    bad="""
entity officer
event door "A door is opened"
    officer: officer
    grade: text
rule opened_by_auxiliary
    when grade in ("auxiliary", "contract", "auxiliary")
    about door.officer
test "an auxiliary opens the door"
    door at 2026-03-02T10:00 officer=P1 grade="auxiliary"
    expect opened_by_auxiliary about officer P1
""",
    good="""
entity officer
event door "A door is opened"
    officer: officer
    grade: text
rule opened_by_auxiliary
    when grade in ("auxiliary", "contract", "辅警")
    about door.officer
test "an auxiliary opens the door"
    door at 2026-03-02T10:00 officer=P1 grade="auxiliary"
    expect opened_by_auxiliary about officer P1
""",
    find=find,
)
