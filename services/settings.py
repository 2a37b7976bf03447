"""The settings of the service: what there is, what it may be, and the one place where it is read.

In: a TOML file, environment variables (they beat the file), options of the command line (they beat both).
Out: a frozen `Settings`, or `SettingsError`, which names the setting that is wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.secret import SECRET_BYTES_MIN
from services.toml import read_toml

PREFIX = "RULELANG_"

CHANNELS_MAX, ROUTES_MAX, ROUTE_TEXTS_MAX = 100, 1_000, 1_000
"""Of the file `channels`: channels, routes, and texts in one list of a route."""


class SettingsError(Exception):
    """A setting cannot be used; the text names it, where it came from, and what would be right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `name` is its place in the TOML file; `low` and `high` bound numbers, `choices` texts."""

    name: str
    kind: type
    default: str | int | float | Path | None
    about: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    environment_only: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.replace(".", "_").upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("listen", str, "127.0.0.1:50051", "Where the service listens, HOST:PORT; port 0: any that is free, printed at the start"),
    Setting(
        "store",
        str,
        "sqlite:rulelang.db",
        "The store: `sqlite:PATH`, `redis://HOST:PORT` and its kin ([operations](operations/README.md)), or `memory:` (all is gone when the service ends)",
    ),
    Setting("log_level", str, "info", "How much is logged", choices=("debug", "info", "warning", "error")),
    Setting("secret", str, None, "Secret of the spot checks' draw; better given as a file", environment_only=True),
    Setting(
        "secret_file",
        Path,
        None,
        "File that holds the secret; white space around it is not part of it. Without one, a service on SQLite makes one beside its store, `PATH.secret`",
    ),
    Setting("tls.certificate", Path, None, "Certificate chain, PEM; with it, the service speaks TLS only"),
    Setting("tls.key", Path, None, "Private key of the certificate, PEM"),
    Setting("tls.client_ca", Path, None, "Authorities, PEM; with it, only clients with a certificate of theirs are let in (mutual TLS)"),
    Setting(
        "people", Path, None, "File that says who may see which warnings and act in which roles ([people](#people)); without it nobody may"
    ),
    Setting(
        "channels",
        Path,
        None,
        "File that says which systems and people are told of warnings ([channels](channels.md)); without it none are",
    ),
    Setting(
        "cache",
        Path,
        None,
        "Folder of the service's own that keeps what was compiled: a start or a reload compiles only files that changed ([about it](command-line.md#compile-and-disasm))",
    ),
    Setting("clock.future_tolerance_s", float, 300.0, "How far ahead of the service's clock an event's time may be, seconds", 0, 86_400),
    Setting("clock.tick_s", float, 1.0, "How often deadlines are looked for, seconds", 0.05, 60),
    Setting(
        "copy.file",
        Path,
        None,
        "File that a copy of a SQLite store is written to while the service runs, for [backup and bulletins](operations/sqlite.md)",
    ),
    Setting("copy.every_s", float, 3600.0, "How often, seconds", 1, 31 * 86_400),
    Setting("limits.message_bytes_max", int, 16 * 2**20, "Longest request, bytes", 1024, 256 * 2**20),
    Setting("limits.batch_events_max", int, 5_000, "Most events in one call or one message of a stream", 1, 100_000),
    Setting("limits.calls_max", int, 64, "Most calls at work at the same time", 1, 4096),
    Setting("limits.streams_max", int, 16, "Most open streams", 1, 4096),
    Setting("limits.watchers_max", int, 200, "Most open streams of `Watch`", 1, 4096),
    Setting("limits.page_warnings_max", int, 1_000, "Most warnings in one page of `List`", 1, 100_000),
    Setting("limits.level_changes_max", int, 1_000, "Most changes of a level in one answer of `Level`, the latest", 1, 100_000),
    Setting(
        "limits.stream_batches_max",
        int,
        4,
        "Most unanswered messages of a stream; the service reads no further until one is answered",
        1,
        1024,
    ),
    Setting("limits.queue_events_max", int, 50_000, "Most events waiting to be evaluated, of all calls", 1, 10_000_000),
    Setting("limits.group_events_max", int, 10_000, "Most events of waiting calls that are put on disk together", 1, 100_000),
    Setting(
        "limits.channel_waiting_max",
        int,
        1_000,
        "Most deliveries of a channel that wait for their turn or for another try; it reads no further until there is room",
        1,
        100_000,
    ),
    Setting(
        "limits.channel_given_up_max",
        int,
        1_000,
        "Most deliveries of a channel that were given up and are kept for being sent again; at the bound none is given up any more",
        1,
        100_000,
    ),
    Setting("limits.digest_happenings_max", int, 500, "Most happenings in one digest; more are sent as several", 1, 10_000),
    Setting(
        "limits.channel_lease_s",
        float,
        10.0,
        "On a store of several services: after so long without a sign of the one that delivers, another one does, seconds",
        0.5,
        600,
    ),
    Setting("limits.deadline_s", float, 30.0, "Longest time a call may take, seconds; a caller may ask for less", 0.01, 3600),
    Setting("limits.drain_s", float, 30.0, "How long calls at work may take to end when the service is told to stop, seconds", 0, 3600),
)


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes_max: int
    batch_events_max: int
    calls_max: int
    streams_max: int
    watchers_max: int
    page_warnings_max: int
    level_changes_max: int
    stream_batches_max: int
    queue_events_max: int
    group_events_max: int
    channel_waiting_max: int
    channel_given_up_max: int
    digest_happenings_max: int
    channel_lease_s: float
    deadline_s: float
    drain_s: float


@dataclass(frozen=True, slots=True)
class Tls:
    """The files' contents, not their names: they are read once, so that a half-written renewal cannot be met later."""

    certificate: bytes
    key: bytes = field(repr=False)
    client_ca: bytes | None


