"""Where an expression stands, which decides what its names mean; and what comes together while one rule is resolved.

In: made by `rules` and changed on the way down.  Out: read by everything that resolves a part of an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from rulelang import model, syntax
from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import diagnostic
from rulelang.resolve.schema import Schema
from rulelang.syntax import Span


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression stands.

    `of`: the event that a field is read from, "current" or "this"; None directly in a scope, where a field is the latest value.
    `events`: the event types that a bare name can mean; `named`: those that can be named. `scope`: the scope around, by its
    place in the rule. `this`: the event types that the anchor event can be of; None where there is no anchor event.
    """

    of: str | None
    events: tuple[str, ...]
    named: tuple[str, ...]
    scope: int | None
    this: tuple[str, ...] | None

    def about_one(self, events: tuple[str, ...]) -> Context:
        """Inside an aggregate or a side of a pattern: about one event of these types."""
        return replace(self, of="current", events=events, named=events)


@dataclass(frozen=True, slots=True)
class Use:
    """A field of the one event that an expression is about, where it was read."""

    name: str
    events: tuple[str, ...]
    span: Span


@dataclass(slots=True)
class OpenScope:
    """A scope while its parts are resolved."""

    keys: tuple[model.ScopeKey, ...]
    carriers: tuple[str, ...]
    window: model.Window | None
    over: syntax.Over | None
    patterns: list[model.PatternTest] = field(default_factory=list)
    previous: Span | None = None
    """Where `previous` was written first."""
    written: bool = True
    """False: the clause belongs to the rule's scope without saying so."""


Resolve = Callable[["Work", syntax.Expression, Context], model.Expression | None]


@dataclass(slots=True)
class Work:
    """What comes together while one rule is resolved. `resolve` is the way back to `expressions`, for the parts of an expression."""

    schema: Schema
    resolve: Resolve
    problems: list[Diagnostic] = field(default_factory=list)
    scopes: list[model.Scope | None] = field(default_factory=list)
    opened: list[OpenScope] = field(default_factory=list)
    """The scope that the expression stands in, innermost last."""
    closed: list[OpenScope] = field(default_factory=list)
    """The scopes of the rule that were resolved, like `scopes`."""
    givers: dict[str, None] = field(default_factory=dict)
    """Event types that give something to the first scope, in the order that the condition speaks of them."""
    uses: list[Use] = field(default_factory=list)
    """Fields read of the one event that the expression is about."""
    named: set[str] = field(default_factory=set)
    """Event types that were named or read."""
    lets: list[str] = field(default_factory=list)
    """The `let`s being written out, against circles."""
    this_read: int = 0
    """How often the anchor event was read."""
    mentioned: frozenset[str] = frozenset()
    """Event types that the condition speaks of by name."""
    has_on: bool = False
    depth: int = 0
    size: int = 0
    too_large: bool = False
    """How deep the expression is nested that is resolved, and how many were; whether that was too much."""
    clause: str = "when"
    """The clause that is being resolved."""

    def gives(self, events: Iterable[str], scope: int) -> None:
        """Notes what makes anchors: only the condition does, and only in the first scope."""
        if scope == 0 and self.clause == "when":
            self.givers.update(dict.fromkeys(events))

    def report(self, code: str, span: Span, *, related: tuple[Related, ...] = (), **words: object) -> None:
        """An error; the caller goes on with None, which stands for anything."""
        self.problems.append(diagnostic(code, span, severity="error", related=related, **words))


def listed(names: Iterable[str], most: int = 6, last: str = "or") -> str:
    """Names in a message: `'a', 'b' or 'c'`; long lists are cut."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > most:
        return ", ".join(quoted[:most]) + ", …"
    return f" {last} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
