"""Apps: who they are, where they are installed, their tokens and their webhook's deliveries."""

from __future__ import annotations

import secrets
import time

import msgspec

from localcloud.github.access import allows, app_permissions
from localcloud.github.app_records import App, Delivery, Installation, InstallationToken
from localcloud.github.exchange import Ask, Reply, created
from localcloud.github.problems import BAD_JWT, Problem, not_found
from localcloud.github.records import Repository
from localcloud.github.routing import Routes
from localcloud.github.shapes import apps as shapes
from localcloud.github.shapes import repositories
from localcloud.github.times import epoch, stamp

routes = Routes()

TOKEN_LIFETIME = 3600


class MintToken(msgspec.Struct):
    """The body that narrows a token to repositories or permissions."""

    repositories: list[str] | None = None
    repository_ids: list[int] | None = None
    permissions: dict[str, str] | None = None


def _app(ask: Ask) -> App:
    if ask.actor.app is None or ask.actor.token:
        raise Problem(401, BAD_JWT)
    return ask.actor.app


@routes.get("/app", needs=None)
def get_app(ask: Ask) -> Reply:
    """Tell an App about itself."""
    return Reply(shapes.integration(ask.site, _app(ask)))


@routes.get("/app/installations", needs=None)
def list_installations(ask: Ask) -> Reply:
    """List where the App is installed."""
    app = _app(ask)
    found = ask.site.store.find(Installation, app=app.id)
    return ask.page(found, lambda held: shapes.installation(ask.site, held, app))


@routes.get("/app/installations/{installation_id}", needs=None)
def get_installation(ask: Ask, installation_id: int) -> Reply:
    """Tell about one installation of the App."""
    return Reply(shapes.installation(ask.site, _installation_of(ask, installation_id), _app(ask)))


@routes.get("/repos/{owner}/{repo}/installation", needs=None)
def get_repository_installation(ask: Ask, owner: str, repo: str) -> Reply:
    """Find the App's installation that covers a repository."""
    app = _app(ask)
    repository = ask.site.repository(f"{owner}/{repo}")
    covering = ask.site.installations(repository) if repository else []
    held = next((held for held in covering if held.app == app.id), None)
    if held is None:
        raise not_found()
    return Reply(shapes.installation(ask.site, held, app))


@routes.post("/app/installations/{installation_id}/access_tokens", needs=None, kind="token")
def create_token(ask: Ask, installation_id: int) -> Reply:
    """Mint a token that acts for an installation, for one hour."""
    held, body = _installation_of(ask, installation_id), ask.read(MintToken)
    token = InstallationToken(
        id=ask.site.store.new_id(),
        token=f"ghs_{secrets.token_hex(18)}",
        installation=held.id,
        permissions=_narrowed(body.permissions),
        repositories=_chosen(ask, held, body),
        expires_at=stamp(time.time() + TOKEN_LIFETIME),
    )
    for old in ask.site.store.find(InstallationToken):
        if epoch(old.expires_at) <= time.time():
            ask.site.store.delete(old)
    return created(shapes.token(ask.site.store.save(token)))


def _narrowed(wanted: dict[str, str] | None) -> dict[str, str]:
    given = app_permissions()
    if not wanted:
        return given
    if any(level not in ("read", "write") for level in wanted.values()) or not all(
        allows(given.get(name, "none"), level) for name, level in wanted.items()
    ):
        raise Problem(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


def _chosen(ask: Ask, held: Installation, body: MintToken) -> tuple[int, ...] | None:
    if body.repositories is None and body.repository_ids is None:
        return None
    named = [ask.site.repository(f"{held.account}/{name}") for name in body.repositories or []]
    wanted = {*(body.repository_ids or []), *(found.id if found else 0 for found in named)}
    if not wanted <= set(held.repositories):
        raise Problem(
            422, "There is at least one repository that does not exist or is not accessible."
        )
    return tuple(sorted(wanted))


@routes.get("/installation/repositories", needs=None)
def list_repositories(ask: Ask) -> Reply:
    """List the repositories that an installation token reaches."""
    token = ask.actor.token
    if token is None:
        raise Problem(403, "You must authenticate with an installation access token.")
    held = ask.site.store.get(Installation, token.installation)
    reached = token.repositories or (held.repositories if held else ())
    found = [ask.site.store.get(Repository, identity) for identity in reached]
    known = [repository for repository in found if repository]
    return ask.page(known, lambda one: repositories.plain(ask.site, one), "repositories")


@routes.get("/app/hook/config", needs=None)
def get_hook_config(ask: Ask) -> Reply:
    """Tell where the App's webhooks go."""
    told = {"content_type": "json", "insecure_ssl": "0", "url": _app(ask).webhook_url}
    return Reply(told | {"secret": "********"})


@routes.get("/app/hook/deliveries", needs=None)
def list_deliveries(ask: Ask) -> Reply:
    """List what was delivered to the App, newest first, `cursor` after `cursor`."""
    found = ask.site.store.find(Delivery, app=_app(ask).id)[::-1]
    before, size = ask.number("cursor", 0), min(ask.number("per_page", 30), 100)
    older = [held for held in found if not before or held.id <= before]
    wanted = ask.query("status")
    shown = [held for held in older if not wanted or (held.status == "OK") == (wanted == "success")]
    following = shown[size : size + 1]
    link = f'<{ask.site.url}/app/hook/deliveries?per_page={size}&cursor={{}}>; rel="next"'
    headers = {"Link": link.format(following[0].id)} if following else {}
    return Reply([shapes.delivery(held) for held in shown[:size]], headers=headers)


@routes.get("/app/hook/deliveries/{delivery_id}", needs=None)
def get_delivery(ask: Ask, delivery_id: int) -> Reply:
    """Tell about one delivery with all that was sent and answered."""
    return Reply(shapes.full_delivery(ask.site, _delivery_of(ask, delivery_id)))


@routes.post("/app/hook/deliveries/{delivery_id}/attempts", needs=None)
def redeliver(ask: Ask, delivery_id: int) -> Reply:
    """Deliver again, under the same GUID."""
    ask.site.outbox.redeliver(_delivery_of(ask, delivery_id))
    return Reply({}, 202)


def _delivery_of(ask: Ask, identity: int) -> Delivery:
    app, held = _app(ask), ask.site.store.get(Delivery, identity)
    if held is None or held.app != app.id:
        raise not_found()
    return held


def _installation_of(ask: Ask, identity: int) -> Installation:
    app, held = _app(ask), ask.site.store.get(Installation, identity)
    if held is None or held.app != app.id:
        raise not_found()
    return held
