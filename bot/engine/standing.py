"""Judge a deployment once more when its turn has come: the world may have moved on meanwhile.

Right after it was judged only its pull request is read again. After a wait in the queue, or when
something else has gone live, every gate is asked anew.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import policy
from bot.core.model import Refusal
from bot.core.policy import Target
from bot.core.reasons import Reason
from bot.engine.foreseeing import foreseen_again
from bot.engine.gather import gathered, live_release, unasked
from bot.engine.question import Question

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.core.github import PullRequest
    from bot.core.standing import Standing
    from bot.ports import World

STILL_FRESH = timedelta(seconds=60)


def refusals_now(world: World, deployment: Deployment) -> tuple[Refusal, ...]:
    """Return what stands against a deployment now; raise Transient or Broken."""
    standing = deployment.standing
    if standing is None:
        return ()
    own_head = not (standing.pushed or standing.on_default_branch)
    fresh = _fresh(world, deployment, standing)
    if fresh and not own_head:
        return ()
    if not fresh:
        world = foreseen_again(world, deployment, standing)
    pull = _pull(world, deployment)
    if own_head and pull is None:
        return (_gone(deployment),)
    asked = _question(deployment, standing, pull)
    if fresh:
        return policy.moved_on(unasked(asked, world.clock()))
    return policy.judge(gathered(world, asked)).everything


def _gone(deployment: Deployment) -> Refusal:
    return Refusal(
        code=Reason.NO_PULL_REQUEST,
        reason=f"GitHub shows no pull request #{deployment.number} any more, so nobody can tell "
        "what it proposes",
        remedy="deploy a commit of the default branch, or of a pull request that is there",
    )


def _fresh(world: World, deployment: Deployment, standing: Standing) -> bool:
    live = live_release(world, deployment.repository, deployment.environment)
    recent = world.clock() - standing.judged_at <= STILL_FRESH
    return recent and standing.live == (live.sha if live else "")


def _pull(world: World, deployment: Deployment) -> PullRequest | None:
    if deployment.number is None:
        return None
    return world.github.pull_request(deployment.repository, deployment.number)


def _question(deployment: Deployment, standing: Standing, pull: PullRequest | None) -> Question:
    """Return the question as it was put, without what was settled for good.

    A second person's word and the image that succeeded before count from when it was let in.
    """
    gates = replace(deployment.plan.gates, two_person=False, after="")
    names = {service.plan.name for service in deployment.services}
    target = Target(
        sha=deployment.sha,
        typed=standing.typed,
        on_default_branch=standing.on_default_branch,
        first_seen=standing.first_seen,
        waited=True,
    )
    return Question(
        repository=deployment.repository,
        environment=deployment.environment,
        gates=gates,
        branch=standing.branch,
        actor=deployment.actor,
        asked_at=standing.asked_at,
        target=target,
        pull=pull,
        services=() if names == deployment.plan.addresses.keys() else tuple(sorted(names)),
        pushed=standing.pushed,
        override=standing.override,
        why=standing.why,
        replaces=standing.replaces,
        own_checks=standing.own_checks,
    )
