"""Lark's tables followed in a straight line: what its parser does with a text that has no error, in less than half of the time.

In: a parser of Lark's (LALR, contextual lexer) and a text.  Out: what it makes of the text; or `Stuck`, and then Lark's own parser says why.

What Lark does for each token and each reduction by asking (what kind of action, which callback, of which rule, on which line) is asked once, here. Most reductions
of an expression only pass on what they were given, from the loosest operator to the tightest; these make no calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import Any

from lark import Lark, Token
from lark.parse_tree_builder import ExpandSingleChild
from lark.parsers.lalr_analysis import Shift

# Most of what is ignored. No terminal begins like it.
_SKIPPED = re.compile(r"(?:\s++|#[^\n]*+)*+")

Match = Callable[[str, int], "re.Match[str] | None"]
Reduction = tuple[str, int, Callable[[list[Any]], Any] | None]
"""The symbol that is made, of how many, and by what; None: the one is passed on."""


class Stuck(Exception):
    """The text cannot be read to its end."""


class Straight:
    """One parser's tables. They are only read, so several threads may parse at a time, if what they call lets them."""

    def __init__(self, lark: Lark) -> None:
        frontend: Any = lark.parser
        parser = frontend.parser.parser
        table, callbacks = parser.parse_table, parser.callbacks
        self._starts: dict[str, int] = table.start_states
        self._ends: dict[str, int] = table.end_states
        self._lexers: dict[int, Any] = frontend.lexer.lexers
        # By state: after a terminal, the next state or what is reduced before it; after a symbol, the next state. Lark's names are tokens, which take
        # longer to compare than texts.
        self._actions: dict[int, dict[str, Any]] = {
            state: {str(n): argument if action is Shift else _reduction(argument, callbacks) for n, (action, argument) in actions.items()}
            for state, actions in table.states.items()
        }
        self._passed_on: dict[tuple[int, int, str], int] = {}
        self._looks: dict[int, tuple[tuple[Match, ...], Mapping[str, Callable[[Token], Token]], Set[str]]] = {}

    def parse(self, text: str, start: str) -> Any:
        """What is made of a text that is a `start`. Raises `Stuck`."""
        actions, looks, passed_on, skip = self._actions, self._looks, self._passed_on, _SKIPPED.match
        end_state = self._ends[start]
        states: list[int] = [self._starts[start]]
        values: list[Any] = []
        at = 0
        while True:
            at = skip(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
            token = None
            kind: Any = "$END"
            if at < len(text):
                matches, callbacks, ignored = looks.get(states[-1]) or self._look(states[-1])
                for match in matches:
                    found = match(text, at)
                    if found is not None:
                        break
                else:
                    raise Stuck
                kind, begun, at = found.lastgroup, at, found.end()
                if kind in ignored:
                    continue
                token = _token(kind, found[0], begun, at)
                if kind in callbacks:
                    token = callbacks[kind](token)
                    kind = token.type
            while True:
                action = actions[states[-1]].get(kind)
                if action is None:
                    raise Stuck
                if type(action) is int:
                    states.append(action)
                    values.append(token)
                    break
                symbol, size, make = action
                if make is None and token is not None:
                    states[-1] = passed_on.get((states[-2], states[-1], kind)) or self._pass_on(states[-2], states[-1], kind)
                    continue
                if make is None:
                    del states[-1]
                elif size:
                    made = make(values[-size:])
                    del states[-size:], values[-size:]
                    values.append(made)
                else:
                    values.append(make([]))
                states.append(actions[states[-1]][symbol])
                if token is None and states[-1] == end_state:
                    return values[-1]

    def _pass_on(self, below: int, state: int, kind: str) -> int:
        """The state, before a token of this kind, once all reductions are made that only pass on what is on top."""
        top = state
        while isinstance(action := self._actions[top].get(kind), tuple) and action[2] is None:
            top = self._actions[below][action[0]]
        self._passed_on[below, state, kind] = top
        return top

    def _look(self, state: int) -> tuple[tuple[Match, ...], Mapping[str, Callable[[Token], Token]], Set[str]]:
        """How the next token is found in a state: patterns, the first that matches counts; what is done to tokens, by kind; kinds that are ignored."""
        lexer = self._lexers[state]
        patterns = lexer.scanner._mres  # Lark has no other name for them; and they are made late, as it takes long
        callbacks = {str(name): callback for name, callback in lexer.callback.items()}
        look = self._looks[state] = tuple(pattern.match for pattern in patterns), callbacks, frozenset(map(str, lexer.ignore_types))
        return look


def _reduction(rule: Any, callbacks: Mapping[Any, Callable[[list[Any]], Any]]) -> Reduction:
    size, make = len(rule.expansion), callbacks[rule]
    return str(rule.origin.name), size, None if size == 1 and isinstance(make, ExpandSingleChild) else make


def _token(kind: str, text: str, start: int, end: int) -> Token:
    """A token that knows its place, not its line."""
    token: Token = str.__new__(Token, text)
    token.type = kind
    token.value = text
    token.start_pos = start
    token.end_pos = end
    return token
