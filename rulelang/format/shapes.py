"""What each rule of the grammar looks like: where its words are spaced, and where a line may break.

In: from the parser, as it reads, the parts of a rule.  Out: for each declaration its head and the parts below it, as documents.
Rules that are not named here are their parts with a space between two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from lark import Lark, Token

from rulelang import grammar, keywords
from rulelang.format.comments import Comments
from rulelang.format.layout import SOFT, SPACE, Comment, Document, Together, enclosed, fill, group, indented, logic, plain


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a declaration that stands on a line of its own: a clause, a field, a row, a step."""

    document: Document


@dataclass(frozen=True, slots=True)
class Declaration:
    """`kind` is the terminal that it begins with."""

    kind: str
    head: Document
    items: tuple[Item, ...]


_ONE_AT_A_TIME = Lock()


@cache
def _shaper() -> tuple[_Shapes, Lark]:
    shapes = _Shapes()
    return shapes, grammar.parser(shapes)


def shaped(text: str) -> tuple[list[Declaration], tuple[Comment, ...]]:
    """The declarations of a text without errors, and the comments behind the last of them."""
    comments = Comments(text)
    with _ONE_AT_A_TIME:
        shapes, parser = _shaper()
        shapes.begin(comments)
        declarations: list[Declaration] = parser.parse(text, start="start")  # type: ignore[assignment]  # lark says that it gives a tree
    return declarations, comments.at_end()


@dataclass(slots=True)
class _Chain:
    """Operands with operators of one strength between them; more may come."""

    strength: str
    documents: list[Document]


_STRENGTHS = {"PLUS": "+", "MINUS": "+", "STAR": "*", "SLASH": "*", "MOD": "*", "OR_ELSE": "or else"}

Part = Any  # a token, or what a rule within has made


