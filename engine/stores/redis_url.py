"""The URL of a Redis store: which servers, as whom, under which name, and how long to wait.

In: a scheme and what follows its colon.  Out: `Where`, or `StoreError`, which says what is wrong without showing a password.

    redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]              one server, or one address that leads to it
    redis+sentinel://[…@]HOST[:PORT],HOST[:PORT]…/MASTER[/DATABASE]   the addresses are the Sentinels', MASTER is the name they know it by
    redis+cluster://[…@]HOST[:PORT],HOST[:PORT]…                some nodes of a cluster; the others are found
    rediss…                                                     the same over TLS

Then `?OPTION=VALUE&…`, see `OPTIONS`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from engine.stores.interface import StoreError

SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
FORMS = {"redis": "one", "redis+sentinel": "sentinel", "redis+cluster": "cluster"}
PORTS = {"one": 6379, "sentinel": 26379, "cluster": 6379}
DATABASE_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Option:
    """`low` and `high` bound numbers; a text matches `form`; a file must exist and be readable."""

    name: str
    kind: type
    default: str | int | float | None
    about: str
    low: float = 0
    high: float = 0
    form: str = ".+"


OPTIONS: tuple[Option, ...] = (
    Option(
        "name",
        str,
        "default",
        "Whose state it is: services of one name are replicas of each other",
        form=r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    ),
    Option("wait_replicas", int, 0, "How many of the server's replicas must have an entry before it is acknowledged (WAIT)", 0, 10),
    Option("wait_s", float, 1.0, "How long they may take to say so, seconds", 0.05, 60),
    Option("connect_s", float, 1.0, "How long one connection may take to be made, seconds", 0.05, 60),
    Option("reply_s", float, 5.0, "How long one reply may take, seconds", 0.05, 600),
    Option(
        "patience_s",
        float,
        3.0,
        "How long to try anew, at other servers too, before the caller is told that Redis is away, seconds",
        0,
        600,
    ),
    Option(
        "keep_journal_days",
        float,
        None,
        "Give up entries of the journal that are older and that the checkpoint holds; without it, all are kept. Another rule set needs them all",
        1,
        36_500,
    ),
    Option("password_file", Path, None, "File that holds the password; white space around it is not part of it"),
    Option("ca", Path, None, "TLS: authorities to trust besides the system's, PEM"),
    Option("certificate", Path, None, "TLS: the client's certificate chain, PEM"),
    Option("key", Path, None, "TLS: the private key of the client's certificate, PEM"),
    Option("sentinel_user", str, None, "Sentinel: user at the Sentinels, where they ask for one"),
    Option("sentinel_password_file", Path, None, "Sentinel: file that holds the password at the Sentinels"),
)


@dataclass(frozen=True, slots=True)
class Where:
    """`form`: one, sentinel, cluster. `shown`: the URL as it may be told, without user, password and options."""

    form: str
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    shown: str
    master: str = ""
    database: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_user: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    name: str = "default"
    wait_replicas: int = 0
    wait_s: float = 1.0
    connect_s: float = 1.0
    reply_s: float = 5.0
    patience_s: float = 3.0
    keep_journal_days: float | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


def parse(scheme: str, rest: str) -> Where:
    """`redis+cluster` and `//node:7000,node:7001?name=city`, as an example."""
    tls = scheme.startswith("rediss")
    form = FORMS[scheme.replace("rediss", "redis", 1)]
    if not rest.startswith("//"):
        raise StoreError(f"the store {scheme}: is given as {scheme}://HOST:PORT{'/MASTER' if form == 'sentinel' else ''}")
    place, _, query = rest[2:].partition("?")
    authority, _, path = place.partition("/")
    identity, _, addresses = authority.rpartition("@")
    user, password = _identity(scheme, identity)
    nodes = tuple(_address(scheme, address, PORTS[form]) for address in addresses.split(","))
    if form == "one" and len(nodes) > 1:
        raise StoreError(f"the store {scheme}: has one address; several are for redis+sentinel: and redis+cluster:")
    master, database = _path(scheme, form, path)
    options = _options(scheme, query)
    if options["password_file"] is not None:
        if password is not None:
            raise StoreError(f"the store {scheme}: the password is given twice, also as password_file")
        password = _secret("password_file", options["password_file"])
    if not tls and (given := [name for name in ("ca", "certificate", "key") if options[name] is not None]):
        raise StoreError(f"the store {scheme}: {given[0]} is for TLS; the scheme for that is {scheme.replace('redis', 'rediss', 1)}:")
    if (options["certificate"] is None) != (options["key"] is None):
        raise StoreError(f"the store {scheme}: certificate and key belong together, one of them is missing")
    if form != "sentinel" and (given := [name for name in ("sentinel_user", "sentinel_password_file") if options[name] is not None]):
        raise StoreError(f"the store {scheme}: {given[0]} is for redis+sentinel: only")
    sentinel_password = options["sentinel_password_file"]
    told = {name: value for name, value in options.items() if name not in ("password_file", "sentinel_password_file")}
    return Where(
        form=form,
        tls=tls,
        nodes=nodes,
        shown=f"{scheme}://{addresses}" + (f"/{path}" if path else ""),
        master=master,
        database=database,
        user=user,
        password=password,
        sentinel_password=None if sentinel_password is None else _secret("sentinel_password_file", sentinel_password),
        **told,  # type: ignore[arg-type]
    )


def _identity(scheme: str, identity: str) -> tuple[str | None, str | None]:
    if not identity:
        return None, None
    user, colon, password = identity.partition(":")
    if not colon:
        return unquote(user), None
    if not password:
        raise StoreError(f"the store {scheme}: the password before @ is empty")
    return unquote(user) or None, unquote(password)


def _address(scheme: str, address: str, port: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]+)(?::([0-9]{1,5}))?", address)
    if found is None or not 0 < int(found[2] or port) < 65_536:
        raise StoreError(f"the store {scheme}: {address!r} is no address; it must be HOST or HOST:PORT")
    return found[1].strip("[]"), int(found[2] or port)


def _path(scheme: str, form: str, path: str) -> tuple[str, int]:
    master, database = "", path
    if form == "sentinel":
        master, _, database = path.partition("/")
        if not master:
            raise StoreError(
                f"the store {scheme}: needs the name by which the Sentinels know the master, as in {scheme}://HOST:PORT/MASTER"
            )
    if form == "cluster" and path:
        raise StoreError(f"the store {scheme}: a cluster has no numbered databases; leave out /{path}")
    if not database:
        return unquote(master), 0
    if not database.isascii() or not database.isdigit() or int(database) > DATABASE_MAX:
        raise StoreError(f"the store {scheme}: {database!r} is no database; it must be a number from 0 to {DATABASE_MAX}")
    return unquote(master), int(database)


def _options(scheme: str, query: str) -> dict[str, str | int | float | None]:
    known: Mapping[str, Option] = {option.name: option for option in OPTIONS}
    values: dict[str, str | int | float | None] = {}
    for pair in filter(None, query.split("&")):
        name, _, text = pair.partition("=")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            guess = f" - did you mean {near[0]}?" if near else "; there are " + ", ".join(known)
            raise StoreError(f"the store {scheme}: there is no option {name!r}{guess}")
        if name in values:
            raise StoreError(f"the store {scheme}: {name} is given twice")
        values[name] = _value(scheme, known[name], unquote(text))
    return {name: values.get(name, option.default) for name, option in known.items()}


def _value(scheme: str, option: Option, text: str) -> str | int | float:
    where = f"the store {scheme}: {option.name}"
    if option.kind is Path:
        if not Path(text).is_file():
            raise StoreError(f"{where}: there is no file {text!r}")
        return text
    if option.kind is str:
        if not re.fullmatch(option.form, text):
            raise StoreError(f"{where}: {text!r} cannot be used" + (f"; it must match {option.form}" if option.form != ".+" else ""))
        return text
    wanted = "a whole number" if option.kind is int else "a number"
    if not re.fullmatch(r"[0-9]+" if option.kind is int else r"[0-9]+(\.[0-9]+)?", text):
        raise StoreError(f"{where}: must be {wanted}, not {text!r}")
    value: int | float = option.kind(text)
    if not option.low <= value <= option.high:
        raise StoreError(f"{where}: must be between {option.low:g} and {option.high:g}, not {text}")
    return value


def _secret(name: str, path: object) -> str:
    try:
        secret = Path(str(path)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{name}: {path} cannot be read: {error}") from error
    if not secret:
        raise StoreError(f"{name}: {path} is empty")
    return secret
