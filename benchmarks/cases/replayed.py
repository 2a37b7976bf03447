"""Stored events replayed through windowed rules, per rule, beside the same conditions as DuckDB queries on one thread.

Ours is one replay of all rules at once, from decoded JSON to findings, divided by the number of rules; DuckDB's is one query a rule over a table that
it has loaded already. Both must find the same number of anchors. As in `rulelang replay`, the cycle collector rests meanwhile. Without DuckDB (the extra `peers`) ours is measured alone.
"""

from __future__ import annotations

import importlib.util
import random
from collections import Counter
from typing import Any

import engine
import rulelang
from benchmarks.cases.windowed import engine_time
from benchmarks.measure import Row, seconds
from engine.collector import at_rest

START_US = 1_767_225_600_000_000
SPAN_US = 4 * 86_400_000_000
EVENTS_EACH = 500
"""How many events a key has."""
HOUR_US = 3_600_000_000
KINDS = ("count", "filtered count", "sum", "distinct", "not followed by")
EACH = 4
"""Rules of each kind, which differ in their windows."""
Json = dict[str, Any]


def hours(number: int) -> int:
    return 6 * 2**number


def events(n: int) -> list[Json]:
    """Four busy days: acts of officers, a sixth as many rulings among them."""
    made = random.Random(11)
    now, told = START_US, []
    for number in range(n):
        now += made.randrange(1, 2 * SPAN_US // n)
        told.append(
            {
                "id": f"e{number}",
                "type": "ruling" if made.random() < 0.17 else "act",
                "time": now,
                "officer": f"P{made.randrange(n // EVENTS_EACH):05d}",
                "vehicle": f"AB{made.randrange(9_000):05d}",
                "amount": float(made.randrange(50_000)),
                "points": made.randrange(13),
            }
        )
    return told


def thresholds(told: list[Json], number: int) -> dict[str, int]:
    """Seldom reached: from how many acts a key has in the window on average."""
    acts = sum(event["type"] == "act" for event in told)
    mean = EVENTS_EACH * acts / len(told) * hours(number) * HOUR_US / SPAN_US
    high = round(mean + 3.6 * mean**0.5) + 1
    filtered = mean / 50
    return {"count": high, "filtered count": round(filtered + 4 * filtered**0.5) + 1, "sum": 6 * high + 20, "distinct": high - 1}


def condition(kind: str, number: int, limit: dict[str, int]) -> str:
    over = f"within officer over {hours(number)}h"
    return {
        "count": f"count(act) >= {limit['count']} {over}",
        "filtered count": f"count(act where amount >= 49000) >= {limit['filtered count']} {over}",
        "sum": f"sum(act.points) >= {limit['sum']} {over}",
        "distinct": f"distinct(act.vehicle) >= {limit['distinct']} {over}",
        "not followed by": f"act where amount >= 45000 not followed by ruling {over}",
    }[kind]


def query(kind: str, number: int, limit: dict[str, int], until_us: int) -> str:
    """How many anchors hold: windows are open at their beginning."""
    length = hours(number) * HOUR_US
    window = f"window w as (partition by officer order by time range between {length - 1} preceding and current row)"
    value = {
        "count": f"count(*) over w >= {limit['count']}",
        "filtered count": f"amount >= 49000 and count(*) filter (where amount >= 49000) over w >= {limit['filtered count']}",
        "sum": f"sum(points) over w >= {limit['sum']}",
        "distinct": f"count(distinct vehicle) over w >= {limit['distinct']}",
    }
    if kind in value:
        return f"select count(*) from (select {value[kind]} as holds from event where type = 'act' {window}) where holds"
    return (
        f"select count(*) from (select type, amount, time, count(*) filter (where type = 'ruling') over "
        f"(partition by officer order by time range between current row and {length} following) as rulings from event) "
        f"where type = 'act' and amount >= 45000 and rulings = 0 and time + {length} <= {until_us}"
    )


def rules(told: list[Json], numbers: range) -> str:
    lines = ["entity officer", "event act", "    officer: officer", "    vehicle: text", "    amount: number", "    points: integer"]
    lines += ["event ruling", "    officer: officer", "    vehicle: text", "    amount: number", "    points: integer"]
    for number in numbers:
        limit = thresholds(told, number)
        for kind in KINDS:
            lines += [f"rule {kind.replace(' ', '_')}_{number}", f"    when {condition(kind, number, limit)}", "    repeat always"]
    return "\n".join(lines) + "\n"


def _replayed(program: bytes, told: list[Json]) -> tuple[float, Counter[str]]:
    """Seconds, and by rule how often it held."""
    sent = [{**event, "time": engine_time(event["time"] / 1_000_000)} for event in told]
    eng = engine.Engine(program)
    with at_rest():
        taken = seconds(lambda: [eng.evaluate_batch(sent[at : at + 500]) for at in range(0, len(sent), 500)])
    return taken, Counter(shown["rule"] for shown in eng.standing())


def _queried(told: list[Json], told_by_us: Counter[str]) -> dict[str, float]:
    """Seconds of each query; its answer must be ours."""
    import duckdb

    database = duckdb.connect()
    database.execute("set threads = 1")
    database.execute("create table event (type varchar, time bigint, officer varchar, vehicle varchar, amount double, points bigint)")
    names = ("type", "time", "officer", "vehicle", "amount", "points")
    for at in range(0, len(told), 10_000):
        part = told[at : at + 10_000]
        columns = ", ".join(f"unnest(${number + 1}) as {name}" for number, name in enumerate(names))
        database.execute(f"insert into event select {columns}", [[event[name] for event in part] for name in names])
    found = {}
    for number in range(EACH):
        limit = thresholds(told, number)
        for kind in KINDS:
            asked = query(kind, number, limit, told[-1]["time"])
            answer: list[tuple[int]] = []
            found[f"{kind} {number}"] = seconds(lambda asked=asked, answer=answer: answer.append(database.execute(asked).fetchone()))
            ours = told_by_us[f"{kind.replace(' ', '_')}_{number}"]
            assert answer == [(ours,)], f"{kind} over {hours(number)}h: DuckDB finds {answer}, we find {ours}"
    return found


def run(smoke: bool) -> list[Row]:
    told = events(4_000 if smoke else 1_000_000)
    taken, held = _replayed(rulelang.compile_text(rules(told, range(EACH))), told)
    per_rule = taken / (EACH * len(KINDS))
    what = f"{len(told):,} stored events, per rule of {EACH * len(KINDS)}"
    if importlib.util.find_spec("duckdb") is None:
        return [Row("replayed", f"{what} (DuckDB is not installed)", per_rule, "s")]
    queries = _queried(told, held)
    rows = [Row("replayed", what, per_rule, "s", "DuckDB", sum(queries.values()) / len(queries), "<= 1")]
    for kind in KINDS:
        each = [took for name, took in queries.items() if name.rpartition(" ")[0] == kind]
        rows.append(Row("replayed", f"{what}, beside {kind}", per_rule, "s", "DuckDB", sum(each) / len(each), "<= 1"))
    return rows
