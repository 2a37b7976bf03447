"""Damaged and forged programs: refused with ProgramError, or harmless. Each block of seeds runs in a process of its own, so that a crash is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.program.building import RULE_FILES

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 100


def in_a_process(*arguments: str) -> list[tuple[str, str]]:
    """What `tests.program.mutants` says: (what it ran, what became of it). A crash or an exception fails, with what to run again."""
    ran = subprocess.run([sys.executable, "-m", "tests.program.mutants", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line.split() for line in ran.stdout.splitlines()]
    last = lines[-1][0] if lines else arguments[0]
    assert ran.returncode == 0, f"python -m tests.program.mutants {last} 1 ended with {ran.returncode}:\n{ran.stderr[-4000:]}"
    return [(what, outcome) for what, outcome in lines]


@pytest.mark.parametrize("name", [path.stem for path in RULE_FILES])
def test_an_unharmed_program_does_all_that_is_asked_of_the_others(name: str) -> None:
    assert in_a_process(name, "5") == [(name, "ran")] * 5


@pytest.mark.seeds(2)
def test_whatever_a_program_says_it_is_refused_or_harmless(seed: int) -> None:
    found = in_a_process(str(seed * BLOCK), str(BLOCK))
    assert [what for what, _ in found] == [str(seed * BLOCK + number) for number in range(BLOCK)]
    assert {"ran", "refused"} == {outcome for _, outcome in found}, "mutations that are all refused, or all let through, try nothing"
