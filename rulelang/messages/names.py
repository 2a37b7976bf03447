"""E2xx: names that are unknown, ambiguous or given twice."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {}