class _Shapes:
    """What the parser calls: one method a rule."""

    def begin(self, comments: Comments) -> None:
        self._comments = comments

    def __getattr__(self, rule: str) -> Callable[[list[Part]], Document]:
        if rule.startswith("_") or rule.isupper():  # terminals have callbacks too
            raise AttributeError(rule)
        return self._spaced

    # ------------------------------------------------------------------ small things

    def _document(self, part: Part) -> Document:
        if isinstance(part, _Chain):
            return indented(fill(*part.documents)) if len(part.documents) > 3 else self._joined(part.documents[0], part.documents[2])
        if not isinstance(part, Token):
            document: Document = part
            return document
        shown = " ".join(part.split()) if part.type in keywords.WORDS else str(part)
        return self._comments.word(shown, part.start_pos or 0, part.end_pos or 0)

    def _spaced(self, parts: Sequence[Part]) -> Together:
        documents: list[Document] = []
        for part in parts:
            document = self._document(part)
            if isinstance(document, Together) and not document.parts:  # a row without days
                continue
            documents += [" ", document] if documents else [document]
        return plain(*documents)

    def _glued(self, parts: Sequence[Part]) -> Together:
        return plain(*map(self._document, parts))

    def _listed(self, parts: Sequence[Part]) -> list[Document]:
        """The line may break between two parts, but not before a comma."""
        documents: list[Document] = []
        for part in parts:
            if documents and not _is(part, "COMMA"):
                documents.append(SPACE)
            documents.append(self._document(part))
        return documents

    def _filled(self, parts: Sequence[Part]) -> Together:
        return fill(*self._listed(parts))

    def _enclosed(self, opening: Sequence[Part], inner: Sequence[Document], closing: Part) -> Together:
        if not inner:
            return self._glued([*opening, closing])
        return enclosed(self._glued(opening), indented(SOFT, *inner), SOFT, self._document(closing))

    def _operator(self, parts: list[Part]) -> Together:
        return self._joined(self._document(parts[0]), self._spaced(parts[1:]))

    def _joined(self, left: Document, rest: Document) -> Together:
        """The line may break before the operator, but not beside parentheses, within which there is room."""
        if _ends_enclosed(left) or _ends_enclosed(rest):
            return group(left, " ", rest)
        return indented(fill(left, SPACE, rest))

    def _line(self, parts: Sequence[Part]) -> Item:
        """One line; where it breaks it goes on further in."""
        return Item(self._hanging(parts))

    def _hanging(self, parts: Sequence[Part]) -> Together:
        spaced = self._spaced(parts)
        last = spaced.parts[-1]
        # What stands in parentheses is indented already.
        return group(spaced if isinstance(last, Together) and last.kind == "enclosed" else indented(spaced))

    def _with_options(self, head: int, parts: Sequence[Part]) -> Together:
        """A line that goes on with options, as many as there is room for."""
        documents: list[Document] = [group(self._spaced(parts[:head]))]
        for option in parts[head:]:
            documents += [SPACE, group(self._document(option))]
        return indented(fill(*documents))

    # ------------------------------------------------------------------ declarations

    def start(self, parts: list[Part]) -> list[Part]:
        return parts

    def _declared(self, parts: Sequence[Part], head: Document) -> Declaration:
        return Declaration(parts[0].type, head, tuple(part for part in parts if isinstance(part, Item)))

    def _with_items(self, parts: list[Part]) -> Declaration:
        return self._declared(parts, self._hanging([part for part in parts if not isinstance(part, Item)]))

    timezone = calendar = event = let = rule = ladder = procedure = test = _with_items

    def entity(self, parts: list[Part]) -> Declaration:
        return self._declared(parts, self._with_options(2, parts))

    def table(self, parts: list[Part]) -> Declaration:
        head = [part for part in parts if not isinstance(part, Item)]
        closes = next(i for i, part in enumerate(head) if _is(part, "RPAR"))
        called = self._enclosed(head[1:3], self._listed(head[3:closes]), head[closes])
        return self._declared(parts, self._spaced([head[0], self._glued([called, head[closes + 1]]), *head[closes + 2 :]]))

    def field(self, parts: list[Part]) -> Item:
        return self._line([self._glued(parts[:2]), *parts[2:]])

    def list_field(self, parts: list[Part]) -> Item:
        return self._line([self._glued(parts[:2]), self._glued(parts[2:5]), *parts[5:]])

    def parameter(self, parts: list[Part]) -> Document:
        return self._spaced([self._glued(parts[:2]), *parts[2:]])

    def row(self, parts: list[Part]) -> Item:
        return self._line([self._glued(parts[:2]), *parts[2:]] if _is(parts[1], "COLON") else parts)

    open_line = closed_line = working_line = dates_from = _line
    weekdays = hours_list = dates = literals = parent = _filled
    weekday_range = hours = date_range = category = negative = _glued

    # ------------------------------------------------------------------ clauses

    title = category_clause = on_end = when = points = level = message = repeat_always = repeat_after = sample = _line
    approval = reference_clause = owner = state = since = until = weight = _line
    on_items = _filled
    reference = _glued

    def about(self, parts: list[Part]) -> Item:
        return self._line([parts[0], self._filled(parts[1:])])

    categories = about

    def on_events(self, parts: list[Part]) -> Item:
        if len(parts) == 2:
            return self._line(parts)
        return Item(group(indented(self._spaced(parts[:2]), SPACE, self._spaced(parts[2:]))))

    def on_item(self, parts: list[Part]) -> Document:
        return group(self._document(parts[0]), indented(SPACE, self._filter(parts[1:]))) if len(parts) > 1 else self._document(parts[0])

    def exception(self, parts: list[Part]) -> Item:
        return Item(group(indented(self._spaced(parts[:2]), SPACE, self._spaced(parts[2:4]), SPACE, self._spaced(parts[4:]))))

    def rung(self, parts: list[Part]) -> Item:
        return Item(self._with_options(3, parts))

    def procedure_step(self, parts: list[Part]) -> Item:
        return Item(self._with_options(2, parts))

    def release_step(self, parts: list[Part]) -> Item:
        return Item(self._with_options(1, parts))

    decision_step = release_step
    procedure_of = step_roles = step_others = _filled
    step_level = may_refute = _spaced

    # ------------------------------------------------------------------ tests

    def event_step(self, parts: list[Part]) -> Item:
        return Item(self._with_options(3, parts))

    expect_absent = event_step

    def expect_finding(self, parts: list[Part]) -> Item:
        return Item(self._with_options(2, parts))

    def expect_level(self, parts: list[Part]) -> Item:
        return Item(self._with_options(5, parts))

    clock_step = expect_none = _line
    for_keys = about_keys = _filled

    def assignment(self, parts: list[Part]) -> Document:
        name, value = (piece.strip() for piece in parts[0].split("=", 1))
        return self._comments.word(f"{name}={value}", parts[0].start_pos, parts[0].end_pos)

    # ------------------------------------------------------------------ expressions

    def within(self, parts: list[Part]) -> Document:
        keys, over = (parts[2:], []) if isinstance(parts[-2], Token) else (parts[2:-1], parts[-1:])
        return group(self._document(parts[0]), SPACE, self._spaced([parts[1], self._filled(keys), *over]))

    def _logic(self, parts: list[Part]) -> Document:
        documents = [self._operand(parts[0])]
        for operator, operand in zip(parts[1::2], parts[2::2], strict=True):
            documents += [SPACE, self._spaced([operator, self._operand(operand)])]
        return logic(*documents)

    alternatives = conjunction = _logic

    def _operand(self, part: Part) -> Document:
        document = self._document(part)
        return indented(document) if isinstance(document, Together) and document.kind == "logic" else document

    compare = between = _operator

    def binary(self, parts: list[Part]) -> _Chain:
        strength = _STRENGTHS[parts[1].type]
        before = parts[0]
        chain = before if isinstance(before, _Chain) and before.strength == strength else _Chain(strength, [self._document(before)])
        chain.documents += [SPACE, self._spaced(parts[1:])]
        return chain

    minus = name = member = _glued

    def pattern_test(self, parts: list[Part]) -> Document:
        return group(self._document(parts[0]), indented(SPACE, self._spaced(parts[1:])))

    def call(self, parts: list[Part]) -> Document:
        return self._enclosed(parts[:2], self._listed(parts[2:-1]), parts[-1])

    def arguments(self, parts: list[Part]) -> Document:
        return plain(*self._listed(parts))

    def _filter(self, parts: list[Part]) -> Document:
        return self._spaced([parts[0], self._operand(parts[1])])

    call_where = call_among = _filter

    def group(self, parts: list[Part]) -> Document:
        return self._enclosed(parts[:1], [self._document(parts[1])], parts[2])

    def list_(self, parts: list[Part]) -> Document:
        return self._enclosed(parts[:1], [self._filled(parts[1:-1])], parts[-1])


def _is(part: Part, kind: str) -> bool:
    return isinstance(part, Token) and part.type == kind


def _ends_enclosed(document: Document) -> bool:
    while isinstance(document, Together) and document.kind != "enclosed":
        document = document.parts[-1]
    return isinstance(document, Together)
