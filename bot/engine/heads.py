"""Whether a pull request still holds a commit that is being built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.model import Heads

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.ports import World


def newest_head(world: World, deployment: Deployment) -> tuple[str, str]:
    """Return the newest head that came after the deployment began: as replacing it, or holding it.

    GitHub is asked once per head, and only when there is a new one.
    """
    found = world.store.get(Heads, f"{deployment.repository.id}/{deployment.number}")
    seen = found[0].first_seen if found else {}
    later = {sha: at for sha, at in seen.items() if at > deployment.created_at}
    head = max(later, key=lambda sha: later[sha], default="")
    if head in {"", deployment.sha, deployment.followed_by}:
        return "", ""
    if world.github.contains(deployment.repository, deployment.sha, head):
        return "", head
    return head, ""
