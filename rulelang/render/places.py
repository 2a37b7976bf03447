"""Where a diagnostic is, as people and programs name it.

In: spans, and the text of each file.  Out: lines and columns, both from 1, in code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rulelang.source import Source
from rulelang.syntax import Span


@dataclass(frozen=True, slots=True)
class Place:
    """The end is the column after the last character. `known`: the file's text is at hand."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    known: bool


class Places:
    """The files of one rule set. `folder` is put before their names, so that a path can be opened."""

    def __init__(self, sources: Mapping[str, str], folder: str = "") -> None:
        self._texts = sources
        self._sources: dict[str, Source] = {}
        self._folder = "" if folder in ("", ".") else folder.rstrip("/") + "/"

    def source(self, file: str) -> Source | None:
        if file not in self._texts:
            return None
        if file not in self._sources:
            self._sources[file] = Source(file, self._texts[file])
        return self._sources[file]

    def path(self, file: str) -> str:
        """The file as it can be opened; one whose text is not at hand is named as it was given."""
        return self._folder + file if file in self._texts else file

    def place(self, span: Span) -> Place:
        source = self.source(span.file)
        if source is None:
            return Place(span.file, 1, 1, 1, 1, False)
        line, column = source.position(span.start)
        end_line, end_column = source.position(max(span.start, span.end))
        return Place(self.path(span.file), line, column, end_line, end_column, True)
