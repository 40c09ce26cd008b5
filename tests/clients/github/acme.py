"""A small repository on the local GitHub, with our App installed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import requests

from bot.clients.github import GitHubClient
from bot.core.model import Repository
from localcloud.github.server import GitHub

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

NAME = "acme/app"
SLUG = "spillway-test"
FILES = {
    "deploy.yaml": b"project: p\n",
    "services/api/main.py": b"print('api')\n",
    "services/ai/main.py": "print('좋아요')\n".encode(),
}


class Acme:
    """The server, the repository, its people, and the client under test."""

    def __init__(self, root: Path) -> None:
        self.server = GitHub(root)
        self.seen = Seen()
        self.server.before_response.append(self.seen.around)
        self.server.start()
        self.tokens = {who: self.server.add_user(who) for who in ("owner", "writer", "reader")}
        self.server.add_user("outsider")
        identity = self.server.add_repository(NAME, private=True)
        for who, level in {"owner": "admin", "writer": "write", "reader": "read"}.items():
            self.server.grant(NAME, who, level)  # type: ignore[arg-type]  # mypy forgets the literals
        self.app = self.server.add_app(
            SLUG, webhook_url="http://127.0.0.1:9/none", webhook_secret="unused"
        )
        self.repository = Repository(identity, NAME, self.server.install(SLUG, NAME))
        self.client = self.new_client()
        for path, content in FILES.items():
            self.head = self.write(path, content)

    def new_client(self) -> GitHubClient:
        return GitHubClient(self.app.id, self.app.private_key_pem, self.server.url)

    def write(self, path: str, content: bytes, branch: str = "main") -> str:
        """Commit one file and return the commit."""
        encoded = base64.b64encode(content).decode()
        body = {"message": f"Write {path}", "content": encoded, "branch": branch}
        sha: str = self.call("PUT", f"/contents/{path}", body)["commit"]["sha"]
        return sha

    def pull(self, branch: str) -> tuple[int, str]:
        """Open a pull request of one commit; return its number and head."""
        self.call("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": self.main()})
        head = self.write(f"{branch}.txt", b"new\n", branch)
        opened = {"title": f"Add {branch}", "head": branch, "base": "main"}
        return self.call("POST", "/pulls", opened)["number"], head

    def main(self) -> str:
        sha: str = self.call("GET", "/git/ref/heads/main")["object"]["sha"]
        return sha

    def call(self, method: str, path: str, body: object = None, who: str = "owner") -> Any:  # noqa: ANN401  # any JSON
        answer = requests.request(
            method,
            f"{self.server.url}/repos/{NAME}{path}",
            json=body,
            headers={"Authorization": f"token {self.tokens[who]}"},
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def stop(self) -> None:
        self.server.stop()


class Seen:
    """What reached the server: the routes that count, and every secret that travelled."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.secrets: set[str] = set()
        self.archive_headers: list[str] = []

    def around(self, app: WSGIApplication) -> WSGIApplication:
        def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            self._note(environ)
            return app(environ, start)

        return serve

    def _note(self, environ: WSGIEnvironment) -> None:
        method, path, query = (
            environ[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")
        )
        self.secrets |= {environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]} - {""}
        if "token=" in query:
            self.secrets.add(query.partition("token=")[2])
            self.archive_headers.append(environ.get("HTTP_AUTHORIZATION", ""))
        self.requests.append(f"{method} {path}")
