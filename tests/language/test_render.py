"""How diagnostics are shown: carets under what is meant, and documents that other programs can read."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET

import pytest

from rulelang.diagnostics import Diagnostic, Related
from rulelang.render import RENDERERS, render_github, render_json, render_junit, render_sarif, render_text, summary
from rulelang.syntax import Span

FILE = "pack/x.rules"


def problem(text: str, meant: str, *, severity: str = "error", remedy: str | None = None, related: tuple[Related, ...] = ()) -> Diagnostic:
    start = text.index(meant)
    return Diagnostic("E201", severity, "unknown field", Span(FILE, start, start + len(meant)), remedy, related)


def lines(text: str, meant: str) -> list[str]:
    return render_text([problem(text, meant)], {FILE: text}).splitlines()


def test_a_diagnostic_names_file_line_and_column_and_shows_the_line() -> None:
    text = "rule r\n    when alcohol_feild > 80\n"
    assert lines(text, "alcohol_feild") == [
        "pack/x.rules:2:10: error E201: unknown field",
        "    2 |     when alcohol_feild > 80",
        "      |          ^^^^^^^^^^^^^",
    ]


def test_the_caret_stands_right_on_a_line_with_tabs() -> None:
    text = "rule r\n\twhen\tfeild > 80\n"
    _, shown, marks = lines(text, "feild")
    assert shown == "    2 |     when    feild > 80"
    assert marks.index("^") == shown.index("feild")
    assert marks.count("^") == 5


def test_the_caret_stands_right_after_wide_characters() -> None:
    text = "规则 r\n    当 血检结果 > 呼气 并且 x\n"
    _, shown, marks = lines(text, "呼气")
    before = shown[: shown.index("呼气")]
    assert marks.index("^") == len(before) + sum(1 for c in before if c >= "一")
    assert marks.count("^") == 4


def test_a_span_over_several_lines_is_marked_on_its_first() -> None:
    text = "rule r\n    when a\n    and b\n"
    _, shown, marks = lines(text, "when a\n    and b")
    assert shown.endswith("when a")
    assert marks.count("^") == len("when a")


def test_an_empty_span_at_the_end_of_the_file_has_one_caret() -> None:
    text = "rule r"
    shown = render_text([Diagnostic("E101", "error", "the file ends here", Span(FILE, 6, 6))], {FILE: text})
    assert shown.splitlines()[0].startswith("pack/x.rules:1:7:")
    assert shown.count("^") == 1


def test_a_long_line_is_cut_around_what_is_meant() -> None:
    text = "x" * 500 + " feild " + "y" * 500
    _, shown, marks = lines(text, "feild")
    assert len(shown) < 190
    assert shown[marks.index("^") :].startswith("feild")


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    text = "when \x1b[31m feild\n"
    shown = render_text([problem(text, "feild")], {FILE: text})
    assert "\x1b" not in shown


def test_colour_comes_only_when_asked_for() -> None:
    text = "feild"
    found = [problem(text, "feild")]
    assert "\x1b" not in render_text(found, {FILE: text})
    coloured = render_text(found, {FILE: text}, colour=True)
    assert "\x1b[31m" in coloured
    assert coloured.replace("\x1b[31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "") == render_text(found, {FILE: text})


def test_remedy_and_related_places_follow() -> None:
    text = "entity a\nentity a\n"
    there = Related("first declared here", Span(FILE, 7, 8))
    shown = render_text([Diagnostic("E250", "error", "twice", Span(FILE, 16, 17), "keep one", (there,))], {FILE: text})
    assert "= keep one" in shown
    assert "pack/x.rules:1:8: first declared here" in shown


def test_a_file_that_is_not_there_is_named_without_a_line() -> None:
    shown = render_text([Diagnostic("E500", "error", "there is no file", Span("nowhere/x", 0, 0))], {}, folder="pack")
    assert shown.splitlines()[0] == "nowhere/x: error E500: there is no file"


def test_the_folder_stands_before_the_names() -> None:
    shown = render_text([problem("feild", "feild")], {FILE: "feild"}, folder="rules")
    assert shown.startswith("rules/pack/x.rules:1:1:")


def test_the_summary_counts_each_severity() -> None:
    found = [problem("a", "a"), problem("a", "a", severity="warning"), problem("a", "a", severity="warning")]
    assert summary(found) == "1 error, 2 warnings"
    assert summary([]) == "nothing found"


def test_json_has_places_in_code_points() -> None:
    text = "规则 feild\n"
    document = json.loads(render_json([problem(text, "feild", remedy="write it right")], {FILE: text}))
    (found,) = document["diagnostics"]
    assert (found["file"], found["line"], found["column"], found["end_line"], found["end_column"]) == (FILE, 1, 4, 1, 9)
    assert found["code"] == "E201"
    assert found["remedy"] == "write it right"


def test_sarif_is_2_1_0_with_rules_results_and_escaped_paths() -> None:
    text = "feild"
    found = [Diagnostic("E201", "note", "unknown", Span("包/x y.rules", 0, 5), None, (Related("here", Span("包/x y.rules", 0, 1)),))]
    document = json.loads(render_sarif(found, {"包/x y.rules": text}))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "E201"
    assert result["level"] == "note"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "%E5%8C%85/x%20y.rules"
    assert location["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 6}
    assert result["relatedLocations"][0]["message"]["text"] == "here"


def test_github_annotations_escape_what_would_end_them() -> None:
    text = "feild"
    found = [Diagnostic("E201", "note", "50% of\nx", Span("a,b:c.rules", 0, 5), None)]
    assert render_github(found, {"a,b:c.rules": text}) == (
        "::notice file=a%2Cb%3Ac.rules,line=1,endLine=1,col=1,endColumn=5,title=E201::50%25 of%0Ax\n"
    )


def test_junit_has_a_test_for_each_file_and_a_failure_for_each_that_has_errors() -> None:
    sources = {"a.rules": 'x < "&"\x00', "b.rules": ""}
    found = [
        Diagnostic("E201", "error", 'a < "b" & c', Span("a.rules", 0, 1)),
        Diagnostic("L013", "note", "no test", Span("b.rules", 0, 0)),
    ]
    suite = ET.fromstring(render_junit(found, sources)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    first, second = suite.findall("testcase")
    failure = first.find("failure")
    assert failure is not None
    assert failure.get("message") == 'E201 a < "b" & c'
    assert second.find("failure") is None
    assert "no test" in (second.findtext("system-out") or "")


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_renderer_takes_nothing_found(name: str) -> None:
    assert isinstance(RENDERERS[name]([], {}), str)


def test_many_errors_on_a_very_long_line_are_shown_in_a_moment() -> None:
    text = "rule r when " + "feild and " * 5000
    problems = [Diagnostic("E201", "error", "unknown field", Span(FILE, at, at + 5)) for at in range(12, len(text), 10)]
    started = time.process_time()
    shown = render_text(problems, {FILE: text}).splitlines()
    assert time.process_time() - started < 10
    marked = [(line, marks.index("^")) for line, marks in zip(shown[1::4], shown[2::4], strict=True)]
    assert all(line[at : at + 5] == "feild" for line, at in marked)
    assert all(line.startswith("    1 | … ") and line.endswith(" …") for line, _ in marked[50:-50])
