"""An editable install does not rebuild on import: stale compiled modules would test yesterday's code."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "engine"
MODULES = sorted(path.stem for path in ENGINE.glob("*.pyx"))


def test_there_are_compiled_modules() -> None:
    assert MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_binary_is_newer_than_its_sources(name: str) -> None:
    module = importlib.import_module(f"engine.{name}")
    binary = Path(module.__file__ or "")
    assert binary.suffix == ".so", f"{binary} is not a compiled module"
    source = ENGINE / f"{name}.pyx"
    included = [ENGINE / part for part in re.findall(r'^include "(.*)"$', source.read_text(), re.MULTILINE)]
    newest = max([source, *included, *ENGINE.glob("*.pxd")], key=lambda p: p.stat().st_mtime)
    assert binary.stat().st_mtime >= newest.stat().st_mtime, f"{newest.name} is newer than {binary.name}: run tools/setup"