@dataclass(frozen=True, slots=True)
class Settings:
    listen: str
    store: str
    log_level: str
    secret: bytes | None = field(repr=False)
    tls: Tls | None
    people: Path | None
    channels: Path | None
    copy: Path | None
    copy_every_s: float
    cache: Path | None
    future_tolerance_s: float
    tick_s: float
    limits: Limits


def load(config: Path | None, environment: Mapping[str, str], **options: str | None) -> Settings:
    """`options` are settings without a dot (`listen`, `store`) as the command line gives them; None: not given."""
    values: dict[str, object] = {setting.name: setting.default for setting in SETTINGS}
    if config is not None:
        values.update(_from_file(config))
    values.update(_from_environment(environment))
    by_name = {setting.name: setting for setting in SETTINGS}
    for name, given in options.items():
        if given is not None:
            values[name] = parsed(by_name[name], given, f"--{name.replace('_', '-')}")
    return _assemble(values)


def _from_file(config: Path) -> dict[str, object]:
    document = read_toml(config, SettingsError)
    known = {setting.name: setting for setting in SETTINGS if not setting.environment_only}
    values: dict[str, object] = {}
    for name, given in _flat(document, ""):
        if name not in known:
            hidden = next((s for s in SETTINGS if s.name == name), None)
            if hidden is not None:
                raise SettingsError(f"{config}: {name} does not belong in a file that others may read: give it as {hidden.variable}")
            raise SettingsError(f"{config}: there is no setting {name}{guess(name, known)}")
        value = parsed(known[name], given, f"{config}: {name}")
        values[name] = config.parent / value if isinstance(value, Path) else value
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    known = {setting.variable: setting for setting in SETTINGS}
    values: dict[str, object] = {}
    for variable, given in environment.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:  # a slip in RULELANG_TLS_… must not start a service without TLS
            raise SettingsError(f"{variable}: there is no such setting{guess(variable, known)}")
        values[known[variable].name] = parsed(known[variable], given, variable)
    return values


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def guess(name: str, known: Iterable[str]) -> str:
    """What a name that there is not may have been meant to be, as the end of a message."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f" - did you mean {near[0]}?" if near else ""


def parsed(setting: Setting, given: object, where: str) -> str | int | float | Path:
    """The value as the setting's kind: texts (of variables and options) are read, values of TOML are checked."""
    wanted = {int: "a whole number", float: "a number", str: "a text", Path: "the name of a file"}[setting.kind]
    value: str | int | float | Path
    try:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError
        if setting.kind is int:
            if isinstance(given, float):
                raise ValueError
            value = int(given)
        elif setting.kind is float:
            value = float(given)
        elif not isinstance(given, str) or not given:
            raise ValueError
        else:
            value = Path(given) if setting.kind is Path else given
    except ValueError:
        raise SettingsError(
            f"{where}: must be {wanted}, not {given!r}" if setting.name != "secret" else f"{where}: must not be empty"
        ) from None
    if isinstance(value, int | float) and not (
        setting.low is not None and setting.high is not None and setting.low <= value <= setting.high
    ):
        raise SettingsError(f"{where}: must be between {setting.low:g} and {setting.high:g}, not {value:g}")
    if setting.choices and value not in setting.choices:
        raise SettingsError(f"{where}: must be one of {', '.join(setting.choices)}, not {value!r}")
    return value


