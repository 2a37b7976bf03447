"""E5xx: rule files, tables and calendars on disk."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {}
