"""What tests of the cache share: rule sets held in memory, built with it and without it.

In: files by name, and a folder.  Out: the outcome with the cache, once it is known to be the same as without.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import rulelang
from rulelang.cached.building import Building, build_files
from rulelang.cached.folder import Folder
from rulelang.effective import outline
from rulelang.reading import Reading

Files = Mapping[str, str]


def folder(path: Path) -> Folder:
    """A cache of which nothing is to be said."""
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        raise AssertionError(text)

    return Folder(path, say)


def built(files: Files, cache: Folder) -> Building:
    """With the cache."""
    data = {name: text.encode("utf-8") for name, text in files.items()}
    return build_files(sorted(name for name in data if name.endswith(".rules")), Reading(data.get, []), cache)


def same(files: Files, cache: Folder) -> Building:
    """With the cache; the program, all that is said of errors, and what is told of the rules are as without it."""
    found = built(files, cache)
    checked = rulelang.check_files({name: text.encode("utf-8") for name, text in files.items()})
    assert found.diagnostics == checked.diagnostics
    assert found.sources == checked.sources
    if checked.ruleset is None:
        assert found.built is None
    else:
        assert found.built is not None
        assert found.built.program == rulelang.compile_checked(checked)
        assert found.built.outline == outline(checked.ruleset)
    return found


def anew(files: Files, cache: Folder) -> tuple[str, ...]:
    """The files that were made anew; the outcome is the same as without the cache."""
    found = same(files, cache)
    assert found.built is not None, found.errors
    return found.built.anew
