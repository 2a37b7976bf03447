"""Why a rule did, did not, or could not decide, in lines for people.

In: what the engine says of each anchor, and the text of the rule files.  Out: lines: the anchor, what came of it, and each operand with
its value and the line it stands on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.texts import day_text, duration_text, local_time_text, number
from rulelang import model
from rulelang.lint.walk import walk
from rulelang.render.places import Places
from rulelang.syntax import Span
from rulelang.timezones import Zone

Json = dict[str, Any]
Place = tuple[str, int, int]
EVENTS_SHOWN = 10
CONDITIONS = (model.Not, model.Logic, model.Compare, model.In, model.Between, model.TextTest, model.CalendarTest, model.PatternTest)
TRUTHS = {True: "holds", False: "does not hold", None: "cannot be decided"}


@dataclass(frozen=True, slots=True)
class Explaining:
    """What the lines are made with."""

    rule: model.Rule
    places: Places
    sources: Mapping[str, str]
    zone: Zone
    findings: Mapping[str, Json]
    """Those of the rule that stand, by id."""

    def lines(self, anchor: Json) -> Iterator[str]:
        """One anchor."""
        yield f"{self._time(anchor['time'])}  {self._where(anchor)}: {self._came(anchor)}"
        if anchor["state"] == "pending":
            return
        yield from self._operands(anchor)
        if anchor["finding"] in self.findings and anchor["state"] == "opens":
            yield from _finding(self.findings[anchor["finding"]])

    def _operands(self, anchor: Json) -> Iterator[str]:
        """The condition and its parts, each with its value and its place."""
        values = {place: (kind, value) for place, kind, value in anchor["parts"]}
        shown = [(depth, part, *values[place]) for depth, part, place in self._parts() if place in values]
        texts = [f"{'  ' * depth}{_squeezed(self._text(part.span))}" for depth, part, _, _ in shown]
        width = min(max((len(text) for text in texts), default=0), 60)
        for text, (_, part, kind, value) in zip(texts, shown, strict=True):
            at = self.places.place(part.span)
            yield f"    {text:{width}} = {self._value(part, kind, value)}   {at.path}:{at.line}"

    def _parts(self) -> Iterator[tuple[int, model.Expression, Place]]:
        """The parts of the condition, wholes before parts, constants left out, each place once."""
        seen: set[Place] = set()
        yield from _outline(self.rule.condition, 0, seen)

    def _where(self, anchor: Json) -> str:
        event = anchor["event"]
        key = ", ".join(f"{scope.entity} {text}" for scope, text in zip(self._entities(), anchor["key"], strict=False))
        what = (
            f"the end of the {self.rule.anchors.period}"
            if event is None
            else f"{event[2]} {event[1]}" + (f" from {event[0]}" if event[0] else "")
        )
        return f"{key}, {what}" if key else what

    def _entities(self) -> Sequence[model.ScopeKey]:
        return self.rule.scopes[0].keys if self.rule.scopes else [model.ScopeKey(about.entity, None) for about in self.rule.about[:1]]

    def _came(self, anchor: Json) -> str:
        truth = TRUTHS[anchor["truth"]]
        match anchor["state"]:
            case "pending":
                return "is looked at when the clock gets there (--until)"
            case "forgotten":
                return f"found: {anchor['finding']}; what it was found from is no longer kept"
            case "opens":
                return f"{truth}: finding {anchor['finding']}"
            case "joins" if anchor["truth"]:
                return f"{truth}; belongs to the finding before, {anchor['finding']}"
            case "not drawn":
                return f"{truth}, but the spot check did not draw it"
            case "except":
                return f"{truth}, but there is an exception: {anchor['because']}"
            case "left out":
                return f"{truth}, but an exception, the rule's days or the spot check left it out"
            case "dates":
                return f"{truth}, but the rule is not in force on this day"
        return truth

    def _text(self, span: Span) -> str:
        return self.sources[span.file][span.start : span.end]

    def _time(self, utc_us: int) -> str:
        return local_time_text(self.zone.local_us(utc_us))

    def _value(self, part: model.Expression, kind: str, value: Any) -> str:
        if value is None:
            return TRUTHS[None] if isinstance(part, CONDITIONS) else "missing"
        match kind:
            case "boolean":
                return "true" if value else "false"
            case "time":
                return self._time(value)
            case "date":
                return day_text(value)
            case "duration":
                return duration_text(value)
            case "number":
                return str(number(value))
            case "text" | "key":
                return f'"{value}"'
        return str(value)


def _finding(finding: Json) -> Iterator[str]:
    """What the finding says, and the events that it rests on."""
    if finding["message"]:
        yield f"    says: {finding['message']}"
    names = [f"{name} from {source}" if source else name for source, name in finding["events"]]
    more = f", and {len(names) - EVENTS_SHOWN} more" if len(names) > EVENTS_SHOWN else ""
    yield f"    rests on: {', '.join(names[:EVENTS_SHOWN])}{more}"


def _outline(part: model.Expression, depth: int, seen: set[Place]) -> Iterator[tuple[int, model.Expression, Place]]:
    place = (part.span.file, part.span.start, part.span.end)
    inner = depth
    if place not in seen and not isinstance(part, model.Constant):
        seen.add(place)
        inner += 1
        yield depth, part, place
    if isinstance(part, model.Aggregate | model.PatternTest):
        return  # what is inside is asked of many events
    for child in _children(part):
        yield from _outline(child, inner, seen)


def _children(part: model.Expression) -> list[model.Expression]:
    """The expressions directly inside."""
    found: list[model.Expression] = []
    inside: set[int] = set()
    for node in walk(part):
        if node is part or id(node) in inside:
            continue
        found.append(node)
        inside.update(id(n) for n in walk(node))
    return found


def _squeezed(text: str) -> str:
    """On one line, the middle cut out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:35]} … {line[-22:]}"
