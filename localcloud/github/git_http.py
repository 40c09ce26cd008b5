"""Git's smart HTTP: `git http-backend` behind this GitHub's own users and permissions.

A push holds the site's lock from before to after, so that what moved is exactly what it moved.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from werkzeug import Request, Response

from localcloud.github import pushes
from localcloud.github.access import covers, may, may_as_app
from localcloud.github.actors import Actor, authenticate
from localcloud.github.git import environment
from localcloud.github.problems import Problem
from localcloud.github.route_log import Called, RouteLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.github.access import Level
    from localcloud.github.records import Repository
    from localcloud.github.site import Site

PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?"
    r"/(?P<service>info/refs|git-upload-pack|git-receive-pack)"
)
_PIECE = 64 * 1024
_RECEIVE = "git-receive-pack"


@dataclass(frozen=True)
class _Refused(Exception):  # noqa: N818  # an answer, not a fault
    status: int
    message: str


class GitHttp:
    """Answers git clients of one site."""

    def __init__(self, site: Site, calls: RouteLog) -> None:
        self._site = site
        self._calls = calls

    def __call__(self, request: Request, match: re.Match[str]) -> Response:
        """Answer one request of a git client."""
        actor, response = Actor(), None
        try:
            actor = self._actor(request)
            response = self._serve(request, match, actor)
        except _Refused as refused:
            response = _refusal(refused)
        route, at = f"/{{owner}}/{{repo}}.git/{match['service']}", time.time()
        status = response.status_code
        self._calls.note(Called(request.method, route, status, actor.login, at, "git"))
        return response

    def _actor(self, request: Request) -> Actor:
        try:
            return authenticate(self._site, request.headers.get("Authorization", ""))
        except Problem:
            raise _Refused(401, "Invalid username or token.") from None

    def _serve(self, request: Request, match: re.Match[str], actor: Actor) -> Response:
        service = request.args.get("service") or match["service"]
        repository = self._repository(match, actor)
        if service == _RECEIVE:
            self._let_push(actor, repository)
        backend = _Backend(self._site, request, repository, actor.login)
        if request.method == "POST" and service == _RECEIVE:
            return self._push(backend, repository, actor)
        return backend.answer()

    def _repository(self, match: re.Match[str], actor: Actor) -> Repository:
        name = f"{match['owner']}/{match['name']}"
        found = self._site.repository(name) or self._site.moved(name)
        if found and self._may(actor, found, "read"):
            return found
        if not actor.login:
            raise _Refused(401, "Authentication required.")
        raise _Refused(404, "Repository not found.")

    def _let_push(self, actor: Actor, repository: Repository) -> None:
        if self._may(actor, repository, "write"):
            return
        if not actor.login:
            raise _Refused(401, "Authentication required.")
        message = f"Permission to {repository.full_name}.git denied to {actor.login}."
        raise _Refused(403, message)

    def _may(self, actor: Actor, repository: Repository, level: Level) -> bool:
        if not actor.app:
            return may(self._site, actor, repository, level)
        held = may_as_app(self._site, actor, repository, {"contents": level})
        return held and (level == "read" or covers(self._site, actor, repository))

    def _push(self, backend: _Backend, repository: Repository, actor: Actor) -> Response:
        git = self._site.git(repository)
        with self._site.lock:
            before = git.refs()
            response = backend.answer()
            response.make_sequence()
            git.moved()
            moved = pushes.moves(before, git.refs())
            pushes.follow(self._site, repository, moved, actor.login)
        return response


class _Backend:
    """One run of `git http-backend`, a CGI program."""

    def __init__(self, site: Site, request: Request, repository: Repository, login: str) -> None:
        self._request = request
        path = site.git(repository).path
        service = request.path.rpartition("/git-")[1] and request.path.rpartition("/")[2]
        self._env = environment(
            {
                "GIT_PROJECT_ROOT": str(path.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": f"/{path.name}/{service or 'info/refs'}",
                "QUERY_STRING": request.query_string.decode("ascii", "replace"),
                "REQUEST_METHOD": request.method,
                "REMOTE_USER": login,
                "REMOTE_ADDR": "127.0.0.1",
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
                **(
                    {"CONTENT_LENGTH": str(request.content_length)}
                    if request.content_length
                    else {}
                ),
            }
        )

    def answer(self) -> Response:
        """Start the program, read its header, and stream the rest."""
        program = subprocess.Popen(
            ["git", "http-backend"],  # noqa: S607  # the player's own git
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._env,
        )
        threading.Thread(target=_feed, args=(self._request, program.stdin), daemon=True).start()
        output = program.stdout
        assert output is not None  # noqa: S101  # it was asked for as a pipe
        status, headers = _header(output)
        return Response(_pieces(program, output), status, headers)


def _feed(request: Request, pipe: IO[bytes]) -> None:
    try:
        with pipe:
            while piece := request.stream.read(_PIECE):
                pipe.write(piece)
    except (BrokenPipeError, ValueError):
        return


def _header(output: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status, headers = 200, []
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(": ")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value))
    return status, headers


def _pieces(program: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
    try:
        while piece := output.read(_PIECE):
            yield piece
        program.wait()
    finally:
        program.kill()
        output.close()
        program.wait()


def _refusal(refused: _Refused) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if refused.status == 401 else {}  # noqa: PLR2004  # HTTP's own number
    return Response(refused.message, refused.status, headers, mimetype="text/plain")
