"""Keys: all spellings that are meant to be one person give one key."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulelang import confusables, model
from rulelang.normalise import confusables_table, key, normalise, skeleton
from rulelang.syntax import Span

PLACE = Span("x.rules", 0, 0)
OFFICER = model.Entity("officer", None, (), 1, False, PLACE)
ACCOUNT = model.Entity("account", None, (), 1, True, PLACE)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("P17", "P17"),
        (" P17\t", "P17"),
        ("Ｐ１７", "P17"),
        ("P\r\n17", "P 17"),
        ("岳麓　大队", "岳麓 大队"),
        ("P\u200b17", "P17"),
        ("P17\u200b ", "P17"),
        ("\u200b P17", "P17"),
        ("a \u200b b", "a b"),
        ("a\x00b", "ab"),
        ("a\x1cb", "ab"),
        ("\ufeffP17", "P17"),
        ("P17\ufe0f", "P17"),
        ("e\u200b\u0301", "é"),
        ("ﬁ", "fi"),
        ("", ""),
        (" \t\u3000\u200b", ""),
    ],
)
def test_a_key_is_what_is_meant_however_it_was_sent(sent: str, meant: str) -> None:
    assert normalise(sent) == meant


def test_case_and_look_are_kept_for_an_entity_that_is_not_lookalike() -> None:
    assert key(OFFICER, "WangLi") == "WangLi"
    assert key(OFFICER, "wаngli") != key(OFFICER, "wangli")  # the second letter of the first is Cyrillic


def test_nothing_but_invisible_characters_is_no_key() -> None:
    assert key(OFFICER, " \u200b ") is None
    assert key(ACCOUNT, "\u2060") is None


@pytest.mark.parametrize("name", ["WangLi", "wаngli", " wangli", "ｗａｎｇｌｉ", "wang1i", "wan\u200bgli", "ԝangli"])
def test_names_that_look_alike_are_one_account(name: str) -> None:
    assert key(ACCOUNT, name) == key(ACCOUNT, "wangli")


def test_zero_and_the_letter_o_are_one_in_either_case() -> None:
    assert key(ACCOUNT, "0o") == key(ACCOUNT, "Oo") == key(ACCOUNT, "oO")


def test_names_that_do_not_look_alike_are_two_accounts() -> None:
    assert key(ACCOUNT, "wangli") != key(ACCOUNT, "wangii")
    assert key(ACCOUNT, "王丽") != key(ACCOUNT, "王力")


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    alike = skeleton(once)
    assert skeleton(normalise(alike)) == alike


@given(st.text())
def test_no_key_has_control_or_format_characters_or_space_around_it(text: str) -> None:
    found = normalise(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in found)
    assert found == found.strip()
    assert "  " not in found


def test_every_character_alone_gives_a_key_that_stays_the_same() -> None:
    for code in range(sys.maxunicode + 1):
        if 0xD800 <= code < 0xE000 or (code % 7 and code > 0x3000):  # beyond the scripts that have confusables, a seventh is enough
            continue
        found = skeleton(normalise(chr(code)))
        assert skeleton(normalise(found)) == found, hex(code)


def test_the_table_of_confusables_is_the_published_one() -> None:
    table = confusables_table()
    assert confusables.UNICODE_VERSION == "13.0.0"
    assert len(table) == 6311
    assert table["а"] == "a"
    assert table["m"] == "rn"
    assert table["0"] == "O"
