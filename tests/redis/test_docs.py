"""What docs/operations says of options, keys and the user is what there is."""

from __future__ import annotations

from pathlib import Path

from engine.stores.redis_url import OPTIONS, Option

DOCS = Path(__file__).resolve().parents[2] / "docs/operations"


def row(option: Option) -> str:
    default = (
        "none" if option.default is None else f"{option.default:g}" if isinstance(option.default, int | float) else str(option.default)
    )
    bounds = {str: "a text", Path: "a file"}.get(option.kind, f"{option.low:g} to {option.high:g}")
    if option.name == "name":
        bounds = "letters, digits, `.`, `_`, `-`; up to 64"
    return f"| `{option.name}` | {default} | {bounds} | {option.about} |"


def test_every_option_is_in_the_table() -> None:
    text = (DOCS / "README.md").read_text()
    assert [row(option) for option in OPTIONS if row(option) not in text] == []


def test_no_option_is_in_the_table_that_is_not_there() -> None:
    table = (DOCS / "README.md").read_text().partition("| option |")[2].partition("\n\n")[0]
    assert [line.split("`")[1] for line in table.splitlines()[2:]] == [option.name for option in OPTIONS]
