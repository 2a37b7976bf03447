"""What tests of the resolver share: declarations to write rules over, and a rule's meaning by its text."""

from __future__ import annotations

from rulelang import model
from tests.language.checking import checked_with, meant

DECLARATIONS = """
timezone "Asia/Shanghai"

calendar working_hours
    open mon..fri 09:00..12:00, 13:30..17:30

entity unit
entity officer in unit from posting
entity licence retain 100d
entity case
entity account lookalike
entity ghost

event posting
    officer: officer
    unit: unit
    remark: text
    grade: text

event breath_test
    case: case
    officer: officer
    alcohol: number "mg/100ml"
    machine: text

event blood_test
    case: case
    result: number "mg/100ml"
    remark: text

event detention
    case: case
    officer: officer
    due: time
    limit: duration

event ruling
    case: case
    amount: number "yuan"
    mild: boolean

event settlement
    officer: officer
    licence: licence
    points: integer "points"
    amount: number "yuan"
    booked: boolean
    grade: integer

event login
    account: account
    officer: officer
    place: text

event reset
    account: account
    target: account

event swap
    giver: officer
    taker: officer

event heartbeat
    signal: integer

table fine_floor(article: text, region: text): number "yuan"
    "A", "R": 200
table limit_of(amount: number "yuan"): number
    1: 2
table today(): number "mg/100ml"
    80 since 2011-05-01
table shifts(unit: unit): duration
    "U1": 8h
"""


def rule(text: str) -> model.Rule:
    """The rule `r` of a text, over the declarations above."""
    rules = {found.name: found for found in meant(DECLARATIONS + text).rules}
    return rules["r"]


def when(condition: str, clauses: str = "") -> model.Rule:
    """The rule of a condition."""
    return rule(f"rule r\n    when {condition}\n    {clauses}\n")


def wrong(marked: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is found in a text, and what it says should be: «…» is the place of one error each. Of both, code-less place texts with offsets."""
    begin, places, plain = [], [], ""
    for char in marked:
        if char == "«":
            begin.append(len(plain))
        elif char == "»":
            start = begin.pop()
            places.append((start, plain[start:]))
        else:
            plain += char
    checked = checked_with(DECLARATIONS + plain)
    before = len(DECLARATIONS)
    source = DECLARATIONS + plain
    found = [(d.code, f"{d.span.start - before}: {source[d.span.start : d.span.end]}") for d in checked.errors]
    return found, [("", f"{start}: {text}") for start, text in sorted(places)]
