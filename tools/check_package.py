"""Builds the sdist, a wheel from that sdist, installs the wheel beside the dependencies only, and runs it.

What is forgotten in MANIFEST.in or in the package list shows here and nowhere else. Exit code 0: it runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = """
event reading
    value: number
rule high
    when value > 3
test "high is found"
    reading at 2026-01-01T00:00 value=4
    expect high
"""


def run(*command: str, cwd: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run(command, cwd=cwd, check=True, env=environment, stdout=subprocess.DEVNULL)


def build(kind: str, source: Path, out: Path) -> Path:
    code = f"from setuptools import build_meta as b; b.build_{kind}({str(out)!r})"
    run(sys.executable, "-c", code, cwd=source)
    return next(out.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sdist = build("sdist", ROOT, folder)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "source", filter="data")
        source = next((folder / "source").iterdir())
        wheel = build("wheel", source, folder)
        target = folder / "installed"
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=folder)
        rules = folder / "x.rules"
        rules.write_text(RULES, encoding="utf-8")
        code = (
            f"import sys; sys.path.insert(0, {str(target)!r}); import engine, rulelang; "
            f"assert engine.__file__.startswith({str(target)!r}), engine.__file__; "
            "from services.cli.main import main; raise SystemExit(main(['test', 'x.rules']))"
        )
        run(sys.executable, "-c", code, cwd=folder)
        print(f"{wheel.name}: built from the sdist, installed, runs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
