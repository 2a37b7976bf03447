"""What each lint rule finds and what it leaves alone, beyond its two examples. «…» marks what must be found, and nothing else may be."""

from __future__ import annotations

import pytest

from tests.lint.linting import UNTESTED, linted, marked

DECLARATIONS = """
timezone "Asia/Shanghai"
calendar working_hours
    open mon..fri 09:00..12:00
entity unit
entity officer in unit
entity case
event posting
    officer: officer
    unit: unit
event breath_test
    case: case
    officer: officer
    alcohol: number "mg/100ml"
    machine: text
event blood_test
    case: case
    result: number "mg/100ml"
event detention
    case: case
    officer: officer
    due: time
    open: boolean
event ruling
    case: case
    officer: officer
    amount: number "yuan"
    article: text
    mild: boolean
    grade: integer
"""

USED = """
rule posted
    on posting
    when officer is present
rule tested
    on breath_test
    when machine is present
rule analysed
    on blood_test
    when result is present
rule detained
    on detention
    when due during working_hours or open is missing
rule ruled
    on ruling
    when grade is present
"""
"""Rules that use all declarations, so that none is reported as unused."""


def check(text: str, code: str) -> None:
    """The marked places are found with this code, and nothing else is found at all."""
    declares = any(
        text.lstrip().startswith(word) for word in ("rule ", "let ", "ladder ", "test ", "entity ", "event ", "table ", "procedure ")
    )
    plain, places = marked(DECLARATIONS + USED + (text if declares else f"rule r when {text}\n"))
    found = [(d.code, d.span.start, plain[d.span.start : d.span.end]) for d in linted(plain) if d.code != UNTESTED]
    assert found == [(code, start, place) for start, place in places]


