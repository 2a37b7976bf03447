"""Findings as a table for people: columns, wide characters, narrow terminals."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from rulelang.source import display_width
from rulelang.timezones import Zone
from services.replay.table import WIDTH_MIN, render_table, wrapped

SHANGHAI = Zone("Asia/Shanghai")


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "finding",
        "status": "issued",
        "id": "1",
        "rule": "blood_contradicts_breath",
        "entity": "case",
        "key": "C1",
        "time": "2026-03-02T04:10:00.5Z",
        "about": {"officer": "P17"},
        "points": 6,
        "level": "orange",
        "events": [["", "e1"]],
        "message": "Case C1: breath 196, blood 62",
    } | changes


def table(shown: list[dict[str, Any]], width: int | None = None) -> list[str]:
    return render_table(shown, SHANGHAI, width, lambda text, _: text).splitlines()


def test_nothing_found_is_no_table() -> None:
    assert table([]) == []


def test_a_finding_is_one_line_under_a_head_in_local_time_to_the_second() -> None:
    assert table([finding()]) == [
        "time                 what     level   points  rule or ladder            key               message",
        "2026-03-02 12:10:00  finding  orange       6  blood_contradicts_breath  C1 (officer P17)  Case C1: breath 196, blood 62",
    ]


def test_columns_line_up_below_chinese_texts() -> None:
    head, first, second = table([finding(rule="血检矛盾", key="案件甲", message="说明一"), finding(message="说明二")])
    begins = [display_width(line[: line.index(text)]) for line, text in ((head, "message"), (first, "说明一"), (second, "说明二"))]
    assert len(set(begins)) == 1


@pytest.mark.parametrize("width", [WIDTH_MIN, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut_off(width: int) -> None:
    message = "案件 C1：呼气检测 196 毫克，血液检测 62 毫克，相差悬殊，请核查。" * 3
    lines = table([finding(message=message), finding(message="short words that are broken at their spaces " * 4)], width)
    assert all(display_width(line) <= width for line in lines)
    squeezed = "".join("".join(lines).split())
    assert "".join(message.split()) in squeezed
    assert "blood_contradicts_breath" in squeezed or width < 60


def test_a_terminal_with_room_has_one_line_a_finding() -> None:
    natural = max(display_width(line) for line in table([finding()]))
    assert len(table([finding()], natural)) == 2
    assert len(table([finding()], natural - 1)) > 2


def test_a_pair_a_warning_and_a_finding_about_nobody() -> None:
    warning = finding(
        kind="warning", rule=None, ladder="conduct", level="blue", message=None, action="Written reminder", about={}, key="P17"
    )
    lines = table([finding(entity=["room", "officer"], key=["R1", "P17"]), warning, finding(key=None, about={}, points=None, level=None)])
    assert "R1, P17 " in lines[1]
    assert "(officer" not in lines[1]
    assert lines[2].split()[2:5] == ["warning", "blue", "6"]
    assert lines[2].endswith("Written reminder")
    assert lines[3].split()[2:4] == ["finding", "blood_contradicts_breath"]


def test_what_was_withdrawn_and_what_is_on_trial_say_so() -> None:
    lines = table(
        [finding(status="withdrawn", reason="a late event arrived"), finding(shadow=True, note="about nobody: no event carries officer")]
    )
    assert lines[1].endswith("[withdrawn: a late event arrived]")
    assert lines[2].endswith("[about nobody: no event carries officer] [on trial]")


def test_what_could_rewrite_a_terminal_is_shown_as_a_mark() -> None:
    (line,) = table([finding(message="a\x1b[2Jb\nc\u202ed", key="P\x07")])[1:]
    assert "\x1b" not in line
    assert "\x07" not in line
    assert "a\ufffd[2Jb c\ufffdd" in line


def test_a_long_word_is_broken_where_it_must_be() -> None:
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrapped("ab cd ef", 5) == ["ab cd", "ef"]
    assert wrapped("案件甲乙", 5) == ["案件", "甲乙"]
    assert wrapped("", 5) == []


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3),
        ("案件", 4),
        ("，（Ａ", 6),
        ("e\u0301", 1),
        ("か\u3099", 2),
        ("\u1112\u1161\u11ab", 2),
        ("a\u200bb", 2),
        ("🚓", 2),
        ("·", 1),
    ],
)
def test_the_width_of_a_text_is_what_a_terminal_takes_for_it(text: str, columns: int) -> None:
    assert display_width(text) == columns
    assert display_width(unicodedata.normalize("NFD", text)) == columns
