"""What an analyst writes, construct by construct, and the tree that it makes."""

from __future__ import annotations

import pytest

from rulelang import syntax
from tests.language.trees import declaration, declarations, expression, short, tree

# ------------------------------------------------------------------ expressions

PRECEDENCE = [
    # lowest to highest: within, or, and, not, patterns, comparisons, + -, * / mod, or else, unary minus, calls
    ("a or b within case", "(within (or a b) case)"),
    ("a and b or c and d", "(or (and a b) (and c d))"),
    ("a or b or c", "(or a b c)"),
    ("a and b and c", "(and a b c)"),
    ("not a and b", "(and (not a) b)"),
    ("not a or not not b", "(or (not a) (not (not b)))"),
    ("not a followed by b", "(not (followed-by a b))"),
    ("not x == 1", "(not (== x 1))"),
    ("a where x == 1 followed by b where y < 2 and c", "(and (followed-by (a where (== x 1)) (b where (< y 2))) c)"),
    ("a == 1 + 2", "(== a (+ 1 2))"),
    ("1 - 2 - 3", "(- (- 1 2) 3)"),
    ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
    ("8 / 4 / 2 mod 3", "(mod (/ (/ 8 4) 2) 3)"),
    ("2 * a or else b + 1", "(+ (* 2 (or-else a b)) 1)"),
    ("a or else b or else 0", "(or-else (or-else a b) 0)"),
    ("a or else b or c", "(or (or-else a b) c)"),
    ("-a or else b", "(or-else (- a) b)"),
    ("a or else -b", "(or-else a (- b))"),
    ("--a * -b", "(* (- (- a)) (- b))"),
    ("-f(x) - -1", "(- (- f(x)) (- 1))"),
    ("(a or b) and c", "(and (or a b) c)"),
    ("((a))", "a"),
    ("(1 + 2) * 3", "(* (+ 1 2) 3)"),
    ("not (a and b)", "(not (and a b))"),
    ("x between 1 + 1 and 2 * 2 and y", "(and (Between x (+ 1 1) (* 2 2)) y)"),
    ("not x between 1 and 2", "(not (Between x 1 2))"),
    ("x in (1, 2) or y", "(or (in x (ListLiteral [1 2])) y)"),
]


@pytest.mark.parametrize(("text", "expected"), PRECEDENCE)
def test_what_binds_tighter_is_taken_first(text: str, expected: str) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    "operator", ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "matches", "starts with", "ends with", "contains"]
)
def test_each_comparison_stands_between_two_values(operator: str) -> None:
    assert tree(f"a + 1 {operator} b") == f"({operator.replace(' ', '-')} (+ a 1) b)"


def test_comparisons_of_one_value() -> None:
    assert tree("a + 1 is missing and b is present") == "(and (missing (+ a 1)) (present b))"
    assert tree("time during working_hours or due - 1d outside working_hours") == (
        "(or (during time working_hours) (outside (- due 1d) working_hours))"
    )


LITERALS = [
    ("80", "80"),
    ("80.5", "80.5"),
    ("1e3", "1000.0"),
    ("2.5E-1", "0.25"),
    ("80%", "0.8"),
    ("2.5%", "0.025"),
    ("30d", "30d"),
    ("12h", "12h"),
    ("15m", "15m"),
    ("90s", "90s"),
    ("2w", "2w"),
    ("1.5h", "1.5h"),
    ("true and false", "(and true false)"),
    ("2026-03-01", "2026-03-01"),
    ("1970-01-01T00:01", "(time 60000000)"),
    ("1970-01-01T00:00:01.5", "(time 1500000)"),
    ("1970-01-01T00:00:00.000001", "(time 1)"),
    ("1970-01-01T08:00+08:00", "(time 28800000000 +28800s)"),
    ("1970-01-01T00:00Z", "(time 0 +0s)"),
    ("1969-12-31T23:00-03:30", "(time -3600000000 -12600s)"),
    ('"湘A*"', '"湘A*"'),
    ('""', '""'),
    (r'"a \"b\" \\ \n"', r'"a "b" \ \n"'),
    ('"# no comment，（）"', '"# no comment，（）"'),
    ('("a",)', '(ListLiteral ["a"])'),
    ('("a", "b",)', '(ListLiteral ["a" "b"])'),
    ("(a or b, 1 + 2)", "(ListLiteral [(or a b) (+ 1 2)])"),
]


