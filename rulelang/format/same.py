"""What two syntax trees have in common but for the places of their nodes.

In: declarations.  Out: a flat list that is equal for equal trees. Not by recursion: a chain of operators may be longer than Python's stack.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass


def outline(node: object) -> list[object]:
    """The nodes in order: the name of each, then what it holds; tuples by their length."""
    found: list[object] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            found.append(("tuple", len(part)))
            waiting += reversed(part)
        elif is_dataclass(part):
            found.append(type(part).__name__)
            waiting += (getattr(part, field.name) for field in reversed(fields(part)) if field.name not in ("span", "name_span"))
        else:
            found.append((type(part).__name__, part))
    return found
