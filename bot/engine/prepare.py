"""Read what a deployment is made of at its commit, and make it, or say what is wrong there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import allowance
from bot.core.admission import Admitted, deployment
from bot.core.manifest import Manifest
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import refused
from bot.engine.found import Accept, Refuse
from bot.engine.rules import CLOUDBUILD, MANIFEST, MISSING, Rules, read_manifest

if TYPE_CHECKING:
    from bot.core.configuration import EnvironmentPlan
    from bot.core.deployment import Deployment
    from bot.core.model import Ask, Refusal
    from bot.ports import World


class Going(Struct, frozen=True, kw_only=True):
    """What the gates let through."""

    sha: str
    rules: Rules
    manifest: Manifest
    environments: tuple[str, ...]
    services: tuple[str, ...] = ()
    """Only these; all when empty."""
    number: int | None = None
    command: str = ""
    """What to type to ask for the same again; empty after a push."""


def prepare(world: World, ask: Ask, going: Going) -> Accept | Refuse:
    """Return the deployments, one per environment; raise Transient or Broken."""
    proposed: Manifest | None = None
    if going.sha != going.rules.sha:
        text = world.github.file(ask.repository, MANIFEST, going.sha)
        proposed, problems = read_manifest(text) if text is not None else (None, ())
        if problems:
            said = answers.problems(ask, MANIFEST, going.sha[:7], problems)
            return Refuse(said, (Reason.BAD_MANIFEST,), going.number)
    plans = [_plan(going, name, proposed) for name in going.environments]
    if refusals := _not_allowed(world, ask, plans):
        return replace(refused(ask, refusals), number=going.number)
    cloudbuild = world.github.file(ask.repository, CLOUDBUILD, going.rules.sha)
    problems = (MISSING,) if cloudbuild is None else world.builds.problems(cloudbuild)
    if cloudbuild is None or problems:
        said = answers.problems(ask, CLOUDBUILD, going.rules.branch, problems)
        return Refuse(said, (Reason.BAD_BUILD_FILE,), going.number)
    paths = sorted({p for plan in plans for s in plan.services for p in (s.path, *s.also)})
    trees = world.github.trees(ask.repository, going.sha, paths)
    if absent := [path for path in paths if path not in trees]:
        lacking = (f"it names `{path}`, which {going.sha[:7]} does not have" for path in absent)
        said = answers.problems(ask, MANIFEST, going.rules.branch, lacking)
        return Refuse(said, (Reason.BAD_MANIFEST,), going.number)
    return Accept(
        tuple(_deployment(world, ask, going, (plan, cloudbuild, trees)) for plan in plans)
    )


def _not_allowed(world: World, ask: Ask, plans: list[EnvironmentPlan]) -> tuple[Refusal, ...]:
    found = (
        refusal
        for plan in plans
        for refusal in allowance.refusals(world.allowed, ask.repository.id, plan)
    )
    return tuple(dict.fromkeys(found))


def _plan(going: Going, name: str, proposed: Manifest | None) -> EnvironmentPlan:
    plan = going.manifest.resolve(name, proposed)
    if not going.services:
        return plan
    chosen = tuple(s for s in plan.services if s.name in going.services)
    return replace(plan, services=chosen)


def _deployment(
    world: World, ask: Ask, going: Going, made_of: tuple[EnvironmentPlan, str, dict[str, str]]
) -> Deployment:
    plan, cloudbuild, trees = made_of
    admitted = Admitted(
        sha=going.sha,
        trusted_sha=going.rules.sha,
        number=going.number,
        plan=plan,
        cloudbuild=cloudbuild,
        command=going.command or f"/deploy {plan.name} {going.rules.branch}",
        trees=trees,
    )
    return deployment(ask, admitted, world.sampling, world.clock())
