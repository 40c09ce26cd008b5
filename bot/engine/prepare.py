"""Read what a deployment is made of at its commit, and make it, or say what is wrong there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from bot.core import allowance, sources
from bot.core.admission import Admitted, deployment
from bot.core.manifest import Manifest
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.core.standing import Standing
from bot.engine.asked import refused
from bot.engine.found import Refuse
from bot.engine.rules import CLOUDBUILD, MANIFEST, MISSING, SOURCE, read_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.configuration import EnvironmentPlan
    from bot.core.deployment import Deployment
    from bot.engine.wish import Wish
    from bot.ports import World


class Inputs(Struct, frozen=True, kw_only=True):
    """What one commit says about itself, and what the default branch builds it with."""

    proposed: Manifest | None
    """The commit's own deploy.yaml, where it is not the default branch's."""
    cloudbuild: str
    trees: dict[str, str]
    """Git object id of each path at the commit."""


class Passed(Struct, frozen=True, kw_only=True):
    """What the gates had to say about a wish that they let through."""

    notes: tuple[str, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    """Service → the image that succeeded where `after` looks, which is deployed here too."""
    live: str = ""


def read_inputs(world: World, wishes: Sequence[Wish]) -> Inputs | Refuse:
    """Read once what wishes for the same commit need; raise Transient or Broken."""
    wish = wishes[0]
    repository, rules, sha = wish.ask.repository, wish.rules, wish.target.sha
    if barred := _not_allowed(world, wishes):
        return barred
    proposed, problems = _proposed(world, wish)
    if problems:
        return _bad(wish, MANIFEST, sha[:7], problems)
    plans = [wish.manifest.resolve(one.environment, proposed) for one in wishes]
    cloudbuild = world.github.file(repository, CLOUDBUILD, rules.sha)
    problems = (MISSING,) if cloudbuild is None else world.builds.problems(cloudbuild)
    if cloudbuild is None or problems:
        return _bad(wish, CLOUDBUILD, rules.branch, problems)
    paths = sorted({p for plan in plans for s in plan.services for p in (s.path, *s.also)})
    trees = world.github.trees(repository, sha, [*paths, CLOUDBUILD])
    if absent := [path for path in paths if path not in trees]:
        lacking = tuple(f"it names `{path}`, which {sha[:7]} does not have" for path in absent)
        return _bad(wish, MANIFEST, rules.branch, lacking)
    if lacking := _dockerfiles(world, wish, plans, cloudbuild):
        return _bad(wish, SOURCE, sha[:7], lacking)
    return Inputs(proposed=proposed, cloudbuild=cloudbuild, trees=trees)


def incomplete(world: World, wishes: Sequence[Wish], inputs: Inputs) -> Refuse | None:
    """Refuse what a build from GitHub's archive would miss; raise Transient or Broken.

    It reads a list of every path, so it comes last.
    """
    wish = wishes[0]
    plans = [wish.manifest.resolve(one.environment, inputs.proposed) for one in wishes]
    lacking = _archive_lacks(world, wish, plans)
    return _bad(wish, SOURCE, wish.target.sha[:7], lacking) if lacking else None


def _proposed(world: World, wish: Wish) -> tuple[Manifest | None, tuple[str, ...]]:
    """Return the commit's own deploy.yaml; git's id tells whether it is the default branch's."""
    repository, rules, sha = wish.ask.repository, wish.rules, wish.target.sha
    if sha == rules.sha:
        return None, ()
    found = world.github.trees(repository, sha, [MANIFEST]).get(MANIFEST)
    if found == git_id(rules.text):
        return wish.manifest, ()
    text = world.github.file(repository, MANIFEST, sha) if found else None
    return read_manifest(text, world.sampling.window) if text is not None else (None, ())


def _dockerfiles(
    world: World, wish: Wish, plans: Sequence[EnvironmentPlan], cloudbuild: str
) -> tuple[str, ...]:
    """Return every Dockerfile that cloudbuild.yaml needs and the commit does not have."""
    repository, sha = wish.ask.repository, wish.target.sha
    services = {s.path: s.name for plan in plans for s in plan.services}
    needed = {world.builds.dockerfile(cloudbuild, path): path for path in services}
    wanted = sorted(filter(None, needed))
    there = world.github.trees(repository, sha, wanted) if wanted else {}
    return tuple(
        f"there is no {name}, which {CLOUDBUILD} builds {services[needed[name]]} from: add it"
        for name in wanted
        if name not in there
    )


