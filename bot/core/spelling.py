"""Did you mean: the nearest known word, for every answer to a typing error."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 64


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known word most like this one, whatever its case, or "" when none is alike.

    `likeness` runs from 0 to 1 as in `difflib.SequenceMatcher.ratio`. Long words are like nothing.
    """
    if len(word) > _LONGEST:
        return ""
    found = get_close_matches(word.lower(), tuple(known), n=1, cutoff=likeness)
    return found[0] if found else ""
