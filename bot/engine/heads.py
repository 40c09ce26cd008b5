"""Whether a pull request still holds a commit that is being built."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.heads import head_since
from bot.core.model import Heads

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.ports import World


WHOLE_SECONDS = timedelta(seconds=2)
"""A delivery tells the second in which it was pushed; what is kept begins a second earlier."""


def newest_head(world: World, deployment: Deployment) -> tuple[str, str]:
    """Return the newest head that came after the deployment began: as replacing it, or holding it.

    GitHub is asked once per head, and only when there is a new one.
    """
    head = _new_head(world, deployment)
    if head in {"", deployment.sha, deployment.followed_by}:
        return "", ""
    if world.github.contains(deployment.repository, deployment.sha, head):
        return "", head
    return head, ""


def _new_head(world: World, deployment: Deployment) -> str:
    """Return the head that was shown last, unless it was the head when the deployment began.

    What came late, and tells of a push from before that, shows no new one.
    """
    found = world.store.get(Heads, f"{deployment.repository.id}/{deployment.number}")
    begun = deployment.created_at
    shown = [one for one in found[0].shown if one.at > begun] if found else []
    late = {(one.sha, one.at) for one in shown if one.since + WHOLE_SECONDS <= begun}
    later = [one for one in shown if (one.sha, one.at) not in late]
    if found is None or not later:
        return ""
    newest = max(later, key=lambda one: one.at).sha
    return "" if head_since(found[0], newest, begun) else newest
