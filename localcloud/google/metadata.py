"""The metadata server, so that google-auth finds its project, account and tokens unchanged.

https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from zlib import crc32

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from localcloud.google.issuer import Issuer

_ROOT = "/computeMetadata/v1"
_FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_TOKEN_LIFETIME = 3600
_TEXT, _JSON = "application/text", "application/json"


def project_number(project: str) -> str:
    """Return the number that stands for a project id, always the same."""
    return str(100_000_000_000 + crc32(project.encode()))


def default_account(project: str) -> str:
    """Return the address of the service account that workloads have unless told otherwise."""
    return f"{project_number(project)}-compute@developer.gserviceaccount.com"


def metadata_environment(port: int) -> dict[str, str]:
    """Return the variables that lead google-auth (Python and Node) to this server."""
    host = f"127.0.0.1:{port}"
    names = ("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP")
    return dict.fromkeys(names, host) | {"METADATA_SERVER_DETECTION": "assume-present"}


class MetadataServer:
    """Answers `/` and `/computeMetadata/v1/…`; a request without the flavor header is refused."""

    def __init__(self, project: str, issuer: Issuer) -> None:
        self._project = project
        self._issuer = issuer

    def __call__(self, request: Request) -> Response:
        """Answer one look-up."""
        if request.headers.get("Metadata-Flavor") != "Google":
            return _answer("Missing Metadata-Flavor:Google header.", status=403)
        path = request.path.removeprefix(_ROOT).strip("/")
        account, _, leaf = path.removeprefix("instance/service-accounts/").partition("/")
        if path.startswith("instance/service-accounts/") and leaf in {"identity", "token"}:
            return self._credential(leaf, account, request)
        return self._look_up(path, request)

    def _credential(self, leaf: str, account: str, request: Request) -> Response:
        if leaf == "token":
            token = {"access_token": f"ya29.local-{secrets.token_urlsafe(24)}"}
            kind = {"expires_in": _TOKEN_LIFETIME, "token_type": "Bearer"}
            return _answer(json.dumps(token | kind), _JSON)
        audience = request.args.get("audience", "")
        if not audience:
            return _answer("non-empty audience parameter required", status=400)
        email = default_account(self._project) if account == "default" else account
        return _answer(self._issuer.mint(audience, email))

    def _look_up(self, path: str, request: Request) -> Response:
        found: Any = self._tree()
        for part in filter(None, path.split("/")):
            if not isinstance(found, dict) or part not in found:
                return _answer("", status=404)
            found = found[part]
        if not isinstance(found, dict) and not isinstance(found, list):
            return _answer(str(found))
        if request.args.get("recursive", "").lower() == "true":
            return _answer(json.dumps(found), _JSON)
        return _answer("".join(f"{_listed(found, name)}\n" for name in found))

    def _tree(self) -> dict[str, Any]:
        email = default_account(self._project)
        account = {"aliases": ["default"], "email": email, "scopes": list(_SCOPES)}
        number = project_number(self._project)
        instance = {
            "id": number,
            "region": f"projects/{number}/regions/local",
            "zone": f"projects/{number}/zones/local-1",
            "service-accounts": {"default": account, email: account},
        }
        project = {"project-id": self._project, "numeric-project-id": number}
        universe = {"universe-domain": "googleapis.com"}
        return {"instance": instance, "project": project, "universe": universe}


def _listed(found: Any, name: str) -> str:  # noqa: ANN401  # a branch of a JSON tree
    return f"{name}/" if isinstance(found, dict) and isinstance(found[name], dict) else name


def _answer(text: str, content_type: str = _TEXT, status: int = 200) -> Response:
    return Response(text, status, headers=_FLAVOR, content_type=content_type)
