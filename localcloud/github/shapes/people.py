"""Users, organisations and bots in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from localcloud.github.records import Repository, User

if TYPE_CHECKING:
    from localcloud.github.records import Permission
    from localcloud.github.site import Site

Json = dict[str, Any]

_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_UNTOLD = ("company", "blog", "location", "email", "hireable", "bio")


def simple_user(site: Site, login: str) -> Json:
    """Shape `simple-user`; somebody unknown is GitHub's `ghost`."""
    user = site.user(login)
    name, identity = (user.login, user.id) if user else ("ghost", 10137)
    url = f"{site.url}/users/{quote(name)}"
    is_bot = user is not None and user.type == "Bot"
    page = f"apps/{name.removesuffix('[bot]')}" if is_bot else quote(name)
    return {
        "login": name,
        "id": identity,
        "node_id": f"U_{identity}",
        "avatar_url": f"{site.url}/avatars/{identity}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{site.url}/{page}",
        **{key: f"{url}{path}" for key, path in _LINKS.items()},
        "type": user.type if user else "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user(site: Site, user: User) -> Json:
    """Shape `public-user`: what anybody reads about a user."""
    owned = site.store.find(Repository, owner=user.login)
    return {
        **simple_user(site, user.login),
        "name": user.login,
        **dict.fromkeys(_UNTOLD),
        "public_repos": sum(not repository.private for repository in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": user.created_at,
        "updated_at": user.created_at,
    }


def private_user(site: Site, user: User) -> Json:
    """Shape `private-user`: what a user reads about themselves."""
    owned = site.store.find(Repository, owner=user.login)
    hidden = sum(repository.private for repository in owned)
    return {
        **public_user(site, user),
        "user_view_type": "private",
        "private_gists": 0,
        "total_private_repos": hidden,
        "owned_private_repos": hidden,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def collaborator(site: Site, login: str, permission: Permission) -> Json:
    """Shape `collaborator`: a user with a role on one repository."""
    return {
        **simple_user(site, login),
        "permissions": permissions(permission),
        "role_name": permission,
    }


def permissions(permission: Permission) -> dict[str, bool]:
    """Spell a permission out as GitHub's five flags."""
    write = permission in ("admin", "write")
    admin = permission == "admin"
    read = permission != "none"
    return {"admin": admin, "maintain": admin, "push": write, "triage": write, "pull": read}
