"""What was found beside what is true: recall, precision and delay, by entity.

In: the ground truth, what stands at the end, and when each finding was issued first.  Out: a `Score` for each rule, each practice, and all.

A finding is of a row of the truth where it is of its rule and key, and rests on one of its events or lies between its beginning and the
moment at which it could be known. An entity counts once for each rule, however often it was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from engine.texts import time_us
from services.simulate.truth import Key, Row, key_of

Json = dict[str, Any]
SHOWN_MAX = 10
"""So many missed and unexplained ones are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of one rule, or of several together (`rule` is empty). Counts are of entities.

    `planted`: those at which there was something to find; `found`: of them, at which it was found; `alike`: honest ones that were found, whose
    behaviour looks the same and stands in the truth; `unexplained`: all others that were found. `delays_s`: from when it could be known to when
    it was issued, of those found, ascending.
    """

    practice: str
    rule: str
    planted: int
    found: int
    alike: int
    unexplained: int
    delays_s: tuple[float, ...]

    @property
    def recall(self) -> float | None:
        """None where nothing was planted."""
        return self.found / self.planted if self.planted else None

    @property
    def precision(self) -> float | None:
        """None where nothing was found."""
        total = self.found + self.alike + self.unexplained
        return self.found / total if total else None

    @property
    def median_delay_s(self) -> float | None:
        return self.delays_s[len(self.delays_s) // 2] if self.delays_s else None

    @property
    def longest_delay_s(self) -> float | None:
        return self.delays_s[-1] if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`missed` and `unexplained`: (rule, key) of all of them."""

    rules: tuple[Score, ...]
    practices: tuple[Score, ...]
    total: Score
    missed: tuple[tuple[str, Key], ...]
    unexplained: tuple[tuple[str, Key], ...]
    reasons: Mapping[tuple[str, str], int]
    """How many entities of a rule were found for each kind of honest behaviour."""
    spared: Mapping[tuple[str, str], int]
    """How many entities of a rule were left alone, as they should be, for each kind of honest behaviour that only comes close."""
    drawn: Mapping[str, int]
    """How many entities were drawn by lot, by rule: such findings say nothing of anybody, and are not judged."""


def judge(
    rules: Sequence[str], truth: Iterable[Row], standing: Iterable[Json], issued_us: Mapping[str, int], drawing: Set[str] = frozenset()
) -> Judgement:
    """`rules`: of the rule set; what is planted for others counts as missed. `issued_us`: by id of the finding. `drawing`: rules that draw by lot."""
    rows: dict[tuple[str, Key], list[Row]] = defaultdict(list)
    found: dict[tuple[str, Key], list[Json]] = defaultdict(list)
    practice_of: dict[str, str] = {}
    for row in truth:
        rows[row.rule, row.key].append(row)
        if not row.honest:
            practice_of.setdefault(row.rule, row.practice)
    drawn: dict[str, set[Key]] = defaultdict(set)
    for finding in standing:
        if finding["kind"] == "finding" and finding["rule"] in drawing:
            drawn[finding["rule"]].add(key_of(finding["key"]))
        elif finding["kind"] == "finding":
            found[finding["rule"], key_of(finding["key"])].append(finding)
    counts: dict[str, list[int]] = {name: [0, 0, 0, 0] for name in sorted({*rules, *practice_of} - drawing)}
    delays: dict[str, list[float]] = defaultdict(list)
    missed, unexplained = [], []
    reasons, spared = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], int](int)
    for name in sorted({*rows, *found}):
        rule, _ = name
        bad = [row for row in rows[name] if not row.honest]
        if bad:
            counts[rule][0] += 1
            first = _first_match(bad, found[name])
            if first is not None:
                counts[rule][1] += 1
                finding, row = first
                delays[rule].append((issued_us[finding["id"]] - row.known_us) / 1e6)
                continue
            missed.append(name)
        if found[name]:
            honest = _first_match([row for row in rows[name] if row.honest and not row.spared], found[name])
            if honest is not None:
                counts[rule][2] += 1
                reasons[rule, honest[1].honest] += 1
            else:
                counts[rule][3] += 1
                unexplained.append(name)
        for harmless in {row.honest for row in rows[name] if row.spared and not found[name]}:
            spared[rule, harmless] += 1
    scores = tuple(
        sorted(
            (Score(practice_of.get(rule, ""), rule, n[0], n[1], n[2], n[3], tuple(sorted(delays[rule]))) for rule, n in counts.items()),
            key=lambda score: (score.practice, score.rule),
        )
    )
    drawn_by = {rule: len(keys) for rule, keys in sorted(drawn.items())}
    practices = tuple(_together(p, [s for s in scores if s.practice == p]) for p in sorted({s.practice for s in scores} - {""}))
    return Judgement(scores, practices, _together("", scores), tuple(missed), tuple(unexplained), dict(reasons), dict(spared), drawn_by)


def _first_match(rows: Sequence[Row], findings: Sequence[Json]) -> tuple[Json, Row] | None:
    """The earliest finding that is of one of the rows, with that row."""
    for finding in findings:
        moment = time_us(finding["time"])
        rests_on = {(source, name) for source, name in finding["events"]}
        for row in rows:
            if not rests_on.isdisjoint(row.events) or row.began_us <= moment <= row.known_us:
                return finding, row
    return None


def _together(practice: str, scores: Sequence[Score]) -> Score:
    def total(name: str) -> int:
        return sum(getattr(score, name) for score in scores)

    delays = tuple(sorted(delay for score in scores for delay in score.delays_s))
    return Score(practice, "", total("planted"), total("found"), total("alike"), total("unexplained"), delays)