FOUND: dict[str, list[str]] = {
    "L001": [
        "«alcohol > 80 and alcohol < 80»",
        "«grade == 2.5» and amount > 3",
        '«article == "a" and article == "b"»',
        "amount > 3 and («mild and not mild»)",
        "«not (amount == amount)»",
        "«amount != amount»",
        "«amount > grade and grade > amount»",
        "«alcohol is missing and alcohol > 80» within case",
        '«lower(article) == "A"»',
        "«length(article) < 0»",
        "«weekday(time) == 0» and mild",
        "«hour(time) > 23» and mild",
        '«case == " "»',
        "«count(ruling) < 0» within case",
        "«false and mild»",
        "amount > 3 and «grade > 1 and grade < 2» and mild",
        "«distinct(ruling.mild) > 2» within case",
        "«count(ruling) is missing» within case",
        "«share(ruling where mild at least 20) > 100.5%» within case",
        "count(ruling where «amount > 3 and amount < 2») > 1 within case",
        "breath_test where («alcohol > 3 and alcohol < 2») followed by ruling within case",
        "«alcohol in (1, 2) and alcohol > 2»",
        "«grade > 1 and grade < 2»",
        "«date(time) > 2026-03-01 and date(time) < 2026-03-02» and mild",
        "«amount between 5 and 3»",
        "«(amount or else 0) is missing»",
        "«max(amount, 5) < 5»",
        "«grade mod 7 == 7»",
        "«(amount > 3 or grade > 3) and amount < 2 and grade < 2»",
        "rule r on ruling where «amount > 3 and amount < 2» when mild",
        "rule r on ruling where amount > 3 when «amount < 2»",
        'rule r when mild and officer is present «except grade == 1 until 2026-01-01 because "trial"» since 2026-02-01',
        'rule r when mild and officer is present except «grade == 1.5» until 2026-01-01 because "trial"',
    ],
    "L002": [
        "amount > 200 and «amount > 100»",
        "amount > 200 or «amount > 300»",
        "mild and «mild»",
        "amount > 3 and «amount is present»",
        "(amount is missing or «amount is missing»)",
        "«count(ruling) >= 0» and mild within case",
        "«abs(amount) >= 0» and mild",
        "«hour(time) < 24» and mild",
        "«grade > 1 or grade < 3»",
        'article == "a" and «article != "b"»',
        "grade > 1 and «grade >= 2»",
        "not (amount > 200 and «amount > 100») or grade is missing or amount is missing",
        "count(ruling where amount > 5 and «amount > 3») > 1 within case",
        "«3 > 2» and mild",
    ],
    "L005": [
        '«article != "a"»',
        '«article not in ("a", "b")»',
        "«due outside working_hours»",
        '«lower(article) != "a"»',
        "«amount != grade»",
        'count(ruling where «article != "a"») > 1 within case',
        'count(ruling where «officer != "P1"») > 1 within case',
        "detention followed by ruling where («ruling.officer != this.officer») within case",
        'detention not followed by ruling where («article != "a"») within case over 3d',
        'rule r on ruling where «article != "a"» when mild',
        '«article != "a"» within case',
        'not (mild or else false) and «article != "a"»',
    ],
    "L006": [
        "«not mild»",
        "«not (amount > 3)»",
        '«not (article like "a*")»',
        "count(ruling where «not mild») > 1 within case",
        "«not (amount > 3)» within case",
        "rule r on ruling where «not mild» when grade > 3",
        "«not (amount > 3 or mild)»",
    ],
    "L007": [
        "«count(ruling) < 3» within case over 7d",
        "«count(ruling) == 0» within case over 7d",
        "«0 == count(ruling)» within case over 7d",
        "«distinct(ruling.officer) <= 1» within case over 7d",
        "«time - detention.time > 30d» within case",
        "«days(time - detention.time) > 30» within case",
        "«30d < time - detention.time» and count(ruling) == 0 within case",
        "«time > detention.due» within case",
        "«time > detention.due + 3d» and ruling.amount is missing within case",
        "«time - first(detention.time) > 30d» within case",
        "«blood_test.result is missing» within case",
        "(mild or «count(ruling) < 3») within case over 7d",
    ],
    "L008": [
        "«count(ruling) > 2 * previous count(ruling)» within officer over month",
        "«count(ruling) > previous count(ruling)» within officer over quarter",
        "«sum(ruling.amount) / previous sum(ruling.amount)» > 2 within officer over week",
        "«(count(ruling) within officer over month) > 2 * (previous count(ruling) within officer over month)»",
        "rule r on end of day when «count(ruling) > 2 * previous count(ruling)» within officer over month",
        "rule r on end of month when «count(ruling) > 2 * previous count(ruling)» within officer over week",
        "rule r on ruling after 3d when «count(ruling) > 2 * previous count(ruling)» within officer over month",
    ],
    "L009": [
        "rule r when «detention not followed by ruling» within case over 3d rule s when ruling followed by detention within case over 3d",
        "rule r when «detention not followed by ruling» within case over 3d rule s when detention preceded by ruling within case over 3d",
        """rule r when «detention not followed by ruling» within case over 3d
test "the ruling first"
    ruling at 2026-03-02T10:00 case=C1
    detention at +1h case=C1
    clock +5d
    expect no finding""",
    ],
    "L010": [
        'count(finding where finding.rule == «"rulled"») > 1 within officer',
        'count(finding where finding.rule in ("ruled", «"rulled"»)) > 1 within officer',
        'count(warning where warning.ladder == «"conduct"») > 1 within officer',
        'count(finding where finding.level == «"purple"») > 1 within officer',
        'rule r category a.b when count(finding where finding.category == «"a.c"») > 1 within officer',
        "ladder «conduct» within officer blue at 3 categories x rule s category a.b when mild and officer is present",
    ],
    "L011": [
        "rule r when amount > 3 rule «s» when (amount > 3)",
        "let high = amount > 3 rule r when high about officer rule «s» when amount > 3 points 2 about officer",
        "rule r when count(ruling) > 3 within case over 30d rule «s» when count(ruling) > 3 within case over 30d repeat after 7d",
    ],
    "L012": [
        "rule «r» when amount > 3 level red",
        "rule «r» when amount > 3 points 2",
        "rule «r» on ruling when officer is missing about officer level red",
        "rule «r» on ruling when officer is missing and amount > 3 about officer points 2",
    ],
    "L015": ["count(ruling where ruling.time > «this.due») > 3 within case"],
    "L017": [
        'article in ("a", "b", «"a"»)',
        "grade in (1, 2, «1»)",
        'officer in ("P17", «"Ｐ17"»)',
        'let grave = ("a", «"a"») rule r when article in grave',
    ],
    "L018": [
        "ladder conduct within unit blue at 3 rule r when count(ruling) > 3 within case points «3»",
        "ladder conduct within officer categories a.b blue at 3 rule r category a.c when mild about officer points «3»"
        " rule s category a.b when grade > 3 about officer",
        "ladder conduct within officer blue at 3 rule r when count(warning) > 3 within officer points «2»",
    ],
    "L019": ["rule «r» when amount > 3 about officer approval"],
    "L020": [
        "rule r on ruling after «401d» when mild",
        "rule r on ruling after «2 * 201d» when count(detention) == 0 within case",
        "rule «r» on ruling after 401d of working_hours when count(detention) == 0 within case",
        "rule r on ruling after «9625h» of working_hours when count(detention) == 0 within case",
        "entity short retain 10d event done short: short case: case"
        " rule r on done after «11d» when count(done) > 0 within short rule s when done.case is present",
    ],
    "L021": [
        "procedure p step one by unit_head step two by «unithead» step three by unit_head",
        "procedure p release by supervisor step one by clerk, «superviser» decision by supervisor, clerk",
        "procedure p for bad step one by 支队督察长官员 step two by «支队督察长管员» rule bad when mild about officer level red"
        " procedure q step one by 支队督察长官员",
    ],
}

