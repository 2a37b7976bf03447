"""The one layout of rule files: what it looks like, that it changes no meaning and loses no comment, and that it is at rest."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rulelang import grammar
from rulelang.format import format_text
from rulelang.format.layout import WIDTH_MAX
from rulelang.format.same import outline
from rulelang.parse import parse_file
from rulelang.punctuation import as_ascii
from rulelang.source import display_width
from tests.language.ruletexts import rule_text, scattered, tokens
from tests.language.test_grammar import PASSED_ON

ROOT = Path(__file__).parents[2]


def formatted(text: str) -> str:
    found, errors = format_text("x.rules", text)
    assert found is not None, errors
    return found


def at_rest(text: str) -> None:
    """The text is laid out as it should be."""
    assert formatted(text) == text


# ------------------------------------------------------------------ what it looks like

WRITTEN = """\
timezone "Asia/Shanghai"
entity case entity officer in unit from posting
calendar  office open mon..fri 09:00..12:00 ,13:30..17:30 closed 2026-10-01 .. 2026-10-07
let grave=150 let at_night = hour( time )>=22 or hour(time)<6
event blood_test "Laboratory result" case:case blood_result : number "mg/100ml"
table fine_floor(article:text,region:text):number "yuan" from "f.csv" table drunk( ): number "mg/100ml" 80 since 2011-05-01
rule blood_contradicts_breath title "Blood" when alcohol_field>drunk() and blood_result<drunk() within case about breath_test . officer points - 6
level orange
ladder conduct within officer over 365d blue at 3 action "A" yellow at 6 deadline 3d of office weight 20 % + 1
test "t" breath_test at 2026-03-01T22:10 case = C1 officer=P17 blood_test at +14h late clock +3d expect no other finding
""".replace("20 % + 1", "20%")

LAID_OUT = """\
timezone "Asia/Shanghai"

entity case
entity officer in unit from posting

calendar office
    open mon..fri 09:00..12:00, 13:30..17:30
    closed 2026-10-01..2026-10-07

let grave = 150
let at_night = hour(time) >= 22 or hour(time) < 6

event blood_test "Laboratory result"
    case: case
    blood_result: number "mg/100ml"

table fine_floor(article: text, region: text): number "yuan" from "f.csv"

table drunk(): number "mg/100ml"
    80 since 2011-05-01

rule blood_contradicts_breath
    title "Blood"
    when alcohol_field > drunk() and blood_result < drunk() within case
    about breath_test.officer
    points -6
    level orange

ladder conduct within officer over 365d
    blue at 3 action "A"
    yellow at 6 deadline 3d of office
    weight 20%

test "t"
    breath_test at 2026-03-01T22:10 case=C1 officer=P17
    blood_test at +14h late
    clock +3d
    expect no other finding
"""


def test_declarations_stand_apart_and_their_parts_below_them() -> None:
    assert formatted(WRITTEN) == LAID_OUT


def test_the_words_stay_in_their_language_and_punctuation_becomes_plain() -> None:
    text = "规则 甲 当 血检结果＞＝80 并且（非 甲 ＝＝ ＂乙，丙＂）and b 同一 案件，officer 近 月 消息 ＂{甲}，{计数（乙 其中 丙＝＝＂丁＂）}＂"
    assert formatted(text) == (
        '规则 甲\n    当 血检结果 >= 80 并且 (非 甲 == "乙，丙") and b 同一 案件, officer 近 月\n    消息 "{甲}，{计数（乙 其中 丙＝＝"丁"）}"\n'
    )


EXPRESSIONS = [
    "a + b * -c - (d or else 0) mod 2 / e",
    "not a and (b or not (c and d))",
    "a == 1 and b != 2 or c in (1, 2) or d not in (3,)",
    "x between 1 and 2 and y is missing or z is present",
    "time during office and time outside night",
    "detention where x > 1 not followed by ruling where (y or z) within case over 36h of office",
    "count(e where a and b) > 2 * previous count(e where a and b)",
    "share(e where a among b at least 20) > 30%",
    "distinct(spelling(login.account)) > 1 within account by target, officer over month",
    "(count(e) within officer over 30d) > 3 * (count(e) within unit)",
    'this.amount >= f(a, b.c, "x") - now()',
    "-(a + b) > --c",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_words_of_an_expression_have_one_space_between_them(text: str) -> None:
    at_rest(f"let x = {text}\n")
    loose = formatted(f"let x = {text.replace('(', ' ( ').replace(')', ' ) ').replace(' ', chr(10) + ' ')}")
    assert loose == f"let x = {text}\n"


LONG = """\
rule r
    when alcohol_field_of_the_breath_test > 80 and blood_result_of_the_laboratory < 80 and officer_of_the_case == "P17"
        within case, officer over 30d
    about breath_test.officer, case

