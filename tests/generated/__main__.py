"""A campaign: `python -m tests.generated --seeds 100000 --jobs 2`. Ends with 1 where something came out differently.

In: a range of seeds.  Out: how many histories were compared, and each failure as small as it was found.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.generated.cases import Failure, far_plays, plays, run, shrunk, told

SHOWN = 5
"""So many failures are made small and shown; of others the seed is printed."""


def main() -> int:
    """The campaign that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description="Hold the engine against the reference.")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--far", action="store_true", help="histories that lie far apart, of rule sets that retain little")
    asked = parser.parse_args()
    started, count, failures = time.monotonic(), 0, 0
    # Fresh processes: a forked one would share what the parent has opened.
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
        for seed, (played, failure) in zip(
            seeds, pool.map(partial(run, plays=far_plays if asked.far else plays), seeds, chunksize=8), strict=True
        ):
            count += played
            if failure is not None:
                failures += 1
                _tell(failure, failures)
            if sys.stderr.isatty():
                print(f"\r{count} histories, seed {seed}", end="", file=sys.stderr)
    print(f"{count} histories in {time.monotonic() - started:.0f} s, {failures} came out differently")
    return 1 if failures else 0


def _tell(failure: Failure, number: int) -> None:
    print(told(shrunk(failure)) if number <= SHOWN else f"seed {failure.seed}: {failure.says}", flush=True)
    print("-" * 100, flush=True)


if __name__ == "__main__":
    sys.exit(main())
