"""`rulelang test`: the tests written in rule files, as analysts and build servers run them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import MISSPELT, RULES, TESTS, rulelang, write_rules

WRONG = """
test "what is too little is found, says this test <wrongly> & in vain"
    penalty at 2026-03-01T10:00 case=C1 officer=P1 amount=1000
    expect large_penalty about officer P1
    expect officer P1 at blue

test "a large penalty is found"
    penalty at 2026-03-01T10:00 case=C1 officer=P1 amount=1000.01
    expect large_penalty about officer P1
"""


def test_passing_tests_are_counted(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 test, all passed\n", "")


def test_a_failing_test_says_where_what_was_expected_and_what_there_is(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES + TESTS + WRONG)
    done = rulelang("test", rules)
    assert done.returncode == 1
    line = (RULES + TESTS + WRONG).splitlines().index("    expect large_penalty about officer P1") + 1
    head, first, second, last = done.stdout.splitlines()
    assert head.startswith("FAIL ")
    assert head.endswith(f"first.rules:{line - 2}:1: what is too little is found, says this test <wrongly> & in vain")
    assert f"first.rules:{line}:5: there is no such finding; the rule has found nothing" in first
    assert f"first.rules:{line + 1}:5: officer P1 is at none with 0 points on conduct" in second
    assert last == "3 tests, 1 failed"


FIFTHS = """
entity unit
entity clerk in unit from enrolled

event enrolled "A clerk joins a unit"
    clerk: clerk
    unit: unit

event slip "A clerk made a mistake"
    clerk: clerk

rule slips
    on slip
    when clerk is present
    about clerk
    points 12 * 0.2
    message "{clerk}"

ladder slips_of_units within unit over 30d
    weight 20%
    blue at 0.48

test "a fifth of 12 points is 2.4, and a fifth of that 0.48"
    enrolled at 2026-03-01T10:00 clerk=K1 unit=W1
    slip at +1h clerk=K1
    expect slips points 2.4
    expect unit W1 at blue of slips_of_units points 0.48

test "and not 2.5, nor 0.5"
    enrolled at 2026-03-01T10:00 clerk=K1 unit=W1
    slip at +1h clerk=K1
    expect slips points 2.5
    expect unit W1 at blue of slips_of_units points 0.5
"""


def test_points_are_said_and_compared_as_they_are_written(tmp_path: Path) -> None:
    """12 * 0.2 is 2.4000000000000004 in binary fractions."""
    done = rulelang("test", write_rules(tmp_path, 'timezone "Asia/Shanghai"\n' + FIFTHS))
    assert done.returncode == 1
    assert "2 tests, 1 failed" in done.stdout
    assert "slips for clerk K1 about clerk K1 points 2.4 at " in done.stdout
    assert "unit W1 is at blue with 0.48 points on slips_of_units" in done.stdout
    assert "00000" not in done.stdout.replace("T11:00:00", "")


def test_only_the_tests_that_are_named_are_run(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES + TESTS + WRONG)
    done = rulelang("test", rules, "--name", "a large penalty")
    assert (done.returncode, done.stdout) == (0, "1 test, all passed\n")
    none = rulelang("test", rules, "--name", "nothing of the kind")
    assert none.returncode == 2
    assert "no test has 'nothing of the kind' in its name" in none.stderr


def test_results_are_written_for_build_servers(tmp_path: Path) -> None:
    target = tmp_path / "results.xml"
    done = rulelang("test", write_rules(tmp_path, RULES + TESTS + WRONG), "--junit", target)
    assert done.returncode == 1
    suite = ElementTree.parse(target).getroot().find("testsuite")
    assert suite is not None
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("3", "1")
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert [case.attrib["name"] for case in failed] == ["what is too little is found, says this test <wrongly> & in vain"]
    assert len(failed[0].findall("failure")) == 2
    assert all(float(case.attrib["time"]) >= 0 for case in suite.iter("testcase"))


def test_coverage_names_rules_and_parts_that_no_test_has_looked_at(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path), "--coverage")
    assert done.returncode == 0
    assert "0 %  many_penalties" in done.stdout
    assert "first.rules:" in done.stdout


INSIDE = """
timezone "Asia/Shanghai"
entity case
entity officer

event fine "A fine is imposed"
    case: case
    officer: officer
    amount: number

event paid "It is paid"
    case: case
    amount: number

rule large_fines
    on fine where fine.officer is present
    when count(fine where fine.amount > 100) >= 2 within case over 30d

rule paid_too_little
    when paid preceded by fine where fine.amount > this.amount within case over 30d

test "two large fines, paid with less"
    fine at 2026-03-02T10:00 case=C1 officer=P1 amount=200
    fine at 2026-03-03T10:00 case=C1 officer=P1 amount=300
    paid at 2026-03-04T10:00 case=C1 amount=250
    paid at 2026-03-04T10:00 case=C2 amount=250
    expect large_fines
    expect paid_too_little
"""

REST = """
test "one fine without its officer, one of exactly a hundred, paid in full"
    fine at 2026-03-02T10:00 case=C1 amount=50
    fine at 2026-03-02T11:00 case=C1 officer=P1 amount=100
    paid at 2026-03-04T10:00 case=C1 amount=100
    expect no finding
"""


def test_coverage_looks_at_the_conditions_inside_a_condition(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path, INSIDE), "--coverage", "--strict")
    said = [line.partition("first.rules:")[2].partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("    ")]
    assert [line for line in said if "undecided" not in line] == [
        "fine.officer is present: never false",
        "fine.amount > 100: never false",
        "fine.amount > 100: no test stands on this threshold",
        "fine.amount > this.amount: no test stands on this threshold",
    ]
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "4 gaps in what the tests look at")


def test_coverage_without_a_gap_is_well(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path, INSIDE + REST), "--coverage", "--strict")
    assert done.returncode == 0, done.stdout


def test_strict_is_of_coverage(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path), "--strict")
    assert (done.returncode, "goes with --coverage" in done.stderr) == (2, True)


def test_errors_in_the_rules_are_shown_and_no_test_is_run(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path, MISSPELT))
    assert (done.returncode, done.stdout) == (1, "")
    assert "E201" in done.stderr


def test_rules_without_tests_are_told_so(tmp_path: Path) -> None:
    done = rulelang("test", write_rules(tmp_path, RULES))
    assert (done.returncode, done.stdout) == (0, "there are no tests\n")


def test_a_late_event_takes_back_what_was_found_whatever_the_order_of_arrival(tmp_path: Path) -> None:
    late = """
test "a video reported late takes the finding back"
    penalty at 2026-03-01T10:00 case=C1 officer=P1 amount=10
    video at +2h case=C1 late
    clock +2d
    expect penalty_without_video withdrawn
    expect no finding
"""
    assert rulelang("test", write_rules(tmp_path, RULES + late)).returncode == 0


@pytest.mark.parametrize("path", ["nowhere", "pyproject.toml"])
def test_a_path_without_rules_is_wrong_usage(path: str) -> None:
    assert rulelang("test", path).returncode == 2
