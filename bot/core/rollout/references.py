"""`${ai-service.url}`: the address of a service of the same environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\{([a-z][a-z0-9-]*)\.url\}")


def referred(env: Mapping[str, str]) -> frozenset[str]:
    """Return the services that the values name."""
    return frozenset(name for value in env.values() for name in _REFERENCE.findall(value))


def filled(env: Mapping[str, str], urls: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with every reference replaced; raise KeyError for an unknown address."""
    return {key: _REFERENCE.sub(lambda m: urls[m[1]], value) for key, value in env.items()}
