"""Setting a GitHub up: people, repositories, permissions, Apps. Doing it twice changes nothing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec.structs import replace

from localcloud.github import events
from localcloud.github.app_records import App, Installation
from localcloud.github.records import Grant, Permission, Repository, User
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.records import UserType
    from localcloud.github.site import Site

_KEY_BITS = 2048
_TOKEN_BYTES = 18


def add_user(site: Site, login: str, token: str | None = None) -> User:
    """Make a person with a token, or give a known one the token asked for."""
    known = site.user(login)
    if known and (token is None or token == known.token):
        return known
    wanted = token or f"ghp_{secrets.token_hex(_TOKEN_BYTES)}"
    if known:
        return site.store.save(replace(known, token=wanted))
    return _new_account(site, login, "User", wanted)


def add_repository(site: Site, full_name: str, default_branch: str, *, private: bool) -> Repository:
    """Make an empty repository, and its organisation where there is no such owner yet."""
    known = site.repository(full_name)
    if known:
        return known
    owner, name = full_name.split("/")
    account(site, owner)
    moment = now()
    repository = Repository(
        id=site.store.new_id(),
        owner=owner,
        name=name,
        default_branch=default_branch,
        private=private,
        created_at=moment,
        pushed_at=moment,
    )
    site.git(repository).create(default_branch)
    return site.store.save(repository)


def fork(site: Site, parent: Repository, owner: str) -> Repository:
    """Copy a repository, with its branches, to another owner."""
    name = f"{owner}/{parent.name}"
    copy = add_repository(site, name, parent.default_branch, private=parent.private)
    if copy.parent is None:
        copy = site.store.save(replace(copy, parent=parent.id))
        source = str(site.git(parent).path)
        site.git(copy).run("fetch", "--quiet", source, "refs/heads/*:refs/heads/*")
    return copy


def grant(site: Site, repository: Repository, login: str, permission: Permission) -> None:
    """Set a person's permission on a repository.

    Raises LookupError for somebody unknown.
    """
    user = site.user(login)
    if user is None:
        message = f"no user {login}"
        raise LookupError(message)
    known = site.store.first(Grant, repository=repository.id, login=user.login)
    identity = known.id if known else site.store.new_id()
    new = Grant(id=identity, repository=repository.id, login=user.login, permission=permission)
    site.store.save(new)


def add_app(site: Site, slug: str, webhook_url: str, webhook_secret: str) -> App:
    """Make an App with its key and its bot; a known one is pointed at the webhook given now."""
    known = site.store.first(App, slug=slug)
    if known and (known.webhook_url, known.webhook_secret) == (webhook_url, webhook_secret):
        return known
    app = known or _new_app(site, slug)
    app = replace(app, webhook_url=webhook_url, webhook_secret=webhook_secret, updated_at=now())
    site.store.save(app)
    events.ping(site, app)
    return app


def install(site: Site, app: App, repository: Repository) -> Installation:
    """Install an App on a repository: one installation per account, as on GitHub."""
    known = site.store.first(Installation, app=app.id, account=repository.owner)
    if known and repository.id in known.repositories:
        return known
    moment = now()
    held = known or Installation(
        id=site.store.new_id(),
        app=app.id,
        account=repository.owner,
        repositories=(),
        created_at=moment,
        updated_at=moment,
    )
    chosen = (*held.repositories, repository.id)
    held = site.store.save(replace(held, repositories=chosen, updated_at=moment))
    events.installation(site, app, held, repository)
    return held


def account(site: Site, login: str) -> User:
    """Find an owner, or make an organisation of that name."""
    return site.user(login) or _new_account(site, login, "Organization")


def _new_account(site: Site, login: str, kind: UserType, token: str = "") -> User:
    account = User(id=site.store.new_id(), login=login, type=kind, token=token, created_at=now())
    return site.store.save(account)


def _new_app(site: Site, slug: str) -> App:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    owner = f"{slug}-makers"
    account(site, owner)
    _new_account(site, f"{slug}[bot]", "Bot")
    moment = now()
    return App(
        id=site.store.new_id(),
        slug=slug,
        owner=owner,
        private_key_pem=private.decode(),
        public_key_pem=public.decode(),
        webhook_url="",
        webhook_secret="",
        hook_id=site.store.new_id(),
        created_at=moment,
        updated_at=moment,
    )
