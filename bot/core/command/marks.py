"""How a command line is told from chatter, before anything else is known about it."""

from __future__ import annotations

import re

from bot.core.command.words import USAGE
from bot.core.spelling import closest

MAX_LINE = 500

FIRST_WORD = re.compile(r"/([A-Za-z][^\s/]{0,30})(?=\s|$)")
"""A slash and a word; a path such as /etc/passwd has more slashes."""

_NEAR_MISS = 0.75
_ZERO_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(line: str) -> str:
    """Return the line as it is seen: without characters that have no width."""
    return line.translate(_ZERO_WIDTH).strip()


def meant_command(word: str) -> str:
    """Return the command of this name or nearly this name, or nothing.

    Who mistypes a command seldom gets its first letter wrong; `/block` is somebody else's command.
    """
    return closest(word, (name for name in USAGE if name[0] == word[:1].lower()), _NEAR_MISS)


def is_command(line: str) -> bool:
    """Whether the first word is a command or nearly one.

    A line with characters that change the reading direction looks unlike what it says: it is none.
    """
    first = FIRST_WORD.match(clean(line))
    return first is not None and not _BIDI.search(line) and bool(meant_command(first[1]))
