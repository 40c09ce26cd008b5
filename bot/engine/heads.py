"""Whether a pull request still holds a commit that is being built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.heads import head_since
from bot.core.model import Heads

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.ports import World


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
    """Return the head that was shown last, unless it was the head when the deployment began."""
    found = world.store.get(Heads, f"{deployment.repository.id}/{deployment.number}")
    begun = deployment.created_at
    later = [one for one in found[0].shown if one.at > begun] if found else []
    if found is None or not later:
        return ""
    newest = max(later, key=lambda one: one.at).sha
    return "" if head_since(found[0], newest, begun) else newest
