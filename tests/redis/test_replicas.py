"""Two to four engines on one Redis, the same events and entities through all of them, restarted and killed in between: as if there were one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from engine.stores.redis import RedisStore
from engine.stores.redis_items import unpacked
from tests.redis import histories, servers
from tests.redis.replicas import LIMITS, Replica, check


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
@pytest.mark.seeds(20)
def test_replicas_interleaved_at_random_are_one_engine(binary: Path, scheme: str, seed: int) -> None:
    rng = Random(seed)
    url = servers.new_state(binary, scheme)
    told = histories.events(rng, rng.randrange(5, 120))
    replicas = [Replica(histories.program(), url) for _ in range(rng.choice((2, 3, 4)))]
    while told:
        count = rng.choice((1, 1, 2, 7))
        batch, told = told[:count], told[count:]
        replica, other = rng.sample(replicas, 2)
        match rng.randrange(12):
            case 0:
                replica.kill()
            case 1:
                replica.stop()
            case 2:
                replica.at_work().checkpoint()
            case 3:
                replica.at_work().advance((replica.at_work().now or 0) + rng.randrange(4 * 3600) * 1_000_000)
        outcomes = replica.at_work().evaluate_batch(batch)
        if rng.random() < 0.3:
            for first, again in zip(outcomes, other.at_work().evaluate_batch(batch), strict=True):
                assert again.status == ("conflict" if first.status == "conflict" else "duplicate")
                if first.status == "accepted":
                    assert (again.findings, again.withdrawn, again.warnings) == (first.findings, first.withdrawn, first.warnings)
    check(histories.program(), url, replicas, [])
    for replica in replicas:
        replica.stop()


def act(name: str, hour: int, officer: str = "P1") -> dict[str, object]:
    return {
        "id": name,
        "source": "",
        "type": "act",
        "time": f"2026-03-01T{hour:02}:00:00Z",
        "officer": officer,
        "case": name,
        "amount": 1,
        "night": False,
    }


@pytest.fixture
def pair(url: str) -> tuple[Engine, Engine]:
    return Engine(histories.program(), store=url, limits=LIMITS), Engine(histories.program(), store=url, limits=LIMITS)


def test_an_event_sent_to_two_replicas_is_a_duplicate_at_the_second(pair: tuple[Engine, Engine]) -> None:
    one, other = pair
    assert one.evaluate(act("e1", 1)).status == "accepted"
    assert other.evaluate(act("e1", 1)).status == "duplicate"
    assert other.applied == 1


def test_of_two_contents_under_one_name_the_first_in_the_journal_is_right(pair: tuple[Engine, Engine]) -> None:
    one, other = pair
    assert one.evaluate(act("e1", 1)).status == "accepted"
    assert other.evaluate(act("e1", 1, "P2")).status == "conflict"
    assert one.evaluate(act("e1", 1)).status == "duplicate"
    assert one.evaluate(act("e1", 1, "P2")).status == "conflict"


def test_a_finding_is_made_of_events_that_came_through_different_replicas(pair: tuple[Engine, Engine]) -> None:
    one, other = pair
    for name, hour in (("e1", 1), ("e2", 2)):
        one.evaluate(act(name, hour))
    for name, hour in (("e3", 3), ("e4", 4)):
        last = other.evaluate(act(name, hour))
    assert [finding["rule"] for finding in last.findings] == ["busy"]
    assert last.findings[0]["events"] == [["", f"e{number}"] for number in (1, 2, 3, 4)]


def test_an_idle_replica_follows_at_each_tick(pair: tuple[Engine, Engine]) -> None:
    one, other = pair
    for number in range(1, 5):
        one.evaluate(act(f"e{number}", number))
    other.advance()
    assert other.standing() == one.standing()
    assert one.standing()


def test_a_replica_far_behind_comes_up_to_date_page_by_page(pair: tuple[Engine, Engine]) -> None:
    one, other = pair
    for number in range(100):
        one.evaluate(act(f"e{number}", number % 20))
    assert other.evaluate(act("e99", 99 % 20)).status == "duplicate"
    assert other.evaluate(act("e100", 21)).status == "accepted"
    assert other.applied == 101


class Clocks:
    """Wall clocks that differ."""

    def __init__(self) -> None:
        self.now_us = 1_772_323_200_000_000  # 2026-03-01T00:00Z

    def off_by(self, seconds: float) -> object:
        return lambda: self.now_us + round(seconds * 1_000_000)


def test_a_deadline_fires_once_in_effect_whatever_the_clocks(url: str) -> None:
    clocks = Clocks()
    engines = [
        Engine(histories.program(), store=url, clock="system", wall_clock=clocks.off_by(seconds))  # type: ignore[arg-type]
        for seconds in (0, 2, -2)
    ]
    night = {
        "id": "e1",
        "source": "",
        "type": "act",
        "time": "2026-03-01T00:00:00Z",
        "officer": "P1",
        "case": "C1",
        "amount": 1,
        "night": True,
    }
    engines[0].evaluate(night)
    found = []
    for _ in range(4):
        clocks.now_us += 3_599_000_000
        found += [finding["rule"] for engine in engines for finding in engine.advance().findings]
    assert found == ["unruled"]
    for engine in engines:
        assert [thing["rule"] for thing in engine.standing() if thing["kind"] == "finding"] == ["unruled"]
        assert [thing["version"] for thing in engine.history() if thing["kind"] == "finding"] == [1]
    assert len({engine.now for engine in engines}) == 1


def test_what_one_replica_saved_the_others_do_not_save_again(url: str) -> None:
    engines = [Engine(histories.program(), store=url, limits=LIMITS) for _ in range(3)]
    for number in range(240):
        engines[number % 3].evaluate(act(f"e{number}", number % 20))
    for engine in engines:
        engine.advance()
    with closing(RedisStore(*url.split(":", 1))) as store:
        store.open(engines[0].program.plan["hash"])
        written = [key for part in store._parts("events") for key, _ in unpacked(part)]
        assert len(set(written)) > 200
        assert len(written) < 1.5 * len(set(written))
