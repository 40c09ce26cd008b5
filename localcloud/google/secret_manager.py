"""google.cloud.secretmanager.v1.SecretManagerService: secrets, their versions, and what they hold.

https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import secretmanager_v1

from localcloud.google.errors import Code, refuse
from localcloud.google.protocol import MethodTable, Proto, method, raw

if TYPE_CHECKING:
    from localcloud.google.records import Records

LATEST = "latest"
_SECRET = raw(secretmanager_v1.Secret)
_VERSION = raw(secretmanager_v1.SecretVersion)
_PAYLOAD = raw(secretmanager_v1.SecretPayload)
_ANSWER = raw(secretmanager_v1.AccessSecretVersionResponse)
_ENABLED = secretmanager_v1.SecretVersion.State.ENABLED


class SecretManagerApi:
    """Versions are numbered from 1 on; all of them stay enabled."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "CreateSecret": method(secretmanager_v1.CreateSecretRequest, self._create),
            "AddSecretVersion": method(secretmanager_v1.AddSecretVersionRequest, self._add),
            "GetSecretVersion": method(secretmanager_v1.GetSecretVersionRequest, self._get),
            "AccessSecretVersion": method(
                secretmanager_v1.AccessSecretVersionRequest, self._access
            ),
        }
        prefix = "/google.cloud.secretmanager.v1.SecretManagerService/"
        return {f"{prefix}{name}": made for name, made in table.items()}

    def value(self, secret: str, version: str) -> str | None:
        """Return what `projects/P/secrets/S` holds in a version, None when there is none."""
        number = str(self._newest(secret)) if version == LATEST else version
        found = self._records.get("secret payload", f"{secret}/versions/{number}", _PAYLOAD)
        return None if found is None else found.data.decode()

    def _create(self, request: Proto) -> Proto:
        secret = _SECRET(name=f"{request.parent}/secrets/{request.secret_id}")
        if self._records.get("secret", secret.name, _SECRET):
            refuse(f"Secret [{secret.name}] already exists.", Code.ALREADY_EXISTS)
        self._records.put("secret", secret.name, secret)
        return secret

    def _add(self, request: Proto) -> Proto:
        with self._records.transaction():
            if self._records.get("secret", request.parent, _SECRET) is None:
                refuse(f"Secret [{request.parent}] not found.", Code.NOT_FOUND)
            name = f"{request.parent}/versions/{self._newest(request.parent) + 1}"
            self._records.put("secret payload", name, request.payload)
        return _VERSION(name=name, state=_ENABLED)

    def _get(self, request: Proto) -> Proto:
        return _VERSION(name=self._named(request.name), state=_ENABLED)

    def _access(self, request: Proto) -> Proto:
        name = self._named(request.name)
        return _ANSWER(name=name, payload=self._records.get("secret payload", name, _PAYLOAD))

    def _named(self, name: str) -> str:
        """Return the full name of a version, `latest` as its number."""
        secret, _, version = name.rpartition("/versions/")
        number = str(self._newest(secret)) if version == LATEST else version
        found = f"{secret}/versions/{number}"
        if self._records.get("secret payload", found, _PAYLOAD) is None:
            refuse(f"Secret Version [{name}] not found.", Code.NOT_FOUND)
        return found

    def _newest(self, secret: str) -> int:
        prefix = f"{secret}/versions/"
        return len(self._records.under("secret payload", prefix, _PAYLOAD))
