"""An editable install does not rebuild on import: stale compiled modules would test yesterday's code. Contents tell, the times of files do not."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import json
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine"
MODULES = sorted(path.stem for path in ENGINE.glob("*.pyx"))


def _loaded() -> ModuleType:
    found = importlib.util.spec_from_file_location("building", ROOT / "setup.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


building = _loaded()


def test_all_modules_are_built() -> None:
    assert MODULES
    assert sorted(building.MODULES) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_binary_was_built_from_the_sources_that_are_there(name: str) -> None:
    module = importlib.import_module(f"engine.{name}")
    assert (module.__file__ or "").endswith(".so"), f"{module.__file__} is not a compiled module"
    assert building.recorded().get(name) == building.digests(ENGINE, name), f"engine.{name} was built from other sources: run tools/setup"


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """A folder with the sources of the engine, in which `values` was built: a file stands for the binary."""
    folder = tmp_path / "engine"
    shutil.copytree(ENGINE, folder, ignore=shutil.ignore_patterns("*.so", "*.c", "built.json", "__pycache__"))
    binary(folder).write_bytes(b"built")
    building.record(folder).write_text(json.dumps({"values": building.digests(folder, "values")}), "utf-8")
    return folder


def binary(folder: Path) -> Path:
    return folder / f"values{importlib.machinery.EXTENSION_SUFFIXES[0]}"


def test_touching_a_file_makes_nothing_stale(engine: Path) -> None:
    os.utime(engine / "values.pyx")
    assert not building.is_stale(engine, "values")


@pytest.mark.parametrize("changed", ["values.pyx", "values.pxd"])
def test_a_changed_source_is_seen_however_old_it_says_it_is(engine: Path, changed: str) -> None:
    with (engine / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    os.utime(engine / changed, (0, 0))
    assert building.is_stale(engine, "values")


def test_what_is_included_is_a_source(engine: Path) -> None:
    before = building.digests(engine, "fold")
    with (engine / "folding" / "frame.pxi").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert building.digests(engine, "fold") != before


def test_another_binary_in_its_place_is_seen(engine: Path) -> None:
    binary(engine).write_bytes(b"of another checkout")
    assert building.is_stale(engine, "values")
    binary(engine).unlink()
    assert building.is_stale(engine, "values")


def test_of_what_was_never_written_down_nothing_is_claimed(engine: Path) -> None:
    building.record(engine).unlink()
    assert not building.is_stale(engine, "values")
