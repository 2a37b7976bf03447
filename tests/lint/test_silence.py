"""Comments that silence a lint rule: where they reach, what they must say, and that none is left over."""

from __future__ import annotations

import pytest

from tests.lint.linting import found, linted, mended

BEFORE = """entity officer
event shift
    officer: officer
    hours: number
    place: text
"""


@pytest.mark.parametrize(
    "rules",
    [
        'rule r\n    when place != "home"  # lint: allow L005 because drivers never leave it out\n',
        '# lint: allow L005 because drivers never leave it out\nrule r\n    when place != "home"\n',
        'rule r\n    # lint: allow L005 because drivers never leave it out\n    when place != "home"\n',
        'rule r\n    title "x"\n    # lint: allow L005, L013 because drivers never leave it out\n    when place != "home"\n',
        '# lint : allow L005 L013 because drivers never leave it out\nrule r\n    when place != "home"\n',
    ],
)
def test_a_comment_silences_its_line_or_the_declaration_that_it_stands_in_or_before(rules: str) -> None:
    assert found(BEFORE + rules) == []


def test_a_comment_at_the_end_of_a_line_reaches_no_further() -> None:
    text = 'rule r  # lint: allow L005 because drivers never leave it out\n    when place != "home"\n'
    assert [code for code, _ in found(BEFORE + text)] == ["L901", "L005"]


def test_a_comment_before_a_declaration_does_not_reach_the_next() -> None:
    text = '# lint: allow L005 because drivers never leave it out\nrule r\n    when place != "home"\nrule s\n    when place != "work"\n'
    assert found(BEFORE + text) == [("L005", 'place != "work"')]


def test_only_the_codes_that_it_names_are_silenced() -> None:
    text = '# lint: allow L006 because drivers never leave it out\nrule r\n    when place != "home"\n'
    assert [code for code, _ in found(BEFORE + text)] == ["L901", "L005"]


@pytest.mark.parametrize("comment", ["# lint: allow L005", "# lint: allow L005 because", "# lint: allow because drivers"])
def test_a_comment_without_a_code_or_a_reason_silences_nothing_and_is_an_error(comment: str) -> None:
    text = BEFORE + f'{comment}\nrule r\n    when place != "home"\n'
    assert found(text) == [("L900", comment), ("L005", 'place != "home"')]
    assert [d.severity for d in linted(text) if d.code == "L900"] == ["error"]


def test_what_looks_like_a_comment_in_a_text_is_none() -> None:
    text = 'rule r\n    title "# lint: allow L005 because"\n    when place != "home"\n'
    assert found(BEFORE + text) == [("L005", 'place != "home"')]


def test_a_comment_behind_a_text_with_a_hash_is_one() -> None:
    text = 'rule r\n    when place != "# home"  # lint: allow L005 because drivers never leave it out\n'
    assert found(BEFORE + text) == []


def test_errors_of_the_linter_can_be_silenced_too() -> None:
    text = "rule r\n    when hours > 3\n    # lint: allow L012 because a person reads the findings\n    level red\n"
    assert found(BEFORE + text) == []


def test_a_comment_reaches_a_declaration_whose_name_is_pointed_at() -> None:
    text = "# lint: allow L003 because a pack outside uses it\nlet long = 12\nrule r\n    when hours > 3\n"
    assert found(BEFORE + text) == []


def test_a_comment_at_the_end_of_the_file_silences_nothing() -> None:
    text = "rule r\n    when hours > 3\n# lint: allow L005 because there was one\n"
    assert [code for code, _ in found(BEFORE + text)] == ["L901"]


def test_two_fixes_in_one_file_are_both_made() -> None:
    text = BEFORE + 'rule r\n    when place != "home" and hours > 3\nrule s\n    when hours not in (1, 2)\n'
    fixed = mended(text)
    assert '(place is missing or place != "home") and hours > 3' in fixed
    assert "(hours is missing or hours not in (1, 2))" in fixed
    assert found(fixed) == []


def test_a_comment_at_the_end_of_a_clause_of_several_lines_silences_the_clause() -> None:
    text = 'rule r\n    title "x"\n    when place != "home"\n        and hours > 3  # lint: allow L005 because drivers never leave it out\n    reference "x"\n'
    assert found(BEFORE + text) == []
    before = 'rule r\n    when place != "home"\n        and hours > 3\n    reference "x"  # lint: allow L005 because drivers never leave it out\n'
    assert [code for code, _ in found(BEFORE + before)] == ["L005", "L901"]
