"""Deliveries as webhooks, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

In: a parcel.  Out: a POST of its body as JSON, with `webhook-id` (the same at every attempt), `webhook-timestamp` and `webhook-signature`: for each secret
`v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime

from services.channels.http import Answer, HttpError, Url, post
from services.channels.outcome import DONE, Outcome, Parcel

SECRET_PREFIX = "whsec_"
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
"""As the specification recommends."""
SECRETS_MAX = 10
PASSES = {408, 425, 429}
"""Of the receiver's answers 4xx, those that the same request may not get the next time."""
GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """Settings of a channel. `secrets`: the newest first; each signs. `context`: for TLS; `files`: a digest of what it was made of."""

    url: Url
    secrets: tuple[bytes, ...] = field(repr=False)
    timeout_s: float
    context: ssl.SSLContext | None = field(compare=False)
    files: str


class WebhookWay:
    """See `Way`."""

    def __init__(self, settings: Webhook) -> None:
        self._settings = settings

    async def send(self, parcel: Parcel) -> Outcome:
        settings = self._settings
        body = json.dumps(parcel.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        stamp = str(parcel.now_us // 1_000_000)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "rulelang",
            "webhook-id": parcel.id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(settings.secrets, parcel.id, stamp, body),
            "webhook-attempt": str(parcel.attempt),
        }
        try:
            answer = await post(settings.url, headers, body, settings.timeout_s, settings.context)
        except HttpError as error:
            return Outcome(False, str(error))
        return outcome_of(answer, parcel.now_us)

    async def close(self) -> None:
        """Each attempt has a connection of its own."""


def signature(secrets: Iterable[bytes], id: str, stamp: str, body: bytes) -> str:
    """One for each secret, so that receivers may change theirs at leisure."""
    signed = f"{id}.{stamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets)


def outcome_of(answer: Answer, now_us: int) -> Outcome:
    """What an answer means for the delivery."""
    status = answer.status
    if 200 <= status < 300:
        return DONE
    said = f"answered {status}" + (f": {answer.told}" if answer.told else "")
    if 300 <= status < 400:
        return Outcome(False, f"{said} (redirects are not followed: give the address {answer.headers.get('location', '')!r} itself)", True)
    if status < 500 and status not in PASSES:
        return Outcome(False, said, True, status == GONE)
    return Outcome(False, said, after_s=_after_s(answer.headers, now_us))


def _after_s(headers: Message, now_us: int) -> float | None:
    """What `Retry-After` asks for: seconds, or a date."""
    given = str(headers.get("retry-after", "")).strip()
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_us / 1_000_000)


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Of a file: one a line, the newest first, each `whsec_` and base64. Raises ValueError, which does not show them."""
    secrets = []
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            secret = base64.b64decode(line.removeprefix(SECRET_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if not line.startswith(SECRET_PREFIX) or not SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX:
            raise ValueError(
                f"line {number} is no secret: it must be {SECRET_PREFIX} and the base64 of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} random bytes, "
                f"as from: echo {SECRET_PREFIX}$(openssl rand -base64 32)"
            )
        secrets.append(secret)
    if not 1 <= len(secrets) <= SECRETS_MAX:
        raise ValueError(f"has {len(secrets)} secrets; there must be 1 to {SECRETS_MAX}, one a line")
    return tuple(secrets)
