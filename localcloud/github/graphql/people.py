"""Who did something: a person or a bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.github.graphql.nodes import Fields
    from localcloud.github.site import Site


def actor(site: Site, login: str) -> Fields | None:
    """Shape an Actor, a bot without REST's `[bot]`; None where the account is gone."""
    found = site.user(login)
    if found is None:
        return None
    name = found.login.removesuffix("[bot]") if found.type == "Bot" else found.login
    return {"__typename": found.type, "login": name, "databaseId": found.id}
