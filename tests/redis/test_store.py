"""What is particular to a store on Redis: who may, servers that must not be used, errors, tampering, the journal's cut, garbage."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import ResponseError

from engine.stores import make_store
from engine.stores.interface import (
    Checkpoint,
    Passing,
    StoreAway,
    StoreBehind,
    StoreCorrupt,
    StoreError,
    StoreForked,
    StoreFull,
    StoreReadOnly,
    StoreVersion,
)
from engine.stores.redis import FUNCTIONS, GARBAGE_MIN, LIBRARY, PAGE_ENTRIES, TURN_S, RedisStore
from engine.stores.redis_items import unpacked
from tests.redis import servers
from tests.redis.proxy import proxy

ACL = Path(__file__).resolve().parents[2] / "docs/operations/redis.acl"


@pytest.fixture
def server(binary: Path) -> Iterator[servers.Server]:
    """A server of the test's own."""
    with servers.server(binary) as started:
        yield started


def url_of(server: servers.Server, *options: str, user: str = "") -> str:
    """Patient, where the options do not say otherwise."""
    given = dict(option.split("=", 1) for option in (*servers.PATIENT.split("&"), "name=city", *options))
    return f"redis://{user}127.0.0.1:{server.port}?" + "&".join(f"{name}={value}" for name, value in given.items())


def opened(url: str, program: str = "rules-1") -> RedisStore:
    store = make_store(url)
    assert isinstance(store, RedisStore)
    store.open(program)
    return store


@pytest.fixture
def store(server: servers.Server) -> Iterator[RedisStore]:
    with closing(opened(url_of(server))) as made:
        yield made


JOURNAL, NOTES, QUEUE = (f"rulelang:{{city}}:{key}" for key in ("journal", "notes", "queue"))

# ---------------------------------------------------------------------- one after the other


def test_an_entry_is_added_only_after_the_one_that_it_is_to_follow(server: servers.Server, store: RedisStore) -> None:
    other = opened(url_of(server))
    assert store.append(b"one", 0) == 1
    with pytest.raises(StoreBehind) as behind:
        other.append(b"two", 0)
    assert behind.value.entries == [(1, b"one")]
    assert other.append(b"two", 1) == 2
    assert [entry for _, entry in store.journal()] == [b"one", b"two"]
    assert store.verify() == 2


@pytest.mark.parametrize("entries", [PAGE_ENTRIES, PAGE_ENTRIES + 1])
def test_who_is_behind_gets_a_page_at_a_time(server: servers.Server, store: RedisStore, entries: int) -> None:
    other = opened(url_of(server))
    for number in range(entries):
        store.append(str(number).encode(), number)
    with pytest.raises(StoreBehind) as behind:
        other.append(b"last", 0)
    assert [number for number, _ in behind.value.entries] == list(range(1, PAGE_ENTRIES + 1))
    if entries > PAGE_ENTRIES:
        with pytest.raises(StoreBehind) as behind:
            other.append(b"last", PAGE_ENTRIES)
        assert behind.value.entries == [(PAGE_ENTRIES + 1, str(PAGE_ENTRIES).encode())]
    assert other.append(b"last", entries) == entries + 1


def test_its_writer_works_while_the_entry_is_under_way(server: servers.Server, store: RedisStore) -> None:
    def waits_for_it() -> None:
        servers.until(lambda: server.ask("XLEN", JOURNAL) == 1, "the entry is there")

    assert store.append(b"one", 0, waits_for_it) == 1


def test_the_same_content_of_two_writers_is_two_entries(server: servers.Server, store: RedisStore) -> None:
    other = opened(url_of(server))
    assert store.append(b"same", 0) == 1
    with pytest.raises(StoreBehind):
        other.append(b"same", 0)
    assert other.append(b"same", 1) == 2


