"""Generates the tables of docs/service.md, settings and status codes; `--check` says whether what is there is fresh.

In: services/settings.py, services/server/errors.py.  Out: what stands between the marks in docs/service.md; the rest is written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from services.server.errors import TABLE
from services.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "service.md"
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


def document(text: str) -> str:
    """The page with its tables as they should be."""
    for name, table in (("settings", settings_table()), ("statuses", status_table())):
        mark = MARK.format(name)
        pattern = re.compile(re.escape(mark) + ".*?" + re.escape(END), re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{TARGET.relative_to(ROOT)} has no place for {name}: a line {mark.strip()} and a line {END.strip()}")
        text = pattern.sub(lambda _, new=mark + "\n" + table + "\n" + END: new, text)  # type: ignore[misc]
    return text


def main(arguments: list[str]) -> int:
    text = TARGET.read_text(encoding="utf-8")
    fresh = document(text)
    if "--check" in arguments:
        if fresh != text:
            print(
                f"{TARGET.relative_to(ROOT)} is not what the settings and errors give: run python tools/generate_service_docs.py",
                file=sys.stderr,
            )
        return int(fresh != text)
    TARGET.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
