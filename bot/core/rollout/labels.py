"""The labels that a service and its revisions carry, so that the world itself says what it runs.

Label values are lowercase letters, digits, `_` and `-`, at most 63 characters
(https://cloud.google.com/run/docs/configuring/services/labels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.rollout.secrets import fingerprint

if TYPE_CHECKING:
    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.sight import ServiceSeen

REPOSITORY = "spillway-repository"
COMMIT = "spillway-commit"
DEPLOYMENT = "spillway-deployment"
REUSE = "spillway-reuse"
SETTINGS = "spillway-settings"
SECRETS = "spillway-secrets"


def labels_of(deployment: Deployment, service: ServiceRollout) -> dict[str, str]:
    """Return what a new revision of this service is labelled with."""
    return {
        REPOSITORY: str(deployment.repository.id),
        "spillway-environment": deployment.environment,
        "spillway-service": service.plan.name,
        COMMIT: deployment.sha,
        DEPLOYMENT: deployment.id,
        REUSE: service.reuse_key,
        SETTINGS: service.settings_hash,
    } | ({SECRETS: versions} if (versions := fingerprint(service)) else {})


def serves_already(service: ServiceRollout, seen: ServiceSeen) -> bool:
    """Tell whether the serving revision was made from the same input with the same settings."""
    labels = _serving_labels(seen)
    runs = (labels.get(REUSE), labels.get(SETTINGS), labels.get(SECRETS, ""))
    return runs == (service.reuse_key, service.settings_hash, fingerprint(service))


def serving_digest(service: ServiceRollout, seen: ServiceSeen) -> str:
    """Return the digest of the serving image where it was made from the same input, else nothing.

    It says what runs; what is deployed comes from our own store, where labels of others never get.
    """
    same = _serving_labels(seen).get(REUSE) == service.reuse_key
    return image_digest(seen) if same else ""


def image_digest(seen: ServiceSeen) -> str:
    """Return the digest of the serving image, where Cloud Run says it."""
    revision = seen.revisions.get(seen.serving)
    return revision.image.partition("@")[2] if revision else ""


def owned_by_another(deployment: Deployment, seen: ServiceSeen) -> str:
    """Return the id of the repository that the service belongs to, when it is not ours."""
    owner = seen.labels.get(REPOSITORY, "")
    return owner if owner not in {"", str(deployment.repository.id)} else ""


def made_by(seen: ServiceSeen) -> str:
    """Return the id of the deployment that made the serving revision, if it was one of ours."""
    return _serving_labels(seen).get(DEPLOYMENT, "")


def revision_name(service: str, sha: str, deployment: str) -> str:
    """Return a name of at most 63 characters, unique for ever within its service."""
    return f"{service}-{sha[:7]}-{deployment[:8]}"


def canary_tag(deployment: str) -> str:
    """Return a tag of 6 characters, which tells the canaries of one service apart."""
    return f"c-{deployment[:4]}"


def _serving_labels(seen: ServiceSeen) -> dict[str, str]:
    """Labels are copied by whoever edits a service by hand; only a name of ours proves them."""
    revision = seen.revisions.get(seen.serving)
    if revision is None:
        return {}
    labels = revision.labels
    front, _, digits = revision.name.rpartition("-")
    ours = labels.get(DEPLOYMENT, "").startswith(digits) and bool(digits)
    return labels if ours and front.endswith(f"-{labels.get(COMMIT, '')[:7]}") else {}
