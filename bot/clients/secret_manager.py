"""Secret Manager: which version `latest` is now. Values are never read here."""

from __future__ import annotations

from functools import cached_property

from google.api_core import exceptions as google
from google.cloud import secretmanager_v1

from bot.clients.endpoint import DEADLINE, rest, translate

WHAT = "Secret Manager"


class SecretManagerClient:
    """The port `Secrets`; `url` is empty for the real thing."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _client(self) -> secretmanager_v1.SecretManagerServiceClient:
        return rest(secretmanager_v1.SecretManagerServiceClient, self._url)

    def latest(self, project: str, secret: str) -> str:
        """Return the number of a secret's latest version; nothing when there is none.

        `secret` is a name, or `projects/P/secrets/S` of another project. Needs
        `secretmanager.versions.get`, e.g. roles/secretmanager.viewer; raises Broken without
        (https://cloud.google.com/secret-manager/docs/access-control).
        """
        full = secret if secret.startswith("projects/") else f"projects/{project}/secrets/{secret}"
        with translate(WHAT, final=True):
            try:
                found = self._client.get_secret_version(
                    name=f"{full}/versions/latest", retry=None, timeout=DEADLINE
                )
            except google.NotFound:
                return ""
        return str(found.name.rpartition("/")[2])
