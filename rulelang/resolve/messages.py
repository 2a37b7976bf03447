"""The braces of a message: texts, and the expressions between them.

In: a message as written.  Out: its parts in order; errors inside the braces at their places in the file.
"""

from __future__ import annotations

from rulelang import syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.parse import parse_expression
from rulelang.syntax import Span


def braces(message: syntax.Text) -> tuple[list[str | syntax.Expression], list[Diagnostic]]:
    """Texts and expressions; an expression that is wrong is left out."""
    parts: list[str | syntax.Expression] = []
    problems: list[Diagnostic] = []
    file, text = message.span.file, message.value
    place = message.span.start  # where the character is written
    begin, opened = 0, -1  # of the part, in the text; of its brace, in the file
    quoted = False
    for index, char in enumerate(text):
        # Outside of braces these were written with a backslash before them.
        place += 2 if opened < 0 and char in '"\\' else 1
        if opened >= 0 and char == '"':
            quoted = not quoted
        elif opened < 0 and char == "}":
            problems.append(diagnostic("E491", Span(file, place, place + 1), mark="}"))
        elif opened < 0 and char == "{":
            parts += [text[begin:index]] if index > begin else []
            begin, opened = index + 1, place
        elif char == "}" and not quoted:
            expression, found = parse_expression(file, text[begin:index], opened + 1)
            problems += found
            parts += [] if expression is None else [expression]
            begin, opened = index + 1, -1
    if opened >= 0:
        problems.append(diagnostic("E491", Span(file, opened, opened + 1), mark="{"))
    elif begin < len(text):
        parts.append(text[begin:])
    return parts, problems
