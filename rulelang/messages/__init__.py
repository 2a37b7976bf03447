"""What the checker says, by code: all wording in one place, so that it can be read and judged as a whole.

In: a code, a place and the words that fill the blanks.  Out: a `Diagnostic`.
"""

from __future__ import annotations

from rulelang.diagnostics import Diagnostic, Related
from rulelang.messages import declarations, files, meaning, names, syntax, types
from rulelang.messages.wording import Wording
from rulelang.syntax import Span

CATALOGUE: dict[str, Wording] = {
    **syntax.WORDINGS,
    **names.WORDINGS,
    **types.WORDINGS,
    **meaning.WORDINGS,
    **declarations.WORDINGS,
    **files.WORDINGS,
}


def diagnostic(code: str, span: Span, *, severity: str = "error", related: tuple[Related, ...] = (), **words: object) -> Diagnostic:
    """The diagnostic `code` at `span`; `words` fill the blanks of its message and remedy."""
    wording = CATALOGUE[code]
    remedy = wording.remedy.format(**words) if wording.remedy else None
    return Diagnostic(code, severity, wording.message.format(**words), span, remedy, related)
