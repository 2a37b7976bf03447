"""A process that writes until it is killed: `python -m tests.engine.writer PROGRAM STORE BATCHES FIRST`.

In: a program, a SQLite file, a file with a batch of events on each line, the first line to send.  Out: the number of each line that was answered.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine import Engine

CHECKPOINT_EVERY = 7


def main() -> None:
    program, store, batches, first = sys.argv[1:]
    engine = Engine(Path(program).read_bytes(), store=f"sqlite:{store}")
    for number, line in enumerate(Path(batches).read_text("utf-8").splitlines()):
        if number >= int(first):
            engine.evaluate_batch(json.loads(line))
            print(number, flush=True)
            if number % CHECKPOINT_EVERY == 0:
                engine.checkpoint()
    print("end", flush=True)


if __name__ == "__main__":
    main()
