"""One repository, four people, one App and its receiver, driven as people and bots drive GitHub."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING, Any

import requests
from github import Auth, Consts, Github

from localcloud.github.server import GitHub
from tests.localcloud.github.receiver import SECRET, Got, Receiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from github.Repository import Repository

    from localcloud.github.judge import Judge
    from localcloud.github.records import Permission

NAME = "acme/shop"
PERMISSIONS: dict[str, Permission] = {
    "owner": "admin",
    "writer": "write",
    "reader": "read",
    "outsider": "none",
}


class World:
    def __init__(self, root: Path, judge: Judge, *, private: bool = False) -> None:
        self.root = root
        self.receiver = Receiver()
        self.private = private
        self.judge = judge
        self.set_up()

    def set_up(self) -> None:
        self.gh = GitHub(self.root / "state", judge=self.judge)
        self.tokens = {login: self.gh.add_user(login) for login in PERMISSIONS}
        self.repository_id = self.gh.add_repository(NAME, private=self.private)
        for login, permission in PERMISSIONS.items():
            self.gh.grant(NAME, login, permission)
        self.app = self.gh.add_app("spillway", webhook_url=self.receiver.url, webhook_secret=SECRET)
        self.installation = self.gh.install("spillway", NAME)
        self.gh.start()

    def restart(self) -> None:
        self.gh.stop()
        self.set_up()

    def stop(self) -> None:
        self.gh.stop()
        self.receiver.stop()

    def rest(self, method: str, path: str, login: str = "", **more: Any) -> requests.Response:  # noqa: ANN401  # passed on
        headers = {"Authorization": f"token {self.tokens[login]}"} if login else {}
        headers |= more.pop("headers", {})
        url = path if path.startswith("http") else f"{self.gh.url}{path}"
        return requests.request(method, url, headers=headers, timeout=10, **more)

    def repo(self, path: str = "") -> str:
        return f"/repos/{NAME}{path}"

    def clone_url(self, login: str = "") -> str:
        credentials = f"{login}:{self.tokens[login]}@" if login else ""
        return f"{self.gh.url.replace('://', '://' + credentials)}/{NAME}.git"

    def github(self, login: str) -> Github:
        return self._client(Auth.Token(self.tokens[login]))

    def bot(self) -> Repository:
        auth = Auth.AppAuth(self.app.id, self.app.private_key_pem)
        return self._client(auth.get_installation_auth(self.installation)).get_repo(NAME)

    def as_app(self) -> dict[str, str]:
        token = Auth.AppAuth(self.app.id, self.app.private_key_pem).token
        return {"Authorization": f"Bearer {token}"}

    def as_installation(self) -> dict[str, str]:
        path = f"/app/installations/{self.installation}/access_tokens"
        minted = self.rest("POST", path, headers=self.as_app())
        return {"Authorization": f"token {minted.json()['token']}"}

    def _client(self, auth: Auth.Auth) -> Github:
        return Github(
            auth=auth,
            base_url=self.gh.url,
            lazy=True,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version=Consts.API_VERSION_2022_11_28,
        )

    def heard(self) -> list[Got]:
        assert self.gh.deliveries_idle(10)
        return self.receiver.got

    def told(self, event: str, action: str | None = None) -> list[Any]:
        return [got.payload for got in self.heard() if got.told == (event, action)]


class Clone:
    def __init__(self, world: World, folder: Path, login: str = "writer") -> None:
        self.folder = folder
        folder.mkdir()
        self("init", "--quiet", "--initial-branch=main")
        with (folder / ".git" / "config").open("a") as config:
            config.write(f"[user]\nname = {login}\nemail = {login}@example.com\n")
            config.write(f'[remote "origin"]\nurl = {world.clone_url(login)}\n')
            config.write("fetch = +refs/heads/*:refs/remotes/origin/*\n")

    def __call__(self, *args: str, check: bool = True) -> str:
        done = subprocess.run(  # noqa: S603  # the tests' own words
            ["git", "-C", str(self.folder), *args],  # noqa: S607  # the git that people have
            capture_output=True,
            check=False,
            text=True,
        )
        if check and done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout.strip() if check else done.stderr

    def commit(self, message: str, **files: str) -> str:
        for name, content in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "-m", message)
        return self("rev-parse", "HEAD")

    def push(self, message: str, branch: str = "main", **files: str) -> str:
        sha = self.commit(message, **files)
        self("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return sha


def together(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
