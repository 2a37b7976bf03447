"""What services keep on Redis, read beside them: `level`, `report` and `draws` say what they say of a file, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

import rulelang as language
from engine import Engine
from tests.cli.command import BLOOD, RULES, rulelang, write_events, write_rules
from tests.redis import servers


@pytest.fixture
def server(binary: Path) -> Iterator[servers.Server]:
    """A server of the test's own, whose whole content can be compared."""
    with servers.server(binary) as started:
        yield started


def content(server: servers.Server) -> dict[bytes, bytes | None]:
    with closing(Redis(port=server.port)) as client:
        return {key: client.dump(key) for key in client.scan_iter()}


def functions(server: servers.Server) -> list[object]:
    with closing(Redis(port=server.port)) as client:
        return list(client.function_list())


READER = ("~rulelang:{*}:*", "-@all", "+get", "+xrange", "+xrevrange", "+info", "+select", "+client|setname")
"""What docs/operations/bulletins.md says that reading needs."""


def url_of(server: servers.Server, user: str = "") -> str:
    return f"redis://{user}127.0.0.1:{server.port}?name=city&{servers.PATIENT}"


def test_what_services_keep_is_told_beside_them_and_nothing_is_changed(server: servers.Server, tmp_path: Path) -> None:
    rules, events, url = write_rules(tmp_path, RULES), write_events(tmp_path / "events.jsonl", BLOOD), url_of(server)
    rulelang("replay", rules, "--events", events, "--store", f"sqlite:{tmp_path / 'kept.db'}")
    engine = Engine(language.compile(str(rules)), store=url, life_cycle=True)
    engine.evaluate_batch(BLOOD[:1])
    engine.checkpoint()
    engine.evaluate_batch(BLOOD)  # so that there is a checkpoint, and entries after it
    with closing(Redis(port=server.port)) as client:
        client.execute_command("ACL", "SETUSER", "reader", "on", ">letmein", *READER)
    url = url_of(server, "reader:letmein@")
    before = content(server)
    for verb in (("level", "--entity", "officer", "--key", "P17"), ("report", "--month", "2026-03", "--output", tmp_path / "out")):
        told = {}
        for store in (url, f"sqlite:{tmp_path / 'kept.db'}"):
            done = rulelang(verb[0], rules, "--store", store, *verb[1:])
            assert (done.returncode, done.stderr if verb[0] == "level" else "") == (0, ""), done.stderr
            files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} if verb[0] == "report" else {}
            told[store] = (done.stdout, files)
        first, second = told.values()
        assert first == second
    assert content(server) == before
    assert {outcome.status for outcome in engine.evaluate_batch(BLOOD)} == {"duplicate"}
    engine.close()


def test_what_is_not_there_is_refused_and_not_made(server: servers.Server, tmp_path: Path) -> None:
    rules = write_rules(tmp_path, RULES)
    done = rulelang("level", rules, "--store", url_of(server), "--entity", "officer", "--key", "P17")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing is kept there under the name city" in done.stderr
    assert (content(server), functions(server)) == ({}, [])


def test_another_rule_set_is_refused_and_changes_nothing(server: servers.Server, tmp_path: Path) -> None:
    rules, events, url = write_rules(tmp_path, RULES), write_events(tmp_path / "events.jsonl", BLOOD), url_of(server)
    rulelang("replay", rules, "--events", events, "--store", url)
    before = content(server)
    write_rules(tmp_path, RULES.replace("points 6", "points 3"))
    done = rulelang("level", rules, "--store", url, "--entity", "officer", "--key", "P17")
    assert done.returncode == 2
    assert "what it holds was found by another rule set; name the rules that the service has" in done.stderr
    assert content(server) == before