def _assemble(values: Mapping[str, object]) -> Settings:
    """What must hold between settings, and the files they name."""
    limits = Limits(**{name.removeprefix("limits."): value for name, value in values.items() if name.startswith("limits.")})  # type: ignore[arg-type]
    if limits.queue_events_max < limits.batch_events_max:
        raise SettingsError("limits.queue_events_max: must not be less than limits.batch_events_max, or no full batch could ever wait")
    if limits.group_events_max < limits.batch_events_max:
        raise SettingsError("limits.group_events_max: must not be less than limits.batch_events_max, or no full batch could be put on disk")
    listen = str(values["listen"])
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"listen: must be HOST:PORT, not {listen!r}")
    if values["secret"] is not None and values["secret_file"] is not None:
        raise SettingsError("secret_file: the secret is given twice, also as RULELANG_SECRET")
    secret = str(values["secret"]).encode() if values["secret"] is not None else None
    if values["secret_file"] is not None:
        secret = _read("secret_file", values["secret_file"]).strip()
    if secret is not None and len(secret) < SECRET_BYTES_MIN:
        raise SettingsError(f"secret: must have {SECRET_BYTES_MIN} bytes or more, or those drawn could guess it")
    return Settings(
        listen=listen,
        store=str(values["store"]),
        log_level=str(values["log_level"]),
        secret=secret,
        tls=_tls(values),
        people=Path(str(values["people"])) if values["people"] is not None else None,
        channels=Path(str(values["channels"])) if values["channels"] is not None else None,
        copy=Path(str(values["copy.file"])) if values["copy.file"] is not None else None,
        copy_every_s=float(str(values["copy.every_s"])),
        cache=Path(str(values["cache"])) if values["cache"] is not None else None,
        future_tolerance_s=float(str(values["clock.future_tolerance_s"])),
        tick_s=float(str(values["clock.tick_s"])),
        limits=limits,
    )


def _tls(values: Mapping[str, object]) -> Tls | None:
    given = [name for name in ("tls.certificate", "tls.key", "tls.client_ca") if values[name] is not None]
    if not given:
        return None
    for name in ("tls.certificate", "tls.key"):
        if values[name] is None:
            raise SettingsError(f"{name}: is missing, but {given[0]} is set")
    client_ca = None if values["tls.client_ca"] is None else _read("tls.client_ca", values["tls.client_ca"])
    return Tls(_read("tls.certificate", values["tls.certificate"]), _read("tls.key", values["tls.key"]), client_ca)


def _read(name: str, path: object) -> bytes:
    assert isinstance(path, Path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error.strerror}") from error
