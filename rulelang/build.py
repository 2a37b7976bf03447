"""What each rule of the grammar makes: the nodes of the syntax tree, one method a rule.

In: from the parser, as it reads, the parts of a rule: its tokens, and what the rules within it made.  Out: nodes of `rulelang.syntax`,
their spans shifted by the offset of the piece that is parsed; and what is wrong with literals.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from lark import Token

from rulelang import keywords, syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.syntax import Span
from rulelang.unexpected import not_a_name

INTEGER_MAX = 2**63 - 1
INTEGER_DIGITS = 19
OFFSET_MAX_MINUTES = 14 * 60
"""No clock on Earth is further from UTC."""
SHOWN_MAX = 40
"""Characters of a wrong literal that its message repeats."""


_MEASURED = ("number", "integer")
_ESCAPE = re.compile(r'\\(["\\])')


def unquote(text: str) -> str:
    """What stands between the quotes; a backslash before a quote or a backslash makes that one plain."""
    return _ESCAPE.sub(r"\1", text[1:-1])


class Build:
    """What the parser calls. One at work reads one piece of text at a time (see `begin`)."""

    def __init__(self) -> None:
        self.begin("", 0)

    def begin(self, file: str, offset: int) -> None:
        """Get ready for a piece of a file: `offset` is added to every place."""
        self._file = file
        self._offset = offset
        self.errors: list[Diagnostic] = []
        self._groups: dict[int, tuple[Any, Span]] = {}  # by identity of the node, which is kept here so that it stays the only one

    def _wrong(self, code: str, span: Span, **words: Any) -> None:
        """Something that the grammar lets through and that means nothing: the 31st of February. What is made of it is not kept."""
        self.errors.append(diagnostic(code, span, **words))

    # ------------------------------------------------------------------ places and small things

    def _span(self, parts: list[Any]) -> Span:
        first, last = parts[0], parts[-1]
        start = (first.start_pos or 0) + self._offset if isinstance(first, Token) else self._whole(first).start
        end = (last.end_pos or 0) + self._offset if isinstance(last, Token) else self._whole(last).end
        return Span(self._file, start, end)

    def _whole(self, node: Any) -> Span:
        """The place of a node with the parentheses around it."""
        grouped = self._groups.get(id(node))
        span: Span = node.span if grouped is None else grouped[1]
        return span

    def _at(self, token: Any) -> Span:
        return Span(self._file, token.start_pos + self._offset, token.end_pos + self._offset)

    def _text(self, token: Token) -> syntax.Text:
        return syntax.Text(unquote(token), self._at(token))

    def _date(self, token: Token) -> date:
        try:
            return date.fromisoformat(token)
        except ValueError:
            self._wrong("E109", self._at(token), what="day", text=str(token), remedy="write a day of the calendar, as 2026-02-28")
            return date.min

    def _name(self, token: Any) -> str:
        """The name in NFC. The grammar lets through whatever may stand in a word of some script."""
        name = _normal(token)
        if not name.isidentifier():
            self.errors.append(not_a_name(str(token), self._at(token)))
        return name

    def _type_name(self, token: Token) -> str:
        name = self._name(token)
        return keywords.ENGLISH_TYPE.get(name, name)

    def _level(self, token: Token) -> str:
        name = self._name(token)
        return keywords.ENGLISH_LEVEL.get(name, name)

    @staticmethod
    def _tokens(parts: list[Any], kind: str) -> list[Token]:
        return [part for part in parts if isinstance(part, Token) and part.type == kind]

    @staticmethod
    def _of(parts: list[Any], kind: type) -> Any:
        return next((part for part in parts if isinstance(part, kind)), None)

    def start(self, parts: list[Any]) -> list[Any]:
        return parts

    calendar_lines = fields = rows = clauses = ladder_items = procedure_items = steps = start

    # ------------------------------------------------------------------ declarations

    def timezone(self, parts: list[Any]) -> syntax.Timezone:
        return syntax.Timezone(unquote(parts[1]), self._span(parts))

    def calendar(self, parts: list[Any]) -> syntax.Calendar:
        lines = [line for part in parts[2:] for line in part]
        opens = tuple(line for line in lines if isinstance(line, syntax.OpenLine))
        dated = tuple(line for line in lines if isinstance(line, syntax.DatedLine))
        span = Span(self._file, self._at(parts[0]).start, lines[-1].span.end if lines else self._at(parts[1]).end)
        return syntax.Calendar(self._name(parts[1]), opens, dated, span, self._at(parts[1]))

    def open_line(self, parts: list[Any]) -> list[syntax.OpenLine]:
        return [syntax.OpenLine(parts[1][0], parts[2][0], Span(self._file, self._at(parts[0]).start, parts[2][1]))]

    def closed_line(self, parts: list[Any]) -> list[syntax.DatedLine]:
        return self._dated("closed", parts)

    def working_line(self, parts: list[Any]) -> list[syntax.DatedLine]:
        return self._dated("working", parts)

    def _dated(self, kind: str, parts: list[Any]) -> list[syntax.DatedLine]:
        dates, end = parts[1]
        hours, end = parts[2] if len(parts) > 2 else ((), end)
        span = Span(self._file, self._at(parts[0]).start, end)
        return [syntax.DatedLine(kind, first, last, hours, None, span) for first, last in dates]

    def dates_from(self, parts: list[Any]) -> list[syntax.DatedLine]:
        kind = "closed" if parts[0].type == "CLOSED" else "working"
        return [syntax.DatedLine(kind, None, None, (), unquote(parts[2]), self._span(parts))]

    def weekdays(self, parts: list[Any]) -> tuple[tuple[int, ...], int]:
        days = [day for part in parts if not isinstance(part, Token) for day in part[0]]
        return tuple(dict.fromkeys(days)), parts[-1][1]

    def weekday_range(self, parts: list[Any]) -> tuple[list[int], int]:
        order = list(keywords.WEEKDAYS)
        first, last = (order.index(keywords.ENGLISH_WEEKDAY.get(part, part)) for part in (parts[0], parts[-1]))
        # `sat..mon` passes the end of the week.
        return [(first + i) % 7 + 1 for i in range((last - first) % 7 + 1)], self._at(parts[-1]).end

    def hours_list(self, parts: list[Any]) -> tuple[tuple[syntax.Hours, ...], int]:
        return tuple(part[0] for part in parts if not isinstance(part, Token)), parts[-1][1]

    def hours(self, parts: list[Any]) -> tuple[syntax.Hours, int]:
        return syntax.Hours(self._minute(parts[0]), self._minute(parts[2])), self._at(parts[2]).end

    def _minute(self, token: Token) -> int:
        hour, minute = int(token[:2]), int(token[3:])
        if minute > 59 or hour * 60 + minute > 24 * 60:
            self._wrong("E109", self._at(token), what="time of day", text=str(token), remedy="write hours from 00:00 to 24:00")
        return hour * 60 + minute

    def dates(self, parts: list[Any]) -> tuple[list[tuple[date, date]], int]:
        return [part[0] for part in parts if not isinstance(part, Token)], parts[-1][1]

    def date_range(self, parts: list[Any]) -> tuple[tuple[date, date], int]:
        return (self._date(parts[0]), self._date(parts[-1])), self._at(parts[-1]).end

    def entity(self, parts: list[Any]) -> syntax.Entity:
        options: dict[str, tuple[Any, ...]] = dict(part for part in parts if isinstance(part, tuple))
        end = max([self._at(parts[1]).end, *(option[-1] for option in options.values())])
        parent, sources, _ = options.get("parent", (None, (), 0))
        retain = options["retain"][0] if "retain" in options else None
        span = Span(self._file, self._at(parts[0]).start, end)
        return syntax.Entity(self._name(parts[1]), parent, sources, retain, "lookalike" in options, span, self._at(parts[1]))

    def parent(self, parts: list[Any]) -> tuple[str, tuple[Any, ...]]:
        names = [self._name(token) for token in self._tokens(parts, "NAME")]
        return "parent", (names[0], tuple(names[1:]), self._at(parts[-1]).end)

    def retain(self, parts: list[Any]) -> tuple[str, tuple[Any, ...]]:
        return "retain", (parts[1], self._whole(parts[1]).end)

    def lookalike(self, parts: list[Any]) -> tuple[str, tuple[Any, ...]]:
        return "lookalike", (self._at(parts[0]).end,)

    def event(self, parts: list[Any]) -> syntax.Event:
        title = self._tokens(parts, "STRING")
        fields = tuple(part for part in parts if isinstance(part, syntax.FieldDeclaration))
        return syntax.Event(self._name(parts[1]), unquote(title[0]) if title else None, fields, self._span(parts), self._at(parts[1]))

    def field(self, parts: list[Any]) -> syntax.FieldDeclaration:
        title = self._tokens(parts, "STRING")
        type_ = self._type([part for part in parts[2:] if part.type != "STRING"])
        return syntax.FieldDeclaration(
            self._name(parts[0]), type_, unquote(title[0]) if title else None, self._span(parts), self._at(parts[0])
        )

    def list_field(self, parts: list[Any]) -> syntax.FieldDeclaration:
        title = self._tokens(parts, "STRING")
        type_ = syntax.TypeName(self._type_name(parts[3]), None, True, self._span(parts[2:5]))
        return syntax.FieldDeclaration(
            self._name(parts[0]), type_, unquote(title[0]) if title else None, self._span(parts), self._at(parts[0])
        )

    def type(self, parts: list[Any]) -> syntax.TypeName:
        return self._type(parts)

    def _type(self, parts: list[Any]) -> syntax.TypeName:
        return syntax.TypeName(self._type_name(parts[0]), unquote(parts[1]) if len(parts) > 1 else None, False, self._span(parts))

    def result(self, parts: list[Any]) -> list[Token]:
        return parts

    def table(self, parts: list[Any]) -> syntax.Table:
        parameters = tuple(part for part in parts if isinstance(part, syntax.FieldDeclaration))
        rows = tuple(part for part in parts if isinstance(part, syntax.TableRow))
        file = self._of(parts, syntax.Text)
        name, *unit = self._of(parts, list)
        if unit and not parameters and file is None and self._type_name(name) not in _MEASURED:
            # `table greeting(): text "good day"`: only numbers have units, so the text is the table's row.
            value = self.text(unit)
            rows = (syntax.TableRow((), value, None, None, value.span), *rows)
            unit = []
        type_ = self._type([name, *unit])
        span, name_span = self._span([parts[0], rows[-1] if rows else parts[-1] if file else [name, *unit][-1]]), self._at(parts[1])
        return syntax.Table(self._name(parts[1]), parameters, type_, file.value if file else None, rows, span, name_span)

    def parameter(self, parts: list[Any]) -> syntax.FieldDeclaration:
        return syntax.FieldDeclaration(self._name(parts[0]), parts[2], None, self._span(parts), self._at(parts[0]))

    def table_from(self, parts: list[Any]) -> syntax.Text:
        return self._text(parts[1])

    def row(self, parts: list[Any]) -> syntax.TableRow:
        since, until, end = parts[-1]
        keys = tuple(parts[0]) if len(parts) == 4 else ()
        value = parts[-2]
        start = keys[0].span.start if keys else value.span.start
        return syntax.TableRow(keys, value, since, until, Span(self._file, start, end or value.span.end))

    def literals(self, parts: list[Any]) -> list[syntax.Expression]:
        return [part for part in parts if not isinstance(part, Token)]

    def row_days(self, parts: list[Any]) -> tuple[date | None, date | None, int]:
        days = {parts[i].type: self._date(parts[i + 1]) for i in range(0, len(parts), 2)}
        return days.get("SINCE"), days.get("UNTIL"), self._at(parts[-1]).end if parts else 0

    def let(self, parts: list[Any]) -> syntax.Let:
        return syntax.Let(self._name(parts[1]), parts[3], self._span(parts), self._at(parts[1]))

    # ------------------------------------------------------------------ rules and ladders

    def rule(self, parts: list[Any]) -> syntax.Rule:
        said = self._gather(parts[2:], "rule", several={"exception"})
        level = said.get("level")
        return syntax.Rule(
            self._name(parts[1]),
            said.get("title"),
            said.get("category"),
            said.get("on"),
            said.get("when"),
            said.get("about", ()),
            said.get("points"),
            level,
            said.get("message"),
            said.get("repeat"),
            said.get("sample"),
            tuple(said.get("exception", ())),
            "approval" in said,
            said.get("reference"),
            said.get("owner"),
            said.get("state", "enabled"),
            said.get("since"),
            said.get("until"),
            Span(self._file, self._at(parts[0]).start, parts[-1][2].end if len(parts) > 2 else self._at(parts[1]).end),
            self._at(parts[1]),
        )

    def _gather(self, clauses: list[tuple[str, Any, Span]], what: str, several: set[str]) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for name, value, span in clauses:
            if name in several:
                said.setdefault(name, []).append(value)
            elif name in said:
                self._wrong("E113", span, clause=name, what=what)
            else:
                said[name] = value
        return said

    def _clause(self, name: str, value: object, parts: list[Any]) -> tuple[str, object, Span]:
        return name, value, self._span(parts)

    def title(self, parts: list[Any]) -> Any:
        return self._clause("title", self._text(parts[1]), parts)

    def category_clause(self, parts: list[Any]) -> Any:
        return self._clause("category", parts[1], parts)

    def category(self, parts: list[Any]) -> syntax.Text:
        if parts[0].type == "STRING":
            return self._text(parts[0])
        return syntax.Text("".join(self._name(part) if part.type == "NAME" else part for part in parts), self._span(parts))

    def on_events(self, parts: list[Any]) -> Any:
        items, after, calendar = parts[1], None, None
        for i, part in enumerate(parts):
            if isinstance(part, Token) and part.type == "AFTER":
                after = parts[i + 1]
            elif isinstance(part, Token) and part.type == "OF":
                calendar = self._name(parts[i + 1])
        end = parts[-1] if len(parts) > 2 else items[-1]
        span = self._span([parts[0], end])
        return "on", syntax.On(tuple(items), after, calendar, None, span), span

    def on_end(self, parts: list[Any]) -> Any:
        return self._clause("on", syntax.On((), None, None, self._period(parts[2]), self._span(parts)), parts)

    def on_items(self, parts: list[Any]) -> list[syntax.OnItem]:
        return [part for part in parts if not isinstance(part, Token)]

    def on_item(self, parts: list[Any]) -> syntax.OnItem:
        return syntax.OnItem(self._name(parts[0]), parts[2] if len(parts) > 1 else None, self._span(parts))

    def when(self, parts: list[Any]) -> Any:
        return self._clause("when", parts[1], parts)

    def about(self, parts: list[Any]) -> Any:
        return self._clause("about", tuple(part for part in parts if not isinstance(part, Token)), parts)

    def reference(self, parts: list[Any]) -> syntax.Name | syntax.Member:
        return self.name(parts) if len(parts) == 1 else self.member(parts)

    def points(self, parts: list[Any]) -> Any:
        return self._clause("points", parts[1], parts)

    def level(self, parts: list[Any]) -> Any:
        return self._clause("level", syntax.Text(self._level(parts[1]), self._at(parts[1])), parts)

    def message(self, parts: list[Any]) -> Any:
        return self._clause("message", self._text(parts[1]), parts)

    def repeat_always(self, parts: list[Any]) -> Any:
        return self._clause("repeat", syntax.Repeat(None, self._span(parts)), parts)

    def repeat_after(self, parts: list[Any]) -> Any:
        after = self._period(parts[2]) if isinstance(parts[2], Token) else parts[2]
        return self._clause("repeat", syntax.Repeat(after, self._span(parts)), parts)

    def sample(self, parts: list[Any]) -> Any:
        return self._clause("sample", syntax.Sample(parts[1], parts[3], self._span(parts)), parts)

    def exception(self, parts: list[Any]) -> Any:
        return self._clause("exception", syntax.Except(parts[1], self._date(parts[3]), unquote(parts[5]), self._span(parts)), parts)

    def approval(self, parts: list[Any]) -> Any:
        return self._clause("approval", True, parts)

    def reference_clause(self, parts: list[Any]) -> Any:
        return self._clause("reference", self._text(parts[1]), parts)

    def owner(self, parts: list[Any]) -> Any:
        return self._clause("owner", parts[1], parts)

    def state(self, parts: list[Any]) -> Any:
        return self._clause("state", parts[0].type.lower(), parts)

    def since(self, parts: list[Any]) -> Any:
        return self._clause("since", self._date(parts[1]), parts)

    def until(self, parts: list[Any]) -> Any:
        return self._clause("until", self._date(parts[1]), parts)

    def ladder(self, parts: list[Any]) -> syntax.Ladder:
        items = [part for part in parts if isinstance(part, tuple)]
        said = self._gather(items, "ladder", several={"rung"})
        over = self._of(parts, syntax.Over)
        span = Span(self._file, self._at(parts[0]).start, max([self._end(part) for part in parts]))
        return syntax.Ladder(
            self._name(parts[1]),
            self._of(parts, syntax.ScopeKey),
            over,
            tuple(said.get("rung", ())),
            tuple(said.get("categories", ())),
            said.get("weight"),
            span,
            self._at(parts[1]),
        )

    def _end(self, part: Any) -> int:
        return part[2].end if isinstance(part, tuple) else self._span([part]).end

    def rung(self, parts: list[Any]) -> Any:
        said = self._gather(parts[3:], "rung", several=set())
        deadline, calendar = said.get("deadline", (None, None))
        span = Span(self._file, self._at(parts[0]).start, parts[-1][2].end if len(parts) > 3 else self._whole(parts[2]).end)
        return "rung", syntax.Rung(self._level(parts[0]), parts[2], said.get("action"), deadline, calendar, span), span

    def action(self, parts: list[Any]) -> Any:
        return self._clause("action", unquote(parts[1]), parts)

    def deadline(self, parts: list[Any]) -> Any:
        return self._clause(
            "deadline", (parts[1], syntax.Text(self._name(parts[3]), self._at(parts[3])) if len(parts) > 2 else None), parts
        )

    def categories(self, parts: list[Any]) -> Any:
        return self._clause("categories", [part.value for part in parts if not isinstance(part, Token)], parts)

    def weight(self, parts: list[Any]) -> Any:
        return self._clause("weight", parts[1], parts)

    def procedure(self, parts: list[Any]) -> syntax.Procedure:
        said = self._gather([part for part in parts if isinstance(part, tuple) and part[0] != "of"], "procedure", several={"step"})
        of = next((part[1] for part in parts if isinstance(part, tuple) and part[0] == "of"), ())
        span = Span(self._file, self._at(parts[0]).start, max([self._end(part) for part in parts]))
        return syntax.Procedure(
            self._name(parts[1]), of, said.get("release"), tuple(said.get("step", ())), said.get("decision"), span, self._at(parts[1])
        )

    def procedure_of(self, parts: list[Any]) -> Any:
        return self._clause("of", self._names_written(parts), parts)

    def procedure_step(self, parts: list[Any]) -> Any:
        return self._step_of("step", self._name(parts[1]), parts[1], parts[2:], parts)

    def release_step(self, parts: list[Any]) -> Any:
        return self._step_of("release", "release", parts[0], parts[1:], parts)

    def decision_step(self, parts: list[Any]) -> Any:
        return self._step_of("decision", "decision", parts[0], parts[1:], parts)

    def _step_of(self, kind: str, name: str, at: Token, options: list[Any], parts: list[Any]) -> Any:
        said = self._gather(options, "step", several=set())
        deadline, calendar = said.get("deadline", (None, None))
        span = Span(self._file, self._at(parts[0]).start, max([self._end(part) for part in parts]))
        step = syntax.ProcedureStep(
            name,
            said.get("roles", ()),
            deadline,
            calendar,
            said.get("level"),
            said.get("others", ()),
            "refutes" in said,
            span,
            self._at(at),
        )
        return kind, step, span

    def step_roles(self, parts: list[Any]) -> Any:
        return self._clause("roles", self._names_written(parts), parts)

    def step_level(self, parts: list[Any]) -> Any:
        return self._clause("level", syntax.Text(self._level(parts[1]), self._at(parts[1])), parts)

    def step_others(self, parts: list[Any]) -> Any:
        return self._clause("others", self._names_written(parts), parts)

    def may_refute(self, parts: list[Any]) -> Any:
        return self._clause("refutes", True, parts)

    def _names_written(self, parts: list[Any]) -> tuple[syntax.Text, ...]:
        return tuple(syntax.Text(self._name(token), self._at(token)) for token in self._tokens(parts, "NAME"))

    # ------------------------------------------------------------------ tests

    def test(self, parts: list[Any]) -> syntax.Test:
        return syntax.Test(unquote(parts[1]), tuple(parts[2:]), self._span(parts))

    def event_step(self, parts: list[Any]) -> syntax.EventStep:
        assignments = tuple(part for part in parts if isinstance(part, syntax.Assignment))
        late = isinstance(parts[-1], Token) and parts[-1].type == "LATE"
        return syntax.EventStep(self._name(parts[0]), parts[2], assignments, late, self._span(parts), self._at(parts[0]))

    def assignment(self, parts: list[Any]) -> syntax.Assignment:
        token = parts[0]
        written, value = (piece.strip() for piece in token.split("=", 1))
        start, end = token.start_pos or 0, token.end_pos or 0
        name = Token("NAME", written, start_pos=start, end_pos=start + len(written))
        place = Span(self._file, self._offset + end - len(value), self._offset + end)
        return syntax.Assignment(self._name(name), self._value(value, place), self._at(token), self._at(name))

    def _value(self, text: str, span: Span) -> syntax.Expression | None:
        """What stands after `=`: a literal, a bare word, or `missing` (None)."""
        word = keywords.ENGLISH_SPECIAL.get(text, text)
        if word == "missing":
            return None
        if text.startswith('"'):
            return syntax.TextLiteral(unquote(text), span)
        for terminal, values in (("TRUE", True), ("FALSE", False)):
            if text in keywords.WORDS[terminal]:
                return syntax.BooleanLiteral(values, span)
        for pattern, make in _LITERALS:
            if pattern.fullmatch(text):
                token = Token("VALUE", text, start_pos=span.start - self._offset, end_pos=span.end - self._offset)
                return make(self, [token])  # type: ignore[no-any-return]
        return syntax.Name(_normal(text), span)

    def moment(self, parts: list[Any]) -> syntax.Moment:
        token = parts[0]
        if token.type == "TIME":
            return syntax.Moment(self.time(parts), self._span(parts))
        if token.type == "DATE":
            return syntax.Moment(self.date(parts), self._span(parts))
        return syntax.Moment(self._duration(token, token.removeprefix("+")), self._at(token))

    def clock_step(self, parts: list[Any]) -> syntax.ClockStep:
        return syntax.ClockStep(parts[1], self._span(parts))

    def expect_none(self, parts: list[Any]) -> syntax.ExpectNone:
        what = "warning" if self._tokens(parts, "WARNING") else "finding"
        return syntax.ExpectNone(bool(self._tokens(parts, "OTHER")), what, self._span(parts))

    def expect_absent(self, parts: list[Any]) -> syntax.ExpectFinding:
        return self._expectation(parts, parts[2], parts[3:], True)

    def expect_finding(self, parts: list[Any]) -> syntax.ExpectFinding:
        return self._expectation(parts, parts[1], parts[2:], False)

    def _expectation(self, parts: list[Any], name: Token, clauses: list[Any], absent: bool) -> syntax.ExpectFinding:
        said = self._gather(clauses, "expectation", several=set())
        end = parts[-1][2].end if isinstance(parts[-1], tuple) else self._at(parts[-1]).end
        return syntax.ExpectFinding(
            self._name(name),
            said.get("for", ()),
            said.get("about", ()),
            said.get("level"),
            said.get("points"),
            said.get("at"),
            said.get("message"),
            "withdrawn" in said,
            absent,
            Span(self._file, self._at(parts[0]).start, end),
            self._at(name),
        )

    def expect_level(self, parts: list[Any]) -> syntax.ExpectLevel:
        key = self.key_reference(parts[1:3])
        level = self._level(parts[4])
        said = self._gather(parts[5:], "expectation", several=set())
        end = parts[-1][2].end if isinstance(parts[-1], tuple) else self._at(parts[-1]).end
        span = Span(self._file, self._at(parts[0]).start, end)
        return syntax.ExpectLevel(key, None if level == "none" else level, said.get("of"), said.get("points"), span)

    def key_reference(self, parts: list[Any]) -> syntax.KeyReference:
        key = unquote(parts[1]) if parts[1].startswith('"') else _normal(parts[1])
        return syntax.KeyReference(self._name(parts[0]), key, self._span(parts))

    def _keys(self, parts: list[Any]) -> tuple[syntax.KeyReference, ...]:
        return tuple(part for part in parts if isinstance(part, syntax.KeyReference))

    def for_keys(self, parts: list[Any]) -> Any:
        return self._clause("for", self._keys(parts), parts)

    def about_keys(self, parts: list[Any]) -> Any:
        return self._clause("about", self._keys(parts), parts)

    def with_level(self, parts: list[Any]) -> Any:
        return self._clause("level", self._level(parts[1]), parts)

    def with_points(self, parts: list[Any]) -> Any:
        return self._clause("points", parts[1], parts)

    def at_moment(self, parts: list[Any]) -> Any:
        return self._clause("at", parts[1], parts)

    def with_message(self, parts: list[Any]) -> Any:
        return self._clause("message", unquote(parts[1]), parts)

    def withdrawn(self, parts: list[Any]) -> Any:
        return self._clause("withdrawn", True, parts)

    def of_ladder(self, parts: list[Any]) -> Any:
        return self._clause("of", self._name(parts[1]), parts)

    # ------------------------------------------------------------------ expressions

    def within(self, parts: list[Any]) -> syntax.Within:
        keys = tuple(part for part in parts[1:] if isinstance(part, syntax.ScopeKey))
        return syntax.Within(parts[0], keys, self._of(parts[1:], syntax.Over), self._span(parts))

    def scope_key(self, parts: list[Any]) -> syntax.ScopeKey:
        return syntax.ScopeKey(self._name(parts[0]), self._name(parts[2]) if len(parts) > 1 else None, self._span(parts))

    def over(self, parts: list[Any]) -> syntax.Over:
        amount = self._period(parts[1]) if isinstance(parts[1], Token) else parts[1]
        return syntax.Over(amount, self._name(parts[3]) if len(parts) > 2 else None, self._span(parts))

    def _period(self, token: Token) -> syntax.Period:
        return syntax.Period(keywords.ENGLISH_PERIOD.get(token, str(token)), self._at(token))

    def _logic(self, op: str, parts: list[Any]) -> syntax.Expression:
        return syntax.Logic(op, tuple(part for part in parts if not isinstance(part, Token)), self._span(parts))

    def alternatives(self, parts: list[Any]) -> syntax.Expression:
        return self._logic("or", parts)

    def conjunction(self, parts: list[Any]) -> syntax.Expression:
        return self._logic("and", parts)

    def not_(self, parts: list[Any]) -> syntax.Unary:
        return syntax.Unary("not", parts[1], self._span(parts))

    def minus(self, parts: list[Any]) -> syntax.Unary:
        return syntax.Unary("-", parts[1], self._span(parts))

    def previous(self, parts: list[Any]) -> syntax.Previous:
        return syntax.Previous(parts[1], self._span(parts))

    def pattern_test(self, parts: list[Any]) -> syntax.Pattern:
        return syntax.Pattern(_word(parts[1]), parts[0], parts[2], self._span(parts))

    def side(self, parts: list[Any]) -> syntax.PatternSide:
        return syntax.PatternSide(self._name(parts[0]), parts[2] if len(parts) > 1 else None, self._span(parts))

    def compare(self, parts: list[Any]) -> syntax.Compare:
        op = str(parts[1]) if parts[1].type == "COMPARISON" else _word(parts[1])
        return syntax.Compare(op, parts[0], parts[2], self._span(parts))

    def between(self, parts: list[Any]) -> syntax.Between:
        return syntax.Between(parts[0], parts[2], parts[4], self._span(parts))

    def presence(self, parts: list[Any]) -> syntax.Presence:
        return syntax.Presence(parts[0], parts[1].type == "IS_MISSING", self._span(parts))

    def calendar_test(self, parts: list[Any]) -> syntax.CalendarTest:
        return syntax.CalendarTest(parts[0], self._name(parts[2]), parts[1].type == "DURING", self._span(parts))

    def binary(self, parts: list[Any]) -> syntax.Binary:
        op = _word(parts[1]) if parts[1].type in keywords.WORDS else str(parts[1])
        return syntax.Binary(op, parts[0], parts[2], self._span(parts))

    def name(self, parts: list[Any]) -> syntax.Name:
        return syntax.Name(self._name(parts[0]), self._at(parts[0]))

    def member(self, parts: list[Any]) -> syntax.Member:
        owner = self._name(parts[0])
        return syntax.Member(keywords.ENGLISH_SPECIAL.get(owner, owner), self._name(parts[2]), self._span(parts))

    def call(self, parts: list[Any]) -> syntax.Call:
        said = {part[0]: part[1] for part in parts if isinstance(part, tuple)}
        name = self._name(parts[0])
        return syntax.Call(
            keywords.ENGLISH_FUNCTION.get(name, name),
            said.get("arguments", ()),
            said.get("where"),
            said.get("among"),
            said.get("at_least"),
            self._span(parts),
            self._at(parts[0]),
        )

    def arguments(self, parts: list[Any]) -> Any:
        return "arguments", tuple(part for part in parts if not isinstance(part, Token))

    def call_where(self, parts: list[Any]) -> Any:
        return "where", parts[1]

    def call_among(self, parts: list[Any]) -> Any:
        return "among", parts[1]

    def call_at_least(self, parts: list[Any]) -> Any:
        written = str(parts[1])
        if not written.isdigit() or len(written) > 9 or int(written) == 0:
            remedy = "write a whole number from 1 to 999999999"
            self._wrong("E109", self._at(parts[1]), what="count", text=written[:SHOWN_MAX], remedy=remedy)
            return "at_least", 1
        return "at_least", int(written)

    def group(self, parts: list[Any]) -> syntax.Expression:
        """Parentheses are no node; what they hold keeps its own place, what it is part of spans them."""
        self._groups[id(parts[1])] = parts[1], self._span(parts)
        return parts[1]  # type: ignore[no-any-return]

    def list_(self, parts: list[Any]) -> syntax.ListLiteral:
        return syntax.ListLiteral(tuple(part for part in parts if not isinstance(part, Token)), self._span(parts))

    # ------------------------------------------------------------------ literals

    def number(self, parts: list[Any]) -> syntax.NumberLiteral:
        return syntax.NumberLiteral(self._number(parts[0]), self._at(parts[0]))

    def negative(self, parts: list[Any]) -> syntax.NumberLiteral | syntax.DurationLiteral:
        if parts[1].type == "DURATION":
            length = self.duration(parts[1:])
            return syntax.DurationLiteral(-length.amount, length.unit, self._span(parts))
        return syntax.NumberLiteral(-self._number(parts[1]), self._span(parts))

    def percent(self, parts: list[Any]) -> syntax.NumberLiteral:
        return syntax.NumberLiteral(self._finite(float(parts[0][:-1]) / 100, parts[0]), self._at(parts[0]))

    def _number(self, token: Token) -> int | float:
        """Digits alone make an integer. Python would take its time to convert a very long one."""
        written = str(token).lstrip("-")
        if not written.isdigit():
            return self._finite(float(token), token)
        whole = int(token) if len(written.lstrip("0")) <= INTEGER_DIGITS else INTEGER_MAX + 1
        return self._finite(whole, token, INTEGER_MAX)

    def _finite(self, value: int | float, token: Token, most: int | float = sys.float_info.max) -> int | float:
        if abs(value) <= most:
            return value
        self._wrong("E114", self._at(token), text=str(token)[:SHOWN_MAX])
        return 0

    def duration(self, parts: list[Any]) -> syntax.DurationLiteral:
        return self._duration(parts[0], str(parts[0]))

    def _duration(self, token: Token, written: str) -> syntax.DurationLiteral:
        """`written` has no plus; a long row of digits is cut where it is too large already."""
        digits, unit = written[:-1], written[-1]
        amount = float(digits) if "." in digits else int(digits[: INTEGER_DIGITS + 1])
        if abs(amount) * syntax.UNIT_US[unit] > INTEGER_MAX:
            self._wrong("E114", self._at(token), text=str(token)[:SHOWN_MAX])
            amount = 0
        return syntax.DurationLiteral(amount, unit, self._at(token))

    def text(self, parts: list[Any]) -> syntax.TextLiteral:
        return syntax.TextLiteral(unquote(parts[0]), self._at(parts[0]))

    def true(self, parts: list[Any]) -> syntax.BooleanLiteral:
        return syntax.BooleanLiteral(True, self._at(parts[0]))

    def false(self, parts: list[Any]) -> syntax.BooleanLiteral:
        return syntax.BooleanLiteral(False, self._at(parts[0]))

    def date(self, parts: list[Any]) -> syntax.DateLiteral:
        return syntax.DateLiteral(self._date(parts[0]), self._at(parts[0]))

    def time(self, parts: list[Any]) -> syntax.TimeLiteral:
        token = parts[0]
        found = _TIME.fullmatch(token)
        assert found is not None
        day = self._date(Token("DATE", found["day"], start_pos=token.start_pos, end_pos=token.end_pos))
        hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
        if hour > 23 or minute > 59 or second > 59:
            self._wrong("E109", self._at(token), what="time", text=str(token), remedy="write hours to 23, minutes and seconds to 59")
            hour = minute = second = 0
        fraction = int((found["fraction"] or "").ljust(6, "0") or 0)
        days = (day - date(1970, 1, 1)).days
        local_us = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
        return syntax.TimeLiteral(local_us, self._offset_s(found["offset"], token), self._at(token))

    def _offset_s(self, written: str | None, token: Token) -> int | None:
        if written is None:
            return None
        if written == "Z":
            return 0
        hours, minutes = int(written[1:3]), int(written[4:])
        if hours * 60 + minutes > OFFSET_MAX_MINUTES or minutes > 59:
            self._wrong("E109", self._at(token), what="offset", text=written, remedy="write an offset from -14:00 to +14:00, as +08:00")
            return None
        return (hours * 60 + minutes) * (-60 if written[0] == "-" else 60)


_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)

# What a bare value after `=` may be, besides a word.
_LITERALS: tuple[tuple[re.Pattern[str], Callable[..., Any]], ...] = (
    (_TIME, Build.time),
    (re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), Build.date),
    (re.compile(r"\d+(\.\d+)?%", re.ASCII), Build.percent),
    (re.compile(r"-?\d+(\.\d+)?[wdhms]", re.ASCII), Build.duration),
    (re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII), Build.number),
)


def _normal(text: str) -> str:
    # NFC of what is normal already is the object itself: a lark token, which is not equal to a token of another kind.
    return unicodedata.normalize("NFC", str(text))


def _word(token: Token) -> str:
    """The English form of an operator's word."""
    return keywords.WORDS[token.type][0]
