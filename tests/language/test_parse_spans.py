"""Every node knows its place: what is underlined is what is meant, to the character."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulelang import syntax
from rulelang.parse import parse_expression, parse_file
from tests.language.trees import EXPRESSIONS, declarations, nodes, short

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for folder in ("rules", "docs/examples") for path in (ROOT / folder).rglob("*.rules"))

TEXT = """\
# 注释
规则\t甲　# 一条规则
\t当\t（血检结果 ＋ 1）＊ 2 > 80 并且 非 呼气 缺失\t同一 案件 依 编号，officer 近 (30d) 按 办公
\tabout 呼气.民警, case
    记分 -(x or else 0)
    消息 ＂{呼气}＂
    except (a in ("b",)) until 2026-12-31 because "c"
"""

PLACES = [
    ("Rule", TEXT[TEXT.index("规则") : -1]),
    ("Within", "（血检结果 ＋ 1）＊ 2 > 80 并且 非 呼气 缺失\t同一 案件 依 编号，officer 近 (30d) 按 办公"),
    ("Logic", "（血检结果 ＋ 1）＊ 2 > 80 并且 非 呼气 缺失"),
    ("Compare", "（血检结果 ＋ 1）＊ 2 > 80"),
    ("Binary", "（血检结果 ＋ 1）＊ 2"),
    ("Binary", "血检结果 ＋ 1"),
    ("Name", "血检结果"),
    ("NumberLiteral", "1"),
    ("NumberLiteral", "2"),
    ("NumberLiteral", "80"),
    ("Unary", "非 呼气 缺失"),
    ("Presence", "呼气 缺失"),
    ("Name", "呼气"),
    ("ScopeKey", "案件 依 编号"),
    ("ScopeKey", "officer"),
    ("Over", "近 (30d) 按 办公"),
    ("DurationLiteral", "30d"),
    ("Member", "呼气.民警"),
    ("Name", "case"),
    ("Unary", "-(x or else 0)"),
    ("Binary", "x or else 0"),
    ("Name", "x"),
    ("NumberLiteral", "0"),
    ("Text", "＂{呼气}＂"),
    ("Except", 'except (a in ("b",)) until 2026-12-31 because "c"'),
    ("Compare", 'a in ("b",)'),
    ("Name", "a"),
    ("ListLiteral", '("b",)'),
    ("TextLiteral", '"b"'),
]


def places(text: str) -> list[tuple[str, str]]:
    found = [node for node in nodes(declarations(text)) if hasattr(node, "span")]
    return [(type(node).__name__, text[node.span.start : node.span.end]) for node in found]


def test_places_are_exact_on_lines_with_chinese_and_tabs() -> None:
    assert places(TEXT) == PLACES


OTHERS = """\
timezone "UTC"
calendar c open mon..fri 09:00..12:00 closed 2026-10-01, 2026-10-02 working from "w.csv"
entity officer in unit from posting retain (3d)
event e "x" a: number "mg" b: (text)
table f(a: text): number "mg" "A": -1 since 2026-01-01 "B": 2
table g(): text "x"
let x = (count(e where a > 1) within case)
ladder l within case by b over month blue at (3) action "a" deadline 3d of c weight (1)
test "t" e at +1h case = "C 1" b=x late clock -1d expect no e for case C1 points -1 expect case "C 1" at red of l expect no finding
"""
OTHER_PLACES = {
    ("Timezone", 'timezone "UTC"'),
    ("Calendar", 'calendar c open mon..fri 09:00..12:00 closed 2026-10-01, 2026-10-02 working from "w.csv"'),
    ("OpenLine", "open mon..fri 09:00..12:00"),
    ("DatedLine", "closed 2026-10-01, 2026-10-02"),
    ("DatedLine", 'working from "w.csv"'),
    ("Entity", "entity officer in unit from posting retain (3d)"),
    ("Event", 'event e "x" a: number "mg" b: (text)'),
    ("FieldDeclaration", 'a: number "mg"'),
    ("TypeName", 'number "mg"'),
    ("FieldDeclaration", "b: (text)"),
    ("TypeName", "(text)"),
    ("Table", 'table f(a: text): number "mg" "A": -1 since 2026-01-01 "B": 2'),
    ("FieldDeclaration", "a: text"),
    ("TableRow", '"A": -1 since 2026-01-01'),
    ("NumberLiteral", "-1"),
    ("TableRow", '"B": 2'),
    ("Table", 'table g(): text "x"'),
    ("TypeName", "text"),
    ("TableRow", '"x"'),
    ("Let", "let x = (count(e where a > 1) within case)"),
    ("Within", "count(e where a > 1) within case"),
    ("Call", "count(e where a > 1)"),
    ("Ladder", 'ladder l within case by b over month blue at (3) action "a" deadline 3d of c weight (1)'),
    ("ScopeKey", "case by b"),
    ("Over", "over month"),
    ("Period", "month"),
    ("Rung", 'blue at (3) action "a" deadline 3d of c'),
    ("Text", "c"),
    ("Test", OTHERS[OTHERS.index("test") : -1]),
    ("EventStep", 'e at +1h case = "C 1" b=x late'),
    ("Moment", "+1h"),
    ("Assignment", 'case = "C 1"'),
    ("TextLiteral", '"C 1"'),
    ("Assignment", "b=x"),
    ("ClockStep", "clock -1d"),
    ("ExpectFinding", "expect no e for case C1 points -1"),
    ("KeyReference", "case C1"),
    ("ExpectLevel", 'expect case "C 1" at red of l'),
    ("KeyReference", 'case "C 1"'),
    ("ExpectNone", "expect no finding"),
}


def test_places_of_declarations_and_their_parts() -> None:
    found = places(OTHERS)
    assert not OTHER_PLACES - set(found)
    assert {kind for kind, _ in found} - {kind for kind, _ in OTHER_PLACES} <= {
        "Name",
        "NumberLiteral",
        "TextLiteral",
        "DurationLiteral",
        "Compare",
    }


def test_there_are_shipped_rules_to_look_at() -> None:
    assert len(SHIPPED) > 10


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_place_of_each_expression_reads_as_that_expression(path: Path) -> None:
    text = path.read_text("utf-8")
    looked_at = 0
    for declaration in declarations(text):
        if isinstance(declaration, syntax.Table | syntax.Test):  # their values are no expressions of the grammar
            continue
        for node in nodes(declaration):
            if isinstance(node, EXPRESSIONS):
                again, errors = parse_expression("x.rules", text[node.span.start : node.span.end], 0)  # type: ignore[attr-defined]
                assert not errors
                assert short(again) == short(node)
                looked_at += 1
    assert looked_at or not any(isinstance(d, syntax.Rule) for d in declarations(text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_node_lies_within_the_one_that_holds_it(path: Path) -> None:
    text = path.read_text("utf-8")
    for declaration in declarations(text):
        for node in nodes(declaration):
            if not hasattr(node, "span"):
                continue
            assert node.span.start < node.span.end
            assert not text[node.span.start].isspace()
            assert not text[node.span.end - 1].isspace()
            for inner in nodes(node):
                if hasattr(inner, "span"):
                    assert node.span.start <= inner.span.start
                    assert inner.span.end <= node.span.end
            if hasattr(node, "name_span"):
                name = getattr(node, "name", None) or getattr(node, "event", None) or node.rule  # type: ignore[attr-defined]
                assert text[node.name_span.start : node.name_span.end] == name


def test_places_in_the_braces_of_a_message_count_from_the_file() -> None:
    text = 'rule r\n    when a\n    message "甲 {乙 + count(丙)} {丁}"\n'
    start = text.index("乙")
    found, errors = parse_expression("x.rules", "乙 + count(丙)", start)
    assert not errors
    assert [text[n.span.start : n.span.end] for n in nodes(found)] == ["乙 + count(丙)", "乙", "count(丙)", "丙"]  # type: ignore[attr-defined]


def test_declarations_come_in_the_order_written() -> None:
    file, _ = parse_file("x.rules", "let b = 1\nentity a\nlet a = 2\n")
    assert [short(d) for d in file.declarations] == ["(Let b 1)", "(Entity a - - - false)", "(Let a 2)"]
