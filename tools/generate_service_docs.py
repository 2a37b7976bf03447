"""Generates the tables of docs/service.md and docs/channels.md: settings, status codes, what channels and routes may be told; `--check` says whether what
is there is fresh.

In: services/settings.py, services/server/errors.py, services/channels/.  Out: what stands between the marks in the pages; the rest is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from services.channels.declared import COMMON, LISTS, MAIL, STREAM, WEBHOOK
from services.channels.happenings import KINDS
from services.server.errors import TABLE
from services.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
MARK = "<!-- @generated {} by tools/generate_service_docs.py; not edited by hand -->\n"
END = "<!-- @end -->\n"


def settings_table() -> str:
    rows = "".join(f"| {_place(s)} | `{s.variable}` | {_default(s)} | {_bounds(s)} | {s.about} |\n" for s in SETTINGS)
    return "| in the file | in the environment | default | may be | |\n| --- | --- | --- | --- | --- |\n" + rows


def _place(setting: Setting) -> str:
    return "—" if setting.environment_only else f"`{setting.name}`"


def _default(setting: Setting) -> str:
    return "—" if setting.default is None else f"`{setting.default:g}`" if setting.kind is float else f"`{setting.default}`"


def _bounds(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(f"`{choice}`" for choice in setting.choices)
    if setting.low is None or setting.high is None:
        return "a file" if setting.kind is Path else "a text"
    return f"{setting.low:g} to {setting.high:g}" if setting.kind is float else f"{setting.low} to {setting.high}"


def status_table() -> str:
    rows = "".join(
        f"| `{row.code.name}` | `{row.reason}` | {row.when} | {'—' if row.retry_s is None else f'{row.retry_s:g} s'} |\n"
        for row in TABLE.values()
    )
    return "| status | reason | when | again after |\n| --- | --- | --- | --- |\n" + rows


def options_table(settings: tuple[Setting, ...]) -> str:
    rows = "".join(f"| `{s.name}` | {_default(s)} | {_bounds(s)} | {s.about} |\n" for s in settings)
    return "| | default | may be | |\n| --- | --- | --- | --- |\n" + rows


def words_table(words: Mapping[str, str]) -> str:
    return "| | |\n| --- | --- |\n" + "".join(f"| `{word}` | {about} |\n" for word, about in words.items())


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/service.md": {"settings": settings_table, "statuses": status_table},
    "docs/channels.md": {
        "routes": lambda: words_table(LISTS),
        "happenings": lambda: words_table(KINDS),
        "common": lambda: options_table(COMMON),
        "webhook": lambda: options_table(WEBHOOK),
        "mail": lambda: options_table(MAIL),
        "stream": lambda: options_table(STREAM),
    },
}


def document(page: str, text: str) -> str:
    """The page with its tables as they should be."""
    for name, make in PAGES[page].items():
        table = make()
        mark = MARK.format(name)
        pattern = re.compile(re.escape(mark) + ".*?" + re.escape(END), re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{page} has no place for {name}: a line {mark.strip()} and a line {END.strip()}")
        text = pattern.sub(lambda _, new=mark + "\n" + table + "\n" + END: new, text)  # type: ignore[misc]
    return text


def main(arguments: list[str]) -> int:
    stale = 0
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        fresh = document(page, text)
        if "--check" not in arguments:
            (ROOT / page).write_text(fresh, encoding="utf-8")
        elif fresh != text:
            print(f"{page} is not what the settings and errors give: run python tools/generate_service_docs.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
