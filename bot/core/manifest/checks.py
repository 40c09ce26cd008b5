"""What each key of an environment may hold, and which keys must agree with each other."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.core.configuration import Expect
from bot.core.manifest.amounts import LATENCY, RATIO
from bot.core.manifest.durations import show_duration
from bot.core.manifest.gate_checks import GATES_CROSS_CHECKS, GATES_FIELD_CHECKS
from bot.core.manifest.keys import METHODS, EnvironmentKeys, RolloutKeys, ServiceKeys, SmokeKeys
from bot.core.manifest.rules import Check, Finding, between, each, holds, shaped
from bot.core.manifest.settings_checks import SETTINGS_CROSS_CHECKS, SETTINGS_FIELD_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HUNDRED = 100
HALF = 0.5
LEAST_ALPHA = 1e-12
"""Evidence beyond so many to one is told as more than that, and none is ever infinite."""
LONGEST_BAKE = timedelta(hours=12)
"""A step that lasts a day ends by itself (`bot/core/rollout/turn.py`)."""
MOST_SMOKE_CHECKS = 20

_REGISTRY = r"[a-z0-9-]+-docker\.pkg\.dev/[a-z0-9.:-]+(/[a-z0-9._-]+)+"
_LEGACY_REGISTRY = r"([a-z]+\.)?gcr\.io/[a-z0-9.:-]+(/[a-z0-9._-]+)*"


def _images(value: str) -> Iterable[Finding]:
    """Complain about a tag by name; it is the likeliest mistake."""
    if ":" in value.rpartition("/")[2] or "@" in value:
        return [((), "takes no tag and no digest: images are tagged with the commit hash")]
    return _IMAGE_FOLDER(value)


_IMAGE_FOLDER = shaped(
    f"{_REGISTRY}|{_LEGACY_REGISTRY}",
    "is no image folder: write REGION-docker.pkg.dev/PROJECT/REPOSITORY or gcr.io/PROJECT",
)
_FOLDER = holds(
    lambda path: path == "." or _is_tidy(path),
    "must be a folder of the repository, such as services/api: no leading or trailing /, no ..",
)
_REQUEST_PATH = shaped(
    r"/(?!/)[!-~]{0,1999}|/", "is no path: it starts with one / and has no blanks"
)


def _is_tidy(path: str) -> bool:
    parts = path.split("/")
    return not {"", ".", ".."} & set(parts) and path.isprintable() and "\\" not in path


def _steps(value: tuple[int, ...] | str) -> Iterable[Finding]:
    if not isinstance(value, tuple):
        return
    if not all(0 < step <= HUNDRED for step in value):
        yield (), "must hold percentages from 1 to 100"
    elif any(later <= step for step, later in pairwise(value)):
        yield (), f"must ascend: write [{_listed(set(value) | {HUNDRED})}]"
    elif not value or value[-1] != HUNDRED:
        yield (), f"must end at 100: write [{_listed({*value, HUNDRED})}]"


def _listed(steps: set[int]) -> str:
    return ", ".join(map(str, sorted(steps)))


def _approvals(value: tuple[int, ...]) -> Iterable[Finding]:
    if not all(0 < share <= HUNDRED for share in value):
        yield (), "must hold percentages from 1 to 100"
    elif any(later <= share for share, later in pairwise(value)):
        yield (), f"must ascend: write [{', '.join(map(str, sorted(set(value))))}]"


def _bakes(rollout: RolloutKeys) -> Iterable[Finding]:
    if rollout.max_bake > LONGEST_BAKE:
        most, limit = show_duration(rollout.max_bake), show_duration(LONGEST_BAKE)
        yield ("max_bake",), f"{most} is longer than the longest possible, {limit}"
    if rollout.min_bake is not None and rollout.min_bake > rollout.max_bake:
        least, most = show_duration(rollout.min_bake), show_duration(rollout.max_bake)
        yield ("min_bake",), f"{least} is longer than max_bake, {most}"
    if isinstance(rollout.steps, tuple) and (lost := set(rollout.approve) - set(rollout.steps)):
        named = ", ".join(map(str, sorted(lost)))
        yield ("approve",), f"names {named}, which is no step"


def _smoke(check: SmokeKeys) -> Iterable[Finding]:
    if len(check.requests) != 1:
        yield (), f"needs exactly one of {', '.join(METHODS)}, with the path"
    elif check.requests[0][0] in {"get", "head"} and check.json is not None:
        yield ("json",), f"a {check.requests[0][0].upper()} request carries no body"
    if check.head is not None and check.expect.json:
        yield ("expect", "json"), "the answer to HEAD has no body"


CONNECTED = (
    r"projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/connections/[A-Za-z0-9._-]+"
    r"/repositories/[A-Za-z0-9._-]+"
)
"""https://cloud.google.com/build/docs/api/reference/rest/v2/projects.locations.connections.repositories"""

FIELD_CHECKS: dict[type, dict[str, Check]] = {
    EnvironmentKeys: {
        "project": shaped(
            r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
            "is no project id: 6 to 30 lower-case letters, digits and hyphens",
        ),
        "build_region": shaped(
            r"global|[a-z]+(-[a-z]+)+[0-9]{1,2}", "is no region such as us-central1, nor `global`"
        ),
        "region": shaped(r"[a-z]+(-[a-z]+)+[0-9]{1,2}", "is no region such as asia-northeast3"),
        "images": _images,
        "connected_repository": shaped(
            CONNECTED,
            "is no connected repository: write projects/P/locations/REGION/connections/C/"
            "repositories/R",
        ),
        "on_push": shaped(r"[A-Za-z0-9._][A-Za-z0-9._/-]{0,199}", "is no branch name"),
    },
    ServiceKeys: {
        "path": _FOLDER,
        "also": each(_FOLDER),
        "smoke": holds(
            lambda checks: len(checks) <= MOST_SMOKE_CHECKS,
            f"holds more than {MOST_SMOKE_CHECKS} checks",
        ),
    },
    SmokeKeys: dict.fromkeys(METHODS, _REQUEST_PATH),
    Expect: {"status": between(100, 599)},
    RolloutKeys: {
        "steps": _steps,
        "approve": _approvals,
        "min_requests": between(1, 1_000_000),
        "alpha": holds(
            lambda alpha: LEAST_ALPHA <= alpha < HALF,
            f"must lie between 0 and 0.5, and not below {LEAST_ALPHA}",
        ),
        "max_error_rate": shaped(
            RATIO, "is no ratio: write a percentage such as 5% or a fraction such as 0.05"
        ),
        "max_p95": shaped(LATENCY, "is no latency: write one such as 800ms or 2s"),
    },
    **GATES_FIELD_CHECKS,
    **SETTINGS_FIELD_CHECKS,
}
"""By Struct and field; run on every value that was set and has the right type."""

CROSS_CHECKS: dict[type, Callable[[Any], Iterable[Finding]]] = {
    RolloutKeys: _bakes,
    SmokeKeys: _smoke,
    **GATES_CROSS_CHECKS,
    **SETTINGS_CROSS_CHECKS,
}
"""By Struct; run when nothing else is wrong with it."""
