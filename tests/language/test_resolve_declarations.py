"""Each error of declarations, ladders and tests of the language, at exactly the place marked by « and ».

The texts stand behind the declarations of `resolving.DECLARATIONS`; a text in `TABLES` is the CSV file `t.csv` beside them.
"""

from __future__ import annotations

import math

import pytest

from rulelang import syntax
from rulelang.messages import declarations
from rulelang.resolve.literals import literal
from rulelang.timezones import Zone
from tests.language.checking import checked_with
from tests.language.resolving import DECLARATIONS, wrong

HERE = syntax.Span("x.rules", 0, 1)
CONDUCT = "ladder conduct within officer over 365d blue at 3 red at 6\n"
WATCHED = "rule watched when alcohol > 3 about officer\n" + CONDUCT
LATER = 'test "t" breath_test at 2026-03-02T10:00 officer=P1 alcohol=4 '
LADDER = "ladder l within officer blue at 3"
STEP = "step verification by unit_head"

# Code -> texts.
EXAMPLES: dict[str, list[str]] = {
    "E250": [
        "entity «case»",
        "event «ruling»",
        "event e f: number «f»: text",
        "table «today»(): number 3 since 2020-01-01",
        "table t(k: text, «k»: text): number",
        "calendar «working_hours»",
        "let a = 3 let «a» = 4",
        "rule r when alcohol > 3 rule «r» when alcohol > 4",
        f"{CONDUCT} ladder «conduct» within unit blue at 3",
        f"{LATER} expect no finding «{LATER}expect no finding»",
    ],
    "E251": [
        "«entity bureau in units»",
        "ladder l within «officers» blue at 3",
        f"{WATCHED}{LATER} expect watched about «officr P1»",
        f"{WATCHED}{LATER} expect «officr P1» at blue",
    ],
    "E252": [
        "«entity bureau in unit from postings»",
        'test "t" «rulings» at 2026-03-02T10:00 case=C1 expect no finding',
    ],
    "E253": ["event e f: «nmber»", "event e f: «bureau»", "table t(k: «string»): number", "table t(): «float»"],
    "E254": [
        "ladder l within officer blue at 3 deadline 3d of «office»",
        'ladder l within officer blue at 3 deadline 3d of «office» action "Talk"',
        "procedure p step verification by inspector deadline 2d of «office» decision by inspector",
    ],
    "E255": [f"{LATER} expect «watched»", f"{WATCHED}{LATER} expect no «wached»"],
    "E256": [f"{WATCHED}{LATER} «expect officer P1 at blue of conducts»"],
    "E257": [f"{LATER}«alcohl»=3 expect no finding"],
    "E258": ["event «finding»", "event «warning» officer: officer", "event «event_conflict»"],
    "E259": ["entity «time»", "entity «number»"],
    "E260": ["event e «id»: text", "event e «time»: time", "event e «source»: text", "event e «type»: text"],
    "E261": [],  # the declarations have a time zone: see test_declare
    "E262": ['«timezone "Europe/Berlin"»'],
    "E263": [f"{WATCHED}{LATER} «expect officer P1 at orange»"],
    "E264": ["table «round»(): number 3 since 2020-01-01", "table «count»(): number 3 since 2020-01-01"],
    "E265": ["entity «rule»", "entity «level»", "entity «ladder»"],
    "E266": [f"{LATER} «expect case C1 at blue»"],
    "E267": [f"{WATCHED}{LATER} «expect case C1 at blue of conduct»"],
    "E268": ["let «time» = 3", "let «this» = 3"],
    "E350": ['event e f: «text "yuan"»', 'event e f: «officer "yuan"»'],
    "E351": ["event e f: «(number)»"],
    "E352": [
        "entity bureau retain «30»",
        "ladder l within officer blue at «3d»",
        "ladder l within officer weight «3d» blue at 3",
        "ladder l within officer blue at 3 deadline «3»",
        'table t(k: number): number «"a"»: 3',
        'table t(k: text): integer "a": «2.5»',
        f"{LATER}machine=«3d» expect no finding",
    ],
    "E353": [],  # the parser says E114: trees made by other means are tested below
    "E420": ["ladder l within officer «gren» at 3", f"{WATCHED}{LATER} «expect watched level purple»"],
    "E450": ["entity «a» in a", "entity «a» in b entity b in c entity c in a", "entity x in a entity «a» in b entity b in a"],
    "E451": ["calendar c «working 2026-03-07»"],
    "E452": [
        "calendar c open mon 09:00..12:00 «open mon 11:00..13:00»",
        "calendar c «open mon 09:00..12:00, 11:00..13:00»",
        "calendar c «open mon 22:00..02:00» «open tue 01:00..03:00»".replace("«open mon 22:00..02:00»", "open mon 22:00..02:00"),
        "calendar c open mon 09:00..12:00 «working 2026-03-07 09:00..12:00, 11:00..13:00»",
    ],
    "E453": ["calendar c open mon 09:00..12:00 working 2026-03-07 «working 2026-03-07 10:00..12:00»"],
    "E454": [
        "calendar c «closed 2026-10-07..2026-10-01»",
        'table t(k: text): number «"a": 3 since 2026-02-01 until 2026-01-31»',
    ],
    "E455": ["calendar c «closed 2026-01-01..2046-01-01»"],
    "E456": ["entity bureau retain «0d»", "entity bureau retain «-1d»", "entity bureau retain «1d - 1d»"],
    "E457": [
        'table t(k: text): number "a": 3 «"a": 3»',
        'table t(k: text): number "a": 3 until 2026-01-31 «"a": 4 since 2026-01-31»',
        "table t(): number 3 since 2026-01-01 «4 since 2026-01-01»",
        'table t(k: officer): number "P1": 3 «" Ｐ1": 4»',
    ],
    "E458": ['table t(k: text): number «"a", "b": 3»', 'table t(): number «"a": 3»'],
    "E459": ['table t(k: officer): number «" "»: 3'],
    "E460": ["«entity bureau in unit from posting»", "«entity bureau in unit from login»"],
    "E461": [f"procedure p for «conduct» {STEP}"],
    "E462": [
        f"procedure p {STEP} procedure «q» {STEP}",
        f"{LADDER} procedure p for l {STEP} procedure q for «l» {STEP}",
        f"{LADDER} procedure p for l, «l» {STEP}",
    ],
    "E463": ["procedure p step «verification» deadline 3d", f"procedure p «release» from red {STEP}"],
    "E464": [f"procedure p {STEP} step «closing» by a", f"procedure p {STEP} step «decision» by a"],
    "E465": [
        "procedure p step a by x other than «b» step b by x",
        "procedure p step a by x other than «a»",
        f"procedure p release by s other than «verification» {STEP}",
    ],
    "E466": ["procedure «p»", "procedure «p» release by s"],
    "E467": [f"rule «grave» when alcohol is present level red approval procedure p {STEP}"],
    "E468": [
        f"procedure p «release by s may refute» {STEP}",
        f"procedure p {STEP} «decision by s may refute»",
        f"procedure p {STEP} «decision by s from red»",
    ],
    "E469": ["procedure p step «a» by x may refute", "procedure p step a by x may refute step «b» by x may refute step c by x"],
    "E470": ["ladder «l» within officer"],
    "E471": ["ladder l within officer blue at 3 «yellow at 3»", "ladder l within officer blue at 3 «yellow at 2.5»"],
    "E472": ["ladder l within officer blue at 3 «blue at 4»"],
    "E473": ["ladder l within officer blue at «0»", "ladder l within officer blue at «-1»"],
    "E474": ["ladder l within officer weight «-1» blue at 3"],
    "E475": ["ladder l within «officer by giver» blue at 3"],
    "E476": [
        "ladder l within officer «over 401d» blue at 3",
        "ladder l within licence «over 101d» blue at 3",
        "ladder l within licence «over year» blue at 3",
    ],
    "E477": ["ladder l within officer «over 30d of working_hours» blue at 3"],
    "E478": ["ladder l within officer «over 0d» blue at 3", "ladder l within officer «over 1d - 2d» blue at 3"],
    "E479": ["ladder l within officer blue at 3 deadline «0d»", "ladder l within officer blue at 3 deadline «-1d»"],
    "E480": ['test "t" breath_test at «+1h» officer=P1 expect no finding', 'test "t" clock «+1h» expect no finding'],
    "E481": [f"{LATER}«officer»=P2 expect no finding"],
    "E482": ['test "t" «finding» at 2026-03-02T10:00 officer=P1 expect no finding'],
    "E483": [f"{LATER}«clock 2026-03-02T09:59» expect no finding"],
    "E484": ["ladder l within officer yellow at 3 «blue at 4»", "ladder l within officer blue at 3 red at 4 «orange at 5»"],
    "E485": ["ladder l within officer blue at 3 deadline «2w» of working_hours"],
    "E486": ["ladder l within officer blue at 3 deadline «1.5d» of working_hours"],
    "E488": ["ladder l within officer blue at 3 deadline «month»", "entity bureau retain «year»"],
    "E318": [
        "ladder l within officer blue at 3 deadline «limit»",
        "entity bureau retain «officer»",
    ],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in EXAMPLES.items() for text in texts])
