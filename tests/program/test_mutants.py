"""Damaged and forged programs: refused with ProgramError, or harmless. Each block of seeds runs in a process of its own, so that a crash is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from engine.program import load
from tests.program import mutants
from tests.program.building import RULE_FILES, golden

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 100


@pytest.mark.parametrize("name", [path.stem for path in RULE_FILES])
def test_an_unharmed_program_does_all_that_is_asked_of_the_others(name: str) -> None:
    for seed in range(3):
        mutants.run(load(golden(name)), Random(seed))


@pytest.mark.seeds(2)
def test_whatever_a_program_says_it_is_refused_or_harmless(seed: int) -> None:
    first = seed * BLOCK
    ran = subprocess.run(
        [sys.executable, "-m", "tests.program.mutants", str(first), str(BLOCK)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    last = (ran.stdout.splitlines() or ["none"])[-1].split()[0]
    assert ran.returncode == 0, f"seed {last} (python -m tests.program.mutants {last} 1) ended with {ran.returncode}:\n{ran.stderr[-4000:]}"
    outcomes = [line.split()[1] for line in ran.stdout.splitlines()]
    assert len(outcomes) == BLOCK
    assert {"ran", "refused"} == set(outcomes), "mutations that are all refused, or all let through, try nothing"
