"""Deployments and what became of them."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from localcloud.github import events, pulls, pushes
from localcloud.github.exchange import Ask, Reply, created
from localcloud.github.git import Draft, Signature
from localcloud.github.problems import Problem, not_found
from localcloud.github.records import Deployment, DeploymentStatus
from localcloud.github.routes.statuses import latest_statuses
from localcloud.github.routing import Routes
from localcloud.github.shapes import deployments as shapes
from localcloud.github.times import now

routes = Routes("deployments")

_Words = Annotated[str, Meta(max_length=140)]


class CreateDeployment(msgspec.Struct):
    """The body of a deployment, with GitHub's defaults, which merge and which wait for green."""

    ref: str
    task: str = "deploy"
    auto_merge: bool = True
    required_contexts: list[str] | None = None
    payload: dict[str, Any] | str = ""
    environment: str = "production"
    description: _Words | None = None
    transient_environment: bool = False
    production_environment: bool | None = None


class CreateDeploymentStatus(msgspec.Struct):
    """The body of a deployment status; `target_url` is the old name of `log_url`."""

    state: Literal["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]
    target_url: str = ""
    log_url: str = ""
    description: _Words = ""
    environment: str | None = None
    environment_url: str = ""
    auto_inactive: bool = True


@routes.post("/repos/{owner}/{repo}/deployments")
def create_deployment(ask: Ask) -> Reply:
    """Ask for a deployment; by default the ref must be green and contain the default branch."""
    body = ask.read(CreateDeployment)
    sha = ask.git.resolve(body.ref)
    if sha is None:
        raise Problem(422, f"No ref found for: {body.ref}")
    if body.auto_merge and (merged := _auto_merge(ask, body.ref, sha)):
        return merged
    _require_green(ask, sha, body)
    deployment = ask.site.store.save(_deployment(ask, body, sha))
    events.deployment(ask.site, deployment)
    return created(shapes.deployment(ask.site, ask.repository, deployment))


def _deployment(ask: Ask, body: CreateDeployment, sha: str) -> Deployment:
    moment, production = now(), body.production_environment
    return Deployment(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        sha=sha,
        ref=body.ref,
        task=body.task,
        environment=body.environment,
        original_environment=body.environment,
        payload=body.payload,
        description=body.description,
        transient_environment=body.transient_environment,
        production_environment=(
            body.environment == "production" if production is None else production
        ),
        author=ask.actor.login,
        app=ask.actor.app_id,
        created_at=moment,
        updated_at=moment,
    )


def _auto_merge(ask: Ask, ref: str, sha: str) -> Reply | None:
    """Merge the default branch into a branch that lacks it; that push is the whole answer."""
    main = ask.repository.default_branch
    before = ask.git.refs()
    base = before.get(f"refs/heads/{main}")
    if f"refs/heads/{ref}" not in before or base is None or ask.git.contains(sha, base):
        return None
    tree = ask.git.merged_tree(sha, base)
    if tree is None:
        raise Problem(409, f"Conflict merging {main} into {ref}.")
    signed = Signature(*pulls.WEB_FLOW, at=int(time.time()))
    draft = Draft(tree, (sha, base), f"Merge branch '{main}' into {ref}", signed, signed)
    ask.git.set_ref(f"refs/heads/{ref}", ask.git.write_commit(draft), sha)
    moved = pushes.moves(before, ask.git.refs())
    pushes.follow(ask.site, ask.repository, moved, ask.actor.login)
    return Reply({"message": f"Auto-merged {main} into {ref} on deployment."}, 202)


def _require_green(ask: Ask, sha: str, body: CreateDeployment) -> None:
    states = {held.context: held.state for held in latest_statuses(ask, sha)}
    required = states if body.required_contexts is None else body.required_contexts
    red = [context for context in required if states.get(context) != "success"]
    if red:
        entries = [{"resource": "Deployment", "field": "required_contexts", "code": "invalid"}]
        raise Problem(409, f"Conflict: Commit status checks failed for {body.ref}.", entries)


@routes.get("/repos/{owner}/{repo}/deployments")
def list_deployments(ask: Ask) -> Reply:
    """List deployments, newest first, all or of one sha, ref, task or environment."""
    found = ask.site.store.find(Deployment, repository=ask.repository.id)
    wanted = {key: ask.query(key) for key in ("sha", "ref", "task", "environment")}
    shown = [
        held
        for held in reversed(found)
        if all(value in ("", "none", getattr(held, key)) for key, value in wanted.items())
    ]
    return ask.page(shown, lambda held: shapes.deployment(ask.site, ask.repository, held))


@routes.get("/repos/{owner}/{repo}/deployments/{deployment_id}")
def get_deployment(ask: Ask, deployment_id: int) -> Reply:
    """Tell about one deployment."""
    return Reply(shapes.deployment(ask.site, ask.repository, _deployment_of(ask, deployment_id)))


@routes.post("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def create_deployment_status(ask: Ask, deployment_id: int) -> Reply:
    """Tell what became of a deployment."""
    deployment, body = _deployment_of(ask, deployment_id), ask.read(CreateDeploymentStatus)
    environment = body.environment or deployment.environment
    deployment = ask.site.store.save(replace(deployment, environment=environment, updated_at=now()))
    status = _add_status(ask, deployment, body)
    if body.state == "success" and body.auto_inactive:
        _retire_others(ask, deployment)
    return created(shapes.status(ask.site, ask.repository, status))


def _add_status(ask: Ask, deployment: Deployment, body: CreateDeploymentStatus) -> DeploymentStatus:
    status = DeploymentStatus(
        id=ask.site.store.new_id(),
        deployment=deployment.id,
        state=body.state,
        description=body.description,
        environment=deployment.environment,
        log_url=body.log_url or body.target_url,
        environment_url=body.environment_url,
        author=ask.actor.login,
        app=ask.actor.app_id,
        created_at=now(),
    )
    ask.site.store.save(status)
    events.deployment_status(ask.site, deployment, status)
    return status


def _retire_others(ask: Ask, newest: Deployment) -> None:
    """Set earlier successes inactive, but never in production nor in transient environments."""
    same = {"repository": newest.repository, "environment": newest.environment}
    for other in ask.site.store.find(Deployment, **same):
        if other.id >= newest.id or other.production_environment or other.transient_environment:
            continue
        statuses = ask.site.store.find(DeploymentStatus, deployment=other.id)
        if statuses and statuses[-1].state == "success":
            _add_status(ask, other, CreateDeploymentStatus(state="inactive"))


@routes.get("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def list_deployment_statuses(ask: Ask, deployment_id: int) -> Reply:
    """List a deployment's statuses, newest first."""
    deployment = _deployment_of(ask, deployment_id)
    found = ask.site.store.find(DeploymentStatus, deployment=deployment.id)[::-1]
    return ask.page(found, lambda held: shapes.status(ask.site, ask.repository, held))


@routes.get("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}")
def get_deployment_status(ask: Ask, deployment_id: int, status_id: int) -> Reply:
    """Tell about one status of a deployment."""
    held = ask.site.store.get(DeploymentStatus, status_id)
    if held is None or held.deployment != _deployment_of(ask, deployment_id).id:
        raise not_found()
    return Reply(shapes.status(ask.site, ask.repository, held))


def _deployment_of(ask: Ask, identity: int) -> Deployment:
    held = ask.site.store.get(Deployment, identity)
    if held is None or held.repository != ask.repository.id:
        raise not_found()
    return held
