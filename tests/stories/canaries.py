"""What must never be seen, searched for in everything that the bot emits or keeps."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from localcloud.bot_environment import webhook_secret
from localcloud.github.app_records import App, InstallationToken
from localcloud.github.records import CheckRun, Comment, Deployment, DeploymentStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.cloud import Cloud

SAID = (Comment, CheckRun, Deployment, DeploymentStatus)


def secrets_of(cloud: Cloud) -> dict[str, str]:
    """Return by name what must not be seen: every token that was ever minted among it."""
    store: Any = cloud.github._store  # noqa: SLF001  # tokens are told once, so only the store has them
    tokens = {f"token {one.id}": one.token for one in store.find(InstallationToken)}
    key = store.first(App, slug="spillway").private_key_pem.splitlines()[3]
    return {**tokens, "webhook secret": webhook_secret(cloud.state), "private key": key}


def leaked(cloud: Cloud) -> list[str]:
    """Return each secret that shows somewhere, and where."""
    emitted, hidden = dict(_emitted(cloud)), secrets_of(cloud)
    assert len(hidden) > 2  # at least one token
    assert all(emitted.values())
    return [
        f"{name} in {where}"
        for name, secret in hidden.items()
        for where, text in emitted.items()
        if secret.encode() in text
    ]


def _emitted(cloud: Cloud) -> Iterator[tuple[str, bytes]]:
    store: Any = cloud.github._store  # noqa: SLF001  # all that was ever said on this GitHub
    said = "".join(repr(one) for kind in SAID for one in store.find(kind))
    yield "what is said on GitHub", said.encode()
    yield "the logs", _read(cloud, "logs", "*.log")
    yield "the bot's records", _read(cloud, "bot", "store.sqlite*")
    yield "what Google holds", _read(cloud, "google", "**/*")


def _read(cloud: Cloud, folder: str, pattern: str) -> bytes:
    """Read it in a process of its own.

    Whoever closes a SQLite file drops every lock that its process has on it, so that the bot may
    remove the log under a connection of ours (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    files = sorted(path for path in (cloud.state / folder).glob(pattern) if path.is_file())
    return subprocess.run(["/bin/cat", *files], check=True, capture_output=True).stdout  # noqa: S603  # ours
