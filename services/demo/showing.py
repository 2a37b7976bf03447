"""The demonstration on a terminal: news as they come, and the summary.

In: news, what was planted, what stands.  Out: lines.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from engine.warnings import procedure
from proto.rulelang.v1 import finding_pb2
from services.demo.news import News
from services.points import points_phrase
from services.replay.table import wrapped
from services.simulate.scene import Planted

LEVELS = procedure.LEVELS[::-1]
MARGIN = " " * 7
Styled = Callable[[str, str], str]
Key = str | tuple[str, ...] | None


def lines_of(news: News, clock: str, width: int, styled: Styled) -> Iterator[str]:
    """Each finding, the warnings that it led to below it; then warnings by themselves, then what was taken back. `clock`: as `14:20`."""
    margin = f"{clock:<{len(MARGIN)}}"
    for line in _lines_of(news, width - len(MARGIN), styled):
        yield margin + line
        margin = MARGIN


def _lines_of(news: News, width: int, styled: Styled) -> Iterator[str]:
    by_finding: dict[str, list[Any]] = {}
    for warning in news.warned:
        by_finding.setdefault(warning.finding, []).append(warning)
    for finding in news.found:
        points = f"  {points_phrase(finding.points)}" if finding.HasField("points") else ""
        yield from (styled(line, "bold") for line in wrapped(f"{finding.rule}  {_whom(finding)}{points}", width))
        yield from wrapped(finding.message, width)
        for warning in by_finding.pop(finding.id, []):
            yield from _warning(warning, width, styled)
    for warnings in by_finding.values():
        for warning in warnings:
            yield from _warning(warning, width, styled)
    reason = ""
    for thing in news.taken_back:
        what = f"finding {thing.rule}" if isinstance(thing, finding_pb2.Finding) else f"{thing.level} warning"
        why = f": {thing.reason}" if thing.reason != reason else ""
        reason = thing.reason
        yield from (styled(line, "grey") for line in wrapped(f"taken back: {what}, {_whom(thing)}{why}", width))


def _warning(warning: Any, width: int, styled: Styled) -> Iterator[str]:
    ladder = f" ({points_phrase(warning.points)} on {warning.ladder})" if warning.HasField("ladder") else ""
    action = f": {warning.action}" if warning.HasField("action") else ""
    mark = f"{warning.level:>6} "
    text = f"warning for {_whom(warning)}{ladder}{action}"
    for place, line in enumerate(wrapped(text, width - len(mark))):
        yield styled((mark if place == 0 else " " * len(mark)) + line, warning.level)


def _whom(thing: Any) -> str:
    """The key; of a finding also whom it counts for, where that is somebody else."""
    key = ", ".join(f"{entity} {name}" for entity, name in zip(thing.entity, thing.key, strict=True))
    others = [f"{entity} {name}" for entity, name in sorted(getattr(thing, "about", {}).items()) if name not in thing.key]
    return f"{key} ({', '.join(others)})" if others and key else key or ", ".join(others) or "nobody"


def summary(planted: Sequence[Planted], found: Counter[tuple[str, Key]], styled: Styled) -> Iterator[str]:
    """What was planted beside what was found."""
    wanted: Counter[tuple[str, Key]] = Counter((p.rule, p.key) for p in planted)
    practice_of = {p.rule: p.practice for p in planted}
    rules = sorted({rule for rule, _ in (*wanted, *found)}, key=lambda rule: (practice_of.get(rule, ""), rule))
    width = max(map(len, rules), default=0)
    if rules:
        yield styled(f"practice  {'rule':{width}}  planted  found", "bold")
    for rule in rules:
        right = {k: n for k, n in wanted.items() if k[0] == rule} == {k: n for k, n in found.items() if k[0] == rule}
        counts = [sum(n for (name, _), n in counter.items() if name == rule) for counter in (wanted, found)]
        row = f"{practice_of.get(rule, ''):8}  {rule:{width}}  {counts[0]:7}  {counts[1]:5}"
        yield row if right else styled(f"{row}  differs", "red")
    missed, unplanted = wanted - found, found - wanted
    if not missed and not unplanted:
        all_of_it = (
            f"All {wanted.total()} that were planted were found, and nothing else."
            if wanted
            else "Nothing was planted, and nothing was found."
        )
        yield styled(all_of_it, "green")
    for word, counter in (("planted, not found", missed), ("found, not planted", unplanted)):
        for (rule, key), count in counter.items():
            yield styled(f"{word}: {rule} {key}" + (f", {count} times" if count > 1 else ""), "red")


def levels_line(levels: Iterable[str]) -> str:
    """How many there are of each level, the gravest first."""
    counts = Counter(levels)
    return ", ".join(f"{counts[level]} {level}" for level in LEVELS if counts[level]) or "none"


def paragraph(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
