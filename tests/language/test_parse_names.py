"""Only operator words are reserved: fields, events, rules and entities may be called like anything else."""

from __future__ import annotations

import pytest

from rulelang import keywords
from tests.language.trees import declarations, expression, short, tree, wrong

PARTS = {part for forms in keywords.WORDS.values() for form in forms for part in form.split()}
RESERVED = {form for forms in keywords.OPERATORS.values() for form in forms if " " not in form} | {"is", "followed", "preceded", "else"}
OTHERS = {word for table in (keywords.PERIODS, keywords.WEEKDAYS, keywords.LEVELS, keywords.TYPES) for word in table}
WORDS = sorted((PARTS - RESERVED) | OTHERS | {"time", "id", "source", "value", "with"})

# `zz` is the name.
TEMPLATES = [
    'event zz "x" zz: text b: number "mg" zz: integer',
    "entity a in zz from zz, zz retain 3d entity zz",
    "calendar zz open mon..fri 09:00..10:00 closed 2026-01-01 entity a",
    "let zz = zz + zz.zz let b = zz",
    "let a = zz and zz or not zz",
    "let a = zz == zz and zz in zz and zz not in (zz, zz)",
    "let a = zz is missing or zz is present or zz like zz or zz matches zz or zz starts with zz or zz ends with zz or zz contains zz",
    "let a = zz between zz and zz and zz during zz or zz outside zz",
    "let a = zz or else zz mod zz * -zz",
    "let a = (zz) + (zz, zz)",
    "let a = zz(zz, zz.zz) + zz()",
    "let a = count(zz) + count(zz where zz and zz.zz) + sum(zz.zz) + sum(zz + zz where zz > 1)",
    "let a = share(zz where zz among zz at least 20) + previous count(zz where zz)",
    "let a = this.zz > zz.zz",
    "let a = zz followed by zz and zz not preceded by zz",
    "let a = zz where zz.zz == zz preceded by zz where (zz and zz)",
    "let a = zz within zz",
    "let a = zz within zz by zz, zz by zz over 30d of zz",
    "let a = (zz within zz over zz.zz) and zz",
    "rule zz when zz about zz points zz level red",
    "rule zz when zz > 1 about zz.zz, zz approval",
    "rule zz on zz where zz and zz, zz after 3d of zz when zz repeat always",
    'rule zz on zz after zz - zz when zz and zz shadow since 2026-01-01 except zz until 2026-01-01 because "x" sample 2% by zz.zz',
    "rule zz category zz.zz owner zz on zz when not zz",
    "rule zz when zz within zz rule a when zz entity b",
    "ladder zz within zz over 30d blue at zz red at zz + 1 deadline zz of zz weight zz categories zz, zz.zz ladder b within zz by zz over month",
    'table zz(zz: text, zz: zz): number "mg" from "x.csv" entity zz',
    "table zz(): number 3 since 2026-01-01 4 entity zz",
    'test "t" zz at 2026-03-01 zz=1 zz="x" late zz at +1h zz at -1h late clock +3d zz at 2026-03-01T10:00 test "u"',
]


# Here `no`, `finding`, `warning` and `at` mean what they say.
EXPECTATIONS = [
    'test "t" expect zz zz at +1h expect zz about zz P1, zz P2 zz at +1h expect zz for zz P1 level red points 3 at +1h expect zz K1 at red zz at +1h',
    'test "t" expect zz message "x" expect no zz for zz K1 expect zz withdrawn expect zz "K 1" at none of zz points 3 expect no other finding',
]
KEPT = {form for name in ("NO", "FINDING", "WARNING", "AT") for form in keywords.WORDS[name]}


@pytest.mark.parametrize("template", TEMPLATES + EXPECTATIONS)
def test_a_name_may_be_any_word_but_an_operator(template: str) -> None:
    plain = [short(found) for found in declarations(template)]
    different = {}
    for word in WORDS if template in TEMPLATES else [word for word in WORDS if word not in KEPT]:
        text = template.replace("zz", word)
        if errors := wrong(text):
            different[word] = errors
        elif [short(found) for found in declarations(text)] != [found.replace("zz", word) for found in plain]:
            different[word] = [short(found) for found in declarations(text)]
    assert not different


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_an_operator_is_no_name(word: str) -> None:
    for template in ("let zz = 1", "let a = zz + 1 > zz.a", "event e zz: text", "rule zz when a"):
        assert wrong(template.replace("zz", word)), template


def test_a_field_called_previous_is_told_from_the_window_before() -> None:
    assert tree("previous > previous count(e)") == "(> previous (previous count(e)))"
    (rule,) = declarations("rule r when previous points (3 + 1)")
    assert short(rule).startswith("(Rule r - - - previous - (+ 3 1)")


def test_periods_are_names_but_after_over() -> None:
    assert tree("day within month over week") == "(within day month over <week>)"
    assert tree("day(time) == month and week.day > year") == "(and (== day(time) month) (> week.day year))"


def test_names_may_be_in_any_script() -> None:
    for name in ("酒精含量", "alkohol_größe", "скорость", "ταχύτητα", "السرعة", "गति", "ความเร็ว", "x1", "_x", "Ａ"):
        assert short(expression(name)) == name
