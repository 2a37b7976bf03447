"""E1xx: how a file is written."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {}
