"""Several services on one Redis: one of them delivers; when it is killed another one goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.channels.receivers import Receiver, receiver, webhook, write_channels
from tests.channels.test_kill import in_order, live
from tests.redis import servers
from tests.service.office import people_text
from tests.service.outside import Process, serving
from tests.service.scene import write_rules
from tests.warnings.scene import RULES

OFFICERS = 6


@pytest.fixture
def any_server() -> Path:
    """One server: that all of them keep what is set aside, the conformance suite says."""
    return next(iter(servers.binaries().values()))


@pytest.fixture
def url(any_server: Path) -> str:
    return servers.new_state(any_server, "redis")


def settings_of(folder: Path, told: Receiver, lease_s: int = 10) -> dict[str, str]:
    """Of services that deliver to the receiver whatever happened, and take each other for dead after so long."""
    people = folder / "people.toml"
    people.write_text(people_text(), encoding="utf-8")
    return {
        "RULELANG_CHANNELS": str(write_channels(folder, webhook(told.url, begin='"first"'))),
        "RULELANG_PEOPLE": str(people),
        "RULELANG_CLOCK_TICK_S": "0.05",
        "RULELANG_LIMITS_CHANNEL_LEASE_S": str(lease_s),
    }


def test_one_of_two_services_delivers_and_the_other_goes_on_when_it_is_killed(url: str, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES)
    with receiver() as told:
        settings = settings_of(tmp_path, told, 3)

        def at_work(process: Process) -> int:
            return len(process.said("channel at work"))

        with serving(tmp_path, rules, "--store", url, **settings) as one, serving(tmp_path, rules, "--store", url, **settings) as other:
            servers.until(lambda: at_work(one) + at_work(other), "one of them delivers")
            for number in range(OFFICERS):
                live((one, other)[number % 2], f"P{number}")
            told.until(lambda: len({got.id for got in told.taken}) == 3 * OFFICERS)
            if at_work(one) + at_work(other) == 1:  # nobody was so slow that the other had to take it for dead
                assert len(told.got) == 3 * OFFICERS
                assert [got.attempt for got in told.got] == [1] * (3 * OFFICERS)
            holder, standby = (one, other) if at_work(one) > at_work(other) else (other, one)
            holder.kill()
            for number in range(OFFICERS, 2 * OFFICERS):
                live(standby, f"P{number}")
            told.until(lambda: len({got.id for got in told.taken}) == 6 * OFFICERS)
            standby.until_said("channel at work", at_work(standby) or 1)
            assert standby.stop() == 0
        before = len(told.got)
        with serving(
            tmp_path, rules, "--store", url, **settings
        ) as again:  # it was given up in an orderly way: nobody waits, nothing comes twice
            again.until_said("channel at work")
            live(again, "P99")
            told.until(lambda: len({got.id for got in told.taken}) == 6 * OFFICERS + 3)
            assert again.stop() == 0
        assert len(told.got) == before + 3
        in_order(told)


def test_what_one_service_does_on_redis_it_does_after_redis_was_away(any_server: Path, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES)
    with receiver() as told, servers.server(any_server, ("appendonly", "yes"), ("appendfsync", "always")) as server:
        settings = settings_of(tmp_path, told)
        url = f"redis://127.0.0.1:{server.port}?connect_s=60&reply_s=60&patience_s=0.3"
        with serving(tmp_path, rules, "--store", url, **settings) as process:
            live(process, "P1")
            told.until(lambda: len({got.id for got in told.taken}) == 3)
            server.kill()
            process.until_said("the state of the channel cannot be kept; it delivers nothing until it can")
            server.start()
            process.until_said("the state of the channel can be kept again")
            process.until_said("the store is well again")
            live(process, "P2")
            told.until(lambda: len({got.id for got in told.taken}) == 6)
            assert process.stop() == 0
        in_order(told)


def test_a_service_that_was_thought_dead_stops_when_it_sees_that_another_delivers(url: str, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES)
    with receiver() as told:
        settings = settings_of(tmp_path, told, 1)
        with serving(tmp_path, rules, "--store", url, **settings) as one:
            one.until_said("channel at work")
            with serving(tmp_path, rules, "--store", url, **settings) as other:
                live(one, "P1")
                told.until(lambda: len({got.id for got in told.taken}) == 3)
                one.signal(signal.SIGSTOP)
                other.until_said("channel at work")
                live(other, "P2")
                told.until(lambda: len({got.id for got in told.taken}) == 6)
                one.signal(signal.SIGCONT)
                one.until_said("another service delivers for this channel now")
                live(one, "P3")
                told.until(lambda: len({got.id for got in told.taken}) == 9)
                assert other.stop() == 0
            live(one, "P4")
            told.until(lambda: len({got.id for got in told.taken}) == 12)
            assert one.stop() == 0
        in_order(told)
