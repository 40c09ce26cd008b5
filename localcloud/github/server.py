"""GitHub on a laptop: one object to set up, start and stop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from localcloud.github import accounts, events, git_http, merge_queue, moving, pulls
from localcloud.github.app_records import App, Delivery
from localcloud.github.deliveries import Outbox
from localcloud.github.judge import Judge
from localcloud.github.published import GRAPHQL
from localcloud.github.records import CheckRun, CheckSuite, Repository, TeamMember
from localcloud.github.rest import Rest
from localcloud.github.route_log import Called, RouteLog
from localcloud.github.routes import archives
from localcloud.github.serving import Loopback
from localcloud.github.site import Site
from localcloud.github.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.github.records import Permission

_CODELOAD = "/codeload/"


class GitHub:
    """A GitHub whose records and repositories live under `root`; a new one there resumes.

    `port` 0 takes a free one. Without `judge`, GitHub's description is used when it was fetched;
    without a file at `schema` there is no GraphQL.
    """

    def __init__(
        self,
        root: Path,
        port: int = 0,
        judge: Judge | None = None,
        schema: Path = GRAPHQL.cached(),  # noqa: B008  # a constant path
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._server = Loopback(self, port)
        self.url = self._server.url
        self.judge = judge or Judge.from_cache()
        self.calls = RouteLog()
        self.before_response: list[Callable[[WSGIApplication], WSGIApplication]] = []
        """Middlewares around every answer, outermost last: the seam for injected faults."""

        self._store = Store(root / "records.sqlite")
        self._outbox = Outbox(self._store, self.judge)
        self._site = Site(root, self.url, self._store, self._outbox, schema)
        self._rest = Rest(self._site, self.calls, self.judge)
        self._git = git_http.GitHttp(self._site, self.calls)

    def start(self) -> None:
        """Serve, and send the webhooks that setting up already caused."""
        self.send_webhooks()
        self.serve()

    def serve(self) -> None:
        """Serve only, for when whoever takes webhooks is not there yet."""
        self._server.start()

    def send_webhooks(self) -> None:
        """Send what waits, and from now on whatever happens."""
        self._outbox.start()

    def hold_webhooks(self) -> None:
        """Send nothing from now on; what happens is kept for the next run."""
        self._outbox.stop()

    def stop(self) -> None:
        """Stop serving and sending; records stay on disk, webhooks that wait too."""
        self._server.stop()
        self._outbox.stop()
        self._store.close()

    def deliveries_idle(self, timeout: float) -> bool:
        """Wait until no webhook is waiting or under way; False after `timeout` seconds."""
        return self._outbox.idle(timeout)

    def deliveries(self) -> list[Delivery]:
        """Return what Apps were told, oldest first; only the newest are kept."""
        return self._store.find(Delivery)

    def add_user(self, login: str, *, token: str | None = None) -> str:
        """Make a person, or find them, and return their token, which a restart does not change."""
        with self._site.lock:
            return accounts.add_user(self._site, login, token).token

    def add_repository(
        self, full_name: str, *, default_branch: str = "main", private: bool = False
    ) -> int:
        """Make an empty repository, or find it, and return its id; its owner is made as needed."""
        with self._site.lock:
            made = accounts.add_repository(self._site, full_name, default_branch, private=private)
        return made.id

    def grant(self, full_name: str, login: str, permission: Permission) -> None:
        """Set what a person may do in a repository.

        Raises LookupError for an unknown person or repository.
        """
        with self._site.lock:
            accounts.grant(self._site, self._repository(full_name), login, permission)

    def add_app(self, slug: str, *, webhook_url: str, webhook_secret: str) -> App:
        """Make an App, or find it, and point it at this webhook; its key is made once."""
        with self._site.lock:
            return accounts.add_app(self._site, slug, webhook_url, webhook_secret)

    def install(self, app_slug: str, full_name: str) -> int:
        """Install an App on a repository and return the installation's id: one per owner.

        Raises LookupError for an unknown App or repository.
        """
        with self._site.lock:
            app = self._app(app_slug)
            return accounts.install(self._site, app, self._repository(full_name)).id

    def move(self, full_name: str, new: str) -> None:
        """Give a repository another name or owner, as on its settings page.

        Raises LookupError for an unknown repository and for a name that is taken.
        """
        with self._site.lock:
            moving.move(self._site, self._repository(full_name), new)

    def uninstall(self, app_slug: str, full_name: str) -> None:
        """Take an App away from a repository."""
        with self._site.lock:
            moving.uninstall(self._site, self._app(app_slug), self._repository(full_name))

    def clone(self, name: str, sha: str, folder: Path) -> None:
        """Check a commit out into a folder, as a clone without submodules would.

        `name` is `owner-name` or `owner/name`; raises LookupError for what is not there.
        """
        found = (one for one in self._store.find(Repository) if name in _spellings(one.full_name))
        repository = next(found, None)
        git = self._site.git(repository) if repository else None
        if git is None or git.resolve(sha) is None:
            message = f"no commit {sha} in {name}"
            raise LookupError(message)
        git.check_out(sha, folder)

    def press(self, check_run: int, login: str, identifier: str = "") -> None:
        """Press a check run's button on GitHub's page, or the one to run it again.

        Whoever can read may press: what that may do is the App's to judge. Raises LookupError for
        a run or button that is not there.
        """
        with self._site.lock:
            run = self._store.get(CheckRun, check_run)
            offered = {action["identifier"] for action in run.actions} | {""} if run else set()
            if run is None or run.status != "completed" or identifier not in offered:
                message = f"no button {identifier} on check run {check_run}"
                raise LookupError(message)
            events.pressed(self._site, run, login, identifier)

    def press_all(self, full_name: str, sha: str, login: str) -> None:
        """Ask on GitHub's page for all checks of a commit to run again, whoever made them."""
        with self._site.lock:
            repository = self._repository(full_name)
            for suite in self._store.find(CheckSuite, repository=repository.id, head_sha=sha):
                if self._store.find(CheckRun, suite=suite.id):
                    events.check_suite(self._site, suite, "rerequested", login)

    def join_team(self, team: str, login: str) -> None:
        """Make somebody a member of `organization/team`."""
        organization, slug = team.split("/")
        member = TeamMember(
            id=self._store.new_id(), organization=organization, team=slug, login=login
        )
        with self._site.lock:
            self._store.save(member)

    def enqueue(self, full_name: str, number: int, login: str) -> str:
        """Put a pull request into the merge queue and return its group's commit.

        Raises LookupError for what is not there.
        """
        with self._site.lock:
            repository = self._repository(full_name)
            pull = pulls.find(self._site, repository, number)
            if pull is None:
                message = f"no pull request {number}"
                raise LookupError(message)
            return merge_queue.enqueue(self._site, repository, pull, login).head_sha

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request (WSGI)."""
        app: WSGIApplication = self._answer
        for wrap in self.before_response:
            app = wrap(app)
        return app(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        match = git_http.PATH.fullmatch(request.path)
        if match:
            return self._git(request, match)
        if request.path.startswith(_CODELOAD):
            return self._archive(request)
        return self._rest(request)

    def _archive(self, request: Request) -> Response:
        response = archives.stream(self._site, request.path, request.args.get("token", ""))
        route, status = "/codeload/{owner}/{repo}/legacy.tar.gz/{sha}", response.status_code
        self.calls.note(Called(request.method, route, status, "", time.time(), "archive"))
        return response

    def _app(self, slug: str) -> App:
        found = self._store.first(App, slug=slug)
        if found is None:
            message = f"no App {slug}"
            raise LookupError(message)
        return found

    def _repository(self, full_name: str) -> Repository:
        found = self._site.repository(full_name)
        if found is None:
            message = f"no repository {full_name}"
            raise LookupError(message)
        return found


def _spellings(full_name: str) -> tuple[str, str]:
    return full_name, full_name.replace("/", "-")
