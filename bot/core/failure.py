"""Why a deployment ended badly, in words for people and one for machines."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LINES = 20
"""Log lines that are shown."""


class FailureCode(StrEnum):
    """Why a deployment ended badly: a closed set, for machines."""

    BUILD_FAILED = "build_failed"
    REVISION_NOT_READY = "revision_not_ready"
    SMOKE_FAILED = "smoke_failed"
    CANARY_WORSE = "canary_worse"
    TRAFFIC_CHANGED = "traffic_changed"
    TRAFFIC_SPLIT = "traffic_split"
    STABLE_GONE = "stable_gone"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    NO_VERDICT = "no_verdict"
    INTERNAL = "internal"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    OTHER_COMMIT = "other_commit"
    REJECTED_BEFORE = "rejected_before"
    COMMIT_REPLACED = "commit_replaced"
    BAD_SOURCE = "bad_source"
    NOT_ALLOWED = "not_allowed"


BAD = frozenset(
    {FailureCode.CANARY_WORSE, FailureCode.REVISION_NOT_READY, FailureCode.SMOKE_FAILED}
)
"""What says that the image or its settings are at fault, once they had traffic: the environment is
locked against that commit, and the same is not rolled out again unless people insist."""


class Failure(Struct, frozen=True, kw_only=True):
    """What failed and why, as people will read it."""

    code: FailureCode
    service: str
    reason: str
    """One sentence."""
    remedy: str = ""
    """What to do about it, where more than the same command again."""
    detail: str = ""
    """What the outside world said: a condition, an answer, a build's status."""
    logs: tuple[str, ...] | None = None
    """The last lines of the build or revision; None until they were asked for."""
    link: str = ""
    commands: tuple[str, ...] = ()
    """What to type next, where it is not the same command again."""


def told_once(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the last log lines, each once: under load a service repeats itself at every visit."""
    counted = [
        line if times == 1 else f"{line} ({times} times)" for line, times in Counter(lines).items()
    ]
    return tuple(counted[-MOST_LINES:])
