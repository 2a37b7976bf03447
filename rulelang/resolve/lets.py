"""Lets that are made of themselves.

In: the lets of a rule set.  Out: what is wrong with them, each circle told in one way wherever it is met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rulelang import syntax
from rulelang.diagnostics import Diagnostic
from rulelang.messages import diagnostic
from rulelang.resolve.walk import written_out


def circle(names: Sequence[str], lets: Mapping[str, syntax.Let]) -> Diagnostic:
    """That these lets go round; it is told from the one that is declared first."""
    begin = names.index(min(names, key=list(lets).index))
    chain = [*names[begin:], *names[:begin], names[begin]]
    return diagnostic("E209", lets[chain[0]].name_span, name=chain[0], chain=" is made of ".join(chain))


def circles(lets: Mapping[str, syntax.Let]) -> list[Diagnostic]:
    """All lets that go round, used or not."""
    used = {
        name: [p.text for p in written_out(let.value, {}) if isinstance(p, syntax.Name) and p.text in lets] for name, let in lets.items()
    }
    problems: list[Diagnostic] = []
    done: set[str] = set()
    for start in lets:
        chain, waiting = ([start], [iter(used[start])]) if start not in done else ([], [])
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                done.add(chain.pop())
                waiting.pop()
            elif name in chain:
                problems.append(circle(chain[chain.index(name) :], lets))
            elif name not in done:
                chain.append(name)
                waiting.append(iter(used[name]))
    return problems