def test_an_error_is_found_where_it_is_and_nothing_else(code: str, text: str) -> None:
    found, places = wrong(text)
    assert found == [(code, place) for _, place in places]


def test_every_code_of_declarations_has_an_example() -> None:
    assert set(declarations.WORDINGS) <= set(EXAMPLES)
    assert [code for code, texts in EXAMPLES.items() if not texts] == ["E261", "E353"]


@pytest.mark.parametrize(
    "text",
    [
        "entity bureau retain 2 * 30d",
        "let kept = 30d entity bureau retain kept",
        "ladder l within officer over 400d blue at 0.1",
        "ladder l within licence over 100d blue at 3",
        "ladder l within officer over year blue at 3 yellow at 3.5 orange at 4 red at 5",
        "ladder l within officer yellow at 3 red at 4",
        "ladder l within officer weight 0 blue at 3",
        "calendar c open mon 22:00..02:00 open tue 02:00..03:00",
        "calendar c closed 2026-10-01..2026-10-01",
        'table t(k: text): number "a": 3 until 2026-01-31 "a": 4 since 2026-02-01',
        'table t(k: text): number "a": 3 since 2026-01-31 until 2026-01-31',
        f"{WATCHED}{LATER}clock 2026-03-02T10:00 expect watched",
        f"{LADDER} procedure p for l {STEP} procedure q {STEP}",
        f"rule grave when alcohol is present level red approval procedure p release by s from red {STEP}",
        "procedure p step a by x, y may refute step b by x other than a may refute decision by x deadline 1d",
        'test "t" warning_overdue at 2026-03-02T10:00 officer=P1 level=red expect no finding',
        f"{WATCHED}{LATER}breath_test at 2026-03-01T10:00 officer=P2 late clock 2026-03-02T10:00 expect watched level red about officer P1",
    ],
)
def test_what_is_just_within_the_bounds_is_no_error(text: str) -> None:
    assert checked_with(DECLARATIONS + text).errors == ()


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        (syntax.NumberLiteral(1.7e308, HERE), True),
        (syntax.NumberLiteral(10**308, HERE), True),
        (syntax.NumberLiteral(10**309, HERE), False),
        (syntax.NumberLiteral(math.inf, HERE), False),
        (syntax.DurationLiteral(106751991, "d", HERE), True),
        (syntax.DurationLiteral(106751992, "d", HERE), False),
        (syntax.DurationLiteral(1e308, "w", HERE), False),
    ],
)
def test_a_literal_beyond_what_can_be_calculated_with_is_an_error(written: syntax.Expression, fits: bool) -> None:
    found, problems = literal(written, Zone("UTC"))
    assert [problem.code for problem in problems] == ([] if fits else ["E353"])
    assert (found is not None) is fits