rule every_operand_on_its_line
    when alcohol_field_of_the_breath_test > 80
        and blood_result_of_the_laboratory < 80
        and (officer_of_the_case == "P17" or officer_of_the_case == "P18")
        and not another_field_of_it
        within case

rule and_within_or
    when alcohol_field_of_the_breath_test > 80 and blood_result_of_the_laboratory < 80
        or alcohol_field_of_the_breath_test > 180
            and blood_result_of_the_laboratory < 180
            and the_name_of_yet_another_field
            and the_last_of_them

rule in_parentheses
    when (
            alcohol_field_of_the_breath_test > 80
            or blood_result_of_the_laboratory < 80
            or officer_of_the_case == "P17"
            or another_field_of_it
        )
        and detention_of_the_driver not preceded by ruling_of_the_office
        within case

rule a_pattern
    when detention_of_the_driver where detention_of_the_driver.reason_of_it in ("licence withheld", "vehicle towed")
            not followed by ruling_of_the_office where ruling_of_the_office.kind_of_it == this.kind_of_it
        within case over 10d of working_hours

rule a_call
    when share(
            offence
            where measured == "EST" and recorded_by_the_officer_in_person
            among measured is present or recorded_by_the_officer
            at least 20
        ) > 90%
        within officer over 90d

rule a_list
    when kind_of_the_offence in (
            "speeding", "red light", "parking", "no licence", "no insurance", "overload", "drunk driving",
            "hit and run", "wrong lane"
        )

rule an_exception
    when x
    on breath_test where breath_test.alcohol_field_of_it >= 80 and breath_test.officer_of_it is present, blood_test
        after breath_test.due_of_it - time
    except officer_of_the_case in ("P17", "P18") and alcohol_field_of_the_breath_test < 200
        until 2026-12-31
        because "the two of them calibrate the machines of the whole city"

calendar office
    closed 2026-01-01, 2026-02-01, 2026-03-01, 2026-04-01, 2026-05-01, 2026-06-01, 2026-07-01, 2026-08-01, 2026-09-01,
        2026-10-01

ladder conduct within officer over 365d
    blue at 3 action "A written reminder to the officer, with a copy to the head of the unit that the officer is in"
        deadline 5d of office

test "t"
    breath_test at 2026-03-01T22:10 case=C1 officer=P17 alcohol_field_of_it=196 place_of_it="G4 northbound, kilometre 7"
        machine="M7" late
    expect blood_contradicts_breath for case C1 about officer P17, officer P18 level orange points 6 at 2026-03-03T12:10
        message "Case C1: breath 196 mg/100ml, blood 62 mg/100ml, 14 hours later"
"""


def test_long_lines_break_at_the_loosest_operator_first() -> None:
    at_rest(LONG)
    assert formatted(" ".join(LONG.split())) == LONG


def test_a_line_may_be_as_long_as_the_bound_and_no_longer() -> None:
    fits = "let x = " + "a" * (WIDTH_MAX - len("let x =  or b")) + " or b\n"
    assert len(fits) == WIDTH_MAX + 1
    at_rest(fits)
    assert formatted(fits.replace("aaa", "aaaa", 1)).count("\n") == 2


def test_wide_characters_take_two_columns() -> None:
    fits = f"let x = a{'测' * 53} or b\n"
    assert display_width(fits.rstrip()) == WIDTH_MAX
    at_rest(fits)
    assert formatted(fits.replace("a", "aa")) == fits.replace("a", "aa").replace(" or", "\n    or")


def test_a_text_is_never_broken() -> None:
    at_rest(f'rule r\n    title "{"x" * 300}"\n    when a\n')


# ------------------------------------------------------------------ empty lines and comments


def test_declarations_of_one_line_may_stand_close_or_apart() -> None:
    at_rest("entity a\nentity b\n\nentity c\n\nlet x = 1\nlet y = 2\n\nlet z = 3\n")
    assert formatted("entity a\n\n\n\nentity b\nlet x = 1\nrule r when x\nrule s when x") == (
        "entity a\n\nentity b\n\nlet x = 1\n\nrule r\n    when x\n\nrule s\n    when x\n"
    )


def test_an_empty_line_between_parts_stays_and_more_become_one() -> None:
    assert formatted('test "t"\n\n\n    clock +1d\n\n\n\n    clock +2d\n    clock +3d') == (
        'test "t"\n    clock +1d\n\n    clock +2d\n    clock +3d\n'
    )


COMMENTS = """\
# The head of the file.
# It has two lines.

# The zone.
timezone "UTC"  # of the office

