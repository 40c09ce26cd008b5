"""The sample repository: this project's own services, brought in and deployed as people would.

Everything goes over the wire: `git push`, a pull request, its merge, a `/deploy` comment.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.github.records import Permission

PROJECT = Path(__file__).resolve().parent.parent
REPOSITORY = "acme/senior-mhealth"
USERS: dict[str, Permission] = {
    "owner": "admin",
    "writer": "write",
    "reader": "read",
    "outsider": "none",
}
BRANCH = "add-services"
NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", ".*_cache", ".venv")
STEPS = "rollout: {steps: auto, watch: 60m}"
QUICK_STEPS = "rollout: {steps: auto, min_bake: 3s, max_bake: 30s, watch: 10s}"
GOOD = frozenset({"success", "neutral"})
DEPLOY_SECONDS = 240.0
LOOK_SECONDS = 0.2


class Seed:
    """Plants the repository once per state folder."""

    def __init__(
        self,
        state: Path,
        github: str,
        tokens: Mapping[str, str],
        on_progress: Callable[[str], None],
    ) -> None:
        self._planted = state / "planted"
        self._github = github
        self._token = tokens["owner"]
        self._say = on_progress

    def plant(self) -> None:
        """Bring the content in, deploy staging and prod through the bot; nothing the second time.

        Raises RuntimeError, with what the bot said, when a deployment does not succeed.
        """
        if self._planted.exists():
            return
        self._say("bringing the sample services into acme/senior-mhealth")
        self._push()
        number = self._pull_request()
        merged = self._call("PUT", f"pulls/{number}/merge", {"merge_method": "merge"})["sha"]
        self._say("deploying staging for the first time (installs the services' dependencies)")
        self._await("deploy / staging", merged)
        self._say("deploying prod for the first time")
        self._call("POST", f"issues/{number}/comments", {"body": "/deploy prod main"})
        self._await("deploy / prod", merged)
        self._planted.touch()

    def _push(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            self._git(work, "init", "--quiet", "--initial-branch=main")
            (work / "README.md").write_text("# senior-mhealth\n", encoding="utf-8")
            self._commit(work, "Begin the repository")
            self._git(work, "push", "--quiet", "--force", self._remote(), "main")
            self._git(work, "checkout", "--quiet", "-b", BRANCH)
            shutil.copytree(PROJECT / "services", work / "services", ignore=NOT_COPIED)
            shutil.copy(PROJECT / "cloudbuild.yaml", work)
            (work / "deploy.yaml").write_text(quick_manifest(), encoding="utf-8")
            self._commit(work, "Add the two services and how they are deployed")
            self._git(work, "push", "--quiet", "--force", self._remote(), BRANCH)

    def _commit(self, work: Path, message: str) -> None:
        self._git(work, "add", ".")
        self._git(work, "commit", "--quiet", "--message", message)

    def _git(self, work: Path, *arguments: str) -> None:
        identity = ["-c", "user.name=owner", "-c", "user.email=owner@users.noreply.github.com"]
        done = subprocess.run(  # noqa: S603  # git, with arguments of our own
            ["git", *identity, *arguments],  # noqa: S607  # the git on the path is meant
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            what = f"git {arguments[0]} failed: {done.stderr.strip()}"
            raise RuntimeError(what)

    def _remote(self) -> str:
        return self._github.replace("://", f"://owner:{self._token}@") + f"/{REPOSITORY}.git"

    def _pull_request(self) -> int:
        opened = self._call("GET", f"pulls?head=acme:{BRANCH}&state=open")
        if opened:
            return int(opened[0]["number"])
        wanted = {"title": "Add the services", "head": BRANCH, "base": "main"}
        return int(self._call("POST", "pulls", wanted)["number"])

    def _await(self, check: str, sha: str) -> None:
        """Wait for a check run's end; raise RuntimeError, with its words, unless it runs there.

        Neutral is what was deployed already, by a start that was interrupted.
        """
        deadline = time.monotonic() + DEPLOY_SECONDS
        run: dict[str, Any] = {}
        while not run.get("conclusion") and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            runs = self._call("GET", f"commits/{sha}/check-runs")["check_runs"]
            run = next((one for one in runs if one["name"] == check), {})
        if run.get("conclusion") not in GOOD:
            told = run.get("output", {"title": "no check run yet", "summary": ""})
            what = f"{check} did not succeed. {told['title']}\n{told['summary']}"
            raise RuntimeError(what)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # GitHub's JSON
        answer = requests.request(
            method,
            f"{self._github}/repos/{REPOSITORY}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=30,
        )
        if not answer.ok:
            what = f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            raise RuntimeError(what)
        return answer.json()


def dockerfiles() -> list[Path]:
    """Return what the sample services are built by."""
    return sorted(PROJECT.glob("services/*/Dockerfile"))


def quick_manifest() -> str:
    """Return the project's deploy.yaml with bakes of seconds, so that stories play in a minute."""
    text = (PROJECT / "deploy.yaml").read_text(encoding="utf-8")
    if STEPS not in text:
        what = f"deploy.yaml no longer says {STEPS!r}, which is what gets quicker here"
        raise RuntimeError(what)
    return text.replace(STEPS, QUICK_STEPS)
