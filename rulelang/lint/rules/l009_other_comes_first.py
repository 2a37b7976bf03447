"""L009: `A not followed by B` where B may well come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    before = set(_seen_before(subject))
    for rule in subject.rules:
        cared_for = {(p.left.event, p.right.event) for p in _patterns(rule) if p.kind == "not preceded by"}
        for pattern in _patterns(rule):
            pair = (pattern.left.event, pattern.right.event)
            if pattern.kind == "not followed by" and pair in before and pair not in cared_for and pair[0] != pair[1]:
                a, b = pair
                yield Found(
                    pattern.span,
                    f"elsewhere '{b}' comes before '{a}'; such a '{b}' is not counted here, and '{a}' will be found",
                    f"if it counts too, look at both: on {a} after …, when count({b}) == 0",
                )


def _patterns(rule: model.Rule) -> Iterator[model.PatternTest]:
    return (part for part in walk(rule.condition) if isinstance(part, model.PatternTest))


def _seen_before(subject: Subject) -> Iterator[tuple[str, str]]:
    """Pairs (A, B) of which B came before A, and none after it, for one key: in a pattern of a rule, or in a test that finds nothing."""
    for rule in subject.rules:
        for pattern in _patterns(rule):
            if pattern.kind == "followed by":
                yield pattern.right.event, pattern.left.event
            elif pattern.kind == "preceded by":
                yield pattern.left.event, pattern.right.event
    for test in subject.ruleset.tests:
        steps = [step.event for step in test.steps if isinstance(step, model.EventStep)]
        steps.sort(key=lambda event: int(str(event["time"])))
        if not any(isinstance(step, model.ExpectNone) and not step.other for step in test.steps):
            continue
        for index, event in enumerate(steps):
            later = {str(e["type"]) for e in steps[index:]}
            yield from (
                (str(event["type"]), str(e["type"])) for e in steps[:index] if e["type"] not in later and _share_key(e, event, subject)
            )


def _share_key(one: dict[str, object], other: dict[str, object], subject: Subject) -> bool:
    """Whether two events of a test carry a key in common."""
    first, second = ({(f.type.entity, e.get(f.name)) for f in subject.events[str(e["type"])].fields if f.type.entity} for e in (one, other))
    return any(key is not None for _, key in first & second)


RULE = LintRule(
    code="L009",
    name="the other may come first",
    severity="warning",
    reason="`A not followed by B` counts only a B that comes after A. Where the two come in either order, each A after its B is found though nothing is wrong.",
    bad="""
entity case
event penalty "A penalty is imposed"
    case: case
event video "The video of a case is stored"
    case: case
rule penalty_without_video
    when penalty not followed by video within case over 24h
rule video_kept_back
    when video followed by penalty within case over 1h
    points 1
test "no video"
    penalty at 2026-03-02T10:00 case=C1
    clock +2d
    expect penalty_without_video for case C1
test "the video first"
    video at 2026-03-02T10:00 case=C1
    penalty at +1m case=C1
    expect video_kept_back for case C1
""",
    good="""
entity case
event penalty "A penalty is imposed"
    case: case
event video "The video of a case is stored"
    case: case
rule penalty_without_video
    on penalty after 24h
    when count(video) == 0 within case over 2d
test "no video"
    penalty at 2026-03-02T10:00 case=C1
    clock +2d
    expect penalty_without_video for case C1
""",
    find=find,
)
