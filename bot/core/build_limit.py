"""How long to wait for a build: as long as its own file lets it queue and run, and some more."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import yaml

USUAL = timedelta(hours=1)
"""What Cloud Build takes for `timeout` and `queueTtl` where its file names neither
(https://cloud.google.com/build/docs/build-config-file-schema#timeout)."""
SPARE = timedelta(minutes=10)
LONGEST = timedelta(days=1)
"""Most that either may be."""
_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]+)?s")


def build_limit(cloudbuild: str) -> timedelta:
    """Return the longest time from asking for a build to its end, by the build's own file."""
    try:
        content = yaml.safe_load(cloudbuild)
    except (yaml.YAMLError, ValueError, RecursionError):
        content = None
    named = content if isinstance(content, dict) else {}
    queue = named.get("queueTtl", named.get("queue_ttl"))
    return _length(named.get("timeout")) + _length(queue) + SPARE


def _length(value: Any) -> timedelta:  # noqa: ANN401  # whatever YAML holds
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    return min(LONGEST, timedelta(seconds=int(found[1]))) if found else USUAL
