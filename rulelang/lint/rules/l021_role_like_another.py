"""L021: a role that is written once, and nearly as another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

from rulelang import syntax
from rulelang.lint.framework import Found, LintRule, Subject

ALIKE = 0.85
"""How much of two names is the same, of 1, where one may be a slip of the other: `unit_head` and `unithead`, not `head` and `deputy_head`."""


def find(subject: Subject) -> Iterable[Found]:
    written = list(_written(subject))
    times = Counter(role.value for role in written)
    for role in written:
        if times[role.value] > 1:
            continue
        near = [name for name in times if name != role.value and times[name] > 1 and _alike(name, role.value) >= ALIKE]
        if near:
            meant = max(near, key=lambda name: _alike(name, role.value))
            yield Found(
                role.span,
                f"the role '{role.value}' is written only here, and '{meant}' {times[meant]} times: whoever has the one may not do what the other may",
                f"write {meant}, or give the role another name",
            )


def _written(subject: Subject) -> Iterable[syntax.Text]:
    for file in subject.files:
        for declared in file.declarations:
            if isinstance(declared, syntax.Procedure):
                for step in (declared.release, *declared.steps, declared.decision):
                    if step is not None:
                        yield from step.roles


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


RULE = LintRule(
    code="L021",
    name="role like another",
    severity="warning",
    reason="Roles are not declared; the service gives them to people by name. A role that is misspelt is had by nobody, and nobody can do the step.",
    bad="""
procedure all_warnings
    step notification by unit_head deadline 1d
    step verification by unit_haed deadline 3d may refute
    step review by reviewer deadline 5d other than verification may refute
    step rectification by unit_head deadline 30d
""",
    good="""
procedure all_warnings
    step notification by unit_head deadline 1d
    step verification by unit_head deadline 3d may refute
    step review by reviewer deadline 5d other than verification may refute
    step rectification by unit_head deadline 30d
""",
    find=find,
)
