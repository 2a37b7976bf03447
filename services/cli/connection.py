"""How verbs reach a running service.

In: the options of a command line.  Out: a connection, and what says who calls; or what is wrong with the options.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from services.cli.terminal import FAILED, WELL, CannotUse, Terminal


def add_connection(parser: argparse.ArgumentParser) -> None:
    """The options that say where the service is and who calls."""
    parser.add_argument(
        "--address", default="127.0.0.1:50051", metavar="HOST:PORT", help="where the service listens (default: 127.0.0.1:50051)"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="file that holds your token")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the service speaks TLS, and has a certificate of these authorities (PEM)")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="your certificate, PEM; with --key")
    parser.add_argument("--key", type=Path, metavar="FILE", help="your private key, PEM")


def write_answers(arguments: argparse.Namespace, terminal: Terminal, asked: Callable[[argparse.Namespace, Any], Iterator[str]]) -> int:
    """Write what is answered, line by line. Gives the exit code; `asked` gets the connection."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc  # only now: who has a wrong option need not wait for it

    with _channel(arguments) as channel:
        try:
            for text in asked(arguments, channel):
                terminal.write(text + "\n")
                if terminal.reader_gone:
                    break
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise CannotUse(f"--address: {arguments.address} does not answer: {error.details()}") from error
            terminal.say(f"rulelang: {error.code().name}: {error.details()}")
            return FAILED
    return WELL


def token(arguments: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """What a call carries that says who calls; a certificate says it by itself."""
    if arguments.token_file is None:
        return ()
    return (("authorization", f"Bearer {read_file('--token-file', arguments.token_file).decode().strip()}"),)


def read_file(option: str, path: Path) -> bytes:
    """The content of a file that an option names."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotUse(f"{option}: {path} cannot be read: {error.strerror}") from error


def _channel(arguments: argparse.Namespace) -> Any:
    import grpc

    if arguments.ca is None:
        if arguments.certificate is not None or arguments.key is not None:
            raise CannotUse("--certificate and --key go with --ca")
        return grpc.insecure_channel(arguments.address)
    if (arguments.certificate is None) != (arguments.key is None):
        raise CannotUse("--certificate and --key go together")
    pair = (None, None) if arguments.key is None else (read_file("--key", arguments.key), read_file("--certificate", arguments.certificate))
    return grpc.secure_channel(arguments.address, grpc.ssl_channel_credentials(read_file("--ca", arguments.ca), *pair))
