"""What tests of the parser share: trees in short, and the texts that nodes stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from typing import get_args

from rulelang import syntax
from rulelang.parse import parse_expression, parse_file

EXPRESSIONS: tuple[type, ...] = get_args(syntax.Expression)


def declarations(text: str) -> tuple[syntax.Declaration, ...]:
    """The declarations of a text that has no syntax errors."""
    file, errors = parse_file("x.rules", text)
    assert not errors, [f"{e.code} {e.message}: {text[e.span.start : e.span.end]!r}" for e in errors]
    return file.declarations


def declaration(text: str) -> str:
    """The one declaration of a text, in short."""
    (found,) = declarations(text)
    return short(found)


def expression(text: str) -> syntax.Expression:
    found, errors = parse_expression("x.rules", text, 0)
    assert not errors, [f"{e.code} {e.message}: {text[e.span.start : e.span.end]!r}" for e in errors]
    assert found is not None
    return found


def tree(text: str) -> str:
    """An expression, in short."""
    return short(expression(text))


def wrong(text: str) -> list[str]:
    """The syntax errors of a text: code and what is underlined."""
    _, errors = parse_file("x.rules", text)
    return [f"{e.code} {text[e.span.start : e.span.end]}" for e in errors]


def nodes(node: object) -> Iterator[object]:
    """The node and all nodes in it, in the order of their fields."""
    if isinstance(node, tuple):
        for item in node:
            yield from nodes(item)
    elif is_dataclass(node) and not isinstance(node, syntax.Span):
        yield node
        for field in fields(node):
            yield from nodes(getattr(node, field.name))


def short(node: object) -> str:
    """`(and a (> b 80))`; a declaration as `(Let x 3)`, with what was left out as `-`."""
    match node:
        case None | ():
            return "-"
        case tuple():
            return f"[{' '.join(map(short, node))}]"
        case bool() | int() | float() | date():
            return str(node).lower()
        case str():
            return repr(node) if " " in node or not node else node
        case syntax.Name():
            return node.text
        case syntax.Member():
            return f"{node.owner}.{node.field}"
        case syntax.NumberLiteral() | syntax.BooleanLiteral():
            return short(node.value)
        case syntax.TextLiteral() | syntax.Text():
            return f'"{node.value}"'
        case syntax.DurationLiteral():
            return f"{node.amount}{node.unit}"
        case syntax.DateLiteral():
            return node.value.isoformat()
        case syntax.TimeLiteral():
            return f"(time {node.local_us}{'' if node.offset_s is None else f' {node.offset_s:+d}s'})"
        case syntax.Unary() | syntax.Logic() | syntax.Binary() | syntax.Compare():
            return f"({node.op.replace(' ', '-')} {' '.join(map(short, _operands(node)))})"
        case syntax.Pattern():
            return f"({node.kind.replace(' ', '-')} {short(node.left)} {short(node.right)})"
        case syntax.PatternSide():
            return node.event if node.where is None else f"({node.event} where {short(node.where)})"
        case syntax.Presence():
            return f"({'missing' if node.missing else 'present'} {short(node.operand)})"
        case syntax.CalendarTest():
            return f"({'during' if node.inside else 'outside'} {short(node.operand)} {node.calendar})"
        case syntax.Call():
            extra = [
                f" {word} {short(part)}" for word, part in (("where", node.where), ("among", node.among), ("least", node.at_least)) if part
            ]
            return f"{node.name}({', '.join(map(short, node.arguments))}{''.join(extra)})"
        case syntax.Previous():
            return f"(previous {short(node.aggregate)})"
        case syntax.Within():
            over = "" if node.over is None else f" {short(node.over)}"
            return f"(within {short(node.body)} {', '.join(map(short, node.keys))}{over})"
        case syntax.ScopeKey():
            return node.entity if node.by is None else f"{node.entity} by {node.by}"
        case syntax.Over():
            return f"over {short(node.amount)}{'' if node.calendar is None else f' of {node.calendar}'}"
        case syntax.Period():
            return f"<{node.name}>"
        case syntax.TypeName():
            return f"({node.name})" if node.is_list else node.name + ("" if node.unit is None else f'"{node.unit}"')
        case syntax.Moment():
            return f"@{short(node.value)}"
    assert is_dataclass(node), node
    return (
        f"({' '.join([type(node).__name__, *(short(getattr(node, f.name)) for f in fields(node) if f.name not in ('span', 'name_span'))])})"
    )


def _operands(node: syntax.Unary | syntax.Logic | syntax.Binary | syntax.Compare) -> tuple[syntax.Expression, ...]:
    match node:
        case syntax.Unary():
            return (node.operand,)
        case syntax.Logic():
            return node.operands
        case _:
            return node.left, node.right