entity a  # behind a
# of b
entity b

# alone

# of c
entity c
    # still of c

rule r  # the rule
    # of the title
    title "x"  # behind it

    # of the condition
    when a  # first
        # before the operator
        and  # behind the operator
        # before b
        b  # last
        within case
    points 3
    # below the last clause

# of the test
test "t"
    # below the head
    clock +1d  # a day

    # of the expectation
    expect no finding

# The end.
"""


def test_comments_stay_with_what_they_stand_by() -> None:
    at_rest(COMMENTS)


def test_comments_of_a_part_are_indented_like_it() -> None:
    assert formatted('rule r\n# of the title\n  title "x"\n          # of when\n when a\n\t# below\n# of the next\nlet x = 1') == (
        'rule r\n    # of the title\n    title "x"\n    # of when\n    when a\n    # below\n\n# of the next\nlet x = 1\n'
    )


def test_a_comment_behind_a_word_ends_its_line() -> None:
    assert formatted("let x = f( # one\na, # two\nb # three\n) # four") == ("let x = f(  # one\n    a,  # two\n    b  # three\n)  # four\n")


def test_files_of_comments_alone_and_empty_files_are_kept() -> None:
    at_rest("")
    at_rest("# a\n\n# b\n")
    assert formatted("\n\n  # a\n\n\n# b") == "# a\n\n# b\n"
    assert formatted(" \n\t\n") == ""


def test_the_file_ends_with_one_line_end_and_lines_end_plainly() -> None:
    assert formatted("\ufeffentity a\r\n\r\n\r\nentity b\t \r\n\r\n") == "entity a\n\nentity b\n"


# ------------------------------------------------------------------ nothing is lost


def test_a_file_with_errors_is_not_laid_out() -> None:
    found, errors = format_text("x.rules", "let x = =\nentity   a\n")
    assert found is None
    assert [e.code for e in errors] == ["E102"]


def in_order(text: str) -> list[str]:
    """Words and comments in their order, in one spelling."""
    clean = as_ascii(text).text
    words = tokens(clean)
    ends = [0, *(token.end_pos or 0 for token in words)]
    starts = [*(token.start_pos or 0 for token in words), len(clean)]
    found: list[str] = []
    for index, (end, start) in enumerate(zip(ends, starts, strict=True)):
        found += [line.strip() for line in clean[end:start].replace("#", "\n#", 1).split("\n") if line.strip("\ufeff \t\r\u3000")]
        if index < len(words):
            shown = str(words[index])
            found.append(shown if shown.startswith('"') else "".join(shown.split()))
    return found


@pytest.mark.seeds(120)
def test_a_generated_file_is_at_rest_and_means_the_same(seed: int) -> None:
    rng = random.Random(seed)
    text = scattered(rule_text(rng), rng)
    laid_out = formatted(text)
    assert formatted(laid_out) == laid_out
    assert in_order(laid_out) == in_order(text)
    before, after = (parse_file("x.rules", t)[0].declarations for t in (text, laid_out))
    assert outline(before) == outline(after)
    assert [line for line in laid_out.splitlines() if line != line.rstrip()] == []


@pytest.mark.seeds(40)
def test_the_layout_does_not_depend_on_how_the_file_was_written(seed: int) -> None:
    rng = random.Random(seed)
    text = rule_text(rng)
    one, other = (formatted(scattered(text, rng, comments=False)) for _ in range(2))
    assert [line for line in one.splitlines() if line] == [line for line in other.splitlines() if line]


@pytest.mark.parametrize(
    "path", sorted(p for folder in ("rules", "docs/examples") for p in (ROOT / folder).rglob("*.rules")), ids=lambda p: p.stem
)
def test_the_shipped_rules_are_laid_out(path: Path) -> None:
    at_rest(path.read_text("utf-8"))


def test_long_chains_are_laid_out() -> None:
    for text in ("+".join(["x"] * 3000), "-" * 3000 + "x", "not " * 3000 + "x", "x" + " within y" * 3000, " or ".join(["x"] * 3000)):
        laid_out = formatted(f"let a = {text}")
        assert formatted(laid_out) == laid_out


def test_there_is_no_rule_of_the_grammar_that_is_not_generated() -> None:
    seen: set[str] = set()
    for seed in range(200):
        tree = grammar.tree_parser().parse(as_ascii(rule_text(random.Random(seed))).text, start="start")
        seen |= {str(subtree.data) for subtree in tree.iter_subtrees()}
    made = {str(rule.alias or rule.origin.name) for rule in grammar.parser().rules}
    assert {name for name in made if not name.startswith("_")} - seen - PASSED_ON == set(grammar.STARTS) - {"start", "expr"}