def test_who_came_too_late_goes_next(server: servers.Server, store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.stores.redis.TURN_S", 120.0)  # longer than any machine takes
    slow = opened(url_of(server))
    store.append(b"one", 0)
    with pytest.raises(StoreBehind):
        slow.append(b"slow", 0)
    done = threading.Event()

    def write() -> None:
        with contextlib.suppress(StoreBehind):
            store.append(b"two", 1)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert not done.wait(0.3)
    assert slow.append(b"slow", 1) == 2
    thread.join()
    assert [entry for _, entry in slow.journal()] == [b"one", b"slow"]


def test_who_came_too_late_and_does_not_come_back_is_not_waited_for_longer_than_a_turn(server: servers.Server, store: RedisStore) -> None:
    gone = opened(url_of(server))
    store.append(b"one", 0)
    with pytest.raises(StoreBehind):
        gone.append(b"gone", 0)
    started = time.monotonic()
    assert store.append(b"two", 1) == 2
    assert time.monotonic() - started > TURN_S / 3
    assert server.ask("LLEN", QUEUE) == 0  # the next one is not held up by it


def test_who_came_too_late_and_has_nothing_to_add_any_more_is_not_waited_for(server: servers.Server, store: RedisStore) -> None:
    other = opened(url_of(server))
    store.append(b"one", 0)
    with pytest.raises(StoreBehind):
        other.append(b"one", 0)
    assert server.ask("LLEN", QUEUE) == 1
    other.confirm()
    assert server.ask("LLEN", QUEUE) == 0
    assert store.append(b"two", 1) == 2


def test_states_of_different_names_have_nothing_to_do_with_each_other(server: servers.Server, store: RedisStore) -> None:
    with closing(opened(url_of(server, "name=other"))) as other:
        store.append(b"one")
        assert other.verify() == 0
    with closing(opened(url_of(server).replace("?", "/1?"))) as other:
        assert other.verify() == 0


def test_all_keys_are_in_one_slot_and_as_documented(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one")
    store.checkpoint(Checkpoint({("event", "a"): b"1", ("state", "engine"): b"2"}, 1))
    generation = store._notes.generation
    assert sorted(key.decode() for key in server.ask("KEYS", "*")) == sorted(
        [JOURNAL, NOTES, f"rulelang:{{city}}:items:{generation}:event", f"rulelang:{{city}}:items:{generation}:state"]
    )
    assert [server.ask("TTL", key) for key in server.ask("KEYS", "*")] == [-1] * 4


# ---------------------------------------------------------------------- checkpoints of several engines


def test_older_items_do_not_replace_newer_ones(server: servers.Server, store: RedisStore) -> None:
    other = opened(url_of(server))
    store.append(b"one")
    store.append(b"two")
    assert store.checkpoint(Checkpoint({("event", "a"): b"new"}, 2)) is True
    assert other.checkpoint(Checkpoint({("event", "a"): b"old"}, 1)) is False
    assert store.saved() == other.saved() == 2
    assert dict(opened(url_of(server)).items("event")) == {"a": b"new"}


def test_what_changed_since_an_entry_needs_items_that_reach_up_to_it(server: servers.Server, store: RedisStore) -> None:
    for number in range(3):
        store.append(str(number).encode())
    assert store.checkpoint(Checkpoint({("event", "a"): b"1"}, 1)) is True
    assert store.checkpoint(Checkpoint({("event", "c"): b"3"}, 3, since=2)) is False
    assert store.checkpoint(Checkpoint({("event", "b"): b"2"}, 3, since=1)) is True
    assert dict(opened(url_of(server)).items("event")) == {"a": b"1", "b": b"2"}


def test_a_part_does_not_replace_the_items_of_another_rule_set_but_all_do(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one")
    store.checkpoint(Checkpoint({("event", "a"): b"1"}, 1))
    with closing(opened(url_of(server), "rules-2")) as other:
        assert other.saved() == 0
        assert other.checkpoint(Checkpoint({("event", "b"): b"2"}, 1)) is True
        assert store.saved() == 0
        assert store.checkpoint(Checkpoint({("event", "c"): b"3"}, 1, since=1)) is True  # there was no use in writing
        assert dict(other.items("event")) == {"b": b"2"}
    with closing(opened(url_of(server), "rules-2")) as other:
        assert dict(other.items("event")) == {"b": b"2"}


def test_items_that_are_replaced_while_they_are_read_are_not_mixed(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one")
    store.checkpoint(Checkpoint({("event", "a"): b"1", ("finding", "a"): b"1"}, 1))
    reader = opened(url_of(server))
    assert dict(reader.items("event")) == {"a": b"1"}
    with closing(opened(url_of(server), "rules-2")) as other:
        other.checkpoint(Checkpoint({("finding", "a"): b"2"}, 1))
    with pytest.raises(StoreForked, match="its items were replaced while they were read"):
        reader.items("finding")


def test_items_that_are_added_to_while_they_are_read_are_those_of_the_opening(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one")
    store.checkpoint(Checkpoint({("event", "a"): b"1", ("finding", "a"): b"1"}, 1))
    reader = opened(url_of(server))
    store.append(b"two")
    store.checkpoint(Checkpoint({("event", "a"): b"2", ("finding", "a"): None}, 2))
    assert (dict(reader.items("event")), dict(reader.items("finding")), reader.applied()) == ({"a": b"1"}, {"a": b"1"}, 1)


@pytest.mark.parametrize("changes", [GARBAGE_MIN, GARBAGE_MIN + 1])
def test_garbage_among_the_items_is_cleared_away_after_opening(server: servers.Server, store: RedisStore, changes: int) -> None:
    for number in range(changes + 1):
        store.checkpoint(Checkpoint({("event", "a"): str(number).encode(), **({("event", "b"): b"kept"} if not number else {})}, 0))
    store.close()
    with closing(opened(url_of(server))) as again:
        before = dict(again.items("event"))
        again.checkpoint(Checkpoint({("event", "c"): b"new"}, 0))
        parts = sum(1 for _ in again._parts("event"))
        assert parts == (changes + 2 if changes <= GARBAGE_MIN else 2)
        assert dict(again.items("event")) == {**before, "c": b"new"} == {"a": str(changes).encode(), "b": b"kept", "c": b"new"}
    with closing(opened(url_of(server))) as again:
        assert dict(again.items("event")) == {"a": str(changes).encode(), "b": b"kept", "c": b"new"}
    lists = [key for key in server.ask("KEYS", "rulelang:{city}:items:*") if server.ask("TTL", key) == -1]
    assert len(lists) == 1


def test_items_that_have_passed_are_garbage_too(server: servers.Server, store: RedisStore) -> None:
    many = {("event", str(number)): Passing(b"an event", number) for number in range(GARBAGE_MIN + 10)}
    store.checkpoint(Checkpoint({**many, ("event", "stays"): b"for good"}, 0))
    store.checkpoint(Checkpoint({("event", "last"): Passing(b"an event", GARBAGE_MIN + 10)}, 0, forgotten=GARBAGE_MIN + 5))
    store.close()
    left = {**{str(number): b"an event" for number in range(GARBAGE_MIN + 6, GARBAGE_MIN + 10)}, "last": b"an event", "stays": b"for good"}
    with closing(opened(url_of(server))) as again:
        assert dict(again.items("event")) == left
        again.checkpoint(Checkpoint({}, 0, forgotten=GARBAGE_MIN + 5))
        assert sum(1 for part in again._parts("event") for _ in unpacked(part)) == len(left)
        assert dict(again.items("event")) == left
        again.checkpoint(Checkpoint({}, 0, forgotten=GARBAGE_MIN + 9))
    with closing(opened(url_of(server))) as again:
        assert dict(again.items("event")) == {"last": b"an event", "stays": b"for good"}


# ---------------------------------------------------------------------- the cut


def aged(server: servers.Server, store: RedisStore, days: int, contents: list[bytes]) -> None:
    """Entries that were accepted so many days ago, by the server's books."""
    first = store.verify() + 1
    for content in contents:
        store.append(content)
    rows = server.ask("XRANGE", JOURNAL, "-", "+")
    server.ask("DEL", JOURNAL)
    for number, (id_, fields) in enumerate(rows, start=1):
        ms = int(id_.split(b"-")[1]) - (days * 86_400_000 if number >= first else 0)
        server.ask("XADD", JOURNAL, f"{number}-{ms}", *fields)


def test_nothing_is_given_up_unless_asked_for(server: servers.Server, store: RedisStore) -> None:
    aged(server, store, 9999, [b"1", b"2", b"3"])
    store.checkpoint(Checkpoint({}, 3))
    assert [number for number, _ in store.journal()] == [1, 2, 3]


def test_old_entries_up_to_the_checkpoint_are_given_up_and_the_rest_still_verifies(server: servers.Server, store: RedisStore) -> None:
    aged(server, store, 11, [b"1", b"2", b"3"])
    aged(server, store, 9, [b"4", b"5"])
    head = store.head()
    with closing(opened(url_of(server, "keep_journal_days=10"))) as keeping:
        keeping.checkpoint(Checkpoint({}, 5))
        assert server.ask("XRANGE", JOURNAL, "-", "+")[0][0].startswith(b"4-")
    with closing(opened(url_of(server))) as again:
        assert again.head() == head
        assert again.verify() == 5
        assert list(again.journal(3)) == [(4, b"4"), (5, b"5")]
        assert again.append(b"6", 5) == 6
        assert again.verify() == 6
        with pytest.raises(StoreError, match=r"the journal begins with entry 4, those before were given up \(keep_journal_days\)"):
            list(again.journal(0))


def test_the_entry_of_the_checkpoint_stays_and_what_comes_after_it(server: servers.Server, store: RedisStore) -> None:
    aged(server, store, 11, [b"1", b"2", b"3"])
    with closing(opened(url_of(server, "keep_journal_days=10"))) as keeping:
        keeping.checkpoint(Checkpoint({}, 2))
    assert list(opened(url_of(server)).journal(1)) == [(2, b"2"), (3, b"3")]
    with closing(opened(url_of(server, "keep_journal_days=10"))) as keeping:
        keeping.checkpoint(Checkpoint({}, 3))
        assert list(keeping.journal(2)) == [(3, b"3")]
        assert keeping.append(b"4", 3) == 4
        assert keeping.verify() == 4


def test_who_was_behind_the_cut_must_be_opened_anew(server: servers.Server, store: RedisStore) -> None:
    behind = opened(url_of(server))
    aged(server, store, 11, [b"1", b"2", b"3"])
    with closing(opened(url_of(server, "keep_journal_days=10"))) as keeping:
        keeping.checkpoint(Checkpoint({}, 3))
    with pytest.raises(StoreForked):
        behind.append(b"4", 0)


# ---------------------------------------------------------------------- the server


def test_a_server_that_may_evict_is_refused_with_the_remedy(server: servers.Server, store: RedisStore) -> None:
    server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    with pytest.raises(StoreError, match=r"maxmemory-policy is allkeys-lru\); set maxmemory-policy to noeviction"):
        opened(url_of(server))
    store.append(b"one")  # it was looked at when the connection was made
    server.ask("CLIENT", "KILL", "TYPE", "NORMAL")
    with pytest.raises(StoreError, match="maxmemory-policy"):
        store.append(b"two")
    server.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert store.append(b"two") == 2


def test_a_server_that_is_too_old_is_refused(server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.stores.redis.SERVER_MIN", (99, 0))
    with pytest.raises(StoreVersion, match=r"is of version \d.*; Redis 7.0, Valkey 7.2 or later is needed"):
        opened(url_of(server))


def test_a_node_of_a_cluster_is_refused_as_one_server_and_the_other_way_round(binary: Path, server: servers.Server) -> None:
    node = servers.lasting(binary, "redis+cluster").removeprefix("redis+cluster://").split(",")[0]
    with pytest.raises(StoreError, match=r"is a node of a cluster; the URL for that is redis\+cluster://"):
        opened(f"redis://{node}")
    with pytest.raises(StoreError, match="cluster"):
        opened(f"redis+cluster://127.0.0.1:{server.port}")


def test_about_says_how_far_it_keeps_what_it_is_given(binary: Path, store: RedisStore) -> None:
    said = store.about()
    assert (said["durable"], said["appendonly"], said["wait_replicas"], said["name"]) == (False, "no", 0, "city")
    assert str(said["server"]).startswith(("Redis 7.", "Redis 8.", "Valkey "))
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server, closing(opened(url_of(server))) as lasting:
        said = lasting.about()
        assert (said["durable"], said["appendonly"], said["appendfsync"]) == (True, "yes", "always")


def test_a_password_is_in_no_error_and_no_fact(server: servers.Server, tmp_path: Path) -> None:
    server.ask("CONFIG", "SET", "requirepass", "the right one")
    with pytest.raises(StoreError, match="does not accept the user or the password") as refused:
        opened(f"redis://:geheim@127.0.0.1:{server.port}")
    assert "geheim" not in str(refused.value)
    with pytest.raises(StoreError, match="does not accept the user or the password"):
        opened(f"redis://127.0.0.1:{server.port}")
    (tmp_path / "password").write_text("the right one\n")
    with closing(opened(url_of(server, f"password_file={tmp_path / 'password'}"))) as store:
        store.append(b"one")
        assert "right" not in str(store.about())
        assert "right" not in repr(store._where)
    with closing(opened(f"redis://:the%20right%20one@127.0.0.1:{server.port}?name=city")) as store:
        assert store.verify() == 1


def test_the_functions_come_back_where_they_are_missing(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one")
    server.ask("FUNCTION", "FLUSH")
    assert store.append(b"two") == 2
    server.ask("FUNCTION", "FLUSH")
    assert store.checkpoint(Checkpoint({("event", "a"): b"1"}, 2)) is True
    with closing(opened(url_of(server))) as again:
        assert dict(again.items("event")) == {"a": b"1"}


def test_functions_that_another_replica_loads_at_the_same_moment_are_used(server: servers.Server, store: RedisStore) -> None:
    """Between being told that they are missing, and looking which there are."""
    missing = False

    def choose(request: bytes) -> str:
        if missing and b"LIBRARYNAME" in request:
            server.ask("FUNCTION", "LOAD", "REPLACE", FUNCTIONS.read_bytes())
        return "pass"

    with proxy(server.port, choose) as one, closing(opened(f"redis://127.0.0.1:{one.port}?name=city&{servers.PATIENT}")) as through:
        server.ask("FUNCTION", "FLUSH")
        missing = True
        assert through.append(b"one") == 1


def test_the_functions_are_there_again_after_a_start(binary: Path) -> None:
    with servers.server(binary, ("appendonly", "no")) as server, closing(opened(url_of(server))) as store:
        store.append(b"one")
        server.ask("SAVE")
        server.ask("FUNCTION", "FLUSH")
        server.kill()
        server.start()
        assert store.append(b"two") == 2


def test_other_functions_under_our_name_are_not_used(server: servers.Server) -> None:
    server.ask("FUNCTION", "LOAD", f"#!lua name={LIBRARY}\nredis.register_function('rulelang1_append', function() return 'OK' end)")
    with pytest.raises(StoreVersion, match=f"under the name {LIBRARY} the server has other functions"):
        opened(url_of(server))


# ---------------------------------------------------------------------- who may


@pytest.fixture
def guarded(binary: Path, tmp_path: Path) -> Iterator[servers.Server]:
    """A server with the ACL that is shipped."""
    (tmp_path / "users.acl").write_text(
        "user default off\nuser admin on >admin ~* &* +@all\n"
        + "".join(line.replace("CHANGE-ME", "secret") + "\n" for line in ACL.read_text().splitlines() if not line.startswith("#"))
    )
    with servers.server(binary, ("aclfile", str(tmp_path / "users.acl"))) as started:
        yield started


def as_user(server: servers.Server, *options: str) -> str:
    return url_of(server, *options, user="rulelang:secret@")


def test_the_user_of_the_shipped_acl_can_do_all_that_is_needed(guarded: servers.Server) -> None:
    guarded.ask("FUNCTION", "LOAD", FUNCTIONS.read_bytes())
    with closing(opened(as_user(guarded))) as store:
        aged(guarded, store, 11, [b"1", b"2"])
        store.checkpoint(Checkpoint({("event", "a"): b"1"}, 2))
    with closing(opened(as_user(guarded, "keep_journal_days=10"), "rules-2")) as store:
        store.checkpoint(Checkpoint({("event", "a"): b"1"}, 2))
        assert (store.verify(), store.append(b"3"), dict(store.items("event")), store.saved()) == (2, 3, {"a": b"1"}, 2)
        assert store.about()["appendfsync"] == "not told"
    with (
        closing(opened(as_user(guarded, "wait_replicas=1", "wait_s=0.05"))) as store,
        pytest.raises(StoreAway, match="0 of the server's replicas"),
    ):
        store.append(b"4")
    with closing(opened(as_user(guarded).replace("?", "/1?"))) as store:
        assert store.append(b"1") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("GET", "other"),
        ("KEYS", "*"),
        ("DEL", JOURNAL),
        ("FLUSHALL",),
        ("CONFIG", "GET", "requirepass"),
        ("FUNCTION", "LOAD", "x"),
        ("EVAL", "return 1", 0),
        ("SHUTDOWN",),
        ("ACL", "LIST"),
        ("FCALL", "rulelang1_save", 1, "other", "", "x", "-"),
    ],
    ids=lambda command: " ".join(map(str, command[:2])),
)
def test_the_user_of_the_shipped_acl_can_do_nothing_else(guarded: servers.Server, command: tuple[str | int, ...]) -> None:
    from redis.connection import Connection
    from redis.exceptions import NoPermissionError

    guarded.ask("FUNCTION", "LOAD", FUNCTIONS.read_bytes())
    connection = Connection(host="127.0.0.1", port=guarded.port, username="rulelang", password="secret", protocol=2, driver_info=None)
    connection.connect()
    connection.send_command(*command)
    with pytest.raises(NoPermissionError):
        connection.read_response()
    connection.disconnect()


def test_who_may_not_load_functions_is_told_that_somebody_must(guarded: servers.Server) -> None:
    with pytest.raises(
        StoreError, match=r"the functions of redis_functions.lua are loaded by a user who may, or by whoever runs the server"
    ):
        opened(as_user(guarded))


def test_who_may_not_write_is_told_where_it_says_what_is_needed(guarded: servers.Server) -> None:
    guarded.ask("FUNCTION", "LOAD", FUNCTIONS.read_bytes())
    with closing(opened(as_user(guarded))) as store:
        guarded.ask("ACL", "SETUSER", "rulelang", "-xadd")
        with pytest.raises(StoreError, match=r"docs/operations/redis.acl"):
            store.append(b"one")


# ---------------------------------------------------------------------- it cannot, or not now


def test_a_server_that_is_not_there_is_away_in_bounded_time() -> None:
    (port,) = servers.own_ports(1)
    started = time.monotonic()
    with pytest.raises(StoreAway, match=f"redis://127.0.0.1:{port}: Redis is away"):
        opened(f"redis://127.0.0.1:{port}?patience_s=0.5")
    assert 0.2 < time.monotonic() - started < 60


def test_a_server_that_does_not_answer_is_away_in_bounded_time_and_is_used_again_when_it_does(server: servers.Server) -> None:
    with closing(opened(url_of(server, "reply_s=0.2", "patience_s=0.5"))) as store:
        server.pause()
        started = time.monotonic()
        with pytest.raises(StoreAway):
            store.append(b"one", 0)
        assert time.monotonic() - started < 60
        server.go_on()

        def added() -> bool:
            """What the server had taken in when it was paused is carried out after all, and may come before this one."""
            with contextlib.suppress(StoreBehind):
                return store.append(b"two", store.verify()) > 0
            return False

        servers.until(added, "it is used again")
        assert [entry for _, entry in store.journal()][-1] == b"two"


def test_a_full_memory_refuses_the_entry_and_loses_nothing(server: servers.Server, store: RedisStore) -> None:
    store.append(b"before")
    server.ask("CONFIG", "SET", "maxmemory", 1)
    for write in (lambda: store.append(b"refused"), lambda: store.checkpoint(Checkpoint({("event", "a"): b"1"}, 1))):
        with pytest.raises(StoreFull, match=r"the server's memory is full \(maxmemory\)"):
            write()
    assert [entry for _, entry in store.journal()] == [b"before"]
    server.ask("CONFIG", "SET", "maxmemory", 0)
    assert store.append(b"after") == 2


def write_on(store: RedisStore, pause_s: float = 0) -> None:
    """Until it fails; the error says how many entries were acknowledged."""
    acknowledged = 0
    try:
        for number in range(500):
            acknowledged = store.append(str(number).encode() * 100)
            time.sleep(pause_s)
    except StoreError as error:
        error.add_note(str(acknowledged))
        raise


def test_a_full_disk_refuses_the_entry_and_loses_nothing(binary: Path) -> None:
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "everysec")) as server, closing(opened(url_of(server))) as store:
        store.append(b"before")
        server.limit_files(1000)
        with pytest.raises(StoreFull, match="the server's disk is full; make room and send again"):
            write_on(store, pause_s=0.02)  # the first ones are acknowledged before the server notices
        kept = store.verify()
        server.limit_files(1 << 40)
        servers.until(lambda: "aof_last_write_status:ok" in server.ask("INFO").decode(), "the server can write again")
        assert store.append(b"after") == kept + 1
        # While a flush is under way, `everysec` holds what is to be written back, and what is held back a killed server loses.
        servers.until(lambda: server.info()["aof_buffer_length"] == "0", "it is written")
        server.kill()
        server.start()
        assert store.verify() == kept + 1


def test_a_disk_that_is_full_with_appendfsync_always_ends_the_server_and_nothing_acknowledged_is_lost(binary: Path) -> None:
    with (
        servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server,
        closing(opened(url_of(server, "patience_s=0.5"))) as store,
    ):
        store.append(b"before")
        server.limit_files(2000)
        with pytest.raises(StoreAway) as away:
            write_on(store)
        acknowledged = int(away.value.__notes__[0])
        servers.until(lambda: not server.runs, "the server has ended itself")
        server.start()
        assert store.verify() in (acknowledged, acknowledged + 1)
        assert store.append(b"after") == store.verify()


def test_a_server_whose_snapshots_fail_takes_no_writes_and_says_why(server: servers.Server, store: RedisStore) -> None:
    server.ask("CONFIG", "SET", "save", "1 1")
    server.folder.joinpath("dump.rdb").mkdir()  # what is there cannot be replaced
    server.ask("SET", "x", "y")
    server.ask("BGSAVE")
    servers.until(lambda: "rdb_last_bgsave_status:err" in server.ask("INFO").decode(), "the snapshot has failed")
    with pytest.raises(StoreReadOnly, match="the server cannot write to its disk"):
        store.append(b"one")
    server.folder.joinpath("dump.rdb").rmdir()
    server.ask("SAVE")
    assert store.append(b"one") == 1


def test_a_script_of_somebody_else_that_takes_long_is_waited_for(server: servers.Server, store: RedisStore) -> None:
    server.ask("CONFIG", "SET", "busy-reply-threshold", 10)

    def hog() -> None:
        with contextlib.suppress(Exception):
            server.ask("EVAL", "while true do end", 0)

    def busy() -> bool:
        try:
            server.ask("PING")
        except ResponseError as error:
            return "BUSY" in str(error)
        return False

    thread = threading.Thread(target=hog)
    thread.start()
    servers.until(busy, "the script runs")
    threading.Timer(0.3, lambda: server.ask("SCRIPT", "KILL")).start()
    assert store.append(b"one") == 1
    thread.join()


def test_a_server_that_is_still_loading_is_waited_for(binary: Path) -> None:
    options = (
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("key-load-delay", "300"),
        ("loading-process-events-interval-bytes", "1024"),
    )
    with servers.server(binary, *options) as server, closing(opened(url_of(server))) as store:
        store.append(b"one")
        server.ask("DEBUG", "POPULATE", 3000, "k", 10)
        server.kill()
        server.start(wait=False)
        assert store.append(b"two", 1) == 2


# ---------------------------------------------------------------------- tampering


def filled(store: RedisStore) -> None:
    for entry in (b"first", b"second", b"third"):
        store.append(entry)
    store.checkpoint(Checkpoint({("event", "a"): b"1"}, 3))
    store.close()


def replaced(server: servers.Server, number: int, field: bytes, value: bytes) -> None:
    """An entry with another value in one field, in its place."""
    rows = server.ask("XRANGE", JOURNAL, "-", "+")
    server.ask("DEL", JOURNAL)
    for id_, fields in rows:
        pairs = dict(zip(fields[::2], fields[1::2], strict=True))
        if id_.startswith(b"%d-" % number):
            pairs[field] = value
        server.ask("XADD", JOURNAL, id_, *(part for name in (b"d", b"w", b"e") for part in (name, pairs[name])))


def test_tampering_with_a_content_or_a_digest_shows(server: servers.Server, store: RedisStore) -> None:
    filled(store)
    (_, (_, _, _, _, _, first)), *_ = server.ask("XRANGE", JOURNAL, "-", "+")
    replaced(server, 2, b"e", first)
    with pytest.raises(StoreCorrupt, match="journal entry 2 does not fit the one before it"):
        opened(url_of(server)).verify()
    replaced(server, 2, b"e", b"no zlib")
    with pytest.raises(StoreCorrupt, match="journal entry 2 is damaged"):
        opened(url_of(server)).verify()


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_that_was_taken_out_shows(server: servers.Server, store: RedisStore, number: int) -> None:
    filled(store)
    (id_,) = [id_ for id_, _ in server.ask("XRANGE", JOURNAL, "-", "+") if id_.startswith(b"%d-" % number)]
    server.ask("XDEL", JOURNAL, id_)
    with pytest.raises(StoreCorrupt, match=f"journal entry {number} is missing"):
        opened(url_of(server)).verify()
    with pytest.raises(StoreCorrupt, match=f"journal entry {number} is missing"):
        list(opened(url_of(server)).journal(number))


def test_a_journal_cut_behind_the_items_is_not_opened(server: servers.Server, store: RedisStore) -> None:
    filled(store)
    ((id_, _),) = server.ask("XREVRANGE", JOURNAL, "+", "-", "COUNT", 1)
    server.ask("XDEL", JOURNAL, id_)
    with pytest.raises(StoreCorrupt, match="the items are of journal entry 3, but the last one is 2"):
        opened(url_of(server))


def test_a_store_that_was_emptied_while_it_was_used_is_noticed(server: servers.Server, store: RedisStore) -> None:
    store.append(b"one", 0)
    server.ask("FLUSHALL")
    with pytest.raises(StoreForked):
        store.append(b"two", 1)
    with pytest.raises(StoreForked):
        store.checkpoint(Checkpoint({}, 1))
    with pytest.raises(StoreForked):
        list(store.journal(1))


def test_items_that_are_damaged_show(server: servers.Server, store: RedisStore) -> None:
    filled(store)
    server.ask("XADD", f"rulelang:{{city}}:items:{store._notes.generation}:event", "1-5", "c", b"no zlib")
    with pytest.raises(StoreCorrupt, match="the items of the kind event are damaged"):
        opened(url_of(server)).items("event")


def test_a_store_of_another_format_is_not_opened(server: servers.Server, store: RedisStore) -> None:
    server.ask("SET", NOTES, server.ask("GET", NOTES).replace(b'"format": 3', b'"format": 4'))
    with pytest.raises(StoreVersion, match="format 4, this program reads and writes format 3"):
        opened(url_of(server))


def test_items_cannot_be_true_of_entries_that_do_not_exist(store: RedisStore) -> None:
    with pytest.raises(StoreError, match="items of journal entry 1 cannot be kept"):
        store.checkpoint(Checkpoint({}, 1))


# ---------------------------------------------------------------------- opening


def test_a_store_is_opened_once(store: RedisStore) -> None:
    with pytest.raises(StoreError, match="open already"):
        store.open("rules-1")


def test_a_closed_store_says_so(store: RedisStore) -> None:
    store.close()
    for use in (lambda: store.append(b""), lambda: store.load("event", ["a"]), lambda: list(store.journal()), store.applied, store.head):
        with pytest.raises(StoreError, match="not open"):
            use()
