"""The file that the setting `channels` names: which channels there are, and what goes to which.

In: a TOML file, and the files with secrets that it names, which lie beside it.  Out: `Channels`, or `ChannelsError`, which says what is wrong where.

    [webhook.duty_desk]
    url = "https://duty.example.org/warnings"
    secret_file = "duty_desk.secret"
    quiet = ["22:00-07:00"]

    [[route]]
    to = ["duty_desk"]
    levels = ["orange", "red"]
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.warnings.procedure import LEVELS
from rulelang.normalise import normalise
from rulelang.timezones import zone_names
from services.channels.happenings import KINDS
from services.channels.hours import Digest, Quiet, read_digest, read_quiet
from services.channels.http import read_url
from services.channels.letter import LANGUAGES
from services.channels.mail import ADDRESS, SECURITY, Mail
from services.channels.redis_stream import Stream
from services.channels.redis_stream import read_url as read_redis_url
from services.channels.routing import Route
from services.channels.webhook import Webhook, read_secrets
from services.settings import CHANNELS_MAX, ROUTE_TEXTS_MAX, ROUTES_MAX, Setting, SettingsError, guess, parsed
from services.toml import read_toml


class ChannelsError(Exception):
    """The file cannot be used; the text says what is wrong where, and what would be right."""


COMMON: tuple[Setting, ...] = (
    Setting("timeout_s", float, 10.0, "How long one attempt may take, seconds", 0.1, 120),
    Setting(
        "first_pause_s",
        float,
        5.0,
        "How long to wait after the first attempt that failed; twice as long after each further one",
        0.05,
        3600,
    ),
    Setting("longest_pause_s", float, 3600.0, "The longest such wait, seconds", 0.05, 86_400),
    Setting("give_up_after_s", float, 259_200.0, "How long after the first attempt a delivery is given up, seconds", 1, 2_592_000),
    Setting(
        "begin",
        str,
        "now",
        "What a channel begins with that is new: `now`: with what happens next; `first`: with the first that ever happened",
        choices=("now", "first"),
    ),
    Setting("digest", str, None, "When what happened is sent together, `daily 07:30` or `weekly mon 07:30`, in place of one by one"),
)
"""What every channel may be told."""

WEBHOOK: tuple[Setting, ...] = (
    Setting("url", str, None, "Where to; `https://`, or `http://` on a network that is trusted"),
    Setting("secret_file", Path, None, "File with the secrets that sign, one a line, the newest first; each `whsec_` and base64"),
    Setting("parallel", int, 4, "How many deliveries may be under way at a time, of different warnings", 1, 32),
    Setting("ca", Path, None, "Authorities that the receiver's certificate may be of, PEM; without it, the system's"),
    Setting("certificate", Path, None, "Certificate chain with which the service shows who it is, PEM"),
    Setting("key", Path, None, "Private key of that certificate, PEM"),
)

MAIL: tuple[Setting, ...] = (
    Setting("server", str, None, "The mail server, HOST:PORT"),
    Setting("security", str, "starttls", "How the connection is protected: `starttls`; `tls` from its beginning; `none`", choices=SECURITY),
    Setting("sender", str, None, "The address in From, and to which mail comes back that cannot be delivered"),
    Setting("user", str, None, "User at the mail server, where it asks for one"),
    Setting("password_file", Path, None, "File that holds the password; white space around it is not part of it"),
    Setting("language", str, "en", "Of the letters: English or Chinese", choices=LANGUAGES),
    Setting("parallel", int, 1, "How many letters may be under way at a time, about different warnings", 1, 32),
    Setting("ca", Path, None, "Authorities that the server's certificate may be of, PEM; without it, the system's"),
    Setting("certificate", Path, None, "Certificate chain with which the service shows who it is, PEM"),
    Setting("key", Path, None, "Private key of that certificate, PEM"),
)

STREAM: tuple[Setting, ...] = (
    Setting("url", str, None, "The server: `redis://HOST:PORT`, or `rediss://` with TLS; with `/DATABASE` where it is not 0"),
    Setting("stream", str, None, "The stream's key"),
    Setting("length_max", int, None, "About so many entries are kept, the latest; without it all are", 1, 1_000_000_000),
    Setting("user", str, None, "User at the server, where there is one"),
    Setting("password_file", Path, None, "File that holds the password; white space around it is not part of it"),
    Setting("ca", Path, None, "Authorities that the server's certificate may be of, PEM; without it, the system's"),
    Setting("certificate", Path, None, "Certificate chain with which the service shows who it is, PEM"),
    Setting("key", Path, None, "Private key of that certificate, PEM"),
)

LISTS: dict[str, str] = {
    "to": "channels, by name",
    "levels": ", ".join(LEVELS),
    "units": '`"ENTITY KEY"`: a unit, an officer, a city: that the warning is for, or that it belonged to when it was issued',
    "categories": "beginnings of categories: of the rule's or, of a ladder's warning, of the findings under it",
    "happenings": ", ".join(KINDS),
    "recipients": "of mail, in place of the channel's own",
}
"""What a route may say; each is a list of texts, and without it nothing is restricted."""

NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Channel:
    """`zone`: of quiet hours and digests; None: that of the rules."""

    name: str
    way: Webhook | Mail | Stream
    parallel: int
    first_pause_s: float
    longest_pause_s: float
    give_up_after_s: float
    begins_first: bool
    quiet: tuple[Quiet, ...]
    digest: Digest | None
    zone: str | None

    @property
    def kind(self) -> str:
        return type(self.way).__name__.lower()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Of mail: those that routes do not name others in place of."""
        return self.way.recipients if isinstance(self.way, Mail) else ()


