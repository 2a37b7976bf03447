"""Errors that only follow from syntax errors: a declaration that could not be read is no longer there for those who name it.

In: what the resolver found, and the words of the declarations that were left out.  Out: what is wrong besides.
What is left out here comes back, if it is true, once the syntax errors are gone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from rulelang.diagnostics import Diagnostic

_CODES = re.compile("E2..|E405")  # names that mean nothing; entities that no event type belongs to
_WORD = re.compile(r"\w+")
_QUOTED = re.compile("'([^']*)'")


def without_followups(found: Iterable[Diagnostic], sources: Mapping[str, str], broken: frozenset[str]) -> list[Diagnostic]:
    """Those that do not name one of the `broken` words."""
    return [d for d in found if not (_CODES.fullmatch(d.code) and broken.intersection(_named(d, sources)))]


def _named(diagnostic: Diagnostic, sources: Mapping[str, str]) -> list[str]:
    """What the place says, and what the message says first."""
    place = sources.get(diagnostic.span.file, "")[diagnostic.span.start : diagnostic.span.end]
    quoted = _QUOTED.search(diagnostic.message)
    return [unicodedata.normalize("NFC", word) for word in (*_WORD.findall(place), *(_WORD.findall(quoted[1]) if quoted else ()))]
