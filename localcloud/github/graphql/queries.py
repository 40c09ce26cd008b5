"""Where a query begins: a repository, an organisation and its teams, the rate limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.github.graphql.nodes import Fields, Kinds, Node, visible
from localcloud.github.graphql.refusals import forbidden, unresolved, unserved
from localcloud.github.records import TeamMember
from localcloud.github.routes.account import HOURLY
from localcloud.github.routes.teams import installed_on, reads_members
from localcloud.github.times import stamp

if TYPE_CHECKING:
    from localcloud.github.exchange import Ask
    from localcloud.github.graphql.cost import Weight
    from localcloud.github.graphql.paging import Page
    from localcloud.github.records import User

_HOUR = 3600


@dataclass
class Reading:
    """One query under way: what it weighs, and the repository that it reached first."""

    weight: Weight
    path: str = ""


def _query(ask: Ask, reading: Reading) -> Fields:
    def repository(owner: str, name: str, *, follow_renames: bool = True) -> Node:
        found = _repository(ask, f"{owner}/{name}", follow_renames=follow_renames)
        reading.path = reading.path or f"/repos/{found.repository.full_name}"
        return Node("Repository", found, found.repository)

    return {
        "repository": repository,
        "organization": lambda login: _organization(ask, login),
        "viewer": {"__typename": "User", "login": ask.actor.login},
        "rateLimit": {
            **dict.fromkeys(("limit", "remaining"), HOURLY),
            "cost": reading.weight.points,
            "nodeCount": reading.weight.nodes,
            "used": 0,
            "resetAt": stamp(time.time() + _HOUR),
        },
    }


def _repository(ask: Ask, full_name: str, *, follow_renames: bool) -> Ask:
    known = ask.site.repository(full_name)
    if known is None and follow_renames:
        known = ask.site.moved(full_name)
    inside = visible(ask, known)
    if inside is None:
        unresolved(f"a Repository with the name '{full_name}'")
    return inside


def _organization(ask: Ask, login: str) -> Node:
    found = ask.site.user(login)
    if found is None or found.type != "Organization":
        unresolved(f"an Organization with the login of '{login}'")
    return Node("Organization", ask, found)


def _of_organization(ask: Ask, held: User) -> Fields:
    return {
        "login": held.login,
        "databaseId": held.id,
        "team": lambda slug: _team(ask, held.login, slug),
    }


def _team(ask: Ask, organization: str, slug: str) -> Node | None:
    """Find a team; there is none for an App elsewhere, nor for who is no member of any here."""
    if ask.actor.app and installed_on(ask) == organization and not reads_members(ask):
        forbidden(ask)
    every = ask.site.store.find(TeamMember, organization=organization)
    belongs = installed_on(ask) == organization or ask.actor.login in {one.login for one in every}
    members = [one for one in every if one.team == slug]
    return Node("Team", ask, members) if belongs and members else None


def _of_team(_ask: Ask, held: list[TeamMember]) -> Fields:
    def members(page: Page, query: str = "", membership: str = "ALL") -> Fields:
        if membership == "CHILD_TEAM":
            unserved("Team.members(membership: CHILD_TEAM)")
        met = sorted({one.login for one in held if (query or "").lower() in one.login.lower()})
        return page.of(met, lambda login: {"__typename": "User", "login": login})

    return {"slug": held[0].team, "members": members}


kinds: Kinds = {"Query": _query, "Organization": _of_organization, "Team": _of_team}
