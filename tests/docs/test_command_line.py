"""The page about the command line: its examples are run, and it leaves out no verb and no option."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.main import verb_module, verb_names
from tests.cli.command import ROOT
from tests.docs.test_examples import blocks

PAGE = ROOT / "docs" / "command-line.md"
SHELL = f'rulelang() {{ "{sys.executable}" -m services.cli.main "$@"; }}\n'


def sections() -> dict[str, str]:
    """The text under each heading of the second level."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples(page: Path) -> list[tuple[str, str]]:
    """Each command and what it is said to write."""
    return [(c, out) for _, text in blocks(page, "console") for c, out in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)]


def run(command: str, folder: Path) -> str:
    """What a command writes, in a shell; an exit code other than 0 is the last line."""
    done = subprocess.run(
        ["bash", "-c", SHELL + command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    return done.stdout + (f"(exit code {done.returncode})\n" if done.returncode else "")


def pattern(said: str) -> str:
    """`…` on a line of its own stands for any lines, inside a line for any text."""
    lines = [r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in said.splitlines()]
    return "".join(lines)


@pytest.mark.parametrize("page", [PAGE, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_examples_write_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for language in ("rules", "jsonl"):
        for name, text in blocks(page, language):
            (tmp_path / name).write_text(text, "utf-8")
    shown = examples(page)
    assert len(shown) > 3
    for command, said in shown:
        written = run(command, tmp_path)
        assert re.fullmatch(pattern(said), written), f"$ {command}\n{written}"


@pytest.mark.parametrize("name", verb_names())
def test_every_verb_has_a_section_with_all_of_its_options(name: str) -> None:
    text = next((text for title, text in sections().items() if name in title.split()), None)
    assert text is not None, f"no section about {name}"
    parser = argparse.ArgumentParser()
    verb_module(name).add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert not {option for option in options if option not in text}


def test_the_page_names_no_option_that_is_not_there() -> None:
    for title, text in sections().items():
        known = set()
        for name in set(title.split()) & set(verb_names()):
            parser = argparse.ArgumentParser()
            verb_module(name).add_arguments(parser)
            known |= {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) <= known, title
