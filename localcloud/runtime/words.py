"""How a Dockerfile's values are cut into words and its variables replaced.

https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ESCAPED_DOLLAR = "\0"
_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>\w+)(?::(?P<kind>[-+])(?P<other>[^}]*))?\}|(?P<bare>\w+))"
)


def words_of(value: str, scope: Mapping[str, str]) -> list[str]:
    """Cut at blanks outside quotes, then replace variables. Raises ValueError on an open quote."""
    protected = value.replace("\\$", _ESCAPED_DOLLAR)
    return [replaced(word, scope) for word in shlex.split(protected)]


def replaced(word: str, scope: Mapping[str, str]) -> str:
    """Replace `$NAME`, `${NAME}`, `${NAME:-other}`, `${NAME:+other}`; unknown is empty."""
    return _VARIABLE.sub(lambda hit: _value(hit, scope), word).replace(_ESCAPED_DOLLAR, "$")


def _value(hit: re.Match[str], scope: Mapping[str, str]) -> str:
    value = scope.get(hit["braced"] or hit["bare"], "")
    match hit["kind"]:
        case "-":
            return value or hit["other"]
        case "+":
            return hit["other"] if value else ""
        case _:
            return value


def exec_form(value: str) -> tuple[str, ...] | None:
    """Read `["a", "b"]`; None when it is not that form."""
    try:
        words = json.loads(value)
    except ValueError:
        return None
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return tuple(words)
    return None


def pairs_of(value: str, scope: Mapping[str, str]) -> dict[str, str]:
    """Read `A=1 B="2 3"`, or the old `A 1`. Raises ValueError when it is neither."""
    words = words_of(value, scope)
    if words and "=" not in words[0]:
        name, _, text = value.strip().partition(" ")
        return {name: " ".join(words_of(text, scope))}
    if not all("=" in word for word in words):
        reason = "expected NAME=value"
        raise ValueError(reason)
    return {name: text for name, _, text in (word.partition("=") for word in words)}
