"""The URL of a Redis store, as an operator writes it: what it may say, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.stores import make_store
from engine.stores.interface import StoreError
from engine.stores.redis_url import OPTIONS, Where, parse


def where(url: str) -> Where:
    return parse(*url.split(":", 1))


def test_one_server() -> None:
    found = where("redis://redis.city.example:6380/2")
    assert (found.form, found.tls, found.nodes, found.database) == ("one", False, (("redis.city.example", 6380),), 2)
    assert (found.name, found.wait_replicas, found.keep_journal_days) == ("default", 0, None)


def test_ports_that_are_not_given_are_the_usual_ones() -> None:
    assert where("redis://a").nodes == (("a", 6379),)
    assert where("redis+cluster://a,b:7000").nodes == (("a", 6379), ("b", 7000))
    assert where("redis+sentinel://a,b:5000/city").nodes == (("a", 26379), ("b", 5000))


def test_sentinels_and_the_name_of_the_master() -> None:
    found = where("rediss+sentinel://a,b,c/city%20east/1?sentinel_user=watch")
    assert (found.form, found.tls, found.master, found.database, found.sentinel_user) == ("sentinel", True, "city east", 1, "watch")


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert where("redis://[::1]:6380").nodes == (("::1", 6380),)
    assert where("redis+cluster://[fe80::1],[fe80::2]:7000").nodes == (("fe80::1", 6379), ("fe80::2", 7000))


def test_who_it_is() -> None:
    assert (where("redis://rulelang:p%40ss%2F@a").user, where("redis://rulelang:p%40ss%2F@a").password) == ("rulelang", "p@ss/")
    assert (where("redis://:secret@a").user, where("redis://:secret@a").password) == (None, "secret")
    assert where("redis://rulelang@a").user == "rulelang"


def test_what_is_shown_has_no_password_and_no_options() -> None:
    found = where("rediss+sentinel://rulelang:geheim@a,b/city/1?name=x")
    assert found.shown == "rediss+sentinel://a,b/city/1"
    assert "geheim" not in repr(found)


def test_options_are_read() -> None:
    found = where("redis://a?name=east&wait_replicas=2&wait_s=0.5&connect_s=2&reply_s=3&patience_s=0&keep_journal_days=400")
    assert (found.name, found.wait_replicas, found.wait_s, found.connect_s, found.reply_s, found.patience_s, found.keep_journal_days) == (
        "east",
        2,
        0.5,
        2.0,
        3.0,
        0.0,
        400.0,
    )


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.kind in (int, float)], ids=lambda option: option.name)
def test_numbers_are_held_to_their_bounds(option: object) -> None:
    assert isinstance(option, type(OPTIONS[0]))
    for value in (option.low, option.high):
        assert getattr(where(f"redis://a?{option.name}={value:g}"), option.name) == value
    beyond = [option.high + 1, *([option.low / 2] if option.low else [])]
    for value in beyond:
        with pytest.raises(StoreError, match=f"{option.name}: must be "):
            where(f"redis://a?{option.name}={value:g}")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis:", "is given as redis://HOST:PORT"),
        ("redis:city.db", "is given as redis://HOST:PORT"),
        ("redis+sentinel:", "is given as redis+sentinel://HOST:PORT/MASTER"),
        ("redis://", "'' is no address"),
        ("redis://a:0", "'a:0' is no address; it must be HOST or HOST:PORT"),
        ("redis://a:65536", "'a:65536' is no address"),
        ("redis://a:port", "'a:port' is no address"),
        ("redis://::1", "'::1' is no address"),
        ("redis://a,b", "has one address; several are for redis+sentinel: and redis+cluster:"),
        ("redis+cluster://a,", "'' is no address"),
        ("redis+cluster://a/1", "a cluster has no numbered databases; leave out /1"),
        ("redis://a/x", "'x' is no database; it must be a number from 0 to 65535"),
        ("redis://a/65536", "'65536' is no database"),
        ("redis+sentinel://a", "needs the name by which the Sentinels know the master, as in redis+sentinel://HOST:PORT/MASTER"),
        ("redis://user:@a", "the password before @ is empty"),
        ("redis://a?nmae=x", "there is no option 'nmae' - did you mean name?"),
        ("redis://a?zzz=1", "there is no option 'zzz'; there are name, wait_replicas"),
        ("redis://a?name=x&name=y", "name is given twice"),
        ("redis://a?name={x}", "name: '{x}' cannot be used; it must match"),
        ("redis://a?name=", "name: '' cannot be used"),
        ("redis://a?name=" + "x" * 65, "cannot be used"),
        ("redis://a?wait_replicas=-1", "wait_replicas: must be a whole number, not '-1'"),
        ("redis://a?wait_replicas=1.5", "wait_replicas: must be a whole number, not '1.5'"),
        ("redis://a?wait_s=nan", "wait_s: must be a number, not 'nan'"),
        ("redis://a?ca=/no/such/file", "ca: there is no file '/no/such/file'"),
        ("redis://a?sentinel_user=x", "sentinel_user is for redis+sentinel: only"),
    ],
)
def test_what_cannot_be_used_is_told_and_why(url: str, told: str) -> None:
    with pytest.raises(StoreError) as refused:
        make_store(url)
    assert told in str(refused.value)


def test_what_belongs_to_tls_is_for_tls(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    with pytest.raises(StoreError, match="ca is for TLS; the scheme for that is rediss:"):
        where(f"redis://a?ca={tmp_path}/ca.pem")
    with pytest.raises(StoreError, match=r"the scheme for that is rediss\+cluster:"):
        where(f"redis+cluster://a?ca={tmp_path}/ca.pem")
    with pytest.raises(StoreError, match="certificate and key belong together"):
        where(f"rediss://a?certificate={tmp_path}/ca.pem")
    assert where(f"rediss://a?ca={tmp_path}/ca.pem").ca == f"{tmp_path}/ca.pem"


def test_a_password_comes_from_a_file_and_from_one_place(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" secret\n")
    (tmp_path / "empty").write_text("\n")
    assert where(f"redis://rulelang@a?password_file={tmp_path}/password").password == "secret"
    assert where(f"redis+sentinel://a/m?sentinel_password_file={tmp_path}/password").sentinel_password == "secret"
    with pytest.raises(StoreError, match="the password is given twice"):
        where(f"redis://:other@a?password_file={tmp_path}/password")
    with pytest.raises(StoreError, match="is empty"):
        where(f"redis://a?password_file={tmp_path}/empty")


def test_an_unknown_store_is_not_shown_with_its_password() -> None:
    with pytest.raises(StoreError) as refused:
        make_store("postgres://me:geheim@there")
    assert "geheim" not in str(refused.value)
