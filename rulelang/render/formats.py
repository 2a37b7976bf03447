"""Diagnostics for other programs: JSON, SARIF 2.1.0, annotations of GitHub, JUnit.

In: diagnostics in order, and the text of each file.  Out: the document as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from string import Formatter
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from rulelang.diagnostics import Diagnostic
from rulelang.lint import lint_rules
from rulelang.messages import CATALOGUE
from rulelang.messages.wording import Wording
from rulelang.render.places import Place, Places
from rulelang.render.text import render_text

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, folder: str = "") -> str:
    """One object per diagnostic; lines and columns from 1, in code points, the end being the column after the last character."""
    places = Places(sources, folder)
    found = [
        {
            "code": d.code,
            "severity": d.severity,
            "message": d.message,
            "remedy": d.remedy,
            **_json_place(places.place(d.span)),
            "related": [{"message": r.message, **_json_place(places.place(r.span))} for r in d.related],
        }
        for d in diagnostics
    ]
    return json.dumps({"version": 1, "diagnostics": found}, ensure_ascii=False, indent=2) + "\n"


def _json_place(place: Place) -> dict[str, object]:
    ends = {"line": place.line, "column": place.column, "end_line": place.end_line, "end_column": place.end_column}
    return {"file": place.path, **ends}


def render_sarif(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, folder: str = "") -> str:
    """A log of one run, as code scanning services read it."""
    places = Places(sources, folder)
    found = list(diagnostics)
    codes = sorted({d.code for d in found})
    rules = [_sarif_rule(code) for code in codes]
    results = []
    for d in found:
        result: dict[str, object] = {
            "ruleId": d.code,
            "ruleIndex": codes.index(d.code),
            "level": d.severity,
            "message": {"text": f"{d.message}\n{d.remedy}" if d.remedy else d.message},
            "locations": [_sarif_location(places.place(d.span))],
        }
        if d.related:
            result["relatedLocations"] = [_sarif_location(places.place(r.span)) | {"message": {"text": r.message}} for r in d.related]
        results.append(result)
    run = {"tool": {"driver": {"name": "rulelang", "rules": rules}}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _sarif_rule(code: str) -> dict[str, object]:
    """What is said of a code in general; GitHub shows no result of a rule without all three texts."""
    linting = next((rule for rule in lint_rules() if rule.code == code), None)
    if linting is not None:
        short, full, aid = linting.name, linting.reason, f"{linting.reason}\n\nFound:\n\n{linting.bad}\n\nBetter:\n\n{linting.good}"
    else:
        wording = CATALOGUE.get(code, Wording(code))
        short = full = _without_blanks(wording.message)
        aid = _without_blanks(wording.remedy or wording.message)
    return {"id": code, "shortDescription": {"text": short}, "fullDescription": {"text": full}, "help": {"text": aid}}


def _without_blanks(template: str) -> str:
    return "".join(text + ("" if blank is None else "…") for text, blank, _, _ in Formatter().parse(template))


def _sarif_location(place: Place) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": quote(place.path)}}
    if place.known:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
    return {"physicalLocation": physical}


_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, folder: str = "") -> str:
    """Workflow commands, one a line: what is printed in a job of GitHub Actions appears beside the line of the file."""
    places = Places(sources, folder)
    lines = []
    for d in diagnostics:
        place = places.place(d.span)
        words = {"file": place.path}
        if place.known:
            words |= {"line": str(place.line), "endLine": str(place.end_line), "col": str(place.column)}
            if place.line == place.end_line:
                words["endColumn"] = str(max(place.column, place.end_column - 1))  # here the end is the last character itself
        words["title"] = d.code
        text = f"{d.message}\n{d.remedy}" if d.remedy else d.message
        properties = ",".join(f"{name}={_github_property(value)}" for name, value in words.items())
        lines.append(f"::{_GITHUB[d.severity]} {properties}::{_github_text(text)}\n")
    return "".join(lines)


def _github_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_text(text).replace(":", "%3A").replace(",", "%2C")


def render_junit(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, folder: str = "") -> str:
    """A test suite in which each file is a test that fails with its errors; what is no error is told as output."""
    places = Places(sources, folder)
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in sources}
    for d in diagnostics:
        by_file.setdefault(d.span.file, []).append(d)
    cases = []
    failures = 0
    for file, found in sorted(by_file.items()):
        errors = [d for d in found if d.severity == "error"]
        others = [d for d in found if d.severity != "error"]
        case = ""
        if errors:
            failures += 1
            message = "; ".join(f"{d.code} {d.message}" for d in errors)
            case += f"<failure message={_xml_attribute(message)}>{_xml_text(render_text(errors, sources, folder=folder))}</failure>"
        if others:
            case += f"<system-out>{_xml_text(render_text(others, sources, folder=folder))}</system-out>"
        name = places.path(file)
        cases.append(f'    <testcase classname="rulelang.check" name={_xml_attribute(name)}>{case}</testcase>\n')
    head = f'<testsuite name="rulelang check" tests="{len(by_file)}" failures="{failures}" errors="0">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  {head}{"".join(cases)}  </testsuite>\n</testsuites>\n'


def _xml_text(text: str) -> str:
    return escape("".join(c for c in text if _in_xml(c)))


def _xml_attribute(text: str) -> str:
    return quoteattr("".join(c for c in text if _in_xml(c)))


def _in_xml(character: str) -> bool:
    """Whether XML 1.0 can hold the character at all."""
    code = ord(character)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
