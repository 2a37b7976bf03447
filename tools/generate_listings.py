"""Generates the listings that the tests hold the compiler and the disassembler to; `--check` says whether what is there is fresh.

In: tests/program/golden/*.rules.  Out: a .listing beside each (committed; never edited by hand). Read the difference before it is committed:
it is what a change does to the programs of the same rules.

    python -m tools.generate_listings [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

import rulelang
from engine.disassemble import disassemble
from engine.program import load

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "program" / "golden"


def listings() -> dict[Path, str]:
    """The listing of each golden rule file, by where it belongs."""
    return {path.with_suffix(".listing"): disassemble(load(rulelang.compile(path))) for path in sorted(FOLDER.glob("*.rules"))}


def main(arguments: list[str]) -> int:
    wanted = listings()
    present = set(FOLDER.glob("*.listing"))
    stale = sorted(present - wanted.keys())
    stale += [path for path, text in wanted.items() if path not in present or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what its rules give: run python -m tools.generate_listings", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
