"""The table by which look-alike letters become one: that replacing by it comes to an end.

In: character -> what it is replaced by.  Out: nothing, or `Misfit`.

The machine folds a key's case, takes it apart (NFD), replaces by the table, puts it together (NFKC), and begins again until nothing changes.
A replacement may hold a character that is replaced in the next round, but none may come back to itself in more, or with more, and what one becomes in
the end stays short. (One that comes back as it was has reached its end: `ꝺ` becomes `Ꝺ`, whose case is folded again.)
"""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import normalize

from engine.verifying.shapes import Misfit, shown


def check_confusables(table: Mapping[str, str], longest: int) -> None:
    """`longest`: how many characters one may become."""
    lengths: dict[str, int] = {}
    for start in table:
        place = f"confusables[{shown(start)}]"
        if len(start) != 1:
            raise Misfit(place, "must be named by one character")
        # Depth first, without recursion: a chain of replacements may be as long as the table.
        waiting, under_way = [start], set()
        while waiting:
            character = waiting[-1]
            if character in lengths:
                waiting.pop()
                continue
            following = _next_round(table[character], longest, place)
            missing = [c for c in following if c in table and c not in lengths] if following != character else []
            if not missing:
                lengths[character] = sum(lengths.get(c, 1) for c in following)
                if lengths[character] > longest:
                    raise Misfit(place, f"becomes {lengths[character]} characters, and limits.skeleton_max allows {longest}")
                under_way.discard(character)
                waiting.pop()
                continue
            if character in under_way:
                raise Misfit(place, f"comes back to {shown(character)}: replacing would never end")
            under_way.add(character)
            waiting += missing


def _next_round(text: str, longest: int, place: str) -> str:
    """The characters of a replacement as the next round finds them."""
    if len(text) > longest:
        raise Misfit(place, f"becomes {len(text)} characters, and limits.skeleton_max allows {longest}")
    return normalize("NFD", normalize("NFD", normalize("NFKC", text)).casefold())
