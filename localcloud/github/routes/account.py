"""The caller's own account, other users, and what the API tells about itself."""

from __future__ import annotations

import time
from urllib.parse import unquote

from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import LOGIN_REQUIRED, NOT_FOR_APPS, Problem, not_found
from localcloud.github.routing import Routes
from localcloud.github.shapes import people

routes = Routes()

HOURLY = 5000
_HOUR = 3600


@routes.get("/user", needs=None)
def get_user(ask: Ask) -> Reply:
    """Tell a person about themselves."""
    if ask.actor.app:
        raise Problem(403, NOT_FOR_APPS)
    if ask.actor.user is None:
        raise Problem(401, LOGIN_REQUIRED)
    return Reply(people.private_user(ask.site, ask.actor.user))


@routes.get("/users/{username}", needs=None)
def get_user_by_login(ask: Ask, username: str) -> Reply:
    """Tell about a user, organisation or bot."""
    user = ask.site.user(unquote(username))
    if user is None:
        raise not_found()
    return Reply(people.public_user(ask.site, user))


@routes.get("/rate_limit", needs=None)
def get_rate_limit(_: Ask) -> Reply:
    """Tell the limits; they are told and never reached here."""
    rate = {
        "limit": HOURLY,
        "used": 0,
        "remaining": HOURLY,
        "reset": int(time.time()) + _HOUR,
        "resource": "core",
    }
    search = rate | {"limit": 30, "remaining": 30, "resource": "search"}
    return Reply({"resources": {"core": rate, "search": search}, "rate": rate})


@routes.get("/meta", needs=None)
def get_meta(_: Ask) -> Reply:
    """Tell from where webhooks come."""
    here = ["127.0.0.1/32"]
    return Reply(
        {"verifiable_password_authentication": False, "hooks": here, "api": here, "git": here}
    )
