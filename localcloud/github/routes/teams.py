"""Teams of an organisation, as far as somebody asks who is in them."""

from __future__ import annotations

from urllib.parse import unquote

from localcloud.github.access import allows
from localcloud.github.app_records import Installation
from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import NOT_FOR_APPS, Problem, not_found
from localcloud.github.records import TeamMember
from localcloud.github.routing import Routes

routes = Routes("members")


@routes.get("/orgs/{org}/teams/{team_slug}/memberships/{username}", needs=None)
def get_membership(ask: Ask, org: str, team_slug: str, username: str) -> Reply:
    """Tell an App with the permission `members` whether somebody is in a team."""
    account = installed_on(ask)
    if account.lower() != org.lower():
        raise not_found()
    if not reads_members(ask):
        raise Problem(403, NOT_FOR_APPS)
    of = {"organization": account, "team": team_slug, "login": unquote(username)}
    if ask.site.store.first(TeamMember, **of) is None:
        raise not_found()
    url = f"{ask.site.url}/orgs/{org}/teams/{team_slug}/memberships/{username}"
    return Reply({"url": url, "role": "member", "state": "active"})


def installed_on(ask: Ask) -> str:
    """Name the account of the calling App's installation; empty for anybody else."""
    token = ask.actor.token
    held = ask.site.store.get(Installation, token.installation) if token else None
    return held.account if held else ""


def reads_members(ask: Ask) -> bool:
    """Tell whether the calling App's token has the permission."""
    token = ask.actor.token
    return token is not None and allows(token.permissions.get("members", "none"), "read")
