"""The arrows between the packages go one way, in compiled sources as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# package -> what it may not import
FORBIDDEN = {
    "rulelang": {"engine", "services", "proto", "grpc", "redis", "structlog"},
    "engine": {"rulelang", "services", "proto", "lark", "grpc", "structlog"},
    "proto": {"rulelang", "engine", "services", "lark", "redis"},
    "services": {"tests", "benchmarks"},
}
# `from proto.rulelang.v1 import x` names the package proto, whatever follows the dot.
IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+(?:\s*,\s*[\w.]+)*))", re.MULTILINE)


def sources(package: str) -> list[Path]:
    return sorted(p for suffix in ("*.py", "*.pyx", "*.pxd", "*.pxi", "*.pyi") for p in (ROOT / package).rglob(suffix))


def imported(path: Path) -> set[str]:
    names = set()
    for source, several in IMPORT.findall(path.read_text(encoding="utf-8")):
        names.update(name.strip().split(".")[0] for name in (source or several).split(","))
    return names


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    files = sources(package)
    assert files, f"no sources found under {package}/"
    wrong = {str(path.relative_to(ROOT)): sorted(imported(path) & FORBIDDEN[package]) for path in files}
    assert not {path: names for path, names in wrong.items() if names}


def test_only_one_file_of_the_engine_would_import_redis() -> None:
    users = [path.name for path in sources("engine") if "redis" in imported(path)]
    assert set(users) <= {"redis.py"}


def test_the_pattern_sees_every_form_of_import(tmp_path: Path) -> None:
    path = tmp_path / "x.pyx"
    path.write_text("import a, b.c\nfrom d.e import f\ncimport g\nfrom h cimport i\n    import j\n# import k\n", encoding="utf-8")
    assert imported(path) == {"a", "b", "d", "g", "h", "j"}
