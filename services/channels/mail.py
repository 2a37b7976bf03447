"""Deliveries as mail, by SMTP.

In: a parcel.  Out: a letter to its recipients; of a digest, one for all who are to see the same. The Message-ID is the same at every attempt, so that mailboxes
and people recognise what comes twice. A recipient who cannot take it now gets it later, and nobody else gets it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from rulelang.timezones import Zone
from services.channels.letter import Writer
from services.channels.outcome import Outcome, Parcel, Told

ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
"""What stands in an envelope: ASCII, no quotes, no name."""
SECURITY = ("tls", "starttls", "none")


@dataclass(frozen=True, slots=True)
class Mail:
    """Settings of a channel. `security`: TLS from the beginning, by STARTTLS, or none. `context`: for TLS; `files`: a digest of what it was made of."""

    host: str
    port: int
    security: str
    sender: str
    recipients: tuple[str, ...]
    language: str
    timeout_s: float
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = field(default=None, compare=False)
    files: str = ""


class MailWay:
    """See `Way`. `zone`: of the times in letters; `unit`: the entity that the rules have units as."""

    def __init__(self, settings: Mail, parallel: int, zone: Callable[[], Zone], unit: Callable[[], str | None]) -> None:
        self._settings = settings
        self._zone = zone
        self._unit = unit
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="mail")

    async def send(self, parcel: Parcel) -> Outcome:
        letters = self._letters(parcel)
        session = _Session(self._settings)
        sending = asyncio.get_running_loop().run_in_executor(self._threads, session.send, letters)
        try:
            done, _ = await asyncio.wait({sending}, timeout=self._settings.timeout_s)
            if not done:
                session.late = True
        finally:
            if not sending.done():
                session.cut_off()
        return await sending

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _letters(self, parcel: Parcel) -> list[tuple[EmailMessage, tuple[str, ...]]]:
        """Each with those who get it, and are left."""
        writer = Writer(self._settings.language, self._zone())
        groups: dict[tuple[str, ...], list[str]] = {}
        for recipient in dict.fromkeys(one for told in parcel.told for one in told.recipients):
            if not parcel.only or recipient in parcel.only:
                groups.setdefault(tuple(told.name for told in parcel.told if recipient in told.recipients), []).append(recipient)
        by_name = {told.name: told for told in parcel.told}
        return [
            (self._letter(parcel, writer, [by_name[name] for name in names], recipients), tuple(recipients))
            for names, recipients in groups.items()
        ]

    def _letter(self, parcel: Parcel, writer: Writer, told: list[Told], recipients: Iterable[str]) -> EmailMessage:
        if parcel.body["kind"] == "digest":
            subject, text = writer.digest(parcel.body["period"], parcel.body["until"], [one.shown for one in told], self._unit())
        else:
            subject, text = writer.letter(told[0].shown)
        domain = self._settings.sender.partition("@")[2]
        names = hashlib.sha256("\n".join(one.name for one in told).encode()).hexdigest()[:16]
        letter = EmailMessage(SMTP)
        letter["Subject"] = " ".join(_clean(subject).split())
        letter["From"] = self._settings.sender
        letter["To"] = ", ".join(recipients)
        letter["Date"] = format_datetime(datetime.fromtimestamp(parcel.now_us / 1_000_000, UTC))
        letter["Message-ID"] = f"<{parcel.id}.{names}@{domain}>"
        if parcel.body["kind"] != "digest":
            letter["References"] = f"<warning.{parcel.body['id']}@{domain}>"  # mailboxes show what happened to one warning together
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Delivery"] = parcel.id
        letter["X-Attempt"] = str(parcel.attempt)
        text = _clean(text)
        letter.set_content(text, cte="quoted-printable" if text.isascii() else "base64")
        return letter


class _Session:
    """One conversation with the server, in a thread of its own. `cut_off` ends it from another one."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings
        self._server: smtplib.SMTP | None = None
        self.late = False

    def cut_off(self) -> None:
        """The thread's next word to the server fails."""
        connected = self._server.sock if self._server is not None else None
        if connected is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                connected.shutdown(socket.SHUT_RDWR)

    def send(self, letters: Iterable[tuple[EmailMessage, tuple[str, ...]]]) -> Outcome:
        left = {one: None for _, recipients in letters for one in recipients}  # who has not got it
        lost: dict[str, str] = {}
        why, refused = "", False
        try:
            server = self._server = self._made()
            try:
                self._greet(server)
                for letter, recipients in letters:
                    refusals = self._sent(server, letter, recipients)
                    for one in recipients:
                        code, said = refusals.get(one, (250, b""))
                        if code >= 400:
                            why = _said(code, said)
                        if code >= 500:
                            lost[one] = why
                        if not 400 <= code < 500:
                            del left[one]
                _quit(server)
            finally:
                server.close()
        except smtplib.SMTPResponseException as error:
            why = _said(error.smtp_code, error.smtp_error)
            refused = error.smtp_code >= 500 and isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError)
        except (smtplib.SMTPException, OSError) as error:
            why = f"no end within {self._settings.timeout_s:g} s" if self.late else str(error) or type(error).__name__
        return _outcome(tuple(left), lost, why, refused, sum(len(recipients) for _, recipients in letters))

    def _made(self) -> smtplib.SMTP:
        """Not connected yet, so that it can be cut off while it connects."""
        settings = self._settings
        us = settings.sender.partition("@")[2]
        patience_s = settings.timeout_s + 1.0  # of one word of the server; before that the whole conversation is cut off, once it has begun
        if settings.security == "tls":
            return smtplib.SMTP_SSL(local_hostname=us, timeout=patience_s, context=settings.context)
        return smtplib.SMTP(local_hostname=us, timeout=patience_s)

    def _greet(self, server: smtplib.SMTP) -> None:
        settings = self._settings
        server._host = settings.host  # type: ignore[attr-defined]  # what the certificate must be of; only the constructor sets it
        code, said = server.connect(settings.host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if settings.security == "starttls":
            server.starttls(context=settings.context)
        if settings.user is not None:
            server.login(settings.user, settings.password or "")

    def _sent(self, server: smtplib.SMTP, letter: EmailMessage, recipients: tuple[str, ...]) -> Mapping[str, tuple[int, bytes]]:
        """Those to whom the server does not take it, with its answers."""
        try:
            return server.send_message(letter, self._settings.sender, recipients)
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients


def _outcome(left: tuple[str, ...], lost: Mapping[str, str], why: str, refused: bool, count: int) -> Outcome:
    if len(lost) == count:
        return Outcome(False, why, refused=True, final=True)  # nobody will ever have it
    return Outcome(not left, why if left else "", refused=refused, left=left, lost=tuple(lost.items()))


def _quit(server: smtplib.SMTP) -> None:
    """Take leave; what was sent is sent, whatever the server says to that."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"answered {code}: {' '.join(_clean(text).split())}"[:500]


def _clean(text: str) -> str:
    """Without halves of surrogate pairs, which no letter can have."""
    return text.encode("utf-8", "replace").decode("utf-8")
