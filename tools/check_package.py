"""Builds the sdist, a wheel from that sdist, installs the wheel into a fresh environment, and uses it there as a user would.

What is forgotten in MANIFEST.in or in the package list shows here and nowhere else. Exit code 0: it runs.
The dependencies are those of the environment that this is run in; the project's own editable install in it is not seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = """
import sys, engine, proto, proto.rulelang.v1.event_pb2, rulelang, services
for module in (engine, engine.fold, proto, rulelang, services):
    assert module.__file__.startswith(sys.prefix), module.__file__
print("imports are ours")
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What the command writes; raises where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        raise SystemExit(f"{done.stdout}\n{' '.join(map(str, command))}: exit code {done.returncode}")
    return done.stdout


def build(kind: str, source: Path, out: Path) -> Path:
    run(sys.executable, "-c", f"from setuptools import build_meta as b; b.build_{kind}({str(out)!r})", cwd=source)
    return next(out.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def fresh_environment(folder: Path) -> Path:
    """A new virtual environment that sees the dependencies of this one; its folder of programs."""
    venv.create(folder, with_pip=False)
    # A path in a .pth file is searched, but .pth files there are not read: an editable install there stays out of sight.
    inside = next((folder / "lib").glob("python*/site-packages"))
    (inside / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder / "bin"


def use(programs: Path, rules: Path, folder: Path) -> None:
    """What a user does first."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    command = programs / "rulelang"
    assert run(command, "--version", cwd=folder) == f"rulelang {version}\n"
    assert "imports are ours" in run(programs / "python", "-c", IMPORTS, cwd=folder)
    run(command, "check", "--strict", rules, cwd=folder)
    run(command, "test", rules, "--name", "blood", cwd=folder)
    run(command, "compile", rules, "-o", "rules.program", cwd=folder)
    assert "blood_contradicts_breath" in run(command, "disasm", "rules.program", cwd=folder)
    assert "and nothing else" in run(command, "demo", "--seconds", "0", "--rules", rules, "--save", "day.jsonl", cwd=folder)
    assert '"blood_contradicts_breath"' in run(command, "replay", rules, "--events", "day.jsonl", cwd=folder)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sdist = build("sdist", ROOT, folder)
        shutil.unpack_archive(sdist, folder / "source")  # Debian's Python 3.11.2 has no `filter` yet, and the archive is our own
        source = next((folder / "source").iterdir())
        wheel = build("wheel", source, folder)
        programs = fresh_environment(folder / "environment")
        pip = (sys.executable, "-m", "pip", "--python", str(programs / "python"), "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
        use(programs, source / "rules", folder)
        print(f"{wheel.name}: built from the sdist, installed, runs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
