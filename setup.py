"""The compiled modules of the engine; everything else about the package is in pyproject.toml.

Builders go by the times of files, which say nothing after a checkout, a copy or a changed clock. So what is built in place is written down
in `engine/built.json`, by contents, and a module that was not built from the sources that are there is built whatever the times say.
"""

import hashlib
import importlib.machinery
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODULES = ["values", "texts", "machine", "fold"]
ENGINE = Path(__file__).resolve().parent / "engine"
INCLUDE = re.compile(r'^include "(.*)"$', re.MULTILINE)

# An editable install would compile all of them once more, elsewhere; tools/setup has compiled them in place by then.
BUILT = os.environ.get("ENGINE_BUILT_IN_PLACE") == "1"


def record(engine: Path = ENGINE) -> Path:
    """The file that says from what each module was built."""
    return engine / "built.json"


def sources(engine: Path, name: str) -> Iterator[Path]:
    """What a module is made of: its file, what that includes, and what modules declare to each other."""
    source = engine / f"{name}.pyx"
    yield source
    yield from (engine / part for part in INCLUDE.findall(source.read_text("utf-8")))
    yield from sorted(engine.glob("*.pxd"))


def digests(engine: Path, name: str) -> dict[str, str]:
    """Of a module's sources, and of the binary that is there: empty where there is none."""
    made_of = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sources(engine, name)))
    binary = engine / f"{name}{importlib.machinery.EXTENSION_SUFFIXES[0]}"
    return {"sources": made_of.hexdigest(), "binary": hashlib.sha256(binary.read_bytes()).hexdigest() if binary.exists() else ""}


def recorded(engine: Path = ENGINE) -> dict[str, dict[str, str]]:
    """What was written down when the modules were built; nothing before that."""
    path = record(engine)
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def is_stale(engine: Path, name: str) -> bool:
    """Whether the module is known to have been built from something else. Of what was never written down only the times of files tell."""
    return name in recorded(engine) and recorded(engine)[name] != digests(engine, name)


class Build(build_ext):
    """Writes down from what it has built the modules in place."""

    def run(self) -> None:
        super().run()
        if self.inplace:
            record().write_text(json.dumps({name: digests(ENGINE, name) for name in MODULES}, indent=1) + "\n", "utf-8")


def extensions() -> list[Extension]:
    made = []
    for name in MODULES:
        made += cythonize(
            [Extension(f"engine.{name}", [f"engine/{name}.pyx"], extra_compile_args=["-O2", "-fno-math-errno"])],
            compiler_directives={"language_level": 3, "embedsignature": True, "warn.unreachable": True},
            force=is_stale(ENGINE, name) or None,  # what is written anew is compiled anew; None: by the times of files
        )
    return made


if __name__ == "__main__":
    setup(ext_modules=[] if BUILT else extensions(), cmdclass={"build_ext": Build})