@dataclass(frozen=True, slots=True)
class Channels:
    """All of a file."""

    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()


def load_channels(path: Path | None) -> Channels:
    """The channels of a file; no file: none."""
    if path is None:
        return Channels()
    document = read_toml(path, ChannelsError, "channels")
    where = f"channels: {path}"
    known = {"timezone", "route", *KINDS_OF_CHANNELS}
    for name in document:
        if name not in known:
            raise ChannelsError(f"{where}: there is no {name!r}{guess(name, known)}; there are {', '.join(sorted(known))}")
    zone = document.get("timezone")
    if zone is not None and zone not in zone_names():
        raise ChannelsError(f'{where}: timezone must be the name of a time zone, as in "Asia/Shanghai", not {zone!r}')
    channels: dict[str, Channel] = {}
    for kind, (settings, make) in KINDS_OF_CHANNELS.items():
        tables = document.get(kind, {})
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise ChannelsError(f"{where}: channels are written as tables with a name, as in [{kind}.duty_desk]")
        for name, table in tables.items():
            if not NAME.fullmatch(name):
                raise ChannelsError(
                    f"{where}: {name!r} cannot be the name of a channel: it has letters, digits, '_', '-' and '.', at most 64"
                )
            if name in channels:
                raise ChannelsError(f"{where}: there are two channels of the name {name!r}")
            channels[name] = _channel(name, table, settings, make, zone, f"{where}: {kind}.{name}", path.parent)
    if len(channels) > CHANNELS_MAX:
        raise ChannelsError(f"{where}: has {len(channels)} channels, {CHANNELS_MAX} are the most")
    return Channels(tuple(channels.values()), _routes(document.get("route", []), channels, where))


def _channel(
    name: str, table: Mapping[str, Any], settings: tuple[Setting, ...], make: Callable[..., Any], zone: str | None, where: str, folder: Path
) -> Channel:
    known = {setting.name: setting for setting in (*settings, *COMMON)}
    lists = {"quiet"} | ({"recipients"} if make is _mail else set())
    values: dict[str, Any] = {setting.name: setting.default for setting in known.values()}
    for key, given in table.items():
        if key in lists:
            continue
        if key not in known:
            raise ChannelsError(
                f"{where}: there is no {key!r}{guess(key, (*known, *lists))}; there are {', '.join(sorted((*known, *lists)))}"
            )
        try:
            value = parsed(known[key], given, f"{where}.{key}")
        except SettingsError as error:
            raise ChannelsError(str(error)) from error
        values[key] = folder / value if isinstance(value, Path) else value
    quiet = tuple(_read(read_quiet, text, f"{where}.quiet") for text in _texts(table, "quiet", where))
    digest = None if values["digest"] is None else _read(read_digest, values["digest"], f"{where}.digest")
    if digest is not None and quiet:
        raise ChannelsError(f"{where}: a digest has a time of its own, and quiet hours would have no meaning: leave out one of the two")
    if values["longest_pause_s"] < values["first_pause_s"]:
        raise ChannelsError(f"{where}.longest_pause_s: must not be less than first_pause_s")
    return Channel(
        name,
        make(values, table, where),
        values.get("parallel", 1),
        values["first_pause_s"],
        values["longest_pause_s"],
        values["give_up_after_s"],
        values["begin"] == "first",
        quiet,
        digest,
        zone,
    )


