"""E4xx: scopes, windows, anchors, clauses."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {}
