"""Every example in the documentation is compiled, and its tests are run.

The blocks of one page are one rule set: ```rules blocks are files of it, ```csv NAME blocks the tables beside
them. ```python blocks of a page are one script. ```jsonl blocks show events, and what `replay` makes of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md"] if p.is_file())
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """The (info, text) of each fenced block of a language."""
    return [(info.strip(), text) for name, info, text in FENCE.findall(page.read_text("utf-8")) if name == language]


def with_blocks(language: str) -> list[object]:
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if blocks(page, language)]


def write_rule_set(page: Path, folder: Path) -> None:
    for number, (_, text) in enumerate(blocks(page, "rules"), start=1):
        (folder / f"{number:02}.rules").write_text(text, "utf-8")
    for name, text in blocks(page, "csv"):
        (folder / name).write_text(text, "utf-8")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments], capture_output=True, encoding="utf-8", timeout=300, cwd=ROOT
    )


@pytest.mark.parametrize("page", with_blocks("rules"))
def test_the_rules_on_a_page_check_and_their_tests_pass(page: Path, tmp_path: Path) -> None:
    write_rule_set(page, tmp_path)
    checked = run("check", str(tmp_path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    if any("\ntest " in "\n" + text or "\n测试 " in "\n" + text for _, text in blocks(page, "rules")):
        tested = run("test", str(tmp_path))
        assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("page", with_blocks("python"))
def test_the_python_on_a_page_runs(page: Path) -> None:
    script = "\n".join(text for _, text in blocks(page, "python"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def objects(text: str) -> list[dict[str, object]]:
    """JSON objects, each beginning at the start of a line and perhaps going on in the next."""
    return [json.loads(part) for part in re.split(r"\n(?=\{)", text.strip())]


def test_the_findings_shown_are_what_replay_writes_for_the_events_shown(tmp_path: Path) -> None:
    page = ROOT / "docs" / "events.md"
    shown = dict(blocks(page, "jsonl"))
    (tmp_path / "rules").mkdir()
    write_rule_set(page, tmp_path / "rules")
    (tmp_path / "events.jsonl").write_text(shown["events"], "utf-8")
    replayed = run("replay", str(tmp_path / "rules"), "--events", str(tmp_path / "events.jsonl"), "--format", "jsonl")
    assert replayed.returncode == 0, replayed.stderr
    written = [json.loads(line) for line in replayed.stdout.splitlines()]
    expected = objects(shown["findings"])
    assert [w["kind"] for w in written] == [e["kind"] for e in expected]
    for was, promised in zip(written, expected, strict=True):
        assert {name: was[name] for name, value in promised.items() if value != "…"} == {n: v for n, v in promised.items() if v != "…"}


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in [*PAGES, *ROOT.glob("rules/**/*.md")]:
        prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken
