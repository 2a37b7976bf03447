"""Names that may have been meant.

In: a name that nothing is known by, and those that there are.  Out: the part of a message that suggests one.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def hint(name: str, known: Iterable[str]) -> str:
    """` - did you mean 'alcohol_field'?`, or nothing where no name is near."""
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f" - did you mean '{near[0]}'?" if near else ""
