"""What every store promises, sentence by sentence of its interface. A new scheme is found here by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.stores import make_store
from engine.stores.interface import Checkpoint, Passing, Store, StoreError
from tests.stores.places import PLACE_NAMES, Place, place, schemes_without_a_place

ODD_KEYS = ["", "a", "a\x00b", "Z", "z", "é", "京A·12345", "\ud800", "\uffff", "😀", '["","e1"]', "%_?*'\""]
"""In the order of their code points."""


@pytest.fixture(params=PLACE_NAMES)
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place(request.param, tmp_path)


@pytest.fixture
def store(at: Place) -> Iterator[Store]:
    with closing(at()) as opened:
        opened.open("rules-1")
        yield opened


def write(store: Store, applied: int = 0, **items: bytes | None) -> None:
    """Items named `kind_key`."""
    store.checkpoint(Checkpoint({(name.split("_")[0], name.split("_")[1]): value for name, value in items.items()}, applied))


def reopened(at: Place, store: Store, program: str = "rules-1") -> Store:
    store.close()
    again = at()
    again.open(program)
    return again


def test_every_scheme_has_a_place_here() -> None:
    assert not schemes_without_a_place(), "add them to tests/stores/places.py"


# ---------------------------------------------------------------------- the journal


def test_a_new_store_is_empty(store: Store) -> None:
    assert list(store.journal()) == []
    assert store.verify() == 0
    assert store.applied() == 0
    assert store.load("event", ["a"]) == {}
    assert list(store.items("event")) == []


def test_entries_are_numbered_from_one_and_come_back_in_order(store: Store) -> None:
    assert [store.append(entry) for entry in (b"first", b"second", b"third")] == [1, 2, 3]
    assert list(store.journal()) == [(1, b"first"), (2, b"second"), (3, b"third")]


def test_the_journal_is_read_from_any_entry_on(store: Store) -> None:
    for entry in (b"first", b"second", b"third"):
        store.append(entry)
    assert list(store.journal(2)) == [(3, b"third")]
    assert list(store.journal(3)) == []


@pytest.mark.parametrize(
    "entry", [b"", b"\x00\xff" * 3, "京".encode() * 1000, bytes(range(256)) * 10_000], ids=["empty", "bytes", "text", "long"]
)
def test_an_entry_is_any_bytes(at: Place, store: Store, entry: bytes) -> None:
    store.append(entry)
    with closing(reopened(at, store)) as again:
        assert list(again.journal()) == [(1, entry)]


def test_the_head_is_a_chain_of_sha256_over_all_entries(store: Store) -> None:
    assert store.head() == "0" * 64
    expected = bytes(32)
    for entry in (b"first", b"", b"third"):
        store.append(entry)
        expected = hashlib.sha256(expected + entry).digest()
        assert store.head() == expected.hex()
    assert store.verify() == 3


def test_the_journal_goes_on_where_it_ended_when_the_store_is_opened_again(at: Place, store: Store) -> None:
    store.append(b"first")
    head = store.head()
    with closing(reopened(at, store)) as again:
        assert again.head() == head
        assert again.append(b"second") == 2
        assert again.verify() == 2


def test_what_its_writer_has_to_do_meanwhile_is_done_before_the_entry_is_there_for_its_writer(store: Store) -> None:
    done: list[str] = []
    assert store.append(b"first", meanwhile=lambda: done.append("meanwhile")) == 1
    assert done
    assert set(done) == {"meanwhile"}


def test_where_that_fails_it_says_so_and_the_store_goes_on(store: Store) -> None:
    def fails() -> None:
        raise MemoryError("no room for what is done meanwhile")

    with pytest.raises(MemoryError, match="meanwhile"):
        store.append(b"there or not", meanwhile=fails)
    number = store.append(b"next")
    assert [entry for _, entry in store.journal()] in ([b"next"], [b"there or not", b"next"])
    assert store.verify() == number


def test_the_journal_belongs_to_no_rule_set(at: Place, store: Store) -> None:
    store.append(b"first")
    with closing(reopened(at, store, "rules-2")) as again:
        assert list(again.journal()) == [(1, b"first")]


# ---------------------------------------------------------------------- the items


@pytest.mark.parametrize("again", [False, True], ids=["at once", "after opening again"])
def test_items_come_back_by_kind_and_key(at: Place, store: Store, again: bool) -> None:
    write(store, event_a=b"1", event_b=b"", finding_a=b"3")
    with closing(reopened(at, store) if again else store) as opened:
        assert opened.load("event", ["a", "b", "c"]) == {"a": b"1", "b": b""}
        assert opened.load("finding", ["a"]) == {"a": b"3"}
        assert opened.load("warning", ["a"]) == {}
        assert dict(opened.items("event")) == {"a": b"1", "b": b""}


def test_a_checkpoint_replaces_removes_and_leaves(store: Store) -> None:
    write(store, event_a=b"1", event_b=b"2", event_c=b"3")
    write(store, event_a=b"new", event_b=None, event_d=None)
    assert dict(store.items("event")) == {"a": b"new", "c": b"3"}


def test_any_text_is_a_key_and_items_are_in_the_order_of_code_points(at: Place, store: Store) -> None:
    store.checkpoint(Checkpoint({("event", key): key.encode("utf-8", "surrogatepass") for key in reversed(ODD_KEYS)}, 0))
    with closing(reopened(at, store)) as again:
        assert [key for key, _ in again.items("event")] == sorted(ODD_KEYS)
        assert again.load("event", ODD_KEYS) == {key: key.encode("utf-8", "surrogatepass") for key in ODD_KEYS}


def test_many_items_are_loaded_at_once(store: Store) -> None:
    items = {str(number): str(number).encode() for number in range(3000)}
    store.checkpoint(Checkpoint({("event", key): value for key, value in items.items()}, 0))
    assert store.load("event", [*items, "none"]) == items
    assert dict(store.items("event")) == items


def test_a_checkpoint_says_up_to_which_entry_the_items_are_true(at: Place, store: Store) -> None:
    for entry in (b"first", b"second"):
        store.append(entry)
    write(store, applied=1, event_a=b"1")
    with closing(reopened(at, store)) as again:
        assert again.applied() == 1
        assert list(again.journal(again.applied())) == [(2, b"second")]


def passing(store: Store, forgotten: int | None, **until: int) -> None:
    store.checkpoint(
        Checkpoint({("event", name): Passing(name.encode(), moment) for name, moment in until.items()}, 0, forgotten=forgotten)
    )


def test_passing_items_are_there_until_their_moment_is_forgotten(at: Place, store: Store) -> None:
    passing(store, None, a=10, b=20, c=30)
    passing(store, 10, d=40)
    with closing(reopened(at, store)) as again:
        assert [key for key, _ in again.items("event") if key != "a"] == ["b", "c", "d"]
        assert again.load("event", ["b", "d"]) == {"b": b"b", "d": b"d"}
        passing(again, 29)
        passing(again, 30, e=31)
        with closing(reopened(at, again)) as last:
            assert dict(last.items("event")) == {"d": b"d", "e": b"e"}  # whoever reads them again finds them gone


def test_an_item_that_is_written_again_passes_as_it_was_written_last(at: Place, store: Store) -> None:
    passing(store, None, a=10, b=10, c=30)
    store.checkpoint(Checkpoint({("event", "a"): b"for good", ("event", "b"): Passing(b"later", 20), ("event", "c"): None}, 0, forgotten=5))
    passing(store, 15)
    with closing(reopened(at, store)) as again:
        assert dict(again.items("event")) == {"a": b"for good", "b": b"later"}


def test_what_no_checkpoint_wrote_is_not_there(at: Place, store: Store) -> None:
    store.append(b"first")
    with closing(reopened(at, store)) as again:
        assert again.applied() == 0
        assert list(again.items("event")) == []


# ---------------------------------------------------------------------- another rule set


def test_the_same_rule_set_finds_its_items(at: Place, store: Store) -> None:
    write(store, event_a=b"1")
    store.close()
    again = at()
    assert again.open("rules-1") is True
    again.close()


def test_another_rule_set_may_still_read_the_items_but_none_of_the_journal_is_applied(at: Place, store: Store) -> None:
    store.append(b"first")
    write(store, applied=1, finding_a=b"1")
    store.close()
    with closing(at()) as again:
        assert again.open("rules-2") is False
        assert again.applied() == 0
        assert dict(again.items("finding")) == {"a": b"1"}
        assert again.load("finding", ["a"]) == {"a": b"1"}


def test_the_first_checkpoint_of_another_rule_set_replaces_all_items(at: Place, store: Store) -> None:
    store.append(b"first")
    write(store, applied=1, event_a=b"1", event_b=b"2", finding_a=b"3")
    with closing(reopened(at, store, "rules-2")) as again:
        write(again, applied=1, event_b=b"new")
        assert dict(again.items("event")) == {"b": b"new"}
        assert dict(again.items("finding")) == {}
        write(again, applied=1, event_c=b"more")
        assert dict(again.items("event")) == {"b": b"new", "c": b"more"}
        assert again.applied() == 1


def test_a_rule_set_that_wrote_no_checkpoint_has_changed_nothing(at: Place, store: Store) -> None:
    store.append(b"first")
    write(store, applied=1, event_a=b"1")
    other = reopened(at, store, "rules-2")
    other.close()
    with closing(at()) as again:
        assert again.open("rules-1") is True
        assert again.applied() == 1
        assert dict(again.items("event")) == {"a": b"1"}


# ---------------------------------------------------------------------- asides


def test_what_is_set_aside_comes_back_by_its_name(at: Place, store: Store) -> None:
    assert store.aside("channel one") is None
    assert store.set_aside("channel one", b"\x00 1 \xff", None)
    assert store.set_aside("渠道", b"2", None)
    with closing(reopened(at, store)) as again:
        assert (again.aside("channel one"), again.aside("渠道"), again.aside("channel")) == (b"\x00 1 \xff", b"2", None)


def test_an_aside_is_replaced_only_where_it_is_what_was_read(store: Store) -> None:
    assert not store.set_aside("channel", b"1", b"0")
    assert store.set_aside("channel", b"1", None)
    assert not store.set_aside("channel", b"2", None)
    assert not store.set_aside("channel", b"2", b"0")
    assert store.aside("channel") == b"1"
    assert store.set_aside("channel", b"2", b"1")
    assert store.aside("channel") == b"2"


def test_an_aside_is_long_where_it_must_be(at: Place, store: Store) -> None:
    value = bytes(range(256)) * 4_000
    assert store.set_aside("channel", value, None)
    with closing(reopened(at, store)) as again:
        assert again.aside("channel") == value


def test_asides_belong_to_no_rule_set_and_stay_when_its_items_are_replaced(at: Place, store: Store) -> None:
    store.append(b"first")
    write(store, applied=1, event_a=b"1")
    assert store.set_aside("channel", b"1", None)
    with closing(reopened(at, store, "rules-2")) as again:
        assert again.aside("channel") == b"1"
        write(again, applied=1, event_b=b"2")
        assert again.aside("channel") == b"1"
        assert again.applied() == 1
        assert list(again.journal()) == [(1, b"first")]


# ---------------------------------------------------------------------- closing, and what is no store


def test_closing_twice_does_no_harm(store: Store) -> None:
    store.close()
    store.close()


@pytest.mark.parametrize("url", ["", "memory", "sqlite", "sqlite:", "memory:rest", "postgres://there", ":"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        make_store(url)


def test_an_unknown_scheme_is_told_which_there_are() -> None:
    with pytest.raises(StoreError, match=r"unknown store 'postgres://there'; there are memory:, sqlite:"):
        make_store("postgres://there")