def _archive_lacks(world: World, wish: Wish, plans: Sequence[EnvironmentPlan]) -> tuple[str, ...]:
    """Return what a build from GitHub's archive would miss; a clone misses nothing."""
    repository, sha = wish.ask.repository, wish.target.sha
    services = [s for plan in plans if not plan.connected_repository for s in plan.services]
    folders = sorted({path for service in services for path in (service.path, *service.also)})
    if not folders:
        return ()
    tree = world.github.paths(repository, sha)
    files = sources.attribute_files(tree, folders)
    if much := sources.too_much(tree, files):
        return much
    texts = {path: world.github.file(repository, path, sha) or "" for path in files}
    return sources.gaps(tree, texts, folders)


def _not_allowed(world: World, wishes: Sequence[Wish]) -> Refuse | None:
    """Refuse what the operator gave this repository no leave to touch, by the rules alone.

    No commit has a say in projects, regions and names, so nothing of it is read for that.
    """
    wish, repository = wishes[0], wishes[0].ask.repository.id
    plans = [one.manifest.resolve(one.environment) for one in wishes]
    found = [r for plan in plans for r in allowance.refusals(world.allowed, repository, plan)]
    against = tuple(dict.fromkeys(found))
    return replace(refused(wish.ask, against), number=wish.number) if against else None


def plan_of(wish: Wish, inputs: Inputs, environment: str = "") -> EnvironmentPlan:
    """Return an environment's plan at the commit, only with the services that were named."""
    plan = wish.manifest.resolve(environment or wish.environment, inputs.proposed)
    if not wish.services:
        return plan
    return replace(plan, services=tuple(s for s in plan.services if s.name in wish.services))


def prepared(world: World, wish: Wish, inputs: Inputs, passed: Passed) -> Deployment:
    """Return the deployment that follows from a wish."""
    plan = plan_of(wish, inputs)
    waits = (f"{CLOUDBUILD}: takes effect after merge",) if _own_build_file(inputs) else ()
    plan = replace(plan, notes=(*passed.notes, *plan.notes, *waits))
    admitted = Admitted(
        sha=wish.target.sha,
        trusted_sha=wish.rules.sha,
        number=wish.number,
        plan=plan,
        cloudbuild=inputs.cloudbuild,
        command=wish.command or f"/deploy {plan.name} {wish.rules.branch}",
        trees=inputs.trees,
        digests=passed.digests,
        standing=_standing(world, wish, passed),
        at_once=wish.at_once,
        retry=wish.retry,
    )
    return deployment(wish.ask, admitted, world.sampling, world.clock())


def _standing(world: World, wish: Wish, passed: Passed) -> Standing:
    return Standing(
        branch=wish.rules.branch,
        typed=wish.target.typed,
        on_default_branch=wish.target.on_default_branch,
        pushed=wish.pushed,
        first_seen=wish.target.first_seen,
        asked_at=wish.ask.created_at,
        judged_at=world.clock(),
        live=passed.live,
        override=wish.override,
        why=wish.why,
        replaces=wish.replaces,
        own_checks=wish.own_checks,
    )


def _own_build_file(inputs: Inputs) -> bool:
    """Tell whether the commit has another cloudbuild.yaml than the one that builds it."""
    return inputs.trees.get(CLOUDBUILD) != git_id(inputs.cloudbuild)


def git_id(text: str) -> str:
    """Return the id that git gives a file of this text."""
    content = text.encode()
    framed = b"blob %d\0%s" % (len(content), content)
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest()


_CODES = {
    MANIFEST: Reason.BAD_MANIFEST,
    CLOUDBUILD: Reason.BAD_BUILD_FILE,
    SOURCE: Reason.BAD_SOURCE,
}


def _bad(wish: Wish, path: str, where: str, problems: Sequence[str]) -> Refuse:
    code = _CODES[path]
    return Refuse(answers.problems(wish.ask, path, where, problems), (code,), wish.number)