LEFT_ALONE: dict[str, list[str]] = {
    "L001": [
        "alcohol > 80 or alcohol < 20",
        "alcohol >= 80 and alcohol <= 80",
        "amount > 1 and amount < 2",
        "amount == 2.5",
        "(amount > 3 or grade > 3) and amount < 2",
        "alcohol > 80 and result < 20 within case",
        'breath_test.officer == "P1" and detention.officer == "P2" within case',
        "count(ruling where amount > 3) > 1 and count(ruling where amount < 2) > 1 within case",
        "(count(ruling) > 3 within case over 3d) and (count(ruling) < 2 within officer over 3d)",
        'upper(article) == "A"',
        'rule r on ruling where amount > 3, detention when officer == "P1"',
        "rule r on ruling where amount > 3, detention when count(ruling) > 1 within case",
        'rule r when mild and officer is present except grade == 1 until 2026-02-01 because "trial" since 2026-02-01',
        "(detention.open within case) and (count(ruling) is missing within officer)",
    ],
    "L002": [
        "amount > 200 and amount <= 300",
        "(grade is missing or grade != 3)",
        "(amount > 3 or amount is missing)",
        "(mild or mild is missing)",
        "amount > 200 and amount > grade",
        "breath_test.alcohol > 80 and blood_test.result > 80 within case",
        "(amount > 3 and mild) or amount > 5",
        "count(ruling) > 0 within case",
    ],
    "L005": [
        '(article is missing or article != "a")',
        '(article or else "") != "a"',
        'article like "湘*" and article != "湘A"',
        'article in ("a", "b") and article != "b"',
        "time outside working_hours and mild",
        'source != "lab" and mild',
        'rule r on ruling where article is present when article != "a"',
        "count(ruling) != 3 within case",
        "amount > 3 and amount != grade and grade > 1",
        'officer != "P1" within officer',
        "detention followed by ruling where spelling(ruling.case) != spelling(this.case) within case",
        'count(ruling where case != "C1") > 3 within case',
    ],
    "L006": [
        "not (mild or else false)",
        "(mild is missing or not mild)",
        "not (mild is missing)",
        "not (count(ruling where amount > 3) > 1) within case",
        "not (detention preceded by ruling) within case",
        "mild and not (mild and hour(time) > 5)",
        "not (hour(time) >= 22) and mild",
    ],
    "L007": [
        "count(ruling) > 3 within case over 7d",
        "count(ruling) < 3 and breath_test.alcohol > 80 within case over 7d",
        "rule r on end of day when count(ruling) < 3 within case over 7d",
        "rule r on detention when count(ruling) == 0 within case over 7d",
        "rule r on detention after 7d when count(ruling) == 0 within case over 7d",
        "detention not followed by ruling within case over 7d",
        "ruling.amount > 6 and time - detention.time > 30d within case",
        "ruling.time - detention.time > 30d within case",
        "time - detention.time < 30d and ruling.amount > 3 within case",
        "share(ruling where mild at least 20) < 10% within officer over 90d",
        "previous count(ruling) == 0 and ruling.amount > 3 within case over 7d",
    ],
    "L008": [
        "count(ruling) > 2 * previous count(ruling) within officer over 30d",
        "avg(ruling.amount) > 2 * previous avg(ruling.amount) within officer over month",
        "rule r on end of month when count(ruling) > 2 * previous count(ruling) within officer over month",
        "rule r on end of quarter when count(ruling) > 2 * previous count(ruling) within officer over month",
        "previous count(ruling) > 3 and count(ruling) > 1 within officer over month",
        "detention not followed by ruling and count(detention) > 2 * previous count(detention) within case over month",
    ],
    "L009": [
        "detention not followed by ruling within case over 3d",
        "rule r when detention not followed by ruling and detention not preceded by ruling within case over 3d"
        " rule s when ruling followed by detention within case over 3d",
        """rule r when detention not followed by ruling within case over 3d
test "the ruling of another case first"
    ruling at 2026-03-02T10:00 case=C1
    detention at +1h case=C2
    ruling at +1h case=C2
    clock +5d
    expect no finding""",
    ],
    "L010": [
        'count(finding where finding.rule == "ruled") > 1 within officer',
        'rule r category a.b when count(finding where finding.category starts with "a") > 1 within officer',
        'article == "no rule"',
    ],
    "L011": [
        "rule r when amount > 3 rule s when amount > 4",
        "rule r when amount > 3 rule s on ruling where mild when amount > 3",
        "rule r when amount > 3 about case rule s when amount > 3 about officer",
        "rule r when amount > 3 rule s when amount > 3 disabled",
        "rule r on ruling when amount > 3 sample 2% by case rule s on ruling when amount > 3 sample 5% by case",
        "rule r when count(ruling) > 3 within case over 30d rule s when count(ruling) > 3 within case over 7d",
    ],
    "L012": [
        "rule r when count(ruling) > 3 within case level red",
        "rule r when amount > 3 about officer level red",
        "rule r when amount > 3",
        "rule r on ruling when (officer is missing or amount > 3) about officer level red",
        "rule r on ruling when officer is missing about officer, case level red",
        "rule r on ruling when count(ruling) > 3 and ruling.officer is missing within case about ruling.officer level red",
    ],
    "L017": ['article in ("a", "A", " a")', 'breath_test.machine in ("a", "b") or ruling.article in ("a", "b") within officer'],
    "L018": [
        "rule r when mild about officer points 3",
        "ladder conduct within unit blue at 3 rule r when mild about officer points 3",
        "ladder conduct within case blue at 3 rule r when count(ruling) > 3 within case points 3",
        "ladder conduct within officer categories a blue at 3 rule r category a.c when mild about officer points 3",
        "ladder conduct within unit blue at 3 rule r when count(ruling) > 3 within case points 3 shadow",
    ],
    "L019": ["rule r when amount > 3 about officer level red approval"],
    "L020": [
        "rule r on ruling after 400d when mild",
        "rule r on detention after detention.due - detention.time when count(ruling) == 0 within case",
        "rule r on ruling after 30d of working_hours when count(detention) == 0 within case",
        "detention not followed by ruling within case over 400d",
        "detention not followed by ruling within case over year",
    ],
    "L021": [
        "procedure p step one by head step two by deputy_head step three by head",
        "procedure p step one by unit_head step two by unithead",
        "procedure p step one by unit_head, unithead step two by unit_head, unithead",
        "procedure p step one by 大队长 step two by 中队长 step three by 大队长",
    ],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in FOUND.items() for text in texts])
