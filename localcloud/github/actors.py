"""Who is asking: nobody, a person, an App, or an App's installation."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from localcloud.github.app_records import App, Installation, InstallationToken
from localcloud.github.problems import BAD_CREDENTIALS, BAD_JWT, Problem
from localcloud.github.records import User
from localcloud.github.times import epoch

if TYPE_CHECKING:
    from localcloud.github.site import Site

LONGEST_JWT = 600
"""Seconds that an App's own token may live: https://docs.github.com/apps (generating a JWT)."""

_JWT_PARTS = 3


@dataclass(frozen=True)
class Actor:
    """The caller of one request; an App without `token` speaks for itself, not an installation."""

    user: User | None = None
    app: App | None = None
    token: InstallationToken | None = None

    @property
    def login(self) -> str:
        """The login that this actor's deeds carry; empty for nobody."""
        if self.user:
            return self.user.login
        return self.app.bot if self.app else ""

    @property
    def app_id(self) -> int | None:
        """The App behind the actor, for `performed_via_github_app`."""
        return self.app.id if self.app else None


def authenticate(site: Site, authorization: str) -> Actor:
    """Tell who an `Authorization` header stands for; no header is nobody.

    Raises Problem 401 for credentials that are not, or no longer, good.
    """
    if not authorization:
        return Actor()
    scheme, _, value = authorization.partition(" ")
    secret = _from_basic(value) if scheme.lower() == "basic" else value.strip()
    if secret.count(".") == _JWT_PARTS - 1:
        return Actor(app=_app_from_jwt(site, secret))
    return _from_token(site, secret)


def _from_basic(value: str) -> str:
    """Take the token from either place of `user:password`."""
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise Problem(401, BAD_CREDENTIALS) from None
    return name if password in ("", "x-oauth-basic") else password


def _from_token(site: Site, secret: str) -> Actor:
    person = site.store.first(User, token=secret) if secret else None
    if person:
        return Actor(user=person)
    token = site.store.first(InstallationToken, token=secret) if secret else None
    if token is None or epoch(token.expires_at) <= time.time():
        raise Problem(401, BAD_CREDENTIALS)
    installed = site.store.get(Installation, token.installation)
    app = site.store.get(App, installed.app) if installed else None
    if app is None:
        raise Problem(401, BAD_CREDENTIALS)
    return Actor(app=app, token=token)


def _app_from_jwt(site: Site, token: str) -> App:
    app = site.store.get(App, _issuer(token))
    if app is None:
        raise Problem(401, BAD_JWT)
    try:
        claims = _verified(token, app)
    except jwt.InvalidTokenError:
        raise Problem(401, BAD_JWT) from None
    if claims["exp"] - time.time() > LONGEST_JWT:
        raise Problem(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def _issuer(token: str) -> int:
    try:
        issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
        return int(issuer)
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        raise Problem(401, BAD_JWT) from None


def _verified(token: str, app: App) -> dict[str, Any]:
    options: Any = {"require": ["exp", "iat"], "verify_iss": False}
    return jwt.decode(token, app.public_key_pem, algorithms=["RS256"], options=options)
