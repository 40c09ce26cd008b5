"""Apps, installations and webhook deliveries in GitHub's shapes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.github.access import app_permissions
from localcloud.github.app_records import App, Delivery, Installation, InstallationToken
from localcloud.github.shapes.people import Json, simple_user

if TYPE_CHECKING:
    from localcloud.github.site import Site

EVENTS = (
    "check_run",
    "deployment",
    "deployment_status",
    "issue_comment",
    "merge_group",
    "pull_request",
    "push",
    "status",
)


def integration(site: Site, app: App) -> Json:
    """Shape `integration`: an App as everybody sees it."""
    return {
        "id": app.id,
        "client_id": f"Iv1.{app.id}",
        "slug": app.slug,
        "node_id": f"A_{app.id}",
        "owner": simple_user(site, app.owner),
        "name": app.slug,
        "description": None,
        "external_url": f"{site.url}/apps/{app.slug}",
        "html_url": f"{site.url}/apps/{app.slug}",
        "created_at": app.created_at,
        "updated_at": app.updated_at,
        "permissions": app_permissions(),
        "events": list(EVENTS),
    }


def installation(site: Site, held: Installation, app: App) -> Json:
    """Shape `installation`."""
    account = simple_user(site, held.account)
    return {
        "id": held.id,
        "account": account,
        "repository_selection": "selected",
        "access_tokens_url": f"{site.url}/app/installations/{held.id}/access_tokens",
        "repositories_url": f"{site.url}/installation/repositories",
        "html_url": f"{site.url}/settings/installations/{held.id}",
        "app_id": app.id,
        "client_id": f"Iv1.{app.id}",
        "app_slug": app.slug,
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": app_permissions(),
        "events": list(EVENTS),
        "created_at": held.created_at,
        "updated_at": held.updated_at,
        **dict.fromkeys(("single_file_name", "suspended_by", "suspended_at")),
    }


def token(held: InstallationToken) -> Json:
    """Shape `installation-token`: the one time that it is told."""
    return {
        "token": held.token,
        "expires_at": held.expires_at,
        "permissions": held.permissions,
        "repository_selection": "selected",
    }


def delivery(held: Delivery) -> Json:
    """Shape `hook-delivery-item`."""
    return {
        "id": held.id,
        "guid": held.guid,
        "delivered_at": held.delivered_at,
        "redelivery": held.redelivery,
        "duration": held.duration,
        "status": held.status,
        "status_code": held.status_code,
        "event": held.event,
        "action": held.action,
        "installation_id": held.installation,
        "repository_id": held.repository,
        "throttled_at": None,
    }


def full_delivery(site: Site, held: Delivery) -> Json:
    """Shape `hook-delivery`: with what was sent and answered."""
    app = site.store.get(App, held.app)
    return {
        **delivery(held),
        "url": app.webhook_url if app else "",
        "request": {"headers": held.request_headers, "payload": json.loads(held.request_body)},
        "response": {"headers": held.response_headers, "payload": held.response_body},
    }
