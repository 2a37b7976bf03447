"""One POST, whatever the other side does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from email.message import Message
from pathlib import Path

import pytest

from services.channels.http import HEAD_BYTES_MAX, TOLD_BYTES_MAX, Answer, HttpError, post, read_url
from services.channels.webhook import outcome_of, read_secrets
from tests.channels.receivers import OLD_SECRET, SECRET, receiver, webhook, write_channels
from tests.channels.test_webhook import one_warning, said, taken
from tests.redis import servers
from tests.service.office import Office, run

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def posted(conversation: Conversation, timeout_s: float = 60.0) -> Answer:
    """What comes of a POST to whoever speaks like this."""

    async def both() -> Answer:
        server = await asyncio.start_server(conversation, "127.0.0.1", 0)
        try:
            url = read_url(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?b=c")
            return await post(url, {"x-name": "value"}, b"{}", timeout_s, None)
        finally:
            server.close()

    return asyncio.run(both())


def saying(*parts: bytes, pause_s: float = 0.0) -> Conversation:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause_s)
        writer.close()

    return conversation


def test_a_request_is_as_the_standard_says() -> None:
    asked = []

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    assert posted(conversation).status == 204
    host, rest = asked[0].split(b"\r\n", 2)[1:]
    assert asked[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert host.startswith(b"Host: 127.0.0.1:")
    assert rest == b"Connection: close\r\nContent-Length: 2\r\nx-name: value\r\n\r\n{}"


def test_interim_answers_are_passed_over() -> None:
    answer = posted(
        saying(
            b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.0 429 Slow\r\nRetry-After: 7\r\n\r\nwhy"
        )
    )
    assert (answer.status, answer.headers["retry-after"], answer.told) == (429, "7", "why")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([b""], "the connection ended before there was an answer"),
        ([b"HTTP/1.1 200 OK\r\nhalf"], "the connection ended before there was an answer"),
        ([b"220 a mail server\r\n\r\n"], "what was answered is not HTTP: b'220 a mail server'"),
        ([b"HTTP/1.1 200 OK\r\nx: " + b"y" * HEAD_BYTES_MAX, b"\r\n\r\n"], "the answer's headers are longer than 65536 bytes"),
    ],
    ids=["nothing", "half an answer", "another protocol", "endless headers"],
)
def test_what_is_no_answer_is_said(parts: list[bytes], why: str) -> None:
    with pytest.raises(HttpError) as failed:
        posted(saying(*parts))
    assert str(failed.value) == why


def test_a_receiver_that_says_a_byte_now_and_then_is_left_in_time() -> None:
    with pytest.raises(HttpError, match=r"no answer within 0\.3 s"):
        posted(saying(*[b"H"] * 1000, pause_s=0.05), timeout_s=0.3)


def test_of_what_is_told_the_beginning_is_read() -> None:
    assert len(posted(saying(b"HTTP/1.1 400 Bad\r\n\r\n" + b"x" * 10_000)).told) == TOLD_BYTES_MAX


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://here", "must begin with https://HOST or http://HOST"),
        ("https:///x", "must begin with https://HOST or http://HOST"),
        ("https://a:b@here/", "must have no user and password in it"),
        ("https://here/#x", "must have no fragment"),
        ("https://这里/", "must be ASCII"),
        ("https://here/a b", "must be ASCII without spaces"),
        ("https://here:99999/", "Port out of range"),
    ],
)
def test_what_is_no_address_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_url(url)


@pytest.mark.parametrize(
    ("given", "after_s"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 02:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 01:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(given: str, after_s: float | None) -> None:
    headers = Message()
    headers["Retry-After"] = given
    assert outcome_of(Answer(503, headers, ""), 1_772_416_800_000_000).after_s == after_s


@pytest.mark.parametrize(
    "text", ["", "# none\n", "open sesame", "whsec_", "whsec_AAAA", "whsec_" + "A" * 88 + "AAAA", f"{SECRET}\nwhsec_!!"], ids=range(7)
)
def test_what_is_no_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no secret|there must be 1 to 10") as failed:
        read_secrets(text)
    assert "sesame" not in str(failed.value)


def test_ten_secrets_and_no_more() -> None:
    assert len(read_secrets("\n".join([SECRET] * 10))) == 10
    with pytest.raises(ValueError, match="has 11 secrets; there must be 1 to 10"):
        read_secrets("\n".join([OLD_SECRET] * 11))


# ---------------------------------------------------------------------- TLS


def server_side(**more: Path) -> ssl.SSLContext:
    made = servers.certificates()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, **more)
    context.load_cert_chain(made / "server.pem", made / "server.key")
    return context


def test_a_receiver_with_a_certificate_of_the_named_authority_is_told(tmp_path: Path) -> None:
    made = servers.certificates()
    demanding = server_side(cafile=made / "ca.pem")
    demanding.verify_mode = ssl.CERT_REQUIRED  # and it wants to know who calls
    with receiver(tls=demanding) as hook:
        shown = {"ca": f'"{made / "ca.pem"}"', "certificate": f'"{made / "server.pem"}"', "key": f'"{made / "server.key"}"'}

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (got,) = await taken(office, hook, 1)
            assert got.signed_with(SECRET)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(hook.url, **shown)))


def test_a_receiver_with_a_certificate_of_nobody_is_told_nothing(tmp_path: Path) -> None:
    with receiver(tls=server_side()) as hook:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (failed, *_) = await said(office, "delivery failed")
            assert failed["why"] == "the receiver's certificate is not accepted: unable to get local issuer certificate"

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(hook.url)))
        assert not hook.got
