"""TLS and mutual TLS by settings, with certificates made here."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc import aio

from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc
from services.server.service import CannotListen
from services.settings import SettingsError
from tests.service.inside import WAIT_S, chosen, service
from tests.service.scene import stop


@dataclass(frozen=True, slots=True)
class Pair:
    certificate: Path
    key: Path


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def authority(folder: Path, name: str) -> Pair:
    made = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", made.key, "-out", made.certificate, "-days", 2, "-subj", f"/CN={name}")
    return made


def signed(folder: Path, name: str, by: Pair) -> Pair:
    made, request, extra = Pair(folder / f"{name}.pem", folder / f"{name}.key"), folder / f"{name}.csr", folder / f"{name}.ext"
    extra.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", *curve, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")
    signing = ("-CA", by.certificate, "-CAkey", by.key, "-CAcreateserial", "-days", 2, "-extfile", extra)
    openssl("x509", "-req", "-in", request, "-out", made.certificate, *signing)
    return made


@dataclass(frozen=True, slots=True)
class Made:
    ours: Pair
    theirs: Pair
    server: Pair
    client: Pair
    stranger: Pair


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("certificates")
    ours, theirs = authority(folder, "ours"), authority(folder, "theirs")
    return Made(ours, theirs, signed(folder, "server", ours), signed(folder, "client", ours), signed(folder, "stranger", theirs))


async def call(address: str, credentials: grpc.ChannelCredentials | None) -> str:
    """The status of one call over a channel of this kind."""
    options = [("grpc.max_reconnect_backoff_ms", 100)]
    channel = aio.insecure_channel(address) if credentials is None else aio.secure_channel(address, credentials, options)
    async with channel:
        try:
            request = evaluation_pb2.EvaluateRequest(event=stop("e1", 1))
            await evaluation_pb2_grpc.EvaluationStub(channel).Evaluate(request, timeout=WAIT_S)
        except aio.AioRpcError as error:
            return str(error.code().name)
    return "OK"


def trusting(authority: Pair, own: Pair | None = None) -> grpc.ChannelCredentials:
    pair = () if own is None else (own.key.read_bytes(), own.certificate.read_bytes())
    return grpc.ssl_channel_credentials(authority.certificate.read_bytes(), *pair)


def test_with_a_certificate_only_tls_is_spoken_and_who_does_not_know_the_authority_is_not_deceived(made: Made) -> None:
    async def scenario() -> None:
        async with service(chosen(tls__certificate=made.server.certificate, tls__key=made.server.key)) as inside:
            assert await call(inside.address, trusting(made.ours)) == "OK"
            assert await call(inside.address, trusting(made.theirs)) == "UNAVAILABLE"
            assert await call(inside.address, None) == "UNAVAILABLE"

    asyncio.run(scenario())


def test_with_authorities_for_clients_only_theirs_are_let_in(made: Made) -> None:
    async def scenario() -> None:
        given = {"tls__certificate": made.server.certificate, "tls__key": made.server.key, "tls__client_ca": made.ours.certificate}
        async with service(chosen(**given)) as inside:
            assert await call(inside.address, trusting(made.ours, made.client)) == "OK"
            assert await call(inside.address, trusting(made.ours)) == "UNAVAILABLE"
            assert await call(inside.address, trusting(made.ours, made.stranger)) == "UNAVAILABLE"

    asyncio.run(scenario())


@pytest.mark.parametrize("wrong", ["key of another", "no PEM", "authorities that are none"])
def test_a_certificate_that_cannot_be_used_is_an_error_at_the_start(wrong: str, made: Made, tmp_path: Path) -> None:
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    given = {
        "key of another": {"tls__certificate": made.server.certificate, "tls__key": made.client.key},
        "no PEM": {"tls__certificate": no_pem, "tls__key": made.server.key},
        "authorities that are none": {
            "tls__certificate": made.server.certificate,
            "tls__key": made.server.key,
            "tls__client_ca": no_pem,
        },
    }[wrong]

    async def scenario() -> None:
        async with service(chosen(**given)):
            raise AssertionError("it serves")

    with pytest.raises(CannotListen, match=r"tls\.certificate, tls\.key, tls\.client_ca"):
        asyncio.run(scenario())


def test_a_key_without_a_certificate_is_a_wrong_setting(made: Made) -> None:
    with pytest.raises(SettingsError, match=r"tls\.certificate: is missing, but tls\.key is set"):
        chosen(tls__key=made.server.key)


def test_a_key_is_never_shown(made: Made) -> None:
    settings = chosen(tls__certificate=made.server.certificate, tls__key=made.server.key)
    assert "PRIVATE" not in repr(settings)
