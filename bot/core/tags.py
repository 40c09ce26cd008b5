"""Which names an image carries in its registry: the commit always, environments and versions.

The commit's hash says what an image was made from, the environment's name where it runs, a version
what people call it. `latest` says nothing and is never written.

https://docs.docker.com/reference/cli/docker/image/tag/ has the grammar of a tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.action import Tag
from bot.core.deployment import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.deployment import Deployment
    from bot.core.model import Environment

LATEST = "latest"
MOST = 128
"""Characters of a tag."""
_MEANT = re.compile(r"v\d.*|(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-.*)?", re.DOTALL | re.ASCII)
_VERSION = re.compile(
    r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?", re.ASCII
)
_RELEASED = frozenset({Phase.WATCHING, Phase.SUCCEEDED})


def wanted(deployment: Deployment, environment: Environment) -> tuple[Tag, ...]:
    """Return the tags that a deployment's images should carry by now.

    A build tags its own image; one that was used again gets the new commit's hash beside the old.
    The environment's name follows what is live, back as well after a rollback in the watch.
    """
    return (*_commits(deployment), *_environments(deployment, environment))


def written(tag: Tag) -> str:
    """Return a tag with the digest it stands for, as it is kept on record."""
    return f"{tag.image}:{tag.tag}@{tag.digest}"


def is_meant(name: str) -> bool:
    """Tell whether a git tag wants to be a version; others are the repository's own business."""
    return name == LATEST or _MEANT.fullmatch(name) is not None


def trouble(name: str) -> str:
    """Return why a git tag cannot name an image, in words without the tag itself, or nothing."""
    if name == LATEST:
        return "`latest` says nothing about what it names, so no image is ever called that"
    if "+" in name:
        return "a version with `+` cannot name an image: registries take no `+`"
    if len(name) > MOST:
        return f"a tag of an image has at most {MOST} characters"
    if not _VERSION.fullmatch(name):
        return "this is no version: versions read `v1.2.3`, or `v1.2.3-rc.1` before a release"
    return ""


def _commits(deployment: Deployment) -> Iterator[Tag]:
    if deployment.phase is Phase.QUEUED:
        return
    for service in deployment.services:
        if service.changed and service.digest and not service.build:
            yield Tag(
                image=service.plan.image,
                tag=deployment.sha,
                digest=service.digest,
                moves=True,
            )


def _environments(deployment: Deployment, environment: Environment) -> Iterator[Tag]:
    live = environment.live
    if live is None:
        return
    ours = live.deployment == deployment.id and deployment.phase in _RELEASED
    if not ours and deployment.phase is not Phase.ROLLED_BACK:
        return
    for service in deployment.services:
        released = live.services.get(service.plan.name)
        if released is not None and released.digest and not released.adopted:
            yield Tag(
                image=service.plan.image,
                tag=environment.name,
                digest=released.digest,
                moves=True,
            )
