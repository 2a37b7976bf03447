"""E3xx: types and units."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {}
