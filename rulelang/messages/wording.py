"""The form of one message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`message` says what is wrong, `remedy` what would be right; both with blanks in braces, as `str.format` fills them."""

    message: str
    remedy: str | None = None
