"""Ten thousand rules as a program: how long it takes to check and compile them, and what they take of memory when they are at work.

Beside: Lark's bare parse of the same files with the same grammar, which makes a tree and nothing of it. And how long it takes again, after one file
has changed, with a cache of what was compiled: beside the first time without one.
"""

from __future__ import annotations

import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lark import Lark

import engine
import rulelang
from benchmarks import workload
from benchmarks.measure import Row
from engine.program import load
from rulelang import grammar
from rulelang.cached.folder import Folder

FILES = 100


def processor_s(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def again(files: dict[str, str]) -> list[tuple[float, int]]:
    """Seconds and files compiled anew: with an empty cache, with one of these files, after one rule was changed, and after all rules of a file were."""

    def fail(text: str) -> None:
        raise AssertionError(text)

    with tempfile.TemporaryDirectory(prefix="rulelang-benchmark-") as place:
        rules, cache = Path(place, "rules"), Folder(Path(place, "cache"), fail)
        rules.mkdir()
        for name, text in files.items():
            (rules / name).write_text(text, "utf-8")
        changed = rules / list(files)[len(files) // 2]
        text = changed.read_text("utf-8")
        found = []
        for changes in (0, 0, 1, -1):
            changed.write_text(text.replace("amount > ", "amount > 1", changes) if changes else text, "utf-8")
            t, building = processor_s(lambda: rulelang.compile_with_cache(rules, cache))
            assert building.built.program == rulelang.compile(rules)
            found.append((t, len(building.built.anew)))
    return found


def run(smoke: bool) -> list[Row]:
    trees = workload.SETS["unkeyed-10000"]()[: 200 if smoke else None]
    each = max(1, len(trees) // FILES)
    files = {f"part{at:05}.rules": workload.rule_file(trees[at : at + each], at, schema=at == 0) for at in range(0, len(trees), each)}
    bare = Lark(grammar.source(), parser="lalr", lexer="contextual", start=list(grammar.STARTS))
    t_bare, _ = processor_s(lambda: [bare.parse(text, start="start") for text in files.values()])
    t_check, checked = processor_s(lambda: rulelang.check_files({name: text.encode() for name, text in files.items()}))
    t_emit, data = processor_s(lambda: rulelang.compile_checked(checked))
    t_load, _ = processor_s(lambda: load(data))
    (t_cold, _), (t_warm, _), (t_one, n_one), (t_all, n_all) = again(files)
    eng = engine.Engine(data)
    event = workload.events(1)[0]
    assert sorted(eng.matches(event)) == sorted(workload.oracle(trees)(event))
    del eng
    gc.collect()
    tracemalloc.start()
    kept = engine.Engine(data)
    gc.collect()
    used, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    name = f"{len(trees)} rules in {len(files)} files"
    return [
        Row("program", f"{name}: check and compile", t_check + t_emit, "s", "Lark's bare parse", t_bare, "ratio <= 1.6"),
        Row("program", f"{name}: check alone", t_check, "s", "Lark's bare parse", t_bare),
        Row("program", f"{name}: check and compile, into an empty cache", t_cold, "s", "Lark's bare parse", t_bare),
        Row("program", f"again, nothing changed (0 of {len(files)} files anew)", t_warm, "s", "the first time", t_check + t_emit),
        Row("program", f"again, one rule changed ({n_one} anew)", t_one, "s", "the first time", t_check + t_emit, "ratio <= 0.1"),
        Row(
            "program", f"again, all rules of a file changed ({n_all} anew)", t_all, "s", "the first time", t_check + t_emit, "ratio <= 0.1"
        ),
        Row("program", f"{name}: load", t_load, "s", "Lark's bare parse", t_bare),
        Row("program", f"{name}: in memory, at work", used / 1e6, "MB", goal="<= 50"),
        Row("program", f"{name}: in memory, at most while loading", peak / 1e6, "MB"),
    ]
