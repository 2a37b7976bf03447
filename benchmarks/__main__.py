"""`python -m benchmarks [CASE …] [--smoke] [--json FILE]`: ours beside peers and limits, all in one run on this machine."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import platform
import sys
from pathlib import Path

from benchmarks import cases
from benchmarks.measure import as_json, table


def main() -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*names, []], help="which to run; default: all")
    parser.add_argument(
        "--smoke", action="store_true", help="small inputs: shows that everything runs and answers rightly, the figures say little"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows as JSON as well")
    options = parser.parse_args()
    rows = []
    for name in options.case or names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.cases.{name}").run(options.smoke)
    print(table(rows))
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        options.json.write_text(json.dumps({"machine": machine, "smoke": options.smoke, "rows": as_json(rows)}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