def test_it_is_found_where_it_is_and_nothing_else(code: str, text: str) -> None:
    check(text, code)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in LEFT_ALONE.items() for text in texts])
def test_what_only_looks_like_it_is_left_alone(code: str, text: str) -> None:
    check(text, code)


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ("count(ruling) > 2 * previous count(ruling)", "note"),
        ("2 * previous count(ruling) <= distinct(ruling.amount)", "note"),
        ("count(ruling) < previous count(ruling)", "warning"),
        ("sum(ruling.amount) > previous sum(ruling.amount)", "warning"),
        ("count(ruling) / 2 < previous count(ruling)", "warning"),
    ],
)
def test_a_part_that_outgrows_the_whole_before_it_is_a_note_and_all_else_a_warning(condition: str, severity: str) -> None:
    found = linted(DECLARATIONS + USED + f"rule r when {condition} within officer over month\n")
    assert [d.severity for d in found if d.code == "L008"] == [severity]


def test_long_lists_and_long_chains_are_read_to_their_end() -> None:
    listed = ", ".join(f'"a{i}"' for i in range(3000))
    chain = " or ".join(f"grade == {i}" for i in range(150))
    check(f'article in ({listed}, «"a0"»)', "L017")
    check(f"({chain} or «grade == 149»)", "L002")