@pytest.mark.parametrize(("text", "expected"), LITERALS)
def test_a_literal_is_what_it_says(text: str, expected: str) -> None:
    assert tree(text) == expected


def test_a_number_without_a_fraction_is_an_integer_and_keeps_its_digits() -> None:
    number = expression("9223372036854775807")
    assert isinstance(number, syntax.NumberLiteral)
    assert number.value == 9223372036854775807
    assert type(number.value) is int


CALLS = [
    ("drunk()", "drunk()"),
    ("fine_floor(article, region)", "fine_floor(article, region)"),
    ("round(x + 1)", "round((+ x 1))"),
    ("count(e)", "count(e)"),
    ("count(e where x > 1 and y)", "count(e where (and (> x 1) y))"),
    ("sum(x or else 0 where not y)", "sum((or-else x 0) where (not y))"),
    ("latest(x > 3)", "latest((> x 3))"),
    ("share(e where a among b at least 20)", "share(e where a among b least 20)"),
    ("share(e where a at least 20)", "share(e where a least 20)"),
    ("previous count(e where x)", "(previous count(e where x))"),
    ("count(e) > 2 * previous count(e)", "(> count(e) (* 2 (previous count(e))))"),
    ("distinct(spelling(login.account)) > 1 within account", "(within (> distinct(spelling(login.account)) 1) account)"),
    ("this.amount == payment.amount", "(== this.amount payment.amount)"),
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_calls_and_aggregates(text: str, expected: str) -> None:
    assert tree(text).replace("drunk()", "drunk()") == expected


PATTERNS = [
    ("a followed by b", "(followed-by a b)"),
    ("a preceded by b", "(preceded-by a b)"),
    ("a not followed by b", "(not-followed-by a b)"),
    ("a not preceded by b", "(not-preceded-by a b)"),
    ("a where x followed by b where y is missing", "(followed-by (a where x) (b where (missing y)))"),
    ("a where not x preceded by b", "(preceded-by (a where (not x)) b)"),
    ("a followed by b where (x > this.x or y)", "(followed-by a (b where (or (> x this.x) y)))"),
    ("a followed by b and c not followed by d", "(and (followed-by a b) (not-followed-by c d))"),
]


@pytest.mark.parametrize(("text", "expected"), PATTERNS)
def test_patterns_of_two_events(text: str, expected: str) -> None:
    assert tree(text) == expected


SCOPES = [
    ("a within case", "(within a case)"),
    ("a within officer, licence over 30d", "(within a officer, licence over 30d)"),
    ("a within account by target", "(within a account by target)"),
    ("a within account by target, officer by clerk over 2 * 30d", "(within a account by target, officer by clerk over (* 2 30d))"),
    ("a within case over month", "(within a case over <month>)"),
    ("a within case over day", "(within a case over <day>)"),
    ("a within case over week", "(within a case over <week>)"),
    ("a within case over quarter", "(within a case over <quarter>)"),
    ("a within case over year", "(within a case over <year>)"),
    ("a within case over day(limit)", "(within a case over day(limit))"),
    ("a followed by b within case over 36h of working_hours", "(within (followed-by a b) case over 36h of working_hours)"),
    ("a and (b within case over 10m) and (c within officer)", "(and a (within b case over 10m) (within c officer))"),
    (
        "(count(e) within officer over 30d) > 3 * (distinct(x) within unit)",
        "(> (within count(e) officer over 30d) (* 3 (within distinct(x) unit)))",
    ),
    ("a within case within officer", "(within (within a case) officer)"),  # the resolver says that scopes do not nest
]


@pytest.mark.parametrize(("text", "expected"), SCOPES)
def test_scopes(text: str, expected: str) -> None:
    assert tree(text) == expected


# ------------------------------------------------------------------ Chinese, full-width, layout

MIXED = [
    ("呼气 > 80 并且 血检 < 80 同一 案件", "(within (and (> 呼气 80) (< 血检 80)) 案件)"),
    ("甲 或者 乙 or 丙 或 丁 且 非 戊", "(or 甲 乙 丙 (and 丁 (not 戊)))"),
    ("count(e) >= 3 同一 case 近 30d", "(within (>= count(e) 3) case over 30d)"),
    ("去重（登记.车辆）＞＝3 同一 证件 近 月", "(within (>= distinct(登记.车辆) 3) 证件 over <month>)"),
    ("扣留 之后无 裁决 同一 案件 近 3d 按 办公时间", "(within (not-followed-by 扣留 裁决) 案件 over 3d of 办公时间)"),
    ("扣留 之后有 裁决 其中 金额 > 本事件.金额", "(followed-by 扣留 (裁决 where (> 金额 this.金额)))"),
    ("甲 之前有 乙 或 甲 之前无 乙", "(or (preceded-by 甲 乙) (not-preceded-by 甲 乙))"),
    ("占比（处罚 其中 轻 范围 查 至少 20）＞ 30％", "(> share(处罚 where 轻 among 查 least 20) 0.3)"),
    ("上一期 计数（处罚）", "(previous count(处罚))"),
    ("金额 介于 1 and 2 且 x 不属于 （1，2）", "(and (Between 金额 1 2) (not-in x (ListLiteral [1 2])))"),
    ("金额 介于 1 并且 2", "(Between 金额 1 2)"),
    ('车牌 形如 ＂湘A*＂ 或 车牌 匹配 "^湘"', '(or (like 车牌 "湘A*") (matches 车牌 "^湘"))'),
    ("甲 开头为 乙 且 甲 结尾为 乙 且 甲 包含 乙 且 甲 属于 乙", "(and (starts-with 甲 乙) (ends-with 甲 乙) (contains 甲 乙) (in 甲 乙))"),
    ("甲 缺失 或 乙 存在 或 time 时段内 丙 或 time 时段外 丙", "(or (missing 甲) (present 乙) (during time 丙) (outside time 丙))"),
    ("甲 缺省为 0 取余 2 == 真 或 假", "(or (== (mod (or-else 甲 0) 2) true) false)"),
    ("a！＝1 ａｎｄ b", None),
    ("－a＋b＊c／d", "(+ (- a) (/ (* b c) d))"),
    ("合计（罚款，）", None),
    (
        "平均（x） ＋ 最小（x） ＋ 最大（x） ＋ 最早（x） ＋ 最新（x） ＋ 合计（x） ＋ 原文（x）",
        "(+ (+ (+ (+ (+ (+ avg(x) min(x)) max(x)) first(x)) latest(x)) sum(x)) spelling(x))",
    ),
]


@pytest.mark.parametrize(("text", "expected"), [(text, expected) for text, expected in MIXED if expected])
def test_chinese_words_and_full_width_punctuation_mix_with_english(text: str, expected: str) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize("text", [text for text, expected in MIXED if not expected])
def test_full_width_letters_are_letters_not_words(text: str) -> None:
    with pytest.raises(AssertionError):
        tree(text)


def test_full_width_punctuation_in_texts_is_kept() -> None:
    assert tree('"他说＂好＂，（真）"') == '"他说＂好＂，（真）"'
    assert tree("＂甲，乙＂") == '"甲，乙"'


def test_a_text_that_began_full_width_may_end_with_either_quote() -> None:
    assert [short(d) for d in declarations('let a = ＂甲"\nlet b = ＂乙＂')] == ['(Let a "甲")', '(Let b "乙")']


def test_full_width_underscores_belong_to_names() -> None:
    assert tree("a＿b") == "a_b"


def test_an_ideographic_space_is_white_space() -> None:
    assert tree("a　and　b") == "(and a b)"


def test_names_are_compared_in_nfc() -> None:
    assert tree("cafe\u0301 > 1") == "(> caf\u00e9 1)"
    assert tree("हिन्दी > 1") == "(> हिन्दी 1)"


LAYOUTS = [
    "rule r when a and b about officer points 3",
    "rule r\n    when a\n        and b\n    about officer\n    points 3\n",
    "rule\nr\nwhen\na\nand\nb\nabout\nofficer\npoints\n3",
    "\ufeffrule r\r\n\twhen a and b\r\n\tabout officer\r\n\tpoints 3\r\n",
    "rule r # one\nwhen a # two\nand b\n# three\nabout officer points 3 # four",
    "规则 r　当 a 且 b　关于 officer　记分 3",
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_line_breaks_indentation_and_comments_carry_no_meaning(text: str) -> None:
    assert declaration(text) == declaration(LAYOUTS[0])


def test_words_of_several_parts_may_have_any_white_space_between_them() -> None:
    assert (
        tree("a not\n\tfollowed  by b and x is\nmissing or y or\n else z") == "(or (and (not-followed-by a b) (missing x)) (or-else y z))"
    )


COMMENTED = """
rule r # a comment
    on login # of whom
        # where: everywhere
        where x # c
    when previous # the one before
        count(e) > over # a field
        within officer over # how long
        # "as long as this"
        month
    repeat after # a comment
        day
test "t"
    login # a comment
        at # when
        +1h case=C1 late # (c)
    clock # forward
        +3d
    expect # what
        no # more
        other finding
    expect officer # who
        P1 # (a key)
        at # a level
        blue
"""


def test_comments_may_stand_between_any_two_words() -> None:
    plain = "\n".join(line.partition("#")[0] for line in COMMENTED.splitlines())
    assert [short(d) for d in declarations(COMMENTED)] == [short(d) for d in declarations(plain)]


# ------------------------------------------------------------------ declarations

DECLARATIONS = [
    ('timezone "Asia/Shanghai"', "(Timezone Asia/Shanghai)"),
    ("entity unit", "(Entity unit - - - false)"),
    ("entity officer in unit from posting, transfer", "(Entity officer unit [posting transfer] - false)"),
    ("entity case retain 400d", "(Entity case - - 400d false)"),
    ("entity account retain 2 * 30d lookalike in unit", "(Entity account unit - (* 2 30d) true)"),
    ("实体 民警 属于 大队 来自 调动 保留 90d 形似", "(Entity 民警 大队 [调动] 90d true)"),
    ("event e", "(Event e - -)"),
    (
        'event b "Laboratory result" case: case blood: number "mg/100ml" taken: time',
        "(Event b 'Laboratory result' [(FieldDeclaration case case -) (FieldDeclaration blood number\"mg/100ml\" -)"
        " (FieldDeclaration taken time -)])",
    ),
    (
        "事件 e 甲: 数值 ＂mg＂ 乙：文本 丙: 整数 丁: 布尔 戊: 时间 己: 时长 庚: 民警",
        '(Event e - [(FieldDeclaration 甲 number"mg" -) (FieldDeclaration 乙 text -) (FieldDeclaration 丙 integer -) (FieldDeclaration 丁 boolean -)'
        " (FieldDeclaration 戊 time -) (FieldDeclaration 己 duration -) (FieldDeclaration 庚 民警 -)])",
    ),
    ("event e tags: (text)", "(Event e - [(FieldDeclaration tags (text) -)])"),
    ("let grave = 150", "(Let grave 150)"),
    ('let auxiliary = ("auxiliary", "contract")', '(Let auxiliary (ListLiteral ["auxiliary" "contract"]))'),
    ("let at_night = hour(time) >= 22 or hour(time) < 6", "(Let at_night (or (>= hour(time) 22) (< hour(time) 6)))"),
    ("令 夜间 ＝ hour（time）＞＝22", "(Let 夜间 (>= hour(time) 22))"),
    (
        'table fine_floor(article: text, region: text): number "yuan" from "fine_floor.csv"',
        '(Table fine_floor [(FieldDeclaration article text -) (FieldDeclaration region text -)] number"yuan" fine_floor.csv -)',
    ),
    ('table drunk(): number "mg/100ml"\n 80 since 2011-05-01', '(Table drunk - number"mg/100ml" - [(TableRow - 80 2011-05-01 -)])'),
    (
        'table f(a: text, b: integer): number "A", 1: 200 since 2011-05-01 until 2020-01-01 "B", -2: -3.5 "C", 3: 7 until 2020-01-01',
        '(Table f [(FieldDeclaration a text -) (FieldDeclaration b integer -)] number - [(TableRow ["A" 1] 200 2011-05-01 2020-01-01)'
        ' (TableRow ["B" -2] -3.5 - -) (TableRow ["C" 3] 7 - 2020-01-01)])',
    ),
    ('table f(a: text): text "A": "x"', '(Table f [(FieldDeclaration a text -)] text - [(TableRow ["A"] "x" - -)])'),
    ('table f(): text "x" since 2026-01-01', '(Table f - text - [(TableRow - "x" 2026-01-01 -)])'),
    ('table f(): text "x"', '(Table f - text - [(TableRow - "x" - -)])'),
    ('table f(): number "x"', '(Table f - number"x" - -)'),
    (
        "table f(a: time): boolean 2026-03-29T02:30: true",
        "(Table f [(FieldDeclaration a time -)] boolean - [(TableRow [(time 1774751400000000)] true - -)])",
    ),
    (
        "table f(a: duration): duration 90s: 1d -1d: -2d",
        "(Table f [(FieldDeclaration a duration -)] duration - [(TableRow [90s] 1d - -) (TableRow [-1d] -2d - -)])",
    ),
    (
        "calendar c open mon..fri 09:00..12:00, 13:30..17:30 open sat, sun 10:00..24:00",
        "(Calendar c [(OpenLine [1 2 3 4 5] [(Hours 540 720) (Hours 810 1050)]) (OpenLine [6 7] [(Hours 600 1440)])] -)",
    ),
    ("calendar c open sat..mon 22:00..06:00", "(Calendar c [(OpenLine [6 7 1] [(Hours 1320 360)])] -)"),
    (
        "calendar c closed 2026-10-01..2026-10-07, 2026-12-31 working 2026-10-10 working 2026-10-11 09:00..10:00",
        "(Calendar c - [(DatedLine closed 2026-10-01 2026-10-07 - -) (DatedLine closed 2026-12-31 2026-12-31 - -)"
        " (DatedLine working 2026-10-10 2026-10-10 - -) (DatedLine working 2026-10-11 2026-10-11 [(Hours 540 600)] -)])",
    ),
    (
        'calendar c closed from "h.csv" working from "w.csv"',
        "(Calendar c - [(DatedLine closed - - - h.csv) (DatedLine working - - - w.csv)])",
    ),
    ("日历 c 开放 周一..周五 09:00..12:00 休息 2026-10-01 上班 2026-10-10", None),
    (
        'ladder l within officer over 365d blue at 3 action "A" yellow at 6 deadline 10d of cal action "B" weight 20% categories a.b, "c d"',
        "(Ladder l officer over 365d [(Rung blue 3 A - -) (Rung yellow 6 B 10d \"cal\")] [a.b 'c d'] 0.2)",
    ),
    (
        "ladder l within account by target orange at 2 * 3 red at grave",
        "(Ladder l account by target - [(Rung orange (* 2 3) - - -) (Rung red grave - - -)] - -)",
    ),
    (
        "阶梯 l 同一 民警 近 季 蓝色 在 3 措施 ＂提醒＂ 红色 于 12 期限 5d 按 办公",
        '(Ladder l 民警 over <quarter> [(Rung blue 3 提醒 - -) (Rung red 12 - 5d "办公")] - -)',
    ),
]


@pytest.mark.parametrize(("text", "expected"), [(text, expected) for text, expected in DECLARATIONS if expected])
def test_declarations(text: str, expected: str) -> None:
    assert declaration(text) == expected


def test_a_calendar_in_chinese_is_the_one_in_english() -> None:
    chinese = "日历 c 开放 周一..周五 09:00..12:00 休息 2026-10-01 上班 2026-10-10"
    english = "calendar c open mon..fri 09:00..12:00 closed 2026-10-01 working 2026-10-10"
    assert declaration(chinese) == declaration(english)


# ------------------------------------------------------------------ clauses

FIELDS = [
    "title",
    "category",
    "on",
    "when",
    "about",
    "points",
    "level",
    "message",
    "repeat",
    "sample",
    "excepts",
    "approval",
    "reference",
    "owner",
    "state",
    "since",
    "until",
]
CLAUSES = [
    ('title "A title"', "title", '"A title"'),
    ("category enforcement.alcohol", "category", '"enforcement.alcohol"'),
    ('category "a b"', "category", '"a b"'),
    ("on login", "on", "(On [(OnItem login -)] - - -)"),
    ("on a where x > 1 or y, b where not z, c", "on", "(On [(OnItem a (or (> x 1) y)) (OnItem b (not z)) (OnItem c -)] - - -)"),
    ("on a where x after 3d of office", "on", "(On [(OnItem a x)] 3d office -)"),
    ("on detention after detention.due - detention.time", "on", "(On [(OnItem detention -)] (- detention.due detention.time) - -)"),
    *((f"on end of {period}", "on", f"(On - - - <{period}>)") for period in ("day", "week", "month", "quarter", "year")),
    ("when a or b within case", "when", "(within (or a b) case)"),
    ("about officer", "about", "[officer]"),
    ("about breath_test.officer, case", "about", "[breath_test.officer case]"),
    ("points 6", "points", "6"),
    ("points min(x, 12) or else 1", "points", "(or-else min(x, 12) 1)"),
    ("level orange", "level", '"orange"'),
    ('message "{a} and {count(e where b == "x")}: \\"{c}\\""', "message", '"{a} and {count(e where b == "x")}: "{c}""'),
    ("repeat always", "repeat", "(Repeat -)"),
    ("repeat after 7d", "repeat", "(Repeat 7d)"),
    ("repeat after month", "repeat", "(Repeat <month>)"),
    ("sample 2% by officer", "sample", "(Sample 0.02 officer)"),
    ("sample 1 / 50 by login.account", "sample", "(Sample (/ 1 50) login.account)"),
    ('except a > 3 until 2026-12-31 because "a reason"', "excepts", "[(Except (> a 3) 2026-12-31 'a reason')]"),
    ("approval", "approval", "true"),
    ('reference "GB 19522"', "reference", '"GB 19522"'),
    ('owner "Evidence desk"', "owner", '"Evidence desk"'),
    ("owner desk.evidence", "owner", '"desk.evidence"'),
    ("enabled", "state", "enabled"),
    ("shadow", "state", "shadow"),
    ("disabled", "state", "disabled"),
    ("since 2026-01-01", "since", "2026-01-01"),
    ("until 2026-12-31", "until", "2026-12-31"),
    ("标题 ＂一＂", "title", '"一"'),
    ("类别 执法.酒驾", "category", '"执法.酒驾"'),
    ("遇 登录 其中 x 之后 3d 按 办公", "on", "(On [(OnItem 登录 x)] 3d 办公 -)"),
    ("遇 期末 季", "on", "(On - - - <quarter>)"),
    ("当 甲 同一 乙", "when", "(within 甲 乙)"),
    ("关于 甲.乙，丙", "about", "[甲.乙 丙]"),
    ("记分 6", "points", "6"),
    ("级别 橙色", "level", '"orange"'),
    ("消息 ＂{甲}，{计数（乙 其中 丙 ＝＝ ＂丁＂）}＂", "message", '"{甲}，{计数（乙 其中 丙 ＝＝ "丁"）}"'),
    ("重复 每次", "repeat", "(Repeat -)"),
    ("重复 之后 周", "repeat", "(Repeat <week>)"),
    ("抽查 2％ 依 甲", "sample", "(Sample 0.02 甲)"),
    ("例外 甲 至 2026-12-31 因为 ＂乙＂", "excepts", "[(Except 甲 2026-12-31 乙)]"),
    ("须审批", "approval", "true"),
    ("依据 ＂一＂", "reference", '"一"'),
    ("负责人 ＂一＂", "owner", '"一"'),
    ("启用", "state", "enabled"),
    ("试运行", "state", "shadow"),
    ("停用", "state", "disabled"),
    ("自 2026-01-01", "since", "2026-01-01"),
    ("至 2026-12-31", "until", "2026-12-31"),
]


@pytest.mark.parametrize(("text", "clause", "expected"), CLAUSES)
def test_each_clause_says_its_part_of_the_rule(text: str, clause: str, expected: str) -> None:
    (rule,) = declarations(f"rule r {text}")
    assert isinstance(rule, syntax.Rule)
    said = {name: short(getattr(rule, name)) for name in FIELDS}
    unsaid = dict.fromkeys(FIELDS, "-") | {"approval": "false", "state": "enabled"}
    assert said == unsaid | {clause: expected}


def test_clauses_may_come_in_any_order_and_exceptions_more_than_once() -> None:
    clauses = ["points 3", "when a", 'except b until 2026-12-31 because "x"', "about officer", 'except c until 2026-12-31 because "y"']
    there, back = declaration("rule r " + " ".join(clauses)), declaration("rule r " + " ".join(reversed(clauses)))
    assert "(Except b 2026-12-31 x) (Except c 2026-12-31 y)" in there
    assert "(Except c 2026-12-31 y) (Except b 2026-12-31 x)" in back


# ------------------------------------------------------------------ tests in the language

STEPS = [
    ("breath_test at 2026-03-01T22:10", "(EventStep breath_test @(time 1772403000000000) - false)"),
    ("breath_test at 2026-03-01", "(EventStep breath_test @2026-03-01 - false)"),
    ("blood_test at +14h late", "(EventStep blood_test @14h - true)"),
    ("blood_test at -1.5h", "(EventStep blood_test @-1.5h - false)"),
    (
        'e at +1d case=C1 n=-5 x = 3.5 p=80% d=30d neg=-1d day=2026-03-01 t=2026-03-01T00:00Z yes=true no=false gone=missing text="a b" late',
        "(EventStep e @1d [(Assignment case C1) (Assignment n -5) (Assignment x 3.5) (Assignment p 0.8) (Assignment d 30d) (Assignment neg -1d)"
        " (Assignment day 2026-03-01) (Assignment t (time 1772323200000000 +0s)) (Assignment yes true) (Assignment no false) (Assignment gone -)"
        ' (Assignment text "a b")] true)',
    ),
    (
        "登录 于 2026-03-01 民警＝张三 里程＝301 夜＝真 车＝空 迟到",
        "(EventStep 登录 @2026-03-01 [(Assignment 民警 张三) (Assignment 里程 301) (Assignment 夜 true) (Assignment 车 -)] true)",
    ),
    ("clock +30d", "(ClockStep @30d)"),
    ("clock 2026-04-01T00:00", "(ClockStep @(time 1775001600000000))"),
    ("时钟 +1w", "(ClockStep @1w)"),
    ("expect r", "(ExpectFinding r - - - - - - false false)"),
    (
        'expect r for case C1 officer P1 about unit "岳麓 大队", officer P2 level orange points 6 at 2026-03-01 message "m {x}"',
        "(ExpectFinding r [(KeyReference case C1) (KeyReference officer P1)] [(KeyReference unit '岳麓 大队') (KeyReference officer P2)]"
        " orange 6 @2026-03-01 'm {x}' false false)",
    ),
    ("expect r points -1", "(ExpectFinding r - - - -1 - - false false)"),
    ("expect r withdrawn for case C1", "(ExpectFinding r [(KeyReference case C1)] - - - - - true false)"),
    ("expect no r about officer P1", "(ExpectFinding r - [(KeyReference officer P1)] - - - - false true)"),
    ("expect no finding", "(ExpectNone false finding)"),
    ("expect no other finding", "(ExpectNone true finding)"),
    ("expect no warning", "(ExpectNone false warning)"),
    ("expect no other warning", "(ExpectNone true warning)"),
    ("expect officer P17 at yellow", "(ExpectLevel (KeyReference officer P17) yellow - -)"),
    ('expect officer "P 17" at none', "(ExpectLevel (KeyReference officer 'P 17') - - -)"),
    ("expect officer P17 at yellow points 6 of conduct", "(ExpectLevel (KeyReference officer P17) yellow conduct 6)"),
    (
        "预期 r 对 案件 C1 关于 民警 张三 级别 橙色 记分 6 在 2026-03-01 消息 ＂一＂ 撤回",
        "(ExpectFinding r [(KeyReference 案件 C1)] [(KeyReference 民警 张三)] orange 6 @2026-03-01 一 true false)",
    ),
    ("预期 没有 其他 发现", "(ExpectNone true finding)"),
    ("预期 没有 预警", "(ExpectNone false warning)"),
    ("预期 民警 张三 在 黄色 按 操行", "(ExpectLevel (KeyReference 民警 张三) yellow 操行 -)"),
    ("预期 民警 张三 在 无", "(ExpectLevel (KeyReference 民警 张三) - - -)"),
]


@pytest.mark.parametrize(("text", "expected"), STEPS)
def test_steps_of_a_test(text: str, expected: str) -> None:
    assert declaration(f'test "t" {text}') == f"(Test t [{expected}])"


def test_a_file_may_be_empty() -> None:
    assert declarations("") == declarations(" \n# only a comment") == declarations("\ufeff") == ()
