"""L004: a share of however few."""

from __future__ import annotations

from collections.abc import Iterable

from rulelang import model
from rulelang.lint.framework import Found, LintRule, Subject
from rulelang.lint.walk import walk


def find(subject: Subject) -> Iterable[Found]:
    for rule in subject.rules:
        for part in walk(rule):
            if isinstance(part, model.Aggregate) and part.kind == "share" and part.at_least is None:
                remedy = "say of how many at least, as in: share(penalty where small at least 20)"
                yield Found(part.span, "a share without 'at least' is 100 % of one case", remedy)


RULE = LintRule(
    code="L004",
    name="share without a minimum",
    severity="error",
    reason="One case of one is 100 %. Without a minimum, whoever does little is found first.",
    bad="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    small: boolean
rule mostly_small
    when share(penalty where small) > 80% within officer over 30d
test "one small penalty"
    penalty at 2026-03-02T10:00 officer=P1 small=true
    expect mostly_small for officer P1
""",
    good="""
entity officer
event penalty "A penalty is imposed"
    officer: officer
    small: boolean
rule mostly_small
    when share(penalty where small at least 5) > 80% within officer over 30d
test "five small penalties, and somebody with one"
    penalty at 2026-03-02T10:00 officer=P1 small=true
    penalty at +1h officer=P1 small=true
    penalty at +1h officer=P1 small=true
    penalty at +1h officer=P1 small=true
    penalty at +1h officer=P1 small=true
    penalty at +1h officer=P2 small=true
    expect mostly_small for officer P1
    expect no other finding
""",
    find=find,
)
