"""Deployments and their statuses in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.app_records import App
from localcloud.github.shapes.apps import integration
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.shapes.repositories import api

if TYPE_CHECKING:
    from localcloud.github.records import Deployment, DeploymentStatus, Repository
    from localcloud.github.site import Site


def deployment(site: Site, repository: Repository, held: Deployment) -> Json:
    """Shape `deployment`."""
    url = f"{api(site, repository)}/deployments/{held.id}"
    return {
        "url": url,
        "id": held.id,
        "node_id": f"DE_{held.id}",
        "sha": held.sha,
        "ref": held.ref,
        "task": held.task,
        "payload": held.payload,
        "original_environment": held.original_environment,
        "environment": held.environment,
        "description": held.description,
        "creator": simple_user(site, held.author),
        "created_at": held.created_at,
        "updated_at": held.updated_at,
        "statuses_url": f"{url}/statuses",
        "repository_url": api(site, repository),
        "transient_environment": held.transient_environment,
        "production_environment": held.production_environment,
        "performed_via_github_app": _app(site, held.app),
    }


def status(site: Site, repository: Repository, held: DeploymentStatus) -> Json:
    """Shape `deployment-status`; `target_url` is the old name of `log_url`."""
    deployed = f"{api(site, repository)}/deployments/{held.deployment}"
    return {
        "url": f"{deployed}/statuses/{held.id}",
        "id": held.id,
        "node_id": f"DES_{held.id}",
        "state": held.state,
        "creator": simple_user(site, held.author),
        "description": held.description,
        "environment": held.environment,
        "target_url": held.log_url,
        "log_url": held.log_url,
        "environment_url": held.environment_url,
        "created_at": held.created_at,
        "updated_at": held.created_at,
        "deployment_url": deployed,
        "repository_url": api(site, repository),
        "performed_via_github_app": _app(site, held.app),
    }


def _app(site: Site, identity: int | None) -> Json | None:
    app = site.store.get(App, identity) if identity else None
    return integration(site, app) if app else None