def _webhook(values: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Webhook:
    url = _read(read_url, _needed(values, "url", where), f"{where}.url")
    secrets = _read(read_secrets, _content(_needed(values, "secret_file", where), f"{where}.secret_file"), f"{where}.secret_file")
    if not url.tls and (given := [name for name in ("ca", "certificate", "key") if values[name] is not None]):
        raise ChannelsError(f"{where}.{given[0]}: is for TLS, but the url begins with http://")
    return Webhook(url, secrets, values["timeout_s"], context(values, where) if url.tls else None, _content_of(values, where))


def _mail(values: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Mail:
    server = _needed(values, "server", where)
    host, _, port = server.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ChannelsError(f"{where}.server: must be HOST:PORT, not {server!r}")
    sender = _address(_needed(values, "sender", where), f"{where}.sender")
    recipients = tuple(_address(text, f"{where}.recipients") for text in _texts(table, "recipients", where))
    if (values["user"] is None) != (values["password_file"] is None):
        raise ChannelsError(f"{where}: user and password_file belong together, one of them is missing")
    if values["user"] is not None and values["security"] == "none":
        raise ChannelsError(f"{where}: a password is sent over a connection that is protected only; set security to starttls or tls")
    if values["security"] == "none" and (given := [name for name in ("ca", "certificate", "key") if values[name] is not None]):
        raise ChannelsError(f"{where}.{given[0]}: is for TLS, but security is none")
    password = None if values["password_file"] is None else _content(values["password_file"], f"{where}.password_file").strip()
    protected = None if values["security"] == "none" else context(values, where)
    return Mail(
        host.strip("[]"),
        int(port),
        values["security"],
        sender,
        recipients,
        values["language"],
        values["timeout_s"],
        values["user"],
        password,
        protected,
        _content_of(values, where),
    )


def _stream(values: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Stream:
    tls, host, port, database = _read(read_redis_url, _needed(values, "url", where), f"{where}.url")
    if not tls and (given := [name for name in ("ca", "certificate", "key") if values[name] is not None]):
        raise ChannelsError(f"{where}.{given[0]}: is for TLS, but the url begins with redis://")
    if tls:
        context(values, where)  # the files can be used
    if values["user"] is not None and values["password_file"] is None:
        raise ChannelsError(f"{where}: user and password_file belong together, password_file is missing")
    password = None if values["password_file"] is None else _content(values["password_file"], f"{where}.password_file").strip()
    files = {name: None if values[name] is None else str(values[name]) for name in ("ca", "certificate", "key")}
    stream = _needed(values, "stream", where)
    return Stream(tls, host, port, database, stream, values["length_max"], values["timeout_s"], values["user"], password, **files)


def _address(text: str, where: str) -> str:
    if not re.fullmatch(ADDRESS, text):
        raise ChannelsError(
            f"{where}: {text!r} is no mail address; it must be of the form NAME@HOST, in ASCII and without a name beside it"
        )
    return text


def context(values: Mapping[str, Any], where: str) -> ssl.SSLContext:
    """How a receiver's certificate is verified, and with what the service shows who it is."""
    if (values["certificate"] is None) != (values["key"] is None):
        raise ChannelsError(f"{where}: certificate and key belong together, one of them is missing")
    made = ssl.create_default_context(cafile=None)
    try:
        if values["ca"] is not None:
            made = ssl.create_default_context(cadata=_content(values["ca"], f"{where}.ca"))
        if values["certificate"] is not None:
            made.load_cert_chain(values["certificate"], values["key"])
    except (ssl.SSLError, OSError) as error:
        raise ChannelsError(f"{where}: ca, certificate or key cannot be used: {error}") from error
    return made


def _content_of(values: Mapping[str, Any], where: str) -> str:
    """A digest of the files for TLS, so that a renewed certificate is noticed."""
    contents = [values[name] and _content(values[name], f"{where}.{name}") for name in ("ca", "certificate", "key")]
    return hashlib.sha256(repr(contents).encode()).hexdigest() if any(contents) else ""


def _routes(tables: object, channels: Mapping[str, Channel], where: str) -> tuple[Route, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ChannelsError(f"{where}: routes are written as [[route]]")
    if len(tables) > ROUTES_MAX:
        raise ChannelsError(f"{where}: has {len(tables)} routes, {ROUTES_MAX} are the most")
    routes = tuple(_route(table, channels, f"{where}: route {number}") for number, table in enumerate(tables, start=1))
    for name, channel in channels.items():
        if not any(name in route.to for route in routes):
            raise ChannelsError(f"{where}: no route leads to the channel {name!r}, which would never be told of anything")
        for number, route in enumerate(routes, start=1):
            if name in route.to and isinstance(channel.way, Mail) and not route.recipients and not channel.way.recipients:
                raise ChannelsError(f"{where}: route {number}: recipients is missing, and {name!r} has none of its own")
    return routes


def _route(table: Mapping[str, Any], channels: Mapping[str, Channel], where: str) -> Route:
    for key in table:
        if key not in LISTS:
            raise ChannelsError(f"{where}: there is no {key!r}{guess(key, LISTS)}; there are {', '.join(LISTS)}")
    given = {name: _texts(table, name, where) for name in LISTS}
    if not given["to"]:
        raise ChannelsError(f"{where}: to is missing: the names of the channels that it leads to")
    for name, there_are in (("to", tuple(channels)), ("levels", LEVELS), ("happenings", tuple(KINDS))):
        for text in given[name]:
            if text not in there_are:
                raise ChannelsError(f"{where}: {name}: there is no {text!r}{guess(text, there_are)}; there are {', '.join(there_are)}")
    return Route(
        given["to"],
        frozenset(given["levels"]),
        frozenset(_unit(text, where) for text in given["units"]),
        given["categories"],
        frozenset(given["happenings"]),
        tuple(_address(text, f"{where}: recipients") for text in given["recipients"]),
    )


def _unit(text: str, where: str) -> tuple[str, str]:
    entity, _, key = text.partition(" ")
    if not entity or not normalise(key):
        raise ChannelsError(f'{where}: units: must be of the form "ENTITY KEY", as in "unit U1", not {text!r}')
    return entity, normalise(key)


# ---------------------------------------------------------------------- reading


def _texts(table: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    given = table.get(name, [])
    if not isinstance(given, list) or not all(isinstance(text, str) and text for text in given) or (name in table and not given):
        raise ChannelsError(f"{where}: {name} must be a list of texts; to restrict nothing, leave it out")
    if len(given) > ROUTE_TEXTS_MAX:
        raise ChannelsError(f"{where}: {name} has {len(given)} texts, {ROUTE_TEXTS_MAX} are the most")
    return tuple(given)


def _read(read: Callable[[str], Any], text: str, where: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ChannelsError(f"{where}: {error}") from error


def _needed(values: Mapping[str, Any], name: str, where: str) -> Any:
    if values[name] is None:
        raise ChannelsError(f"{where}: {name} is missing")
    return values[name]


def _content(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChannelsError(f"{where}: {path} cannot be read: {error}") from error


KINDS_OF_CHANNELS: dict[str, tuple[tuple[Setting, ...], Callable[..., Any]]] = {
    "webhook": (WEBHOOK, _webhook),
    "mail": (MAIL, _mail),
    "stream": (STREAM, _stream),
}
